"""What columns look like in the first block: their kind and their distinct values."""

from typing import Any

import numpy as np

from mlefit.source.arrow import floats
from mlefit.source.cells import BOOLEANS, MISSING, WORDS, level, parse_numbers, reason, spelt
from mlefit.source.part import DISTINCT
from mlefit.source.source import Kind

RAW_DISTINCT = 4 * DISTINCT     # `1`, `1.0` and `01` are one level: look at more texts than levels are listed


def kind_of(texts: Any, decimal: str, na: tuple[str, ...]) -> Kind:
    """The kind of a column by its distinct cells, an Arrow string array.

    One typing error must not turn numbers into categories, so a column is numbers (or dates) when more than half of its
    distinct values are; numbers written with separators, percent or currency signs count, to be refused as such later.
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
    dates = numbers = 0
    good = len(present) - int(bad.sum())
    for text in present:
        why = reason(text)
        dates += why == "date"
        numbers += why in ("percent", "currency", "thousands", "decimal comma")
    if 2 * dates > len(present):
        return Kind.DATE
    return Kind.NUMBER if 2 * (good + numbers) > len(present) else Kind.TEXT


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
