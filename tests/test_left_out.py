"""On new rows: leave-one-out cross-entropy against refits without each row, by another program and by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlefit
from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.estimation.fit import fit_both
from mlefit.execution import Engine
from mlefit.information import left_out
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.gaussian import Gaussian
from mlefit.objective import Objective
from mlefit.report.report import Criteria
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

CLAIMS: dict[str, Any] = json.loads((Path(__file__).parent / "reference" / "claims.json").read_text())
DATA: dict[str, Any] = CLAIMS["data"]


def new(data: Any, target: str, **options: Any) -> Criteria:
    criteria = mlefit.fit(data, target, draws=0, **options).report.criteria
    assert criteria is not None
    return criteria


def claimed(target: str, model: str, features: str = "xza", **options: Any) -> Criteria:
    table = {name: DATA[name] for name in (*features, "frequency")}
    y = DATA[target] if model == "gaussian" else list(map(str, DATA[target]))
    reference = {"a": "l"} if "a" in features else {}
    return new({**table, target: y}, target, features=list(features), model=model, reference=reference, **options)


@pytest.mark.parametrize(("claim", "options"), [("gaussian", {}), ("frequency", {"weights": "frequency"})])
def test_the_gaussian_figure_is_that_of_all_refits(claim: str, options: dict[str, str]) -> None:
    found = claimed("y", "gaussian", **options)
    assert found.on_new_rows == pytest.approx(CLAIMS[claim]["one_out"]["mean"], rel=1e-12)
    assert found.on_new_rows_note is None


CLASSES = [("b", "bernoulli", "xza"), ("c", "categorical", "xz")]


@pytest.mark.parametrize(("target", "model", "features"), CLASSES)
def test_one_newton_step_without_a_row_comes_near_its_refit(target: str, model: str, features: str) -> None:
    found = claimed(target, model, features)
    assert found.on_new_rows is not None
    assert found.loglik is not None
    excess = CLAIMS[model]["one_out"]["mean"] + found.loglik / len(DATA["x"])
    assert excess > 0.04
    assert found.on_new_rows == pytest.approx(CLAIMS[model]["one_out"]["mean"], abs=0.03 * excess)     # to first order in p/n


@pytest.mark.parametrize(("target", "model", "features"), CLASSES)
def test_where_every_row_is_refitted_the_figure_is_that_of_all_refits(
    monkeypatch: pytest.MonkeyPatch, target: str, model: str, features: str,
) -> None:
    monkeypatch.setattr(left_out, "STEP", 0.0)
    monkeypatch.setattr(left_out, "REFITS", 1_000)
    found = claimed(target, model, features)
    assert found.on_new_rows == pytest.approx(CLAIMS[model]["one_out"]["mean"], rel=1e-9)
    assert found.on_new_rows_note is None


@pytest.mark.slow     # twenty fits of each
@pytest.mark.parametrize("options", [
    {"loss": "r**2"}, {"loss": "log(cosh(r))"}, {"model": "huber:delta=1"}, {"model": "huber"}, {"model": "student-t:df=3"},
    {"model": "gamma"}, {"model": "inverse-gaussian"}, {"model": "weibull"}, {"model": "exponential"},
], ids=lambda options: next(iter(options.values())))
def test_of_few_rows_the_figure_is_that_of_all_refits(options: dict[str, str]) -> None:
    """Newton steps were up to 0.39 nats too dear for shapes here."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=20)
    y = np.exp(0.4 * x) * rng.gamma(3.0, size=20) / 3.0
    losses = []
    for row in range(20):
        others = np.arange(20) != row
        less = mlefit.fit({"x": x[others], "y": y[others]}, "y", draws=0, kl=False, **options)
        losses.append(float(less.predict({"x": x[[row]], "y": y[[row]]}, score=True)["nll"].iloc[0]))
    found = new({"x": x, "y": y}, "y", **options)
    assert found.on_new_rows == pytest.approx(np.mean(losses), rel=1e-9)
    assert found.on_new_rows_note is None


def test_least_squares_by_any_name_are_one_figure() -> None:
    rng = np.random.default_rng(3)
    table = {"x": rng.normal(size=30), "y": rng.normal(size=30)}
    by_law, by_loss = (new(table, "y", **options) for options in ({"model": "gaussian"}, {"loss": "r**2"}))
    assert by_loss.on_new_rows == pytest.approx(by_law.on_new_rows, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_a_row_that_moves_its_own_logit_by_more_than_one_is_refitted(weighted: bool) -> None:
    rng = np.random.default_rng(4)
    x = np.append(rng.normal(size=40), 9.0)
    y = np.append((rng.random(40) < 1.0 / (1.0 + np.exp(-2.0 * x[:40]))).astype(int), 0)
    w = np.append(rng.integers(1, 3, 40) if weighted else np.ones(40, int), 1)
    found = new({"x": x, "y": y, "w": w}, "y", features=["x"], model="bernoulli", weights="w")
    losses = []
    for row in range(41):
        less = w.copy()
        less[row] -= 1
        first, slope = (p.estimate for p in mlefit.fit(
            {"x": x, "y": y, "w": less}, "y", ["x"], "bernoulli", weights="w", draws=0).report.parameters)
        assert first is not None
        assert slope is not None
        losses.append(np.logaddexp(0.0, -(2 * y[row] - 1) * (first + slope * x[row])))
    exact = float(w @ losses) / w.sum()
    assert losses[-1] > 5.0
    assert found.on_new_rows == pytest.approx(exact, rel=5e-3)
    assert found.on_new_rows_note is None


def brute(x: Array, y: Array, weight: Array) -> float:
    """Refits of least squares without one copy of each row."""
    total = 0.0
    for row in range(len(y)):
        less = weight.copy()
        less[row] -= 1.0
        root = np.sqrt(less)
        line = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
        variance = float(less @ (y - x @ line) ** 2) / less.sum()
        total += weight[row] * 0.5 * (np.log(2.0 * np.pi * variance) + (y[row] - x[row] @ line) ** 2 / variance)
    return total / weight.sum()


@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([1e-6, 1.0, 1e9]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_gaussian_figure_is_exact_for_any_design_and_unit(seed: int, p: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    n = p + 12 + int(rng.integers(0, 30))
    x = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-3, 4, p)
    y = unit * (x @ (1.0 / np.abs(x).max(axis=0)) + rng.standard_t(3, n))
    weight = rng.integers(1, 4, n).astype(float)
    table = {f"x{j}": x[:, j] for j in range(p)} | {"y": y, "w": weight}
    found = new(table, "y", features=[f"x{j}" for j in range(p)], model="gaussian", weights="w")
    design = np.column_stack([np.ones(n), x])
    assert found.on_new_rows == pytest.approx(brute(design, y, weight), rel=1e-9, abs=1e-9)


class Uncompressed(Gaussian):
    """The same law, whose rows no sums stand for, so that a shape takes part in the Newton step."""

    compresses = False


def test_a_shape_takes_part_in_the_step() -> None:
    rng = np.random.default_rng(7)
    n = 400
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = x @ [1.0, 2.0] + rng.normal(size=n)
    noise, chunk = Uncompressed(), Chunk(y, np.asfortranarray(x))
    mean = LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(n), (0, 1)), 1)
    rows = Engine.of(chunk)
    fit = fit_both(noise, mean, rows)
    found = left_out.left_out(fit, Objective(likelihood(noise), mean, 1), rows, chunk, n)
    exact, own = brute(x, y, np.ones(n)), fit.nll[0] / n
    held = 0.5 * np.mean(((y - mean.eta(fit.mle.theta[:2], chunk)[:, 0]) / np.exp(fit.mle.theta[2])) ** 2
                         / (1.0 - np.square(np.linalg.qr(x)[0]).sum(axis=1)) ** 2) + float(fit.mle.theta[2]) + 0.5 * np.log(2 * np.pi)
    assert found.value == pytest.approx(exact, abs=0.02 * (exact - own))
    assert abs(held - exact) > 0.2 * (exact - own)         # the same with sigma held: the shape matters


def test_a_row_that_alone_keeps_the_likelihood_finite_is_said() -> None:
    found = mlefit.fit({"x": list(range(1, 21)), "y": [0] * 9 + [1, 0] + [1] * 9}, "y", ["x"], "bernoulli", draws=0)
    assert found.report.criteria is not None
    assert (found.report.criteria.on_new_rows, found.report.criteria.on_new_rows_note) == (
        None, "one row alone keeps it finite")
    assert "No cross-entropy is expected on new rows: one row alone keeps it finite.\n" in found.detail
    line = np.arange(20.0)
    bent = new({"x": line, "y": 2.0 * line + (line == 7.0)}, "y", features=["x"])
    assert (bent.on_new_rows, bent.on_new_rows_note) == (None, "one row alone keeps it finite")


def test_no_figure_where_a_row_has_leverage_one_or_rows_are_few() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(size=20)
    single = new({"g": ["a"] * 10 + ["b"] * 9 + ["c"], "y": y}, "y", features=["g"])
    assert (single.on_new_rows, single.on_new_rows_note) == (None, "a row has leverage 1")
    few = new({"x": rng.normal(size=11), "y": rng.normal(size=11)}, "y", features=["x"])
    assert (few.on_new_rows, few.on_new_rows_note) == (None, "fewer than 10 rows more than coefficients")
    enough = new({"x": rng.normal(size=12), "y": rng.normal(size=12)}, "y", features=["x"])
    assert enough.on_new_rows is not None


@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_where_all_rows_are_too_much_work_a_sample_gives_the_figure(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    rng = np.random.default_rng(5)
    n = 8_000
    x = rng.normal(size=n)
    y = x + rng.normal(size=n) if model == "gaussian" else (rng.random(n) < 1.0 / (1.0 + np.exp(-x))).astype(int)
    exact = new({"x": x, "y": y}, "y", model=model)
    monkeypatch.setattr(left_out, "MOST_WORK", 9.0 * 2_000)
    monkeypatch.setattr(left_out, "COMPRESSED_WORK", 9.0 * 2_000)
    about = new({"x": x, "y": y}, "y", model=model)
    assert (exact.on_new_rows_note, about.on_new_rows_note) == (None, "about")
    assert about.on_new_rows == pytest.approx(exact.on_new_rows, abs=3e-5)
    assert about.on_new_rows != exact.on_new_rows


def test_no_figure_where_a_single_row_moves_a_shape_too_far() -> None:
    """A shape of counts that are poisson is nearly 0: the step of its logarithm says nothing of a refit."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=1000)
    y = rng.poisson(1.2 * np.exp(0.5 + 0.5 * x))
    table = {"x": x, "y": y}
    poisson, larger = (mlefit.fit(table, "y", ["x"], model, draws=0).report for model in ("poisson", "negative-binomial"))
    assert poisson.criteria is not None
    assert larger.criteria is not None
    if larger.criteria.on_new_rows is None:
        assert larger.criteria.on_new_rows_note == "a single row moves a shape too far"
    else:
        assert larger.criteria.on_new_rows == pytest.approx(poisson.criteria.on_new_rows, abs=5e-3)


def test_a_row_that_moves_a_shape_far_is_refitted() -> None:
    """Inverse gaussian rows near 0 carry much of 1 / lambda: a step to second order made the figure 0.2 nats too large."""
    import pandas as pd
    from scipy import stats

    rng = np.random.default_rng(5)
    x = rng.normal(size=40)
    table = pd.DataFrame({"x": x, "y": rng.wald(np.exp(0.5 + 0.4 * x), 3.0)})
    table.loc[0, "y"] = 0.12
    options: dict[str, Any] = {"target": "y", "model": "inverse-gaussian", "kl": False}
    total = 0.0
    for i in range(len(table)):
        estimate = mlefit.fit(table.drop(index=i), **options).parameters["estimate"].to_numpy()
        mu, scale = np.exp(estimate[0] + estimate[1] * x[i]), estimate[2]
        total -= stats.invgauss.logpdf(table["y"][i], mu / scale, scale=scale)
    told = mlefit.fit(table, **options).to_dict()["criteria"]["on_new_rows"]
    assert told == pytest.approx(total / len(table), abs=0.01)
