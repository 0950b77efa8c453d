"""A row, or a cluster, of leverage 1: what it alone determines has no robust error, and everything else keeps its own."""

from typing import Any

import numpy as np
import pytest
from model_cases import NOISES, chunk_of, free_shapes, name_of

import mlefit
from mlefit.criterion import likelihood
from mlefit.inference.leverage import Maximum, Rows
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Dense


def states(fit: dict[str, Any]) -> dict[str, str]:
    return {p["name"]: p["state"] for p in fit["parameters"]}


def single(n: int = 30, level: str = "c") -> dict[str, Any]:
    """Levels a and b, and one row of another."""
    rng = np.random.default_rng(0)
    g = np.where(np.arange(n) % 2 == 0, "a", "b").astype(object)
    g[4] = level
    return {"x": rng.normal(size=n), "g": g.tolist(), "y": rng.normal(size=n)}


@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc2", "hc3", "robust", "hac:2"])
def test_a_level_of_one_row_has_no_robust_error_and_the_others_have_theirs(kind: str) -> None:
    fit = mlefit.fit(single(), target="y", model="gaussian", se=kind, draws=0).to_dict()
    assert states(fit) == {"(Intercept)": "ok", "x": "ok", "g=b": "ok", "g=c": "no-robust-error", "sigma": "ok"}
    lone = fit["parameters"][3]
    assert [lone[key] for key in ("std_error", "ci_low", "ci_high", "statistic", "df", "p_value")] == [None] * 6
    assert lone["estimate"] is not None
    told = [w for w in fit["warnings"] if w["code"] == "leverage"]
    assert told == [{"code": "leverage", "columns": ["g=c"], "message": (
        "g=c: no robust standard error exists, as a single row of leverage 1 determines the coefficient and nothing is left of "
        "it to judge its error by; --se auto gives one that trusts the model")}]
    if kind not in ("hc1", "hac:2"):
        rest = {name: [v for i, v in enumerate(column) if i != 4] for name, column in single().items()}
        without = mlefit.fit(rest, target="y", model="gaussian", se=kind, draws=0).to_dict()
        for mine, theirs in zip(fit["parameters"][:3], without["parameters"][:3], strict=True):
            assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-10)


def test_a_baseline_of_one_row_leaves_no_robust_error_to_what_is_compared_with_it() -> None:
    """The ordinary sandwich prints 3e-8 here."""
    fit = mlefit.fit(single(level="0"), target="y", model="gaussian", se="hc0", draws=0).to_dict()
    assert states(fit) == {"(Intercept)": "no-robust-error", "x": "ok", "g=a": "no-robust-error", "g=b": "no-robust-error",
                           "sigma": "ok"}


def test_two_rows_are_no_single_row() -> None:
    data = single()
    data["g"][7] = "c"
    fit = mlefit.fit(data, target="y", model="gaussian", se="hc3", draws=0).to_dict()
    assert set(states(fit).values()) == {"ok"}
    assert 1.0 <= fit["parameters"][3]["df"] < 2.0


def clusters(rows: int = 12, groups: int = 9) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(groups), rows)
    x = rng.normal(size=group.size)
    return {"x": x, "g": [f"g{k}" for k in group], "y": x + rng.normal(size=groups)[group] + rng.normal(size=group.size)}


def test_clusters_that_are_the_levels_leave_an_error_to_the_slope_alone() -> None:
    fit = mlefit.fit(clusters(), target="y", features=["x", "g"], model="gaussian", se="cluster:g", draws=0).to_dict()
    found = states(fit)
    assert [name for name, state in found.items() if state == "ok"] == ["x", "sigma"]
    assert all(found[f"g=g{k}"] == "no-robust-error" for k in range(1, 9))
    assert {w["code"] for w in fit["warnings"]} == {"leverage", "few-clusters"}
    assert "a single cluster of leverage 1" in next(w["message"] for w in fit["warnings"] if w["code"] == "leverage")


def test_one_treated_cluster_has_no_error_of_its_treatment() -> None:
    data = clusters()
    data["d"] = [int(g == "g3") for g in data["g"]]
    fit = mlefit.fit(data, target="y", features=["x", "d"], model="gaussian", se="cluster:g", draws=0).to_dict()
    assert states(fit) == {"(Intercept)": "ok", "x": "ok", "d": "no-robust-error", "sigma": "ok"}


def test_two_clusters_have_one_degree_of_freedom() -> None:
    """Closed form: the scores of the clusters are +s and -s, so the sandwich is 2 s^2, times G/(G-1) (n-1)/(n-p) = 2.5."""
    data = {"x": [1, 2, 3, 4, 5, 6], "y": [1.0, 2.3, 2.9, 4.2, 5.1, 6.3], "g": list("aaabbb")}
    fit = mlefit.fit(data, target="y", features=["x"], model="gaussian", se="cluster:g", draws=0).to_dict()
    slope = fit["parameters"][1]
    assert slope["df"] == 1.0
    width = 0.14521376843342516 * np.sqrt(1.25)      # the interval without (n-1)/(n-p), as closed form gives it
    assert (slope["ci_low"], slope["ci_high"]) == pytest.approx((slope["estimate"] - width, slope["estimate"] + width), rel=1e-8)
    assert fit["clusters"]["n"] == 2


def test_rows_without_a_cluster_are_dropped_and_counted() -> None:
    data = clusters()
    data["g"] = [None if i in (3, 50) else g for i, g in enumerate(data["g"])]
    fit = mlefit.fit(data, target="y", features=["x"], model="gaussian", se="cluster:g", draws=0).to_dict()
    assert fit["data"]["dropped"] == {"g": 2}
    assert fit["clusters"] == {"column": "g", "n": 9, "smallest_effective": pytest.approx(7.9, abs=0.1), "dropped": 2}
    assert [w["message"] for w in fit["warnings"] if w["code"] == "few-clusters"] == [
        f"the standard errors rest on 9 clusters of g, of which as few as {fit['clusters']['smallest_effective']:.2g} carry a "
        "coefficient: below 10 their intervals are wide, and cautious"]


def test_a_categorical_model_of_ordinary_rows_has_every_error() -> None:
    rng = np.random.default_rng(3)
    data = {"x": rng.normal(size=200), "c": rng.choice(list("pqr"), 200).tolist()}
    fit = mlefit.fit(data, target="c", model="categorical", se="hc3", draws=0).to_dict()
    assert set(states(fit).values()) == {"ok"}
    assert all(p["df"] > 30 for p in fit["parameters"])


def at(noise: NoiseModel) -> tuple[Maximum, Chunk]:
    """Any coefficients and shapes with the curvature that 60 weighted rows are expected to have there."""
    rows, rng = chunk_of(noise, 1, weighted=True), np.random.default_rng(2)
    mean = LinearMean(Coordinates(np.eye(3), (0, 1, 2)), len(noise.predictors))
    objective, size = Objective(likelihood(noise), mean, len(noise.shapes)), mean.size
    theta = np.concatenate([rng.normal(size=size) * 0.3, free_shapes(noise, rng)])
    place = Maximum(noise, objective, theta, Dense(np.eye(objective.size)))
    coef, free = objective.split(theta)
    eta = mean.eta(coef, rows)
    each = place.expected(rows, noise.nll(rows.y, eta, free, 1), eta, free)
    whole = np.eye(objective.size)
    whole[:size, :size] = np.einsum("n,nab,ni,nj->aibj", rows.weight, each, rows.x, rows.x).reshape(size, size)
    return place._replace(curvature=Dense(whole)), rows


@pytest.mark.parametrize("noise", NOISES, ids=name_of)
def test_the_curvature_of_a_row_is_the_mean_of_the_observed_ones(noise: NoiseModel) -> None:
    """By moments of scores for all laws, those of classes included, which have a shorter way. Canonical ones do not vary."""
    place, rows = at(noise)
    coef, free = place.objective.split(place.theta)
    eta, m, times = place.objective.mean.eta(coef, rows.part(0, 8)), len(noise.predictors), 4000
    y = noise.draw(np.random.default_rng(3), np.repeat(eta, times, axis=0), free)
    found = noise.nll(y, np.repeat(eta, times, axis=0), free, 2)
    assert found.curvature is not None
    size = (y.size, m + free.size)
    observed = np.stack([np.broadcast_to(found.curvature(axis), size)[:, :m] for axis in np.eye(m + free.size)[:m]], axis=1)
    observed = observed.reshape(8, times, m, m)
    chance = 5.0 * observed.std(axis=1) / np.sqrt(times) + 1e-10
    once = noise.nll(y[::times], eta, free, 1)
    for known in (once, once._replace(simplex=None)):
        assert np.all(np.abs(place.expected(rows.part(0, 8), known, eta, free) - observed.mean(axis=1)) <= chance)


@pytest.mark.parametrize("noise", NOISES, ids=name_of)
def test_leverages_add_up_to_the_number_of_coefficients(noise: NoiseModel) -> None:
    place, rows = at(noise)
    found = Rows.of(place, rows)
    assert (found.size.sum(axis=1) * found.weight).sum() == pytest.approx(3 * len(noise.predictors), rel=1e-9)


@pytest.mark.parametrize("noise", NOISES, ids=name_of)
def test_a_score_without_its_leverage_solves_the_equations_of_the_row(noise: NoiseModel) -> None:
    """(I - A Q) s = g, and what has half the power does so when it is applied twice."""
    place, rows = at(noise)
    found, half = Rows.of(place, rows), Rows.of(place, rows)
    hat = found.root @ found.root @ found.white @ found.white.transpose(0, 2, 1)
    once = found.adjusted(1.0)
    assert once - (hat @ once[:, :, None])[:, :, 0] == pytest.approx(found.score, rel=1e-9, abs=1e-12)
    half.score[...] = half.adjusted(0.5)
    assert half.adjusted(0.5) == pytest.approx(once, rel=1e-9, abs=1e-12)
