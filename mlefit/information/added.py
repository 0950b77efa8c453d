"""Added columns: whether the model lacks them, by the score statistic of all rows (Rao 1948), without fitting them.

With C = [X, Z], scores U and information V of both at the fit, Z is tested by

    T = U_Z' (V_ZZ - V_ZX V_XX^-1 V_XZ)^- U_Z,   chi-squared with the rank of the bracket;

for least squares (T / df) / ((n - T) / (n - p - df)) is the F of the added columns. Shapes count among X.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.products import RANK, factor
from mlefit.information.working import Working

MANY = 100_000      # products of columns from which single precision does: they are looked at, and told as a p-value
SINGLE = 1e-5       # share of a column's squares that must be new, of sums whose rounding is 1e-7 of it
NEW = 1e-7          # share of a column's information that must be new: what is left beside the fitted design
EXACT = 1e-12       # of the sum of squares: what is left below this is rounding
ALONE = 1e-8        # what 1 - h may be at least: a row that is determined says nothing


class Tested(NamedTuple):
    """The statistic of some added columns, its degrees of freedom and p."""

    statistic: float
    df: int
    p: float


def statistic(bracket: Array, own: Array, score: Array, new: float = NEW) -> tuple[float, int]:
    """U'B^- U and its rank, of the information B (c, c) that is left of columns which alone have that of `own` (c,)."""
    unit = np.sqrt(np.where(own > 0.0, own, 1.0))
    values, vectors = np.linalg.eigh(bracket / np.outer(unit, unit))
    kept = values > new
    along = vectors[:, kept].T @ (score / unit)
    return float(np.sum(along**2 / values[kept])), int(kept.sum())


def of_least_squares(found: float, df: int, n: float, p: int) -> float:
    """P(F > f) of the statistic, of n rows to which p columns are fitted."""
    from scipy.special import fdtrc

    rest = n - p - df
    if not df or rest <= 0.0:
        return 1.0
    return float(fdtrc(df, rest, (found / df) / (max(n - found, EXACT * n) / rest)))


class Bordered:
    """The fitted design with `blocks` of columns z (n, c) added to the predictors of the mean; each subset may be tested alone."""

    def __init__(self, rows: Working, blocks: Sequence[Array]) -> None:
        self.rows, self.blocks = rows, tuple(blocks)
        width = self.width = sum(block.shape[1] for block in blocks)
        self.means = [a for a, predictor in enumerate(rows.noise.predictors) if predictor.kind == "mean"]
        alone = rows.eta.shape[1] == 1 and (rows.noise.compresses or not rows.free.size)
        single = alone and width * rows.designs[0].shape[1] > MANY
        self.new = SINGLE if single else NEW
        known = rows.widened(blocks, np.float32 if single else np.float64) if alone else rows.with_shapes(self._columns())
        if single and not np.isfinite(known).all():
            known, self.new = rows.widened(blocks), NEW
        self.known = known
        starts = np.cumsum([0, *(x.shape[1] + width * (a in self.means) for a, x in enumerate(rows.designs))])
        first = np.array([starts[a] + rows.designs[a].shape[1] for a in self.means], dtype=np.intp)
        self.added = first + np.arange(width, dtype=np.intp)[:, None]
        fitted = np.setdiff1d(np.arange(len(known)), self.added.ravel())
        added = self.added.ravel()
        across = known[np.ix_(added, fitted)]
        self.taken = _divided(across, known[np.ix_(fitted, fitted)])        # regression of Z on X
        self.bracket = known[np.ix_(added, added)] - self.taken @ across.T
        self.own = np.diagonal(known)[added]
        self.score = self.pulled(rows.g).ravel()     # column after column

    @cached_property
    def z(self) -> Array:
        """All blocks as one (n, c)."""
        return self.blocks[0] if len(self.blocks) == 1 else np.concatenate([block.T for block in self.blocks]).T

    def pulled(self, score: Array) -> Array:
        """z's (c, k) of scores (n, m) by the k predictors of the mean."""
        return np.concatenate([block.T @ score[:, self.means] for block in self.blocks])

    def some(self, chosen: np.ndarray) -> Array:
        """The chosen columns (k, n), by their numbers."""
        ends = np.cumsum([0, *(block.shape[1] for block in self.blocks)])
        block = np.searchsorted(ends, chosen, side="right") - 1
        return np.array([self.blocks[k][:, j - ends[k]] for k, j in zip(block, chosen, strict=True)]).reshape(-1, self.rows.n)

    def _columns(self) -> list[Array]:
        """[X_a, Z] of the predictors of the mean, X_a of the others."""
        none = np.empty((self.rows.n, 0))
        return [np.concatenate([x.T, (self.z if a in self.means else none).T]).T for a, x in enumerate(self.rows.designs)]

    def with_some(self, chosen: np.ndarray) -> Array:
        """The information of the fitted design with the chosen columns, and of the shapes, in the order of the predictors."""
        left_out = np.delete(self.added, chosen, axis=0).ravel()
        kept = np.setdiff1d(np.arange(len(self.known)), left_out)
        return np.asarray(self.known[np.ix_(kept, kept)])

    def test(self, chosen: np.ndarray) -> Tested:
        """The test of some of the columns, by their numbers."""
        from scipy.special import gammaincc

        places = (chosen[:, None] * len(self.means) + np.arange(len(self.means))).ravel()
        found, df = statistic(self.bracket[np.ix_(places, places)], self.own[places], self.score[places], self.new)
        if self.rows.noise.compresses:
            return Tested(found, df, of_least_squares(found, df, self.rows.n, self.rows.designs[0].shape[1]))
        return Tested(found, df, float(gammaincc(df / 2, found / 2)) if df else 1.0)

    def moved(self, chosen: np.ndarray) -> Array:
        """What the one predictor (n,) moves by with the chosen columns added to a fit by least squares."""
        step = np.linalg.lstsq(self.bracket[np.ix_(chosen, chosen)], self.score[chosen], rcond=RANK)[0]
        x = self.rows.designs[0]
        return np.asarray(self.some(chosen).T @ step - x @ (self.taken[chosen, : x.shape[1]].T @ step))

    def efficient(self, chosen: np.ndarray) -> Array:
        """The chosen columns less their regression on the fitted design (n, c), for one predictor."""
        x = self.rows.designs[0]
        found = self.some(chosen)
        found -= self.taken[chosen, : x.shape[1]] @ x.T
        return found.T

    def robust(self, chosen: np.ndarray, tested: Tested) -> float:
        """p of the hc3 form of the test: squares of what the wider model leaves, over (1 - h)^2, for their variances.

        `tested` may be of more rows than these: then its statistic is taken to shrink as that of these does.
        """
        from scipy.special import fdtrc

        rows, z = self.rows, self.efficient(chosen)
        weight = rows.weights[0, 0]
        values, vectors = np.linalg.eigh(z.T @ (weight[:, None] * z))
        kept = values > RANK * values.max(initial=0.0)
        basis = z @ (vectors[:, kept] / np.sqrt(values[kept]))
        free = 1.0 - rows.leverage - weight * np.einsum("np,np->n", basis, basis)
        left = rows.g[:, 0] - weight * (basis @ (basis.T @ rows.g[:, 0]))
        known = free > ALONE
        score = basis.T @ rows.g[:, 0]
        bent = basis[known] * (left[known] / free[known])[:, None]
        df, rest = int(kept.sum()), rows.n - rows.designs[0].shape[1] - int(kept.sum())
        spread = bent.T @ bent
        if not np.isfinite(spread).all():       # LAPACK would print to stdout before it raises
            raise np.linalg.LinAlgError("the squares of the scores are not finite")
        statistic = float(score @ np.linalg.lstsq(spread, score, rcond=None)[0])
        own = float(score @ score)
        return float(fdtrc(df, max(rest, 1), statistic * (tested.statistic / own) / df)) if df and own > 0.0 else 1.0


def _divided(across: Array, known: Array) -> Array:
    """across J^-1 of the information J of the fitted design, or of the generalised inverse where that is near to singular."""
    if (lower := factor(known)) is not None:
        from scipy.linalg import cho_solve

        return np.asarray(cho_solve((lower, True), across.T, check_finite=False)).T
    values, vectors = np.linalg.eigh(known)
    kept = values > RANK * values.max(initial=0.0)
    return np.asarray(across @ (vectors[:, kept] / values[kept]) @ vectors[:, kept].T)
