"""By group: rows predicted by the model of their group, which they name themselves.

A row whose group has no model is flagged `new-group:shop=d`, one without a value `missing:shop`; neither has a prediction.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.design.checks import unknown_columns
from mlefit.prediction.appended import Plan, predictions
from mlefit.prediction.predict import Asked, Predictions, Predictor
from mlefit.prediction.rows import Rows
from mlefit.prediction.score import Score, chances, scored, unjudged
from mlefit.saved.models import Key, Models
from mlefit.source.batch import Batch
from mlefit.source.part import Wanted
from mlefit.source.reader import Reader
from mlefit.source.standing import Standing


class Together(NamedTuple):
    """Rows of a batch (n) of several groups, as `Rows` tells of those of one model."""

    batch: Batch
    known: Mask
    lost: dict[str, Mask]
    doubted: dict[str, Mask]


class GroupPredictor(Predictor):
    """The models of groups about to meet a table. Raises as a Predictor, and UsageError where no column names the groups."""

    def __init__(self, models: Models, source: Reader, asked: Asked) -> None:
        self.models = models
        absent = [name for name in models.by if name not in source.names]
        if absent:
            raise unknown_columns(absent, source.names)
        super().__init__(models.first, source, asked)

    @property
    def wanted(self) -> Wanted:
        """The columns of the model, and those of the groups."""
        own = super().wanted
        return self.source.wanted(own.numbers, (*own.categories, *self.models.by))

    def answers(self, found: Standing) -> Predictions:
        """Each row by the model of its group."""
        chance = chances(self.saved.noise, self.asked.seed, found.first, found.batch.rows) if self.asked.score else None
        answers = together(self.models, found, self.plan, chance)
        self.check(answers.rows, found.first)
        return answers


def together(models: Models, found: Standing, plan: Plan, chance: Array | None) -> Predictions:
    """The rows of all groups, and the columns of their predictions; with a `chance`, as of `chances`, their scores as well."""
    batch, n = found.batch, found.batch.rows
    known, lost, doubted, without = np.zeros(n, bool), dict[str, Mask](), dict[str, Mask](), dict[str, Mask]()
    numbers, labels, score = dict[str, Array](), dict[str, list[str]](), Score()
    for name in models.by:
        _mark(lost, f"missing:{name}", np.flatnonzero(batch.categories[name].codes < 0), n)
    for key, places in _groups(batch, models.by):
        saved = models.of(key) or models.of(tuple(value.removesuffix(".0") for value in key))
        if saved is None:
            named = ",".join(f"{name}={value}" for name, value in zip(models.by, key, strict=True))
            _mark(lost, f"new-group:{named}", places, n)
            continue
        rows = Rows(saved, batch.take(places), {name: mask[places] for name, mask in found.bad.items()})
        known[places] = rows.known
        for flag, mask in rows.lost.items():
            _mark(lost, flag, places[mask], n)
        for flag, mask in rows.doubted.items():
            _mark(doubted, flag, places[rows.known][mask], n)
        columns = predictions(rows, plan)
        told = dict(columns.numbers)
        if chance is not None:
            added, own = scored(rows, plan, told, chance[places] if chance.size else chance)
            score, told = score + own, told | added
            for flag, mask in unjudged(rows, added["nll"]).items():
                _mark(without, flag, places[rows.known][mask], n)
        for name, values in told.items():
            numbers.setdefault(name, np.full(n, np.nan))[places] = values
        for name, texts in columns.labels.items():
            whole = labels.setdefault(name, [""] * n)
            for place, text in zip(places.tolist(), texts, strict=True):
                whole[place] = text
    doubts, unscored = ({flag: mask[known] for flag, mask in flags.items()} for flags in (doubted, without))
    return Predictions(Together(batch, known, lost, doubts), numbers, labels, score, unscored)


def _mark(flags: dict[str, Mask], flag: str, places: Index, n: int) -> None:
    if places.size:
        flags.setdefault(flag, np.zeros(n, bool))[places] = True


def _groups(batch: Batch, by: Key) -> Iterator[tuple[Key, Index]]:
    """The values of each group in a batch, and the places of its rows."""
    columns = [batch.categories[name] for name in by]
    there = np.flatnonzero(np.logical_and.reduce([column.codes >= 0 for column in columns]))
    code = np.zeros(there.size, np.intp)
    for column in columns:
        code = code * len(column.levels) + column.codes[there]
    order = np.argsort(code, kind="stable")
    cuts = np.flatnonzero(np.diff(code[order])) + 1
    for places in np.split(there[order], cuts) if there.size else ():
        yield tuple(column.levels[column.codes[places[0]]] for column in columns), places
