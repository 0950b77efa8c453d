"""Indexing: which factors of a right-hand side may do without columns, so that a row has a level of each alone."""

from mlefit.design.levels import Levels
from mlefit.design.predictors import Predictors

MANY = 200      # levels from which columns of zeros and ones cost more than all the rest


def without_columns(predictors: Predictors, least: int | None = None) -> tuple[Levels, ...]:
    """The factors of MANY levels or more (or `least`) that stand in the mean for themselves alone: first the longest that has a
    baseline just where there is a constant, then all others that have one. Terms are learnt. None where there is none to be the
    first.
    """
    if predictors.scale is not None:
        return ()
    alone = [term.factors[0] for term in predictors.terms if len(term.factors) == 1]
    able = [factor for factor in alone if isinstance(factor, Levels) and factor.width >= (least or MANY)
            and sum(factor.column in term.categories for term in predictors.terms) == 1]
    first = max((factor for factor in able if (factor.baseline is None) != predictors.intercept),
                key=lambda factor: factor.width, default=None)
    if first is None:
        return ()
    return first, *(factor for factor in able if factor != first and factor.baseline is not None)
