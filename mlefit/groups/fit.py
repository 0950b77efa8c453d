"""Fit: a request -> the same model for each group of rows. Every law goes this way; `batched` goes ahead where it can."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from mlefit import machine
from mlefit.blas import one_thread
from mlefit.design.levels import Levels
from mlefit.errors import DataError, NoEstimateError
from mlefit.groups.batched import answered_at_once
from mlefit.groups.discoveries import discoveries
from mlefit.groups.divided import Divided, divided
from mlefit.pipeline.run import answered
from mlefit.problem.prepare import Progress, reading, standing
from mlefit.problem.stated import stated_part
from mlefit.report.groups import ByGroup, Group
from mlefit.report.report import Data, LeftOut, Model, Report, Warn
from mlefit.request import Request
from mlefit.source import open_source
from mlefit.source.source import Source
from mlefit.version import __version__

if TYPE_CHECKING:
    from mlefit.saved.model import Saved

LARGE = 100_000     # rows of a group that are worth more than one thread
Keep = Callable[[tuple[str, ...], "Saved"], None]
Models: TypeAlias = "tuple[tuple[tuple[str, ...], Saved], ...]"


def fit_groups(
    request: Request, progress: Progress | None = None, keep: Keep | None = None, *, reports: bool = False
) -> ByGroup:
    """Read once, learn the design from all rows, and fit each group by both routes. A group without an answer says why.

    `keep` is given the values of each group and its model. `reports`: with the whole report of each group. Raises UsageError and
    DataError for what no group could be fitted with.
    """
    threads = request.threads or machine.threads()
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        if progress is not None:
            source.watch = partial(reading, progress, source.size)
        rows = standing(source, threads, lambda: divided(source, request, threads))
        one = _of_one(request)
        with one_thread():
            known = {} if reports or keep is not None else answered_at_once(rows, one, threads)
        groups = []
        for place, key in enumerate(rows.keys):
            if place in known:
                groups.append(known[place])
                continue
            if progress is not None:
                progress(f"fitting: group {place + 1:,} of {len(rows.keys):,}", place / len(rows.keys))
            groups.append(_group(rows, one, place, threads, None if keep is None else partial(keep, key), reports))
        return _answer(source, request, rows, discoveries(groups))


def fit_groups_at_once(request: Request) -> tuple[ByGroup, Callable[[], tuple[ByGroup, Models]]]:
    """As `fit_groups`, with the whole reports and the models of all groups for whoever asks: made then, and once, where many fits
    at once have answered already."""
    threads = request.threads or machine.threads()
    with open_source(request.data, request.read) as source:
        rows = standing(source, threads, lambda: divided(source, request, threads))
        one = _of_one(request)
        with one_thread():
            known = answered_at_once(rows, one, threads)
        models: dict[tuple[str, ...], Saved] = {}

        def whole(place: int) -> Group:
            return _group(rows, one, place, threads, partial(models.__setitem__, rows.keys[place]), True)

        groups = tuple(known[place] if place in known else whole(place) for place in range(len(rows.keys)))
        answer = _answer(source, request, rows, discoveries(groups))

    @cache
    def complete() -> tuple[ByGroup, Models]:
        with one_thread():
            every = [whole(place) if place in known else group for place, group in enumerate(groups)]
        found = answer._replace(groups=discoveries(every))
        return found, tuple((key, models[key]) for key in rows.keys if key in models)

    return answer, complete


def _of_one(request: Request) -> Request:
    """What is asked of each group: nothing is simulated unless a number of draws was asked for."""
    return replace(request, by=(), kl=request.kl and bool(request.draws))


def _group(
    rows: Divided, request: Request, place: int, threads: int, keep: "Callable[[Saved], None] | None", reports: bool
) -> Group:
    """One group by the way of every fit."""
    part, key = rows.part(place), rows.keys[place]
    threads = threads if part.batch.rows >= LARGE else 1
    try:
        if rows.levels and rows.roles.model.response.takes_reference:
            _check_reference(rows, place)
        if rows.levels and rows.roles.model.response.ordered:
            _check_levels(rows, place)
        with stated_part(request, part, rows.roles, rows.levels, threads, keep_rows=keep is not None) as problem:
            report = answered(problem, None, keep, keep_rows=keep is not None)
    except (NoEstimateError, DataError) as error:
        partial_ = getattr(error, "partial", None)
        known = partial_ if isinstance(partial_, Report) else None
        used = part.batch.rows if known is None else known.data.n
        return Group(key, used, error=error, report=known if reports else None)
    information = report.information
    return Group(
        key, report.data.n, report.parameters, None if information is None else information.cross_entropy,
        report=report if reports else None, p_value=None if information is None else information.kl.verdict_p_value)


def _check_reference(rows: Divided, place: int) -> None:
    """Raises NoEstimateError where the class that the others are compared with does not occur in a group."""
    target = rows.roles.columns.observed.target
    codes = rows.part(place).batch.categories[target].codes
    if not (codes == 0).any():
        raise NoEstimateError(
            f'column "{target}": the reference class "{rows.levels[0]}" does not occur in this group',
            f"--reference {target}=LEVEL chooses one that every group has", code="no-reference", columns=(target,))


def _check_levels(rows: Divided, place: int) -> None:
    """Raises NoEstimateError where a level of ordered ones does not occur in a group: cuts beside it are not determined."""
    target = rows.roles.columns.observed.target
    codes = rows.part(place).batch.categories[target].codes
    absent = [level for code, level in enumerate(rows.levels) if not (codes == code).any()]
    if absent:
        raise NoEstimateError(
            f'column "{target}": the level "{absent[0]}" does not occur in this group, so the cuts beside it have no value',
            "merge levels, or use larger groups", code="no-level", columns=(target,))


def _answer(source: Source, request: Request, rows: Divided, groups: tuple[Group, ...]) -> ByGroup:
    observed, ledger, roles = rows.roles.columns.observed, rows.ledger, rows.roles
    law = roles.model.of(rows.levels)
    sides = roles.columns.predictors.sides
    labels = roles.columns.predictors.labels()
    names = [(p.class_, labels[j]) for p in law.predictors
             for j in sides[int(len(sides) > 1 and p.kind == "scale")].places if j or not law.cuts]
    shapes = law.cuts or tuple(shape.name for shape in law.shapes)
    reference = {
        factor.column: factor.baseline for term in roles.columns.predictors.distinct for factor in term.factors
        if isinstance(factor, Levels) and factor.baseline is not None}
    if law.response.takes_reference and rows.levels:
        reference = {observed.target: rows.levels[0], **reference}
    data = Data(
        tuple(source.labels), source.digests() if request.read.digest else (), ledger.read, ledger.used,
        ledger.read - ledger.used, dict(ledger.dropped), ledger.used, request.weights, request.offset, observed.label,
        roles.features, None if request.weights is None else request.weights_kind, ledger.weightless, None,
        tuple(LeftOut(column, why) for column, why in roles.left_out),
        None if observed.transform is None else observed.transform.function,
        None if observed.trials is None else observed.trials.text, ledger.untried)
    model = Model(
        law.name, law.loss_name, law.stated, rows.levels or None,
        rows.levels[-1] if rows.levels and law.response.takes_positive else None, reference, roles.formula, request.se,
        request.level, scale_formula=roles.scale_formula, shape_cost=law.shape_cost)
    read = {*roles.columns.numbers}
    warnings = tuple(Warn(*caution) for caution in source.warnings if read.issuperset(caution.columns))
    fullest = max(groups, key=lambda group: len(group.parameters)).parameters
    known = tuple((p.class_, p.name) for p in fullest) or (*names, *((None, name) for name in shapes))
    return ByGroup(__version__, rows.by, data, model, groups, known, warnings, (*source.notes, *rows.notes), request.unit)
