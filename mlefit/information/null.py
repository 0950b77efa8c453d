"""The null distribution: the same statistic on data simulated from the fitted model and refitted the same way.

Refitting is what makes it honest (Lilliefors): a fitted model is closer to its own data than the true one. Draw b uses
the random numbers of (seed, b) whatever the order or number of threads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError

FEW_ROWS, MANY_ROWS = 2_000, 20_000     # up to here 199 (or 999) and 99 draws; beyond, 40 as a normal law
LEAST_DRAWS = 2


class Draw(NamedTuple):
    """The statistic on one data set: `kl` raw, nats per row; `anderson` A^2 or None; `parts` of the kl by name."""

    kl: float
    anderson: float | None
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Null:
    """The draws: `kl` (B,), `anderson` (B,) or None, mean `parts`. `normal`: judge by mean and sd, not by rank."""

    kl: Array
    anderson: Array | None
    parts: dict[str, float]
    normal: bool

    @property
    def mean(self) -> float:
        """Mean of raw KL if the model is true."""
        return float(self.kl.mean())

    @property
    def sd(self) -> float:
        """Its standard deviation."""
        return float(self.kl.std(ddof=1))

    def range(self, level: float) -> tuple[float, float]:
        """The central range of raw KL if the model is true."""
        tail = (1 - level) / 2
        low, high = self._quantiles((tail, 1 - tail))
        return low, high

    @property
    def detection_limit(self) -> float:
        """The misfit that a 5 % test detects with probability 0.95: q95 - mean + 1.645 sd."""
        from scipy.special import ndtri

        return self._quantiles((0.95,))[0] - self.mean + float(ndtri(0.95)) * self.sd

    def p_values(self, raw: float, anderson: float | None) -> tuple[float, float | None, float]:
        """p of the KL, p of A^2, and the p of the smaller of the two among the smaller of the two of all draws.

        Ranks are taken in the pool of the draws and the data, which are exchangeable if the model is true; equal ranks
        are ordered by the larger standardised excess, so that the smallest p, 1/(B + 1), can be reached.
        """
        if self.normal:
            from scipy.special import stdtr

            draws = self.kl.size
            p = float(stdtr(draws - 1, -(raw - self.mean) / max(self.sd, _TINY) / np.sqrt(1 + 1 / draws)))
            return p, None, p
        statistics = [np.append(self.kl, raw)]
        if self.anderson is not None and anderson is not None:
            statistics.append(np.append(self.anderson, anderson))
        ranks = np.stack([_upper_rank(pool) for pool in statistics])
        excess = np.stack([(pool - pool.mean()) / max(float(pool.std()), _TINY) for pool in statistics]).max(axis=0)
        smaller = ranks.min(axis=0)
        ahead = (smaller < smaller[-1]) | ((smaller == smaller[-1]) & (excess >= excess[-1]))
        each = [float(rank[-1]) for rank in ranks]
        return each[0], each[1] if len(each) > 1 else None, float(ahead.mean())

    def _quantiles(self, probabilities: tuple[float, ...]) -> list[float]:
        if not self.normal:
            return [float(q) for q in np.quantile(self.kl, probabilities)]
        from scipy.special import ndtri

        return [self.mean + self.sd * float(ndtri(q)) for q in probabilities]


_TINY = float(np.finfo(float).tiny)     # a pool of equal values has no spread to divide by


def draws_for(n: int, *, closed: bool = False) -> int:
    """How many draws n rows are worth; `closed` says that a refit costs no search.

    The level of a 5 % test against B fixed draws is uncertain by sqrt(0.05 0.95 / B): 1.5 % at 199, 0.7 % at 999.
    """
    if n <= FEW_ROWS:
        return 999 if closed else 199
    return 99 if n <= MANY_ROWS else 40


def simulate(statistic: Callable[[np.random.Generator], Draw], draws: int, seed: int, *, normal: bool) -> Null | None:
    """`draws` values of the statistic; None if fewer than two exist.

    A simulated data set without a maximum (separated classes) has no statistic and is left out.
    """
    results = []
    for index in range(draws):
        try:
            draw = statistic(np.random.default_rng([seed, index]))
        except NoEstimateError:
            continue
        if np.isfinite(draw.kl):
            results.append(draw)
    if len(results) < max(LEAST_DRAWS, draws // 2):
        return None
    anderson = [draw.anderson for draw in results if draw.anderson is not None]
    return Null(
        np.array([draw.kl for draw in results]),
        np.array(anderson) if len(anderson) == len(results) else None,
        {name: float(np.mean([draw.parts[name] for draw in results])) for name in results[0].parts},
        normal,
    )


def _upper_rank(pool: Array) -> Array:
    """Share of the pool that is at least as large as each member."""
    ordered = np.sort(pool)
    return (pool.size - np.searchsorted(ordered, pool, side="left")) / pool.size
