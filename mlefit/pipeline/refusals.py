"""Refusals: data that is readable but has no maximum-likelihood answer, each with its sentence and what is known."""

import os

import numpy as np

from mlefit.arrays import Array
from mlefit.design.levels import Levels
from mlefit.errors import DataError, NoEstimateError, UsageError
from mlefit.estimation.fit import Separated
from mlefit.estimation.limiting import Limit, limiting
from mlefit.estimation.natural import coefficients, ratios
from mlefit.execution import Execution
from mlefit.inference.intervals import wald
from mlefit.mean import LinearMean
from mlefit.noise.model import Response
from mlefit.pipeline.context import Context
from mlefit.pipeline.separating import Outcomes, alone, facts, outcomes
from mlefit.report.report import Criteria, Parameter, Report

EXACT = 16.0 * float(np.finfo(float).eps)
SHOWN = 8               # parameters named in a message
FACTS = 3               # facts told in a message
CLASSES = 3             # classes named one by one
HESSIANS = 12           # matrices of all parameters by all parameters that exist at one time, with two threads
IDENTIFIED = 1e-7       # a combination that moves less than this along a flat direction is identified


def check_before(context: Context) -> None:
    """Raises NoEstimateError for what no search can answer: one class, too few rows, a constant or exactly fitted target.

    UsageError for a model without coefficients, DataError for one whose standard errors are beyond the memory.
    """
    prepared, shape = context.prepared, context.shape
    target, n = prepared.columns.target, round(context.n)
    if not shape.kept:
        raise UsageError(
            "the model has no coefficients: there is no intercept and no predictor that varies",
            "leave out --no-intercept, or name predictors", code="no-coefficients")
    _check_memory(context)
    if prepared.noise.response is not Response.NUMBER and len(prepared.levels) < 2:
        raise _refusal(
            context, f'column "{target}": {prepared.noise.name} needs at least two classes, found only one class, '
            f'"{prepared.levels[0]}", in all {n} rows used',
            "its probability is 1 and the coefficients are infinite; use data with both outcomes", "one-class", (target,))
    if n <= len(shape.kept):
        count, labels = len(context.labels) * prepared.noise.predictors, len(prepared.noise.shapes)
        what = " and ".join([f"{count} coefficients" if count > 1 else "one coefficient",
                             *(s.name for s in prepared.noise.shapes)])
        rows = "one row" if n == 1 else f"{n} rows"
        raise _refusal(
            context, f"too few rows: {rows} cannot determine {count + labels} parameters ({what}){_identifiers(context)}",
            "use more rows or fewer predictors: with as many parameters as rows any data is fitted exactly", "too-few-rows")
    if prepared.noise.quadratic:
        _check_spread(context, target)


def _identifiers(context: Context) -> str:
    """What there is to say about categorical predictors with a level per row."""
    names = dict.fromkeys(
        factor.column for term in context.prepared.columns.terms for factor in term.factors
        if isinstance(factor, Levels) and len(factor.levels or ()) >= context.n > 1
    )
    return "".join(f'; column "{name}" has as many levels as there are rows, as an identifier has' for name in names)


def _check_memory(context: Context) -> None:
    count = context.n_params
    need, room = HESSIANS * 8 * count**2, context.request.read.memory or _half_of_memory()
    if need > room:
        raise DataError(
            f"too many parameters: the standard errors of {count:,} parameters need about {_size(need)} of memory, "
            f"and {_size(room)} may be used",
            "leave out predictors or merge levels, or give --memory more", code="too-many-parameters")


def _size(count: int) -> str:
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if count >= unit), (1e3, "kB"))
    return f"{count / unit:.1f} {name}"


def _half_of_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):       # not every system says
        return 4 << 30


def _check_spread(context: Context, target: str) -> None:
    moments, shape = context.prepared.gathered.moments, context.shape
    assert moments is not None
    assert moments.response is not None
    assert shape.y is not None
    if moments.response.r[1, 1] == 0.0 and context.prepared.columns.intercept:
        value = context.prepared.gathered.scaling.y_centre
        raise _refusal(
            context, f'column "{target}" is constant: all {round(context.n)} rows used are {value!r}, so sigma = 0 and the '
            "likelihood is unbounded", "there is nothing to fit; check that this is the column meant", "constant-target",
            (target,))
    from scipy.linalg import solve_triangular

    encoded = np.asarray(solve_triangular(shape.r, shape.y[:-1], check_finite=False))
    size = moments.y_magnitude + float(np.abs(encoded) @ moments.magnitude[list(shape.kept)])
    sigma = float(np.sqrt(shape.rss / context.n))
    if sigma <= EXACT * size:
        parameters = _exact(context)
        means = [p for p in parameters if p.estimate is not None and p.kind == "mean"]
        known = ", ".join(f"{p.name} = {p.estimate:.9g}" for p in means[:SHOWN])
        raise _refusal(
            context, f'the fit is exact: "{target}" is a linear function of the predictors ({known}), so sigma = 0 and the '
            "likelihood is unbounded", "there is no noise to model; check whether a predictor was computed from the target",
            "exact-fit", (target,), parameters)


def _exact(context: Context) -> tuple[Parameter, ...]:
    """The coefficients of an exact fit, which least squares determines although the likelihood does not exist."""
    shape = context.shape
    assert shape.y is not None
    values = coefficients(shape.y[None, :-1], shape.r, context.units)[0]
    by_column = dict(zip(shape.kept, values, strict=True))
    found = tuple(
        Parameter(name, None, "mean", "aliased" if j in shape.aliased else "ok", estimate=_number(by_column.get(j)),
                  loss_estimate=_number(by_column.get(j)))
        for j, name in enumerate(context.labels)
    )
    return (*found, Parameter("sigma", None, "shape", "ok", estimate=0.0))


def separated(context: Context, found: Separated, mean: LinearMean, execution: Execution) -> NoEstimateError:
    """The refusal of separated data: what separates, how many rows, the supremum, and the parameters still identified."""
    separation, noise = found.separation, context.prepared.noise
    limit = limiting(noise, mean, execution, separation)
    parameters = _limiting_parameters(context, mean, np.array(separation.directions), limit)
    culprits, told = _culprits(context, parameters, separation.complete, outcomes(context, execution))
    target, rows = context.prepared.columns.target, f"{round(separation.predicted)} of {round(separation.rows)} rows"
    modelled = "" if noise.names_classes else f" (modelled: {context.prepared.levels[-1]})"
    named = ", ".join(_towards(context, culprits))
    because = "".join(f"; {fact}" for fact in told[:FACTS]) + ("; ..." if len(told) > FACTS else "")
    if separation.complete:
        what = (f'the classes of "{target}"{modelled} are perfectly separated by {named}{because}: all '
                f"{round(separation.rows)} rows are predicted perfectly, so coefficients diverge and no maximum-likelihood "
                "estimate exists; the log-likelihood approaches 0")
    else:
        supremum = "" if limit is None else f"; the log-likelihood approaches {limit.supremum:.6f}, but never reaches it"
        what = (f'quasi-complete separation of "{target}"{modelled} by {named}{because}: {rows} are predicted perfectly, '
                f"these coefficients are infinite and no maximum-likelihood estimate exists{supremum}")
    remedy = "drop or merge what separates the classes, or collect rows where they overlap"
    if any(p.state == "ok" for p in parameters):
        remedy += "; the other parameters are those of the limiting model (separated rows removed)"
    partial = context.report(parameters, criteria=None if limit is None else Criteria(
        context.n_params, None, None, None, "McFadden", None, None))
    columns = tuple(dict.fromkeys(p.name for p in culprits))
    return NoEstimateError(what, remedy, code="separation", columns=columns, partial=partial)


def _culprits(
    context: Context, parameters: tuple[Parameter, ...], complete: bool, found: Outcomes
) -> tuple[list[Parameter], list[str]]:
    """The infinite parameters that the message names, and what the rows say about their columns."""
    infinite = [p for p in parameters if p.state == "infinite"]
    culprits = [p for p in infinite if p.name != "(Intercept)"] or infinite
    places = sorted({context.labels.index(p.name) for p in culprits})
    enough = alone(context, found, places) if complete else []
    if enough:
        culprits = [p for p in culprits if context.labels.index(p.name) in enough]
        places = enough
    return culprits, facts(context, found, places)


def _towards(context: Context, culprits: list[Parameter]) -> list[str]:
    """`g=B (+infinity for class b, -infinity for 8 classes)`: each column once."""
    by_name: dict[str, list[Parameter]] = {}
    for p in culprits:
        by_name.setdefault(p.name, []).append(p)
    named = []
    for name, group in list(by_name.items())[:SHOWN]:
        ways = []
        for sign, limit in (("+", "+inf"), ("-", "-inf")):
            classes = [p.class_ for p in group if p.limit == limit]
            if not classes:
                continue
            one_by_one = [c for c in classes if c is not None]
            if not one_by_one:
                ways.append(f"{sign}infinity")
            elif len(one_by_one) <= CLASSES:
                word = "class" if len(one_by_one) == 1 else "classes"
                ways.append(f"{sign}infinity for {word} {', '.join(one_by_one)}")
            else:
                ways.append(f"{sign}infinity for {len(one_by_one)} classes")
        named.append(f"{name} ({', '.join(ways)})")
    return [*named, "..."] if len(by_name) > SHOWN else named


def _limiting_parameters(
    context: Context, mean: LinearMean, directions: Array, limit: Limit | None
) -> tuple[Parameter, ...]:
    """States, limits, and for what the limiting model identifies, estimates."""
    m, r = mean.predictors, len(mean.kept)
    triangle, units = mean.triangle, context.units
    a, unit = ratios(triangle, units), units.unit()
    flat = np.eye(mean.size) if limit is None else limit.flat
    found = []
    for place, name_of_class in enumerate(context.classes):
        block = slice(place * r, (place + 1) * r)
        drift = directions[:, block] @ a.T
        moves = np.linalg.norm(flat[block].T @ a.T, axis=0) / np.linalg.norm(a, axis=1)
        natural = None if limit is None else coefficients(limit.gamma.reshape(m, r), triangle, units)[place]
        errors = None if limit is None else np.linalg.norm(a @ limit.root[block], axis=1) * unit
        for j, label in enumerate(context.labels):
            if j in context.shape.aliased:
                found.append(Parameter(label, name_of_class, "mean", "aliased"))
                continue
            k = context.shape.kept.index(j)
            if moves[k] <= IDENTIFIED and natural is not None and errors is not None and errors[k] > 0.0:
                said = wald(float(natural[k]), float(errors[k]), context.request.level, None)
                found.append(Parameter(label, name_of_class, "mean", "ok", float(natural[k]), said.std_error, said.low,
                                       said.high, None, said.statistic, None, said.p_value))
                continue
            # Against what this parameter could move: an intercept far from the data moves more than any slope.
            sizes = np.linalg.norm(directions, axis=1) * float(np.linalg.norm(a[k]))
            leading = next((d for d, size in zip(drift[:, k], sizes, strict=True) if abs(d) > IDENTIFIED * size), 0.0)
            if leading == 0.0:
                found.append(Parameter(label, name_of_class, "mean", "aliased"))
            else:
                found.append(Parameter(label, name_of_class, "mean", "infinite", limit="+inf" if leading > 0.0 else "-inf"))
    return tuple(found)


def unknown_parameters(context: Context) -> tuple[Parameter, ...]:
    """The parameters with nothing known of them but whether they are aliased."""
    coefficients_ = tuple(
        Parameter(name, name_of_class, "mean", "aliased" if j in context.shape.aliased else "ok")
        for name_of_class in context.classes for j, name in enumerate(context.labels)
    )
    return (*coefficients_, *(Parameter(shape.name, None, "shape", "ok") for shape in context.prepared.noise.shapes))


def _refusal(
    context: Context, message: str, remedy: str, code: str, columns: tuple[str, ...] = (),
    parameters: tuple[Parameter, ...] | None = None,
) -> NoEstimateError:
    partial: Report = context.report(parameters or unknown_parameters(context))
    return NoEstimateError(message, remedy, code=code, columns=columns, partial=partial)


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
