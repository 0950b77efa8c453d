"""Whole numbers beyond 2^53: what doubles leave of them, so that the sum of both is exact."""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.numerals import EXACT
from mlefit.source.arrow import codes
from mlefit.source.cells import WHOLE
from mlefit.source.part import Parsed


def beyond(values: Array) -> bool:
    """Whether a number among the values (n,), NaN where a cell is missing, may be no whole number that a double holds."""
    return bool(np.nanmax(np.abs(values), initial=0.0) >= EXACT)


def add_rests(parsed: Parsed, name: str, column: Any) -> None:
    """Add what the numbers of a column leave of its raw cells, an Arrow dictionary, if whole numbers beyond 2^53 are there.

    The distance of a whole number to the nearest double is a double itself; it is 0 for all other cells.
    """
    values, places = np.zeros(len(column.dictionary)), codes(column)
    values[places] = parsed.numbers[name]
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero((np.abs(values) >= EXACT) & np.isfinite(values)).tolist()
    texts = {at: column.dictionary[at].as_py().strip() for at in large}
    whole = {at: int(text) - int(values[at]) for at, text in texts.items() if WHOLE.fullmatch(text)}
    if whole:
        rests = np.zeros(len(values))
        rests[list(whole)] = list(whole.values())
        parsed.rests[name] = rests[places]


def rests_of_whole(column: Any, values: Array) -> Array:
    """What doubles (n,) leave of an Arrow column of whole numbers."""
    cells = zip(column.to_pylist(), values.tolist(), strict=True)
    return np.array([0.0 if cell is None else float(cell - int(value)) for cell, value in cells])
