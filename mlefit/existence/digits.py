"""Digits of the design: how many digits a column has of its own beside the others, before anything is fitted to them.

Sums of squares of a column are known to the rounding of its largest values. What is left of column j once the others have
explained what they can, of standard deviation s_j.rest, is known to

    lost_j = u max|x_j - mean_j| / s_j.rest,    u = 2^-53, the rounding of one operation

of itself: 1 / lost_j digits of a coefficient can be right, no matter how small any certificate says that the distance to the
optimum is. One value of 1e17 among values near 1, beside an indicator of its row, leaves none. It is the column with the huge
value that has lost its digits, not the indicator, although each of them determines the other.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.existence.rank import Geometry, geometry
from mlefit.sums.lapack import inverted
from mlefit.sums.triangle import Triangle

UNIT = 2.0**-53
DOUBTFUL = 1e-6     # a column that loses more is named
NOTHING = 1e-2      # a column that loses more has nothing to say
PART = 0.1          # of the largest part that another column has in it: such columns are named
ROWWISE = 128.0 * UNIT      # of what a row is made of, times the root of the number of rows: more than rounding is left of it
ROWS = 2000         # of the sample, for that


class Digits(NamedTuple):
    """`lost` of the kept columns (k,), and for those that lose more than DOUBTFUL the columns that say the rest of them."""

    lost: Array
    others: dict[int, tuple[int, ...]]


def digits(shape: Geometry, low: Array, high: Array, intercept: bool) -> Digits:
    """`low` and `high` (p,): the least and largest encoded value of each column."""
    kept = list(shape.kept)
    inverse = inverted(shape.r)
    own = np.square(inverse).sum(axis=1)        # the diagonal of (X'X)^-1
    centre = shape.r[0] / shape.r[0, 0] if intercept else np.zeros(len(kept))
    spread = np.maximum(high[kept] - centre, centre - low[kept])
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = UNIT * spread * np.sqrt(shape.n * own)
    head = int(intercept)
    lost[:head] = 0.0
    others = {}
    for j in np.flatnonzero(lost > DOUBTFUL):
        part = np.abs(inverse[head:] @ inverse[j] / own[j]) * spread[head:]
        part[j - head] = 0.0
        others[kept[j]] = tuple(kept[head + k] for k in np.flatnonzero(part > PART * part.max(initial=0.0)))
    return Digits(lost, others)


class Design(NamedTuple):
    """What sums over all rows tell of a design, as `geometry` takes it, with extents, and a `sample` (n, p) of its rows.

    `centre` and `scale` (p,): how the columns were encoded. `columns`: those of the design among all p, its constant first.
    """

    triangle: Array
    n: float
    magnitude: Array
    response: bool
    intercept: bool
    low: Array
    high: Array
    centre: Array
    scale: Array
    sample: Array
    columns: tuple[int, ...]

    def geometry(self) -> Geometry:
        """The geometry, in which columns without digits beyond others are aliased as well, by those."""
        shape, silent = self._without(()), dict[int, tuple[int, ...]]()
        while (worst := self._worst(shape, tuple(silent))) is not None:
            place, others = worst
            silent[place] = others
            shape = self._without(tuple(silent))
        return shape._replace(aliased={**shape.aliased, **silent}, silent=frozenset(silent))

    def _without(self, silent: tuple[int, ...]) -> Geometry:
        """The geometry without some columns."""
        columns = [j for j in self.columns if j not in silent]
        left = [*columns, self.triangle.shape[1] - 1] if self.response else columns
        if left == list(range(self.triangle.shape[1])):
            return geometry(self.triangle, self.n, self.magnitude, self.response)
        reduced = Triangle.of(self.triangle[:, left]).r
        found = geometry(reduced, self.n, self.magnitude[columns], self.response)
        return found._replace(
            kept=tuple(columns[j] for j in found.kept),
            aliased={columns[j]: tuple(columns[k] for k in others) for j, others in found.aliased.items()},
        )

    def _worst(self, shape: Geometry, silent: tuple[int, ...]) -> tuple[int, tuple[int, ...]] | None:
        """The column of largest spread that carries no digits beyond others, with those; None where there is none."""
        found = digits(shape, self.low, self.high, self.intercept)
        suspects = {place: found.others[place] for place, lost in zip(shape.kept, found.lost, strict=True) if lost > NOTHING}
        for place, others in shape.aliased.items():
            causes = tuple(k for k in others if not (self.intercept and k == self.columns[0]))
            if causes and not self._dependent(place, others):
                suspects[place] = causes
                for cause in causes:        # each determines the other: whichever has the huge values has lost its digits
                    suspects.setdefault(cause, tuple(k for k in (*causes, place) if k != cause))
        if not suspects:
            return None
        spread = (self.high - self.low) * self.scale
        worst = max(suspects, key=lambda place: float(spread[place]))
        return worst, suspects[worst]

    def _dependent(self, place: int, others: tuple[int, ...]) -> bool:
        """Whether a column is a combination of others in every row of the sample, but for the rounding of that row."""
        columns = [*others, place]
        x = self.sample[: max(ROWS, 4 * len(columns)), columns]
        sizes = np.abs(x).max(axis=0)
        x = x / np.where(sizes > 0.0, sizes, 1.0)
        c = np.append(np.linalg.lstsq(x[:, :-1], x[:, -1], rcond=None)[0], -1.0)
        away = np.abs(self.centre[columns] / self.scale[columns]) / np.where(sizes > 0.0, sizes, 1.0)
        size = (np.abs(x) + away) @ np.abs(c)       # what a row is made of, its distance from the origin with it
        return bool((np.abs(x @ c) <= ROWWISE * np.sqrt(len(x)) * size).all())
