"""Refit: the model fitted to the new rows as they are encoded by the saved one, so that coefficients can be subtracted.

    d = theta_new - theta_saved,   V = V_new + V_saved,   d' V^-1 d

is chi-squared, or F times the parameters where RSS has n - p degrees of freedom, if both samples are of one law. Both
covariances are of the kind that the saved fit was asked for.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.checking.coordinates import Common, common
from mlefit.checking.levels import Met, common_by_level, scaling_of, with_levels
from mlefit.design.encode import Columns
from mlefit.design.ledger import Ledger
from mlefit.design.response import Observed
from mlefit.design.roles import Roles
from mlefit.errors import MlefitError
from mlefit.execution import Engine
from mlefit.noise.model import NoiseModel
from mlefit.options.weights_kind import WeightsKind
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.run import errors_of
from mlefit.pipeline.saving import roots
from mlefit.problem.gather import Gathered, Kept, misjudged
from mlefit.problem.prepare import Prepared
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import check_before
from mlefit.problem.stated import geometric
from mlefit.request import Request
from mlefit.rows.chunk import Chunk
from mlefit.rows.piece import Ranks
from mlefit.saved.model import Saved
from mlefit.source.reader import Reader
from mlefit.sums.tally import Tally

BEYOND = "the numbers of the model leave nothing of the new rows"


class Changed(NamedTuple):
    """A parameter in both fits, in natural units (shapes by their logarithms), and their difference in its standard errors."""

    name: str
    class_: str | None
    saved: float
    refit: float
    difference: float
    std_error: float
    in_se: float


class Refit(NamedTuple):
    """`reason`: why there is no comparison. `p_value`: of the joint test with `df` and `df2` (None: chi-squared).

    `kl`: KL(refit || saved), mean over the new rows, nats; `drift`: that less what two samples of one law have on average, of a law
    of sums of squares with the scales of n - p, which the parameters have, too.
    """

    reason: str | None = None
    parameters: tuple[Changed, ...] = ()
    statistic: float | None = None
    df: int | None = None
    df2: float | None = None
    p_value: float | None = None
    kl: float | None = None
    drift: float | None = None


def columns_of(saved: Saved, weights: str | None) -> Columns:
    """The columns of the new rows, and how they are encoded."""
    noise = saved.noise
    kind: WeightsKind = "sampling" if saved.fit["data"].get("weights_kind") == "sampling" else "frequency"
    observed = Observed(saved.target, noise.name, noise.response, noise.located, noise.located or noise.scalable, noise.compresses,
                        weights, None, kind, saved.transform, saved.trials)
    return Columns(with_levels(saved), observed)


def law_of(saved: Saved) -> NoiseModel:
    """The law of the encoded response."""
    return saved.noise.in_unit(saved.encoding.scaling.y_scale)


def refit(saved: Saved, source: Reader, columns: Columns, encoded: Gathered, kept: Kept, threads: int) -> Refit:
    """The comparison, or why there is none."""
    if not saved.errors.known:
        return Refit("the model has kept no covariance, so no difference has an error")
    if encoded.moments is None:
        return Refit("no row is scored")
    if misjudged(encoded.moments, scaling_of(saved)) is not None:
        return Refit("the new rows are of another size than those fitted")
    known = None if encoded.moments.within is None else Met.of(saved, encoded.moments.within)
    try:
        problem = _problem(saved, source, columns, encoded, kept, threads, known)
        met = [level for level, weight in problem.prepared.level_weights.items() if weight > 0.0]
        if saved.noise.response.reads_levels and len(met) == 1:
            return Refit(f'the new rows have one class only, "{met[0]}"')
        check_before(problem)
        if problem.indexed and problem.doubtful:
            return Refit("a column keeps too few digits beside the others in the new rows")
        found = fit(problem)
        if not found.certified:
            raise not_certified(problem, found.fit)
        errors = errors_of(found)
        own = roots(found, errors, found.fit.mle)
        both = common(saved, found, own) if known is None else common_by_level(saved, found, own, known)
    except MlefitError as error:
        return Refit(error.message)
    except (np.linalg.LinAlgError, ArithmeticError):       # a model that nobody has fitted
        return Refit(BEYOND)
    try:
        return _compared(saved, found, both)
    except ArithmeticError:
        return Refit(BEYOND)


def _problem(
    saved: Saved, source: Reader, columns: Columns, encoded: Gathered, kept: Kept, threads: int, met: Met | None
) -> Problem:
    """The new rows as a stated problem. Raises NoEstimateError for responses without a maximum."""
    assert encoded.moments is not None
    moments, unit, scaling = encoded.moments, 1.0, scaling_of(saved)
    if met is not None:
        columns, moments, scaling = columns._replace(predictors=met.predictors), met.moments(moments), met.scaling(scaling)
    if columns.observed.sampling:
        unit = moments.rows / moments.weight
        moments = moments.scaled(unit)
    places = {level: place for place, level in enumerate(saved.levels)}
    ranks = Ranks({level: places.get(level, places.get(level.removesuffix(".0"), 0)) for level in encoded.levels}, {}, unit,
                  None if met is None else met.numbers)
    weights: dict[str, float] = {}
    for level, weight in encoded.levels.items():
        name = saved.levels[ranks.levels[level]]
        weights[name] = weights.get(name, 0.0) + weight * unit
    law, observed = law_of(saved), columns.observed
    kind = error_kind(saved, observed)
    request = Request(source.labels, law.spelt, saved.target, weights=observed.weights, weights_kind=observed.weights_kind,
                      se=kind, draws=0, kl=False)
    prepared = Prepared(
        Roles(columns, law, str(saved.fit["model"].get("formula")), ()), Ledger(moments.rows, moments.rows), moments,
        scaling, encoded.reservoir.sample(ranks), kept.fitted.store(ranks) if kept.fitted.complete else None,
        law, saved.levels, weights, ())
    return geometric(request, source, prepared, threads)


def error_kind(saved: Saved, observed: Observed) -> str:
    """The kind of errors asked for, but for those that need more than the rows as they stand."""
    asked = str(saved.fit["model"].get("se") or "auto")
    if asked.startswith(("cluster:", "hac", "bootstrap")) or observed.sampling:
        return "auto"
    return asked


def _compared(saved: Saved, found: Fitted, both: Common) -> Refit:
    from scipy.special import chdtrc, fdtrc

    statistic, df = both.statistic, both.df
    df2 = max(found.fit.n - both.parameters, 1.0) if found.fit.noise.compresses else None
    p = float(chdtrc(df, statistic) if df2 is None else fdtrc(df, df2, statistic / df))
    kl = _divergence(found, both, (found.fit.mle.theta[found.mean.size :], saved.free))
    told = kl if both.apart is None else _divergence(found, both, (both.refitted, both.free))
    chance = 0.5 * df * (1.0 / found.fit.n + 1.0 / max(saved.training.n, 1))
    changed = tuple(
        Changed(name, class_, float(old), float(new), float(new - old), float(error), float((new - old) / error))
        for (name, class_), old, new, error in zip(both.names, both.saved, both.refit, both.errors, strict=True) if error > 0.0)
    return Refit(None, changed, statistic, df, df2, p, kl, max(told - chance, 0.0))


def _divergence(found: Fitted, both: Common, free: tuple[Array, Array]) -> float:
    """KL(refit || saved), mean over the rows, with the free shapes of both. Of a law of sums of squares it is that of one row whose
    locations are apart by the root mean square of all: it depends on the square alone."""
    noise, mean, theta = found.fit.noise, found.mean, found.fit.mle.theta
    if both.apart is not None:
        return float(noise.divergence(np.array([[both.apart]]), free[0], np.zeros((1, 1)), free[1])[0])

    def of(chunk: Chunk) -> Tally:
        other = both.predictors(chunk)
        if chunk.offset is not None:
            other[:, 0] += chunk.offset
        each = noise.among(chunk.trials).divergence(mean.eta(theta[: mean.size], chunk), free[0], other, free[1])
        if chunk.weight is None:
            return Tally(float(chunk.rows), float(each.sum()))
        return Tally(float(chunk.weight.sum()), float(chunk.weight @ each))

    rows: Engine = found.rows
    total = rows.sum(of)
    return max(total.value / total.weight, 0.0)
