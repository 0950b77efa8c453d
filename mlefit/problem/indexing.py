"""Indexing: whether a factor of many levels has columns in the table of numbers, or a level for each row alone.

The answer is the same either way (`sums.within`, `sums.arrow`); what it costs is not. Where some part of a request still takes
columns, the factor has them.
"""

from dataclasses import replace

from mlefit.design.levels import Levels
from mlefit.design.predictors import Predictors
from mlefit.design.roles import Roles
from mlefit.inference.kinds import kind_for
from mlefit.noise.model import NoiseModel
from mlefit.request import Request

MANY = 200      # levels from which columns of zeros and ones cost more than all the rest


class ColumnsWanted(Exception):  # noqa: N818  a finding, not a defect
    """The levels of rows do not decide a question that columns do."""


def indexed(roles: Roles, request: Request) -> Roles:
    """With the longest factor that may do without columns marked as such, if there is one. Terms are learnt."""
    columns, predictors = roles.columns, roles.columns.predictors
    chosen = max(_able(predictors), key=lambda factor: factor.width, default=None)
    if chosen is None or chosen.width < MANY or not _asked(roles.model, request):
        return roles
    return replace(roles, columns=columns._replace(predictors=replace(predictors, indexed=chosen)))


def _able(predictors: Predictors) -> list[Levels]:
    """Factors that stand in the mean for themselves alone, and leave the constant to the model or have one for each level."""
    if predictors.scale is not None:
        return []
    alone = [term.factors[0] for term in predictors.terms if len(term.factors) == 1]
    return [
        factor for factor in alone
        if isinstance(factor, Levels) and (factor.baseline is None) != predictors.intercept
        and sum(factor.column in term.categories for term in predictors.terms) == 1
    ]


def _asked(noise: NoiseModel, request: Request) -> bool:
    """Whether a law and a request take nothing but what levels of rows give."""
    one = len(noise.predictors) == 1 and noise.smooth and (noise.compresses or not noise.shapes)
    plain = request.holdout is None and (request.weights is None or request.weights_kind == "frequency")
    kind = kind_for(request.se, request.intervals, noise, request.weights_kind)
    return one and plain and not kind.sandwich and request.intervals == "wald" and not request.effects
