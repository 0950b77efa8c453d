"""run: Request -> Report, the corridor from end to end."""

from mlefit.diagnosis.misspecification import misspecification
from mlefit.errors import NoEstimateError
from mlefit.inference.covariance import covariance
from mlefit.inference.estimates import estimates
from mlefit.pipeline.fitted import Fitted, fitted, not_certified
from mlefit.pipeline.knowledge import information
from mlefit.pipeline.results import agreement, beyond_doubles, criteria, null_loglik, parameters, route, sigma_note, with_kl
from mlefit.problem.prepare import Progress
from mlefit.report.report import Report
from mlefit.request import Request


def run(request: Request, progress: Progress | None = None) -> Report:
    """Read, gather, fit twice, certify, estimate KL, report.

    Raises UsageError, DataError, or NoEstimateError with what is known as its partial report.
    """
    with fitted(request, progress) as found:
        return report_of(found)


def report_of(found: Fitted) -> Report:
    """Everything that is said about both optima. Raises NoEstimateError unless they are certified and agree."""
    context, fit, mean = found.context, found.fit, found.mean
    if not found.certified:
        raise not_certified(context, fit)
    errors = covariance(context.request.se, fit, found.rows, found.objective)
    numbers = estimates(fit, mean, errors)
    agreed = agreement(found, numbers)
    null = null_loglik(context, found.rows)
    knowledge = information(found, null)
    known = parameters(context, fit, numbers, errors)
    report = context.report(
        known, status="ok" if agreed.agree else "no estimate", agreement=agreed,
        mle=with_kl(route(context, fit, fit.mle, 0, mean), knowledge.entropy),
        loss=with_kl(route(context, fit, fit.loss, 1, mean), knowledge.entropy),
        information=knowledge, criteria=criteria(context, fit, null),
        notes=(*context.notes(), *sigma_note(context, fit)),
        warnings=(*context.warnings(), *beyond_doubles(known),
                  *misspecification(context, fit.mle.theta, found.objective, fit.mle.curvature)),
    )
    if not agreed.agree:
        raise NoEstimateError(
            f"the routes disagree: their largest gap is {agreed.max_gap_se:.3g} standard errors",
            "the problem is too ill-conditioned for 16 digits; rescale or drop the nearly collinear columns",
            code="routes-disagree", partial=report)
    return report
