"""Objective: the contraction of row derivatives with the design, for every model and both criteria."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from curvature_cases import elements
from model_cases import NOISES, chunk_of, free_shapes, name_of, stencil

from mlefit.arrays import Array
from mlefit.arrays import product as blas_product
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally
from mlefit.sums.triangle import Triangle

ROUNDING = 1e-12        # relative to the largest sum of some hundred terms
STENCIL_ERROR = 1e-9    # relative, likewise: see `stencil`, times the sixty rows


def objectives(noise: NoiseModel, chunk: Chunk, kept: tuple[int, ...] = (0, 1, 2)) -> Iterator[tuple[Objective, Array]]:
    """Both criteria in whitened coordinates, each with a point to be evaluated at."""
    triangle = Triangle.of(chunk.x[:, kept], chunk.weight).r / np.sqrt(chunk.rows)
    mean = LinearMean(Coordinates(triangle, kept), len(noise.predictors))
    for objective in (Objective.likelihood(noise, mean), Objective.second(noise, mean)):
        rng = np.random.default_rng(3)
        yield objective, np.concatenate([rng.normal(0.0, 0.7, mean.size), free_shapes(noise, rng)[: objective.shapes]])


def same(a: Tally, b: Tally) -> None:
    for mine, theirs in ((a.value, b.value), (a.gradient, b.gradient), (elements(a.curvature), elements(b.curvature))):
        assert mine is not None
        assert theirs is not None
        assert np.abs(np.asarray(mine) - theirs).max() <= ROUNDING * max(1.0, float(np.abs(theirs).max()))


every_model = pytest.mark.parametrize("noise", NOISES, ids=name_of)
every_chunk = pytest.mark.parametrize(("weighted", "shifted"), list(product((False, True), repeat=2)))


@every_model
@every_chunk
def test_derivatives_are_those_of_the_stencil(noise: NoiseModel, weighted: bool, shifted: bool) -> None:
    chunk = chunk_of(noise, 1, weighted=weighted, shifted=shifted)
    for objective, theta in objectives(noise, chunk):
        found = objective.whitened(objective.tally(theta, chunk, 2))

        def value(point: Array, at: Objective = objective) -> Array:
            return np.asarray(at.tally(point, chunk, 0).value)

        def gradient(point: Array, at: Objective = objective) -> Array:
            slope = at.whitened(at.tally(point, chunk, 1)).gradient
            assert slope is not None
            return slope

        assert found.gradient is not None
        assert np.abs(found.gradient - stencil(value, theta)).max() <= STENCIL_ERROR * (1.0 + abs(found.value))
        hessian = elements(found.curvature)
        bent = stencil(gradient, theta) if noise.smooth else hessian        # that of an expected value has no stencil
        assert np.abs(hessian - bent).max() <= STENCIL_ERROR * np.abs(bent).max()
        assert np.abs(hessian - hessian.T).max() <= ROUNDING * np.abs(bent).max()


@every_model
@every_chunk
def test_a_product_is_the_hessian_times_the_direction(noise: NoiseModel, weighted: bool, shifted: bool) -> None:
    chunk = chunk_of(noise, 2, weighted=weighted, shifted=shifted)
    for objective, theta in objectives(noise, chunk):
        direction = np.random.default_rng(4).normal(0.0, 1.0, objective.size)
        hessian = elements(objective.whitened(objective.tally(theta, chunk, 2)).curvature)
        found = objective.whitened(objective.product(theta, direction, chunk))
        assert found.weight == (chunk.rows if chunk.weight is None else chunk.weight.sum())
        assert found.gradient == pytest.approx(hessian @ direction, rel=0.0, abs=10 * ROUNDING * np.abs(hessian).max())


@every_model
def test_parts_add_up_to_the_whole(noise: NoiseModel) -> None:
    chunk = chunk_of(noise, 3, n=300, weighted=True, shifted=True)
    for objective, theta in objectives(noise, chunk):
        whole = objective.tally(theta, chunk, 2)
        for cut in (1, 137, 299):
            parts = objective.tally(theta, chunk.part(0, cut), 2) + objective.tally(theta, chunk.part(cut, 300), 2)
            assert parts.weight == whole.weight
            same(parts, whole)


@every_model
def test_many_slabs_are_one_sum(noise: NoiseModel) -> None:
    chunk = chunk_of(noise, 4, n=40_000)
    for objective, theta in objectives(noise, chunk):
        whole = objective.tally(theta, chunk, 2)
        parts = [objective.tally(theta, chunk.part(i, i + 100), 2) for i in range(0, 40_000, 100)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        assert whole.weight == total.weight == 40_000.0
        same(total, whole)


@every_model
def test_weight_k_is_the_row_k_times(noise: NoiseModel) -> None:
    chunk = chunk_of(noise, 5, weighted=True, shifted=True)
    assert chunk.weight is not None
    assert chunk.offset is not None
    times = chunk.weight.astype(int)
    repeated = Chunk(np.repeat(chunk.y, times), np.repeat(chunk.x, times, axis=0), None, np.repeat(chunk.offset, times))
    for objective, theta in objectives(noise, chunk):
        one, many = objective.tally(theta, chunk, 2), objective.tally(theta, repeated, 2)
        assert one.weight == many.weight
        same(one, many)


@every_model
def test_row_gradients_add_up_to_the_gradient(noise: NoiseModel) -> None:
    chunk = chunk_of(noise, 6, weighted=True, shifted=True)
    assert chunk.weight is not None
    for objective, theta in objectives(noise, chunk):
        found = objective.row_gradients(theta, chunk)
        assert found.shape == (chunk.rows, objective.size)
        assert chunk.weight @ found == pytest.approx(objective.tally(theta, chunk, 1).gradient, rel=1e-12, abs=1e-11)


@every_model
def test_an_aliased_column_takes_no_part(noise: NoiseModel) -> None:
    chunk = chunk_of(noise, 7)
    without = Chunk(chunk.y, chunk.x[:, (0, 2)])
    for (some, theta), (all_, _) in zip(
        objectives(noise, chunk, kept=(0, 2)), objectives(noise, without, kept=(0, 1)), strict=True
    ):
        same(some.tally(theta, chunk, 2), all_.tally(theta, without, 2))


@every_model
@every_chunk
@pytest.mark.parametrize("steep", [False, True])
def test_the_nearest_coordinates_give_back_the_predictors_that_they_made(
    noise: NoiseModel, weighted: bool, shifted: bool, steep: bool
) -> None:
    chunk = chunk_of(noise, 5, weighted=weighted, shifted=shifted)
    if steep:
        chunk.x[:, 2] = chunk.x[:, 1] + 1e-4 * chunk.x[:, 2]
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    mean = LinearMean(Coordinates(Triangle.of(chunk.x, chunk.weight).r / np.sqrt(weight.sum()), (0, 1, 2)), len(noise.predictors))
    assert mean.coordinates.steep == steep
    gamma = np.random.default_rng(6).normal(size=mean.size)
    found = mean.nearest(mean.eta(gamma, chunk), chunk)
    assert np.abs(found - gamma).max() <= ROUNDING * np.abs(gamma).max() * (1e4 if steep else 1.0)


@pytest.mark.parametrize(("rows", "columns", "other"), [(3, 1000, 4), (40, 50, 1), (1, 7, 1), (30, 200, 30)])
def test_a_product_is_the_matrix_product(rows: int, columns: int, other: int) -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(rows, columns)), rng.normal(size=(columns, other))
    assert np.abs(blas_product(a, b) - a @ b).max() <= ROUNDING * columns


@every_model
@every_chunk
@pytest.mark.parametrize("closeness", [1.0, 3e-3, 1e-5])
def test_white_rows_are_made_for_second_derivatives_first_and_the_sums_are_the_same(
    noise: NoiseModel, weighted: bool, shifted: bool, closeness: float
) -> None:
    """One design far from steep, one steep for a Hessian but not for a gradient, one steep for both."""
    chunk = chunk_of(noise, 8, weighted=weighted, shifted=shifted)
    chunk.x[:, 2] = chunk.x[:, 1] + closeness * chunk.x[:, 2]
    for objective, theta in objectives(noise, chunk):
        strict = objective.mean.coordinates
        assert (strict.steep, strict.gentle.steep) == (closeness < 1.0, closeness < 1e-3)
        (_, rows_as_they_are), (whitened, white) = strict.gentle.prepared(chunk), strict.prepared(chunk)
        assert (rows_as_they_are is chunk) == (not strict.gentle.steep)
        assert (white is chunk) == (not strict.steep)
        coef = objective.split(theta)[0]
        on_white, as_they_are = (replace(objective.mean, coordinates=found) for found in (whitened, strict.gentle))
        apart = on_white.eta(coef, white) - as_they_are.eta(coef, chunk)
        assert np.abs(apart).max() <= ROUNDING / closeness
        first, second = (objective.whitened(objective.tally(theta, chunk, order)).gradient for order in (1, 2))
        assert first is not None
        assert second is not None
        assert np.abs(first - second).max() <= ROUNDING / closeness * max(1.0, float(np.abs(second).max()))
        direction = np.random.default_rng(9).normal(size=objective.size)
        product_of = objective.whitened(objective.product(theta, direction, chunk)).gradient
        curvature = objective.whitened(objective.tally(theta, chunk, 2)).curvature
        assert product_of is not None
        assert curvature is not None
        expected = curvature.times(direction)
        assert np.abs(product_of - expected).max() <= ROUNDING / closeness * max(1.0, float(np.abs(expected).max()))
