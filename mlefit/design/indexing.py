"""Indexing: which factor of a right-hand side may do without columns, so that a row has a level of it alone."""

from mlefit.design.levels import Levels
from mlefit.design.predictors import Predictors

MANY = 200      # levels from which columns of zeros and ones cost more than all the rest


def longest(predictors: Predictors) -> Levels | None:
    """The longest factor of MANY levels or more that stands in the mean for itself alone, beside a constant if it has a baseline.

    Terms are learnt. None where there is no such factor.
    """
    if predictors.scale is not None:
        return None
    alone = [term.factors[0] for term in predictors.terms if len(term.factors) == 1]
    able = [
        factor for factor in alone
        if isinstance(factor, Levels) and (factor.baseline is None) != predictors.intercept
        and sum(factor.column in term.categories for term in predictors.terms) == 1
    ]
    found = max(able, key=lambda factor: factor.width, default=None)
    return None if found is None or found.width < MANY else found
