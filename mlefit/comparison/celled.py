"""Celled: a density of numbers that come in steps as the masses of the cells that they stand for, refitted in that form.

    P(y) = F(y + step/2) - F(y - step/2),   of counts P(0) = F(1/2)

so that it is a law of these numbers, as those of counts are: nothing is left of the unit of y. Sums over rows of -log P are
minimised over all parameters, from the fit to the values, by first-order steps in the metric of its Hessian; slopes of rows are
central differences, of twice the digits that a likelihood ratio wants. Differences of F are taken in the nearer tail.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, block
from mlefit.comparison.lattice import Lattice
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


class Celled(NamedTuple):
    """The optimum `theta` (P,) of the masses of the cells of a `lattice`."""

    theta: Array
    lattice: Lattice


def refitted(found: Fitted, lattice: Lattice, start: Array, rows: Execution) -> tuple[Array, Objective]:
    """theta (P,) of largest likelihood of the cells of the rows, and minus that likelihood as an objective, in nats.

    `start` (P,): the optimum of their values.
    """
    noise, mean, shapes = found.fit.noise, found.mean, found.objective.shapes

    def criterion(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        low, high = lattice.ends(chunk.y)
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


def log_cell(noise: NoiseModel, low: Array, high: Array, eta: Array, free: Array) -> Array:
    """log P (n,) of each cell."""
    all_below, all_above = np.isneginf(low), np.isposinf(high)
    if not (all_below | all_above).any():
        return log_mass(noise, low, high, eta, free)
    top = np.where(all_above, low, high)
    below = np.where(all_below | all_above, np.where(top > 0.0, 0.5 * top, top - 1.0), low)    # any place under the top will do
    inside = log_mass(noise, below, top, eta, free)
    return np.where(all_below, noise.log_cdf(top, eta, free), np.where(all_above, noise.log_sf(low, eta, free), inside))


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
