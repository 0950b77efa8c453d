"""Terms: the joint test of every term of the right-hand side, as the report says it."""

from collections.abc import Iterator

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.certificate import DENSE
from mlefit.inference.standard_errors import StandardErrors
from mlefit.inference.terms import Covered, Ratio, Tested, joint_test
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.report.report import TermTest

WORK = 5e8      # of a pass for each term: the three or four that a refit takes then last about a second together


def term_tests(found: Fitted, errors: StandardErrors) -> tuple[TermTest, ...]:
    """One test for each term."""
    covered = Covered.of(errors, found.fit, found.mean)
    asked = list(_places(found.problem))
    ratio = likelihood_ratio(found) if len(asked) * found.work <= WORK and found.objective.size <= DENSE else None
    return tuple(_test(name, places, covered, errors, ratio) for name, places in asked)


def likelihood_ratio(found: Fitted) -> Ratio:
    """2 (l - l without some coefficients), by a refit."""
    of = found.likelihood

    def ratio(places: Index) -> float:
        return 2.0 * (of.holding(directions(found, places)).least(np.zeros(places.size)) - of.optimum)

    return ratio


def directions(found: Fitted, places: Index) -> Array:
    """The coefficients at `places` (q,), counted predictor after predictor, as combinations (q, P) of the coordinates."""
    rows = np.zeros((places.size, found.objective.size))
    parts = found.mean.natural(found.fit.mle.theta[: found.mean.size])
    each = [(part, direction) for part in parts for direction in part.directions]
    for row, place in zip(rows, places.tolist(), strict=True):
        part, direction = each[place]
        row[part.first : part.first + direction.size] = direction
    return rows


def _places(problem: Problem) -> Iterator[tuple[str, Index]]:
    """Each term that has coefficients, and their places: side after side, predictor after predictor, columns that are kept."""
    predictors = range(len(problem.prepared.noise.predictors))
    starts = np.cumsum([0, *(len(problem.shapes[problem.side(k)].kept) for k in predictors)])
    for which, (side, shape) in enumerate(zip(problem.prepared.predictors.sides, problem.shapes, strict=True)):
        own = [starts[k] for k in predictors if problem.side(k) == which]
        kept, start = np.array(shape.kept), int(side.intercept)
        for term in side.terms:
            columns = np.flatnonzero(np.isin(kept, side.places[start : start + term.width]))
            start += term.width
            if columns.size:
                yield term.text, np.concatenate([first + columns for first in own])


def _test(name: str, places: Index, covered: Covered, errors: StandardErrors, ratio: Ratio | None) -> TermTest:
    tested: Tested = joint_test(places, covered, errors, ratio)
    joint = tested.joint
    if joint is None:
        return TermTest(name, "F" if errors.kind.sandwich or covered.free is not None else "chi2", None, places.size, None, None,
                        tested.reason)
    kind = "F" if errors.kind.sandwich or joint.df is not None else "chi2"
    return TermTest(name, kind, number(joint.statistic), joint.q, joint.df, number(joint.p_value), tested.reason)  # type: ignore[arg-type]
