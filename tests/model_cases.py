"""Rows for every noise model of the registry, and the stencil that derivatives are compared with."""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.noise import MODELS
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.rows.chunk import Chunk

NAMES = "abcd"
MOST_TRIALS = 12.0      # of each row of a law of successes


def law_of(model: NoiseModel) -> NoiseModel:
    """The law of a response of four levels, or of as many as it may have, or of numbers."""
    bound = model.of(NAMES[: model.response.most_levels] if model.response.reads_levels else ())
    return bound.among(np.asarray(MOST_TRIALS)) if model.response.of_trials else bound


def variants(model: NoiseModel) -> list[NoiseModel]:
    """The law as it is named, and under every word that fixes some of its options."""
    spelt = (model.name, *(f"{model.name}:{text}" for text in model.presets.values()))
    return list(dict.fromkeys(law_of(MODELS.find(text, "")) for text in spelt))


NOISES = [noise for model in MODELS.values() for noise in variants(model)]
SCALED = [scaled for law in NOISES if (scaled := law.with_scale) is not None and scaled not in NOISES]   # not by a name of their own
STEP = 1e-3
HUGE = 1e6         # from which a derivative is taken through the logarithm
LEFT = 40.0         # nats: less than e^-LEFT of the law is beyond the responses that are tried
COUNTED = 4000      # counts beyond have no probability at the means that are tried


def name_of(noise: NoiseModel) -> str:
    return noise.spelt + (" with a scale" if noise in SCALED else "")


def responses(noise: NoiseModel, rng: np.random.Generator, n: int) -> Array:
    """Any responses of the model's support."""
    if noise.response.reads_levels:
        return rng.integers(0, len(noise.outcome_names), n).astype(float)
    if noise.response.of_trials:
        return rng.integers(0, int(MOST_TRIALS) + 1, n).astype(float)
    if noise.response.whole:
        return rng.poisson(np.exp(rng.normal(0.5, 1.0, n))).astype(float)
    if noise.response.below < np.inf:
        return rng.beta(2.0, 2.0, n)
    if noise.measure is Measure.MIXED:
        return np.exp(rng.normal(0.0, 1.0, n)) * (rng.random(n) < 0.6)
    return rng.normal(0.0, 2.0, n) if noise.response.least < 0.0 else np.exp(rng.normal(0.0, 1.0, n))


def free_shapes(noise: NoiseModel, rng: np.random.Generator) -> Array:
    if noise.response.below < np.inf:       # smaller ones leave much of the law between 1 and the double before it
        return rng.uniform(3.5, 4.5, len(noise.shapes))
    return rng.uniform(-1.0, 1.0, len(noise.shapes))


def rows(noise: NoiseModel, seed: int, n: int = 40, size: float = 2.0) -> tuple[Array, Array, Array]:
    """Responses (n,), predictors (n, m) up to `size`, but for the logarithms of scales, and free shapes (s,)."""
    rng = np.random.default_rng(seed)
    y, eta = responses(noise, rng, n), rng.uniform(-size, size, (n, len(noise.predictors)))
    for a, predictor in enumerate(noise.predictors):
        if predictor.kind == "scale":
            eta[:, a] *= min(1.0, 1.0 / size)
    return y, eta, free_shapes(noise, rng)


def chunk_of(noise: NoiseModel, seed: int, n: int = 60, weighted: bool = False, shifted: bool = False) -> Chunk:
    """A design with a constant and two correlated columns."""
    rng = np.random.default_rng(seed)
    a = rng.normal(0.0, 1.0, n)
    x = np.stack([np.ones(n), a, 0.7 * a + rng.normal(0.0, 0.5, n)]).T
    return Chunk(
        responses(noise, rng, n), x, rng.integers(1, 4, n).astype(float) if weighted else None,
        rng.normal(0.0, 0.5, n) if shifted else None,
    )


def stencil(function: Callable[[Array], Array], point: Array) -> Array:
    """Seven-point derivatives of `function` by each coordinate of the last axis of `point`, stacked in a new last axis.

    Error: STEP^6 / 140 times the seventh derivative, and 1.8 eps / STEP times the value: 1e-12 where laws bend sharply too.
    """

    def along(j: int) -> Array:
        step = np.zeros(point.shape[-1])
        step[j] = STEP
        near, middle, far = (function(point + k * step) - function(point - k * step) for k in (1.0, 2.0, 3.0))
        return (45.0 * near - 9.0 * middle + far) / (60.0 * STEP)

    return np.stack([along(j) for j in range(point.shape[-1])], axis=-1)


def slopes(function: Callable[[Array], Array], point: Array) -> Array:
    """The stencil's derivatives, of what is huge through its logarithm: what grows as exp(exp(t)) bends too sharply for it."""
    here = function(point)[..., None]
    huge = np.abs(here) > HUGE
    found = stencil(function, point)
    return np.where(huge, here * stencil(lambda points: np.log(np.maximum(np.abs(function(points)), 1.0)), point), found)


def law(noise: NoiseModel, eta: Array, free: Array) -> tuple[Array, Array, Array]:
    """Responses (S,), their predictors (S, m) and their probabilities (S,) for one row with predictors `eta` (m,)."""
    if noise.measure is Measure.MASS:
        most = int(MOST_TRIALS) + 1 if noise.response.of_trials else COUNTED
        y = np.arange(len(noise.outcome_names) if noise.response.reads_levels else most)
        y, width = y.astype(float), np.ones(y.size)
    elif noise.response.below < np.inf:
        y = 1.0 / (1.0 + np.exp(-np.arange(-60.0, 30.0, 0.02)))
        width = 0.02 * y * (1.0 - y)
    elif noise.response.least == 0.0:
        u = np.arange(-120.0, 30.0, 0.02)
        y = np.exp(eta[0] + u)
        width = 0.02 * y
        if noise.measure is Measure.MIXED:
            y, width = np.append(0.0, y), np.append(1.0, width)
    elif noise.name == "huber":     # panels between its corners
        k, s, (x, w) = 1.345, np.exp(free[0]), np.polynomial.legendre.leggauss(16)
        ends = np.concatenate([np.linspace(-k - 40.0, -k, 41), np.linspace(-k, k, 9)[1:], np.linspace(k, k + 40.0, 41)[1:]])
        half = 0.5 * np.diff(ends)[:, None] * s
        y, width = eta[0] + (0.5 * (ends[1:] + ends[:-1])[:, None] * s + half * x).ravel(), (half * w).ravel()
    elif not noise.smooth:      # either side of the corner by itself, with the points of an exponential
        width = 0.02 * np.exp(np.arange(-40.0, 8.0, 0.02))
        y, width = eta[0] + np.append(-50.0 * width[::-1], 50.0 * width), np.append(width[::-1], width)
    else:
        reach = 20.0
        while noise.nll(eta[:1] + np.sinh(reach), eta[None], free, 0).value[0] - reach < LEFT:
            reach += 20.0       # one degree of freedom and less leaves tails that long
        u = np.arange(-reach, reach + 0.01, 0.02)
        y, width = eta[0] + np.sinh(u), 0.02 * np.cosh(u)
    predictors = np.tile(eta, (y.size, 1))
    return y, predictors, np.exp(-noise.nll(y, predictors, free, 0).value) * width


def second(found: Derivatives, q: int) -> Array:
    """(n, q, q) from products with unit vectors."""
    assert found.curvature is not None
    return np.stack([found.curvature(row) for row in np.eye(q)], axis=-1)
