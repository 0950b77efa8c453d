"""Celled: a density of whole numbers as the masses of the cells that they stand for, refitted in that form.

    P(y) = F(y + 1/2) - F(y - 1/2),   P(0) = F(1/2)

so that it is a law of counts and stands on their scale: nothing is left of the unit of y. Sums over rows of -log P are minimised
over all parameters, from the fit to the values, by first-order steps in the metric of its Hessian; slopes of rows are central
differences, of twice the digits that a likelihood ratio wants. Differences of F are taken in the nearer tail.
"""

import numpy as np

from mlefit.arrays import Array, block
from mlefit.criterion import likelihood
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import first_order_guided
from mlefit.execution import Execution
from mlefit.information.cells import log_mass
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.rows.chunk import Chunk

DIFFERENCE = 1e-4       # of a standard error of one row, or of the log of a shape


def refitted(found: Fitted, start: Array, rows: Execution) -> tuple[Array, Objective]:
    """theta (P,) of largest likelihood of the cells of the rows, and minus that likelihood as an objective, in nats.

    `start` (P,): the optimum of their values.
    """
    noise, mean, unit, shapes = found.fit.noise, found.mean, found.problem.units, found.objective.shapes

    def criterion(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        low, high = ends(chunk.y, unit.y_centre, unit.y_scale)
        value = -log_cell(noise, low, high, eta, free)
        if order == 0:
            return Derivatives(value)
        width = _widths(noise, mean.predictors, free)
        d1 = block(chunk.rows, len(width))
        for k, h in enumerate(width):
            near, far = (log_cell(noise, low, high, *_moved(eta, free, k, sign * h)) for sign in (1.0, -1.0))
            d1[:, k] = (far - near) / (2.0 * h)
        return Derivatives(value, d1)

    own, guide = Objective(criterion, mean, shapes), Memo(Objective(likelihood(noise), mean, shapes), rows, 2)
    return first_order_guided(Memo(own, rows, 1), start, guide, 1.0)[0], own


def ends(y: Array, centre: float, scale: float) -> tuple[Array, Array]:
    """The ends (n,) of the cells of encoded counts; -infinity below 0."""
    natural = np.rint(y * scale + centre)
    low = np.where(natural <= 0.0, -np.inf, natural - 0.5)
    return (low - centre) / scale, (natural + 0.5 - centre) / scale


def log_cell(noise: NoiseModel, low: Array, high: Array, eta: Array, free: Array) -> Array:
    """log P (n,) of each cell."""
    all_below = np.isneginf(low)
    inside = log_mass(noise, np.where(all_below, high - 1.0, low), high, eta, free)
    return np.where(all_below, noise.log_cdf(high, eta, free), inside)


def _widths(noise: NoiseModel, predictors: int, free: Array) -> list[float]:
    """Steps of the differences, by predictor and shape: those of a location in units of the first shape, its scale."""
    location = [float(np.exp(free[0])) if noise.located and k == 0 and free.size else 1.0 for k in range(predictors)]
    return [DIFFERENCE * size for size in (*location, *(1.0 for _ in free))]


def _moved(eta: Array, free: Array, place: int, by: float) -> tuple[Array, Array]:
    m = eta.shape[1]
    if place < m:
        eta = eta.copy()
        eta[:, place] += by
        return eta, free
    free = free.copy()
    free[place - m] += by
    return eta, free
