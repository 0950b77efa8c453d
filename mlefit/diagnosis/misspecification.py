"""Misspecification: a warning where the standard errors of the model are too small for the spread that the rows have.

For each parameter a'theta, over rows with scores g and row weights c, in which hc2 takes the leverage h off,

    V = sum c^2 g^2 / (1 - h) / sum c^2 E g^2,   nu = 2 (sum c^2 E g^2)^2 / sum c^4 Var g^2,   p = P(chi2_nu > nu V)

Where sigma is judged by n - p, so is E g^2. Under the model E V = 1, and V is about a chi-squared over its degrees of freedom
nu (Satterthwaite 1946). So the warning comes only where the robust error (hc2, MacKinnon and White 1985) is the larger one, by
more than chance and by enough to matter. Counts alone may vary so little that intervals are too wide, and nobody is sent to
smaller errors for it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.diagnosis.scored import Scored, Scoring
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.report.report import Warn
from mlefit.rows.chunk import Chunk, choose
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import tree_sum

LEVEL = 0.03            # false alarms of all parameters together
FACTOR = 1.25           # in standard errors: intervals that are that short cover 88 % instead of 95 %
EFFECTIVE_ROWS = 10.0   # below, a few rows decide V, and its law is no chi-squared
EVENTS = 30             # of a class, and of the one that it is compared with
FEWEST = 1_000          # rows of a sample


@record(frozen=True)
class Spread:
    """Sums over rows by parameter (k,): of c^2 g^2 / (1 - h), of m = E c^2 g^2, of m^2 and of Var c^2 g^2."""

    found: Array
    expected: Array
    squares: Array
    variance: Array

    @classmethod
    def of(cls, rows: Scored, directions: Array) -> "Spread":
        """Those of some rows, for directions (k, P)."""
        c, weight = rows.along(directions), rows.weight
        freed = rows.freed()
        if rows.g.shape[1] == 1:        # c is a number, which stands before all moments
            second, fourth = rows.unit_moments
            square, variance = np.square(c[:, :, 0]), fourth - np.square(second)
            fours = np.square(square)
            return cls(square @ (rows.g[:, 0] * freed[:, 0] * weight), square @ (second * weight),
                       fours @ (np.square(second) * weight), fours @ (variance * weight))
        second, fourth = rows.moments(c)
        found = np.einsum("kna,na->kn", c, rows.g) * np.einsum("kna,na->kn", c, freed)
        square = np.square(second)
        return cls(found @ weight, second @ weight, square @ weight, (fourth - square) @ weight)

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(self.found + other.found, self.expected + other.expected, self.squares + other.squares,
                      self.variance + other.variance)

    def with_noise(self, factor: float) -> "Spread":
        """The law with `factor` times the variance of its scores."""
        return Spread(self.found, self.expected * factor, self.squares * factor**2, self.variance * factor**2)

    @property
    def ratio(self) -> Array:
        """V (k,)."""
        ratio: Array = self.found / self.expected
        return ratio

    @property
    def effective_rows(self) -> Array:
        """1 / sum of squared shares of m (k,)."""
        rows: Array = np.square(self.expected) / self.squares
        return rows

    @property
    def p_values(self) -> tuple[Array, Array]:
        """P(chi2_nu > nu V) and P(chi2_nu <= nu V), (k,) each."""
        from scipy.special import chdtr, chdtrc

        nu = 2.0 * np.square(self.expected) / self.variance
        return np.asarray(chdtrc(nu, nu * self.ratio)), np.asarray(chdtr(nu, nu * self.ratio))


class Asked(NamedTuple):
    """What is asked about: names (k,) of all coefficients, whether their classes have EVENTS, and F'a (k, P) of each."""

    names: list[str]
    enough: Mask
    directions: Array

    @classmethod
    def of(cls, problem: Problem, scoring: Scoring, curvature: Curvature) -> "Asked":
        """All coefficients."""
        mean = scoring.objective.mean
        by_class = [curvature.root(part.directions, part.first) for part in mean.natural(scoring.theta[: mean.size])]
        enough = np.repeat(np.array(list(_enough(problem, mean.predictors))), [len(own) for own in by_class])
        return cls(list(problem.coefficients), enough, np.concatenate(by_class))


def misspecification(problem: Problem, scoring: Scoring, asked_of: Asked, total: Spread | None) -> tuple[Warn, ...]:
    """The warning, or nothing. `total`: that of all rows, None where they are not kept; then the sample stands for them."""
    if not problem.prepared.noise.smooth:       # scores tell nothing of the density that errors depend on
        return ()
    names, enough, directions = asked_of
    said = ""
    if total is None:
        sample, said = _sample(problem, scoring)
        if sample is None:
            return ()
        total = tree_sum(Spread.of(slab, directions) for slab in scoring.scored(sample))
    if problem.prepared.noise.compresses:
        total = total.with_noise(problem.n / (problem.n - len(problem.shape.kept)))
    with np.errstate(invalid="ignore", divide="ignore"):     # a direction without spread is 0 / 0, and never asked
        asked = enough & (total.effective_rows >= EFFECTIVE_ROWS)
        level, factor = LEVEL / max(int(asked.sum()), 1), np.sqrt(total.ratio)
        above, below = total.p_values
        larger = asked & (above < level) & (factor >= FACTOR)
        smaller = asked & (below < level) & (factor <= 1.0 / FACTOR)
    if larger.any():
        times, named = _told(names, larger, factor)
        remedy = "use --se robust" if problem.errors.name in ("auto", "model", "ols") else "the errors shown allow for it"
        return (Warn(
            "robust-differs",
            f"the residuals are not spread as the model says{said}: the robust standard error is {times} that of the model for "
            f"{', '.join(named)}, so intervals by the model are too short there; {remedy}", named),)
    if problem.prepared.noise.response.whole and smaller.any():
        times, named = _told(names, smaller, 1.0 / factor)
        return (Warn(
            "under-dispersed",
            f"the counts vary less than the model says{said}: intervals by the model are {times} too wide for "
            f"{', '.join(named)}; a model with a dispersion parameter would tell by how much", named),)
    return ()


def _told(names: list[str], which: Mask, factor: Array) -> tuple[str, tuple[str, ...]]:
    """The largest factor in words, and the names, that with the largest first, each once."""
    places = sorted(np.flatnonzero(which).tolist(), key=lambda i: -float(factor[i]))
    named = tuple(dict.fromkeys(names[i] for i in places))
    return f"{'up to ' if len(named) > 1 else ''}{float(factor[places[0]]):.2g} times", named


def _sample(problem: Problem, scoring: Scoring) -> tuple[Chunk | None, str]:
    """What is looked at, and the words for it where that is not everything; None where nothing large enough can be."""
    most, sample = scoring.most, problem.prepared.sample
    if sample.rows > most:
        if most < FEWEST:
            return None, ""
        sample = choose(sample, np.linspace(0, sample.rows - 1, most).astype(np.intp))
    everything = sample.rows == problem.prepared.ledger.used
    return sample, "" if everything else f", on a random sample of {sample.rows:,} rows"


def _enough(problem: Problem, predictors: int) -> Iterator[bool]:
    """By predictor: whether the class that it speaks of, and the one that it is compared with, occur often enough."""
    levels, weights = problem.prepared.levels, problem.prepared.level_weights
    for k in range(predictors):
        yield not levels or min(weights[levels[0]], weights[levels[k + 1]]) >= EVENTS
