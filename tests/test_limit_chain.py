"""Laws that become one another: the same likelihood, the same fit. Further pairs stand with their laws (huber, student-t, counts)."""

from typing import Any

import numpy as np
import pytest
from well_known import STACKLOSS

import mlefit
from mlefit.arrays import Array
from mlefit.noise import MODELS, NoiseModel

RNG = np.random.default_rng(8)
X = RNG.normal(size=120)
AMOUNTS = np.exp(0.4 * X) * RNG.gamma(2.0, size=120)
WON = (RNG.random(120) < 1.0 / (1.0 + np.exp(-X))).astype(float)


def same(one: NoiseModel, other: NoiseModel, y: Array, free: Array, rel: float = 1e-11) -> None:
    """The negative log-likelihood and its derivative by the predictor, at many predictors."""
    eta = np.linspace(-3.0, 3.0, y.size)[:, None]
    mine, theirs = one.nll(y, eta, free, 1), other.nll(y, eta, free[: len(other.shapes)], 1)
    np.testing.assert_allclose(mine.value, theirs.value, rtol=rel, atol=rel)
    assert mine.d1 is not None
    assert theirs.d1 is not None
    np.testing.assert_allclose(mine.d1[:, 0], theirs.d1[:, 0], rtol=rel, atol=rel)


@pytest.mark.parametrize(("name", "limit", "free"), [
    ("weibull", "exponential", 0.0), ("gamma", "exponential", 0.0), ("negative-binomial", "poisson", np.log(1e-13)),
])
def test_a_law_at_a_shape_is_a_law_without_it(name: str, limit: str, free: float) -> None:
    same(MODELS[name], MODELS[limit], np.ceil(AMOUNTS), np.array([free]))


def test_one_trial_is_bernoulli() -> None:
    same(MODELS["binomial"].among(np.ones(120)), MODELS["bernoulli"].of(("no", "yes")), WON, np.empty(0))
    table = {"x": X, "won": WON, "one": np.ones(120)}
    mine, theirs = fitted(table, "won", "binomial", trials="one"), fitted(table, "won", "bernoulli")
    agree(mine, theirs, 1e-10)


def fitted(table: dict[str, Any], target: str, model: str, **options: Any) -> dict[str, Any]:
    return mlefit.fit(table, target, options.pop("features", ["x"]), model, kl=False, **options).to_dict()


def agree(mine: dict[str, Any], theirs: dict[str, Any], rel: float) -> None:
    """Likelihood, coefficients and errors."""
    assert mine["criteria"]["loglik"] == pytest.approx(theirs["criteria"]["loglik"], rel=rel)
    for key in ("estimate", "std_error"):
        coefficients = [[p[key] for p in fit["parameters"] if p["kind"] == "mean"] for fit in (mine, theirs)]
        assert coefficients[0] == pytest.approx(coefficients[1], rel=rel)


def test_two_ordered_levels_are_bernoulli_with_the_constant_as_a_cut() -> None:
    table = {"x": X, "won": WON}
    mine, theirs = fitted(table, "won", "ordinal"), fitted(table, "won", "bernoulli")
    found, wanted = ({p["name"]: p for p in fit["parameters"]} for fit in (mine, theirs))
    assert found["x"]["estimate"] == pytest.approx(wanted["x"]["estimate"], rel=1e-9)
    assert found["0|1"]["estimate"] == pytest.approx(-wanted["(Intercept)"]["estimate"], rel=1e-9)
    assert found["0|1"]["std_error"] == pytest.approx(wanted["(Intercept)"]["std_error"], rel=1e-9)
    assert mine["criteria"]["loglik"] == pytest.approx(theirs["criteria"]["loglik"], rel=1e-12)


def test_the_median_as_a_quantile_is_laplace() -> None:
    mine, theirs = (fitted(STACKLOSS, "loss", model, features=["air", "water", "acid"]) for model in ("quantile:tau=0.5", "laplace"))
    agree(mine, theirs, 1e-10)
    scale = [fit["parameters"][-1]["estimate"] for fit in (mine, theirs)]
    assert 2.0 * scale[0] == pytest.approx(scale[1], rel=1e-12)       # |r| / 2 is the loss of the median


@pytest.mark.parametrize("model", ["gaussian", "student-t:df=4", "lognormal", "gamma", "weibull", "inverse-gaussian"])
def test_a_scale_of_a_constant_alone_is_a_scale(model: str) -> None:
    table = {"x": X, "y": AMOUNTS}
    mine, theirs = fitted(table, "y", model, scale_features=[]), fitted(table, "y", model, se="model")
    assert mine["criteria"]["loglik"] == pytest.approx(theirs["criteria"]["loglik"], rel=1e-10)
    agree(mine, theirs, 1e-6)


@pytest.mark.parametrize("model", ["laplace", "quantile:tau=0.25"])
def test_programmes_take_a_weight_as_rows_and_rows_in_any_order(model: str) -> None:
    features, twice = ["air", "water", "acid"], {name: [*values, *values[:7]] for name, values in STACKLOSS.items()}
    weighted = {**STACKLOSS, "w": [2] * 7 + [1] * 14}
    one, other = fitted(twice, "loss", model, features=features), fitted(weighted, "loss", model, features=features, weights="w")
    agree(one, other, 1e-9)
    order = np.random.default_rng(1).permutation(28)
    shuffled = fitted({name: np.array(values)[order] for name, values in twice.items()}, "loss", model, features=features)
    agree(shuffled, one, 1e-10)
    assert shuffled["routes"]["mle"]["certificate"] == one["routes"]["mle"]["certificate"]
    assert max(fit["routes"]["mle"]["edm"] for fit in (one, shuffled)) <= 1e-10
