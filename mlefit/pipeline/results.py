"""Results: a certified fit as the plain values of the report."""

from dataclasses import replace

import numpy as np

from mlefit.estimation.fit import Fit
from mlefit.estimation.optimize import Optimum
from mlefit.estimation.outcome import Outcome
from mlefit.inference.covariance import Root
from mlefit.inference.estimates import Estimates, scaled_gradient
from mlefit.inference.intervals import on_log_scale, wald
from mlefit.mean import LinearMean
from mlefit.pipeline.context import Context
from mlefit.report.report import Agreement, Criteria, Parameter, Route

AGREE_NATS = 1e-9       # n nll_excess: CONTRACT of `agree`
AGREE_GAP = 1e-4        # largest gap in standard errors


def number(value: float | None) -> float | None:
    """A finite float, or None."""
    return None if value is None or not np.isfinite(value) else float(value)


def parameters(context: Context, fit: Fit, found: Estimates, root: Root) -> tuple[Parameter, ...]:
    """One row per coefficient, class by class, then the shapes."""
    level, kept = context.request.level, context.shape.kept
    rows = []
    for k, name_of_class in enumerate(context.classes):
        for j, name in enumerate(context.labels):
            if j in context.shape.aliased:
                rows.append(Parameter(name, name_of_class, "mean", "aliased"))
                continue
            i = kept.index(j)
            said = wald(float(found.mle[k, i]), float(found.std_error[k, i]), level, root.df)
            rows.append(Parameter(
                name, name_of_class, "mean", "ok", number(found.mle[k, i]), number(said.std_error), number(said.low),
                number(said.high), None, number(said.statistic), root.df, number(said.p_value),
                number(found.loss[k, i]), number(found.gap[k, i]),
            ))
    for i, shape in enumerate(fit.noise.shapes):
        estimate = float(found.shapes[i]) * (1.0 if root.df is None else np.sqrt(context.n / root.df))
        said = on_log_scale(estimate, float(found.shape_log_error[i]), level, root.df)
        rows.append(Parameter(
            shape.name, None, "shape", "ok", number(estimate), number(said.std_error), number(said.low),
            number(said.high), None, None, root.df, None, number(found.loss_shapes[i]), number(found.shape_gap[i]),
        ))
    return tuple(rows)


def route(context: Context, fit: Fit, optimum: Optimum, place: int, mean: LinearMean, model: np.ndarray) -> Route:
    """One route's figures in natural units; KL is filled in when it is known."""
    nll = fit.nll[place] / fit.n
    loss = fit.total_loss[place] / fit.n
    if fit.noise.quadratic:
        nll += context.log_unit
        with np.errstate(over="ignore"):
            loss = float(np.float64(loss) * context.units.y_scale * context.units.y_scale)
    return Route(
        optimum.method, optimum.outcome is Outcome.CERTIFIED, optimum.iterations, optimum.evaluations,
        number(-nll * fit.n), number(nll), number(loss), None, number(optimum.edm),
        number(scaled_gradient(optimum, fit, mean.triangle, context.units, model) * _nats(fit, optimum)),
    )


def _nats(fit: Fit, optimum: Optimum) -> float:
    """A loss counts in its own units: a(shapes) of them are a nat."""
    if optimum is fit.mle:
        return 1.0
    return fit.noise.affine(optimum.theta[fit.mean.size :])[0]


def with_kl(line: Route, entropy: float | None) -> Route:
    """KL = cross-entropy at these parameters less the entropy of the data."""
    return line if entropy is None or line.nll is None else replace(line, kl=line.nll - entropy)


def agreement(fit: Fit, found: Estimates) -> Agreement:
    """Whether both routes ended at the same answer."""
    excess, gap = fit.excess(), found.max_gap
    agree = excess <= AGREE_NATS and gap <= AGREE_GAP
    return Agreement(number(gap), number(excess / fit.n), bool(agree))


def criteria(context: Context, fit: Fit, null: float | None) -> Criteria:
    """AIC = 2k - 2L, BIC = k log n - 2L with every free parameter counted; `null` is L of the intercept alone."""
    k, n = context.n_params, fit.n
    loglik = -(fit.nll[0] + (n * context.log_unit if fit.noise.quadratic else 0.0))
    if fit.noise.quadratic:
        squared: float | None = 1.0 - context.shape.rss / _total_square(context)
        kind = "R2"
    else:
        squared = None if not null else 1.0 - loglik / null
        kind = "McFadden"
    return Criteria(k, number(loglik), number(null), number(squared), kind,  # type: ignore[arg-type]
                    number(2.0 * k - 2.0 * loglik), number(k * float(np.log(n)) - 2.0 * loglik))


def _total_square(context: Context) -> float:
    """Sum of squares of the response, about its mean when there is an intercept, else about 0, as R does."""
    moments = context.prepared.gathered.moments
    assert moments is not None
    assert moments.response is not None
    r = moments.response.r
    about_mean = float(r[1, 1] ** 2)
    return about_mean if context.prepared.columns.intercept else about_mean + float(r[0, 1] ** 2)


def null_loglik(context: Context) -> float | None:
    """Log-likelihood of the intercept alone, in closed form; None with an offset on a discrete response."""
    moments, n = context.prepared.gathered.moments, context.n
    assert moments is not None
    if moments.response is not None:
        mean_square = float(moments.response.r[1, 1] ** 2) / n
        noise = context.prepared.noise
        a, c = noise.affine(noise.implied_shapes(mean_square))
        return -n * (a * mean_square + c + context.log_unit)
    if context.prepared.columns.offset is not None:
        return None
    counts = np.array(list(context.prepared.gathered.levels.values()))
    return float(counts @ np.log(counts / n))
