"""Likelihoods with several maxima: the routes search on where they end at different ones, and say so where that does not help."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.estimation import fit as fitting


def spread_by_the_response(seed: int) -> dict[str, Any]:
    """Positive numbers, and a predictor of their spread that is nearly a function of them: a steep scale fits rows at one end."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=30)
    y = np.exp(0.3 * x + 0.3 * rng.normal(size=30))
    return {"x": x, "z": y * y * np.exp(0.2 * rng.normal(size=30)), "y": y}


def two_lines(seed: int) -> dict[str, Any]:
    """Rows on one line, and nearly as many about another."""
    rng = np.random.default_rng(seed)
    x, g = rng.uniform(0.0, 10.0, 40), rng.integers(0, 2, 40)
    y = np.where(rng.random(40) < 0.55, 2.0 * x + 0.5 * rng.normal(size=40), 20.0 - x + 3.0 * rng.normal(size=40))
    return {"x": x, "g": [f"a{k}" for k in g], "y": y}


@pytest.mark.parametrize(("seed", "highest"), [(58, -7.196361), (84, 1.869860), (91, -7.091527)])
def test_a_steep_scale_is_found_by_both_routes(seed: int, highest: float) -> None:
    """From the usual starts one of the routes, or both, end lower."""
    report = mlefit.fit(spread_by_the_response(seed), formula="y ~ x", model="gamma", scale_features=["z"], kl=False).report
    assert report.mle.loglik == pytest.approx(highest, abs=1e-6)
    assert report.agreement.agree


def test_routes_that_end_at_different_maxima_are_given_more_starts() -> None:
    report = mlefit.fit(two_lines(131), formula="y ~ x + g", model="student-t", kl=False).report
    assert report.agreement.agree
    assert report.mle.certificate.starts > 20
    assert [w.message for w in report.warnings if w.code == "lower-maximum"] == [
        f"{report.mle.certificate.lower_maxima} of {report.mle.certificate.starts} searches ended at a lower maximum (log-likelihood "
        f"lower by {report.mle.certificate.behind:.2g}): another explanation of the data exists"]


@pytest.mark.parametrize(("options", "remedy"), [
    ({"model": "student-t"}, "try another noise model"),
    ({"model": "gamma", "scale_features": ["x"]}, "use fewer predictors of the scale, or try another noise model"),
])
def test_maxima_that_stay_apart_are_refused(options: dict[str, Any], remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original, asked = fitting.least_loss, []

    def elsewhere(noise: Any, mean: Any, execution: Any, sample: Any, times: int) -> Any:
        from dataclasses import replace

        asked.append(times)
        found = original(noise, mean, execution, sample, times)
        return replace(found, theta=found.theta + 0.5)

    monkeypatch.setattr(fitting, "least_loss", elsewhere)
    rng = np.random.default_rng(1)
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit({"x": rng.normal(size=80), "y": np.exp(rng.normal(size=80))}, formula="y ~ x", kl=False, **options)
    assert asked == [1, 8]
    gap, apart = float(refused.value.message.split()[7]), float(refused.value.message.split()[17])
    assert str(refused.value) == (
        f"the routes disagree: their largest gap is {gap:.3g} standard errors, at maxima of the likelihood that are {apart:.2g} nats "
        f"apart\n{remedy}")
    assert refused.value.code == "routes-disagree"
