"""Bootstrap: refits of the plane to rows drawn from the rows, as often as a row is drawn being its weight.

A draw moves the plane by about a standard error, so that rows far from it keep their sides and are one sum (Portnoy and
Koenker's globbing again); a row that changes sides all the same joins those near. Draw b takes the random numbers of (seed, b).
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.estimation.band import Passes, Rows
from mlefit.estimation.lines import Lines, Slopes
from mlefit.estimation.piecewise import SIMPLEX
from mlefit.estimation.working_set import least
from mlefit.inference.covariance import Covariance, Sandwich
from mlefit.inference.sparsity import Plane
from mlefit.noise.model import NoiseModel

DRAWS = 999
REACH = 12.0        # times sqrt(n p): rows that a plane may pass whose predictors move by several standard errors


def bootstrapped(noise: NoiseModel, at: Plane, seed: int) -> Covariance:
    """The covariance of coefficients and log shapes over the draws. All rows are held in memory."""
    rows = Rows(at.mean, Slopes(*noise.slopes), Passes(at.rows))
    lines = rows.lines(rows.taken(at.gamma, np.inf))
    r = lines.residual(at.gamma)
    side, order = lines.slopes.side(r), np.argsort(np.abs(r), kind="stable")
    near = np.zeros(lines.size, bool)
    near[order[: max(40 * at.mean.size, int(REACH * np.sqrt(lines.size * at.mean.size)))]] = True
    found = np.stack([_draw(noise, at, lines, near, side, np.random.default_rng([seed, b])) for b in range(DRAWS)])
    return Sandwich((found - found.mean(axis=0)).T / np.sqrt(DRAWS - 1.0))


def _draw(noise: NoiseModel, at: Plane, lines: Lines, near: Mask, side: Array, rng: np.random.Generator) -> Array:
    """(gamma, log shapes) of one draw."""
    share = lines.weight / lines.weight.sum()
    count = rng.multinomial(round(at.n), share).astype(np.float64)
    while True:
        chosen = np.flatnonzero(near & (count > 0.0))
        pull = np.where(near, 0.0, count * side) @ lines.z
        vertex = least(lines.of(chosen, pull, count[chosen]), at.gamma, SIMPLEX)
        if vertex is None:
            near = np.ones_like(near)
            continue
        r = lines.residual(vertex.gamma)
        wrong = ~near & (count > 0.0) & (lines.slopes.side(r) != side)
        if not wrong.any():
            return np.append(vertex.gamma, noise.implied_shapes(float(count @ lines.slopes.loss(r)) / at.n, 0.0))
        near = near | wrong
