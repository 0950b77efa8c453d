"""Simulate: responses drawn from a saved model for the rows of a table, or for any number of rows where there are no predictors.

    y_i = F^-1(u_i | x_i),   u_i the i-th number of the Philox stream of (seed, copy)

so that a row has its number whatever the blocks and threads.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.checks import unknown_columns
from mlefit.errors import UsageError
from mlefit.prediction.appended import in_natural_units
from mlefit.prediction.numbered import uniform
from mlefit.prediction.predict import any_of, check_kinds
from mlefit.prediction.rows import Rows
from mlefit.prediction.text import Data, cells, ended, joined, numerals, quoted
from mlefit.saved.model import Saved
from mlefit.source.batch import Batch, Place
from mlefit.source.reader import Reader
from mlefit.source.standing import Standing, standing

Parameters = Literal["fixed", "drawn"]
BLOCK = 1 << 16         # rows at a time where there is no table
END = "\n"


class Drawing(NamedTuple):
    """How often each row is drawn, from which parameters, the name of the columns (None: that of the response), and the seed."""

    copies: int = 1
    parameters: Parameters = "fixed"
    name: str | None = None
    seed: int = 0


class Drawn(NamedTuple):
    """Encoded coefficients (P,) and free shapes (s,)."""

    coefficients: Array
    free: Array


@dataclass
class Undrawn:
    """How many rows there were, how many are `without` a response, and the causes, of which a row may have several."""

    rows: int = 0
    without: int = 0
    lost: Counter[str] = field(default_factory=Counter)


def parameters(saved: Saved, drawing: Drawing, copy: int) -> Drawn:
    """Those of the fit, or drawn from their normal law, each copy anew. Raises UsageError where the model has kept no errors."""
    if drawing.parameters == "fixed":
        return Drawn(saved.coefficients, saved.free)
    root, shape_root = saved.errors.root, saved.errors.shape_root
    if not saved.errors.known:
        raise UsageError("--parameters drawn needs the covariance of the parameters, found none in the model",
                         "use --parameters fixed", code="no-covariance")
    rng = np.random.default_rng([drawing.seed, copy, 1])        # no stream of uniform: those have no third number
    if saved.errors.by_level is not None and saved.layout is not None:
        by, of_shapes = saved.errors.by_level.drawn(saved.layout, rng)
        return Drawn(saved.coefficients + by, saved.free + of_shapes)
    assert root is not None
    z = rng.standard_normal(root.shape[1])
    free = saved.free + shape_root @ z if shape_root is not None and shape_root.size else saved.free
    return Drawn(saved.coefficients + root @ z, free)


class Simulator:
    """A saved model and what is to be drawn from it. Raises UsageError as `parameters`, and for names that are taken where
    the drawn columns stand `beside` those of the table."""

    def __init__(self, saved: Saved, source: Reader | None, drawing: Drawing, *, beside: bool = True) -> None:
        self.saved, self.source, self.drawing, self.told = saved, source, drawing, Undrawn()
        predictors = saved.predictors
        self._columns = (list(saved.numbers), list(predictors.categories))
        self.delimiter, self.decimal = (",", ".") if source is None else source.parts[0].signs
        name = drawing.name or saved.target
        self.names = (name,) if drawing.copies == 1 else tuple(f"{name}_{k + 1}" for k in range(drawing.copies))
        self._drawn = [parameters(saved, drawing, copy) for copy in range(drawing.copies)]
        if source is not None:
            absent = [name for name in dict.fromkeys([*saved.numbers, *predictors.categories]) if name not in source.names]
            if absent:
                raise unknown_columns(absent, source.names)
            check_kinds(saved, source)
            taken = [name for name in self.names if name in source.names]
            if taken and beside:
                raise UsageError(f'the table has a column "{taken[0]}" already', "give the drawn one another name with --name",
                                 code="name-taken", columns=taken)

    def header(self) -> bytes:
        """The line of names; empty where the table has none."""
        heading = b"" if self.source is None else self.source.parts[0].heading()
        if self.source is not None and not heading:
            return b""
        first = [heading.decode("utf-8", "replace")] if heading else []
        return (self.delimiter.join([*first, *(quoted(name, self.delimiter) for name in self.names)]) + END).encode()

    def blocks(self, threads: int) -> Iterator[Data]:
        """The rows of the table as text, in order; `told` grows with them. Raises DataError for what is no table."""
        assert self.source is not None
        for text, rows in standing(self.source.parts, self.source.wanted(*self._columns), self._block, threads):
            self.told.rows += rows.batch.rows
            self.told.without += any_of(rows.lost)
            for flag, mask in rows.lost.items():
                self.told.lost[flag.partition("=")[0]] += int(mask.sum())
            yield text

    def alone(self, n: int) -> Iterator[Data]:
        """`n` rows of a model without predictors, as text."""
        for first in range(0, n, BLOCK):
            rows = Rows(self.saved, Batch(Place(0, first // BLOCK), min(BLOCK, n - first)), {})
            yield self._text(rows, None, first)

    def _block(self, found: Standing) -> tuple[Data, Rows]:
        rows = Rows(self.saved, found.batch, found.bad)
        return self._text(rows, found.lines, found.first), rows

    def _text(self, rows: Rows, lines: Any, first: int) -> Data:
        drawn = [self._spelt(self._draw(rows, copy, first)) for copy in range(self.drawing.copies)]
        return joined(lines, [*drawn[:-1], ended(drawn[-1], END)], self.delimiter)

    def _draw(self, rows: Rows, copy: int, first: int) -> Array:
        """One response (n,) per row, NaN where a predictor is missing or unknown; a level is its place."""
        y, known = np.full(rows.batch.rows, np.nan), rows.known
        if known.any():
            coefficients, free = self._drawn[copy]
            u = uniform((self.drawing.seed, copy), first, rows.batch.rows)[known]
            drawn = rows.law.quantile(u, rows.eta_at(coefficients), in_natural_units(self.saved, free))
            y[known] = drawn if self.saved.transform is None else self.saved.transform.back(drawn)
        return y

    def columns(self, rows: Rows, first: int) -> dict[str, Any]:
        """The responses of the rows by the names of their columns: numbers (n,), or levels with None where there is none."""
        found: dict[str, Any] = {}
        for copy, name in enumerate(self.names):
            y = self._draw(rows, copy, first)
            if self.saved.noise.response.reads_levels:
                found[name] = [None if np.isnan(place) else self.saved.levels[int(place)] for place in y.tolist()]
            else:
                found[name] = y
        return found

    def _spelt(self, y: Array) -> Any:
        if not self.saved.noise.response.reads_levels:
            return numerals(y, None, self.decimal)
        levels = [*self.saved.levels, ""]
        return cells([levels[place] for place in np.where(np.isnan(y), len(levels) - 1, y).astype(int).tolist()], self.delimiter)
