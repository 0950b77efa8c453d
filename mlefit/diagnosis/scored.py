"""Rows at the optimum as diagnosis looks at them: their scores, and where they pull the parameters.

With F F' = H^-1, and g (n, m) the derivatives of the rows by their predictors eta_a = x'B_a, row i moves the parameter
a'theta, whose direction is d = F'a, by c_i'g_i with

    c_ia = w_ia'd,   w_ia = F'(e_a (x) x_i)   (n, m, P)

and its residuals on predictor k, of variance one, are e_ik = g_ik / s_ik with s^2 = E g^2 under the law. Fitting takes
q_ik = sum_a A_ika w_ia / s_ik of each of them away, A the second derivatives: e of the fit is e - q sum_i q_i'e_i.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, product
from mlefit.mean.jacobian import Jacobian
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature

WORK = 5e8              # multiplications, a tenth of a second: rows beyond are not looked at
SYSTEMS = 50            # times as long takes a row of several predictors, with a system of equations of its own
DETERMINED = 1e-8       # 1 - h below this is 0 but for rounding: the row says nothing of its own spread
NUMBERS = 1 << 18       # of a slab of rows, in each of some blocks that shall stay in cache


@record(frozen=True)
class Scored:
    """Rows with `eta` (n, m), `g` (n, m), second derivatives `bent` (m, n, m) and `pull` (m, n, P), their w."""

    noise: NoiseModel
    chunk: Chunk
    eta: Array
    free: Array
    g: Array
    bent: Array
    pull: Array

    @property
    def weight(self) -> Array:
        """(n,), ones where there is none."""
        return np.ones(self.chunk.rows) if self.chunk.weight is None else self.chunk.weight

    def along(self, directions: Array) -> Array:
        """c (k, n, m) of directions (k, P)."""
        moved = [product(directions, one.T) for one in self.pull]
        return np.stack(moved, axis=-1) if len(moved) > 1 else moved[0][:, :, None]

    def moments(self, direction: Array) -> tuple[Array, Array]:
        """E (c'g)^2 and E (c'g)^4 (..., n) of c (..., n, m)."""
        return self.noise.score_moments(direction, self.eta, self.free)

    @cached_property
    def unit_moments(self) -> tuple[Array, Array]:
        """E g^2 and E g^4 (n,) on the first predictor."""
        unit = np.zeros_like(self.g)
        unit[:, 0] = 1.0
        return self.moments(unit)

    @cached_property
    def _spread(self) -> Array:
        """s (n, m)."""
        if self.g.shape[1] == 1:
            return np.sqrt(self.unit_moments[0])[:, None]
        units = np.broadcast_to(np.eye(self.g.shape[1])[:, None, :], (self.g.shape[1], *self.g.shape))
        return np.asarray(np.sqrt(self.moments(units)[0]).T)

    @property
    def residuals(self) -> Array:
        """e (n, m); 0 where the law has no spread left."""
        return np.asarray(np.divide(self.g, self._spread, out=np.zeros_like(self.g), where=self._spread > 0.0))

    @property
    def projections(self) -> Array:
        """q (n, m, P)."""
        spread = self._spread.T[:, :, None]
        scaled = np.divide(self.bent, spread, out=np.zeros_like(self.bent), where=spread > 0.0)
        return np.asarray(np.einsum("kna,anp->nkp", scaled, self.pull) if len(scaled) > 1 else (scaled[0] * self.pull[0])[:, None])

    def freed(self) -> Array:
        """(I - A B)^-1 g (n, m), B_ab = w_a'w_b: scores without what the fit owes to their own row; 0 where all of it does.

        With one predictor g / (1 - h).
        """
        if self.g.shape[1] == 1:
            left = 1.0 - self.bent[0] * np.einsum("np,np->n", self.pull[0], self.pull[0])[:, None]
            return np.asarray(np.divide(self.g, left, out=np.zeros_like(self.g), where=left > DETERMINED))
        between = np.einsum("anp,bnp->nab", self.pull, self.pull)
        rest = np.eye(self.g.shape[1]) - np.einsum("kna,nab->nkb", self.bent, between)
        alone = np.linalg.det(rest) < DETERMINED
        rest[alone] = np.eye(self.g.shape[1])
        freed = np.linalg.solve(rest, self.g[:, :, None])[:, :, 0]
        freed[alone] = 0.0
        return np.asarray(freed)


@record(frozen=True)
class Scoring:
    """How rows are scored: the law, its criterion at `theta`, and F as what multiplies the columns, `root` (m r, P)."""

    noise: NoiseModel
    objective: Objective
    theta: Array
    root: Array

    @property
    def most(self) -> int:
        """Rows that may be looked at."""
        return int(WORK / self.root.size / (1 if self.objective.mean.predictors == 1 else SYSTEMS))

    @classmethod
    def of(cls, noise: NoiseModel, objective: Objective, theta: Array, curvature: Curvature) -> "Scoring":
        """At an optimum whose curvature of the total is given."""
        return cls(noise, objective, theta, objective.folded(curvature.unsphered(np.eye(objective.size))))

    def scored(self, chunk: Chunk) -> Iterator[Scored]:
        """The rows of a chunk, a slab at a time."""
        size = max(1, NUMBERS // (self.root.shape[1] * self.objective.mean.predictors))
        for start in range(0, chunk.rows, size):
            yield self._slab(chunk.part(start, min(start + size, chunk.rows)))

    def _slab(self, chunk: Chunk) -> Scored:
        mean, (coef, free) = self.objective.mean, self.objective.split(self.theta)
        eta, m = mean.eta(coef, chunk), mean.predictors
        rows = self.objective.criterion(chunk, eta, free, 2)
        assert rows.d1 is not None
        assert rows.curvature is not None
        units = np.eye(m + self.objective.shapes)[:m]
        bent = np.stack([np.broadcast_to(rows.curvature(unit), rows.d1.shape)[:, :m] for unit in units])
        jacobian = Jacobian.of(mean, coef, chunk)
        pull = [product(block, self.root[place]) for block, place in zip(jacobian.blocks, jacobian.places, strict=True)]
        law = self.noise.among(chunk.trials)
        return Scored(law, chunk, eta, free, rows.d1[:, :m], bent, np.stack(pull) if m > 1 else pull[0][None])
