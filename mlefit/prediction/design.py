"""Design: the encoded columns of new rows, in which a factor of many levels has a level for each row and no columns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Index, block
from mlefit.design.complete import Used
from mlefit.design.indexing import longest
from mlefit.records import record
from mlefit.saved.model import Saved


@record(frozen=True)
class Design:
    """The table `x` (k, d) of the columns that there are. Of a factor without columns: its places from `first` to `last` among all
    p, and `level` (k,), the place of a row's level, from 0 at `first`; -1 for the baseline."""

    x: Array
    first: int = 0
    last: int = 0
    level: Index | None = None

    @classmethod
    def of(cls, saved: Saved, used: Used) -> "Design":
        """Those of the rows that count."""
        predictors, scaling = saved.predictors, saved.encoding.scaling
        factor = longest(predictors)
        if factor is None:
            x = block(used.rows.size, predictors.width)
            if used.rows.size:
                predictors.encode(used, scaling, x)
            return cls(x)
        terms = list(predictors.terms)
        before = next(k for k, term in enumerate(terms) if term.factors == (factor,))
        first = int(predictors.intercept) + sum(term.width for term in terms[:before])
        last = first + factor.width
        kept = [*range(first), *range(last, predictors.width)]
        indexed, x = replace(predictors, indexed=factor), block(used.rows.size, len(kept))
        if not used.rows.size:
            return cls(x, first, last, np.zeros(0, np.intp))
        indexed.encode(used, scaling._replace(centre=scaling.centre[kept], scale=scaling.scale[kept]), x)
        shown = np.cumsum([level != factor.baseline for level in factor.levels or ()]) - 1
        if factor.baseline is not None:
            shown[(factor.levels or ()).index(factor.baseline)] = -1
        return cls(x, first, last, shown[factor.index(used.batch, used.keep)[used.rows]])

    @property
    def rows(self) -> int:
        """k."""
        return int(self.x.shape[0])

    def summed(self, places: Sequence[int], coefficients: Array) -> Array:
        """Columns at `places` times coefficients (k,), one after the other: the bits of a row do not depend on its neighbours."""
        total, levels = np.zeros(self.rows), np.zeros(self.last - self.first + 1)       # the last is the baseline's
        for place, coefficient in zip(places, coefficients, strict=True):
            if self.first <= place < self.last:
                levels[place - self.first] = coefficient
            else:
                total += self.x[:, self._column(place)] * coefficient
        return total if self.level is None else total + levels[self.level]

    def times(self, places: Sequence[int], matrix: Array) -> Array:
        """Columns at `places` times a matrix (r, d): (k, d), in an order that the number of rows does not change."""
        own = [number for number, place in enumerate(places) if not self.first <= place < self.last]
        x = self.x[:, [self._column(places[number]) for number in own]]
        found = np.asarray(np.einsum("ij,jk->ik", x, matrix[own]))
        if self.level is None:
            return found
        levels = np.zeros((self.last - self.first + 1, matrix.shape[1]))
        for number, place in enumerate(places):
            if self.first <= place < self.last:
                levels[place - self.first] = matrix[number]
        return np.asarray(found + levels[self.level])

    def part(self, places: slice) -> Array:
        """Columns of a term that is not the factor."""
        return self.x[:, self._column(places.start) : self._column(places.stop - 1) + 1]

    def _column(self, place: int) -> int:
        """Where in the table a place is."""
        return place if place < self.first or self.level is None else place - (self.last - self.first)
