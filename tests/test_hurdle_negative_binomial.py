"""Hurdles of counts that vary more than Poisson ones: zero-truncated negative binomial noise, and where alpha is 0."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import nbinom

import mlefit
from mlefit.noise import MODELS
from mlefit.noise.truncated import TruncatedPoisson
from mlefit.noise.truncated_negative_binomial import TruncatedNegativeBinomial

LAW = TruncatedNegativeBinomial()


def rows(alpha: float, n: int = 500, seed: int = 1) -> dict[str, Any]:
    """Counts of a hurdle; of alpha 0 Poisson ones."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    law = MODELS.find("hurdle:negative-binomial" if alpha else "hurdle:poisson", "")
    eta = np.stack([1.0 + 0.4 * x, 0.3 - 0.6 * x], axis=1)
    return {"x": x, "y": law.draw(rng, eta, np.log([alpha]) if alpha else np.empty(0))}


def test_the_answer_is_that_of_an_independent_search() -> None:
    data = rows(0.8)
    x, y = data["x"], data["y"]

    def nll(theta: np.ndarray) -> float:
        mu, p, size = np.exp(theta[0] + theta[1] * x), 1.0 / (1.0 + np.exp(-theta[2] - theta[3] * x)), np.exp(-theta[4])
        share = size / (size + mu)
        above = nbinom.logpmf(y, size, share) - np.log1p(-nbinom.pmf(0, size, share))
        return -float(np.where(y > 0.0, np.log(p) + above, np.log1p(-p)).sum())

    found = minimize(nll, np.zeros(5), method="BFGS", options={"gtol": 1e-5})
    report = mlefit.fit(data, target="y", model="hurdle:negative-binomial", draws=0).report
    values = [p.estimate for p in report.parameters]
    assert values == pytest.approx([*found.x[:4], np.exp(found.x[4])], rel=2e-4)
    assert report.criteria is not None
    assert report.criteria.loglik == pytest.approx(-found.fun, rel=1e-9)
    assert report.agreement is not None
    assert report.agreement.agree
    h = 1e-3 * np.eye(5)
    bent = [[nll(found.x + a + b) - nll(found.x + a - b) - nll(found.x - a + b) + nll(found.x - a - b) for a in h] for b in h]
    errors = np.sqrt(np.diagonal(np.linalg.inv(np.array(bent) / 4e-6)))
    assert [p.std_error for p in report.parameters][:4] == pytest.approx(errors[:4], rel=1e-3)


def test_counts_that_vary_no_more_than_poisson_are_the_hurdle_of_poisson() -> None:
    seed = next(seed for seed in range(20) if slope(rows(0.0, 300, seed)) < -1.0)
    data = rows(0.0, 300, seed)
    report, other = (mlefit.fit(data, target="y", model=f"hurdle:{law}", draws=0).report for law in ("negative-binomial", "poisson"))
    assert [p.estimate for p in report.parameters[:4]] == pytest.approx([p.estimate for p in other.parameters], rel=1e-9)
    alpha = report.parameters[4]
    assert (alpha.name, alpha.state, alpha.estimate, alpha.ci_low) == ("alpha", "boundary", 0.0, None)
    assert alpha.ci_high is not None
    assert 0.0 < alpha.ci_high < 1.0
    assert [warning.message for warning in report.warnings if warning.code == "no-overdispersion"] == [
        "counts above 0 vary no more than poisson: alpha = 0, this is the hurdle:poisson fit"]


def slope(data: dict[str, Any]) -> float:
    """The slope of the log-likelihood by alpha at the fit of the hurdle of Poisson counts."""
    fit = mlefit.fit(data, target="y", model="hurdle:poisson", draws=0, kl=False).report
    b = [float(p.estimate) for p in fit.parameters if p.estimate is not None]
    y = data["y"]
    above = y > 0.0
    eta = (b[0] + b[1] * data["x"])[above, None]
    return float(LAW.limit_slope("poisson", y[above], eta, np.empty(0)).sum())


def test_the_slope_at_the_limit_is_that_of_the_likelihood() -> None:
    y, eta = np.array([1.0, 2.0, 5.0, 1.0]), np.array([[0.3], [0.3], [1.0], [-2.0]])
    tiny = 1e-6
    apart = TruncatedPoisson().nll(y, eta, np.empty(0), 0).value - LAW.nll(y, eta, np.log([tiny]), 0).value
    assert apart / tiny == pytest.approx(LAW.limit_slope("poisson", y, eta, np.empty(0)), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("alpha", [1e-13, 1e-9])
def test_at_the_limit_it_is_truncated_poisson(alpha: float) -> None:
    y, eta, free = np.array([1.0, 2.0, 5.0, 1.0, 30.0]), np.array([[0.3], [0.3], [1.0], [-9.0], [3.0]]), np.log([alpha])
    one, other = LAW.nll(y, eta, free, 2), TruncatedPoisson().nll(y, eta, np.empty(0), 2)
    assert one.value == pytest.approx(other.value, rel=1e3 * alpha + 1e-13, abs=1e-13)
    assert one.d1 is not None
    assert other.d1 is not None
    assert one.d1[:, 0] == pytest.approx(other.d1[:, 0], rel=1e3 * alpha + 1e-12)


@pytest.mark.parametrize("log_mu", [-30.0, -8.0, 0.0, 6.0])
@pytest.mark.parametrize("alpha", [0.01, 1.0, 20.0])
def test_small_and_large_rates_keep_their_digits(log_mu: float, alpha: float) -> None:
    """The mean less 1 and the variance, by sums over the counts after 1."""
    eta, free = np.full((1, 1), log_mu), np.log([alpha])
    y = np.arange(2.0, 60_000.0)
    p = np.exp(-LAW.nll(y, np.full((y.size, 1), log_mu), free, 0).value)
    surplus = float(p @ (y - 1.0))
    if log_mu < 5.0 or alpha < 5.0:       # else the tail is longer than what is added up
        assert LAW.nll(np.ones(1), eta, free, 1).d1[0, 0] * (1.0 + alpha * np.exp(log_mu)) == pytest.approx(surplus, rel=1e-9)      # type: ignore[index]
        variance = float(p @ np.square(y - 1.0)) - surplus**2
        moments = LAW.score_moments(np.ones((1, 1)), eta, free)[0][0] * (1.0 + alpha * np.exp(log_mu)) ** 2
        assert moments == pytest.approx(variance, rel=1e-8)


def test_counts_that_vary_more_are_told_apart_at_the_end_of_alpha_and_the_next_step_says_so() -> None:
    data = rows(1.0, 600)
    known = mlefit.compare(data, "y", models=["hurdle:poisson", "hurdle:negative-binomial"], draws=0).to_dict()
    (behind,) = known["differences"]
    assert (behind["model"], behind["test"], behind["df"]) == ("hurdle:poisson", "likelihood ratio, boundary", 1)
    fits = [mlefit.fit(data, "y", model=f"hurdle:{law}", draws=0, kl=False).report for law in ("poisson", "negative-binomial")]
    ratio = 2.0 * (fits[1].mle.loglik - fits[0].mle.loglik)      # type: ignore[union-attr]
    assert behind["statistic"] == pytest.approx(ratio, rel=1e-6)
    told = mlefit.fit(data, "y", model="hurdle:poisson").to_dict()["information"]["kl"]["advice"]
    assert told == ["rows vary more than the model lets them: -m hurdle:negative-binomial (mlefit compare says which)"]
