"""All rows of a fit by least squares: the F of added columns from sums that were taken as the rows passed by (design/bends.py).

With R the triangle of the design and Q'y the response in its coordinates, a block Z is tested by

    T = u'(Z'Z - A A')^- u n / |e|^2,   A = Z'X R^-1,   u = Z'e,   (T / df) / ((n - T) / (n - p - df)) an F

so that no sum of squares of residuals is wanted, and rows need not be kept. With b0 a guess of the coefficients b = R^-1 Q'y,

    u = Z'(y - X b0) + Z'X (b0 - b),

in which no sum is much larger than its error if the guess is good; the sums are of single precision.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.design.bends import Bends
from mlefit.existence.rank import Geometry
from mlefit.information.added import EXACT, Tested, of_least_squares, statistic
from mlefit.information.reference import Look
from mlefit.records import record
from mlefit.sums.border import Border
from mlefit.sums.lapack import triangular

SINGLE = 1e-5       # share of a column's squares that must be new, of sums whose rounding is 1e-7 of it
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

    def test(self, chosen: np.ndarray) -> Tested:
        """The F of some of the columns, by their numbers."""
        if self.left <= 0.0:
            return Tested(0.0, 0, 1.0)
        explained, df = statistic(self.bracket[np.ix_(chosen, chosen)], self.own[chosen], self.score[chosen], SINGLE)
        found = explained / self.left * self.n
        return Tested(found, df, of_least_squares(found, df, self.n, self.p))

    def gain(self, tested: Tested) -> tuple[float, int, int]:
        """What such columns gain per row, log(|e|^2 / what they leave) / 2 in nats; their number, and that of the rows."""
        return -0.5 * float(np.log1p(-min(tested.statistic / self.n, 1.0 - EXACT))), tested.df, round(self.n)


@record(frozen=True)
class Everywhere:
    """Sums over all rows of what `bends` adds to the columns `kept` of the design; `names` (p,) of the terms of all columns."""

    bends: Bends
    border: Border
    shape: Geometry
    names: Sequence[str | None]

    def looks(self, design: Array) -> list[Look]:
        """What is looked at in all rows, with the columns (n, c) that some of them have, whose encoded design (n, r) is that
        of the columns kept."""
        table = np.zeros((len(self.names), len(design)))
        table[list(self.shape.kept)] = design.T
        known_y = self._known()
        if known_y is None:
            return []
        away, left = known_y
        served, start, found = self.bends.serve(table.T), 0, []
        for (kind, places), columns, square in zip(self.bends.blocks, self.bends.columns(table), self.border.squares, strict=True):
            here = range(start, start + len(places))
            start = here.stop
            known = [k for k, own in enumerate(places) if set(own) <= set(self.shape.kept)]
            if not known or (kind == "splines" and not served):
                continue
            names = tuple(" x ".join(sorted(str(self.names[j]) for j in places[k])) for k in known)
            across = self.border.across[[here[k] for k in known]]
            if not (np.isfinite(across).all() and np.isfinite(square).all()):
                continue
            own = columns if len(known) == len(columns) else columns[known]
            found.append(Look(kind, own.T, names, self._whole(across, square[np.ix_(known, known)], away, left)))
        return found

    def _known(self) -> tuple[Array, float] | None:
        """b0 - b (p,) and |e|^2; None where the first rows told too little of b."""
        assert self.shape.y is not None
        kept, (*response, left) = list(self.shape.kept), self.shape.y
        away = self.bends.guess.copy()
        away[kept] -= triangular(self.shape.r, np.array(response))
        apart = self.shape.r @ away[kept]
        return (away, float(left) ** 2) if apart @ apart <= GUESSED * left**2 else None

    def _whole(self, across: Array, square: Array, away: Array, left: float) -> Whole:
        taken = triangular(self.shape.r, across[:, list(self.shape.kept)].T, transposed=True).T
        return Whole(square - taken @ taken.T, np.diagonal(square), across[:, -1] + across[:, :-1] @ away, self.shape.n,
                     len(self.shape.kept), left)
