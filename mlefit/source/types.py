"""Columns with Arrow types: of what kind they are, and as numbers, days or text."""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.source.arrow import floats
from mlefit.source.source import Kind


def kind_of_type(kind: Any) -> Kind | None:
    """The Kind of an Arrow type; None for types that are no column of a table of cells."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind):
        kind = kind.value_type
    if is_.is_boolean(kind):
        return Kind.BOOLEAN
    if is_.is_integer(kind) or is_.is_floating(kind) or is_.is_decimal(kind):
        return Kind.NUMBER
    if is_.is_temporal(kind):
        return Kind.DATE
    if is_.is_string(kind) or is_.is_large_string(kind) or kind in (pa.string_view(),):
        return Kind.TEXT
    return Kind.EMPTY if is_.is_null(kind) else None


def as_dictionary(column: Any) -> Any:
    """A column as one dictionary array of strings, levels in order of appearance."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = decoded(column)
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    encoded = pc.dictionary_encode(column)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
        encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    return pa.DictionaryArray.from_arrays(encoded.indices, pc.cast(encoded.dictionary, pa.string()))


def decoded(column: Any) -> Any:
    """A column without dictionary."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def as_numbers(column: Any) -> Array:
    """A column of numbers or booleans as (n,), NaN where it is null."""
    import pyarrow as pa

    column = decoded(column)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    column = column.cast(pa.float64(), safe=False)      # whole numbers beyond 2^53 are rounded
    pieces = [floats(chunk) for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    return pieces[0] if len(pieces) == 1 else np.concatenate([np.empty(0), *pieces])


def days(column: Any) -> Array | None:
    """A column of dates or timestamps as days since 1970 (n,), NaN where it is null; None of any other type."""
    import pyarrow as pa

    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    if not pa.types.is_timestamp(column.type):
        return None
    per_day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    return as_numbers(column.cast(pa.int64())) / per_day


def storage(column: Any) -> Any:
    """A column without its extension type."""
    import pyarrow as pa

    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)
    return column.storage
