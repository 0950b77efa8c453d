"""Objective: a criterion of rows, contracted with the mean function into a Tally. The heart of both routes.

theta = (gamma, free shapes). With d1 and d2 the derivatives of a row's criterion by its predictors and shapes, and J those of the
predictors by the coefficients,

    value = sum w c,   gradient = sum w J' d1,   Hessian = sum w (J' d2 J + d1 times the second derivatives of eta)

Rows are taken in slabs that stay in cache, and summed in order.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.criterion import Criterion, held_loss, implied_loss, likelihood
from mlefit.mean import MeanFunction
from mlefit.mean.jacobian import Derived, Jacobian, derived
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import Tally

CACHE = 1 << 21     # bytes of row derivatives per slab: about one core's share of second-level cache


@record(frozen=True)
class Objective:
    """`shapes` is the number of free shapes at the end of theta that the criterion is searched over."""

    criterion: Criterion
    mean: MeanFunction
    shapes: int

    @classmethod
    def likelihood(cls, noise: NoiseModel, mean: MeanFunction) -> "Objective":
        """What the first route minimises."""
        return cls(likelihood(noise), mean, len(noise.shapes))

    @classmethod
    def second(cls, noise: NoiseModel, mean: MeanFunction) -> "Objective":
        """What the second route minimises: the loss, over the coefficients alone unless it contains the shapes."""
        return cls(implied_loss(noise), mean, len(noise.shapes) if noise.loss_has_shapes else 0)

    @classmethod
    def loss(cls, noise: NoiseModel, mean: MeanFunction, free: Array) -> "Objective":
        """The loss over the coefficients alone, at the shapes `free`."""
        return cls(held_loss(noise, free), mean, 0)

    @property
    def size(self) -> int:
        """Length P of theta."""
        return self.mean.size + self.shapes

    @property
    def wide(self) -> int:
        """How many numbers of a row a Hessian is made of: P, unless a factor has no columns."""
        return self.mean.wide + self.shapes

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Coordinates of the mean, free shapes."""
        return theta[: self.mean.size], theta[self.mean.size :]

    def whitened(self, total: Tally) -> Tally:
        """A total in the coordinates of the search: derivatives by B become derivatives by gamma, once per pass."""
        size, coordinates = self.mean.size, self.mean.coordinates
        if total.curvature is None and total.outer is None:
            coordinates = coordinates.gentle

        def white(columns: Array) -> Array:
            """The shapes' rows stay."""
            return np.concatenate([coordinates.whiten(columns[:size]), columns[size:]])

        gradient = None if total.gradient is None else white(total.gradient)
        curvature = None if total.curvature is None else coordinates.bent(total.curvature, white)
        outer = None if total.outer is None else white(white(total.outer).T)
        return Tally(total.weight, total.value, gradient, curvature, outer)

    def folded(self, directions: Array) -> Array:
        """Directions of theta (P, k), those of the mean by what multiplies the columns of rows: (m r, k)."""
        mean = directions[: self.mean.size]
        return self.mean.coordinates.coefficients(mean.T.ravel()).reshape(mean.shape[::-1]).T

    def tally(self, theta: Array, chunk: Chunk, order: int) -> Tally:
        """Sums over the chunk, derivatives by B: value; from order 1 the gradient; at order 2 the curvature."""
        width = self.mean.wide if order == 2 else self.mean.predictors
        # Where the Hessian itself is large, a slab must be worth one: half as many rows keep its product in its bounds. Where a
        # factor has no columns it grows with the levels, whatever the rows.
        least = 0 if order < 2 else self.size // 2 if self.mean.columned else chunk.rows
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):     # too far: the sums are not finite, and tell
            return self._sum(chunk, width + self.shapes, lambda slab: self._slab(theta, slab, order), least)

    def product(self, theta: Array, direction: Array, chunk: Chunk) -> Tally:
        """Hessian times `direction` (P,), in the place of the gradient."""
        return self._sum(chunk, self.mean.predictors, lambda slab: self._product(theta, direction, slab))

    def row_gradients(self, theta: Array, chunk: Chunk) -> Array:
        """g_i (n, P) of each row by (B, shapes), unweighted."""
        coef, free = self.split(theta)
        mean, chunk = self._prepared(chunk, second=True)
        d1 = self.criterion(chunk, mean.eta(coef, chunk), free, 1).d1
        assert d1 is not None
        return Jacobian.of(mean, coef, chunk).rows(d1[:, : mean.predictors + self.shapes])

    def _prepared(self, chunk: Chunk, *, second: bool) -> tuple[MeanFunction, Chunk]:
        """The mean on rows as sums are made of them, which second derivatives want white before first ones do."""
        wanted = self.mean.coordinates if second else self.mean.coordinates.gentle
        coordinates, rows = wanted.prepared(chunk)
        return self.mean if coordinates is self.mean.coordinates else replace(self.mean, coordinates=coordinates), rows

    def _sum(self, chunk: Chunk, width: int, task: Callable[[Chunk], Tally], least: int = 0) -> Tally:
        rows = max(256, least, min(16_384, CACHE // (8 * width)))
        if chunk.rows <= rows:
            return task(chunk)
        total = task(chunk.part(0, rows))
        for start in range(rows, chunk.rows, rows):
            total = total + task(chunk.part(start, min(start + rows, chunk.rows)))
        return total

    def _slab(self, theta: Array, chunk: Chunk, order: int) -> Tally:
        coef, free = self.split(theta)
        mean, chunk = self._prepared(chunk, second=order == 2)
        rows = self.criterion(chunk, mean.eta(coef, chunk), free, order)
        weight = chunk.weight
        if weight is None:
            count, value = float(chunk.rows), float(rows.value.sum())
        else:
            count, value = float(weight.sum()), float(weight @ rows.value)
        if order == 0 or rows.d1 is None:
            return Tally(count, value)
        d1 = rows.d1 if weight is None else rows.d1 * weight[:, None]
        jacobian = derived(mean, coef, chunk)
        gradient = self._pull(jacobian, d1)
        if order == 1:
            return Tally(count, value, gradient)
        curvature = jacobian.curvature(rows, weight, self.shapes)
        bend = mean.bend(coef, chunk, d1[:, : mean.predictors])
        if bend is not None:
            curvature = curvature.bent(bend)
        return Tally(count, value, gradient, curvature)

    def _pull(self, jacobian: Derived, d1: Array) -> Array:
        m = self.mean.predictors
        return np.concatenate([jacobian.pull(d1[:, :m]), d1[:, m : m + self.shapes].sum(axis=0)])

    def _product(self, theta: Array, direction: Array, chunk: Chunk) -> Tally:
        coef, free = self.split(theta)
        along, shapes = self.split(direction)
        mean, chunk = self._prepared(chunk, second=False)
        rows = self.criterion(chunk, mean.eta(coef, chunk), free, 2)
        assert rows.curvature is not None
        jacobian = derived(mean, coef, chunk)
        along = mean.coordinates.coefficients(along)
        v = np.concatenate([jacobian.push(along).T, np.broadcast_to(shapes[:, None], (self.shapes, chunk.rows))]).T
        second, weight = rows.curvature(v), chunk.weight
        gradient = self._pull(jacobian, second if weight is None else second * weight[:, None])
        assert rows.d1 is not None
        d1 = rows.d1[:, : mean.predictors]
        bend = mean.bend(coef, chunk, d1 if weight is None else d1 * weight[:, None])
        if bend is not None:
            gradient[: mean.size] += bend @ along
        return Tally(float(chunk.rows) if weight is None else float(weight.sum()), 0.0, gradient)
