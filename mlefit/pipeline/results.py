"""Results: a certified fit as the plain values of the report."""


from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from mlefit.estimation.fit import Optima
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum
from mlefit.inference.estimates import Estimates, scaled_gradient
from mlefit.inference.intervals import Inference, of_chi_squared, on_log_scale, wald
from mlefit.inference.standard_errors import StandardErrors
from mlefit.information.agreement import route_divergence
from mlefit.mean import LinearMean
from mlefit.noise.model import Limit
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.ratios import Ratios
from mlefit.pipeline.shape_intervals import Ends
from mlefit.problem.problem import Problem
from mlefit.report.report import Agreement, Certificate, Parameter, Route, Warn

if TYPE_CHECKING:
    from mlefit.inference.cuts import Cuts

FEW = 200               # degrees of freedom below which sigma from n and from n - p differ visibly
AGREE_NATS = 1e-9       # n nll_excess: CONTRACT of `agree`
AGREE_GAP = 1e-4        # largest gap in standard errors
SHOWN = 8               # coefficients named in a message


def parameters(
    problem: Problem, fit: Optima, found: Estimates, errors: StandardErrors, ratios: Ratios, ends: Mapping[int, Ends]
) -> tuple[Parameter, ...]:
    """One row per coefficient, class by class, then the shapes."""
    level, places = problem.request.level, count()
    rows = []
    for k, predictor in enumerate(problem.prepared.noise.predictors):
        aliased = problem.shapes[problem.side(k)].aliased
        for j, name in problem.named(k):
            if j in aliased:
                rows.append(Parameter(name, predictor.class_, predictor.kind, "aliased"))
                continue
            place = next(places)
            if problem.in_cuts(j):
                continue
            estimate = float(found.mle[place])
            known = Parameter(name, predictor.class_, predictor.kind, "ok", number(estimate),
                              loss_estimate=number(found.loss[place]), gap_se=number(found.gap[place]))
            if errors.absent[place]:
                rows.append(known._replace(state="no-robust-error"))
                continue
            law = errors.laws[place]
            said = wald(estimate, float(found.std_error[place]), level, law)
            rows.append(known._replace(
                std_error=number(said.std_error), ci_low=number(said.low), ci_high=number(said.high),
                statistic=number(said.statistic), df=law.df, p_value=number(said.p_value), interval="wald"))
            if place in ratios.found:
                ratio = ratios.found[place]
                rows[-1] = rows[-1]._replace(ci_low=number(ratio.low), ci_high=number(ratio.high), interval="profile",
                                             statistic=number(ratio.statistic), p_value=number(ratio.p_value))
    shapes = list(_shapes(problem, fit, found, errors))
    if fit.limit is not None:
        shapes.insert(fit.limit.shape, _boundary(problem, fit.limit))
    return (*rows, *(_profiled(one, ends[i]) if i in ends else one for i, one in enumerate(shapes)))


def _boundary(problem: Problem, limit: Limit) -> Parameter:
    """The shape that is 0 or infinite, by both routes."""
    known = Parameter(problem.prepared.noise.shapes[limit.shape].name, None, "shape", "boundary")
    return known._replace(limit="+inf") if limit.value else known._replace(estimate=0.0, loss_estimate=0.0)


def _profiled(shape: Parameter, ends: Ends) -> Parameter:
    return shape._replace(ci_low=number(ends.low), ci_high=number(ends.high), interval="profile")


def _shapes(problem: Problem, fit: Optima, found: Estimates, errors: StandardErrors) -> Iterator[Parameter]:
    """The shapes, or the cuts for which they stand. Under ols the scale is that of n - p, as least squares programs print it."""
    if found.cuts is not None:
        yield from _cuts(problem, found.cuts, errors)
        return
    divisor = float(problem.n) if errors.kind.name != "ols" or errors.exact is None else float(errors.exact)
    correction = float(np.sqrt(problem.n / divisor))
    for i, shape in enumerate(fit.noise.shapes):
        estimate, error = float(found.shapes[i]) * correction, float(found.shape_log_error[i])
        said = _shape(estimate, error, problem.request.level, errors, divisor)
        yield Parameter(
            shape.name, None, "shape", "ok", number(estimate), number(said.std_error), number(said.low), number(said.high),
            df=errors.shapes.df, loss_estimate=number(found.loss_shapes[i] * correction), gap_se=number(found.shape_gap[i]),
            interval="fourth-moment" if errors.fourth is not None else "chi-squared" if errors.exact is not None else None,
            n_minus_p=_of_least_squares(problem, fit) if _many(problem) else None)


def _cuts(problem: Problem, cuts: "Cuts", errors: StandardErrors) -> Iterator[Parameter]:
    """With intervals on their own scale."""
    for name, estimate, loss, error, gap in zip(problem.prepared.noise.cuts, *(part.tolist() for part in cuts), strict=True):
        said = wald(estimate, error, problem.request.level, errors.shapes)
        yield Parameter(name, None, "shape", "ok", number(estimate), number(said.std_error), number(said.low), number(said.high),
                        df=errors.shapes.df, loss_estimate=number(loss), gap_se=number(gap))


def _many(problem: Problem) -> bool:
    """Whether there are so many coefficients that sigma from n is far below its interval (p > sqrt(2n))."""
    return len(problem.shape.kept) ** 2 > 2.0 * problem.n


def _of_least_squares(problem: Problem, fit: Optima) -> float | None:
    """sqrt(RSS / (n - p)), where sigma is another: not under ols, nor with sampling weights, which are no rows."""
    free = round(problem.n) - len(problem.shape.kept)
    if not fit.noise.compresses or problem.request.se == "ols" or problem.prepared.observed.sampling or free < 1:
        return None
    return number(float(np.sqrt(problem.shape.rss / free)) * problem.units.y_scale)


def _shape(estimate: float, error: float, level: float, errors: StandardErrors, divisor: float) -> Inference:
    if errors.fourth is not None:
        return on_log_scale(estimate, errors.fourth, level, errors.shapes)
    if errors.exact is not None:
        return of_chi_squared(estimate, error, level, errors.exact, divisor)
    return on_log_scale(estimate, error, level, errors.shapes)


def route(problem: Problem, fit: Optima, place: int, mean: LinearMean, numbers: Estimates) -> Route:
    """One route's figures in natural units; KL is filled in when it is known."""
    optimum = (fit.mle, fit.loss)[place]
    nll = fit.nll[place] / fit.n
    loss = fit.total_loss[place] / fit.n
    nll += problem.log_density
    with np.errstate(over="ignore"):
        for _ in range(abs(fit.noise.loss_power)):
            loss = float(np.float64(loss) * problem.units.y_scale ** np.sign(fit.noise.loss_power))
    loss += fit.noise.loss_log_unit * problem.log_unit
    return Route(
        optimum.method, optimum.outcome is Outcome.CERTIFIED, optimum.iterations, optimum.evaluations,
        number(-nll * fit.n), number(nll), number(loss), None, number(optimum.certificate.short),
        number(scaled_gradient(optimum, mean, numbers) * _nats(fit, optimum)), number(optimum.refinement),
        Certificate(optimum.certificate.kind, optimum.starts, optimum.lower, number(optimum.behind), _unique(problem, fit)),
    )


def _unique(problem: Problem, fit: Optima) -> bool:
    """Whether there is one maximum: of a log-concave law, no limit of another, of predictors that are linear in all parameters."""
    curve, asked = problem.prepared.roles.curve, problem.prepared.noise
    return asked.log_concave and fit.noise.log_concave and (curve is None or len(curve.linear) == len(curve.parameters))


def _nats(fit: Optima, optimum: Optimum) -> float:
    """A loss counts in its own units: a(shapes) of them are a nat."""
    if optimum is fit.mle:
        return 1.0
    return fit.noise.affine(optimum.theta[fit.mean.size :])[0]


def with_kl(line: Route, entropy: float | None) -> Route:
    """KL = cross-entropy at these parameters less the entropy of the data."""
    return line if entropy is None or line.nll is None else line._replace(kl=line.nll - entropy)


def agreement(found: Fitted, numbers: Estimates) -> Agreement:
    """Whether both routes ended at the same answer, and the KL between their models on the sampled rows."""
    fit, mean = found.fit, found.mean
    rows = found.problem.prepared.sample
    (mine, free), (other, other_free) = (found.objective.split(optimum.theta) for optimum in (fit.mle, fit.loss))
    law = fit.noise.among(rows.trials)
    apart = route_divergence(law, mean.eta(mine, rows), free, mean.eta(other, rows), other_free, rows.weight)
    excess, gap = fit.excess(), numbers.max_gap
    agree = excess <= max(AGREE_NATS, fit.mle.certificate.bound) and (gap <= AGREE_GAP or fit.face is not None)
    return Agreement(number(gap), number(excess / fit.n), bool(agree), number(apart))


def sigma_note(problem: Problem, fit: Optima) -> tuple[str, ...]:
    """With few rows: the sigma of least squares, which divides by n - p; with many coefficients the table has it."""
    free, sigma = round(problem.n) - len(problem.shape.kept), _of_least_squares(problem, fit)
    if sigma is None or free >= FEW or _many(problem):
        return ()
    return (f"sigma is the maximum likelihood estimate sqrt(RSS/n); with n - p = {free} degrees of freedom R's lm would "
            f"say {sigma:.6g}, as --se ols does.",)


def shape_note(problem: Problem, errors: StandardErrors) -> tuple[str, ...]:
    """What the interval of a scale is made of, where that is not the chi-squared law of normal errors."""
    noise = problem.prepared.noise
    if not noise.compresses or not (errors.kind.sandwich or errors.fourth is not None):
        return ()
    names = ", ".join(shape.name for shape in noise.shapes)
    why = ", as their shape is not normal (p < 0.01)" if errors.fourth is not None else ""
    return (f"{names}: its interval is that of the fourth moment of the residuals, on the log scale{why}.",)


def at_limit(fit: Optima) -> tuple[Warn, ...]:
    """A warning that a simpler law is the answer."""
    return () if fit.limit is None else (Warn(fit.limit.code, fit.limit.message),)


def acting(found: Fitted) -> tuple[Warn, ...]:
    """A warning where a loss with a unit acts as another one."""
    rows, noise = found.problem.prepared.sample, found.fit.noise
    said = None
    if noise.located:
        coef, _ = found.objective.split(found.fit.mle.theta)
        said = noise.acting(rows.y - found.mean.eta(coef, rows)[:, 0])
    return () if said is None else (Warn("unit", said),)


def lower_maxima(fit: Optima) -> tuple[Warn, ...]:
    """A warning that the likelihood has another maximum."""
    found = fit.mle
    if not found.lower or found.behind is None:
        return ()
    return (Warn("lower-maximum", f"{found.lower} of {found.starts} searches ended at a lower maximum (log-likelihood lower by "
                 f"{found.behind:.2g}): another explanation of the data exists"),)


def not_unique(problem: Problem, fit: Optima) -> tuple[Warn, ...]:
    """A warning with the range of every coefficient that has one, where the least loss is at more points than one."""
    if fit.face is None:
        return ()
    labels = [problem.labels[j] for j in problem.shape.kept]
    wide = [(label, low, high) for label, low, high in zip(labels, fit.face.low, fit.face.high, strict=True) if low < high]
    ranges = "; ".join(f"{label} from {low:.6g} to {high:.6g}" for label, low, high in wide[:SHOWN])
    more = f" and {len(wide) - SHOWN} more" if len(wide) > SHOWN else ""
    return (Warn("not-unique", f"more answers than one have the least loss ({ranges}{more}); that of maximum likelihood is in the "
                 "middle of them", tuple(label for label, _, _ in wide)),)


def crossing(errors: StandardErrors) -> tuple[Warn, ...]:
    """A warning where the planes of neighbouring quantiles, of whose distance errors are made, cross at some rows."""
    if not errors.crossed:
        return ()
    count = round(errors.crossed)
    return (Warn("crossing", f"quantiles on either side cross at {count} row{'' if count == 1 else 's'}, which therefore "
                 f"count{'s' if count == 1 else ''} for nothing in the standard errors ({errors.kind.name}); --se iid or bootstrap "
                 "do without"),)


def beyond_doubles(found: Sequence[Parameter]) -> tuple[Warn, ...]:
    """A warning that names the coefficients too large for a double; there is no number to give for them."""
    names = tuple(dict.fromkeys(p.name for p in found if p.state == "ok" and p.estimate is None))
    if not names:
        return ()
    return (Warn("too-large", f"{', '.join(names)}: the coefficient is beyond the largest double, 1.8e308, as the column "
                 "varies so little; multiply it by a power of ten", names),)
