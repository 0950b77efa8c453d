"""Partly: the levels of a factor fitted to simulated rows, where these are some of the rows that the levels were fitted to.

What a fit takes from residuals it takes level by level, as a level has few rows however many there are in all. Of level g some
rows are drawn; the derivative by its coefficients of those that are not is all that a fit needs of them, and it is nearly normal
about 0 with their information as its variance:

    d_g minimises  sum_i drawn nll(y_i, eta_i + d_g) + r_g' d_g + d_g' (D_g - A_g) d_g / 2,    r_g ~ N(0, D_g - A_g)

with D_g the information of all rows of the level, and A_g that of those drawn. The other coefficients, whose information is that of
all rows, stay. Shapes move as far as they do on average: their information is that of all rows, too, and what a fit of the levels
takes from the residuals is the same in all sets.
"""

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.records import record
from mlefit.sums.within import by_level

STEPS = 3           # of the search for d_g; one where the law is that of least squares
SETS = 20           # of which shapes are averaged
SHAPE_STEPS = 4


@record(frozen=True, eq=False)
class Partly:
    """Rows of a law at `eta` (n, m) and `free` (s,) that are at a `place` (n,) among k levels, with the `information` (k, m, m) of
    all rows of each and the part of it of rows that are not drawn, `rest`."""

    noise: NoiseModel
    eta: Array
    free: Array
    place: Index
    information: Array
    rest: Array

    @classmethod
    def of(cls, noise: NoiseModel, y: Array, eta: Array, free: Array, level: Index, information: Array) -> "Partly":
        """Of rows (n,) with a `level` of all, and the information (L, m, m) of each in natural units."""
        present, place = np.unique(level, return_inverse=True)
        whole = information[present]
        own = _blocks(noise.nll(y, eta, free, 2), place, present.size, eta.shape[1])
        return cls(noise, eta, free, place, whole, whole - own)

    @cached_property
    def _root(self) -> Array:
        """Symmetric roots (k, m, m) of the rest, 0 where all rows are drawn."""
        value, vectors = np.linalg.eigh(self.rest)
        return np.asarray((vectors * np.sqrt(np.maximum(value, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1))

    def refitted(self, y: Array, rng: np.random.Generator) -> Array:
        """eta (n, m) with the levels fitted to responses (n,) and to what the rows that are not drawn say."""
        (k, m), first = self.information.shape[:2], self.noise.compresses
        unseen = (self._root @ rng.standard_normal((k, m, 1)))[:, :, 0]
        moved, eta = np.zeros((k, m)), self.eta
        for _ in range(1 if first else STEPS):
            here = self.noise.nll(y, eta, self.free, 1 if first else 2)
            assert here.d1 is not None
            own = np.stack([by_level(self.place, here.d1[:, a], k) for a in range(m)], axis=1)
            gradient = own + unseen + np.einsum("kab,kb->ka", self.rest, moved)
            curvature = self.information if first else self.rest + _blocks(here, self.place, k, m)
            moved = moved - _solved(curvature, gradient)
            eta = self.eta + moved[self.place]
        return eta

    def shapes(self, sets: Iterable[Array], rng: np.random.Generator) -> Array:
        """The shapes (s,) at which the derivatives by them, over some sets of responses and their refits, are 0."""
        free, m = self.free, self.eta.shape[1]
        if not free.size:
            return free
        known = [(y, self.refitted(y, rng)) for y, _ in zip(sets, range(SETS), strict=False)]
        for _ in range(SHAPE_STEPS):
            gradient, hessian = np.zeros(free.size), np.zeros((free.size, free.size))
            for y, eta in known:
                here = self.noise.nll(y, eta, free, 2)
                assert here.d1 is not None
                assert here.curvature is not None
                gradient += here.d1[:, m:].sum(axis=0)
                hessian += np.stack([here.curvature(unit)[:, m:].sum(axis=0) for unit in np.eye(m + free.size)[m:]])
            step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
            if not np.isfinite(step).all():
                return free
            free = free - step / max(1.0, float(np.abs(step).max()))
        return free


def _blocks(here: Derivatives, place: Index, k: int, m: int) -> Array:
    """Sums (k, m, m) by level of the second derivatives of rows by their predictors."""
    assert here.d1 is not None
    assert here.curvature is not None
    found = np.empty((k, m, m))
    for a in range(m):
        bent = here.curvature(np.eye(here.d1.shape[1])[a])
        for b in range(m):
            found[:, a, b] = by_level(place, bent[:, b], k)
    return found


def _solved(matrices: Array, vectors: Array) -> Array:
    """M^-1 v (k, m)."""
    if matrices.shape[1] == 1:
        return np.asarray(vectors / matrices[:, :, 0])
    return np.asarray(np.linalg.solve(matrices, vectors[:, :, None])[:, :, 0])
