"""The chain of lower bounds, KL >= structure + shape + spread, and what it shows of a model that is true.

    structure   mean log(r / q), r the same family on the richer reference design
    shape       mean(-log phi(z)) - H(z), z the quantile residuals of r, H by spacings: their law is not normal
    spread      the gain of a standard deviation that depends on the predictors, on the normal scores of z

Each is a log ratio of laws, so the sum is one too. If the model is true z is standard normal and fitting projects: a draw of the
null is normal noise less its projections, whatever the law, and takes no search.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.entropy import Spacings
from mlefit.information.spread import plotted, spread_gain

DRAWS = 39          # the least that has a 95 % range
PROJECTED = 4096    # rows from which on draws are not projected
STREAM = 6          # data made with the seed alone must not meet its own random numbers
AT_ONCE = 1 << 21   # numbers of draws in memory


class Bases(NamedTuple):
    """Orthonormal columns of the fitted design (n, p) and of what the reference adds (n, e), and those of the spread (n, k) with
    mean squares 1. `shaped`: whether the shape is looked at. `gained`: degrees of freedom of what the reference adds where it has
    no columns of residuals, as its gain is then chi-squared / 2 by Wilks, apart from the residuals."""

    fitted: Array
    added: Array
    spread: Array
    shaped: bool
    gained: int = 0


class Null(NamedTuple):
    """Raw KL (B,) of draws from a true model, nats per row; `centre`, the mean of each part."""

    kl: Array
    centre: dict[str, float]

    @property
    def mean(self) -> float:
        """Mean of raw KL if the model is true."""
        return float(self.kl.mean())

    @property
    def detection_limit(self) -> float:
        """The misfit that a 5 % test of it detects with probability 0.95: q95 - mean + 1.645 sd."""
        return float(np.quantile(self.kl, 0.95)) - self.mean + 1.645 * float(self.kl.std(ddof=1))

    def range(self, level: float) -> tuple[float, float]:
        """The central range of raw KL if the model is true."""
        low, high = np.quantile(self.kl, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def terms(z: Array, basis: Array, shaped: bool) -> dict[str, Array]:
    """Shape and spread (n,) of residuals z (n,), in nats."""
    n, found = z.size, dict[str, Array]()
    order = np.argsort(z)
    if shaped:
        found["shape"] = np.empty(n)
        found["shape"][order] = 0.5 * np.log(2 * np.pi) + z[order] ** 2 / 2 - Spacings.of(n).terms(z[order])
    if basis.shape[1]:
        scores = np.empty(n)
        scores[order] = plotted(n)
        found["spread"] = spread_gain(basis, scores)
    return found


def null(n: int, bases: Bases, draws: int, seed: int) -> Null:
    """Draws of the chain of a true model with n rows. Draw b uses random numbers of seed and b alone."""
    if n > PROJECTED:
        return _together(draws, [_of_many(n, bases, np.random.default_rng([seed, b, STREAM])) for b in range(draws)])
    parts: dict[str, list[Array]] = {}
    at_once = max(1, AT_ONCE // n)
    spacings = Spacings.of(n) if bases.shaped else None
    for start in range(0, draws, at_once):
        numbers = range(start, min(start + at_once, draws))
        generators = [np.random.default_rng([seed, b, STREAM]) for b in numbers]
        e = np.stack([rng.standard_normal(n) for rng in generators])
        if bases.gained:
            parts.setdefault("structure", []).append(np.array([rng.chisquare(bases.gained) for rng in generators]) / (2 * n))
        e -= (e @ bases.fitted) @ bases.fitted.T
        square = np.einsum("bn,bn->b", e, e)
        if bases.added.shape[1]:
            along = e @ bases.added
            e -= along @ bases.added.T
            left = square - np.einsum("be,be->b", along, along)
            parts.setdefault("structure", []).append(0.5 * np.log(square / left))
            square = left
        e *= np.sqrt(n / square)[:, None]
        if bases.spread.shape[1]:
            apart = (e**2 @ bases.spread) / n
            parts.setdefault("spread", []).append(np.einsum("bk,bk->b", apart, apart) / 4)
        if spacings is not None:
            e.sort(axis=1)
            entropy = np.array([spacings.terms(one).mean() for one in e])
            parts.setdefault("shape", []).append(0.5 * np.log(2 * np.pi) + 0.5 - entropy)
    return _together(draws, [{name: np.concatenate(values) for name, values in parts.items()}])


def _of_many(n: int, bases: Bases, rng: np.random.Generator) -> dict[str, Array]:
    """One draw of many rows: projections leave spacings what they are, and what they take is chi-squared, apart from these."""
    found = dict[str, Array]()
    e = rng.standard_normal(n)
    if df := bases.added.shape[1] + bases.gained:
        found["structure"] = np.array([rng.chisquare(df) / (2 * n)])
    if df := bases.spread.shape[1]:
        found["spread"] = np.array([rng.chisquare(df) / (2 * n)])
    if bases.shaped:
        width = float(e.std())
        e.sort()
        found["shape"] = np.array([0.5 * np.log(2 * np.pi) + 0.5 + np.log(width) - Spacings.of(n).terms(e).mean()])
    return found


def _together(draws: int, each: Sequence[dict[str, Array]]) -> Null:
    """The draws of all, of which each has the same parts."""
    found = {name: np.concatenate([one[name] for one in each]) for name in each[0]}
    return Null(sum(found.values(), np.zeros(draws)), {name: float(values.mean()) for name, values in found.items()})
