"""All rows of a fit by least squares: the F of added columns from sums that were taken as the rows passed by (design/bends.py).

With R the triangle of the design and Q'y the response in its coordinates, a block Z is tested by

    T = u'(Z'Z - A A')^- u n / |e|^2,   A = Z'X R^-1,   u = Z'y - A Q'y,   (T / df) / ((n - T) / (n - p - df)) an F

so that no sum of squares of residuals is wanted, and rows need not be kept.
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
        explained, df = statistic(self.bracket[np.ix_(chosen, chosen)], self.own[chosen], self.score[chosen])
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
            found.append(Look(kind, columns[known].T, names, self._whole(across, square[np.ix_(known, known)])))
        return found

    def _whole(self, across: Array, square: Array) -> Whole:
        assert self.shape.y is not None
        taken = triangular(self.shape.r, across[:, list(self.shape.kept)].T, transposed=True).T
        *response, left = self.shape.y
        return Whole(square - taken @ taken.T, np.diagonal(square), across[:, -1] - taken @ np.array(response), self.shape.n,
                     len(self.shape.kept), float(left) ** 2)
