"""run: Request -> Report, the corridor from end to end."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlefit.diagnosis.carrying import clusters_of, few
from mlefit.diagnosis.diagnosed import diagnosed
from mlefit.diagnosis.far_values import seen_first
from mlefit.diagnosis.weights import doubtful_weights
from mlefit.inference.estimates import estimates
from mlefit.inference.standard_errors import StandardErrors, standard_errors
from mlefit.pipeline.criteria import criteria, null_loglik, projected
from mlefit.pipeline.exponentiated import exponentiated
from mlefit.pipeline.fitted import Fitted, fit, not_certified, undetermined
from mlefit.pipeline.knowledge import information
from mlefit.pipeline.ratios import doubted, likelihood_intervals
from mlefit.pipeline.results import (
    acting,
    agreement,
    at_limit,
    beyond_doubles,
    crossing,
    lower_maxima,
    not_unique,
    parameters,
    route,
    shape_note,
    sigma_note,
    with_kl,
)
from mlefit.pipeline.shape_intervals import shape_intervals
from mlefit.pipeline.terms import term_tests
from mlefit.pipeline.unseen import unscored
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import made_of
from mlefit.report.report import Report
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.saved.model import Saved


def run(
    request: Request, progress: Progress | None = None, keep: "Callable[[Saved], None] | None" = None, *, keep_rows: bool = False
) -> Report:
    """Read, gather, fit twice, certify, estimate KL, report. `keep` is given the model for predictions.

    `keep_rows`: keep all rows even where their sums suffice, for what a model tells of the farthest of them.

    A factor of many levels does without columns if it may; where that does not prove a maximum, it has them after all.

    Raises UsageError, DataError, or NoEstimateError with what is known as its partial report.
    """
    return made_of(lambda problem: answered(problem, progress, keep, keep_rows=keep_rows), request, progress, keep_rows=keep_rows)


def answered(
    problem: Problem, progress: Progress | None = None, keep: "Callable[[Saved], None] | None" = None, *, keep_rows: bool = False
) -> Report:
    """As `run`, of a problem that is stated."""
    found = fit(problem, progress)
    if found.wants_columns:
        raise ColumnsWanted
    if not found.certified:
        raise not_certified(problem, found.fit)
    errors = errors_of(found)
    report = told(found, errors)
    if keep is not None:
        from mlefit.pipeline.saving import saved

        keep(saved(found, report, errors, every=keep_rows))
    return report


def report_of(found: Fitted) -> Report:
    """Everything that is said about both optima. Raises NoEstimateError unless they are certified and agree."""
    if not found.certified:
        raise not_certified(found.problem, found.fit)
    return told(found, errors_of(found))


def errors_of(found: Fitted) -> StandardErrors:
    """The standard errors asked for."""
    problem, fit = found.problem, found.fit
    if found.curved is not None and problem.errors.name == "ols":
        fit = fit._replace(mle=replace(fit.mle, curvature=found.curved.straight))
    try:
        return standard_errors(problem.errors, fit, found.mean, found.rows, found.objective, problem.prepared.sample,
                               problem.request.seed)
    except np.linalg.LinAlgError:
        raise undetermined(problem, found.fit) from None


def told(found: Fitted, errors: StandardErrors) -> Report:
    """Everything that is said about both optima. Raises NoEstimateError unless they agree."""
    problem, both, mean = found.problem, found.fit, found.mean
    try:
        numbers = estimates(both, mean, errors.covariance, errors.unit)
    except np.linalg.LinAlgError:
        raise undetermined(problem, both) from None
    agreed = agreement(found, numbers)
    null = null_loglik(problem, found.rows)
    projection = projected(found)
    knowledge = information(found, null, projection)
    ratios = likelihood_intervals(found, errors, numbers)
    known = parameters(problem, both, numbers, errors, ratios, shape_intervals(found, errors))
    for place, one in found.held:
        known = (*known[:place], one, *known[place:])
    diagnosis = diagnosed(problem, both, mean, found.objective, found.rows)
    bend: tuple[str, ...] = ()
    if found.curved is not None:
        from mlefit.pipeline.curve_note import curvature_note

        bend = curvature_note(found, found.curved)
    report = problem.report(
        known, status="ok" if agreed.agree else "no estimate", agreement=agreed,
        mle=with_kl(route(problem, both, 0, mean, numbers), knowledge.entropy),
        loss=with_kl(route(problem, both, 1, mean, numbers), knowledge.entropy),
        information=seen_first(knowledge, diagnosis.warnings), criteria=criteria(found, null, projection),
        clusters=clusters_of(problem, errors), terms=term_tests(found, errors),
        notes=(*problem.notes(), *sigma_note(problem, both), *shape_note(problem, errors), *bend),
        warnings=(*problem.warnings, *found.remarks, *at_limit(both), *lower_maxima(both), *beyond_doubles(known),
                  *not_unique(problem, both), *crossing(errors), *unscored(problem), *few(problem, errors, known),
                  *doubted(problem, ratios), *doubtful_weights(problem), *acting(found), *diagnosis.warnings),
        dependence=diagnosis.dependence,
    )
    request = problem.request
    if request.exponentiate:
        report = report._replace(ratios=tuple(exponentiated(problem.prepared.noise, known)))
    if request.screen:
        from mlefit.picture.sparkline import sparkline
        from mlefit.pipeline.knowledge import sample_of

        report = report._replace(sparkline=sparkline(sample_of(problem, both, mean), request.seed))
    if request.effects:
        from mlefit.pipeline.effects import effects

        report = report._replace(effects=effects(found, errors))
    if not agreed.agree:
        from mlefit.pipeline.astray import parted

        assert agreed.max_gap_se is not None
        raise parted(problem, both, agreed.max_gap_se, report)
    return report
