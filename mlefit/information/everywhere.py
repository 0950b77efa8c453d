"""All rows of a fit by least squares: the F of added columns from sums that were taken as the rows passed by (design/bends.py).
Of very many rows it is the F of a regression in a part of them, whose triangle was taken apart.

With R the triangle of the design and Q'y the response in its coordinates, a block Z is tested by

    T = u'(Z'Z - A A')^- u n / |e|^2,   A = Z'X R^-1,   u = Z'e,   (T / df) / ((n - T) / (n - p - df)) an F

so that no sum of squares of residuals is wanted, and rows need not be kept. With b0 a guess of the coefficients b = R^-1 Q'y,

    u = Z'(y - X b0) + Z'X (b0 - b),

in which no sum is much larger than its error if the guess is good; the sums are of single precision.

Of other laws e are scores and all sums but Z'e weighted with their expected squares (scored.py): then |e|^2 is n.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.design.bends import Bends
from mlefit.existence.rank import Geometry, geometry
from mlefit.information.added import EXACT, SINGLE, Tested, of_least_squares, statistic
from mlefit.information.reference import Look
from mlefit.records import record
from mlefit.sums.border import Border
from mlefit.sums.lapack import triangular

GUESSED = 1e4       # times the squares of the errors that those of a guess may be


@record(frozen=True)
class Whole:
    """Some added columns: what is left of their Z'Z beside the design (c, c), its diagonal before, and their scores (c,), of
    `n` rows, to which a design of rank `p` was fitted that left the sum of squares `left`."""

    bracket: Array
    own: Array
    score: Array
    n: float
    p: int
    left: float

    @property
    def rows(self) -> int:
        """How many they are, or what they weigh."""
        return round(self.n)

    def test(self, chosen: np.ndarray) -> Tested:
        """The F of some of the columns, by their numbers."""
        if self.left <= 0.0:
            return Tested(0.0, 0, 1.0)
        explained, df = statistic(self.bracket[np.ix_(chosen, chosen)], self.own[chosen], self.score[chosen], SINGLE)
        found = explained / self.left * self.n
        return Tested(found, df, of_least_squares(found, df, self.n, self.p))

    def gain(self, tested: Tested) -> tuple[float, int, int]:
        """What such columns gain per row, log(|e|^2 / what they leave) / 2 in nats; their number, and that of the rows."""
        return -0.5 * float(np.log1p(-min(tested.statistic / self.n, 1.0 - EXACT))), tested.df, self.rows


@record(frozen=True)
class Everywhere:
    """Sums over all rows of what `bends` adds to a design whose columns `kept` are fitted; `names` (p,) of the terms of all.

    Of `across` in the border the columns `fitted` are those of the parameters, whose information is R'R with R the `root`, and
    `combined` (q,) of all columns are the scores. `n` rows leave the sum of squares `left`.
    """

    bends: Bends
    border: Border
    names: Sequence[str | None]
    kept: tuple[int, ...]
    fitted: tuple[int, ...]
    root: Array
    combined: Array
    n: float
    left: float

    @classmethod
    def of_least_squares(cls, bends: Bends, border: Border, shape: Geometry, names: Sequence[str | None]) -> "Everywhere | None":
        """From the geometry of the design in these rows; None where the first rows told too little of b."""
        assert shape.y is not None
        kept, (*response, left) = list(shape.kept), shape.y
        away = bends.guess.copy()
        away[kept] -= triangular(shape.r, np.array(response))
        apart = shape.r @ away[kept]
        if apart @ apart > GUESSED * left**2:
            return None
        return cls(bends, border, names, shape.kept, shape.kept, shape.r, np.append(away, 1.0), shape.n, float(left) ** 2)

    def looks(self, design: Array) -> list[Look]:
        """What is looked at in all rows, with the columns (n, c) that some of them have, whose encoded design (n, r) is that
        of the columns kept."""
        table = np.zeros((len(self.names), len(design)))
        table[list(self.kept)] = design.T
        served, start, found = self.bends.serve(table.T), 0, []
        for (kind, places), columns, square in zip(self.bends.blocks, self.bends.columns(table), self.border.squares, strict=True):
            here = range(start, start + len(places))
            start = here.stop
            known = [k for k, own in enumerate(places) if set(own) <= set(self.kept)]
            if not known or (kind == "splines" and not served):
                continue
            names = tuple(" x ".join(sorted(str(self.names[j]) for j in places[k])) for k in known)
            across = self.border.across[[here[k] for k in known]]
            if not (np.isfinite(across).all() and np.isfinite(square).all()):
                continue
            own = columns if len(known) == len(columns) else columns[known]
            found.append(Look(kind, own.T, names, self._whole(across, square[np.ix_(known, known)])))
        return found

    def _whole(self, across: Array, square: Array) -> Whole:
        taken = triangular(self.root, across[:, list(self.fitted)].T, transposed=True).T
        return Whole(square - taken @ taken.T, np.diagonal(square), across @ self.combined, self.n, len(self.fitted), self.left)


def in_part(triangle: Array, n: float, shape: Geometry, magnitude: Array) -> Geometry | None:
    """The geometry of the columns kept in `n` of the rows, with their triangle; None where they tell less of these than all do."""
    chosen = np.asarray(np.linalg.qr(triangle[:, [*shape.kept, -1]], mode="r"))
    found = geometry(chosen, n, magnitude[list(shape.kept)], response=True)
    return None if found.aliased else found._replace(kept=shape.kept)
