"""Bends: columns that the mean might lack, learnt from the first rows: squares, splines and products of the numbers of a design.

They are made of encoded rows as these pass by, so that their test is one of all rows, or of millions (`sums/border.py`). A constant
and the columns themselves are in the model, so that neither centres nor units of the encoding matter; knots do,
and whoever has seen more rows than the first ones asks how well they `serve`.

Single precision, in which products take half the time, is enough for a test whose statistic chance moves by 1: the columns are
their own, rounded or not, and the response is told less a fit to the first rows, so that it is no larger than chance.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.encode import Columns, Encoded
from mlefit.design.predictors import Predictors
from mlefit.design.scaling import Scaling
from mlefit.errors import InBlockError
from mlefit.source.batch import Batch
from mlefit.sums.border import Border
from mlefit.sums.tally import tree_sum

KNOTS = (0.1, 0.5, 0.9)     # Harrell's quantiles for three knots
BENT_FROM = 7           # distinct values among the first rows; below, a number is a code
MANY = 8                # numbers from which those of the largest |t| have splines and products
MOST_COLUMNS = 500      # of the design, beyond which nothing is made of it
WIDE, EACH = 200, 10    # columns from which the first fit is one of so many rows for each
MOST_LEVELS = 64        # of a factor that is multiplied with numbers
HEAD = 20_000           # of the first rows that are learnt from
SHARE = 300.0           # a block of c columns beside k costs c^2 + 2 c k: SHARE times k at most, a part of reading k cells
ROWS = 8192             # that are multiplied at once: their columns stay in the second-level cache
SERVES = 0.1            # of the rows between two neighbouring knots at least, of which two fifths are expected


class Bends(NamedTuple):
    """`bent`: places of the design columns that are squared; `curved`: of those with linear splines, (x - t)+ for each of the
    `knots` t (3, s); `pairs` (2, q): places of the products. `guess` (p,): coefficients of the first rows."""

    bent: tuple[int, ...]
    curved: tuple[int, ...]
    knots: Array
    pairs: np.ndarray
    guess: Array

    @classmethod
    def of(cls, columns: Columns, scaling: Scaling, head: Batch) -> "Bends | None":
        """Those of a design, learnt from the first rows of a table; None where there are none to make."""
        predictors = columns.predictors
        if predictors.indexed is not None or not head.rows or predictors.columns_wide > MOST_COLUMNS:
            return None
        try:
            used, _ = columns.used(head.part(0, min(head.rows, HEAD)))
            return cls.learnt(predictors, Encoded.of(columns, scaling, used).table)
        except InBlockError:    # the pass over all rows says what is wrong
            return None

    @classmethod
    def learnt(cls, predictors: Predictors, table: Array) -> "Bends | None":
        """Those of encoded rows (n, p + 1), the response last."""
        if predictors.columns_wide > MOST_COLUMNS or len(table) <= table.shape[1]:
            return None
        numbers, coded, place = list[tuple[str, int]](), list[tuple[str, range]](), int(predictors.intercept)
        for term in predictors.columned:
            own = range(place, place + term.width)
            if len(term.factors) == 1 and term.factors[0].coded:
                coded += [(term.text, own)] if len(own) < MOST_LEVELS else []
            else:
                numbers += [(term.text, j) for j in own if np.ptp(table[:, j]) > 0.0]
            place += term.width
        most = int(np.sqrt(table.shape[1] ** 2 + SHARE * table.shape[1])) - table.shape[1]
        bent = [j for _, j in sorted(numbers) if np.unique(table[:, j]).size >= BENT_FROM][:most]
        guess, t = _fitted(table)
        chosen = sorted(numbers if len(numbers) <= MANY else sorted(numbers, key=lambda one: -float(t[one[1]]))[:MANY])
        knots = {j: np.unique(np.quantile(table[:, j], KNOTS)) for _, j in chosen if j in bent}
        curved = [j for j, found in knots.items() if found.size == len(KNOTS)][: most // len(KNOTS)]
        pairs = _pairs(chosen, coded, most)
        if not bent and not pairs:
            return None
        return cls(tuple(bent), tuple(curved), np.array([knots[j] for j in curved]).reshape(-1, len(KNOTS)).T,
                   np.array(pairs, dtype=np.intp).reshape(-1, 2).T, guess)

    @property
    def blocks(self) -> tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]:
        """Their kinds and, of each column, the places in the design that it is made of; kinds without columns are left out."""
        splines = tuple((j,) for j in self.curved for _ in KNOTS)
        products = tuple((int(a), int(b)) for a, b in self.pairs.T)
        found = (("squares", tuple((j,) for j in self.bent)), ("splines", splines), ("products", products))
        return tuple((kind, places) for kind, places in found if places)

    @property
    def most(self) -> int:
        """Columns of the largest block."""
        return max(len(places) for _, places in self.blocks)

    def columns(self, table: Array) -> list[Array]:
        """The blocks (c, n) of rows, from their encoded design (p, n), one variable after the other."""
        room = np.empty((sum(self._sizes), table.shape[1]), table.dtype)
        self._fill(table, room)
        return self._blocks(room)

    @property
    def _sizes(self) -> tuple[int, int, int]:
        return len(self.bent), self.knots.size, self.pairs.shape[1]

    def _blocks(self, columns: np.ndarray) -> list[np.ndarray]:
        squares, splines, _ = self._sizes
        return [block for block in np.split(columns, [squares, squares + splines]) if len(block)]

    def _fill(self, table: np.ndarray, room: np.ndarray) -> None:
        """Make the columns in memory that is there: to allocate it for each few rows takes longer than the arithmetic."""
        squares, splines, _ = self._sizes
        for j, column in zip(self.bent, room, strict=False):
            np.multiply(table[j], table[j], out=column)
        for k, (j, own) in enumerate(zip(self.curved, self.knots.T.astype(table.dtype), strict=True)):
            here = room[squares + k * len(own) :][: len(own)]
            np.subtract(table[j], own[:, None], out=here)
            np.maximum(here, 0.0, out=here)
        for at, a, others in self._factors:
            np.multiply(table[a], table[others], out=room[squares + splines + at :][: others.stop - others.start])

    @property
    def _factors(self) -> list[tuple[int, int, slice]]:
        """The products in runs: the first of each, the column that they share, and the others, which are neighbours."""
        found: list[tuple[int, int, slice]] = []
        for at, (a, b) in enumerate(self.pairs.T.tolist()):
            if found and found[-1][1] == a and found[-1][2].stop == b:
                found[-1] = (*found[-1][:2], slice(found[-1][2].start, b + 1))
            else:
                found.append((at, a, slice(b, b + 1)))
        return found

    def border(self, table: Array, weight: Array | None) -> Border:
        """The sums over the rows of an encoded table (n, p + 1), the response last, of which the guess is taken."""
        def beside(rows: slice) -> np.ndarray:
            known = table.T[:, rows]
            found = known.astype(np.float32)
            found[-1] = known[-1] - self.guess @ known[:-1]
            return found if weight is None else found * weight[rows].astype(np.float32)

        return self.sums(table[:, :-1], beside, weight)

    def sums(self, design: Array, beside: Callable[[slice], np.ndarray], weight: Array | None) -> Border:
        """Those of the columns of an encoded design (n, p): with others, `beside` (k, r) of some r of the rows, and, weighted,
        with themselves."""
        room = np.empty((sum(self._sizes), min(ROWS, len(design))), np.float32)

        def part(start: int) -> Border:
            here = slice(start, min(start + ROWS, len(design)))
            made = room[:, : here.stop - start]
            self._fill(design.T[:, here].astype(np.float32), made)
            own = None if weight is None else weight[here].astype(np.float32)
            return Border.of(made, self._blocks(made), beside(here), own)

        with np.errstate(over="ignore", invalid="ignore"):      # units that do not suit: another pass mends them
            return tree_sum(map(part, range(0, len(design), ROWS)))

    def serve(self, design: Array) -> bool:
        """Whether each two neighbouring knots have rows of this sample (n, p) between them."""
        for j, knots in zip(self.curved, self.knots.T, strict=True):
            x = design[:, j]
            above = [np.count_nonzero(x > knot) for knot in knots]
            if -np.max(np.diff(above)) < SERVES * len(design):
                return False
        return True


def _fitted(table: Array) -> tuple[Array, Array]:
    """Coefficients (p,) of the first rows, and as many |t|, in units of the errors."""
    p = table.shape[1] - 1
    rows = table if p <= WIDE else table[: EACH * p]
    x, y = rows[:, :-1], rows[:, -1]
    inverse = np.linalg.pinv(x.T @ x, hermitian=True)
    b = inverse @ (x.T @ y)
    return b, np.abs(b) / np.sqrt(np.maximum(np.diagonal(inverse), np.finfo(float).tiny))


def _pairs(numbers: Sequence[tuple[str, int]], coded: Sequence[tuple[str, range]], most: int) -> list[tuple[int, int]]:
    """Products of two numbers, and of a number with the levels of a factor, in the order of their names."""
    terms = [(name, range(j, j + 1), False) for name, j in numbers] + [(name, own, True) for name, own in coded]
    terms.sort(key=itemgetter(0))       # the columns of one polynomial have one name
    found: list[tuple[int, int]] = []
    for at, (_, own, levels) in enumerate(terms):
        for _, other, also in terms[at + 1 :]:
            pairs = [] if levels and also else [(a, b) for a in own for b in other]
            if len(found) + len(pairs) > most:
                return found
            found += pairs
    return found
