"""Refit: maximum likelihood of rows that are in memory, as the KL part needs it for simulated data and richer designs."""

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine
from mlefit.existence.rank import geometry
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle


def refit(
    noise: NoiseModel, y: Array, x: Array, weight: Array | None, offset: Array | None,
    near: tuple[Array, Array] | None = None,
) -> tuple[Array, Array, float]:
    """(eta (n, m), free (s,), total nll) at the maximum. Raises NoEstimateError where there is none.

    `near`: (eta, free) of a model that is close to the answer; the search begins at what the design makes of it.
    """
    if noise.located and offset is not None:
        eta, free, nll = refit(noise, y - offset, x, weight, None)
        return eta + offset[:, None], free, nll
    x = np.asfortranarray(x)
    n = float(y.size if weight is None else weight.sum())
    columns = np.concatenate([x.T, y[None, :]]).T if noise.compresses else x
    shape = geometry(Triangle.of(columns, weight).r, n, np.abs(x).max(axis=0, initial=0.0), noise.compresses)
    rows = Chunk(y, x, weight, offset)
    if noise.compresses:
        k = len(shape.kept)
        found = maximum_likelihood(noise, LinearMean(Coordinates.orthonormal(k), 1), Engine.of(shape.compressed()))
        mean = LinearMean(Coordinates(shape.triangle(k + 1), shape.kept), 1)
    else:
        mean = LinearMean(Coordinates(shape.triangle(1), shape.kept), len(noise.predictors))
        start = None if near is None else np.concatenate([mean.nearest(near[0], rows), near[1]])
        found = maximum_likelihood(noise, mean, Engine.of(rows), start=start)
    unproven = noise.separable and found.certificate.reach >= noise.proof
    if found.outcome is not Outcome.CERTIFIED or unproven:
        raise NoEstimateError("a refit has no certified maximum", code="refit")
    return mean.eta(found.theta[: mean.size], rows), found.theta[mean.size :], found.value
