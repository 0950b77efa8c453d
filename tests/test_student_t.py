"""Student's t: values of other programs, several maxima, the gaussian limit, and where there is no maximum."""

import numpy as np
import pytest
from model_cases import stencil
from well_known import CARS, STACKLOSS

import mlefit
from mlefit.estimation import starts as starts_module
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.student_t import StudentT
from mlefit.report.report import Report


def fitted(data: dict[str, object], target: str, model: str = "student-t", **options: object) -> Report:
    return mlefit.fit(data, target=target, model=model, draws=0, **options).report


def estimates(report: Report) -> dict[str, float | None]:
    return {p.name: p.estimate for p in report.parameters}


def loglik(report: Report) -> float:
    assert report.mle is not None
    assert report.mle.loglik is not None
    return report.mle.loglik


def test_four_degrees_of_freedom_as_survreg_has_them() -> None:
    """R's survival: survreg(Surv(loss) ~ ., dist = "t", parms = 4); errors from the observed information at 60 digits."""
    found = fitted(STACKLOSS, "loss", "student-t:df=4")
    assert list(estimates(found).values()) == pytest.approx([-40.0680927, .8570908, .7452688, -.1151248, 2.02453393], rel=1e-6)
    assert loglik(found) == pytest.approx(-51.42333743, abs=1e-8)
    errors = [p.std_error for p in found.parameters]
    assert errors == pytest.approx([7.406593545, .1162346449, .2923811409, .09912437415, .4662705611], rel=1e-8)
    assert found.criteria is not None
    assert found.criteria.n_params == 5


def test_the_best_of_several_maxima_of_stackloss() -> None:
    """A search from least squares alone (R's glmmTMB) runs to the gaussian limit."""
    found = fitted(STACKLOSS, "loss")
    wanted = [-38.48269, .851990, .490248, -.070565, .914760, 1.076696]
    assert list(estimates(found).values()) == pytest.approx(wanted, abs=3e-5)
    assert loglik(found) == pytest.approx(-49.56767691, abs=1e-8)
    assert found.mle is not None
    assert found.mle.certificate.starts == 15


def test_no_heavier_tails_than_gaussian_is_an_answer() -> None:
    found, plain = fitted(CARS, "mpg"), fitted(CARS, "mpg", "gaussian")
    assert loglik(found) == pytest.approx(-80.01471, abs=1e-5)
    assert loglik(found) == pytest.approx(loglik(plain), abs=1e-10)
    df = found.parameters[-1]
    assert (df.name, df.state, df.estimate, df.limit, df.ci_high) == ("df", "boundary", None, "+inf", None)
    assert df.std_error is None
    assert df.ci_low is not None
    assert found.warnings[0].code == "gaussian-limit"
    assert found.warnings[0].message == "the data show no heavier tails than gaussian: df is infinite"
    assert found.criteria is not None
    assert found.criteria.n_params == 4
    text = str(mlefit.fit(CARS, target="mpg", model="student-t", draws=0))
    assert "inf" in next(line for line in text.splitlines() if line.startswith("df "))
    assert "best of 16 searches, a local maximum is certified (EDM" in text


def test_the_one_sided_interval_of_df_ends_where_the_likelihood_has_fallen_by_half_of_1_64_squared() -> None:
    low = fitted(CARS, "mpg").parameters[-1].ci_low
    assert low is not None
    assert loglik(fitted(CARS, "mpg")) - loglik(fitted(CARS, "mpg", f"student-t:df={low!r}")) == pytest.approx(
        0.5 * 1.6448536269514722**2, abs=1e-5)


def test_an_interval_beside_the_limit_is_that_of_likelihood_ratios() -> None:
    rng = np.random.default_rng(3)
    data = {"x": rng.normal(size=80), "y": rng.standard_t(6.0, 80)}
    found = fitted(data, "y")
    df = found.parameters[-1]
    assert df.interval == "profile"
    assert df.ci_low is not None
    assert df.ci_high is None       # gaussian errors are not excluded
    assert loglik(found) - loglik(fitted(data, "y", f"student-t:df={df.ci_low!r}")) == pytest.approx(
        0.5 * 1.959963984540054**2, abs=1e-5)
    assert loglik(found) - loglik(fitted(data, "y", "gaussian")) < 0.5 * 1.959963984540054**2


def two_lines(seed: int, n: int = 30) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 1.0 + x + 0.5 * rng.normal(size=n)
    other = rng.random(n) < 0.4
    y[other] = -2.0 - 2.0 * x[other] + 0.5 * rng.normal(size=other.sum())
    return {"x": x, "y": y}


def test_another_maximum_is_told() -> None:
    found = fitted(two_lines(7), "y")
    told = {warning.code: warning.message for warning in found.warnings}
    assert found.mle is not None
    certificate = found.mle.certificate
    assert certificate.lower_maxima > 0
    assert certificate.behind is not None
    assert told["lower-maximum"] == (
        f"{certificate.lower_maxima} of 15 searches ended at a lower maximum (log-likelihood lower by {certificate.behind:.2g}): "
        "another explanation of the data exists")


def test_the_order_of_the_starts_does_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    forwards = fitted(two_lines(7), "y")
    first = starts_module._coefficients
    monkeypatch.setattr(starts_module, "_coefficients", lambda *arguments: first(*arguments)[::-1])
    backwards = fitted(two_lines(7), "y")
    assert list(estimates(forwards).values()) == pytest.approx(list(estimates(backwards).values()), rel=1e-10)


def test_a_likelihood_without_bound_is_refused() -> None:
    x = np.arange(12.0)
    y = np.zeros(12)
    y[[0, 4, 9]] = 3.0, -2.0, 7.0
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted({"x": x, "y": y}, "y")
    assert caught.value.exit_code == 4
    assert caught.value.code == "unbounded"
    assert caught.value.message == (
        "the likelihood grows without bound as df -> 0: it is largest at df = 0.667, where the search for df ends")
    assert caught.value.remedy == "fix df: --model student-t:df=4"
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted({"x": x, "y": y}, "y", "student-t:df=0.3")
    assert caught.value.code == "exact-fit"
    assert caught.value.message == (
        'column "y": 9 of 12 rows are fitted exactly, so scale = 0 and the likelihood is unbounded')
    assert caught.value.remedy == "look at the values that repeat, or check whether a predictor was computed from the target"


def test_an_exact_line_is_refused() -> None:
    x = np.arange(40.0)
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted({"x": x, "y": 1.0 + 2.0 * x}, "y", "student-t:df=4")
    assert (caught.value.exit_code, caught.value.code) == (4, "exact-fit")


def test_many_degrees_of_freedom_are_gaussian_errors() -> None:
    rng = np.random.default_rng(4)
    y, eta = rng.normal(size=50), rng.normal(size=(50, 1))
    free = np.array([0.3, np.log(1e11)])
    mine, theirs = StudentT().nll(y, eta, free, 2), Gaussian().nll(y, eta, free[:1], 2)
    assert mine.value == pytest.approx(theirs.value, rel=1e-9)
    assert mine.d1 is not None
    assert theirs.d1 is not None
    assert mine.d1[:, :2] == pytest.approx(theirs.d1, rel=1e-9, abs=1e-9)
    assert np.abs(mine.d1[:, 2]).max() < 1e-9
    limit = StudentT(np.inf)
    assert limit.nll(y, eta, free[:1], 0).value == pytest.approx(theirs.value, rel=1e-15)


def test_the_slope_at_the_limit_is_that_of_the_likelihood() -> None:
    """By 1 / df, at few enough of it that a difference is a slope."""
    rng = np.random.default_rng(5)
    y, eta, free = rng.normal(size=20), rng.normal(size=(20, 1)), np.array([0.2])
    law, limit = StudentT(), StudentT(np.inf)
    step = 1e-4
    change = limit.nll(y, eta, free, 0).value - law.nll(y, eta, np.append(free, -np.log(step)), 0).value
    half = limit.nll(y, eta, free, 0).value - law.nll(y, eta, np.append(free, -np.log(0.5 * step)), 0).value
    assert law.limit_slope("gaussian", y, eta, free) == pytest.approx((4.0 * half - change) / step, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("log_df", [-2.0, 0.0, 3.0, 8.0, 14.0, 23.0])
@pytest.mark.parametrize("size", [0.1, 3.0, 1e6, 1e100])
def test_derivatives_by_df_hold_at_the_extremes(log_df: float, size: float) -> None:
    law, eta = StudentT(), np.zeros((1, 1))
    y = np.array([size])

    def at(point: np.ndarray, order: int) -> np.ndarray:
        found = law.nll(y, eta, np.array([0.0, point[0, 0]]), order)
        return found.value if order == 0 else np.asarray(found.d1)[:, 2]

    point = np.array([[log_df]])
    found = law.nll(y, eta, np.array([0.0, log_df]), 2)
    assert found.d1 is not None
    assert found.curvature is not None
    scale = 1.0 + abs(float(found.value[0]))
    assert found.d1[0, 2] == pytest.approx(stencil(lambda p: at(p, 0), point)[0, 0], abs=1e-10 * scale)
    assert found.curvature(np.eye(3)[2])[0, 2] == pytest.approx(stencil(lambda p: at(p, 1), point)[0, 0], abs=1e-10 * scale)


def test_scale_and_location_follow_a_change_of_unit() -> None:
    moved = {**STACKLOSS, "loss": [1e3 * value + 7e5 for value in STACKLOSS["loss"]]}
    one, other = estimates(fitted(STACKLOSS, "loss")), estimates(fitted(moved, "loss"))
    assert other["df"] == pytest.approx(one["df"], rel=1e-9)
    assert other["scale"] == pytest.approx(1e3 * one["scale"], rel=1e-9)
    assert other["air"] == pytest.approx(1e3 * one["air"], rel=1e-9)


def test_the_table_says_what_the_second_column_is() -> None:
    text = str(mlefit.fit(STACKLOSS, target="loss", model="student-t", draws=0))
    assert "least loss,\n" in text
    assert "shapes profiled" in text
    assert (
        "this loss contains scale and df: for each value of them the loss has its own minimum; shown is the lowest after "
        "adding what the values themselves cost, log scale - log k(df)"
    ) in text
    one = str(mlefit.fit(STACKLOSS, target="loss", model="student-t:df=4", draws=0))
    assert (
        "this loss contains scale: for each value of it the loss has its own minimum; shown is the lowest after adding what the "
        "value itself costs, log scale - log k(df)"
    ) in one
