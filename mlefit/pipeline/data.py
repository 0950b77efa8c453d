"""From the table to numbers: roles, levels and learnt terms, and the one pass that gathers everything."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mlefit.design.encode import Columns
from mlefit.design.learn import Survey, learn, needs_learning, survey
from mlefit.design.levels import Levels, in_order, listed, match
from mlefit.design.roles import MANY_LEVELS, Roles, choose_roles, three_levels, without
from mlefit.errors import DataError, UsageError
from mlefit.execution import Store
from mlefit.gather import Gathered, gather, misjudged
from mlefit.noise.model import NoiseModel, Response
from mlefit.request import Request
from mlefit.reservoir import Reservoir
from mlefit.source.batch import Batch
from mlefit.source.source import Source

Progress = Callable[[str, float | None], None]

SAMPLE_ALONE = 200_000       # rows for the KL part without predictors (one number each)
SAMPLE_PREDICTORS = 20_000   # with predictors, and for the start of both searches


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that later rooms need of the input. `levels`: of a discrete response, the reference or negative first."""

    roles: Roles
    gathered: Gathered
    store: Store | None
    noise: NoiseModel
    levels: tuple[str, ...]

    @property
    def columns(self) -> Columns:
        """The columns with all terms learnt."""
        return self.roles.columns


def prepare(source: Source, request: Request, threads: int, keep_rows: bool, progress: Progress | None) -> Prepared:
    """Choose, learn, gather. Raises UsageError and DataError for what cannot be modelled."""
    roles = _learnt(source, choose_roles(source, request), request, threads, progress)
    columns = roles.columns
    quadratic = roles.model.quadratic

    def one_pass(scaling_known: Gathered | None) -> tuple[Gathered, Store | None]:
        store = None if quadratic and not keep_rows else Store(_budget(request))
        capacity = SAMPLE_PREDICTORS if columns.terms else SAMPLE_ALONE
        scaling = None if scaling_known is None else misjudged(scaling_known)
        return gather(source, columns, store, Reservoir(capacity, request.seed), threads, scaling), store

    gathered, store = one_pass(None)
    if misjudged(gathered) is not None:
        gathered, store = one_pass(gathered)
    _check_ledger(gathered, request, columns)
    levels = _ordered_levels(gathered, columns, roles, request)
    if levels:
        seen = list(gathered.levels)
        rank = np.array([float(levels.index(level)) for level in seen])
        if store is not None:
            store.relabel(rank)
        gathered.reservoir.relabel(rank)
    return Prepared(roles, gathered, store, roles.model.of(len(levels)), levels)


def _budget(request: Request) -> int | None:
    if request.engine == "memory":
        return None
    if request.engine == "stream":
        return 0
    return request.read.memory


def _learnt(source: Source, roles: Roles, request: Request, threads: int, progress: Progress | None) -> Roles:
    """The roles with levels, polynomials and knots fixed, in a pass of its own when any term needs one."""
    columns = roles.columns
    if not needs_learning(columns.terms):
        _check_references(roles, request)
        return roles
    found: Survey | None = None
    rows = 0
    for part in source.map(columns.numbers, columns.categories, lambda batch: _survey(columns, batch), threads):
        found = part[0] if found is None else found + part[0]
        rows += part[1]
    assert found is not None
    too_many = [name for name in roles.chosen if _levels_of(name, columns, found) > max(MANY_LEVELS, rows / 10)]
    if too_many:
        return _learnt(source, without(roles, too_many, source, request), request, threads, progress)
    terms = learn(columns.terms, found, intercept=columns.intercept, reference=request.reference)
    _check_references(roles, request)
    return replace(roles, columns=replace(columns, terms=terms))


def _survey(columns: Columns, batch: Batch) -> tuple[Survey, int]:
    keep, ledger = columns.complete(batch)
    weight = None if columns.weights is None else batch.numbers[columns.weights]
    return survey(columns.terms, batch, keep, weight), ledger.used


def _levels_of(name: str, columns: Columns, found: Survey) -> int:
    factor = Levels(name)
    return len(getattr(found.summaries[factor], "counts", ())) if factor in found.summaries else 0


def _check_references(roles: Roles, request: Request) -> None:
    used = set(roles.columns.categories)
    for name in request.reference:
        if name not in used:
            raise UsageError(f'--reference {name}={request.reference[name]}: column "{name}" is not a categorical column '
                             "of the model", "name a predictor or a categorical target", code="unknown-reference",
                             columns=[name])


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
        if request.positive is not None:
            raise UsageError(f"--positive is for bernoulli, the model is {roles.model.name}", "leave it out",
                             code="options-contradict")
        return ()
    levels = list(in_order(gathered.levels))
    if response is Response.BINARY:
        if len(levels) > 2:
            raise three_levels(target, levels)
        chosen = request.positive
        if chosen is not None:
            chosen = _known_level("--positive", chosen, levels, target)
            levels.sort(key=lambda level: level == chosen)
        return tuple(levels)
    if request.positive is not None:
        raise UsageError("--positive is for bernoulli, the model is categorical",
                         f"--reference {target}=LEVEL chooses the reference class", code="options-contradict")
    reference = request.reference.get(target)
    if reference is not None:
        reference = _known_level(f"--reference {target}", reference, levels, target)
        levels.remove(reference)
        levels.insert(0, reference)
    return tuple(levels)


def _known_level(option: str, typed: str, levels: list[str], target: str) -> str:
    level = match(typed, levels)
    if level is None:
        raise UsageError(f'{option}: column "{target}" has no level "{typed}"', listed(levels),
                         code="unknown-level", columns=[target])
    return level
