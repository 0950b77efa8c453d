"""Predict: a saved model and a table -> the table with predictions behind its rows, block by block."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.checks import unknown_columns
from mlefit.errors import DataError, UsageError
from mlefit.prediction.appended import Interval, Plan, names, predictions
from mlefit.prediction.rows import Rows
from mlefit.prediction.score import Score, chances, scored, unjudged
from mlefit.prediction.text import Data, cells, flags, joined, listed_flags, numerals, quoted
from mlefit.saved.model import Saved
from mlefit.source.arrow import of_codes, of_floats, of_texts, word
from mlefit.source.part import Wanted
from mlefit.source.reader import Reader
from mlefit.source.source import Kind, Source
from mlefit.source.standing import Standing, standing

FLAG = "flag"
ROWS = 1 << 14      # predicted at a time
Form = Literal["csv", "json", "jsonl", "parquet"]


class Asked(NamedTuple):
    """What is to be written: how names begin, the columns kept (None: all as they stand), intervals, and how numbers are spelt.

    `score`: the target is there, and what it says of the predictions is appended. `strict`: rows without a prediction end it.
    """

    prefix: str = ""
    ids: tuple[str, ...] | None = None
    interval: Interval = "law"
    level: float = 0.95
    digits: int | None = None
    score: bool = False
    strict: bool = False
    seed: int = 0
    form: Form = "csv"


@dataclass
class Told:
    """What became of the rows: how many there were, those without a prediction, those in doubt and those without a score by cause,
    and the score of the others. A row may have several causes: `without`, `beyond` and `unscored` count the rows."""

    rows: int = 0
    without: int = 0
    beyond: int = 0
    unscored: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    doubted: Counter[str] = field(default_factory=Counter)
    score: Score = field(default_factory=Score)
    unjudged: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Any, score: Score, unjudged: Mapping[str, Mask]) -> "Told":
        """Of rows as `Rows` tells of them."""
        told = cls(rows.batch.rows, rows.batch.rows - int(np.count_nonzero(rows.known)), any_of(rows.doubted), any_of(unjudged),
                   score=score)
        for flag, mask in rows.lost.items():
            told.lost[flag.partition("=")[0]] += int(mask.sum())
        for flags_of, counted in ((rows.doubted, told.doubted), (unjudged, told.unjudged)):
            for flag, mask in flags_of.items():
                counted[flag] += int(mask.sum())
        return told

    def add(self, other: "Told") -> None:
        """Rows that follow."""
        self.rows += other.rows
        self.without += other.without
        self.beyond += other.beyond
        self.unscored += other.unscored
        self.lost += other.lost
        self.doubted += other.doubted
        self.unjudged += other.unjudged
        self.score += other.score


def any_of(flags_of: Mapping[str, Mask]) -> int:
    """How many rows have one flag at least."""
    return int(np.count_nonzero(np.logical_or.reduce([*flags_of.values()]))) if flags_of else 0


class Predictions(NamedTuple):
    """Rows, their columns of numbers and of labels by name, what their responses say, and by flag those that have none to judge."""

    rows: Any
    numbers: dict[str, Array]
    labels: Any
    score: Score
    without: dict[str, Mask]


class Piece(NamedTuple):
    """The text of some rows, and what is told of them."""

    text: Data
    told: Told
    batch: Any = None       # in the place of a text, of a file that is none


def check_kinds(saved: Saved, source: Source) -> None:
    """Raises DataError for a column of dates that held numbers at the fit, or the other way round."""
    for column in saved.columns:
        name, dates = str(column["name"]), column.get("kind") == "date"
        if column.get("kind") != "levels" and dates != (source.kinds[name] is Kind.DATE):
            raise DataError(
                f'column "{name}": the model has {"dates" if dates else "numbers"}, found {source.kinds[name].value}',
                f"read it as the fit did: --as {name}={'date' if dates else 'number'}", code="other-kind", columns=[name])


class Predictor:
    """A saved model about to meet a table. Raises UsageError for columns that are not there, or that are there already."""

    def __init__(self, saved: Saved, source: Reader, asked: Asked) -> None:
        self.saved, self.source, self.asked = saved, source, asked
        self.told = Told()
        self.plan = Plan(asked.interval, asked.level)
        part = source.parts[0]
        self.delimiter, self.decimal = part.signs
        self._end = "\n"
        predictors = saved.predictors
        needed = dict.fromkeys((*saved.numbers, *predictors.categories, *((saved.target,) if asked.score else ())))
        absent = [name for name in (*needed, *(asked.ids or ())) if name not in source.names]
        if absent:
            raise unknown_columns(absent, source.names)
        check_kinds(saved, source)
        self.names = (*names(saved, self.plan), *(("nll", "residual") if asked.score else ()), FLAG)
        self.shown = tuple(asked.prefix + name for name in self.names)
        kept = source.names if asked.ids is None else asked.ids
        twice = [name for name in self.shown if name in kept]
        if twice:
            raise UsageError(f'the table has a column "{twice[0]}" already', "give the new ones a beginning with --prefix",
                             code="name-taken", columns=twice)
        if asked.interval == "conformal" and saved.noise.response.reads_levels:
            raise UsageError(f"--interval conformal is for numbers, the model is {saved.noise.name}",
                             "leave it out: each level has its probability", code="no-conformal")
        if asked.interval == "conformal" and saved.training.conformal is None:
            raise UsageError("--interval conformal needs the distances of rows held out, found none in the model",
                             "fit with --holdout and save again", code="no-conformal")

    @property
    def _kept(self) -> tuple[str, ...]:
        """The columns of the table that come out."""
        return self.source.names if self.asked.ids is None else self.asked.ids

    @property
    def wanted(self) -> Wanted:
        """What the table is read for."""
        numbers, categories = list(self.saved.numbers), list(self.saved.predictors.categories)
        if self.asked.score:
            (categories if self.saved.noise.response.reads_levels else numbers).append(self.saved.target)
        kept = self._kept if self.asked.form != "csv" else self.asked.ids or ()
        numbers += [name for name in kept if self._is_number(name)]
        categories += [name for name in kept if not self._is_number(name)]
        return self.source.wanted(list(dict.fromkeys(numbers)), categories)

    def _is_number(self, name: str) -> bool:
        """Whether a column that is kept comes out as numbers, and not as the text that it has in the table."""
        return self.asked.form == "parquet" and self.source.kinds[name] is Kind.NUMBER

    def header(self) -> bytes:
        """The line of names; empty where the table has none, and before objects."""
        if self.asked.form != "csv":
            return b"[\n" if self.asked.form == "json" else b""
        heading = self.source.parts[0].heading()
        if not heading:
            return b""
        stands = heading.decode("utf-8", "replace") if self.asked.ids is None else None
        first = [stands] if stands is not None else [quoted(name, self.delimiter) for name in self.asked.ids or ()]
        return (self.delimiter.join([*first, *(quoted(name, self.delimiter) for name in self.shown)]) + self._end).encode()

    def blocks(self, threads: int) -> Iterator[Data]:
        """The rows as text, in order; `told` grows with them. Raises DataError for what is no table."""
        if self.asked.form == "parquet":
            from mlefit.prediction.parquet import file_of

            yield from file_of(self._batches(threads))
            return
        array, held = self.asked.form == "json", b""
        for pieces in standing(self.source.parts, self.wanted, self._pieces, threads, texts=self.asked.form == "csv"):
            for text, told, _ in pieces:
                self.told.add(told)
                yield from (held, text[:-2]) if array else (text,)
                held = bytes(text[-2:])         # a comma, if more rows come
        if array:
            yield b"\n]\n"

    def _batches(self, threads: int) -> Iterator[list[Any]]:
        for pieces in standing(self.source.parts, self.wanted, self._pieces, threads, texts=False):
            for piece in pieces:
                self.told.add(piece.told)
            yield [piece.batch for piece in pieces]

    def _pieces(self, found: Standing) -> list[Piece]:
        """A block as pieces that stay in a core's cache: its numbers and texts take ten times the room of the file's."""
        return [self._piece(one) for one in found.pieces(ROWS)]

    def _piece(self, found: Standing) -> Piece:
        rows, numbers, labels, score, without = self.answers(found)
        told, flags_of = Told.of(rows, score, without), {**rows.doubted, **without}
        if self.asked.form == "parquet":
            return Piece(b"", told, self._batch(found, rows, numbers, labels, flags_of))
        if self.asked.form != "csv":
            return Piece(self._objects(found, rows, numbers, labels, flags_of), told)
        texts = [self._text(name, numbers, labels, found.batch.rows) for name in self.names[:-1]]
        texts.append(flags(found.batch.rows, rows.known, rows.lost, flags_of, self.delimiter, self._end))
        return Piece(joined(self._lines(found), texts, self.delimiter), told)

    def answers(self, found: Standing) -> Predictions:
        """The rows of a block, predicted. Raises DataError for one that cannot be, where that is asked for."""
        rows = Rows(self.saved, found.batch, found.bad)
        self.check(rows, found.first)
        columns = predictions(rows, self.plan)
        numbers = dict(columns.numbers)
        score, without = Score(), dict[str, Mask]()
        if self.asked.score:
            chance = chances(self.saved.noise, self.asked.seed, found.first, found.batch.rows)
            added, score = scored(rows, self.plan, numbers, chance)
            numbers |= added
            without = unjudged(rows, added["nll"])
        return Predictions(rows, numbers, columns.labels, score, without)

    def check(self, rows: Any, first: int) -> None:
        """Raises DataError for a row without a prediction, where that is asked for."""
        if self.asked.strict and rows.lost:
            raise self._refusal(rows, first)

    def _objects(
        self, found: Standing, rows: Any, numbers: "dict[str, Array]", labels: Any, flags_of: Mapping[str, Mask]
    ) -> Data:
        from mlefit.prediction.objects import lines, of_category, of_numbers, of_texts

        out = {name: of_category(found.batch.categories[name], number=self.source.kinds[name] is Kind.NUMBER)
               for name in self._kept}
        for name, shown in zip(self.names[:-1], self.shown[:-1], strict=True):
            out[shown] = of_texts(labels[name]) if name in labels else of_numbers(
                self._numbers(name, numbers, found.batch.rows), self.asked.digits)
        out[self.shown[-1]] = of_texts(listed_flags(found.batch.rows, rows.known, rows.lost, flags_of))
        return lines(out, ",\n" if self.asked.form == "json" else "\n")

    def _batch(
        self, found: Standing, rows: Any, numbers: "dict[str, Array]", labels: Any, flags_of: Mapping[str, Mask]
    ) -> Any:
        from mlefit.prediction.parquet import batch_of, of_category, of_texts

        out = {name: of_floats(found.batch.numbers[name]) if self._is_number(name) else of_category(found.batch.categories[name])
               for name in self._kept}
        for name, shown in zip(self.names[:-1], self.shown[:-1], strict=True):
            out[shown] = of_texts(labels[name]) if name in labels else of_floats(self._numbers(name, numbers, found.batch.rows))
        out[self.shown[-1]] = of_texts(listed_flags(found.batch.rows, rows.known, rows.lost, flags_of))
        return batch_of(out)

    @staticmethod
    def _numbers(name: str, numbers: "dict[str, Array]", rows: int) -> Array:
        """Those of a column; a class that no group of the block has has none."""
        found = numbers.get(name)
        return np.full(rows, np.nan) if found is None else found

    def _text(self, name: str, numbers: "dict[str, Array]", labels: Any, rows: int) -> Any:
        if name in labels:
            return cells(labels[name], self.delimiter)
        return numerals(self._numbers(name, numbers, rows), self.asked.digits, self.decimal)

    def _lines(self, found: Standing) -> Any:
        if self.asked.ids is None:
            return found.lines
        if not self.asked.ids:
            return None
        kept = []
        for name in self.asked.ids:
            category = found.batch.categories[name]
            texts = of_texts([quoted(level, self.delimiter) for level in category.levels] + [""])
            codes = np.where(category.codes < 0, len(category.levels), category.codes)
            kept.append(texts.take(of_codes(codes)))
        if len(kept) == 1:
            return kept[0]
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(*kept, word(self.delimiter))

    def _refusal(self, rows: Rows, first: int) -> DataError:
        row, flag = min((int(np.flatnonzero(mask)[0]), flag) for flag, mask in rows.lost.items())
        return DataError(f"row {first + row + 1}: there is no prediction ({flag})",
                         "complete the row, or use --missing keep", code="no-prediction", rows=[first + row + 1])

