"""Negative binomial counts whose alpha depends on predictors: glmmTMB's estimates, limits, moments, and where there is no maximum."""

from typing import Any

import numpy as np
import pytest
from refusing import parameters, refused
from scipy.special import gammaln
from test_scale import fit, values

from mlefit.arrays import Array
from mlefit.noise import MODELS
from mlefit.noise.count_moments import by_pair, counts_of
from mlefit.noise.rising import rising

COUNTS = [2, 0, 5, 2, 0, 4, 2, 12, 3, 0, 3, 1, 0, 3, 0, 7, 3, 0, 2, 1, 14, 2, 1, 6, 3, 0, 4, 1, 5, 1, 1, 4, 1, 0, 4, 0, 3, 1, 0, 3, 1,
          13, 3, 1, 8, 1, 0, 2, 1, 6, 1, 1, 6, 1, 7, 2, 0, 4, 1, 0, 4, 1, 16, 2, 0, 3, 2, 0, 3, 1, 9, 2, 0, 3, 0, 7, 2, 0, 6, 2, 0, 2,
          0, 7, 2, 0, 4, 2, 0, 3, 0, 4, 1, 0, 3, 0, 8, 3, 0, 3, 1, 0, 3, 1, 8, 3, 0, 6, 1, 8, 2, 1, 5, 1, 0, 5, 0, 4, 2, 0]
ASKED: dict[str, Any] = {"model": "negative-binomial", "features": ["x"], "scale_features": ["u", "g"]}
FEWER = "use fewer predictors of the scale, or none"
LEAVE = "leave the scale out: without one the answer says which predictors keep all counts at 0"
WHY = "counts there vary no more than poisson ones, or are all 0"


def table() -> dict[str, Any]:
    i = np.arange(len(COUNTS))
    return {"x": (i % 9 - 4) / 4, "u": (i * 7 % 11) / 11, "g": np.array(list("abc"))[i % 3], "y": np.array(COUNTS)}


def nll(y: Array, log_mu: Array, t: Array) -> Array:
    theta = np.exp(-t)
    return (gammaln(theta) + gammaln(y + 1.0) - gammaln(y + theta) + (y + theta) * np.log1p(np.exp(log_mu + t)) - y * (log_mu + t))


def test_estimates_and_errors_are_those_of_glmmtmb() -> None:
    """glmmTMB 1.1.5, family nbinom2, dispformula ~ u + g: its dispersion is log theta = -log alpha. It stops at 1e-5."""
    found = fit(table(), **ASKED)
    assert values(found) == pytest.approx([0.9590832, 0.3235891, -1.5304019, 0.6789780, 0.9213895, 1.7415050], abs=2e-5)
    assert values(found, "std_error") == pytest.approx(
        [0.09530106461, 0.15003897451, 0.73333039729, 0.81420681257, 0.70014986523, 0.66064763046], rel=1e-5)
    assert [(p["name"], p["class"]) for p in found["parameters"]][2:] == [
        (name, "log alpha") for name in ("(Intercept)", "u", "g=b", "g=c")]
    columns, theta = table(), values(found)
    t = theta[2] + theta[3] * columns["u"] + theta[4] * (columns["g"] == "b") + theta[5] * (columns["g"] == "c")
    total = nll(columns["y"], theta[0] + theta[1] * columns["x"], t).sum()
    assert found["criteria"]["loglik"] == pytest.approx(-total, rel=1e-12)
    assert found["agreement"]["agree"]


def test_one_alpha_for_all_rows_is_the_law_without_a_scale() -> None:
    constant, plain = (fit(table(), **{**ASKED, "scale_features": which}) for which in ([], None))
    assert np.exp(values(constant)[2]) == pytest.approx(values(plain)[2], rel=1e-8)
    assert constant["criteria"]["loglik"] == pytest.approx(plain["criteria"]["loglik"], rel=1e-12)


@pytest.mark.parametrize("t", [-30.0, -8.0, -1.0, 0.5, 6.0])
def test_sums_with_an_alpha_for_each_row_are_those_with_one(t: float) -> None:
    y = np.array([0.0, 1.0, 2.0, 9.0, 10.0, 11.0, 12.0, 57.0, 4000.0, 70_000.0, 1e9])
    for each, one in zip(rising(y, np.full(y.size, t)), rising(y, np.asarray(t)), strict=True):
        assert each == pytest.approx(one, rel=1e-12, abs=1e-300)


def test_the_law_with_an_alpha_for_each_row_is_the_law_at_each_alpha() -> None:
    plain, rng = MODELS["negative-binomial"], np.random.default_rng(4)
    law = plain.with_scale
    assert law is not None
    eta = np.column_stack([rng.uniform(-3.0, 13.0, 60), rng.uniform(-4.0, 2.0, 60)])
    y, u = law.draw(rng, eta, np.empty(0)), rng.random(60)
    for name in ("log_cdf", "log_sf", "quantile"):
        first = u if name == "quantile" else y
        each = getattr(law, name)(first, eta, np.empty(0))
        one = [getattr(plain, name)(first[i : i + 1], eta[i : i + 1, :1], eta[i, 1:])[0] for i in range(60)]
        assert each == pytest.approx(np.array(one), rel=1e-12), name


@pytest.mark.parametrize("far", [1e-5, 0.3])
def test_divergence_is_the_sum_over_counts(far: float) -> None:
    law = MODELS["negative-binomial"].with_scale
    assert law is not None
    eta, other = np.array([[1.0, -0.5], [2.0, 0.4]]), np.array([[1.0, -0.5 + far], [2.0, 0.4 - far]])
    y = np.arange(3000.0)
    for row in range(2):
        mine, theirs = nll(y, eta[row, 0], eta[row, 1]), nll(y, other[row, 0], other[row, 1])
        d = theirs - mine
        wanted = float(np.sum(np.exp(-mine) * (d + np.expm1(-d))))
        assert law.divergence(eta, np.empty(0), other, np.empty(0))[row] == pytest.approx(wanted, rel=3e-4 if far < 1e-3 else 1e-9)


def test_moments_of_many_laws_are_interpolated_to_five_digits() -> None:
    rng = np.random.default_rng(3)
    pairs = np.column_stack([rng.uniform(-1.0, 3.0, 1500), rng.uniform(-2.0, 1.0, 1500)])

    def variance(log_mu: float, t: float) -> Array:
        y, weight = counts_of(log_mu, np.exp(t))
        mass = weight * np.exp(-nll(y, np.full(y.size, log_mu), np.full(y.size, t)))
        return np.array([mass @ (y - np.exp(log_mu)) ** 2])

    mu = np.exp(pairs[:, 0])
    wanted = mu + np.exp(pairs[:, 1]) * mu * mu
    assert by_pair(variance, pairs[:500])[:, 0] == pytest.approx(wanted[:500], rel=2e-6)
    assert by_pair(variance, pairs)[:, 0] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(("level", "features", "scale", "which", "row", "remedy"), [
    ([5, 5, 6, 4, 5], ["x"], ["g"], "log alpha falls", 11, FEWER),
    ([0, 0, 0, 0, 0], ["x"], ["u"], "log alpha grows", 11, FEWER),
    ([0, 0, 0, 0, 0], ["u"], ["x"], "the predictor of the mean falls", 11, LEAVE)])
def test_a_predictor_that_runs_off_is_refused_by_its_row(
    level: list[int], features: list[str], scale: list[str], which: str, row: int, remedy: str
) -> None:
    """Near the limit slope and curvature vanish together, so that a search may end there; what it ends at is no maximum."""
    columns = {"x": np.append(np.arange(10) % 4, np.arange(5)), "g": np.array(["a"] * 10 + ["b"] * 5),
               "u": np.array([0.0] * 10 + [1.5] * 5), "y": np.array([0, 9, 3, 22, 1, 14, 2, 6, 0, 5, *level])}
    error = refused(columns, "negative-binomial", features=features, scale_features=scale)
    assert (error.exit_code, error.code, error.rows) == (4, "zero-width", (row,))
    assert error.message == f"{which} without end, most of all at row {row} of those used: {WHY}"
    assert error.remedy == remedy


@pytest.mark.parametrize(("features", "scale", "zeros", "where", "known"), [
    (["g", "x"], ["x"], "b", "g=b (10 rows)", {("mean", "g=b"): "-inf"}),
    (["x"], ["g"], "b", "g=b (10 rows)", {("scale", "g=b"): "+inf"}),
    (["g"], ["g", "x"], "b", "g=b (10 rows)", {("mean", "g=b"): "-inf"}),
    (["g"], ["x"], "ac", "g=c (10 rows) or g=a (10 rows)", {})])
def test_levels_without_a_count_are_named(
    features: list[str], scale: list[str], zeros: str, where: str, known: dict[tuple[str, str], str],
) -> None:
    """As without a scale, in one line; of a factor in the mean or in log alpha, the baseline as well."""
    i = np.arange(40)
    g = np.array(list("abcd"))[i % 4]
    columns = {"x": i % 7, "g": g, "y": np.where(np.isin(g, list(zeros)), 0, COUNTS[:40])}
    error = refused(columns, "negative-binomial", features=features, scale_features=scale)
    assert (error.exit_code, error.code, error.columns) == (4, "separation", ("g",))
    assert error.message == (f"every row with {where} has y=0: the likelihood only rises as the chance of these nears 1, and no "
                             "maximum-likelihood estimate exists")
    assert error.remedy == "drop the level, or merge it with another"
    assert {(p.kind, p.name): p.limit for p in parameters(error).values() if p.state == "infinite"} == known


def test_many_levels_without_a_count_are_counted() -> None:
    g = np.array([f"l{k:02d}" for k in np.arange(60) % 15])
    error = refused({"x": np.arange(60) % 7, "g": g, "y": np.where(g < "l05", np.arange(60) % 9, 0)}, "negative-binomial",
                    features=["g"], scale_features=["x"])
    assert error.message.startswith("every row with g=l05 (4 rows) or g=l06 (4 rows) or ")
    assert " or g=l12 (4 rows) or one of 2 more levels has y=0: " in error.message


def test_a_level_of_one_row_is_one_row() -> None:
    i = np.arange(41)
    g = np.append(np.array(list("abcd"))[i[:40] % 4], "e")
    error = refused({"x": i % 7, "g": g, "y": np.append(np.array(COUNTS[:40]) + 1, 0)}, "negative-binomial", features=["g"],
                    scale_features=["x"])
    assert error.message.startswith("every row with g=e (1 row) has y=0: ")
