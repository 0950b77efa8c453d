"""Adequacy: the smooth test of a fitted model, with the law of its statistic, and what stands out in words.

From MANY rows on T is chi-squared. Below, it is compared with the same statistic of data drawn from the model and refitted, until
EXCEEDED draws are as large (Besag and Clifford 1991): then the p-value is their share of the draws made, else that of all.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.comparison.celled import Celled
from mlefit.comparison.drawn import drawn
from mlefit.comparison.levels import judged_rows, of_levels, theta_of
from mlefit.comparison.smooth import Directions, Smooth, Sums, sums
from mlefit.pipeline.fitted import Fitted
from mlefit.report.comparison import Adequacy, Finding
from mlefit.rows.chunk import Chunk, choose

MANY = 5_000        # rows from which the chi-squared law holds
DRAWS = 199
FEW = 19            # draws that tell how far the sums of many rows are off where a factor has a coefficient of many levels
FEWEST = 8          # of them, from which they tell it
EXCEEDED = 10       # draws as large as the data after which nothing can be rejected any more
SHAPE = ("P2", "P3", "P4")
GENERAL = ("P1", "P2")      # directions in which many causes show
COPIES = 20         # of the rows, drawn to see how much they vary
SMALLEST = 1e-300   # of sums of squares
VARIED = 1.5        # times the variance of the law, from which that is what is said of the shape
SAID = 3.0          # standard deviations from which a direction is worth a sentence


def adequacy(found: Fitted, model: str, seed: int, draws: int = DRAWS, celled: Celled | None = None) -> Adequacy | None:
    """Of a model whose residuals have a law; None for levels, whose residuals say nothing of one, where nothing is left, and beside
    a factor without columns where fewer than FEWEST draws have a maximum.

    `celled`: where numbers stand for cells, the optimum of the masses of these, of which such numbers are drawn.
    """
    problem = found.problem
    if found.fit.noise.response.reads_levels or problem.prepared.observed.precision:
        return None
    rows = judged_rows(problem)
    if celled is not None and rows.level is not None and rows.rows < problem.prepared.moments.rows:
        celled = celled._replace(theta=theta_of(found, np.unique(rows.level), celled.theta))
    own, rows = of_levels(found, rows)
    return smooth_test(own, one_by_one(rows), model, seed, draws, celled)


def smooth_test(
    found: Fitted, chunk: Chunk, model: str, seed: int, draws: int, celled: Celled | None = None
) -> Adequacy | None:
    """The same on rows of weight 1, all those of the fit or a part of them."""
    problem, noise, theta = found.problem, found.fit.noise, found.fit.mle.theta
    directions = Directions.of(chunk.x, problem.labels, None if celled is None else celled.lattice.ends)
    own = sums(noise, found.objective, theta, chunk, directions, partial=chunk.rows < problem.n)
    seen = own.smooth()
    if not seen.df or (chunk.level is not None and draws < FEWEST):
        return None
    p, made = _chi_squared(seen), None
    if chunk.rows < MANY and draws:
        p, made = _simulated(found, chunk, directions, seen, seed, draws, celled)
    elif chunk.level is not None:
        about = _centred(found, chunk, directions, own, seed, min(draws, FEW), celled)
        if about is None:
            return None
        seen, p, made = about
    apart = noise.response.whole and any(abs(seen.each.get(name, 0.0)) >= SAID for name in SHAPE)
    vary = _variation(found, chunk, seed) if apart else None
    return Adequacy(model, seen.statistic, seen.df, p, made, findings(seen, dense=not noise.measure.jumps, vary=vary))


def _variation(found: Fitted, chunk: Chunk, seed: int) -> float:
    """How many times as much counts vary about their means as counts drawn from the law do."""
    coef, free = found.objective.split(found.fit.mle.theta)
    law, eta = found.fit.noise.among(chunk.trials), found.objective.mean.eta(coef, chunk)
    mean = law.expected(eta, free)
    varied = [float(np.sum((law.draw(np.random.default_rng([seed, DRAWS + k]), eta, free) - mean) ** 2)) for k in range(COPIES)]
    return float(np.sum((chunk.y - mean) ** 2)) / max(float(np.mean(varied)), SMALLEST)


def one_by_one(chunk: Chunk) -> Chunk:
    """A row of weight k as k rows, at most MANY of them in all unless these are all rows of some levels: draws are of rows."""
    if chunk.weight is None:
        return chunk
    places = np.repeat(np.arange(chunk.rows), np.rint(chunk.weight).astype(np.intp))
    if places.size > max(MANY, chunk.rows) and chunk.level is None:
        places = places[np.linspace(0, places.size - 1, max(MANY, chunk.rows)).astype(np.intp)]
    return replace(choose(chunk, places), weight=None, cluster=None)


def _chi_squared(seen: Smooth) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(seen.df, seen.statistic))


def _simulated(
    found: Fitted, chunk: Chunk, directions: Directions, seen: Smooth, seed: int, draws: int, celled: Celled | None
) -> tuple[float, int]:
    """(p, draws made). Draws without a maximum say nothing."""
    larger = made = 0
    for one in drawn(found, chunk, directions, seed, draws, celled):
        made += 1
        larger += one.smooth().statistic >= seen.statistic
        if larger == EXCEEDED:
            return larger / made, made
    return (larger + 1) / (made + 1), made


def _centred(
    found: Fitted, chunk: Chunk, directions: Directions, own: Sums, seed: int, draws: int, celled: Celled | None
) -> tuple[Smooth, float, int] | None:
    """T about the mean of the sums of draws, its p, and the draws made; None where too few of these have a maximum.

    With k rows to a coefficient sums are off by their number / k, of which a sum of n rows is as large where coefficients are
    sqrt n. The draws say by how much, and what T is of each about the mean of the others, its degrees of freedom on average or
    more: in that unit it is judged by F.
    """
    from scipy.special import fdtrc

    known = list(drawn(found, chunk, directions, seed, draws, celled))
    if len(known) < FEWEST:
        return None
    seen = own.smooth(_mean(known))
    each = [one.smooth(_mean([other for other in known if other is not one])) for one in known]
    made, df = len(known), sum(one.df for one in each)
    typical = sum(one.statistic for one in each) / df / (made / (made - 1))     # of a mean of fewer
    spread = typical * (1.0 + 1.0 / made)
    scaled = {name: value / float(np.sqrt(spread)) for name, value in seen.each.items()}
    seen = seen._replace(statistic=seen.statistic / spread, each=scaled)
    return seen, float(fdtrc(seen.df, df, seen.statistic / seen.df)), made


def _mean(known: Sequence[Sums]) -> dict[str, float]:
    """The sums of draws, on average."""
    total: dict[str, float] = {}
    for one in known:
        for name, value in one.each.items():
            total[name] = total.get(name, 0.0) + value / len(known)
    return total


def findings(seen: Smooth, *, dense: bool, vary: float | None = None) -> tuple[Finding, ...]:
    """The directions that stand out, each as a sentence: zeros and others with a meaning of their own first, then the farthest.

    `dense`: of a density, whose scale is estimated. `vary`: of counts, how much they vary beside the law. Where that is much, it
    is what spread, skewness and tails of the residuals come from, and stands for them.
    """
    far = [(name, value) for name, value in seen.each.items() if abs(value) >= SAID]
    shape = [one for one in far if one[0] in SHAPE]
    if vary is not None and shape and not 1.0 / VARIED < vary < VARIED:
        far = [one for one in far if one[0] not in SHAPE]
        most = max(shape, key=lambda one: abs(one[1]))
        return (Finding("variance", most[1], f"rows vary {vary:.2g} times as much as the law lets them ({most[1]:+.1f} sd)"),
                *_told(far, seen, dense))
    return _told(far, seen, dense)


def _told(far: list[tuple[str, float]], seen: Smooth, dense: bool) -> tuple[Finding, ...]:
    ordered = sorted(far, key=lambda found: (found[0] in GENERAL, found[0] != "zeros", -abs(found[1])))
    return tuple(Finding(name, value, f"{_said(name, value, seen, dense)} ({value:+.1f} sd)") for name, value in ordered)


def _said(name: str, value: float, seen: Smooth, dense: bool) -> str:
    more = value > 0.0
    kind, _, column = name.partition(" along ")
    if kind == "spread" and column:
        return f"spread {'grows' if more else 'shrinks'} with {column}"
    if kind == "curve":
        return f"the mean bends along {column}"
    if kind == "zeros" and seen.zeros is not None:
        share, beyond = seen.zeros
        return f"{100.0 * share:.0f} % zeros, where the law has {100.0 * (share - beyond):.0f} %"
    if kind == "P2" and dense:      # a scale that is right for the mean square, and too large for most, or for the farthest
        return "most residuals lie near the middle and a few far out" if not more else (
            "fewer residuals near the middle and far out than the law has")
    if kind == "P4" and dense and not more:
        return "tails lighter than those of the law, as of rows of two kinds"
    return {
        "P1": f"the middle of the residuals lies {'above' if more else 'below'} that of the law",
        "P2": f"residuals spread {'wider' if more else 'less'} than the law",
        "P3": f"skewed to the {'right' if more else 'left'}",
        "P4": f"tails {'heavier' if more else 'lighter'} than those of the law",
    }[kind]
