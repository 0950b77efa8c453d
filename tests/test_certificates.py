"""Certificates: what exit 0 asserts is true, the routes are independent, and every other way to end has its sentence."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlefit
from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.errors import NoEstimateError
from mlefit.estimation import fit as fitting
from mlefit.estimation import rewhiten, routes
from mlefit.estimation.certificate import CERTIFIED, Certificate, EstimatedDistance, distance
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import second_order
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import polish
from mlefit.execution import Engine
from mlefit.existence import separation
from mlefit.existence.separation import Undecided
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Dense
from mlefit.sums.triangle import Triangle

MODELS: tuple[NoiseModel, ...] = (Gaussian(), Bernoulli(), Categorical().of("abc"))
models = pytest.mark.parametrize("noise", MODELS, ids=[noise.name for noise in MODELS])


def rows(noise: NoiseModel, seed: int, n: int = 120) -> tuple[LinearMean, Engine]:
    rng = np.random.default_rng(seed)
    x = np.asfortranarray(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))
    y = noise.draw(rng, 0.5 * rng.normal(size=(n, len(noise.predictors))), np.zeros(len(noise.shapes)))
    return LinearMean(Coordinates(Triangle.of(x).r / np.sqrt(n), (0, 1, 2)), len(noise.predictors)), Engine.of(Chunk(y, x))


def table(model: str, seed: int, condition: float) -> dict[str, Any]:
    """Two predictors whose difference is `condition` times smaller than they are."""
    rng = np.random.default_rng(seed)
    n = 150
    a, b = rng.normal(size=(2, n))
    x = a + b / condition
    eta = 0.5 * a
    y: Any = eta + rng.normal(size=n)
    if model == "bernoulli":
        y = (eta + rng.logistic(size=n) > 0).astype(int)
    if model == "categorical":
        y = np.argmax(np.stack([0 * a, eta, -eta]) + rng.gumbel(size=(3, n)), axis=0).astype(str)
    return {"a": a, "x": x, "y": y}


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gaussian", "bernoulli", "categorical"])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), digits=st.integers(0, 10))
def test_both_routes_are_certified_and_agree_however_ill_conditioned(model: str, seed: int, digits: int) -> None:
    fit = mlefit.fit(table(model, seed, 10.0**digits), target="y", model=model, draws=0).to_dict()
    for route in fit["routes"].values():
        assert route["converged"]
        assert 0.0 <= route["edm"] <= CERTIFIED
        assert route["gradient"] >= 0.0
    assert fit["agreement"]["agree"]
    assert fit["agreement"]["max_gap_se"] <= 1e-9
    assert 0.0 <= fit["data"]["n"] * fit["agreement"]["nll_excess"] <= 1e-9


@pytest.mark.parametrize("model", ["bernoulli", "categorical"])
@pytest.mark.parametrize("digits", [2, 4, 6, 8])
def test_standard_errors_survive_conditioning_that_the_square_of_a_design_does_not(model: str, digits: int) -> None:
    """a and a + b/10^k span what a and b span, so the model is the same, and the error of x is that of b times 10^k."""
    steep = table(model, 3, 10.0**digits)
    plain = {**steep, "x": (steep["x"] - steep["a"]) * 10.0**digits}
    for kind in ("model", "robust"):
        one, other = (mlefit.fit(columns, target="y", model=model, se=kind, draws=0).to_dict() for columns in (plain, steep))
        pairs = [(p, q) for p, q in zip(one["parameters"], other["parameters"], strict=True) if p["name"] == "x"]
        for mine, theirs in pairs:
            for key in ("estimate", "std_error"):
                assert theirs[key] / 10.0**digits == pytest.approx(mine[key], rel=1e-12 * 10.0**digits + 1e-10)
        assert other["criteria"]["loglik"] == pytest.approx(one["criteria"]["loglik"], rel=1e-14 * 10.0**digits + 1e-13)


@models
@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_no_point_near_a_certified_maximum_is_likelier(noise: NoiseModel, seed: int) -> None:
    mean, data = rows(noise, seed)
    found = routes.maximum_likelihood(noise, mean, data)
    assert found.outcome is Outcome.CERTIFIED
    objective = Objective(likelihood(noise), mean, len(noise.shapes))
    rng = np.random.default_rng(seed)
    for size in (1.0, 1e-1, 1e-2):
        for _ in range(5):
            step = size * rng.normal(size=found.theta.size) / np.sqrt(120)
            there = data.sum(lambda chunk, at=found.theta + step: objective.tally(at, chunk, 0)).value  # type: ignore[misc]
            assert there > found.value


@models
def test_the_loss_route_never_evaluates_the_likelihood(noise: NoiseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    mean, data = rows(noise, 1)
    expected = routes.least_loss(noise, mean, data).theta

    def forbidden(*_: Any) -> Derivatives:
        raise AssertionError("the loss route has seen the likelihood")

    monkeypatch.setattr(type(noise), "nll", forbidden)
    assert np.array_equal(routes.least_loss(noise, mean, data).theta, expected)
    with pytest.raises(AssertionError, match="the loss route has seen the likelihood"):
        routes.maximum_likelihood(noise, mean, data)


@models
def test_the_likelihood_route_takes_nothing_but_its_start_from_the_loss(
    noise: NoiseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the shapes of its start come from the loss at zero coefficients; its search and polish never see it."""
    mean, data = rows(noise, 2)
    expected = routes.maximum_likelihood(noise, mean, data).theta
    start = np.concatenate([np.zeros(mean.size), np.zeros(len(noise.shapes))])

    def forbidden(*_: Any) -> Derivatives:
        raise AssertionError("the likelihood route has seen the loss")

    monkeypatch.setattr(type(noise), "loss", forbidden)
    found = routes.maximum_likelihood(noise, mean, data, start=start)
    assert np.allclose(found.theta, expected, rtol=0.0, atol=1e-10)


@models
def test_neither_route_sees_where_the_other_began_or_ended(noise: NoiseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    mean, data = rows(noise, 3)
    whole = fitting.fit_both(noise, mean, data)
    monkeypatch.setattr(fitting, "maximum_likelihood", lambda *_, **__: whole.mle)
    alone = fitting.fit_both(noise, mean, data)
    assert np.array_equal(alone.loss.theta, whole.loss.theta)
    assert alone.loss.evaluations == whole.loss.evaluations


def memo(noise: NoiseModel, seed: int = 4) -> tuple[Memo, Array]:
    mean, data = rows(noise, seed)
    objective = Objective(likelihood(noise), mean, len(noise.shapes))
    return Memo(objective, data, order=2), np.zeros(objective.size)


def test_an_exhausted_search_says_so() -> None:
    bernoulli, start = memo(Bernoulli())
    theta, steps, method = second_order(bernoulli, start + 3.0, limit=1)
    assert (steps, method) == (1, "trust-exact")
    assert polish(bernoulli, theta).outcome is Outcome.ITERATIONS


def test_a_criterion_that_is_not_finite_says_so() -> None:
    gaussian, start = memo(Gaussian())
    start[-1] = -500.0       # sigma = 1e-217: squares of residuals in sigmas overflow
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        assert polish(gaussian, start).outcome is Outcome.NOT_FINITE


def test_a_flat_criterion_says_so() -> None:
    bernoulli, start = memo(Bernoulli())
    start[:] = 0.0
    start[0] = 2000.0        # every probability is 0 or 1 in float64, and so is every variance 0
    assert polish(bernoulli, start).outcome is Outcome.FLAT


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.CERTIFIED])
def test_every_other_outcome_is_refused_with_its_sentence(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    original = fitting.maximum_likelihood

    def ends(*args: Any, **options: Any) -> Any:
        found = original(*args, **options)
        return replace(found, outcome=outcome, certificate=replace(found.certificate, short=0.25), iterations=7)

    monkeypatch.setattr(fitting, "maximum_likelihood", ends)
    monkeypatch.setattr(rewhiten, "maximum_likelihood", ends)
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit(table("bernoulli", 0, 1.0), target="y", model="bernoulli", draws=0)
    assert refused.value.code == "not-converged"
    assert refused.value.exit_code == 4
    assert str(refused.value) == (
        f"trust-exact did not converge: {outcome.value} (EDM 0.25 nats after 7 steps)\n"
        "rescale or drop nearly collinear columns, or collect more rows")


def skewed(beyond: float) -> dict[str, Any]:
    """A line in log x, fitted to x, of which one value is far out."""
    x = np.append(np.linspace(1.0, 3.0, 40), beyond)
    return {"x": x, "y": 5.0 * x**0.75 * np.exp(0.3 * np.sin(np.arange(x.size)))}


def test_a_law_with_several_maxima_names_the_value_that_drew_its_search_away() -> None:
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit(skewed(4000.0), target="y", model="inverse-gaussian", kl=False)
    assert re.sub(r"EDM [\d.]+ nats after \d+", "EDM 1 nats after 1", str(refused.value)) == (
        "trust-exact did not converge: the search stopped before the optimum was certified (EDM 1 nats after 1 steps); column "
        '"x", row 41 of those used: 4000 is 8e+03 times as far out as a quarter of the column is\n'
        "correct the value, drop the row, or use the logarithm of the column")
    logarithm = mlefit.fit(skewed(4000.0), formula="y ~ log(x)", model="inverse-gaussian", kl=False)
    assert logarithm.report.parameters[1].estimate == pytest.approx(0.75, abs=0.1)


def test_an_undecided_existence_is_never_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    def undecided(*_: Any) -> None:
        raise Undecided

    monkeypatch.setattr(EstimatedDistance, "reach", 1.0)
    monkeypatch.setattr(separation, "separate", undecided)
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit(table("bernoulli", 0, 1.0), target="y", model="bernoulli", draws=0)
    assert refused.value.message.startswith(
        "trust-exact did not converge: no proof was found that a maximum exists, nor that the classes are separated (EDM ")


def test_routes_that_disagree_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    original = fitting.least_loss

    def elsewhere(*args: Any, **options: Any) -> Any:
        found = original(*args, **options)
        return replace(found, theta=found.theta + 1e-3)

    monkeypatch.setattr(fitting, "least_loss", elsewhere)
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit(table("bernoulli", 0, 1.0), target="y", model="bernoulli", draws=0)
    assert refused.value.code == "routes-disagree"
    assert refused.value.message.startswith("the routes disagree: their largest gap is ")


def test_the_estimated_distance_to_the_optimum_is_what_a_newton_step_gains() -> None:
    """Exactly so for a quadratic: f(theta) - f(theta + step) = g' H^-1 g / 2."""
    hessian, gradient = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, -2.0])
    edm, step = distance(gradient, Dense(hessian))
    assert step == pytest.approx(-np.linalg.solve(hessian, gradient), rel=1e-14)
    assert edm == pytest.approx(-(gradient @ step + 0.5 * step @ hessian @ step), rel=1e-14)
    with pytest.raises(np.linalg.LinAlgError):
        distance(gradient, Dense(-hessian))


@models
def test_an_optimum_carries_its_certificate(noise: NoiseModel) -> None:
    mean, data = rows(noise, 5)
    fit = fitting.fit_both(noise, mean, data)
    for optimum in (fit.mle, fit.loss):
        assert isinstance(optimum.certificate, Certificate)
        assert optimum.certificate.kind == "EDM"
        assert 0.0 <= optimum.certificate.short <= CERTIFIED
        assert 0.0 < optimum.certificate.reach <= 1e-4


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_reach_of_a_newton_step_bounds_what_it_moves(scale: float) -> None:
    """The proof of existence rests on it: no row's predictor moves further than the bound."""
    noise = Bernoulli()
    mean, data = rows(noise, 5)
    bernoulli, start = memo(noise, 5)
    theta = start + 0.3
    gradient, curvature = 120.0 * bernoulli.gradient(theta), bernoulli.curvature(theta) * 120.0
    step = -curvature.solve(gradient)
    moved = np.abs(mean.slope(step, data.store.parts[0].load())).max()
    found = EstimatedDistance(float(-0.5 * gradient @ step), curvature / scale, scale, 120.0, 1)
    assert moved <= found.reach <= 10.0 * moved


def test_the_reach_is_infinite_where_there_is_no_distance_or_no_curvature() -> None:
    for short, curvature in ((np.inf, Dense(np.eye(2))), (0.0, Dense(-np.eye(2))), (0.0, Dense(np.zeros((2, 2))))):
        assert EstimatedDistance(short, curvature, 1.0, 120.0, 1).reach == np.inf


@pytest.mark.parametrize("error", [UnboundLocalError, ValueError, np.linalg.LinAlgError])
def test_a_search_that_scipy_breaks_off_is_judged_where_it_stood(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    import scipy.optimize

    search: Any = scipy.optimize.minimize

    def broken(*arguments: Any, method: str, **options: Any) -> Any:
        if method.startswith("trust"):
            raise error("inside the subproblem")
        return search(*arguments, method=method, **options)

    monkeypatch.setattr(scipy.optimize, "minimize", broken)
    x = np.arange(20.0)
    with pytest.raises(NoEstimateError) as refused:
        mlefit.fit({"x": x, "y": (x + 7.0 * np.sin(x) > 10.0).astype(int)}, "y", ["x"], "bernoulli", draws=0)
    assert refused.value.code == "not-converged"
