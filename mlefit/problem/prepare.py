"""From the table to numbers: roles, levels and learnt terms, and the one pass that gathers everything."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from threading import Thread
from typing import NamedTuple

import numpy as np

from mlefit.design.checks import three_levels, unknown_level
from mlefit.design.encode import Columns
from mlefit.design.learn import Survey, learn, needs_learning, survey
from mlefit.design.levels import Levels, in_order, match
from mlefit.design.roles import MANY_LEVELS, Roles, choose_roles, without
from mlefit.errors import DataError
from mlefit.execution import Store
from mlefit.execution.holdout import Holdout
from mlefit.inference.covariance import check_kind
from mlefit.machine import half_of_memory
from mlefit.noise.model import NoiseModel, Response
from mlefit.problem.gather import Gathered, gather, misjudged
from mlefit.request import Request
from mlefit.rows.reservoir import Reservoir
from mlefit.source.batch import Batch
from mlefit.source.source import Source

Progress = Callable[[str, float | None], None]

MEGABYTE = 10**6
LONG = 1 << 24               # bytes: from here on reading takes longer than an import
SAMPLE_ALONE = 200_000       # rows for the KL part without predictors (one number each)
SAMPLE_PREDICTORS = 20_000   # with predictors, and for the start of both searches


class Prepared(NamedTuple):
    """Everything that later rooms need of the input. `levels`: of a discrete response, the reference or negative first.

    `store`: the rows to fit, None where their sums of squares are enough; `holdout`: the rows put aside, if asked for.
    """

    roles: Roles
    gathered: Gathered
    store: Store | None
    noise: NoiseModel
    levels: tuple[str, ...]
    holdout: Holdout | None = None

    @property
    def columns(self) -> Columns:
        """The columns with all terms learnt."""
        return self.roles.columns


def prepare(source: Source, request: Request, threads: int, keep_rows: bool, progress: Progress | None) -> Prepared:
    """Choose, learn, gather. Raises UsageError and DataError for what cannot be modelled."""
    if progress is not None:
        source.watch = partial(_reading, progress, source.size)
    roles = choose_roles(source, request)
    check_kind(request.se, roles.model)
    roles = _learnt(source, roles, request, threads)
    columns = roles.columns
    quadratic = roles.model.quadratic

    def one_pass(scaling_known: Gathered | None) -> tuple[Gathered, Store | None, Holdout | None]:
        store = None if quadratic and not keep_rows else Store(_budget(request))
        capacity = SAMPLE_PREDICTORS if columns.terms else SAMPLE_ALONE
        scaling = None if scaling_known is None else misjudged(scaling_known)
        share = request.holdout
        holdout = None if share is None else Holdout(share, request.seed, Store(_budget(request)))
        reservoir = Reservoir(capacity, request.seed)
        return gather(source, columns, store, reservoir, threads, scaling, holdout), store, holdout

    if source.size is None or source.size > LONG:
        # Half of the start-up is this import, and a long read leaves the interpreter idle.
        Thread(target=import_module, args=("scipy.optimize",), daemon=True).start()
    gathered, store, holdout = one_pass(None)
    if misjudged(gathered) is not None:
        gathered, store, holdout = one_pass(gathered)
    if holdout is not None:
        _check_holdout(gathered, holdout, columns)
    _check_ledger(gathered, request, columns)
    levels = _ordered_levels(gathered, columns, roles, request)
    if levels:
        seen = list(gathered.levels)
        rank = np.array([float(levels.index(level)) for level in seen])
        for kept in (store, None if holdout is None else holdout.store):
            if kept is not None:
                kept.relabel(rank)
        gathered.reservoir.relabel(rank)
    return Prepared(roles, gathered, store, roles.model.of(len(levels)), levels, holdout)


def _reading(progress: Progress, size: int | None, rows: int, read: int) -> None:
    """Say how far the reading is."""
    of = "" if size is None else f" of {size / MEGABYTE:,.0f}"
    progress(f"reading: {rows:,} rows, {read / MEGABYTE:,.0f}{of} MB", read / size if size else None)


def _budget(request: Request) -> int | None:
    """Bytes of encoded rows that stay in memory; the rest is spilled, with the same results."""
    if request.engine == "memory":
        return None
    if request.engine == "stream":
        return 0
    return request.read.memory or half_of_memory()


def _learnt(source: Source, roles: Roles, request: Request, threads: int) -> Roles:
    """The roles with levels, polynomials and knots fixed, in a pass of its own when any term needs one."""
    columns = roles.columns
    if not needs_learning(columns.terms):
        return roles
    found: Survey | None = None
    rows = 0
    for part in source.map(columns.numbers, columns.categories, lambda batch: _survey(columns, batch), threads):
        found = part[0] if found is None else found + part[0]
        rows += part[1]
    assert found is not None
    counts = {name: _levels_of(name, columns, found) for name in roles.chosen}
    too_many = {
        name: f"text with {count} levels in {rows} rows" + (", as an identifier has" if count == rows else "")
        for name, count in counts.items() if count > max(MANY_LEVELS, rows / 10)
    }
    if too_many:
        return _learnt(source, without(roles, too_many, source, request), request, threads)
    terms = learn(columns.terms, found, intercept=columns.intercept, reference=request.reference)
    return replace(roles, columns=replace(columns, terms=terms))


def _survey(columns: Columns, batch: Batch) -> tuple[Survey, int]:
    keep, ledger = columns.complete(batch)
    weight = None if columns.weights is None else batch.numbers[columns.weights]
    return survey(columns.terms, batch, keep, weight), ledger.used


def _levels_of(name: str, columns: Columns, found: Survey) -> int:
    factor = Levels(name)
    return len(getattr(found.summaries[factor], "counts", ())) if factor in found.summaries else 0


def _check_holdout(gathered: Gathered, holdout: Holdout, columns: Columns) -> None:
    """Raises DataError when one side of the split is empty, or a level of the response is held out as a whole."""
    rows, held = gathered.ledger.used, holdout.store.rows
    if rows and held in (0, rows):
        what = "none" if held == 0 else "all"
        raise DataError(f"--holdout {holdout.share:g}: {what} of the {rows} rows used fall into the hold-out",
                        "use another share, another --seed, or more rows", code="holdout")
    absent = [level for level, weight in gathered.levels.items() if weight == 0.0]
    if absent:
        raise DataError(f'--holdout {holdout.share:g}: every row of column "{columns.target}" with level '
                        f'"{absent[0]}" is held out, so the fit cannot know it',
                        "use a smaller share, another --seed, or more rows",
                        code="holdout", columns=[columns.target])


def _check_ledger(gathered: Gathered, request: Request, columns: Columns) -> None:
    ledger = gathered.ledger
    if request.missing == "error" and ledger.first:
        row, name = ledger.first[0]
        listed = ", ".join(f"row {r} ({c})" for r, c in ledger.first)
        raise DataError(f'column "{name}", row {row}: a value is missing, and --missing error was asked for; the first are '
                        f"{listed}", "complete the rows, or use --missing drop", code="missing",
                        columns=list(ledger.dropped), rows=[r for r, _ in ledger.first])
    if gathered.moments is None:
        if ledger.read == 0:
            raise DataError("the data has no rows", "check the file", code="no-rows")
        worst = ", ".join(f"{name} ({count})" for name, count in ledger.dropped.items())
        why = f"missing values in {worst}" if worst else "every weight is 0"
        raise DataError(f"no complete rows remain of the {ledger.read} read: {why}",
                        "leave out the columns with missing values, or complete them", code="no-rows",
                        columns=list(ledger.dropped))


def _ordered_levels(gathered: Gathered, columns: Columns, roles: Roles, request: Request) -> tuple[str, ...]:
    """The response's levels, the one that is not modelled (negative or reference) first."""
    response, target = roles.model.response, columns.target
    if response is Response.NUMBER:
        return ()
    levels = list(in_order(gathered.levels))
    rows = round(sum(gathered.levels.values()))
    if len(levels) > max(MANY_LEVELS, rows / 2):
        raise DataError(f'column "{target}": {roles.model.name} needs classes that occur again and again, found '
                        f"{len(levels)} levels in {rows} rows", "use another target, or --model gaussian for numbers",
                        code="too-many-levels", columns=[target])
    if response is Response.BINARY:
        if len(levels) > 2:
            raise three_levels(target, levels)
        chosen = request.positive
        if chosen is not None:
            chosen = _known_level("--positive", chosen, levels, target)
            levels.sort(key=lambda level: level == chosen)
        return tuple(levels)
    reference = request.reference.get(target)
    if reference is not None:
        reference = _known_level(f"--reference {target}={reference}", reference, levels, target)
        levels.remove(reference)
        levels.insert(0, reference)
    return tuple(levels)


def _known_level(option: str, typed: str, levels: list[str], target: str) -> str:
    level = match(typed, levels)
    if level is None:
        raise unknown_level(option, typed, levels, target)
    return level
