"""Knowledge: the KL part of the report, from a sample of the rows that all of the fit has seen."""

from typing import TYPE_CHECKING

import numpy as np

from mlefit.arrays import Array
from mlefit.design.response import Observed
from mlefit.escapes import quoted
from mlefit.estimation.fit import Optima
from mlefit.existence.rank import Geometry
from mlefit.inference.moves import Projection
from mlefit.information.prediction import takeuchi
from mlefit.information.unknown import not_identifiable, off
from mlefit.mean import LinearMean
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.unseen import unseen
from mlefit.problem.problem import Problem
from mlefit.report.information import Information
from mlefit.rows.chunk import Chunk

if TYPE_CHECKING:
    from mlefit.information.everywhere import Everywhere
    from mlefit.information.reference import Block
    from mlefit.information.sample import Sample

RARE = 5        # rows of the rarest class for each added column, from which scores of all rows have their law


def sample_of(problem: Problem, fit: Optima, mean: LinearMean, projection: Projection | None = None) -> "Sample":
    """The reservoir's rows in natural units with the fitted model on them; `mean` maps design units to the search's.
    `projection`: of the design of these rows, where they are all of the fit.

    With precision weights w, rows times sqrt(w): then all have the same law about their means. Where a factor has no columns, the
    rows come without a design.
    """
    from mlefit.information.sample import Sample

    prepared = problem.prepared
    noise = fit.noise.in_unit(1.0)
    rows: Chunk = prepared.sample
    size = mean.size
    y, eta = rows.y, mean.eta(fit.mle.theta[:size], rows)
    free: Array = fit.mle.theta[size:]
    constant = prepared.predictors.intercept and not prepared.observed.precision
    if prepared.observed.scaled:
        units = problem.units._replace(y_centre=0.0) if prepared.observed.precision else problem.units
        y, eta = y * units.y_scale + units.y_centre, units.natural(eta)
        free = free + problem.log_unit * np.array([shape.unit_power for shape in noise.shapes])
    written = prepared.written      # of a curve: the user's columns are those, not those of its plane
    design, designs = _designs(problem, mean, rows)
    return Sample(
        noise=noise.among(rows.trials), y=y, design=design if written is None else written, designs=designs, eta=eta, free=free,
        weight=rows.weight, offset=rows.offset if written is None else None, trials=rows.trials, parameters=problem.n_params,
        intercept_only=constant and all(len(shape.kept) == 1 for shape in problem.shapes), rows_total=round(problem.n),
        cross_entropy_total=fit.nll[0] / problem.n + problem.log_unit, blocks=() if problem.indexed else _blocks(problem),
        target=_said(prepared.observed), formula=_right(problem) if written is None else "",
        curved=written is not None, robust=problem.errors.sandwich,
        projection=projection if design is designs[0] else None,
    )


def _said(observed: Observed) -> str:
    """The response as a formula has it."""
    column = quoted(observed.target)
    return column if observed.transform is None else observed.transform.label(column)


def _right(problem: Problem) -> str:
    """The right-hand side of the formula, none where there is no way to write it."""
    roles, names = problem.prepared.roles, (*problem.prepared.roles.features, problem.prepared.observed.target)
    if any("`" in name for name in names):
        return ""
    if problem.request.formula is not None or not roles.features:
        return roles.formula
    return " + ".join(map(quoted, roles.features)) + ("" if problem.request.intercept else " - 1")


def _designs(problem: Problem, mean: LinearMean, rows: Chunk) -> tuple[Array, tuple[Array, ...]]:
    """The encoded columns (n, r) of the mean, and those (n, r_a) of each predictor in the coordinates of the search: one array
    where they are the same."""
    if problem.indexed:
        none = np.empty((rows.rows, 0))
        return none, (none,) * mean.predictors
    first = np.asfortranarray(mean.part(0).columns(rows))
    others = (first if mean.shared else np.asfortranarray(mean.part(a).columns(rows)) for a in range(1, mean.predictors))
    return mean.part(0).design(rows) if mean.part(0).steep else first, (first, *others)


def _blocks(problem: Problem) -> "tuple[Block, ...]":
    """The terms of the mean, with the kept columns of the design that are theirs."""
    from mlefit.information.reference import Block

    predictors, kept = problem.prepared.predictors, problem.shapes[0].kept
    if problem.prepared.written is not None:
        return tuple(Block(name, (j,), False) for j, name in enumerate(problem.prepared.roles.features))
    places = {column: place for place, column in enumerate(kept)}
    found = []
    for term, columns in predictors.sides[0].by_term():
        own = tuple(places[j] for j in columns if j in places)
        if own:
            found.append(Block(term.text, own, len(term.factors) == 1 and term.factors[0].coded))
    return tuple(found)


def _everywhere(problem: Problem) -> "Everywhere | None":
    """Sums over the rows of a fit by least squares that were looked at, where all are more than the sample."""
    prepared = problem.prepared
    bends, border, looked, moments = prepared.bends, prepared.border, prepared.looked, prepared.moments
    if bends is None or border is None or looked is None or moments.rows <= prepared.sample.rows:
        return None
    from mlefit.information.everywhere import Everywhere, in_part

    shape: Geometry | None = problem.shape
    if looked.rows < moments.rows:
        shape = in_part(looked.triangle.r, looked.weight, problem.shape, looked.magnitude)
    terms = prepared.predictors.terms_of_columns()
    return None if shape is None else Everywhere.of_least_squares(bends, border, shape, terms)


def _scored(found: Fitted) -> "Everywhere | None":
    """The same of another law of one predictor, whose rows are kept: one more pass over them."""
    problem, prepared, noise = found.problem, found.problem.prepared, found.fit.noise
    several = noise.compresses or len(noise.predictors) > 1 or prepared.roles.curve is not None or prepared.observed.precision
    if several or prepared.store is None or prepared.moments.rows <= prepared.sample.rows:
        return None
    from mlefit.design.bends import Bends

    sample, terms = prepared.sample, prepared.predictors.terms_of_columns()
    bends = Bends.learnt(prepared.predictors, np.concatenate([sample.x.T, sample.y[None]]).T)
    if bends is None:
        return None
    from mlefit.information.scored import Scored

    if noise.response.reads_levels and min(prepared.level_weights.values()) < RARE * bends.most:
        return None
    mean, theta = found.mean, found.fit.mle.theta
    total = found.rows.sum(lambda chunk: Scored.of(bends, noise, mean, theta, chunk))
    return total.everywhere(bends, problem.shape.kept, terms)


def _measured(found: Fitted, cross: float, projection: Projection | None) -> Information:
    """The KL part; unknown where so many levels leave too few rows in the sample to each."""
    problem, request, factor = found.problem, found.problem.request, found.problem.prepared.predictors.indexed
    if factor is not None:
        reason = f"{factor.column} has {len(factor.levels or ()):,} levels, and a sample of the rows has too few of each"
        return not_identifiable(cross, reason, problem.prepared.moments.rows)
    from mlefit.information.measure import measure

    return measure(sample_of(problem, found.fit, found.mean, projection), seed=request.seed, draws=request.draws,
                   level=request.level, everywhere=_everywhere(problem) or _scored(found), threads=problem.threads)


def information(found: Fitted, null: float | None, projection: Projection | None = None) -> Information:
    """Cross-entropy, the entropy of the data and KL with everything that goes with it.

    `null` is the log-likelihood of the intercept alone; `projection` what is known of the rows of the sample.
    """
    problem, fit, request = found.problem, found.fit, found.problem.request
    cross = fit.nll[0] / problem.n + problem.log_density
    if problem.prepared.observed.sampling:
        reason = "with sampling weights the likelihood is not that of the rows"
        return not_identifiable(cross, reason, problem.prepared.moments.rows)._replace(unit=request.unit, holdout=unseen(found))
    noise = fit.noise
    if not noise.assumed:
        reason = f"{noise.name} is a working law: it is right where its quantile is, whatever the shape of the rows"
        return not_identifiable(cross, reason, problem.prepared.moments.rows)._replace(unit=request.unit, holdout=unseen(found))
    known = _measured(found, cross, projection) if request.kl else off(cross, problem.prepared.moments.rows)
    with_predictors = problem.prepared.centred and any(len(shape.kept) > 1 for shape in problem.shapes)
    trace = None
    if noise.smooth and not problem.indexed:
        trace = takeuchi(found.objective, fit.mle.theta, fit.mle.curvature, problem.prepared.sample, problem.n)
    enlarged = problem.log_unit - problem.log_density       # what sqrt(w) adds to the entropy per row
    return known._replace(
        cross_entropy=cross, entropy=None if known.entropy is None else known.entropy - enlarged,
        unit=request.unit, explained=-null / problem.n - cross if null is not None and with_predictors else None,
        expected_tic=None if trace is None else cross + trace / problem.n, expected_aic=cross + problem.n_params / problem.n,
        holdout=unseen(found),
    )
