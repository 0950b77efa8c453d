"""Derivatives of every model of the registry against a seven-point stencil, and in the tails of those with logits."""

import math

import numpy as np
import pytest
from model_cases import NOISES as PLAIN
from model_cases import SCALED, name_of, rows, second, slopes

from mlefit.arrays import Array
from mlefit.noise.model import Derivatives, NoiseModel

STENCIL_ERROR = 5e-11    # relative to 1 + the size of what is differentiated: see `stencil`
ROUNDING = 1e-13
NOISES = [*PLAIN, *SCALED]
every_model = pytest.mark.parametrize("noise", NOISES, ids=name_of)
logits = pytest.mark.parametrize("noise", [noise for noise in NOISES if noise.response.reads_levels and not noise.stated], ids=name_of)
sizes = pytest.mark.parametrize("size", [2.0, 30.0, 700.0])


def stencil_error(size: float) -> float:
    """The error of the stencil: exp(eta) has the rounding of eta."""
    return STENCIL_ERROR * max(1.0, size / 100.0)


def within(noise: NoiseModel, seed: int, size: float) -> tuple[Array, Array, Array]:
    """Rows of which the likelihood and the loss are doubles: at least half of them. Beyond, both are infinite."""
    y, eta, free = rows(noise, seed, size=size)
    with np.errstate(over="ignore"):
        values = [noise.nll(y, eta, free, 0).value, noise.loss(y, eta, free, 0).value]
    inside = (np.abs(values) < 1e300).all(axis=0)
    assert not np.isnan(values).any()
    assert inside.sum() >= y.size / 2
    return y[inside], eta[inside], free


@every_model
@sizes
def test_derivatives_of_the_likelihood_are_those_of_the_stencil(noise: NoiseModel, size: float) -> None:
    y, eta, free = within(noise, 1, size)
    m, q = len(noise.predictors), len(noise.predictors) + len(noise.shapes)
    point = np.concatenate([eta, np.tile(free, (y.size, 1))], axis=1)

    def at(points: Array, order: int) -> Derivatives:
        """Rows may differ in eta but share their shapes."""
        return noise.nll(y, points[:, :m], points[0, m:], order)

    found = at(point, 2)
    assert found.d1 is not None
    assert found.d1.shape == (y.size, q)
    expected = slopes(lambda points: at(points, 0).value, point)
    assert (np.abs(found.d1 - expected) <= stencil_error(size) * (1.0 + np.abs(found.value[:, None]))).all()
    d2 = second(found, q)
    if not noise.smooth:        # d2 is that of the expected value, for which the score answers
        return
    bent = slopes(lambda points: at(points, 1).d1, point)
    scale = 1.0 + np.abs(found.value[:, None, None]) + np.abs(bent).max(axis=(1, 2))[:, None, None]
    assert (np.abs(d2 - bent) <= stencil_error(size) * scale).all()
    assert (np.abs(d2 - d2.transpose(0, 2, 1)) <= ROUNDING * scale).all()


@every_model
@sizes
def test_derivatives_of_the_loss_are_those_of_the_stencil(noise: NoiseModel, size: float) -> None:
    """By the predictors, and by the shapes where it contains them."""
    y, eta, free = within(noise, 2, size)
    m = len(noise.predictors)
    held = np.empty(0) if noise.loss_has_shapes else free
    point = np.concatenate([eta, np.tile(free, (y.size, 1))], axis=1)[:, : m + free.size - held.size]

    def at(points: Array, order: int) -> Derivatives:
        return noise.loss(y, points[:, :m], np.append(points[0, m:], held), order)

    found = at(point, 2)
    assert found.d1 is not None
    assert found.d1.shape == point.shape
    expected = slopes(lambda points: at(points, 0).value, point)
    assert (np.abs(found.d1 - expected) <= stencil_error(size) * (1.0 + np.abs(found.value[:, None]))).all()
    d2 = second(found, point.shape[1])
    bent = slopes(lambda points: at(points, 1).d1, point)
    scale = 1.0 + np.abs(found.value[:, None, None]) + np.abs(bent).max(axis=(1, 2))[:, None, None]
    assert (np.abs(d2 - bent) <= stencil_error(size) * scale).all()
    assert (np.abs(d2 - d2.transpose(0, 2, 1)) <= ROUNDING * scale).all()


@logits
@pytest.mark.parametrize("eta", [-40.0, 40.0])
def test_small_derivatives_keep_their_relative_precision_in_the_tails(noise: NoiseModel, eta: float) -> None:
    """The last class against the reference, all others far below both: P(y = 1) = 1/(1 + exp(-eta))."""
    predictors = np.full((2, len(noise.predictors)), -800.0)
    predictors[:, -1] = eta
    y = np.array([0.0, len(noise.predictors)])
    missed = np.array([1.0 / (1.0 + math.exp(-eta)), 1.0 / (1.0 + math.exp(eta))])
    found = noise.nll(y, predictors, np.empty(0), 2)
    assert found.d1 is not None
    assert found.d1[:, -1] == pytest.approx(missed * [1.0, -1.0], rel=4e-16, abs=0.0)
    assert found.value == pytest.approx(softplus(np.array([eta, -eta])), rel=4e-16, abs=4e-16)


def softplus(values: Array) -> Array:
    """log(1 + exp(values)): what observing the other class costs."""
    return np.maximum(values, 0.0) + np.log1p(np.exp(-np.abs(values)))
