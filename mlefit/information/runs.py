"""Runs: whether neighbours along a predictor err in the same direction, which no curve of a few columns need show.

Rows sorted by the predictor, e_i their Pearson residuals and q_i what fitting takes of them, t_i = e_i'e_(i+1):

    z = (sum t_i - E) / (sum t_i^2)^(1/2),   E = -s^2 sum_i tr q_i'q_(i+1),   one-sided

Rows of one value stand in an order drawn from the seed. A measurement and its copy (a count of rows, a row twice) are no two rows
that err alike, and no pair. Of many columns q the trace is estimated (Hutchinson 1990): with v of
random signs, E (q_i'v)(q_(i+1)'v) is q_i'q_(i+1), and PROBES of them leave an error of z far below its own spread of 1.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.execution.threads import each
from mlefit.information.arranged import Arranged
from mlefit.information.working import Working

ENOUGH = 25     # rows beyond the parameters from which z is normal enough
TOGETHER = 64   # predictors that a thread looks at before the next ones
PROBES = 64     # sd of the error of z: at most (2 r / (PROBES n))^(1/2) for r columns, and that only if all run with the predictor


class Runs:
    """Judges rows in the order of one predictor after the other."""

    def __init__(self, rows: Working, seed: int) -> None:
        rng = np.random.default_rng([seed, rows.n, 2])
        self.residuals = rows.residuals
        self.shuffled = np.argsort(rng.random(rows.n))
        wide = max(x.shape[1] for x in rows.designs) > PROBES
        self.pull = [_probed(rows, a, rng) for a in range(len(rows.designs))] if wide else rows.pull
        alike = not rows.noise.measure.jumps       # equal outcomes that have a probability are no copies
        row = (rows.y, rows.eta[:, 0])
        self.row = row if alike and _repeated(*row) else None
        self.threads = rows.threads
        self.left = max(rows.n - sum(x.shape[1] for x in rows.designs), 1)

    def p(self, every: Sequence[Arranged]) -> list[float]:
        """P(Z > z) of the rows sorted by each predictor."""
        runs = [every[start : start + TOGETHER] for start in range(0, len(every), TOGETHER)]
        z = [one for run in each(self._each, runs, self.threads) for one in run]
        from scipy.special import ndtr

        return [float(one) for one in ndtr(-np.array(z))]

    def _each(self, every: Sequence[Arranged]) -> list[float]:
        """The z of some predictors, one after the other in the same memory."""
        room = [np.empty_like(q, order="C") for q in self.pull]
        return [self._z(arranged, room) for arranged in every]

    def _z(self, arranged: Arranged, room: Sequence[np.ndarray]) -> float:
        order = arranged.within(self.shuffled)
        e = self.residuals[order]
        t = np.einsum("nk,nk->n", e[:-1], e[1:])
        shared = 0.0
        apart = self._apart(order)
        for q, along in zip(self.pull, room, strict=True):
            np.take(q, order, axis=0, out=along, mode="clip")       # other modes make a copy
            shared += float(np.vdot(along[:-1], along[1:]) if apart is None else np.sum(along[:-1][apart] * along[1:][apart]))
        t = t if apart is None else t[apart]
        expected = -float(np.vdot(e, e)) / self.left * shared
        spread = float(t @ t)
        return float((t.sum() - expected) / np.sqrt(spread)) if spread > 0.0 else -np.inf

    def _apart(self, order: np.ndarray) -> np.ndarray | None:
        """Which neighbours (n - 1,) are no copies of each other; None where none is."""
        if self.row is None:
            return None
        same = np.logical_and.reduce([np.diff(values[order]) == 0.0 for values in self.row])
        return ~same if same.any() else None


def _repeated(y: np.ndarray, eta: np.ndarray) -> bool:
    """Whether two rows (n,) are alike in both."""
    ordered = np.sort(eta)
    if (ordered[1:] != ordered[:-1]).all():
        return False
    rows = np.sort(eta + 1j * y)        # by the first, and where that is the same by the other
    return bool((rows[1:] == rows[:-1]).any())


def _probed(rows: Working, predictor: int, rng: np.random.Generator) -> np.ndarray:
    """(q v) of columns q (n, r) for PROBES of v over their root, in single precision: they are an estimate to a few per cent."""
    directions = np.sign(rng.random((rows.designs[predictor].shape[1], PROBES)) - 0.5)
    return np.asarray(rows.pulled(predictor, directions) / np.sqrt(PROBES), np.float32)
