"""robust-differs: larger robust errors by more than chance, on all rows, and never the advice to take smaller ones."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.diagnosis.misspecification import Spread
from mlefit.diagnosis.scored import Scoring
from mlefit.estimation.fit import fit_both
from mlefit.execution import Engine
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import tree_sum

Table = dict[str, Any]


def told(columns: Table, model: str = "gaussian", **options: Any) -> list[str]:
    """The warnings of this kind."""
    fit = mlefit.fit(columns, target="y", model=model, draws=0, **options).to_dict()
    return [w["message"] for w in fit["warnings"] if w["code"] == "robust-differs"]


def line(n: int, seed: int, spread: Any = np.ones_like) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return {"x": x, "y": x + spread(x) * rng.normal(size=n)}


def test_errors_that_are_too_small_are_said_with_the_remedy() -> None:
    assert told(line(300, 1, np.square)) == [
        "the residuals are not spread as the model says: the robust standard error is 2.3 times that of the model for x, so "
        "intervals by the model are too short there; use --se robust"]


def test_who_has_robust_errors_is_not_sent_to_them() -> None:
    assert told(line(300, 1, np.square), se="robust") == [
        "the residuals are not spread as the model says: the robust standard error is 2.3 times that of the model for x, so "
        "intervals by the model are too short there; the errors shown allow for it"]


def test_more_rows_than_are_kept_are_judged_by_a_sample_and_it_is_said() -> None:
    assert told(line(1_500_000, 4, np.abs), features=["x"]) == [
        "the residuals are not spread as the model says, on a random sample of 20,000 rows: the robust standard error is 1.7 times "
        "that of the model for x, so intervals by the model are too short there; use --se robust"]


def test_smaller_robust_errors_are_no_warning() -> None:
    assert told(line(1000, 5, lambda x: np.exp(-np.abs(x)))) == []


def test_counts_that_vary_too_little_need_another_model_and_counts_that_vary_too_much_robust_errors() -> None:
    rng = np.random.default_rng(13)
    x = rng.normal(size=600)
    mu = np.exp(0.5 + 0.3 * np.minimum(x, 2.0))
    few = mlefit.fit({"x": x, "y": rng.binomial(4, mu / 4.0)}, target="y", model="poisson", draws=0).to_dict()["warnings"]
    assert [(w["code"], w["message"]) for w in few] == [
        ("under-dispersed", "the counts vary less than the model says: intervals by the model are up to 1.4 times too wide for "
         "x, (Intercept); a model with a dispersion parameter would tell by how much")]
    assert told({"x": x, "y": rng.poisson(mu)}, "poisson") == []
    assert told({"x": x, "y": rng.poisson(mu * rng.gamma(1.0, 1.0, 600))}, "poisson") == [
        "the residuals are not spread as the model says: the robust standard error is up to 1.7 times that of the model for x, "
        "(Intercept), so intervals by the model are too short there; use --se robust"]


def test_heavy_tails_are_no_matter_of_the_coefficients() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=3000)
    assert told({"x": x, "y": x + rng.standard_t(3, size=3000)}) == []


def test_fewer_than_ten_effective_rows_say_nothing_of_spread() -> None:
    rng = np.random.default_rng(6)
    treated = (np.arange(400) < 8) * 1.0
    noise = rng.normal(size=400) * (1.0 + 9.0 * treated)
    assert told({"treated": treated, "y": noise}) == []
    treated = (np.arange(400) < 40) * 1.0
    assert len(told({"treated": treated, "y": rng.normal(size=400) * (1.0 + 9.0 * treated)})) == 1


@pytest.mark.parametrize(("rows", "warnings"), [(2_000, 0), (10_000, 1)])
def test_fewer_than_thirty_events_say_nothing_of_spread(rows: int, warnings: int) -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=rows)
    y = rng.random(rows) < 0.05 * (np.abs(x) > 1.5)         # both ends, which a line in x cannot tell
    assert (y.sum() < 30) == (warnings == 0)
    assert len(told({"x": x, "y": y.astype(int)}, "bernoulli")) == warnings


@pytest.mark.slow
def test_true_models_are_left_alone() -> None:
    rng = np.random.default_rng(3)
    for seed in range(20):
        x = rng.lognormal(size=200)
        y = np.argmax(np.stack([0 * x, x, -x]) + rng.gumbel(size=(3, 200)), axis=0)
        assert told({"x": x, "y": x + rng.normal(size=200)}) == [], seed
        assert told({"x": x, "y": (x + rng.logistic(size=200) > 0).astype(int)}, "bernoulli") == [], seed
        assert told({"x": x, "y": y.astype(str)}, "categorical") == [], seed


def spread_of(noise: NoiseModel, y: Array, x: Array, slab: int) -> Spread:
    """Of the coefficients of columns that are white."""
    rows, mean = Chunk(y, x), LinearMean(Coordinates.orthonormal(x.shape[1]), len(noise.predictors))
    both = fit_both(noise, mean, Engine.of(rows))
    curvature = both.mle.curvature
    scoring = Scoring.of(noise, Objective(likelihood(noise), mean, 0), both.mle.theta, curvature)
    directions = curvature.root(np.eye(mean.size))
    parts = [rows.part(start, start + slab) for start in range(0, len(y), slab)]
    return tree_sum(Spread.of(each, directions) for part in parts for each in scoring.scored(part))


def white(n: int, seed: int) -> Array:
    x = np.column_stack([np.ones(n), np.random.default_rng(seed).normal(size=(n, 2))])
    return np.asfortranarray(np.linalg.qr(x)[0] * np.sqrt(n))


def test_sums_over_rows_are_hc2_over_the_model() -> None:
    x = white(80, 7)
    y = (x[:, 1] + np.random.default_rng(8).logistic(size=80) > 0).astype(float)
    found = spread_of(Bernoulli(), y, x, 80)
    both = fit_both(Bernoulli(), LinearMean(Coordinates.orthonormal(3), 1), Engine.of(Chunk(y, x)))
    p = 1.0 / (1.0 + np.exp(-x @ both.mle.theta))
    w = p * (1.0 - p)
    c = x @ np.linalg.inv(x.T @ (x * w[:, None]))
    h = w * (c * x).sum(axis=1)
    assert found.ratio == pytest.approx((((y - p) ** 2 / (1.0 - h)) @ c**2) / (w @ c**2), rel=1e-8)
    assert found.effective_rows == pytest.approx((w @ c**2) ** 2 / (w**2 @ c**4), rel=1e-8)
    assert found.variance == pytest.approx((w * (1.0 - 4.0 * w)) @ c**4, rel=1e-8)


def test_two_classes_of_a_categorical_law_are_a_bernoulli_one_and_cuts_do_not_matter() -> None:
    x = white(90, 9)
    y = (x[:, 1] + np.random.default_rng(10).logistic(size=90) > 0).astype(float)
    one, other = spread_of(Bernoulli(), y, x, 90), spread_of(Categorical().of("ab"), y, x, 7)
    assert other.ratio == pytest.approx(one.ratio, rel=1e-8)
    assert other.p_values[0] == pytest.approx(one.p_values[0], rel=1e-8)


def test_the_leverage_of_several_predictors_is_the_whole_matrix() -> None:
    """With (I - A B)^-1 g the expectation of the found spread is that of the law: over all responses of a row, with the fit held."""
    x = white(60, 11)
    noise = Categorical().of("abc")
    y = np.argmax(np.stack([0 * x[:, 1], x[:, 1], x[:, 2]]) + np.random.default_rng(12).gumbel(size=(3, 60)), axis=0)
    mean = LinearMean(Coordinates.orthonormal(3), 2)
    both = fit_both(noise, mean, Engine.of(Chunk(y.astype(float), x)))
    scoring = Scoring.of(noise, Objective(likelihood(noise), mean, 0), both.mle.theta, both.mle.curvature)
    (rows,) = scoring.scored(Chunk(y.astype(float), x))
    for i in range(0, 60, 7):
        a, w = rows.bent[:, i].T, rows.pull[:, i]
        assert rows.freed()[i] == pytest.approx(np.linalg.inv(np.eye(2) - a @ (w @ w.T)) @ rows.g[i], rel=1e-9)
    trace = sum(np.trace(rows.bent[:, i] @ rows.pull[:, i] @ rows.pull[:, i].T) for i in range(60))
    assert trace == pytest.approx(6.0, rel=1e-9)        # all leverages together: the parameters
