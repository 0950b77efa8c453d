"""run: Request -> Report, the corridor from end to end."""

from mlefit.diagnosis.carrying import clusters_of, few
from mlefit.diagnosis.diagnosed import diagnosed
from mlefit.diagnosis.weights import doubtful_weights
from mlefit.errors import NoEstimateError
from mlefit.inference.estimates import estimates
from mlefit.inference.standard_errors import standard_errors
from mlefit.pipeline.criteria import criteria, null_loglik
from mlefit.pipeline.exponentiated import exponentiated
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.knowledge import information
from mlefit.pipeline.ratios import doubted, likelihood_intervals
from mlefit.pipeline.results import (
    agreement,
    at_limit,
    beyond_doubles,
    lower_maxima,
    parameters,
    route,
    shape_note,
    sigma_note,
    with_kl,
)
from mlefit.pipeline.shape_intervals import shape_intervals
from mlefit.pipeline.terms import term_tests
from mlefit.pipeline.unseen import unscored
from mlefit.problem.prepare import Progress
from mlefit.problem.stated import stated
from mlefit.report.report import Report
from mlefit.request import Request


def run(request: Request, progress: Progress | None = None) -> Report:
    """Read, gather, fit twice, certify, estimate KL, report.

    Raises UsageError, DataError, or NoEstimateError with what is known as its partial report.
    """
    with stated(request, progress) as problem:
        return report_of(fit(problem, progress))


def report_of(found: Fitted) -> Report:
    """Everything that is said about both optima. Raises NoEstimateError unless they are certified and agree."""
    problem, both, mean = found.problem, found.fit, found.mean
    if not found.certified:
        raise not_certified(problem, both)
    errors = standard_errors(problem.errors, both, mean, found.rows, found.objective, problem.prepared.sample)
    numbers = estimates(both, mean, errors.covariance)
    agreed = agreement(found, numbers)
    null = null_loglik(problem, found.rows)
    knowledge = information(found, null)
    ratios = likelihood_intervals(found, errors, numbers)
    known = parameters(problem, both, numbers, errors, ratios, shape_intervals(found, errors))
    diagnosis = diagnosed(problem, both, mean, found.objective, found.rows)
    report = problem.report(
        known, status="ok" if agreed.agree else "no estimate", agreement=agreed,
        mle=with_kl(route(problem, both, both.mle, 0, mean), knowledge.entropy),
        loss=with_kl(route(problem, both, both.loss, 1, mean), knowledge.entropy),
        information=knowledge, criteria=criteria(found, null), clusters=clusters_of(problem, errors),
        terms=term_tests(found, errors),
        notes=(*problem.notes(), *sigma_note(problem, both), *shape_note(problem, errors)),
        warnings=(*problem.warnings(), *at_limit(both), *lower_maxima(both), *beyond_doubles(known), *unscored(problem),
                  *few(problem, errors, known), *doubted(problem, ratios), *doubtful_weights(problem), *diagnosis.warnings),
        dependence=diagnosis.dependence,
    )
    request = problem.request
    if request.exponentiate:
        report = report._replace(ratios=tuple(exponentiated(problem.prepared.noise, known)))
    if request.effects:
        from mlefit.pipeline.effects import effects

        report = report._replace(effects=effects(found, errors))
    if not agreed.agree:
        raise NoEstimateError(
            f"the routes disagree: their largest gap is {agreed.max_gap_se:.3g} standard errors",
            "the problem is too ill-conditioned for 16 digits; rescale or drop the nearly collinear columns",
            code="routes-disagree", partial=report)
    return report
