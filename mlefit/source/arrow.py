"""Arrow arrays to numpy and back through their buffers.

`Array.to_numpy`, `np.asarray(array)`, `pa.array` and every function that takes a Python scalar import pandas when it is
installed, which costs 0.3 s of start-up. Buffers do not.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from mlefit.arrays import Array, Codes, Mask


def _values(array: Any, dtype: type[np.generic]) -> np.ndarray[Any, Any]:
    """The value buffer (n,) of a primitive array, undefined where the array is null; a read-only view."""
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.empty(0 if not len(array) else len(array), dtype=dtype)
    return np.frombuffer(buffer, dtype=dtype, count=len(array), offset=array.offset * np.dtype(dtype).itemsize)


def _bits(buffer: Any, array: Any) -> Mask:
    """(n,) of a bit-packed buffer of the array, in Arrow's order."""
    last = array.offset + len(array)
    packed = np.frombuffer(buffer, dtype=np.uint8, count=(last + 7) // 8)
    return np.unpackbits(packed, count=last, bitorder="little")[array.offset :].astype(np.bool_)


def mask(array: Any) -> Mask:
    """A Boolean array without nulls as (n,) bool."""
    return _bits(array.buffers()[1], array) if len(array) else np.empty(0, dtype=np.bool_)


def floats(array: Any) -> Array:
    """A float64 array as (n,), NaN where it is null."""
    values: Array = _values(array, np.float64)
    if array.null_count:
        values = np.where(_bits(array.buffers()[0], array), values, np.nan)
    return values


def codes(array: Any) -> Codes:
    """The indices of a dictionary array with int32 indices as (n,), -1 where it is null."""
    values: Codes = _values(array.indices, np.int32)
    if array.null_count:
        values = np.where(_bits(array.indices.buffers()[0], array.indices), values, np.int32(-1))
    return values


def of_floats(values: Array) -> Any:
    """Numbers (n,) as a float64 array, null where they are NaN."""
    import pyarrow as pa

    there = ~np.isnan(values)
    bits = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values, np.float64))
    return pa.Array.from_buffers(pa.float64(), len(values), [bits, data])


def of_codes(values: Codes) -> Any:
    """Whole numbers (n,) as an int32 array."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values, np.int32))])


def of_texts(texts: Sequence[str]) -> Any:
    """Texts as a string array."""
    import pyarrow as pa

    stored = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, stored)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(stored), pa.py_buffer(ends), pa.py_buffer(b"".join(stored)))


def of_mask(values: Mask) -> Any:
    """(n,) bool as a Boolean array."""
    import pyarrow as pa

    packed = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, packed])


def nothing() -> Any:
    """A text that is null, as a scalar."""
    import pyarrow as pa

    return pa.nulls(1, pa.string())[0]


@lru_cache(maxsize=64)
def word(text: str) -> Any:
    """A text as a scalar."""
    return of_texts([text])[0]


def use_the_systems_memory() -> None:
    """Arrow's own allocator keeps a fifth more than is in use, for ever."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
