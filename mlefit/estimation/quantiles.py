"""Planes of other quantiles of the same rows, and a line through a few points: least losses without a law."""

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.band import bottom
from mlefit.estimation.face import extremes
from mlefit.estimation.lines import Slopes
from mlefit.estimation.piecewise import SIMPLEX
from mlefit.execution import Engine, Execution
from mlefit.mean import Coordinates, LinearMean
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle


def plane(mean: LinearMean, tau: float, rows: Execution, sample: Execution | None) -> Array:
    """The coordinates (p,) of the tau-quantile."""
    return bottom(mean, Slopes(1.0 - tau, tau), rows, sample, SIMPLEX).vertex.gamma


def median_slope(x: Array, y: Array) -> float:
    """b of the line a + b x of least absolute error through some points (k,); the largest where there are several."""
    design = np.stack([np.ones(x.size), x]).T
    coordinates = Coordinates(Triangle.of(design).r / np.sqrt(x.size), (0, 1))
    found = bottom(LinearMean(coordinates, 1), Slopes(0.5, 0.5), Engine.of(Chunk(y, design)), None, SIMPLEX)
    return max(float(coordinates.encoded(point)[1]) for point in extremes(found))
