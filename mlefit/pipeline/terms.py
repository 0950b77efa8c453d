"""Terms: the joint test of every term of the right-hand side, as the report says it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.certificate import DENSE
from mlefit.inference.standard_errors import StandardErrors
from mlefit.inference.terms import Covered, Ratio, Tested, joint_test
from mlefit.mean.indexed import Indexed
from mlefit.pipeline.finite import number
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.report.tested import TermTest

WORK = 5e8      # of a pass for each term: the three or four that a refit takes then last about a second together


def term_tests(found: Fitted, errors: StandardErrors) -> tuple[TermTest, ...]:
    """One test for each term."""
    if isinstance(found.mean, Indexed):
        from mlefit.pipeline.level_terms import level_term_tests

        return tuple(level_term_tests(found, errors, found.mean))
    covered = Covered.of(errors, found.fit, found.mean)
    every = list(asked(found.problem))
    ratio = likelihood_ratio(found) if len(every) * found.work <= WORK and found.objective.size <= DENSE else None
    return tuple(_test(one, covered, errors, ratio) for one in every)


def likelihood_ratio(found: Fitted) -> Ratio:
    """2 (l - l without some coefficients), by a refit."""
    if not found.fit.noise.smooth or found.fit.noise.corners:
        return _with_corners(found)
    of = found.likelihood

    def ratio(places: Index) -> float:
        return 2.0 * (of.holding(directions(found, places)).least(np.zeros(places.size)) - of.optimum)

    return ratio


def _with_corners(found: Fitted) -> Ratio:
    """The same where the loss has corners."""
    from mlefit.estimation.held import least_held

    fit, sample = found.fit, found.likelihood.sample

    def ratio(places: Index) -> float:
        held = directions(found, places)[:, : found.mean.size]
        return 2.0 * (least_held(fit.noise, found.mean, found.rows, sample, held, fit.mle.theta) - fit.nll[0])

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


class Asked(NamedTuple):
    """A term and the class of a scale's coefficients, with their places, counted predictor after predictor."""

    term: str
    class_: str | None
    places: Index


def asked(problem: Problem) -> Iterator[Asked]:
    """Each term of the mean, or of all classes, that has coefficients that are kept, and then each of the scale."""
    predictors = problem.prepared.noise.predictors
    starts = np.cumsum([0, *(len(problem.shapes[problem.side(k)].kept) for k in range(len(predictors)))])
    for kind in dict.fromkeys(predictor.kind for predictor in predictors):
        own = [k for k, predictor in enumerate(predictors) if predictor.kind == kind]
        which = problem.side(own[0])
        side, columns_of = problem.prepared.predictors.sides[which], {j: k for k, j in enumerate(problem.shapes[which].kept)}
        for term, places in side.by_term():
            columns = np.array(sorted(columns_of[j] for j in places if j in columns_of), dtype=np.intp)
            if columns.size:
                class_ = predictors[own[0]].class_ if kind == "scale" else None
                yield Asked(term.text, class_, np.concatenate([starts[k] + columns for k in own]))


def _test(one: Asked, covered: Covered, errors: StandardErrors, ratio: Ratio | None) -> TermTest:
    tested: Tested = joint_test(one.places, covered, errors, ratio)
    joint = tested.joint
    if joint is None:
        known = "F" if errors.kind.sandwich or covered.free is not None else "chi2"
        return TermTest(one.term, known, None, one.places.size, None, None, tested.reason, one.class_)  # type: ignore[arg-type]
    kind = "F" if errors.kind.sandwich or joint.df is not None else "chi2"
    return TermTest(one.term, kind, number(joint.statistic), joint.q, joint.df, number(joint.p_value), tested.reason,  # type: ignore[arg-type]
                    one.class_)
