"""Mean functions: exact derivatives, natural units, and an objective that asks for no more than their verbs."""

from typing import ClassVar

import numpy as np
import pytest
from curvature_cases import elements
from model_cases import chunk_of, stencil

from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.mean import Apart, Coordinates, Encoding, LinearMean, MeanFunction, Natural, Units
from mlefit.mean.jacobian import Jacobian
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle

ROUNDING = 1e-12
STENCIL_ERROR = 1e-9        # relative to the largest sum of sixty rows


@record(frozen=True, eq=False)
class Exponential(MeanFunction):
    """eta = exp(x B): one predictor, bent."""

    shared: ClassVar[bool] = False

    @property
    def size(self) -> int:
        return self.coordinates.rank

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        return np.exp(self.coordinates.columns(chunk) @ self.coordinates.coefficients(coef))[:, None]

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        return self.eta(coef, chunk) * self.coordinates.columns(chunk)

    def bend(self, coef: Array, chunk: Chunk, d1: Array) -> Array:
        x = self.coordinates.columns(chunk)
        return x.T @ (d1 * self.eta(coef, chunk) * x)

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        r = self.size
        return (Natural(self.coordinates.encoded(coef), 0, np.linalg.inv(self.coordinates.triangle), np.ones(r)),)


@record(frozen=True, eq=False)
class TwoDesigns(MeanFunction):
    """The first predictor of a row has its first two columns, the second one the third: coordinates are B itself."""

    shared: ClassVar[bool] = False

    @property
    def size(self) -> int:
        return 3

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        return np.column_stack([chunk.x[:, :2] @ coef[:2], chunk.x[:, 2] * coef[2]])

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        return chunk.x[:, :2] if predictor == 0 else chunk.x[:, 2:]

    def bend(self, coef: Array, chunk: Chunk, d1: Array) -> None:
        return None

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        return Natural(coef[:2], 0, np.eye(2), np.ones(2)), Natural(coef[2:], 2, np.eye(1), np.ones(1))


def case(name: str, steep: bool, weighted: bool) -> tuple[NoiseModel, MeanFunction, Chunk]:
    noise: NoiseModel = Categorical().of("abc") if name in ("classes", "two designs", "apart") else Bernoulli()
    chunk = chunk_of(noise, 1, weighted=weighted)
    if steep:
        chunk.x[:, 2] = chunk.x[:, 1] + 1e-3 * chunk.x[:, 2]
    coordinates = Coordinates(Triangle.of(chunk.x).r / np.sqrt(chunk.rows), (0, 1, 2))
    own = tuple(Coordinates(Triangle.of(chunk.x[:, kept]).r / np.sqrt(chunk.rows), kept) for kept in ((0, 2), (1, 2)))
    means: dict[str, MeanFunction] = {
        "apart": LinearMean(Apart(own), 2),
        "linear": LinearMean(coordinates, 1), "classes": LinearMean(coordinates, 2),
        "bent": Exponential(coordinates, 1), "two designs": TwoDesigns(Coordinates.orthonormal(3), 2),
    }
    return noise, means[name], chunk


every_mean = pytest.mark.parametrize("name", ["linear", "classes", "bent", "two designs", "apart"])
either = pytest.mark.parametrize("steep", [False, True])


def point(mean: MeanFunction) -> Array:
    return np.random.default_rng(2).normal(0.0, 0.3, mean.size)


@every_mean
@either
def test_a_jacobian_is_the_stencil_of_the_predictors(name: str, steep: bool) -> None:
    _, mean, chunk = case(name, steep, weighted=False)
    coef = point(mean)
    blocks = [mean.jacobian(coef, chunk, a) for a in range(mean.predictors)]
    start = 0
    for a, block in enumerate(blocks):
        slope = np.zeros((chunk.rows, mean.size))
        slope[:, start : start + block.shape[1]] = block
        start += block.shape[1]
        expected = stencil(lambda at, a=a: mean.eta(at, chunk)[:, a], coef)       # type: ignore[misc]
        white = mean.coordinates.whiten(slope.T).T
        assert np.abs(white - expected).max() <= STENCIL_ERROR * np.abs(expected).max()
    assert start == mean.size


@every_mean
@either
def test_a_bend_is_the_stencil_of_the_pulled_derivatives(name: str, steep: bool) -> None:
    _, mean, chunk = case(name, steep, weighted=False)
    coef, d1 = point(mean), np.random.default_rng(3).normal(size=(chunk.rows, mean.predictors))

    def pulled(at: Array) -> Array:
        return mean.coordinates.whiten(Jacobian.of(mean, at, chunk).pull(d1))

    bend, expected = mean.bend(coef, chunk, d1), stencil(pulled, coef)
    white = mean.coordinates.whiten
    found = np.zeros_like(expected) if bend is None else white(white(bend).T)
    assert np.abs(found - expected).max() <= STENCIL_ERROR * max(1.0, float(np.abs(expected).max()))
    assert (bend is None) == (name != "bent")


@every_mean
@either
@pytest.mark.parametrize("weighted", [False, True])
def test_an_objective_needs_no_more_of_a_mean_than_its_verbs(name: str, steep: bool, weighted: bool) -> None:
    noise, mean, chunk = case(name, steep, weighted)
    objective, theta = Objective(likelihood(noise), mean, 0), point(mean)
    found = objective.whitened(objective.tally(theta, chunk, 2))

    def value(at: Array) -> Array:
        return np.asarray(objective.tally(at, chunk, 0).value)

    def gradient(at: Array) -> Array:
        slope = objective.whitened(objective.tally(at, chunk, 1)).gradient
        assert slope is not None
        return slope

    assert found.gradient is not None
    bent = stencil(gradient, theta)
    assert np.abs(found.gradient - stencil(value, theta)).max() <= STENCIL_ERROR * (1.0 + abs(found.value))
    assert np.abs(elements(found.curvature) - bent).max() <= STENCIL_ERROR * (1.0 + np.abs(bent).max())
    direction = np.random.default_rng(4).normal(size=mean.size)
    product = objective.whitened(objective.product(theta, direction, chunk)).gradient
    assert product is not None
    assert np.abs(product - bent @ direction).max() <= STENCIL_ERROR * (1.0 + np.abs(bent).max())
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    rows = objective.row_gradients(theta, chunk)
    assert mean.coordinates.whiten(weight @ rows) == pytest.approx(found.gradient, rel=0.0, abs=ROUNDING * chunk.rows)


@pytest.mark.parametrize("predictors", [1, 3])
def test_one_product_for_all_predictors_is_one_for_each(predictors: int) -> None:
    chunk = chunk_of(Bernoulli(), 1)
    blocks = (chunk.x,) * predictors
    one, each = Jacobian(blocks, chunk.x), Jacobian(blocks, None)
    rng = np.random.default_rng(5)
    d1, step = rng.normal(size=(chunk.rows, predictors)), rng.normal(size=3 * predictors)
    assert np.allclose(one.pull(d1), each.pull(d1), rtol=0.0, atol=ROUNDING * chunk.rows)
    assert np.allclose(one.push(step), each.push(step), rtol=0.0, atol=ROUNDING)
    assert np.allclose(each.rows(d1).sum(axis=0), each.pull(d1), rtol=0.0, atol=ROUNDING * chunk.rows)
    assert np.sum(each.push(step) * d1) == pytest.approx(step @ each.pull(d1), rel=ROUNDING * chunk.rows)    # adjoint


def test_columns_are_chosen_once_and_coordinates_are_theirs_then() -> None:
    _, _, chunk = case("linear", False, weighted=True)
    coordinates = Coordinates(Triangle.of(chunk.x[:, (0, 2)]).r / np.sqrt(chunk.rows), (0, 2))
    chosen, rows = coordinates.prepared(chunk)
    assert rows.x.shape == (chunk.rows, 2)
    assert chosen.prepared(rows)[1] is rows
    gamma = np.array([0.3, -0.7])
    assert np.array_equal(LinearMean(coordinates, 1).eta(gamma, chunk), LinearMean(chosen, 1).eta(gamma, rows))
    white, columns = Coordinates(coordinates.triangle, (0, 2), bound=0.5).prepared(chunk)
    assert white.prepared(columns)[1] is columns
    assert columns.x.T @ columns.x == pytest.approx(chunk.rows * np.eye(2), abs=1e-10)


@pytest.mark.parametrize("predictors", [1, 2])
@pytest.mark.parametrize("intercept", [False, True])
def test_natural_coefficients_say_of_the_columns_in_the_file_what_the_search_says_of_the_encoded_ones(
    predictors: int, intercept: bool
) -> None:
    """y_scale eta + y_centre, where the response was encoded; each coefficient is its direction times the coordinates."""
    rng = np.random.default_rng(6)
    raw = np.column_stack([np.ones(50) if intercept else rng.normal(size=50), rng.normal(7.0, 3.0, (50, 2))])
    centre = np.array([0.0, 7.5, 6.0]) * intercept
    scale, y_scale, y_centre = np.array([1.0, 4.0, 2.0]), 8.0, 100.0 if intercept else 0.0
    chunk = Chunk(np.zeros(50), np.asfortranarray((raw - centre) / scale))
    mean = LinearMean(Coordinates(Triangle.of(chunk.x).r / np.sqrt(50.0), (0, 1, 2)), predictors,
                      Units((Encoding(centre, scale, intercept),), y_centre, y_scale))
    gamma = rng.normal(size=mean.size)
    parts = mean.natural(gamma)
    assert len(parts) == predictors
    for part, eta in zip(parts, mean.eta(gamma, chunk).T, strict=True):
        assert raw @ part.value == pytest.approx(y_scale * eta + y_centre, rel=ROUNDING, abs=100.0 * ROUNDING)
        along = part.unit * (part.directions @ gamma[part.first : part.first + 3])
        along[0] += y_centre
        assert along == pytest.approx(part.value, rel=10.0 * ROUNDING)
    units = parts[0].unit
    step = rng.normal(size=mean.size)
    change = np.concatenate([there.value - part.value for there, part in zip(mean.natural(gamma + step), parts, strict=True)])
    assert mean.moved(step) * np.tile(units, predictors) == pytest.approx(change, rel=1e-9, abs=1e-11)
    gradient = rng.normal(size=mean.size)
    assert np.sum(mean.by_natural(gradient) * mean.moved(step)) == pytest.approx(gradient @ step, rel=1e3 * ROUNDING)


def test_designs_of_their_own_are_those_of_columns_apart() -> None:
    """Predictors with the same columns, each in coordinates of its own, are those of one design; several vectors are each."""
    _, shared, chunk = case("classes", False, weighted=True)
    one = shared.coordinates.part(0)
    apart = LinearMean(Apart((one, one)), 2)
    assert not apart.shared
    assert shared.coordinates.one is one
    rng = np.random.default_rng(4)
    gamma, several = rng.normal(size=6), rng.normal(size=18)
    assert apart.eta(gamma, chunk) == pytest.approx(shared.eta(gamma, chunk), rel=ROUNDING)
    assert apart.coordinates.encoded(several) == pytest.approx(shared.coordinates.encoded(several), rel=ROUNDING)
    assert apart.coordinates.coefficients(several) == pytest.approx(shared.coordinates.coefficients(several), rel=ROUNDING)
    wanted = rng.normal(size=(chunk.rows, 2))
    assert apart.nearest(wanted, chunk) == pytest.approx(shared.nearest(wanted, chunk), rel=1e-9)
    assert isinstance(shared, LinearMean)
    assert apart.mapped(gamma, shared) == pytest.approx(gamma, rel=1e-9)


def test_columns_of_designs_apart_are_chosen_once() -> None:
    _, mean, chunk = case("apart", False, weighted=True)
    assert isinstance(mean, LinearMean)
    chosen, rows = mean.coordinates.prepared(chunk)
    assert rows.x.shape == (chunk.rows, 4)
    assert chosen.prepared(rows)[1] is rows
    gamma = np.array([0.3, -0.7, 0.2, 1.1])
    assert np.array_equal(mean.eta(gamma, chunk), LinearMean(chosen, 2).eta(gamma, rows))
