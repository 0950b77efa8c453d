"""No maximum: the refusal of separated data, with what separates, and what the limiting model still identifies."""

import numpy as np

from mlefit.arrays import Array
from mlefit.diagnosis.baseline import IDENTIFIED, remedies
from mlefit.diagnosis.limiting import Limit, limiting
from mlefit.diagnosis.separating import Outcomes, alone, facts, outcomes
from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Separated
from mlefit.execution import Execution
from mlefit.existence.cone import signed
from mlefit.inference.intervals import wald
from mlefit.inference.law import NORMAL
from mlefit.numerals import are
from mlefit.problem.problem import Problem
from mlefit.report.report import Criteria, Parameter

SHOWN = 8               # parameters named in a message
FACTS = 3               # facts told in a message
ENDLESS = ("infinite", "diverges")
CLASSES = 3             # classes named one by one
SLACK = 1e-6            # of a log-likelihood: the limit is computed so far out that rounding takes up to half of its digits
UNBOUNDED = "the log-likelihood grows beyond all bounds"


def separated(problem: Problem, found: Separated, execution: Execution) -> NoEstimateError | None:
    """The refusal of separated data: what separates, how many rows, the supremum, and the parameters still identified.

    None where the claim is withdrawn: what a likelihood approaches is not below what it has somewhere.
    """
    separation, noise = found.separation, problem.prepared.noise
    limit = limiting(noise, found.mean, execution, separation) if noise.bounded and not noise.shapes else None
    if limit is not None and limit.supremum < _reached(problem, found) * (1.0 + SLACK):
        return None
    parameters = _limiting_parameters(problem, found, execution, limit)
    culprits, told = _culprits(problem, parameters, separation.complete, outcomes(problem, execution))
    target, predicted = problem.prepared.observed.target, round(separation.predicted)
    modelled = f" (modelled: {problem.prepared.levels[-1]})" if noise.response.takes_positive else ""
    named = ", ".join(_towards(problem, culprits))
    because = "".join(f"; {fact}" for fact in told[:FACTS]) + ("; ..." if len(told) > FACTS else "")
    if separation.complete:
        grows = "the log-likelihood approaches 0" if noise.bounded else UNBOUNDED
        what = (f'the classes of "{target}"{modelled} are perfectly separated by {named}{because}: all '
                f"{round(separation.rows)} rows are predicted perfectly, so coefficients diverge and no maximum-likelihood "
                f"estimate exists; {grows}")
    else:
        supremum = "; what the other parameters approach was not found" if noise.bounded else f"; {UNBOUNDED}"
        if limit is not None:
            supremum = f"; the log-likelihood approaches {limit.supremum:.6f}, but never reaches it"
        endless = sum(p.state in ENDLESS for p in parameters)       # a constant among them, which is not named
        these = "this coefficient is" if endless == 1 else "these coefficients are"
        what = (f'quasi-complete separation of "{target}"{modelled} by {named}{because}: {predicted} of {round(separation.rows)} '
                f"rows {are(predicted)} predicted perfectly, {these} infinite and no maximum-likelihood estimate exists{supremum}")
    remedy = "drop or merge what separates the classes, or collect rows where they overlap"
    if limit is not None and not separation.complete:
        remedy += remedies(problem, found.mean, limit)
    if any(p.estimate is not None for p in parameters):
        remedy += "; the other parameters are those of the limiting model (separated rows removed)"
    partial = problem.report(parameters, criteria=None if limit is None else Criteria(
        problem.n_params, None, None, None, "McFadden", None, None))
    columns = tuple(dict.fromkeys(p.name for p in culprits))
    return NoEstimateError(what, remedy, code="separation", columns=columns, partial=partial)


def _culprits(
    problem: Problem, parameters: tuple[Parameter, ...], complete: bool, found: Outcomes
) -> tuple[list[Parameter], list[str]]:
    """The infinite parameters that the message names, and what the rows say about their columns."""
    infinite = [p for p in parameters if p.state in ENDLESS]
    culprits = [p for p in infinite if p.name != "(Intercept)"] or infinite
    places = sorted({problem.labels.index(p.name) for p in culprits})
    enough = alone(problem, found, places) if complete else []
    if enough:
        culprits = [p for p in culprits if problem.labels.index(p.name) in enough]
        places = enough
    return culprits, facts(problem, found, places)


def _towards(problem: Problem, culprits: list[Parameter]) -> list[str]:
    """`g=B (+infinity for class b, -infinity for 8 classes)`: each column once."""
    by_name: dict[str, list[Parameter]] = {}
    for p in culprits:
        by_name.setdefault(p.name, []).append(p)
    named = []
    for name, group in list(by_name.items())[:SHOWN]:
        ways = []
        for way, limit in (("+infinity", "+inf"), ("-infinity", "-inf"), ("diverges", None)):
            classes = [p.class_ for p in group if p.limit == limit]
            if not classes:
                continue
            one_by_one = [c for c in classes if c is not None]
            if not one_by_one:
                ways.append(way)
            elif len(one_by_one) <= CLASSES:
                word = "class" if len(one_by_one) == 1 else "classes"
                ways.append(f"{way} for {word} {', '.join(one_by_one)}")
            else:
                ways.append(f"{way} for {len(one_by_one)} classes")
        named.append(f"{name} ({', '.join(ways)})")
    return [*named, "..."] if len(by_name) > SHOWN else named


def _reached(problem: Problem, found: Separated) -> float:
    """The log-likelihood that some parameters have: of classes alone, or where the search had come."""
    weights, predictors = np.array(list(problem.prepared.level_weights.values())), problem.prepared.predictors
    if not weights.size or predictors.offset is not None or not predictors.intercept:
        return found.reached
    return max(found.reached, float(weights @ np.log(weights / weights.sum())))


def _limiting_parameters(
    problem: Problem, separated: Separated, execution: Execution, limit: Limit | None
) -> tuple[Parameter, ...]:
    """States, limits, and for what the limiting model identifies, estimates."""
    mean, directions = separated.mean, np.array(separated.separation.directions)
    known = mean.natural(np.zeros(mean.size) if limit is None else limit.gamma)
    flat = np.eye(mean.size) if limit is None else limit.flat
    found, towards = list[Parameter](), list[Array]()
    for part, predictor in zip(known, problem.prepared.noise.predictors, strict=True):
        name_of_class = predictor.class_
        a, block = part.directions, slice(part.first, part.first + part.directions.shape[1])
        drift = directions[:, block] @ a.T
        moves = np.linalg.norm(flat[block].T @ a.T, axis=0) / np.linalg.norm(a, axis=1)
        errors = None if limit is None or limit.covariance is None else limit.covariance.error(a, part.first) * part.unit
        for j, label in enumerate(problem.labels):
            if j in problem.shape.aliased:
                found.append(Parameter(label, name_of_class, "mean", "aliased"))
                continue
            k = problem.shape.kept.index(j)
            if moves[k] <= IDENTIFIED and errors is not None and errors[k] > 0.0:
                said = wald(float(part.value[k]), float(errors[k]), problem.request.level, NORMAL)
                found.append(Parameter(label, name_of_class, "mean", "ok", float(part.value[k]), said.std_error, said.low,
                                       said.high, None, said.statistic, None, said.p_value))
                continue
            # Against what this parameter could move: an intercept far from the data moves more than any slope.
            sizes = np.linalg.norm(directions, axis=1) * float(np.linalg.norm(a[k]))
            leading = next((d for d, size in zip(drift[:, k], sizes, strict=True) if abs(d) > IDENTIFIED * size), 0.0)
            if leading == 0.0:      # it has no direction of its own, or is one of those that the limit would tell
                found.append(Parameter(label, name_of_class, "mean", "aliased" if limit is not None else "ok"))
                continue
            found.append(Parameter(label, name_of_class, "mean", "infinite", limit="+inf" if leading > 0.0 else "-inf"))
            towards.append(np.zeros(mean.size))
            towards[-1][block] = np.sign(leading) * a[k]
    holds = iter(signed(problem.prepared.noise, mean, execution, separated.separation, np.array(towards)))
    return tuple(
        p._replace(state="diverges", limit=None) if p.state == "infinite" and not next(holds) else p for p in found
    )
