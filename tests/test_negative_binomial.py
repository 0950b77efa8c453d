"""Negative binomial counts: values of other programs, the Poisson limit, extremes, and what is refused."""

import numpy as np
import pytest
from well_known import WARPBREAKS

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.noise import MODELS
from mlefit.noise import rising as rising_module
from mlefit.noise.negative_binomial import NegativeBinomial
from mlefit.noise.poisson import Poisson
from mlefit.noise.rising import rising
from mlefit.report.report import Report


def fitted(data: object, target: str, model: str = "negative-binomial", **options: object) -> Report:
    return mlefit.fit(data, target=target, model=model, draws=0, **options).report


def loglik(report: Report) -> float:
    assert report.mle is not None
    assert report.mle.loglik is not None
    return report.mle.loglik


def test_warpbreaks_as_glm_nb_has_it() -> None:
    """R's MASS::glm.nb(breaks ~ wool * tension): theta; the coefficients are Poisson's, as the model is saturated."""
    found = mlefit.fit(WARPBREAKS, formula="breaks ~ wool * tension", model="negative-binomial", draws=0).report
    values = {p.name: p.estimate for p in found.parameters}
    assert 1.0 / values["alpha"] == pytest.approx(12.08216462, rel=1e-7)
    assert loglik(found) == pytest.approx(-195.56239922, abs=1e-8)
    plain = mlefit.fit(WARPBREAKS, formula="breaks ~ wool * tension", model="poisson", draws=0).report
    assert loglik(plain) == pytest.approx(-228.48460447, abs=1e-8)
    assert {p.name: p.estimate for p in plain.parameters} == pytest.approx(
        {name: value for name, value in values.items() if name != "alpha"}, rel=1e-9)


def counts(n: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=n)
    return {"x": x, "y": rng.poisson(np.exp(1.0 + 0.3 * x)).astype(float)}


def test_counts_that_vary_no_more_than_poisson_are_poisson() -> None:
    data = counts()
    data["y"] = np.round(np.exp(1.0 + 0.3 * data["x"]))      # less, even
    found, plain = fitted(data, "y"), fitted(data, "y", "poisson")
    assert loglik(found) == pytest.approx(loglik(plain), abs=1e-9)
    alpha = found.parameters[-1]
    assert (alpha.name, alpha.state, alpha.estimate, alpha.limit, alpha.ci_low) == ("alpha", "boundary", 0.0, None, None)
    assert alpha.std_error is None
    assert alpha.ci_high is not None
    assert 0.0 < alpha.ci_high < 0.1
    told = {warning.code: warning.message for warning in found.warnings}
    assert told["no-overdispersion"] == "counts vary no more than poisson: alpha = 0, this is the poisson fit"
    assert found.criteria is not None
    assert found.criteria.n_params == 3


def test_every_count_zero_is_refused() -> None:
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted({"x": np.arange(20.0), "y": np.zeros(20)}, "y")
    assert (caught.value.exit_code, caught.value.code) == (4, "infinite")


def test_a_level_without_events_is_infinite() -> None:
    data = {"g": ["a", "b"] * 30, "y": [0, 3, 0, 1, 0, 7] * 10}
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted(data, "y")
    assert (caught.value.exit_code, caught.value.code) == (4, "separation")


def test_fractions_are_refused() -> None:
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted({"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.5, 0.0, 4.0]}, "y")
    assert caught.value.exit_code == 3
    assert "negative-binomial needs whole numbers >= 0 (counts), found 2.5" in caught.value.message


def test_a_tiny_alpha_is_poisson() -> None:
    y = np.array([0.0, 1.0, 3.0, 50.0])
    eta = np.log(np.array([[1.0], [2.0], [3.0], [40.0]]))
    mine = NegativeBinomial().nll(y, eta, np.array([np.log(1e-13)]), 2)
    theirs = Poisson().nll(y, eta, np.empty(0), 2)
    assert mine.value == pytest.approx(theirs.value, rel=1e-11)
    assert mine.d1 is not None
    assert theirs.d1 is not None
    assert mine.d1[:, 0] == pytest.approx(theirs.d1[:, 0], rel=1e-11)
    assert np.abs(mine.d1[:, 1]).max() < 1e-10


def test_the_slope_at_the_limit_is_that_of_the_likelihood() -> None:
    y, eta, step = np.array([0.0, 1.0, 3.0, 9.0]), np.log(np.array([[1.0], [2.0], [3.0], [4.0]])), 1e-5
    law = NegativeBinomial()
    change = Poisson().nll(y, eta, np.empty(0), 0).value - law.nll(y, eta, np.array([np.log(step)]), 0).value
    assert law.limit_slope("poisson", y, eta, np.empty(0)) == pytest.approx(change / step, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("t", [-30.0, -10.0, -2.2, 0.0, 3.0])
def test_the_table_and_the_formula_of_large_counts_agree(t: float, monkeypatch: pytest.MonkeyPatch) -> None:
    y = np.array([600.0, 2e4, 6e4])
    table = rising(y, np.asarray(t))
    monkeypatch.setattr(rising_module, "TABLE", 512)
    for one, other in zip(table, rising(y, np.asarray(t)), strict=True):
        assert other == pytest.approx(one, rel=1e-12)


def test_counts_far_beyond_the_table_are_taken() -> None:
    y = np.array([3.0, 1e7, 1e9])
    found = NegativeBinomial().nll(y, np.log(y)[:, None], np.zeros(1), 2)
    exact = np.log(y + 1.0) + y * np.log1p(1.0 / y)      # at alpha = 1 the law is geometric
    assert found.value == pytest.approx(exact, rel=1e-6)


def test_true_parameters_are_found_in_the_sample() -> None:
    found = mlefit.fit("sample_data/deliveries.csv", target="parcels", features=["km", "vehicle"], model="negative-binomial",
                       reference={"vehicle": "van"}, draws=0).report
    truth = {"(Intercept)": 1.0, "km": 0.05, "vehicle=bike": -0.8, "vehicle=truck": 0.5, "alpha": 0.5}
    for parameter in found.parameters:
        assert abs(parameter.estimate - truth[parameter.name]) < 4.0 * parameter.std_error


def test_counts_of_any_size_keep_their_digits() -> None:
    """As alpha mu grows, y / mu becomes a gamma number of shape 1 / alpha, of which the likelihood is known."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    share = rng.gamma(2.0, np.exp(0.5 * x) / 2.0)
    counts = {size: mlefit.fit({"x": x, "y": np.rint(share * size)}, target="y", model="negative-binomial", draws=0).report
              for size in (1e9, 1e12, 1e15)}
    gamma = mlefit.fit({"x": x, "y": share}, target="y", model="gamma", draws=0).report
    assert gamma.criteria is not None
    for size, report in counts.items():
        assert report.agreement is not None
        assert report.agreement.agree
        values, shape = [p.estimate for p in report.parameters], gamma.parameters[2].estimate
        assert shape is not None
        expected = [gamma.parameters[0].estimate + np.log(size), gamma.parameters[1].estimate, 1.0 / shape]      # type: ignore[operator]
        assert values == pytest.approx(expected, rel=1e-7)
        assert report.criteria is not None
        assert report.criteria.loglik == pytest.approx(gamma.criteria.loglik - 200 * np.log(size), rel=1e-8)


@pytest.mark.parametrize("log_mu", [2.0, 8.0, 14.0, 30.0])
def test_divergence_of_two_alphas_is_that_of_gamma_laws_where_counts_are_large(log_mu: float) -> None:
    law, gamma = MODELS["negative-binomial"], MODELS["gamma"]
    eta, free, other = np.full((1, 1), log_mu), np.array([np.log(0.5)]), np.array([np.log(0.8)])
    found = law.divergence(eta, free, eta, other)[0]
    limit = gamma.divergence(eta, -free, eta, -other)[0]
    assert found == pytest.approx(limit, rel=6.0 * np.exp(-log_mu) + 1e-8)
    moved = law.divergence(eta, free, eta + 0.3, free)[0]
    assert moved == pytest.approx(gamma.divergence(eta, -free, eta + 0.3, -free)[0], rel=6.0 * np.exp(-log_mu) + 1e-8)


def test_a_count_beyond_all_others_is_named() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    y = rng.poisson(np.exp(1.0 + 0.5 * x)).astype(float)
    y[7] = 1e17
    with pytest.raises(NoEstimateError) as met:
        mlefit.fit({"x": x, "y": y}, target="y", model="hurdle:poisson", draws=0)
    assert met.value.code == "not-converged"
    assert met.value.message.endswith('; column "y", row 8 of those used: 1e+17 is 2e+16 times the lower quartile of those above 0')
    assert met.value.remedy == "correct the value, or drop the row"
    assert (met.value.columns, met.value.rows) == (("y",), (8,))


@pytest.mark.parametrize(("alpha", "mu", "k", "below", "above"), [     # sums of masses in 80 digits
    (0.5, 2.0, 3.0, -0.2076393647782445, -1.6739764335716715), (0.5, 2.0, 40.0, -9.7770680441067741e-12, -25.350981467824141),
    (2.0, 60.0, 1.0, -1.9951887871292859, -0.14616859703781588), (1e-6, 7.0, 20.0, -1.4496807512033433e-5, -11.141589352757967),
    (30.0, 0.01, 64.0, 0.0, -102.48100162179459),
])
def test_tails_of_small_counts_are_sums_of_their_masses(alpha: float, mu: float, k: float, below: float, above: float) -> None:
    at = np.array([k]), np.log([[mu]]), np.log([alpha])
    law = MODELS["negative-binomial"]
    assert law.log_cdf(*at) == pytest.approx([below], rel=1e-12, abs=1e-15)
    assert law.log_sf(*at) == pytest.approx([above], rel=1e-12)
