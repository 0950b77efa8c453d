"""Looked up: z H^-1 z' of rows with levels of several factors, without their rows of zeros and ones.

With s_g the element of a row at its level g of the largest factor, and u_h, e_g the coordinates of the indicators of its levels h
of the others and of their shares (`crossing`), H the arrow of D, B and S, and W the inverse of its Schur complement,

    z H^-1 z' = s_g^2 / D_g + v W v',    v = p_g - (u_h, 0) - (0, x),    p_g = s_g B_g / D_g + (e_g, 0)

and all products but those with x are of a level, or of two.
"""


import numpy as np

from mlefit.arrays import Array, product
from mlefit.mean.leveled import Leveled
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.lapack import triangular


@record(frozen=True, eq=False)
class LookedUp:
    """`own` (L,) of levels of the largest factor, `pairs` (L, E + 1) and `among` (E + 1, E + 1) with and between those of the
    others, `by_level` (L, d) and `by_other` (E + 1, d) with columns, and `columns` (d, d). Where a row has none, E, all is 0."""

    own: Array
    pairs: Array
    among: Array
    by_level: Array
    by_other: Array
    columns: Array

    @classmethod
    def of(cls, curvature: Arrow, leveled: Leveled) -> "LookedUp":
        """Those of one predictor."""
        assert leveled.crossing is not None
        e, q, scale = leveled.count, leveled.columns.rank, 1.0 / leveled.scale
        unit = triangular(leveled.of_codes, np.eye(e), transposed=True).T       # u (E, E)
        whole = curvature.complement_inverse
        weights = whole[:q, :q]
        p = curvature.outward[:, 0] * scale[:, None]
        p[:, :e] += product(leveled.crossing.share, unit)
        moved = product(p, whole)
        square = np.einsum("gj,gj->g", moved, p)
        others = product(unit, weights[:e])
        among = _padded(_padded(product(others[:, :e], unit.T), 1), 0)
        return cls(square + np.square(scale) * curvature.level_inverse, _padded(product(moved[:, :e], unit.T), 1), among,
                   moved[:, e:q], _padded(others[:, e:], 0), weights[e:, e:])

    def squares(self, rows: Chunk, x: Array) -> Array:
        """z H^-1 z' (n, 1, 1) of prepared rows, with their columns (n, d)."""
        assert rows.level is not None
        assert rows.crossed is not None
        level, others = rows.level, rows.crossed.T
        along = -self.by_level[level]
        found = self.own[level]
        for other in others:
            along += self.by_other[other]
            found = found - 2.0 * self.pairs[level, other]
            for second in others:
                found += self.among[other, second]
        found += np.einsum("ij,ij->i", product(x, self.columns) + 2.0 * along, x)
        return found[:, None, None]


def _padded(table: Array, axis: int) -> Array:
    """With a row or column of zeros at the end."""
    return np.pad(table, [(0, int(axis == 0)), (0, int(axis == 1))])
