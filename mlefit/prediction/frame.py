"""Frame: predictions of a table in memory, as columns."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np

from mlefit import machine
from mlefit.design.checks import unknown_columns
from mlefit.errors import UsageError
from mlefit.prediction.appended import Columns, Interval, Plan, names, predictions
from mlefit.prediction.by_group import GroupPredictor
from mlefit.prediction.predict import Asked, check_kinds
from mlefit.prediction.rows import Rows
from mlefit.prediction.score import chances, scored, unjudged
from mlefit.prediction.simulate import Drawing, Simulator
from mlefit.prediction.text import listed_flags
from mlefit.saved.model import Saved
from mlefit.saved.models import Models
from mlefit.source import ReadOptions, open_source
from mlefit.source.batch import Batch, Place
from mlefit.source.opening import opened
from mlefit.source.standing import Standing


def simulated(saved: Saved, data: Any, read: ReadOptions, rows: int | None, drawing: Drawing) -> dict[str, Any]:
    """Drawn responses by the names of their columns, a value for each row of the data, or for so many rows of a model without
    predictors. Raises UsageError and DataError."""
    if rows is not None and (data is not None or saved.numbers or saved.predictors.categories):
        raise UsageError("rows is for a model without predictors, and stands in place of data", "give the data alone",
                         code="options-contradict")
    if rows is not None:
        return Simulator(saved, None, drawing).columns(Rows(saved, Batch(Place(0, 0), rows), {}), 0)
    if data is None:
        raise UsageError("simulate needs data, or rows of a model without predictors", "such as model.simulate(frame)",
                         code="no-data")
    blocks: list[dict[str, Any]] = []
    with closing(opened(data, read)) as source:
        simulator = Simulator(saved, source, drawing, beside=False)
        numbers, categories = saved.numbers, saved.predictors.categories
        first = 0
        for batch in source.map(numbers, categories, lambda batch: batch, machine.threads()):      # in order
            blocks.append(simulator.columns(Rows(saved, batch, {}), first))
            first += batch.rows
    return _together(blocks, tuple(blocks[0]) if blocks else ())


def _together(blocks: list[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """The columns of all blocks."""
    return {name: [*(value for one in blocks for value in one[name])] if isinstance(blocks[0][name], list)
            else np.concatenate([one[name] for one in blocks]) for name in names}


def predicted_by_group(
    models: Models, data: Any, read: ReadOptions, interval: str, level: float, seed: int, score: bool
) -> dict[str, Any]:
    """As `predicted`, each row by the model of its group. Raises UsageError where no column names the groups."""
    asked, blocks, first = Asked("", (), _interval(models.first, interval), level, None, score, False, seed), [], 0
    with closing(opened(data, read)) as source:
        predictor = GroupPredictor(models, source, asked)
        wanted = predictor.wanted
        for batch in source.map(wanted.numbers, wanted.categories, lambda batch: batch, machine.threads()):     # in order
            rows, numbers, labels, _, without = predictor.answers(Standing(batch, {}, None, first))
            told = listed_flags(batch.rows, rows.known, rows.lost, {**rows.doubted, **without})
            absent = np.full(batch.rows, np.nan)        # of a class that no group of the block has
            blocks.append({name: labels.get(name, numbers.get(name, absent)) for name in predictor.names[:-1]} | {"flag": told})
            first += batch.rows
    return _together(blocks, predictor.names)


def _interval(saved: Saved, interval: str) -> Interval:
    """Raises UsageError for an interval that there is not."""
    if interval not in ("law", "conformal", "none"):
        raise UsageError(f'interval: expected law, conformal or none, found "{interval}"', "such as interval='law'",
                         code="bad-value")
    if interval == "conformal" and saved.noise.response.reads_levels:
        raise UsageError(f"interval='conformal' is for numbers, the model is {saved.noise.name}",
                         "leave it out: each level has its probability", code="no-conformal")
    if interval == "conformal" and saved.training.conformal is None:
        raise UsageError("interval='conformal' needs the distances of rows held out, found none in the model",
                         "fit with holdout", code="no-conformal")
    kind: Interval = interval  # type: ignore[assignment]
    return kind


def predicted(
    saved: Saved, data: Any, read: ReadOptions, interval: str, level: float, seed: int, score: bool
) -> dict[str, Any]:
    """The appended columns by name, a value for each row of the data."""
    plan, predictors = Plan(_interval(saved, interval), level), saved.predictors
    numbers, categories = list(saved.numbers), list(predictors.categories)
    if score:
        (categories if saved.noise.response.reads_levels else numbers).append(saved.target)
    blocks: list[dict[str, Any]] = []
    with open_source(data, read) as source:
        absent = [name for name in dict.fromkeys((*numbers, *categories)) if name not in source.names]
        if absent:
            raise unknown_columns(absent, source.names)
        check_kinds(saved, source)

        def block(batch: Batch) -> tuple[Rows, Columns]:
            rows = Rows(saved, batch, {})
            return rows, predictions(rows, plan)

        first = 0
        for rows, columns in source.map(list(dict.fromkeys(numbers)), categories, block, machine.threads()):     # in order
            found: dict[str, Any] = {**columns.numbers, **columns.labels}
            doubted = rows.doubted
            if score:
                found |= scored(rows, plan, columns.numbers, chances(saved.noise, seed, first, rows.batch.rows))[0]
                doubted = {**doubted, **unjudged(rows, found["nll"])}
            blocks.append({**found, "flag": listed_flags(rows.batch.rows, rows.known, rows.lost, doubted)})
            first += rows.batch.rows
    return _together(blocks, (*names(saved, plan), *(("nll", "residual") if score else ()), "flag"))
