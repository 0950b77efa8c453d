"""Divided: a file read once, with a design learnt from all of it, and its rows in order of their groups."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Index, Mask
from mlefit.design.complete import Used
from mlefit.design.encode import Columns, steps
from mlefit.design.ledger import Ledger
from mlefit.design.levels import in_order, names_of
from mlefit.design.roles import Roles
from mlefit.groups.buckets import Design
from mlefit.groups.table import Table, renamed, section, table_of
from mlefit.problem.afar import check
from mlefit.problem.levels import level_names, ordered_levels
from mlefit.problem.no_rows import no_rows
from mlefit.problem.prepare import check_missing, chosen, learned
from mlefit.request import Request
from mlefit.source.batch import Batch
from mlefit.source.source import Source


class Divided(NamedTuple):
    """`keys` (G): of each group its values, in level order, the last column varying fastest. `rows`: those of all groups, one group
    after the other, in the order of the file within; those of group g end at `ends[g]`. `roles`, without the columns that divide,
    and `levels` of the response are those of the whole file, `ledger` the account of its rows; `notes`: what was chosen.
    """

    by: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    ends: Index
    rows: Batch
    roles: Roles
    levels: tuple[str, ...]
    ledger: Ledger
    source: Source
    notes: tuple[str, ...] = ()

    @property
    def starts(self) -> Index:
        """Where the rows of each group begin."""
        return np.concatenate([[0], self.ends[:-1]]).astype(np.intp)

    @property
    def design(self) -> Design:
        """The complete rows, evaluated: what no law takes has been refused."""
        columns = self.roles.columns
        used, _ = columns.used(self.rows)
        before = np.concatenate([[0], np.cumsum(used.keep)])
        starts = before[self.starts].astype(np.intp)
        predictors = columns.predictors
        made = tuple(column for column, _, _ in predictors.columns(used))
        return Design(made, columns.observed.values(used)[0], starts, (before[self.ends] - starts).astype(np.intp),
                      predictors.intercept, predictors.movable[int(predictors.intercept):])

    def part(self, group: int) -> Table:
        """The rows of a group."""
        columns = tuple(dict.fromkeys((*self.roles.columns.numbers, *self.roles.columns.categories)))
        return Table(self.source, section(self.rows, int(self.starts[group]), int(self.ends[group])), columns)


def divided(source: Source, request: Request, threads: int) -> Divided:
    """Read, learn and divide. Raises UsageError and DataError, with rows of the file, for what cannot be modelled."""
    check(request)
    roles = chosen(source, request)
    by = roles.columns.beside[1][len(request.beside[1]):]
    table = table_of(source, roles.columns, threads, request.read.memory)
    roles = learned(table, roles, request, threads)
    used, ledger = next(table.map((), (), roles.columns.used, threads), (None, Ledger()))
    check_missing(ledger, request)
    if used is None or not used.rows.size:
        raise no_rows(ledger)
    _check_cells(table, roles.columns)
    batch, levels = _named(table.batch, roles, request, used)
    keys, codes = _groups(batch, by)
    there = np.flatnonzero(codes >= 0)
    order = there[np.argsort(codes[there], kind="stable")]
    ends = np.cumsum(np.bincount(codes[there], minlength=len(keys))).astype(np.intp)
    own = roles.columns._replace(beside=request.beside)
    kept = replace(batch, categories={name: batch.categories[name] for name in own.categories})
    rows = kept.take(order)
    return Divided(by, keys, ends, rows, replace(roles, columns=own, notes=()), levels, ledger, source, roles.notes)


def _check_cells(table: Table, columns: Columns) -> None:
    """Raises DataError, with its row in the file, for a cell that no group could be fitted with."""
    def look(batch: Batch) -> None:
        used, _ = columns.used(batch)
        for step in steps(used, columns.predictors.width):
            columns.predictors.known(step)
            for _ in columns.predictors.columns(step):
                pass
            columns.observed.values(step)

    for _ in table.map((), (), look, 1):
        pass


def _named(batch: Batch, roles: Roles, request: Request, used: Used) -> tuple[Batch, tuple[str, ...]]:
    """The rows with the levels of the response by their names and in order, and those levels; none of numbers."""
    target = roles.columns.observed.target
    if not roles.columns.observed.reads_levels:
        return batch, ()
    category = batch.categories[target]
    counts = np.bincount(category.codes[used.rows], minlength=len(category.levels))
    met = {level: float(count) for level, count in zip(category.levels, counts, strict=True) if count}
    names = level_names(met, roles.model)
    weights: dict[str, float] = {}
    for level, count in met.items():
        weights[names[level]] = weights.get(names[level], 0.0) + count
    levels = ordered_levels(weights, roles, request)
    return Batch(batch.place, batch.rows, batch.numbers, {**batch.categories, target: renamed(category, names, levels)},
                 batch.missing_tokens, rests=batch.rests), levels


def _groups(batch: Batch, by: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], Index]:
    """The values of each group, and for each row its group, -1 where a value is missing."""
    codes = np.zeros(batch.rows, np.intp)
    missing: Mask = np.zeros(batch.rows, bool)
    orders = []
    for name in by:
        category = batch.categories[name]
        names = names_of(category.levels)
        order = in_order(names.values())
        own = renamed(category, names, order).codes
        codes = codes * len(order) + own
        missing |= own < 0
        orders.append(order)
    codes[missing] = -1
    present, ranks = np.unique(codes, return_inverse=True)
    if missing.any():
        present, ranks = present[1:], ranks - 1
    places = np.unravel_index(present, [len(order) for order in orders])
    values = [[order[place] for place in column.tolist()] for order, column in zip(orders, places, strict=True)]
    return tuple(zip(*values, strict=True)), ranks.astype(np.intp)
