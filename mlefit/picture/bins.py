"""Bins along a column: equal counts of its order, or its values themselves where there are few."""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.picture.scene import Variable
from mlefit.records import record

VALUES = 12         # distinct values up to which they are the bins
LEAST = 10          # rows of a value that stands alone, or RARE of all rows
RARE = 1.0 / 200.0
FEW = 60            # rows below which bins are not shown
MOST = 20
PER_BIN = 50        # rows
MANY = 50           # sets of rows that are added up at once


@record(frozen=True, eq=False)
class Bins:
    """Rows in the order of k bins, where each begins, how many rows it has, and its centre (k,), a place among levels.

    `ordered`: whether the bins have an order; `values`: each bin is a value or level.
    """

    order: Index
    starts: Index
    sizes: Array
    centre: Array
    ordered: bool
    values: bool

    @property
    def number(self) -> int:
        """k."""
        return self.sizes.size

    @cached_property
    def place(self) -> Index:
        """The bin (n,) of each row."""
        found = np.empty(self.order.size, np.intp)
        found[self.order] = np.repeat(np.arange(self.number), self.sizes.astype(np.intp))
        return found

    def cuts(self, values: Array) -> Array:
        """Where the bins but the first begin (k - 1,) along the numbers (n,) that they were made of, whose order they have."""
        ordered = values[self.order]
        last, first = np.maximum.reduceat(ordered, self.starts)[:-1], np.minimum.reduceat(ordered, self.starts)[1:]
        return np.asarray(last / 2.0 + first / 2.0)

    def sums(self, rows: Array) -> Array:
        """Sums (..., k) of numbers of the rows (..., n) in each bin: of many sets by BLAS, whatever zeros it adds."""
        if rows.ndim == 1 or len(rows) < MANY:
            return np.add.reduceat(rows[..., self.order], self.starts, axis=-1)
        inside = np.zeros((self.number, self.order.size))
        inside[self.place, np.arange(self.order.size)] = 1.0
        return np.asarray(rows @ inside.T)

    def means(self, rows: Array) -> Array:
        """Means (..., k)."""
        return np.asarray(self.sums(rows) / self.sizes)

    def quantiles(self, rows: Array, shares: Array) -> Array:
        """The order statistics (q, k) of numbers of the rows (n,) nearest to these shares (q,), a partition for each bin."""
        ordered, ends = rows[self.order], [*self.starts[1:], rows.size]
        found = np.empty((shares.size, self.number))
        for j, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            places = np.rint(shares * (end - start - 1)).astype(np.intp)
            found[:, j] = np.partition(ordered[start:end], places)[places]
        return found


def bins(variable: Variable, most: int = MOST) -> Bins:
    """Those of a column: levels and few values as they are, rare values with a neighbour; else equal counts, ties together."""
    values = variable.values
    distinct, code, count = np.unique(values, return_inverse=True, return_counts=True)
    if variable.named or distinct.size <= VALUES:
        code, centre = _joined(code, distinct, count.astype(np.intp), merge=not variable.named)
        return _bins(code, centre, ordered=not variable.named, values=True)
    n = values.size
    k = int(np.clip(n // PER_BIN, 4, most)) if n >= FEW else max(2, n // 15)
    middle = np.cumsum(count) - count / 2.0
    each = np.minimum((middle * k / n).astype(np.intp), k - 1)      # of the values in their order
    each = np.cumsum(np.diff(each, prepend=each[0]) > 0)
    ends = np.cumsum(np.bincount(each, weights=count)).astype(np.intp)
    ordered, starts = np.repeat(distinct, count), np.append(0, ends[:-1])
    centre = (ordered[(starts + ends - 1) // 2] + ordered[(starts + ends) // 2]) / 2.0      # the medians
    return _bins(each[code], centre, ordered=True, values=False)


def _joined(code: Index, distinct: Array, count: Index, *, merge: bool) -> tuple[Index, Array]:
    """Values with too few rows joined to the smaller neighbour, and the centres of what they then are."""
    least = max(LEAST, RARE * code.size)
    groups = [[j] for j in range(distinct.size)]
    sizes = [float(one) for one in count]
    while merge and len(groups) > 2 and min(sizes) < least:
        j = int(np.argmin(sizes))
        other = j - 1 if j == len(groups) - 1 or (j > 0 and sizes[j - 1] < sizes[j + 1]) else j
        groups[other : other + 2] = [groups[other] + groups[other + 1]]
        sizes[other : other + 2] = [sizes[other] + sizes[other + 1]]
    table = np.empty(distinct.size, np.intp)
    for place, group in enumerate(groups):
        table[group] = place
    centre = np.array([float(np.average(distinct[group], weights=count[group])) for group in groups])
    return table[code], centre


def _bins(place: Index, centre: Array, *, ordered: bool, values: bool) -> Bins:
    order = np.argsort(place, kind="stable")
    sizes = np.bincount(place, minlength=centre.size)
    starts = np.cumsum(sizes) - sizes
    return Bins(order, starts.astype(np.intp), sizes.astype(np.float64), centre, ordered, values)
