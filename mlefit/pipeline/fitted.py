"""Fitted: a stated problem with both optima, which the report and the proof have in common."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.estimation.certificate import EstimatedDistance
from mlefit.estimation.constrained import Likelihood
from mlefit.estimation.fit import Optima, Separated, fit_both
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.rewhiten import Most
from mlefit.estimation.routes import Exact
from mlefit.execution import Engine
from mlefit.execution.ready import Ready
from mlefit.existence.rank import Geometry
from mlefit.mean import LinearMean
from mlefit.mean.indexed import Indexed
from mlefit.noise.model import Measure
from mlefit.objective import Objective
from mlefit.problem.means import mean_of, orthonormal
from mlefit.problem.prepare import Prepared, Progress
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import EXACT, exact_fit, exactly_fitted, unknown_parameters
from mlefit.problem.size import columns_fit
from mlefit.report.report import Parameter, Warn
from mlefit.rows.chunk import Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally

if TYPE_CHECKING:
    from mlefit.estimation.curve_rows import Curved

START_ROWS = 60_000     # with more rows than this, a sample of them gives both searches their start
NOTHING = 1e-6          # of the largest error: a row with less is fitted exactly, as far as a search has come
ROUNDING = 1e-13        # of the largest response, likewise
MASS = 1e-8             # what the log of the mass of a law may be off by at the fitted predictors
EACH = 50               # multiplications that the likelihood of a row costs beside its columns


class Fitted(NamedTuple):
    """Both optima. `mean` maps rows of the data to the coordinates of the search (where sums of squares
    stand for the data, scaled to their pseudo-rows). `remarks`: what the searches have met that is to be told. `curved`: of a
    mean that bends, whose plane the others are about; `held`: its parameters at a bound, each with its place."""

    problem: Problem
    mean: LinearMean
    fit: Optima
    remarks: tuple[Warn, ...] = ()
    curved: "Curved | None" = None
    held: tuple[tuple[int, Parameter], ...] = ()

    @property
    def objective(self) -> Objective:
        """The negative log-likelihood of rows of the data."""
        return Objective.likelihood(self.fit.noise, self.mean)

    @property
    def rows(self) -> Engine:
        """All fitted rows, where the pipeline keeps them; else none."""
        return engine_of(self.problem.prepared, self.problem.threads)

    @property
    def work(self) -> float:
        """Multiplications of a pass of a refit: first derivatives of all rows, and the Hessian where no sample gives it."""
        hessian = 0 if self.sampled else self.objective.size**2
        return float(self.problem.prepared.ledger.used) * (self.mean.size + self.mean.predictors * EACH + hessian)

    @property
    def sampled(self) -> bool:
        """Whether there are so many rows that the Hessian of a sample of them guides the searches."""
        return self.problem.prepared.ledger.used > START_ROWS and self.problem.shape.grouping is None

    @property
    def likelihood(self) -> Likelihood:
        """What refits with coefficients held are made from."""
        sample = Engine.of(self.problem.prepared.sample) if self.sampled else None
        limits = [(Objective.likelihood(one.law, self.mean), self.mean.size + one.shape) for one in self.fit.noise.nested.values()]
        return Likelihood(self.objective, self.rows, sample, self.fit.mle.theta, self.fit.nll[0], self.fit.mle.curvature,
                          limits[0] if limits else None)

    @property
    def wants_columns(self) -> bool:
        """Whether a factor of many levels is to have columns after all: without them no maximum was proven, and there is room."""
        return self.problem.indexed and not self.certified and columns_fit(self.problem)

    @property
    def certified(self) -> bool:
        """Whether both searches ended at a proven optimum."""
        return self.fit.mle.outcome is Outcome.CERTIFIED and self.fit.loss.outcome is Outcome.CERTIFIED


def fit(problem: Problem, progress: Progress | None = None) -> Fitted:
    """Fit the stated problem twice. Raises NoEstimateError, with what is known as its partial report, for separation."""
    noise, shape = problem.prepared.noise, problem.shape
    if problem.prepared.roles.curve is not None:
        from mlefit.pipeline.curved import fit_curve

        return sound(fit_curve(problem, progress))
    scale = len(shape.kept) + 1 if noise.compresses else 1
    mean = mean_of(problem, scale)
    optima = _fit(problem, mean, progress)
    found = Fitted(problem, mean if noise.compresses or problem.indexed else optima.mean, optima)
    if not noise.smooth:
        _check_exact(found)
    collapsed = _collapsed(problem, optima) if noise.corners else None      # smooth searches end without an answer there
    if collapsed is not None:
        raise collapsed
    ended = {optima.mle.outcome, optima.loss.outcome} <= {Outcome.CERTIFIED, Outcome.FLAT}      # curvature fades on the way out
    if ended and optima.noise.drifts is not None:
        from mlefit.diagnosis.drifting import drifting

        refusal = drifting(problem, optima, found.rows)
        if refusal is not None:
            raise refusal
    return sound(_refined(found) if problem.doubtful and found.certified else found)


def sound(found: Fitted) -> Fitted:
    """The fit. Raises NoEstimateError where a law whose mass was looked at for a few f has another one at the fitted ones."""
    noise, rows = found.fit.noise, found.problem.prepared.sample
    if not noise.watched:
        return found
    coef, free = found.objective.split(found.fit.mle.theta)
    astray = noise.astray(found.mean.eta(coef, rows), free)
    if astray <= MASS:
        return found
    raise NoEstimateError(
        f"{noise.loss_name}: at the fitted f the log of its mass is off by {astray:.2g}: what was fitted there is no density",
        "write it so that its mass is the same at every f", code="normaliser",
        partial=found.problem.report(unknown_parameters(found.problem)))


def _check_exact(found: Fitted) -> None:
    """Raises NoEstimateError where nothing is left of the rows but rounding, so that the scale is 0."""
    mean, moments = found.mean, found.problem.prepared.moments
    encoded = mean.coordinates.encoded(found.fit.mle.theta[: mean.size])
    size = moments.y_magnitude + float(np.abs(encoded) @ moments.magnitude[list(found.problem.shape.kept)])
    if found.fit.total_loss[0] <= EXACT * size * found.fit.n:
        (known,) = mean.natural(found.fit.mle.theta[: mean.size])
        raise exact_fit(found.problem, known.value)


def _refined(found: Fitted) -> Fitted:
    """Both optima once more in twice the precision. Raises NoEstimateError where the answer does not stand still."""
    from mlefit.estimation.refine import VISIBLE, both_refined

    problem, both = found.problem, both_refined(found.fit, found.mean, found.rows)
    moved = max(both.mle.refinement or 0.0, both.loss.refinement or 0.0)
    if moved > VISIBLE:
        lost = np.concatenate([own.lost for own in problem.digits])
        kept, moments = [j for shape in problem.shapes for j in shape.kept], problem.prepared.moments
        spread = (moments.high[kept] - moments.low[kept]) * problem.prepared.scaling.scale[kept]
        worst = problem.labels[kept[int(np.argmax(np.where(2.0 * lost >= lost.max(), spread, 0.0)))]]
        raise NoEstimateError(
            f"the design is ill-conditioned: sums in twice the precision still move the answer by {moved:.2g} standard errors "
            f"after three steps, most of all by {worst}, which carries about {max(0, round(-np.log10(lost.max())))} digits beyond "
            "the other columns", f"correct the largest values of {worst}, or drop it", code="ill-conditioned", columns=(worst,),
            partial=problem.report(unknown_parameters(problem)))
    return found._replace(fit=both)


def not_certified(problem: Problem, fit: Optima) -> NoEstimateError:
    """The refusal of a search that did not arrive, with what it came to."""
    collapsed = _collapsed(problem, fit)
    if collapsed is not None:
        return collapsed
    worst = fit.mle if fit.mle.outcome is not Outcome.CERTIFIED else fit.loss
    if problem.scaled:
        from mlefit.diagnosis.zero_width import narrowed

        refusal = narrowed(problem, fit.mean, worst.theta, engine_of(problem.prepared, problem.threads))
        if refusal is not None:
            return refusal
    from mlefit.pipeline.astray import astray

    where, remedy, columns, rows = astray(problem, fit.mean, worst.theta, engine_of(problem.prepared, problem.threads))
    return NoEstimateError(
        f"{worst.method} did not converge: {worst.outcome.value} ({worst.certificate.kind} {worst.certificate.short:.3g} nats "
        f"after {worst.iterations} steps){where}", remedy, code="not-converged", columns=columns, rows=rows,
        partial=problem.report(unknown_parameters(problem)))


def undetermined(problem: Problem, fit: Optima) -> NoEstimateError:
    """The refusal of a maximum whose Hessian had passed for positive definite by its rounding, and does not always."""
    certificate = EstimatedDistance(np.inf, fit.mle.curvature, 1.0, fit.n, fit.mean.predictors)
    return not_certified(problem, fit._replace(mle=replace(fit.mle, outcome=Outcome.FLAT, certificate=certificate)))


def _collapsed(problem: Problem, fit: Optima) -> NoEstimateError | None:
    """The refusal of a fit to which so many rows are exact that the likelihood has no bound; None where they are not."""
    noise, prepared = fit.noise, problem.prepared
    if noise.place(np.full(1, 0.5)) is None or noise.collapse is None or prepared.store is None:
        return None
    coef, rows = fit.mle.theta[: fit.mean.size], engine_of(prepared, problem.threads)

    def placed(chunk: Chunk) -> Array:
        place = noise.place(chunk.y)
        assert place is not None
        return place

    def errors(chunk: Chunk) -> Array:
        return np.abs(placed(chunk) - fit.mean.eta(coef, chunk)[:, 0])

    def largest(of: Callable[[Chunk], Array]) -> float:
        return rows.sum(lambda chunk: Most(float(np.abs(of(chunk)).max()))).value

    nothing = max(NOTHING * largest(errors), ROUNDING * largest(placed))

    mixed = noise.measure is Measure.MIXED      # then the mean says nothing of a 0

    def exact(chunk: Chunk) -> Tally:
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        told = weight * (chunk.y > 0.0) if mixed else weight
        return Tally(float(told.sum()), float(told @ (errors(chunk) <= nothing)))

    seen = rows.sum(exact)
    told, count = seen.weight, seen.value
    if count < noise.exact_share * told:
        return None
    target, above = prepared.observed.target, " above 0" if mixed else ""
    return NoEstimateError(
        f'column "{target}": {round(count)} of {round(told)} rows{above} are fitted exactly, so {noise.collapse} and the '
        "likelihood is unbounded", "look at the values that repeat, or check whether a predictor was computed from the target",
        code="exact-fit", columns=(target,), partial=problem.report(unknown_parameters(problem)))


def engine_of(prepared: Prepared, threads: int) -> Engine:
    """All fitted rows, where they are kept; else none."""
    return Engine.of(threads=threads) if prepared.store is None else Engine(prepared.store, threads)


def _gathered(both: Optima, shape: Geometry) -> Optima:
    """With curvatures of the levels that there are, where each coordinate has been searched as one."""
    if shape.grouping is None:
        return both
    count = shape.grouping.weight.size

    def gathered(curvature: Curvature) -> Curvature:
        return curvature.gathered(count) if isinstance(curvature, Arrow) else curvature

    return both._replace(mle=replace(both.mle, curvature=gathered(both.mle.curvature)),
                         loss=replace(both.loss, curvature=gathered(both.loss.curvature)))


def _fit(problem: Problem, mean: LinearMean, progress: Progress | None) -> Optima:
    """Both routes, on all rows, or on the pseudo-rows that stand for them. Raises NoEstimateError for separation."""
    prepared, shape, noise = problem.prepared, problem.shape, problem.prepared.noise
    if noise.compresses:
        return _gathered(fit_both(noise, orthonormal(problem), Engine.of(shape.compressed())), shape)
    rows = engine_of(prepared, problem.threads)
    if problem.indexed:
        from mlefit.diagnosis.one_outcome import check_levels

        check_levels(problem, rows)
    if progress is not None:
        rows.watch = lambda count: progress(f"searching: pass {count} over the rows", None)
    if problem.scaled:
        from mlefit.diagnosis.zero_width import check_widths

        check_widths(problem, rows)
        if noise.drifts is not None:
            from mlefit.diagnosis.zero_levels import check_zero_levels

            check_zero_levels(problem, rows)
    if noise.measure is Measure.MIXED:
        from mlefit.diagnosis.above_zero import check_above

        check_above(problem, rows)
    if isinstance(mean, Indexed):       # levels that a sample has not
        return fit_both(noise, mean.of_centred, Ready(rows, mean.leveled.centred))
    many = prepared.ledger.used > START_ROWS
    sample = Engine.of(prepared.sample) if many else None
    try:
        return fit_both(noise, mean, rows, sample)
    except Exact:
        raise exactly_fitted(problem) from None
    except Separated as found:
        from mlefit.diagnosis.no_cuts import separated_levels
        from mlefit.diagnosis.no_maximum import separated

        if found.split is not None:
            raise separated_levels(problem, found, found.split, rows) from None

        refusal = separated(problem, found, rows)
        if refusal is not None:
            raise refusal from None
    except NoEstimateError as found:
        found.partial = problem.report(unknown_parameters(problem))
        raise
    return fit_both(noise, mean, rows, sample, believe=False)
