"""Beta noise: answers of statsmodels, shapes far out, tails against arithmetic in many digits, and what is refused."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta
from well_known import METHYLATION

import mlefit
from mlefit.noise import MODELS
from mlefit.report.report import Report

BETA = MODELS["beta"]


def estimates(report: Report) -> list[float]:
    return [p.estimate for p in report.parameters if p.estimate is not None]


def test_methylation_is_that_of_statsmodels() -> None:
    found = mlefit.fit(METHYLATION, model="beta", formula="share ~ gender + age + site", draws=0).report
    assert estimates(found)[:5] == pytest.approx([1.528151, 0.078059, -0.001681, 0.600998, 0.978535], abs=1e-6)     # BetaModel
    assert math.log(estimates(found)[5]) == pytest.approx(6.326052, abs=1e-6)
    assert found.criteria is not None
    assert found.criteria.loglik == pytest.approx(103.782853868, abs=1e-8)
    assert found.agreement is not None
    assert found.agreement.agree


def test_the_likelihood_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    y, eta, phi = rng.uniform(0.01, 0.99, 50), rng.normal(size=(50, 1)), 7.0
    mu = 1.0 / (1.0 + np.exp(-eta[:, 0]))
    found = BETA.nll(y, eta, np.array([math.log(phi)]), 0).value
    assert found == pytest.approx(-beta.logpdf(y, mu * phi, (1.0 - mu) * phi), rel=1e-12, abs=1e-12)


def test_derivatives_hold_where_a_share_is_hardly_there() -> None:
    """At a = 1e-300 the digamma function is -1e300, and -log q = -log mu - log phi + log y + (1 - phi) log(1 - y)."""
    y, eta, free = np.array([0.3]), np.array([[-690.0]]), np.array([0.0])
    for found in (BETA.nll(y, eta, free, 2), BETA.loss(y, eta, free, 2)):
        assert found.value[0] == pytest.approx(690.0 + math.log(0.3), rel=1e-14)
        assert found.d1 is not None
        assert found.d1[0] == pytest.approx([-1.0, -1.0 - math.log(0.7)], abs=1e-12)
        assert found.curvature is not None
        assert np.isfinite(found.curvature(np.array([1.0, 1.0]))).all()


@pytest.mark.parametrize(("y", "sign", "power"), [(1e-200, 1.0, 3.0), (0.02, 1.0, 400.0), (0.98, -1.0, 400.0)])
def test_tails_below_the_doubles_are_integrals_of_the_density(y: float, sign: float, power: float) -> None:
    """The tail beyond y is q(y) times an integral near 1 of the density relative to that at y, in steps of its own length."""
    a, b = (power, 2.0) if sign > 0.0 else (2.0, power)
    eta, free = np.array([[math.log(a / b)]]), np.array([math.log(a + b)])
    near = y if sign > 0.0 else 1.0 - y
    found = (BETA.log_cdf if sign > 0.0 else BETA.log_sf)(np.array([y]), eta, free)[0]
    log_q = -BETA.nll(np.array([y]), eta, free, 0).value[0]

    def relative(u: float) -> float:
        at = near * math.exp(-u)
        return math.exp(-power * u + (math.log1p(-at) - math.log1p(-near)))

    assert found == pytest.approx(log_q + math.log(near * quad(relative, 0.0, 60.0 / power, epsrel=1e-12, epsabs=0.0)[0]), rel=1e-9)
    assert found < -700.0 or near > 1e-3


@pytest.mark.parametrize(("phi", "n"), [(0.3, 500), (1e4, 100), (1e7, 100)])
def test_every_precision_is_found_by_both_routes(phi: float, n: int) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=n)
    y = BETA.draw(rng, 0.5 + x[:, None], np.array([math.log(phi)]))
    found = mlefit.fit({"x": x, "y": y}, model="beta", target="y", draws=0).report
    assert found.agreement is not None
    assert found.agreement.agree
    for p, truth in zip(found.parameters, (0.5, 1.0, phi), strict=True):
        assert p.estimate is not None
        assert p.std_error is not None
        assert abs(p.estimate - truth) < 4.0 * p.std_error


INSIDE = "nothing is moved inside; use --model gaussian, or drop the row"


@pytest.mark.parametrize(("bad", "remedy"), [
    (0.0, INSIDE), (1.0, INSIDE), (35.0, "divide percentages by 100, or use --model gaussian"),
    (-0.5, "divide percentages by 100, or use --model gaussian"),
])
def test_what_is_no_share_is_refused_with_its_row(bad: float, remedy: str) -> None:
    with pytest.raises(mlefit.MlefitError) as caught:
        mlefit.fit({"y": [0.2, 0.5, bad, 0.3]}, model="beta", target="y")
    assert caught.value.message == f'column "y", row 3: beta needs numbers > 0 and < 1, found {bad:g}'
    assert (caught.value.exit_code, caught.value.code, caught.value.remedy) == (3, "bad-response", remedy)


def test_rows_that_are_fitted_exactly_have_no_maximum() -> None:
    x = np.linspace(-2.0, 2.0, 30)
    for y, code, message in (
        (1.0 / (1.0 + np.exp(-x)), "exact-fit",
         'column "y": 30 of 30 rows are fitted exactly, so phi is infinite and the likelihood is unbounded'),
        (np.full(30, 0.25), "constant-target",
         'column "y" is constant: all 30 rows used are 0.25, so phi is infinite and the likelihood is unbounded'),
    ):
        with pytest.raises(mlefit.MlefitError) as caught:
            mlefit.fit({"x": x, "y": y}, model="beta", target="y", draws=0)
        assert (caught.value.exit_code, caught.value.code, caught.value.message) == (4, code, message)


def test_the_sample_is_fitted_to_its_truth() -> None:
    found = mlefit.fit("sample_data/deliveries.csv", model="beta", target="share", features=["km", "vehicle"],
                       reference={"vehicle": "van"}, draws=0).report
    truth = {"(Intercept)": 0.5, "km": -0.04, "vehicle=bike": 0.3, "vehicle=truck": 0.0, "phi": 12.0}
    assert {p.name for p in found.parameters} == set(truth)
    for p in found.parameters:
        assert p.estimate is not None
        assert p.std_error is not None
        assert abs(p.estimate - truth[p.name]) < 3.0 * p.std_error
