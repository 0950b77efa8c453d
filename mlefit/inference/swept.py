"""Swept: how rows with a level share in the coefficients, summed up without a number for each row and coefficient.

With U = (-D^-1 B, I) the columns that an arrow sweeps out (`sums.arrow`), row i of size s_i at level g has the weight

    c_ia = u_i v_a + s_i p_a [a is the coefficient of level g],    u_i = (x_i - s_i B_g / D_g, s_i [g is the baseline])

in coefficient a. Sums of c^2 and c^4 over rows are then forms in sums of products of u, few of them, and what the rows of
each level have beyond, which is one number for each row.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask, product
from mlefit.inference.effective import Influence
from mlefit.records import record
from mlefit.rows.chunk import ABSENT
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts

CHEAPER = 40        # products of products, for each coefficient, that take as long as a number for each row and coefficient


class Swept(NamedTuple):
    """Of k coefficients: `v` (k, Q), the last of it by rows of the baseline; `plus` (k,) is p; `own` (L,) the coefficient of each
    level, ABSENT for none; `base`: the baseline."""

    v: Array
    plus: Array
    own: Index
    base: int | None
    outward: Array

    @classmethod
    def of(cls, bread: Arrow, combinations: Contrasts, first: int = 0) -> "Swept":
        """Those of combinations of the coordinates of one predictor, in which all levels have one baseline."""
        v, ((to, plus), (by, minus)) = bread.solved(combinations, first)
        known = np.unique(by[by != ABSENT])
        assert known.size <= 1
        base = int(known[0]) if known.size else None
        constant = (to == base) if base is not None else np.zeros(len(to), bool)
        own = np.full(len(bread.levels), ABSENT)
        there = np.flatnonzero((to != ABSENT) & np.logical_not(constant))
        own[to[there]] = there
        of_base = minus[:, 0] + np.where(constant, plus[:, 0], 0.0)
        return cls(np.column_stack([v, of_base]), np.where(constant, 0.0, plus[:, 0]), own, base, bread.outward[:, 0])

    def scaled(self, unit: Array) -> "Swept":
        """In units (k,)."""
        return self._replace(v=self.v / unit[:, None], plus=self.plus / unit)

    def rows(self, level: Index, size: Array, x: Array) -> Array:
        """u (n, Q)."""
        u = np.zeros((self.v.shape[1], len(x))).T
        u[:, :-1] = -self.outward[level] * size[:, None]
        u[:, : x.shape[1]] += x
        if self.base is not None:
            u[:, -1] = np.where(level == self.base, size, 0.0)
        return u

    @property
    def cheap(self) -> bool:
        """Whether sums of products of u are fewer than numbers of rows and coefficients."""
        wide = self.v.shape[1] * (self.v.shape[1] + 1) // 2
        return bool(wide**2 <= CHEAPER * len(self.v))

    @property
    def forms(self) -> Array:
        """f (k, F) with f_a z = (u v_a)^2 for the `products` z of u."""
        i, j = np.triu_indices(self.v.shape[1])
        return np.asarray(self.v[:, i] * self.v[:, j] * np.where(i == j, 1.0, 2.0))


def products(u: Array) -> Array:
    """z (F, n): the products of any two columns of u (n, Q)."""
    i, j = np.triu_indices(u.shape[1])
    return np.asarray(u.T[i] * u.T[j])


@record(frozen=True)
class Shared:
    """Sums over rows: `square` (F,) and `fourth` (F, F) of the products of u, and what rows have beyond for the coefficient of
    their level, `more` (2, k) to the second and fourth power; `alone` (k,). A commutative monoid under +."""

    square: Array
    fourth: Array
    more: Array
    alone: Mask

    @classmethod
    def of(cls, swept: Swept, level: Index, size: Array, x: Array, weight: Array, determined: Mask, small: float) -> "Shared":
        """Those of rows, sizes and columns times the root of their curvature. `determined`: rows of leverage 1; `small`: what may
        be passed over of a coefficient in its standard errors."""
        u = swept.rows(level, size, x)
        z = products(u)
        own, k = swept.own[level], len(swept.v)
        there = np.flatnonzero(own != ABSENT)
        mine = own[there]
        base = np.einsum("nq,nq->n", u[there], swept.v[mine])
        whole = base + size[there] * swept.plus[mine]
        more: Array = np.stack([np.bincount(mine, weight[there] * (whole**power - base**power), k) for power in (2, 4)])
        alone = np.zeros(k, bool)
        alone[mine[determined[there] & (np.abs(whole) > small)]] = True
        for row in np.flatnonzero(determined & (np.abs(u) @ np.abs(swept.v).max(axis=0) > small)).tolist():
            others = np.abs(swept.v @ u[row]) > small
            if own[row] != ABSENT:
                others[own[row]] = False
            alone |= others
        return cls(z @ weight, product(z * weight, z.T), more, alone)

    def __add__(self, other: "Shared") -> "Shared":
        return Shared(self.square + other.square, self.fourth + other.fourth, self.more + other.more, self.alone | other.alone)

    def influence(self, swept: Swept) -> Influence:
        """Sums of c^2 and c^4 of each coefficient."""
        forms = swept.forms
        fourth = np.einsum("kf,kf->k", product(forms, self.fourth), forms)
        return Influence(forms @ self.square + self.more[0], fourth + self.more[1])
