"""Weibull noise: answers of R's survreg, the exponential law as a case, units, a k that varies, and what has no maximum."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

import mlefit
from mlefit.arrays import Array
from mlefit.noise import MODELS
from mlefit.report.report import Report

PUBLISHED = json.loads((Path(__file__).parent / "reference" / "published.json").read_text(encoding="utf-8"))
WEIBULL = MODELS["weibull"]


def fitted(data: str, **options: object) -> Report:
    table = {name: column for name, column in PUBLISHED[data].items() if name != "source"}
    return mlefit.fit(table, model="weibull", draws=0, **options).report


def estimates(report: Report) -> list[float]:
    return [p.estimate for p in report.parameters if p.estimate is not None]


def loglik(report: Report) -> float:
    assert report.criteria is not None
    assert report.criteria.loglik is not None
    return report.criteria.loglik


@pytest.mark.parametrize(("data", "options", "expected", "total", "digits"), [
    ("trees", {"formula": "volume ~ log(girth) + log(height)"},
     [-7.3126850837, 1.9604755809, 1.2961719254, 1.0 / 0.0648342380], -65.3370278617, 2e-8),             # survreg
    ("faithful", {"target": "eruptions", "features": ()}, [1.3582291103, 1.0 / 0.2722352695], -413.364069735, 2e-8),
    ("faithful", {"target": "waiting", "features": ()}, [math.log(76.4037284), 6.44685847], -1085.00789974, 1e-7),  # fitdist
])
def test_the_answers_of_r(data: str, options: dict[str, object], expected: list[float], total: float,
                           digits: float) -> None:
    found = fitted(data, **options)
    assert estimates(found) == pytest.approx(expected, rel=digits)
    assert loglik(found) == pytest.approx(total, rel=1e-11)
    assert found.agreement is not None
    assert found.agreement.agree


def test_of_shape_one_it_is_exponential() -> None:
    rng = np.random.default_rng(1)
    y, eta = rng.exponential(size=50), rng.normal(size=(50, 1))
    one, other = WEIBULL.nll(y, eta, np.zeros(1), 2), MODELS["exponential"].nll(y, eta, np.empty(0), 2)
    assert one.value == pytest.approx(other.value, rel=1e-14, abs=1e-14)
    assert one.d1[:, :1] == pytest.approx(other.d1, abs=1e-14)
    assert one.curvature(np.array([1.0, 0.0]))[:, :1] == pytest.approx(other.curvature(np.ones(1)), rel=1e-14)


@pytest.mark.parametrize("unit", [1e-200, 1000.0, 1e200])
def test_another_unit_moves_the_constant_alone(unit: float) -> None:
    x, y = np.array(PUBLISHED["trees"]["girth"]), np.array(PUBLISHED["trees"]["volume"])
    one, other = (mlefit.fit({"x": x, "y": z}, model="weibull", target="y", draws=0).report for z in (y, unit * y))
    assert estimates(other) == pytest.approx([estimates(one)[0] + math.log(unit), *estimates(one)[1:]], rel=1e-8)
    assert loglik(other) == pytest.approx(loglik(one) - 31.0 * math.log(unit), rel=1e-10)
    assert one.mle is not None
    assert other.mle is not None
    assert other.mle.loss == pytest.approx(one.mle.loss, rel=1e-8)


@pytest.mark.parametrize("k", [0.3, 1.0, 4.0])
def test_the_mean_is_an_integral_of_the_density(k: float) -> None:
    eta, free = np.array([[0.7]]), np.array([math.log(k)])

    def part(z: float) -> float:
        y = math.exp(z)
        return y * y * math.exp(-float(WEIBULL.nll(np.array([y]), eta, free, 0).value[0]))

    assert WEIBULL.expected(eta, free)[0] == pytest.approx(quad(part, -40.0, 25.0, limit=500, epsabs=1e-12, points=[0.0])[0], rel=1e-9)


def test_the_lower_tail_below_the_doubles_is_a_power() -> None:
    y, eta, free = np.array([1e-300]), np.zeros((1, 1)), np.array([math.log(3.0)])
    assert WEIBULL.log_cdf(y, eta, free)[0] == pytest.approx(3.0 * math.log(1e-300), rel=1e-14)


def test_k_may_depend_on_predictors() -> None:
    rng = np.random.default_rng(1)
    x, u = rng.normal(size=400), rng.uniform(size=400)
    y = np.exp(1.0 + x) * rng.weibull(np.exp(0.5 + u))

    def nll(theta: Array) -> float:
        log_k = theta[2] + theta[3] * u
        z = np.exp(log_k) * (np.log(y) - theta[0] - theta[1] * x)
        return float(np.sum(np.log(y) - log_k - z + np.exp(z)))

    found = mlefit.fit({"x": x, "u": u, "y": y}, model="weibull", target="y", features=["x"], scale_features=["u"], draws=0).report
    best = minimize(nll, [1.0, 1.0, 0.5, 1.0], method="BFGS")
    assert loglik(found) == pytest.approx(-float(best.fun), abs=1e-6)
    assert estimates(found) == pytest.approx(best.x, abs=1e-4)
    assert [p.class_ for p in found.parameters] == [None, None, "log k", "log k"]


def test_rows_that_are_fitted_exactly_and_zeros_are_refused() -> None:
    x = np.arange(30.0)
    for y, code, message in (
        (np.exp(1.0 + 0.1 * x), "exact-fit",
         'column "y": 30 of 30 rows are fitted exactly, so k is infinite and the likelihood is unbounded'),
        (np.full(30, 2.5), "constant-target",
         'column "y" is constant: all 30 rows used are 2.5, so k is infinite and the likelihood is unbounded'),
        (x, "bad-response", 'column "y", row 1: weibull needs numbers > 0, found 0'),
    ):
        with pytest.raises(mlefit.MlefitError) as caught:
            mlefit.fit({"x": x, "y": y}, model="weibull", target="y", draws=0)
        assert (caught.value.code, caught.value.message) == (code, message)


def test_the_sample_is_fitted_to_its_truth() -> None:
    found = mlefit.fit("sample_data/deliveries.csv", model="weibull", target="hours", features=["km", "vehicle"],
                       reference={"vehicle": "van"}, draws=0).report
    truth = {"(Intercept)": 5.0, "km": -0.02, "vehicle=bike": 0.4, "vehicle=truck": 0.0, "k": 1.8}
    assert {p.name for p in found.parameters} == set(truth)
    for p in found.parameters:
        assert p.estimate is not None
        assert p.std_error is not None
        assert abs(p.estimate - truth[p.name]) < 3.0 * p.std_error
