"""Batched: the groups that many fits at once can answer, and what a line of each says. All others are fitted alone."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from mlefit.errors import NoEstimateError
from mlefit.execution.threads import in_order
from mlefit.groups.answer import Answer
from mlefit.groups.buckets import Block, blocks
from mlefit.groups.divided import Divided
from mlefit.groups.least_squares import least_squares
from mlefit.groups.likelihood import likelihood
from mlefit.noise.model import NoiseModel
from mlefit.report.groups import Group
from mlefit.report.report import Parameter
from mlefit.request import Request

FEWEST = 20         # groups, fewer than which are soon fitted alone
WIDEST = 60         # columns, more of which are better left to one group's own sums


def answered_at_once(rows: Divided, request: Request, threads: int) -> dict[int, Group]:
    """By place, the groups that are known without a fit of their own."""
    way = _way(rows, request)
    if way is None:
        return {}
    found: dict[int, Group] = {}
    for answer in in_order(way, blocks(rows.design), threads):
        found.update(_told(answer, rows))
    return found


def _way(rows: Divided, request: Request) -> Callable[[Block], Answer] | None:
    """How blocks are answered, None where each group is to be fitted alone: options that ask more of a fit than a batch does."""
    observed, predictors = rows.roles.columns.observed, rows.roles.columns.predictors
    law = rows.roles.model.of(rows.levels)
    usual = request.se in ("auto", "model") and request.intervals == "wald" and not request.kl and request.holdout is None
    bare = observed.weights is None and observed.transform is None and observed.trials is None and rows.roles.curve is None
    linear = predictors.offset is None and predictors.scale is None and predictors.width <= WIDEST and len(law.predictors) == 1
    plain = usual and bare and linear and not rows.rows.rests and len(rows.keys) >= FEWEST
    if not plain:
        return None
    if law.compresses and len(law.shapes) == 1 and request.se == "auto":
        return partial(least_squares, law, intercept=predictors.intercept, level=request.level)
    if law.smooth and law.log_concave and not law.shapes and not observed.scaled and not law.loss_has_shapes:
        return partial(likelihood, law, intercept=predictors.intercept, level=request.level)
    return None


def _told(answer: Answer, rows: Divided) -> Iterator[tuple[int, Group]]:
    """The lines of a block."""
    law = rows.roles.model.of(rows.levels)
    labels, (predictor,) = rows.roles.columns.predictors.labels(), law.predictors
    columns = [part.tolist() for part in (answer.estimate, answer.std_error, *answer.intervals, answer.loss_estimate, answer.gap)]
    places = {column: place for place, column in enumerate(answer.kept.tolist())}
    df = [None] * len(answer.groups) if answer.df is None else answer.df.tolist()
    counts, cross = answer.n.astype(int).tolist(), answer.cross_entropy.tolist()
    shapes = [] if answer.shapes is None else [part.tolist() for part in answer.shapes]
    for b in np.flatnonzero(answer.certain).tolist():
        estimate, error, low, high, statistic, p, loss, gap = (column[b] for column in columns)
        found = [
            Parameter(label, predictor.class_, predictor.kind, "aliased") if (k := places.get(j)) is None else
            Parameter(label, predictor.class_, predictor.kind, "ok", estimate[k], error[k], low[k], high[k], None, statistic[k],
                      df[b], p[k], loss[k], gap[k])
            for j, label in enumerate(labels)]
        if shapes:
            value, its_error, its_low, its_high, its_loss, its_gap = (part[b] for part in shapes)
            found.append(Parameter(law.shapes[0].name, None, "shape", "ok", value, its_error, its_low, its_high, df=df[b],
                                   loss_estimate=its_loss, gap_se=its_gap))
        group = int(answer.groups[b])
        yield group, Group(rows.keys[group], counts[b], tuple(found), cross[b])
    for b in np.flatnonzero(answer.separated).tolist():
        group = int(answer.groups[b])
        yield group, Group(rows.keys[group], counts[b], error=_separated(rows, law, counts[b]))


def _separated(rows: Divided, law: NoiseModel, n: int) -> NoEstimateError:
    target = rows.roles.columns.observed.target
    modelled = f" (modelled: {rows.levels[-1]})" if law.response.takes_positive else ""
    return NoEstimateError(
        f'the classes of "{target}"{modelled} are perfectly separated: all {n} rows are predicted perfectly, so coefficients '
        "diverge and no maximum-likelihood estimate exists; the log-likelihood approaches 0",
        "drop or merge what separates the classes, or collect rows where they overlap", code="separation", columns=(target,))

