"""Order statistics of all rows, by sums over rows: those nearest to 0, and the quartiles."""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.records import record
from mlefit.rows.chunk import Chunk

Values = Callable[[Chunk], Array]
KEPT = 1 << 16      # values that are looked at one by one


@record(frozen=True)
class Nearest:
    """The `most` values of least size, a row of weight k standing for k of them; in the order of their size."""

    most: int
    r: Array

    @classmethod
    def of(cls, r: Array, weight: Array | None, most: int) -> "Nearest":
        """Those of some rows."""
        if weight is None:
            return cls(most, r)._cut()
        order = np.lexsort((r, np.abs(r)))[:most]
        return cls(most, np.repeat(r[order], np.minimum(np.rint(weight[order]), most).astype(np.intp)))._cut()

    def __add__(self, other: "Nearest") -> "Nearest":
        return Nearest(self.most, np.concatenate([self.r, other.r]))._cut()

    def _cut(self) -> "Nearest":
        return Nearest(self.most, self.r[np.lexsort((self.r, np.abs(self.r)))[: self.most]])


def quartiles(values: Values, rows: Execution, n: float) -> tuple[float, float]:
    """The quartiles of n values as R has them: between the order statistics at 1 + (n - 1) p."""
    found = []
    for p in (0.25, 0.75):
        place = (n - 1.0) * p
        low, part = int(np.floor(place)), place - np.floor(place)
        first = _ordered(values, rows, low)
        second = first if part == 0.0 else _ordered(values, rows, low + 1)
        found.append(first + part * (second - first))
    return found[0], found[1]


def _ordered(values: Values, rows: Execution, rank: int) -> float:
    """The value with `rank` values before it: the interval that it is in is halved until few are left."""
    ends = rows.sum(lambda chunk: _Ends.of(values(chunk)))
    low, high = ends.low, ends.high
    while True:
        inside = rows.sum(lambda chunk: _Counted.of(values(chunk), chunk.weight, low, high))  # noqa: B023 - consumed here
        middle = low + 0.5 * (high - low)
        if inside.kept is not None or not low < middle < high:
            kept = np.sort(np.empty(0) if inside.kept is None else inside.kept)
            return float(kept[rank - round(inside.before)]) if kept.size else low
        below = rows.sum(lambda chunk: _Counted.of(values(chunk), chunk.weight, -np.inf, middle))  # noqa: B023
        low, high = (low, middle) if below.before + below.inside > rank else (np.nextafter(middle, np.inf), high)


@record(frozen=True)
class _Ends:
    low: float
    high: float

    @classmethod
    def of(cls, r: Array) -> "_Ends":
        return cls(float(r.min(initial=np.inf)), float(r.max(initial=-np.inf)))

    def __add__(self, other: "_Ends") -> "_Ends":
        return _Ends(min(self.low, other.low), max(self.high, other.high))


@record(frozen=True)
class _Counted:
    """How many values are before `low`, how many from there to `high`, and these, if they are not more than KEPT."""

    before: float
    inside: float
    kept: Array | None

    @classmethod
    def of(cls, r: Array, weight: Array | None, low: float, high: float) -> "_Counted":
        w = np.ones(r.size) if weight is None else weight
        within = (r >= low) & (r <= high)
        return cls(float(w[r < low].sum()), float(w[within].sum()), np.repeat(r[within], np.rint(w[within]).astype(np.intp)))._cut()

    def __add__(self, other: "_Counted") -> "_Counted":
        both = None if self.kept is None or other.kept is None else np.concatenate([self.kept, other.kept])
        return _Counted(self.before + other.before, self.inside + other.inside, both)._cut()

    def _cut(self) -> "_Counted":
        return self if self.kept is None or self.kept.size <= KEPT else _Counted(self.before, self.inside, None)
