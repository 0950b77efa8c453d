"""Indexing: whether a factor of many levels has columns in the table of numbers, or a level for each row alone.

The answer is the same either way (`sums.within`, `sums.arrow`); what it costs is not. Where some part of a request still takes
columns, the factor has them.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from mlefit.design.indexing import without_columns
from mlefit.design.predictors import Predictors
from mlefit.design.roles import Roles
from mlefit.inference.kinds import kind_for
from mlefit.noise.model import NoiseModel
from mlefit.options.error_kind import HETEROSCEDASTIC
from mlefit.request import Request

if TYPE_CHECKING:
    from mlefit.problem.problem import Problem

BESIDE = 40     # columns up to which groups keep the products of any two of them
WORK = 1e9      # rows times squared levels up to which columns take a second or two and the sample of the KL has rows of each level


class ColumnsWanted(Exception):  # noqa: N818  a finding, not a defect
    """The levels of rows do not decide a question that columns do."""


def indexed(roles: Roles, request: Request, law: NoiseModel, rows: int) -> Roles:
    """With the factors that may do without columns marked as such, if there are any. Terms are learnt; `law`: that of the
    roles, with as many levels of the response as there are. A law with shapes of its own has one such factor, in so many rows that
    columns would take long."""
    columns, chosen = roles.columns, without_columns(roles.columns.predictors)
    if not chosen or roles.curve is not None or not _asked(law, request):
        return roles
    if law.shapes and not law.compresses:
        if rows * chosen[0].width**2 < WORK:
            return roles
        chosen = chosen[:1]
    if kind_for(request.se, request.intervals, law, request.weights_kind).name == "cluster":
        chosen = chosen[:1]
        if columns.predictors.width - chosen[0].width > BESIDE:
            return roles
    return replace(roles, columns=columns._replace(
        predictors=replace(columns.predictors, indexed=chosen[0], crossed=chosen[1:])))


def as_for(problem: "Problem", request: Request, law: NoiseModel) -> Predictors:
    """The predictors of a problem as another law and request would have them."""
    roles = problem.prepared.roles
    plain = replace(roles.columns.predictors, indexed=None, crossed=())
    alone = replace(roles, columns=roles.columns._replace(predictors=plain))
    return indexed(alone, request, law, problem.prepared.moments.rows).columns.predictors


def _asked(noise: NoiseModel, request: Request) -> bool:
    """Whether a law and a request take nothing but what levels of rows give."""
    searched = noise.begins and (noise.located or not noise.everywhere)      # from planes through rows
    alike = noise.smooth and not noise.corners and not searched
    one = alike and (len(noise.predictors) == 1 or all(predictor.kind == "mean" for predictor in noise.predictors))
    plain = request.weights is None or request.weights_kind != "precision"
    kind = kind_for(request.se, request.intervals, noise, request.weights_kind)
    errors = not kind.sandwich or (kind.name in (*HETEROSCEDASTIC, "sampling", "cluster") and len(noise.predictors) == 1)
    return one and plain and errors and request.intervals == "wald" and not request.effects
