"""No cuts: the refusal of ordered levels that are separated, with what separates them."""

import numpy as np

from mlefit.arrays import Array
from mlefit.diagnosis.baseline import IDENTIFIED
from mlefit.diagnosis.no_maximum import FACTS, SHOWN
from mlefit.diagnosis.separating import facts, outcomes
from mlefit.errors import NoEstimateError
from mlefit.estimation.fit import Separated
from mlefit.execution import Execution
from mlefit.existence.cone import signed
from mlefit.existence.splits import Stated
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import unknown_parameters
from mlefit.report.report import Parameter


def separated_levels(problem: Problem, found: Separated, split: Stated, execution: Execution) -> NoEstimateError:
    """Which coefficients and cuts are infinite, and what the rows say of their columns."""
    separation, target = found.separation, problem.prepared.observed.target
    parameters = _parameters(problem, found, split)
    infinite = [p for p in parameters if p.state in ("infinite", "diverges")]
    culprits = [p for p in infinite if p.kind == "mean"] or infinite
    places = sorted(problem.labels.index(p.name) for p in culprits if p.kind == "mean")
    told = facts(problem, outcomes(problem, execution), places)
    because = "".join(f"; {fact}" for fact in told[:FACTS]) + ("; ..." if len(told) > FACTS else "")
    ways = {"+inf": "+infinity", "-inf": "-infinity", None: "diverges"}
    named = ", ".join(f"{p.name} ({ways[p.limit]})" for p in culprits[:SHOWN]) + (", ..." if len(culprits) > SHOWN else "")
    if separation.complete:
        what = (f'the levels of "{target}" are perfectly separated by {named}{because}: every row is predicted perfectly, so '
                "coefficients diverge and no maximum-likelihood estimate exists; the log-likelihood approaches 0")
    else:
        what = (f'quasi-complete separation of the levels of "{target}" by {named}{because}: these are infinite and no '
                "maximum-likelihood estimate exists")
    columns = tuple(dict.fromkeys(p.name for p in culprits if p.kind == "mean"))
    return NoEstimateError(what, "drop or merge what separates the levels, merge levels, or collect rows where they overlap",
                           code="separation", columns=columns, partial=problem.report(parameters))


def _parameters(problem: Problem, found: Separated, split: Stated) -> tuple[Parameter, ...]:
    """States and limits; what stays finite has no estimate here."""
    natural = found.mean.natural(np.zeros(found.mean.size))[0]
    # Rows a of the mean give coefficients as a'gamma with gamma = R B; here B are combinations of other coordinates.
    coefficients = natural.directions @ found.mean.part(0).triangle @ split.coefficients
    rows = [*coefficients[1:], *(split.cuts - coefficients[0])]
    kept, labels = problem.shape.kept, problem.labels
    names = [*((labels[j], "mean") for j in kept[1:]), *((name, "shape") for name in problem.prepared.noise.cuts)]
    directions = np.array(found.separation.directions)
    limits: dict[str, str] = {}
    towards: list[Array] = []
    for (name, _), a in zip(names, rows, strict=True):
        drift, sizes = directions @ a, np.linalg.norm(directions, axis=1) * float(np.linalg.norm(a))
        leading = next((d for d, size in zip(drift, sizes, strict=True) if abs(d) > IDENTIFIED * size), 0.0)
        if leading != 0.0:
            limits[name] = "+inf" if leading > 0.0 else "-inf"
            towards.append(np.sign(leading) * a)
    holds = dict(zip(limits, signed(split.law, split.mean, split.rows, found.separation, np.array(towards)), strict=True))

    def stated(p: Parameter) -> Parameter:
        if p.name not in limits or p.state == "aliased":
            return p
        return p._replace(state="infinite", limit=limits[p.name]) if holds[p.name] else p._replace(state="diverges")  # type: ignore[arg-type]

    return tuple(stated(p) for p in unknown_parameters(problem))
