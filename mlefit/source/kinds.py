"""What columns look like in the first block: their kind and their distinct values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlefit.source.arrow import floats
from mlefit.source.cells import BOOLEANS, MISSING, WORDS, level, parse_numbers, spelt
from mlefit.source.part import DISTINCT
from mlefit.source.source import Kind
from mlefit.source.written import NUMERIC, are_quantities, reason, shared_unit, unit

RAW_DISTINCT = 4 * DISTINCT     # `1`, `1.0` and `01` are one level: look at more texts than levels are listed


def kind_of(texts: Any, decimal: str, na: tuple[str, ...]) -> Kind:
    """The kind of a column by its distinct cells, an Arrow string array.

    One typing error must not turn numbers into categories, so a column is numbers (or dates) when more than half of its
    distinct values are. Numbers written with separators, units, bounds or marks count: a unit that all cells have is read,
    what else they have is refused later.
    """
    import pyarrow as pa

    try:
        values = floats(texts.cast(pa.float64()))       # the usual column, at little cost
    except pa.ArrowInvalid:
        pass
    else:
        if np.isfinite(values).any():
            return Kind.NUMBER
    values, bad, _ = parse_numbers(texts, decimal, na)
    if not bad.any():
        return Kind.NUMBER if not np.isnan(values).all() else Kind.EMPTY
    absent = {*MISSING, *na}
    present = [text for raw in texts.to_pylist() if (text := raw.strip()) not in absent]
    if all(text.lower() in BOOLEANS for text in present):
        return Kind.BOOLEAN
    good = len(present) - int(bad.sum())
    reasons = [reason(text) for text in present]
    if 2 * reasons.count("date") > len(present):
        return Kind.DATE
    return Kind.NUMBER if 2 * (good + _measured(present, reasons)) > len(present) else Kind.TEXT


def _measured(cells: Sequence[str], reasons: Sequence[str]) -> int:
    """How many cells are meant as numbers, by what is written around these, given why they are none."""
    units = {unit(text) or "" for text, why in zip(cells, reasons, strict=True) if why == "unit"}
    with_unit = reasons.count("unit")
    quantities = are_quantities(units) or (with_unit == len(cells) and len(units) == 1)
    return sum(why in NUMERIC for why in reasons) + (with_unit if quantities else 0)


def is_measured(texts: Any, na: tuple[str, ...]) -> bool:
    """Whether more than half of the distinct cells are numbers with a unit, a bound or another sign."""
    absent = {*MISSING, *na}
    present = [text for raw in texts.to_pylist() if raw is not None and (text := raw.strip()) not in absent]
    return 2 * _measured(present, [reason(text) for text in present]) > len(present)


def unit_of(texts: Any, na: tuple[str, ...]) -> str | None:
    """The unit that all cells which are not missing end in, if there is one."""
    absent = {*MISSING, *na}
    return shared_unit(text for raw in texts if raw.is_valid and (text := raw.as_py().strip()) not in absent)


def distinct_of(
    texts: Any, kind: Kind, decimal: str, na: tuple[str, ...], tokens: tuple[str, ...] = MISSING
) -> tuple[str, ...] | None:
    """The distinct cells as levels in order of appearance, or None when they are more than DISTINCT."""
    if len(texts) > RAW_DISTINCT:
        return None
    absent = {*(WORDS if kind is Kind.TEXT and tokens == MISSING else tokens), *na, ""}
    cells = (raw.strip() for raw in texts.to_pylist() if raw is not None)
    called = level if kind is Kind.NUMBER else spelt
    levels = dict.fromkeys(called(text, kind is Kind.BOOLEAN, decimal) for text in cells if text not in absent)
    return tuple(levels) if len(levels) <= DISTINCT else None
