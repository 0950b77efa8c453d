"""Positive numbers from end to end: answers of other programs, units, what is refused, and what is infinite."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import mlefit
from mlefit.errors import DataError, NoEstimateError
from mlefit.noise import MODELS
from mlefit.report.report import Report

PUBLISHED = json.loads((Path(__file__).parent / "reference" / "published.json").read_text(encoding="utf-8"))
TREES = "volume ~ log(girth) + log(height)"
POSITIVE = ("gamma", "lognormal", "inverse-gaussian")


def fitted(model: str, data: str, **options: object) -> Report:
    table = {name: column for name, column in PUBLISHED[data].items() if name != "source"}
    return mlefit.fit(table, model=model, draws=0, **options).report


def estimates(report: Report) -> list[float]:
    return [p.estimate for p in report.parameters if p.estimate is not None]


def loglik(report: Report) -> float:
    assert report.criteria is not None
    assert report.criteria.loglik is not None
    return report.criteria.loglik


@pytest.mark.parametrize(("model", "expected", "total"), [
    ("gamma", [-6.6911105775, 1.9804122535, 1.1328783951, 169.089779807], -65.95067147),                # glm, MASS::gamma.shape
    ("inverse-gaussian", [-6.6321945789, 1.9549419973, 1.1339694482, 4501.80392], -65.7795008924),    # glm, statmod
    ("lognormal", [-6.6316171259, 1.9826499103, 1.1171233331, 0.0773478471], -66.0990592991),         # survreg
])
def test_trees_are_those_of_r(model: str, expected: list[float], total: float) -> None:
    found = fitted(model, "trees", formula=TREES)
    assert estimates(found) == pytest.approx(expected, rel=1e-8)
    assert loglik(found) == pytest.approx(total, rel=1e-10)


def test_the_shape_of_gamma_has_the_error_of_r() -> None:
    found = fitted("gamma", "trees", formula=TREES, se="model").parameters[-1]
    assert found.std_error == pytest.approx(42.906576, rel=2e-7)


def test_exponential_trees_are_those_of_r() -> None:
    assert loglik(fitted("exponential", "trees", formula=TREES)) == pytest.approx(-132.546441023, rel=1e-11)


@pytest.mark.parametrize(("model", "target", "expected", "total"), [
    ("gamma", "waiting", [math.log(70.8970588235), 25.12315864104], -1102.925120137),                                # MASS::gamma.shape
    ("gamma", "eruptions", [1.2492663161, 7.9663757875], -431.7767747553),                            # MASS::gamma.shape
    ("inverse-gaussian", "waiting", [math.log(70.897059), 1660.01359771], -1107.97580893),
    ("exponential", "eruptions", [1.2492663161], -611.800437981),                                     # survreg
    ("lognormal", "eruptions", [1.1851914739, 0.3741468160], -440.918257229),                         # survreg
])
def test_eruptions_are_those_of_r(model: str, target: str, expected: list[float], total: float) -> None:
    found = fitted(model, "faithful", target=target, features=())
    assert estimates(found) == pytest.approx(expected, rel=2e-8)
    assert loglik(found) == pytest.approx(total, rel=1e-11)


@pytest.mark.parametrize("model", [*POSITIVE, "exponential"])
def test_the_closed_forms_without_predictors(model: str) -> None:
    y = np.array(PUBLISHED["faithful"]["waiting"])
    found = estimates(fitted(model, "faithful", target="waiting", features=()))
    log_mean, gap = math.log(y.mean()), math.log(y.mean()) - np.log(y).mean()
    closed = {"exponential": [log_mean], "lognormal": [np.log(y).mean(), np.log(y).std()],
              "inverse-gaussian": [log_mean, 1.0 / ((1.0 / y).mean() - 1.0 / y.mean())],
              "gamma": [log_mean, math.exp(MODELS["gamma"].implied_shapes(gap, 0.0)[0])]}
    assert found == pytest.approx(closed[model], rel=1e-10)


@pytest.mark.parametrize("model", [*POSITIVE, "exponential"])
@pytest.mark.parametrize("unit", [1e-200, 1000.0, 1e200])
def test_another_unit_moves_the_constant_and_what_has_a_unit(model: str, unit: float) -> None:
    x, y = np.array(PUBLISHED["trees"]["girth"]), np.array(PUBLISHED["trees"]["volume"])
    one, other = (mlefit.fit({"x": x, "y": z}, model=model, target="y", draws=0).report for z in (y, unit * y))
    shapes = [unit**shape.unit_power for shape in MODELS[model].shapes]
    assert estimates(other)[1] == pytest.approx(estimates(one)[1], rel=1e-8)
    assert estimates(other)[0] == pytest.approx(estimates(one)[0] + math.log(unit), rel=1e-8)
    assert estimates(other)[2:] == pytest.approx([a * b for a, b in zip(estimates(one)[2:], shapes, strict=True)], rel=1e-8)
    assert loglik(other) == pytest.approx(loglik(one) - 31.0 * math.log(unit), rel=1e-10)
    assert one.mle is not None
    assert other.mle is not None
    noise = MODELS[model]
    moved = one.mle.loss * unit**noise.loss_power + noise.loss_log_unit * math.log(unit)
    assert other.mle.loss == pytest.approx(moved, rel=1e-8)


def test_gamma_of_shape_one_is_exponential() -> None:
    rng = np.random.default_rng(1)
    y, eta = rng.exponential(size=50), rng.normal(size=(50, 1))
    one = MODELS["gamma"].nll(y, eta, np.zeros(1), 2)
    other = MODELS["exponential"].nll(y, eta, np.empty(0), 2)
    assert one.value == pytest.approx(other.value, rel=1e-14)
    assert one.d1[:, :1] == pytest.approx(other.d1, abs=1e-14)
    assert one.curvature(np.array([1.0, 0.0]))[:, :1] == pytest.approx(other.curvature(np.ones(1)), rel=1e-14)


@pytest.mark.parametrize("model", POSITIVE)
def test_a_zero_is_refused_with_its_row(model: str) -> None:
    with pytest.raises(DataError) as caught:
        mlefit.fit({"y": [1.0, 2.0, 0.0, 3.0]}, model=model, target="y")
    assert caught.value.message == f'column "y", row 3: {model} needs numbers > 0, found 0'
    assert caught.value.remedy == "nothing is added to zeros; --model hurdle:gamma gives them a chance of their own, or drop the row"


def test_exponential_takes_zeros_and_a_level_of_them_has_no_rate() -> None:
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=90), np.repeat(["p", "q", "r"], 30)
    y = rng.exponential(size=90)
    y[:3] = 0.0
    assert estimates(mlefit.fit({"x": x, "g": g, "y": y}, model="exponential", target="y", draws=0).report)
    y[g == "r"] = 0.0
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "g": g, "y": y}, model="exponential", target="y", draws=0)
    assert caught.value.message == (
        'quasi-complete separation of "y" by g=r (-infinity); every row with g=r has y=0: 30 of 90 rows are predicted perfectly, '
        "this coefficient is infinite and no maximum-likelihood estimate exists; the log-likelihood grows beyond all bounds")
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "y": 0.0 * y}, model="exponential", target="y", draws=0)
    assert caught.value.message == (
        'column "y": every number is 0 in the 90 rows used, so the mean is 0, its logarithm is not finite and the likelihood is '
        "unbounded")


@pytest.mark.parametrize("model", POSITIVE)
def test_rows_that_are_fitted_exactly_have_no_maximum(model: str) -> None:
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"y": [2.5] * 20}, model=model, target="y")
    assert caught.value.code == "constant-target"
    x = np.arange(30.0)
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "y": np.exp(1.0 + 0.1 * x)}, model=model, target="y", draws=0)
    assert caught.value.code == "exact-fit"
    assert caught.value.message == (
        'the fit is exact: every "y" is what the predictors make it, to the last digit, so '
        f"{MODELS[model].collapse} and the likelihood is unbounded")


@pytest.mark.parametrize(("y", "mean", "shape"), [
    (1e-4, 1.0, 1.0), (0.01, 1.0, 1.0), (50.0, 1.0, 1.0), (1e6, 1.0, 1.0), (3.0, 2.0, 1e-6), (1.001, 1.0, 1e6), (1.5, 1.0, 100.0),
    (1e8, 1e4, 1e-3), (1.0, 1.0, 1e-8), (1e9, 1e9, 1.0),
])
def test_the_tails_of_the_inverse_gaussian_are_integrals_of_its_density(y: float, mean: float, shape: float) -> None:
    """The whole is q(y) times an integral near 1 of the density relative to that at y, in steps of its own length."""
    noise, eta, free = MODELS["inverse-gaussian"], np.array([[math.log(mean)]]), np.array([math.log(shape)])

    def nll(value: float) -> float:
        return float(noise.nll(np.array([value]), eta, free, 0).value[0])

    def tail(sign: float) -> float:
        return -nll(y) + math.log(quad(lambda u: y * math.exp(sign * u + nll(y) - nll(y * math.exp(sign * u))), 0.0, 60.0,
                                       epsabs=0.0, epsrel=1e-12, limit=2000, points=[1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0])[0])

    below, above = (float(of(np.array([y]), eta, free)[0]) for of in (noise.log_cdf, noise.log_sf))
    assert min(below, above) == pytest.approx(tail(-1.0 if below < above else 1.0), rel=1e-12, abs=2e-11)
    assert math.exp(below) + math.exp(above) == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize(("model", "target", "truth"), [
    ("lognormal", "cost", [4.0, 0.06, 0.3, -0.2, 0.6]), ("inverse-gaussian", "hours", [1.0, 0.08, -0.3, 0.2, 6.0]),
    ("exponential", "wait", [1.0, -0.05, 0.0, 0.5]),
])
def test_the_sample_is_fitted_to_its_truth(model: str, target: str, truth: list[float]) -> None:
    found = mlefit.fit("sample_data/repairs.csv", model=model, target=target, features=["age", "shop"], draws=0).report
    for p, value in zip(found.parameters, truth, strict=True):
        assert p.estimate is not None
        assert p.std_error is not None
        assert abs(p.estimate - value) < 3.0 * p.std_error


@pytest.mark.parametrize("size", [1e6, 1e9])
def test_gamma_noise_that_is_small_beside_its_mean_is_all_but_gaussian(size: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    data = {"x": x, "y": size + rng.normal(size=300) + 0.5 * x}
    one, other = (mlefit.fit(data, target="y", model=model, draws=0).report for model in ("gamma", "gaussian"))
    assert one.agreement is not None
    assert one.agreement.agree
    slope, location = one.parameters[1].estimate, other.parameters[1].estimate
    assert slope is not None
    assert slope * size == pytest.approx(location, rel=20.0 / size + 1e-5)
    assert one.criteria is not None
    assert other.criteria is not None
    assert one.criteria.loglik == pytest.approx(other.criteria.loglik, abs=2000.0 / size + 1e-6)
