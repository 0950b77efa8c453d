"""All rows of a fit by least squares: the F of added columns from sums over rows, where these are kept and more than the sample.

With C = [X, Z] and e the residuals, C'C, C'e and e'e are what the test of Z needs (added.py): sums over parts in a fixed tree.
"""

from collections.abc import Callable, Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.information.added import EXACT, NEW, Tested
from mlefit.information.reference import Look
from mlefit.information.working import RANK
from mlefit.records import record
from mlefit.rows.chunk import Chunk

WORK = 4e8      # multiplications, a tenth of a second


@record(frozen=True)
class Everywhere:
    """All `n` rows, and what each part of them is: its design, the columns (n, p) that were fitted, and residuals (n,)."""

    n: int
    rows: Execution
    parts: Callable[[Chunk], tuple[Array, Array, Array]]


@record(frozen=True)
class Sums:
    """C'C, C'e, e'e and how many rows; weighted."""

    square: Array
    score: Array
    left: float
    n: float

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.square + other.square, self.score + other.score, self.left + other.left, self.n + other.n)


def tests(everywhere: Everywhere, looks: Sequence[Look]) -> dict[int, Tested]:
    """The F of each look whose columns are made of numbers alone, by its place."""
    chosen = [k for k, look in enumerate(looks) if look.parts]
    while chosen and everywhere.n * sum(looks[k].columns.shape[1] for k in chosen) ** 2 > WORK:
        chosen.remove(max(chosen, key=lambda k: looks[k].columns.shape[1]))     # the widest is left to the sample
    if not chosen:
        return {}

    def sums(chunk: Chunk) -> Sums:
        design, x, e = everywhere.parts(chunk)
        z = [part.columns(design).T for k in chosen for part in looks[k].parts]
        columns = np.concatenate([x.T, *z])
        weighted = columns if chunk.weight is None else columns * chunk.weight
        own = e if chunk.weight is None else e * chunk.weight
        n = float(chunk.rows if chunk.weight is None else chunk.weight.sum())
        return Sums(weighted @ columns.T, columns @ own, float(own @ e), n)

    total = everywhere.rows.sum(sums)
    p = total.score.size - sum(looks[k].columns.shape[1] for k in chosen)
    values, vectors = np.linalg.eigh(total.square[:p, :p])
    kept = values > RANK * values.max(initial=0.0)
    taken = (total.square[p:, :p] @ vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    bracket = total.square[p:, p:] - taken @ total.square[:p, p:]
    score = total.score[p:] - taken @ total.score[:p]
    found, start = {}, 0
    for k in chosen:
        here = slice(start, start + looks[k].columns.shape[1])
        found[k] = _tested(bracket[here, here], np.diagonal(total.square)[p:][here], score[here], total, p)
        start = here.stop
    return found


def _tested(bracket: Array, own: Array, score: Array, total: Sums, p: int) -> Tested:
    from scipy.special import fdtrc

    unit = np.sqrt(np.where(own > 0.0, own, 1.0))
    values, vectors = np.linalg.eigh(bracket / np.outer(unit, unit))
    kept = values > NEW
    explained = float(np.sum((vectors[:, kept].T @ (score / unit)) ** 2 / values[kept]))
    df = int(kept.sum())
    rest = total.n - p - df
    if not df or rest <= 0.0 or total.left <= 0.0:
        return Tested(0.0, 0, 1.0)
    left = max(total.left - explained, EXACT * total.left)
    return Tested(explained / total.left * total.n, df, float(fdtrc(df, rest, explained / df / (left / rest))))
