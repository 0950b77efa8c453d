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
    asked = list(_places(found.problem, found.mean.predictors))
    ratio = likelihood_ratio(found) if len(asked) * found.work <= WORK and found.objective.size <= DENSE else None
    return tuple(_test(name, places, covered, errors, ratio) for name, places in asked)


def likelihood_ratio(found: Fitted) -> Ratio:
    """2 (l - l without some coefficients), by a refit."""
    of, least = found.likelihood, found.fit.nll[0]

    def ratio(places: Index) -> float:
        return 2.0 * (of.holding(directions(found, places)).least(np.zeros(places.size)) - least)

    return ratio


def directions(found: Fitted, places: Index) -> Array:
    """The coefficients at `places` (q,), counted predictor after predictor, as combinations (q, P) of the coordinates."""
    rows = np.zeros((places.size, found.objective.size))
    parts = found.mean.natural(found.fit.mle.theta[: found.mean.size])
    for row, place in zip(rows, places.tolist(), strict=True):
        part, column = parts[place // len(found.problem.shape.kept)], place % len(found.problem.shape.kept)
        row[part.first : part.first + part.directions.shape[1]] = part.directions[column]
    return rows


def _places(problem: Problem, predictors: int) -> Iterator[tuple[str, Index]]:
    """Each term that has coefficients, and their places: predictor after predictor, columns that are kept."""
    kept, start = np.array(problem.shape.kept), int(problem.prepared.predictors.intercept)
    for term in problem.prepared.predictors.terms:
        columns = np.flatnonzero((kept >= start) & (kept < start + term.width))
        start += term.width
        if columns.size:
            yield term.text, np.concatenate([k * kept.size + columns for k in range(predictors)])


def _test(name: str, places: Index, covered: Covered, errors: StandardErrors, ratio: Ratio | None) -> TermTest:
    tested: Tested = joint_test(places, covered, errors, ratio)
    joint = tested.joint
    if joint is None:
        return TermTest(name, "F" if errors.kind.sandwich or covered.free is not None else "chi2", None, places.size, None, None,
                        tested.reason)
    kind = "F" if errors.kind.sandwich or joint.df is not None else "chi2"
    return TermTest(name, kind, number(joint.statistic), joint.q, joint.df, number(joint.p_value), tested.reason)  # type: ignore[arg-type]
