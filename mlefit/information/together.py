"""Together: the fits of a law without shapes to few rows less one, for each of these, by Newton steps of all of them at once.

Fit i has the weights w less that of row i. All have one design X and differ in theta, so that derivatives of n fits to n rows
are those of n^2 rows, and gradients and curvatures are products with X and with its columns two by two:

    g_i = sum_j W_ij d1_ij X_j,    H_i = sum_j W_ij X_j' d2_ij X_j
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.estimation.certificate import CERTIFIED
from mlefit.estimation.fit import Optima
from mlefit.estimation.polish import POLISH_STEPS, SHARP
from mlefit.information.left_out import judged_by
from mlefit.mean.linear import LinearMean
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk

NEAR = 2.0      # standard errors: a likelihood that has no maximum falls off over many


class Costs(NamedTuple):
    """Of each row (n,) how much dearer it is without it, and what is judged of it, times its weight, where a fit is `proven`."""

    dearer: Array
    judged: Array
    proven: Mask


@record(frozen=True, eq=False)
class Less:
    """The fits to `rows` less one each: `x[a]` (n, r_a) of predictor a in the coordinates of the search, which stand at
    `places[a]`, `weight` (n, n)."""

    objective: Objective
    rows: Chunk
    x: tuple[Array, ...]
    places: tuple[slice, ...]
    weight: Array

    def eta(self, theta: Array) -> Array:
        """The predictors (f, n, m) at theta (f, P)."""
        found = np.empty((len(self.x), len(theta), self.rows.rows))
        for own, x, place in zip(found, self.x, self.places, strict=True):
            np.matmul(theta[:, place], x.T, out=own)
        if self.rows.offset is not None:
            found[0] += self.rows.offset
        return found.transpose(1, 2, 0)

    def derivatives(self, theta: Array, weight: Array) -> tuple[Array, Array]:
        """g (f, P) and H (f, P, P) of fits with rows of this weight (f, n)."""
        fits, n, places = len(theta), self.rows.rows, self.places
        eta = self.eta(theta).reshape(fits * n, -1)
        trials = None if self.rows.trials is None else np.tile(self.rows.trials, fits)
        every = Chunk(np.tile(self.rows.y, fits), np.empty((fits * n, 0)), trials=trials)
        found = self.objective.criterion(every, eta, np.empty(0), 2)
        assert found.d1 is not None
        assert found.curvature is not None
        gradient, curvature = np.empty(theta.shape), np.empty((fits, theta.shape[1], theta.shape[1]))
        for a, here in enumerate(places):
            gradient[:, here] = (weight * found.d1[:, a].reshape(fits, n)) @ self.x[a]
            bent = found.curvature(np.eye(len(places))[a])
            for b, there in enumerate(places[: a + 1]):
                own = (weight * bent[:, b].reshape(fits, n)) @ (self.x[a][:, :, None] * self.x[b][:, None, :]).reshape(n, -1)
                curvature[:, here, there] = own.reshape(fits, self.x[a].shape[1], -1)
                curvature[:, there, here] = curvature[:, here, there].transpose(0, 2, 1)
        return gradient, curvature

    def polished(self, theta: Array) -> tuple[Array, Array]:
        """Where Newton steps from theta (P,) end, as those of `polish` do: (n, P), and the nats (n,) that these are short."""
        fits = self.rows.rows
        point, best, short = np.tile(theta, (fits, 1)), np.tile(theta, (fits, 1)), np.full(fits, np.inf)
        going = np.arange(fits)
        for _ in range(POLISH_STEPS):
            gradient, curvature = self.derivatives(point[going], self.weight[going])
            np.linalg.cholesky(curvature)       # raises LinAlgError where one is not positive definite
            step = -np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
            left = -0.5 * np.einsum("fp,fp->f", gradient, step)
            nearer = (left <= 0.5 * NEAR**2) & (left < short[going])     # what comes of it is proven by where it ends
            going, left, step = going[nearer], left[nearer], step[nearer]
            best[going], short[going] = point[going], left
            on = left > SHARP * self.weight[going].sum(axis=1)
            going = going[on]
            if not going.size:
                break
            point[going] += step[on]
        return best, short


def refits(fit: Optima, objective: Objective, rows: Chunk) -> Costs | None:
    """What each of few rows costs a fit without it; None where they are not to be fitted together."""
    mean, law = objective.mean, fit.noise
    if objective.shapes or law.corners or not isinstance(mean, LinearMean):
        return None
    places = mean.places
    own = np.ones(rows.rows) if rows.weight is None else rows.weight
    weight = np.tile(own, (rows.rows, 1)) - np.diag(np.minimum(own, 1.0))
    less = Less(objective, rows, tuple(mean.part(a).white(rows) for a in range(mean.predictors)), places, weight)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            theta, short = less.polished(fit.mle.theta)
        except np.linalg.LinAlgError:
            return None
    moved = theta - fit.mle.theta
    far = np.array([fit.mle.curvature.square(one) for one in moved])
    before = less.eta(fit.mle.theta[None])[0]
    own_moves = [np.einsum("np,np->n", x, moved[:, place]) for x, place in zip(less.x, places, strict=True)]
    eta = before + np.stack(own_moves, axis=1)

    def told(eta: Array) -> tuple[Array, Array]:
        return objective.criterion(rows, eta, np.empty(0), 0).value, judged_by(law.among(rows.trials), rows.y, eta, np.empty(0))

    (after, judged), (first, judged_first) = told(eta), told(before)
    return Costs(own * (after - first), own * (judged - judged_first), (short <= CERTIFIED) & (far <= NEAR**2))
