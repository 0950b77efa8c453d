"""Used: the scene of a saved model on new rows. Nothing was fitted to them, so that simulated rows are not refitted."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.checks import unknown_columns
from mlefit.design.levels import in_order, names_of
from mlefit.errors import DataError
from mlefit.picture import everywhere
from mlefit.picture.designed import Columns
from mlefit.picture.scene import Scene, Variable, rounded
from mlefit.prediction.appended import natural_shapes
from mlefit.prediction.predict import check_kinds
from mlefit.prediction.rows import Rows
from mlefit.prediction.score import responses
from mlefit.rows.keys import Stream, keys
from mlefit.saved.model import Saved
from mlefit.saved.report import report_of
from mlefit.source.batch import Batch
from mlefit.source.source import Source
from mlefit.sums.tally import tree_sum

MOST = 20_000       # rows that pictures are computed from


class Part(NamedTuple):
    """Rows with a response and a prediction: random `key`, number in the batch, y, eta, trials, and the cells of columns."""

    key: Array
    row: Array
    y: Array
    eta: Array
    trials: Array | None
    numbers: Mapping[str, Array]
    categories: Mapping[str, tuple[str, ...]]
    rows: int

    def take(self, chosen: Index) -> "Part":
        """Some of the rows."""
        return Part(self.key[chosen], self.row[chosen], self.y[chosen], self.eta[chosen],
                    None if self.trials is None else self.trials[chosen],
                    {name: values[chosen] for name, values in self.numbers.items()},
                    {name: tuple(np.array(levels, dtype=object)[chosen]) for name, levels in self.categories.items()}, self.rows)


def scene_of(saved: Saved, source: Source, seed: int, threads: int) -> Scene:
    """The rows of the source that have a response and a prediction, at most MOST of them at random, under the saved model. Of more
    the source is read again for what is summed up over all.

    Raises UsageError for columns that are not there, and DataError where there is no such row.
    """
    levels = saved.noise.response.reads_levels
    numbers = dict.fromkeys((*saved.numbers, *(() if levels else (saved.target,))))
    categories = dict.fromkeys((*saved.predictors.categories, *((saved.target,) if levels else ())))
    absent = [name for name in (*numbers, *categories) if name not in source.names]
    if absent:
        raise unknown_columns(absent, source.names)
    check_kinds(saved, source)
    found: list[Part] = []
    before = total = 0
    for part in source.map(tuple(numbers), tuple(categories), lambda batch: _part(saved, batch, seed), threads):
        found.append(part._replace(row=part.row + before))
        before, total = before + part.rows, total + part.y.size
        if sum(one.y.size for one in found) > 2 * MOST:
            found = _smallest(found)
    found = _smallest(found)
    if not total:
        none = "the only row has not" if before == 1 else f"none of the {before} rows has"
        raise DataError(f"{none} both a response and a prediction",
                        "check that the table has the columns of the model, and values in them", code="no-rows")
    shown = _scene(saved, found, total, seed)
    if shown.n >= total:
        return shown

    def sums(counts: tuple[everywhere.Count, ...]) -> tuple[Array, ...]:
        return tree_sum(source.map(tuple(numbers), tuple(categories), partial(_counted, saved, counts), threads)).values

    return replace(shown, everywhere=sums)


class Told(NamedTuple):
    """Rows of a batch with a response and a prediction (k,): their places, responses, predictors (k, m) and trials."""

    place: Index
    y: Array
    eta: Array
    trials: Array | None


def _told(saved: Saved, batch: Batch) -> Told:
    rows = Rows(saved, batch, {})
    y = responses(rows)
    known = np.flatnonzero(rows.known & ~np.isnan(y))
    among = np.flatnonzero(~np.isnan(y)[rows.known])
    return Told(known, y[known], rows.eta[among], None if saved.trials is None else saved.trials.evaluate(batch)[known])


def _counted(saved: Saved, counts: tuple[everywhere.Count, ...], batch: Batch) -> everywhere.Totals:
    """What counts make of the rows of a batch."""
    told = _told(saved, batch)
    part = everywhere.Part(saved.noise.among(told.trials), told.y, told.eta, natural_shapes(saved), np.ones(told.y.size))
    return everywhere.counted(part, counts)


def _part(saved: Saved, batch: Batch, seed: int) -> Part:
    told = _told(saved, batch)
    key = keys(seed, Stream.SAMPLE, batch.place, batch.start, batch.start + batch.rows)[told.place]
    texts = {name: np.array([*batch.categories[name].levels, ""], dtype=object)[batch.categories[name].codes[told.place]]
             for name in saved.predictors.categories}
    return Part(key, np.asarray(told.place + 1.0), told.y, told.eta, told.trials,
                {name: batch.numbers[name][told.place] for name in saved.predictors.numbers},
                {name: tuple(values) for name, values in texts.items()}, batch.rows)


def _smallest(parts: list[Part]) -> list[Part]:
    """The rows with the MOST smallest keys."""
    every = np.concatenate([part.key for part in parts]) if parts else np.empty(0)
    if every.size <= MOST:
        return parts
    bar = float(np.partition(every, MOST - 1)[MOST - 1])
    return [part.take(np.flatnonzero(part.key <= bar)) for part in parts]


def _scene(saved: Saved, parts: list[Part], total: int, seed: int) -> Scene:
    trials = [part.trials for part in parts if part.trials is not None]
    eta = np.concatenate([part.eta for part in parts])
    variables = [Variable(name, np.concatenate([part.numbers[name] for part in parts])) for name in saved.predictors.numbers]
    for name in saved.predictors.categories:
        texts = [text for part in parts for text in part.categories[name]]
        names = names_of(dict.fromkeys(texts))
        levels = in_order(dict.fromkeys(names.values()))
        place = {level: float(k) for k, level in enumerate(levels)}
        variables.append(Variable(name, np.array([place[names[text]] for text in texts]), levels))
    report = report_of(saved.fit)
    return rounded(Scene(
        saved.noise.among(np.concatenate(trials) if trials else None), np.concatenate([part.y for part in parts]), eta,
        natural_shapes(saved), Columns(()), tuple(one for one in variables if np.ptp(one.values) > 0.0),
        np.concatenate([part.row for part in parts]), total, report.data.target, saved.levels,
        bool(np.ptp(eta, axis=0).max() == 0.0), report, seed, refits=False))
