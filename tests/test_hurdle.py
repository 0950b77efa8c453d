"""Hurdles: one likelihood of two fits, zeros and what is above them."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.noise import MODELS
from mlefit.report.report import Parameter, Report

LAWS = ("gamma", "lognormal", "inverse-gaussian", "exponential")


def table(law: str, n: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    x, noise = rng.normal(size=n), MODELS.find(f"hurdle:{law}", "")
    eta = np.stack([0.5 + 0.4 * x, 0.3 + 0.8 * x]).T
    return {"x": x, "g": np.repeat(["p", "q", "r", "s"], n // 4), "w": rng.integers(1, 4, n),
            "y": noise.draw(rng, eta, np.full(len(noise.shapes), 0.9))}


def fitted(data: dict[str, np.ndarray], law: str, **options: object) -> Report:
    return mlefit.fit(data, model=f"hurdle:{law}", **{"target": "y", "features": ["x"], "draws": 0, **options}).report


def loglik(report: Report) -> float:
    assert report.criteria is not None
    assert report.criteria.loglik is not None
    return report.criteria.loglik


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("options", [{}, {"weights": "w"}, {"se": "robust"}], ids=str)
def test_a_positive_law_is_two_fits_of_one_likelihood(law: str, options: dict[str, object]) -> None:
    data = table(law)
    above = data["y"] > 0.0
    whole = fitted(data, law, **options)
    zero = mlefit.fit({**data, "y": above.astype(int)}, model="bernoulli", target="y", features=["x"], draws=0, **options).report
    rest = mlefit.fit({name: column[above] for name, column in data.items()}, model=law, target="y", features=["x"], draws=0,
                      **options).report
    means, shapes = [p for p in rest.parameters if p.kind == "mean"], [p for p in rest.parameters if p.kind == "shape"]
    expected = [*means, *zero.parameters, *shapes]
    assert [p.estimate for p in whole.parameters] == pytest.approx([p.estimate for p in expected], rel=1e-8)
    if "se" not in options:     # the small-sample factors of the parts are their own
        assert [p.std_error for p in whole.parameters] == pytest.approx([p.std_error for p in expected], rel=1e-6)
    assert loglik(whole) == pytest.approx(loglik(zero) + loglik(rest), rel=1e-11)
    assert [(p.kind, p.class_) for p in whole.parameters[2:4]] == [("zero", "y > 0")] * 2
    assert whole.criteria is not None
    assert whole.criteria.n_params == len(expected)


def test_without_zeros_there_is_no_hurdle() -> None:
    data = table("gamma")
    above = data["y"] > 0.0
    with pytest.raises(NoEstimateError) as refused:
        fitted({name: column[above] for name, column in data.items()}, "gamma")
    assert refused.value.code == "no-zeros"
    assert refused.value.message == (
        f'column "y": hurdle gives zeros a chance of their own, found none in the {above.sum()} rows used')
    assert refused.value.remedy == (
        "that chance is 0 and its coefficients are infinite; use a model of numbers above 0, `mlefit models` lists them")


def test_counts_above_0_are_truncated_there() -> None:
    """Against a search of scipy on the zero-truncated likelihood."""
    data = table("poisson")
    x, y = data["x"][data["y"] > 0.0], data["y"][data["y"] > 0.0]

    def nll(b: np.ndarray) -> float:
        eta = b[0] + b[1] * x
        return float((np.exp(eta) - y * eta + np.log(-np.expm1(-np.exp(eta))) + gammaln(y + 1.0)).sum())

    best = minimize(nll, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000})
    zero = mlefit.fit({**data, "y": (data["y"] > 0.0).astype(int)}, model="bernoulli", target="y", features=["x"], draws=0).report
    found = fitted(data, "poisson")
    assert [p.estimate for p in found.parameters[:2]] == pytest.approx(best.x, rel=1e-7)
    assert loglik(found) == pytest.approx(loglik(zero) - best.fun, rel=1e-11)


def known(error: pytest.ExceptionInfo[NoEstimateError]) -> dict[tuple[str, str | None], Parameter]:
    assert isinstance(error.value.partial, Report)
    return {(p.name, p.class_): p for p in error.value.partial.parameters}


@pytest.mark.parametrize("law", ["poisson", "gamma"])
def test_a_level_of_zeros_has_no_chance_above(law: str) -> None:
    data = table(law)
    data["y"] = np.where(data["g"] == "s", 0.0, data["y"])
    with pytest.raises(NoEstimateError) as caught:
        fitted(data, law, features=["x", "g"])
    assert caught.value.code == "separation"
    assert "every row with g=s has y=0" in caught.value.message
    assert known(caught)["g=s", "y > 0"].limit == "-inf"


def test_a_level_of_ones_has_no_finite_rate() -> None:
    data = table("poisson")
    data["y"] = np.where(data["g"] == "s", np.minimum(data["y"], 1.0), data["y"])
    with pytest.raises(NoEstimateError) as caught:
        fitted(data, "poisson", features=["x", "g"])
    found = known(caught)
    assert found["g=s", None].limit == "-inf"
    assert found["g=s", "y > 0"].state == "ok"
    kept = {name: column[data["g"] != "s"] for name, column in data.items()}
    others = {(p.name, p.class_): p for p in fitted(kept, "poisson", features=["x", "g"]).parameters}
    assert found["x", None].estimate == pytest.approx(others["x", None].estimate, rel=1e-7)


def test_no_zeros_at_all_leave_no_chance_to_estimate_and_zeros_alone_no_law() -> None:
    data = table("gamma")
    with pytest.raises(NoEstimateError) as caught:
        fitted({**data, "y": data["y"] + 0.1}, "gamma")
    assert caught.value.code == "no-zeros"
    with pytest.raises(NoEstimateError) as caught:
        fitted({**data, "y": 0.0 * data["y"]}, "gamma")
    assert caught.value.message == (
        'column "y": every number is 0 in the 400 rows used, so nothing is known of those above 0')


@pytest.mark.parametrize("part", ["poisson", "gamma"])
def test_kl_of_two_parts(part: str) -> None:
    """What has the law of the fit is none; counts of a negative binomial, or a lognormal, are."""
    rng = np.random.default_rng(3)
    x, n = rng.normal(size=2000), 2000
    law, wrong = MODELS.find(f"hurdle:{part}", ""), MODELS.find("hurdle:lognormal", "")
    eta = np.stack([0.4 + 0.6 * x, 0.6 + 0.5 * x], axis=1)
    true = {"x": x, "y": law.draw(rng, eta, np.zeros(len(law.shapes)))}
    known = fitted(true, part, draws=None).information
    assert known is not None
    assert known.kl.verdict_p_value > 0.05
    assert abs(known.kl.misfit) < 0.01
    assert known.kl.flags == ()
    alone = fitted({"x": np.zeros(n), "y": law.draw(rng, 0.0 * eta + 0.5, np.zeros(len(law.shapes)))}, part, features=[], draws=None).information
    assert alone is not None
    assert alone.kl.verdict_p_value > 0.05
    y = np.rint(wrong.draw(rng, eta, np.zeros(1))) if part == "poisson" else wrong.draw(rng, eta, np.zeros(1))
    far = fitted({"x": x, "y": y}, part, draws=None).information
    assert far is not None
    assert far.kl.verdict_code == "misfit"
    assert far.kl.part_p_values["shape"] < 1e-6


def test_amounts_in_coarse_steps_above_zero_have_no_shape() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=800)
    y = np.where(rng.random(800) < 0.7, np.ceil(rng.gamma(2.0, np.exp(0.3 * x))), 0.0)
    known = fitted({"x": x, "y": y}, "gamma").information
    assert known is not None
    assert "shape" not in known.kl.part_p_values
    assert known.kl.flags[0].startswith("the shape is not looked at: values above 0 come in steps of 1, coarse beside ")


@pytest.mark.parametrize("size", [-12.0, -4.0, 0.0, 3.0, 8.0])
def test_moments_of_truncated_counts(size: float) -> None:
    """Against sums over the counts."""
    from mlefit.noise.truncated import TruncatedPoisson

    noise, eta = TruncatedPoisson(), np.array([[size]])
    y = np.arange(1.0, 6000.0)
    p = np.exp(-noise.nll(y, np.full((y.size, 1), size), np.empty(0), 0).value)
    mean = float(noise.expected(eta, np.empty(0))[0])
    assert mean == pytest.approx(float(p @ y), rel=1e-12)
    for power, found in zip((2, 3, 4), noise.central(eta), strict=True):
        assert found[0] == pytest.approx(float(p @ (y - mean) ** power), rel=1e-9)


@pytest.mark.parametrize("law", ["gamma", "lognormal", "inverse-gaussian", "weibull", "exponential"])
def test_numbers_above_zero_may_be_of_any_size(law: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = np.where(rng.random(200) < 0.4, 0.0, rng.gamma(2.0, np.exp(0.5 * x) / 2.0))
    one = mlefit.fit({"x": x, "y": y}, target="y", model=f"hurdle:{law}", draws=0).report
    for size in (1e200, 1e-200):
        other = mlefit.fit({"x": x, "y": y * size}, target="y", model=f"hurdle:{law}", draws=0).report
        values = [[p.estimate for p in report.parameters if p.kind != "shape"] for report in (one, other)]
        assert values[1] == pytest.approx(np.array(values[0]) + np.eye(4)[0] * np.log(size), rel=1e-9)
        assert one.criteria is not None
        assert other.criteria is not None
        assert other.criteria.loglik == pytest.approx(one.criteria.loglik - (y > 0.0).sum() * np.log(size), rel=1e-12)


def test_a_law_whose_loss_has_shapes_splits_as_the_others_do() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    y = np.where(rng.random(300) < 0.3, 0.0, np.exp(0.5 * x) * rng.weibull(1.5, 300))
    both = mlefit.fit({"x": x, "y": y}, target="y", model="hurdle:weibull", draws=0).report
    above = mlefit.fit({"x": x[y > 0.0], "y": y[y > 0.0]}, target="y", model="weibull", draws=0).report
    zero = mlefit.fit({"x": x, "y": (y > 0.0).astype(int)}, target="y", model="bernoulli", draws=0).report
    assert [p.estimate for p in both.parameters] == pytest.approx(
        [p.estimate for p in (*above.parameters[:2], *zero.parameters, above.parameters[2])], rel=1e-8)
    assert [p.std_error for p in both.parameters] == pytest.approx(
        [p.std_error for p in (*above.parameters[:2], *zero.parameters, above.parameters[2])], rel=1e-6)
    assert all(report.criteria is not None for report in (both, above, zero))
    assert both.criteria.loglik == pytest.approx(above.criteria.loglik + zero.criteria.loglik, rel=1e-12)      # type: ignore[union-attr, operator]


@pytest.mark.parametrize(("law", "what"), [
    ("gamma", "k is infinite"), ("lognormal", "sigma = 0"), ("weibull", "k is infinite"), ("inverse-gaussian", "lambda is infinite")])
def test_numbers_above_zero_that_are_all_the_same(law: str, what: str) -> None:
    data = {"x": np.arange(20.0), "y": np.where(np.arange(20) * 7 % 5 < 2, 1.5, 0.0)}
    with pytest.raises(NoEstimateError) as caught:
        fitted(data, law)
    assert (caught.value.code, caught.value.columns) == ("constant-target", ("y",))
    assert caught.value.message == f'column "y": all 8 numbers above 0 are 1.5, so {what} and the likelihood is unbounded'
    assert caught.value.remedy == "use --model bernoulli, which asks whether they are above 0"


def test_numbers_above_zero_that_are_fitted_exactly() -> None:
    x = np.arange(40.0) / 10.0
    with pytest.raises(NoEstimateError) as caught:
        fitted({"x": x, "y": np.where(np.arange(40) * 7 % 5 < 2, np.exp(1.0 + x), 0.0)}, "gamma")
    assert caught.value.code == "exact-fit"
    assert caught.value.message == 'column "y": 16 of 16 rows above 0 are fitted exactly, so k is infinite and the likelihood is unbounded'
