"""Diagnosed: what the rows at the optimum say about the assumptions behind the standard errors."""

from typing import NamedTuple

from mlefit.diagnosis.dependence import Serial, neighbours
from mlefit.diagnosis.far_values import far_values
from mlefit.diagnosis.groups import groups
from mlefit.diagnosis.misspecification import Asked, Spread, misspecification
from mlefit.diagnosis.repeated import repeated
from mlefit.diagnosis.scored import Scored, Scoring
from mlefit.estimation.fit import Optima
from mlefit.execution import Engine
from mlefit.mean import LinearMean
from mlefit.objective import Objective
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.report.report import Warn
from mlefit.report.tested import Dependence
from mlefit.sums.tally import tree_sum


class Diagnosis(NamedTuple):
    """The warnings, and what was measured of the dependence between rows."""

    warnings: tuple[Warn, ...]
    dependence: Dependence


@record(frozen=True)
class Looked:
    """What one look at all rows gives to two rules."""

    serial: Serial
    spread: Spread

    @classmethod
    def of(cls, rows: Scored, asked: Asked) -> "Looked":
        """Those of some rows."""
        return cls(Serial.of(rows), Spread.of(rows, asked.directions))

    def __add__(self, other: "Looked") -> "Looked":
        return Looked(self.serial + other.serial, self.spread + other.spread)


def diagnosed(problem: Problem, both: Optima, mean: LinearMean, objective: Objective, rows: Engine) -> Diagnosis:
    """At the maximum likelihood estimate. `rows`: all rows, none where the fit keeps none; then a sample is judged.

    With sampling weights nothing is: the errors shown are robust already, and those of the model belong to no rows.
    """
    if problem.prepared.observed.sampling:
        return Diagnosis((), Dependence(None, None, (), "sampling weights"))
    if problem.indexed:
        return Diagnosis((), Dependence(None, None, (), "too many levels"))
    curvature = both.mle.curvature
    scoring = Scoring.of(both.noise, objective, both.mle.theta, curvature)
    kept = rows if problem.prepared.store is not None and rows.store.rows <= scoring.most else None
    asked, looked = Asked.of(problem, scoring, curvature), None
    if kept is not None:
        looked = kept.sum(lambda chunk: tree_sum(Looked.of(slab, asked) for slab in scoring.scored(chunk)))
    serial, spread = (None, None) if looked is None else (looked.serial, looked.spread)
    by_group = groups(problem, scoring, kept)
    beside = neighbours(problem, scoring, both, mean, kept, serial, by_group.together)
    return Diagnosis(
        (*far_values(problem, kept), *misspecification(problem, scoring, asked, spread), *beside.warnings, *by_group.warnings,
         *repeated(problem, kept)),
        Dependence(beside.correlation, beside.p_value, beside.short, beside.reason, by_group.tested),
    )
