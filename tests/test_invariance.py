"""Invariance: units, origins, order and names of the input change the answer as theory says, and in nothing else.

The tolerance is 100 eps (1 + |shift| / sd), relative to the natural size of each figure. It comes from the data: a column
written with a shift has lost |shift| / sd of its digits before mlefit sees it. A shift or factor that float64 represents
loses nothing, and then the bits are the same.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mlefit
from mlefit.errors import NoEstimateError

pytestmark = pytest.mark.slow     # whole fits in pairs

MODELS = ("gaussian", "bernoulli", "categorical")
EPS = float(np.finfo(float).eps)
ROUNDING = 100.0 * EPS
GRID = 2.0**-20          # predictors are multiples of it, so that shifts by powers of two up to 2^30 are exact

models = pytest.mark.parametrize("model", MODELS)
seeds = st.integers(0, 10_000)
few = settings(max_examples=12, deadline=None, derandomize=True)


def table(seed: int, model: str) -> dict[str, Any]:
    """Two predictors on a grid, one of levels, and a response that overlaps."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(80, 160))
    x, z = (np.rint(column / GRID) * GRID for column in rng.normal(size=(2, n)))
    g = np.array(["a", "b", "c"])[np.r_[np.arange(30) % 3, rng.integers(0, 3, n - 30)]]
    eta = 0.5 * x - 0.3 * z + 0.4 * (g == "b")
    if model == "gaussian":
        y: Any = 1.0 + eta + rng.normal(size=n)
    elif model == "bernoulli":
        y = np.where(eta + rng.logistic(size=n) > 0.0, "yes", "no")
    else:
        y = np.array(["p", "q", "r"])[np.argmax(np.stack([0.0 * eta, eta, -eta]) + rng.gumbel(size=(3, n)), axis=0)]
    return {"x": x, "z": z, "g": g, "y": y}


def fitted(columns: dict[str, Any], model: str, **options: Any) -> dict[str, Any]:
    try:
        return mlefit.fit(columns, target="y", model=model, draws=0, **options).to_dict()
    except NoEstimateError:
        assume(False)
        raise


def numbers(fit: dict[str, Any], key: str) -> dict[tuple[str, str | None], float]:
    return {(p["name"], p["class"]): p[key] for p in fit["parameters"]}


def compare(
    one: dict[str, Any], other: dict[str, Any], tolerance: float, factor: dict[str, float] | None = None,
    skip: tuple[str, ...] = (),
) -> None:
    """Estimates and errors of `other` are those of `one` times `factor[name]`, to `tolerance` of estimate plus error."""
    for (name, cls), estimate in numbers(one, "estimate").items():
        if name in skip:
            continue
        error, scale = numbers(one, "std_error")[name, cls], (factor or {}).get(name, 1.0)
        # An error of one row, not of n, is the natural size of a coefficient's rounding.
        size = abs(estimate) + error * np.sqrt(one["data"]["n"])
        for key, expected in (("estimate", estimate), ("std_error", error), ("loss_estimate", estimate)):
            found = numbers(other, key)[name, cls]
            assert abs(found / scale - expected) <= tolerance * size, (key, name, cls, found / scale, expected)


def same_fit(one: dict[str, Any], other: dict[str, Any], tolerance: float, log_unit: float = 0.0) -> None:
    """Log-likelihood (less n log unit, for a density), KL and the null model agree, per row."""
    n = one["data"]["n"]
    for key in ("loglik", "null_loglik"):
        expected = one["criteria"][key] / n - log_unit
        assert abs(other["criteria"][key] / n - expected) <= tolerance * (1.0 + abs(expected))
    # A KL estimate is a mean over rows of logarithms of differences of neighbours: condition n times that of a mean.
    assert (one["information"]["kl"]["raw"] is None) == (other["information"]["kl"]["raw"] is None)
    if one["information"]["kl"]["raw"] is not None:
        apart = abs(one["information"]["kl"]["raw"] - other["information"]["kl"]["raw"])
        assert apart <= n * tolerance * (1.0 + abs(log_unit))
    assert other["agreement"]["agree"]


@models
@few
@given(seed=seeds, power=st.integers(-10, 30))
def test_an_exact_shift_of_a_predictor_changes_no_bit_but_those_of_the_intercept(model: str, seed: int, power: int) -> None:
    columns = table(seed, model)
    one = fitted(columns, model)
    other = fitted({**columns, "x": columns["x"] + 2.0**power}, model)
    for mine, theirs in zip(one["parameters"], other["parameters"], strict=True):
        assert mine["name"] == "(Intercept)" or mine == theirs
    assert one["criteria"] == other["criteria"]
    assert one["routes"]["mle"]["loglik"] == other["routes"]["mle"]["loglik"]
    slopes, moved = numbers(one, "estimate"), numbers(other, "estimate")
    for (name, cls), b0 in slopes.items():
        if name == "(Intercept)":
            slope = slopes["x", cls]
            expected = b0 - slope * 2.0**power
            assert abs(moved[name, cls] - expected) <= ROUNDING * (abs(b0) + abs(slope) * 2.0**power)


@models
@few
@given(seed=seeds)
def test_a_shift_by_1e9_costs_the_digits_that_the_column_lost_and_no_more(model: str, seed: int) -> None:
    columns = table(seed, model)
    columns["x"] = columns["x"] + 0.1        # no longer on the grid: 1e9 + x rounds
    tolerance = ROUNDING * (1.0 + 1e9 / float(np.std(columns["x"])))
    one, other = fitted(columns, model), fitted({**columns, "x": columns["x"] + 1e9}, model)
    compare(one, other, tolerance, skip=("(Intercept)",))
    same_fit(one, other, tolerance)


@models
@pytest.mark.parametrize("factor", [1e-300, 1e300, -1.0, 2.0**-1000, 3.0])
@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=seeds)
def test_scaling_a_predictor_divides_its_coefficient(model: str, factor: float, seed: int) -> None:
    columns = table(seed, model)
    one = fitted(columns, model)
    other = fitted({**columns, "x": columns["x"] * factor}, model)
    for (name, cls), value in numbers(other, "std_error").items():
        assert value > 0.0, (name, cls)
    for (name, cls), estimate in numbers(one, "estimate").items():
        scale = 1.0 / factor if name == "x" else 1.0
        size = abs(estimate) + numbers(one, "std_error")[name, cls] * np.sqrt(one["data"]["n"])
        assert abs(numbers(other, "estimate")[name, cls] / scale - estimate) <= ROUNDING * size
        assert abs(numbers(other, "std_error")[name, cls] / abs(scale) / numbers(one, "std_error")[name, cls] - 1) <= ROUNDING
    same_fit(one, other, ROUNDING)


@models
@few
@given(seed=seeds, power=st.integers(-900, 900))
def test_scaling_a_predictor_by_a_power_of_two_scales_bits(model: str, seed: int, power: int) -> None:
    columns = table(seed, model)
    one, other = fitted(columns, model), fitted({**columns, "x": columns["x"] * 2.0**power}, model)
    for mine, theirs in zip(one["parameters"], other["parameters"], strict=True):
        scale = 2.0**-power if mine["name"] == "x" else 1.0
        for key in ("estimate", "std_error", "ci_low", "ci_high", "loss_estimate"):
            assert theirs[key] == mine[key] * scale
    assert one["criteria"] == other["criteria"]


@pytest.mark.parametrize("factor", [1e-300, 1e300, 7.0, 2.0**-600])
@few
@given(seed=seeds)
def test_scaling_a_gaussian_response_scales_everything_and_shifts_the_log_likelihood(factor: float, seed: int) -> None:
    columns = table(seed, "gaussian")
    one, other = fitted(columns, "gaussian"), fitted({**columns, "y": columns["y"] * factor}, "gaussian")
    compare(one, other, ROUNDING, factor={p["name"]: factor for p in one["parameters"]})
    same_fit(one, other, ROUNDING, log_unit=float(np.log(factor)))


@few
@given(seed=seeds, shift=st.sampled_from([1e9, -1e6, 2.0**30]))
def test_shifting_a_gaussian_response_moves_the_intercept_alone(seed: int, shift: float) -> None:
    columns = table(seed, "gaussian")
    columns["y"] = np.rint(columns["y"] / GRID) * GRID
    one, other = fitted(columns, "gaussian"), fitted({**columns, "y": columns["y"] + shift}, "gaussian")
    tolerance = ROUNDING * (1.0 + abs(shift) / float(np.std(columns["y"])))
    compare(one, other, ROUNDING, skip=("(Intercept)",))
    same_fit(one, other, tolerance)
    intercept = ("(Intercept)", None)
    moved = numbers(other, "estimate")[intercept]
    assert abs(moved - shift - numbers(one, "estimate")[intercept]) <= ROUNDING * (1.0 + abs(shift))


@models
@few
@given(seed=seeds)
def test_the_order_of_rows_and_columns_does_not_matter(model: str, seed: int) -> None:
    columns = table(seed, model)
    rows = np.random.default_rng(seed).permutation(len(columns["x"]))
    one = fitted(columns, model)
    for other in ({name: column[rows] for name, column in columns.items()},
                  {name: columns[name] for name in ("g", "y", "z", "x")}):
        again = fitted(other, model)
        compare(one, again, ROUNDING)
        same_fit(one, again, ROUNDING)


@models
@few
@given(seed=seeds)
def test_renaming_levels_renames_parameters(model: str, seed: int) -> None:
    columns = table(seed, model)
    one = fitted(columns, model)
    names = {"a": "zeta", "b": "Ω=1", "c": "0"}
    again = fitted({**columns, "g": np.array([names[level] for level in columns["g"]])}, model, reference={"g": "zeta"})
    renamed = {f"g={old}": f"g={new}" for old, new in names.items()}
    for (name, cls), estimate in numbers(one, "estimate").items():
        found = numbers(again, "estimate")[renamed.get(name, name), cls]
        size = abs(estimate) + numbers(one, "std_error")[name, cls] * np.sqrt(one["data"]["n"])
        assert abs(found - estimate) <= ROUNDING * size
    same_fit(one, again, ROUNDING)


@few
@given(seed=seeds)
def test_the_level_modelled_changes_the_sign_and_nothing_else(seed: int) -> None:
    columns = table(seed, "bernoulli")
    one, other = fitted(columns, "bernoulli", positive="yes"), fitted(columns, "bernoulli", positive="no")
    for key, value in numbers(one, "estimate").items():
        error = numbers(one, "std_error")[key]
        assert abs(value + numbers(other, "estimate")[key]) <= ROUNDING * (abs(value) + error * np.sqrt(one["data"]["n"]))
        assert abs(error / numbers(other, "std_error")[key] - 1.0) <= ROUNDING
    same_fit(one, other, ROUNDING)


@few
@given(seed=seeds)
def test_two_classes_are_bernoulli(seed: int) -> None:
    columns = table(seed, "bernoulli")
    one, other = fitted(columns, "bernoulli"), fitted(columns, "categorical")
    for (name, _), estimate in numbers(one, "estimate").items():
        size = abs(estimate) + numbers(one, "std_error")[name, None] * np.sqrt(one["data"]["n"])
        assert abs(numbers(other, "estimate")[name, "yes"] - estimate) <= ROUNDING * size
    assert abs(one["criteria"]["loglik"] - other["criteria"]["loglik"]) <= ROUNDING * abs(one["criteria"]["loglik"])


@pytest.mark.parametrize("model", MODELS)
def test_a_first_block_of_zeros_does_not_hide_what_is_tiny_later(model: str) -> None:
    """The first block decides the scale; here it knows nothing of the rest."""
    rng = np.random.default_rng(5)
    n = 150_000
    u = np.where(np.arange(n) < 140_000, 0.0, rng.normal(size=n))
    eta = 0.5 * u
    y: Any = eta + rng.normal(size=n)
    if model == "bernoulli":
        y = (eta + rng.logistic(size=n) > 0.0).astype(int)
    if model == "categorical":
        y = np.array(["p", "q", "r"])[np.argmax(np.stack([0.0 * eta, eta, -eta]) + rng.gumbel(size=(3, n)), axis=0)]
    one, other = (fitted({"u": u * factor, "y": y}, model) for factor in (1.0, 1e-300))
    for (name, cls), estimate in numbers(one, "estimate").items():
        found = numbers(other, "estimate")[name, cls] * (1e-300 if name == "u" else 1.0)
        size = abs(estimate) + numbers(one, "std_error")[name, cls] * np.sqrt(n)
        assert abs(found - estimate) <= ROUNDING * size


def test_a_first_block_of_tiny_values_does_not_hide_what_is_huge_later() -> None:
    """1e300 in units of 1e-300 is beyond float64; the second pass takes a unit that both survive."""
    rng = np.random.default_rng(6)
    n = 150_000
    u = rng.normal(size=n) * np.where(np.arange(n) < 140_000, 1e-300, 1e300)
    y = u / 1e300 + rng.normal(size=n)
    one, other = fitted({"u": u, "y": y}, "gaussian"), fitted({"u": u / 1e300, "y": y}, "gaussian")
    for key in ("estimate", "std_error"):
        assert numbers(one, key)["u", None] * 1e300 == pytest.approx(numbers(other, key)["u", None], rel=1e-12)
