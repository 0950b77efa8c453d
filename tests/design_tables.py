"""Small tables as batches, whole or cut into pieces, for the tests of the design room."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.design.formula import parse_formula
from mlefit.design.learn import Survey, learn, survey
from mlefit.design.terms import Term
from mlefit.source.batch import Batch, Category, Place
from mlefit.source.source import Kind
from mlefit.sums.tally import tree_sum


def category(cells: Sequence[str | None]) -> Category:
    """Cells as levels in order of first appearance; None is missing."""
    levels = tuple(dict.fromkeys(cell for cell in cells if cell is not None))
    codes = np.array([-1 if cell is None else levels.index(cell) for cell in cells], dtype=np.int32)
    return Category(codes, levels)


def batch(
    numbers: Mapping[str, Sequence[float]] | None = None, texts: Mapping[str, Sequence[str | None]] | None = None,
    start: int = 0, stop: int | None = None,
) -> Batch:
    """Rows start..stop-1 of a table."""
    numbers, texts = numbers or {}, texts or {}
    cut = slice(start, stop)
    columns = {name: np.asarray(cells, dtype=np.float64)[cut] for name, cells in numbers.items()}
    coded = {name: category(cells[cut]) for name, cells in texts.items()}
    rows = [len(column) for column in columns.values()] + [len(column.codes) for column in coded.values()]
    return Batch(Place(0, 0), rows[0], columns, coded, start=start)


def kinds(numbers: Sequence[str] = (), texts: Sequence[str] = ()) -> dict[str, Kind]:
    """Kinds of columns."""
    return {**dict.fromkeys(numbers, Kind.NUMBER), **dict.fromkeys(texts, Kind.TEXT)}


def everything(part: Batch) -> np.ndarray:
    """Keep every row."""
    return np.ones(part.rows, dtype=np.bool_)


def surveyed(terms: Sequence[Term], parts: Sequence[Batch]) -> Survey:
    """The survey of all rows of the parts."""
    return tree_sum(survey(terms, part, everything(part)) for part in parts)


def design(
    formula: str, numbers: Mapping[str, Sequence[float]], texts: Mapping[str, Sequence[str | None]] | None = None,
    reference: Mapping[str, str] | None = None,
) -> tuple[tuple[str, ...], Array]:
    """Labels and columns of a formula about a table, with the column of ones if there is an intercept."""
    names = [*numbers, *(texts or {})]
    parsed = parse_formula(formula, ["y", *names], kinds(["y", *numbers], list(texts or {})))
    coded = {name: [f"{cell:g}" for cell in numbers[name]] for name in parsed.categorical if name in numbers}
    whole = batch(numbers, {**(texts or {}), **coded})
    terms = learn(
        parsed.terms, surveyed(parsed.terms, [whole]), intercept=parsed.intercept, reference=reference or {}
    )
    ones = [np.ones((whole.rows, 1))] if parsed.intercept else []
    labels = (("(Intercept)",) if parsed.intercept else ()) + tuple(label for t in terms for label in t.labels())
    return labels, np.hstack([*ones, *(term.evaluate(whole) for term in terms), np.empty((whole.rows, 0))])
