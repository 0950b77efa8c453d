"""Text: what is appended to a row, as CSV: numbers in the shortest form that reads back, quotes only where they are needed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.source.arrow import of_codes, of_floats, of_texts, word

Data: TypeAlias = bytes | memoryview


def quoted(cell: str, delimiter: str) -> str:
    """A cell with quotes where it holds the delimiter, a quote or a line end."""
    if any(sign in cell for sign in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def numerals(values: Array, digits: int | None, decimal: str) -> Any:
    """Numbers (n,) as an Arrow array of texts, empty where there is none; `digits`: significant ones, None for all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if digits is None:
        texts = pc.cast(of_floats(values), pa.string())
        if bool((np.rint(values) == values).any()):     # some versions write 3 as 3.0
            texts = pc.if_else(pc.ends_with(texts, ".0"), pc.utf8_slice_codeunits(texts, 0, -2), texts)
        texts = pc.fill_null(texts, word("")) if texts.null_count else texts
    else:
        texts = of_texts(["" if np.isnan(value) else f"{value:.{digits}g}" for value in values.tolist()])
    return texts if decimal == "." else pc.replace_substring(texts, ".", decimal)


def joined(lines: Any, columns: Sequence[Any], delimiter: str) -> Data:
    """Lines (an Arrow array of texts, or None) and columns behind them, row by row; the last column has the ends of the rows."""
    import pyarrow.compute as pc

    parts = [*([] if lines is None else [lines]), *columns]
    return _data(parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, word(delimiter)))


def ended(texts: Any, end: str) -> Any:
    """Texts (n,) with the end of a row."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(texts, word(end), word(""))


def _data(texts: Any) -> Data:
    """The bytes of an Arrow array of texts, not copied."""
    import pyarrow as pa

    if isinstance(texts, pa.ChunkedArray):
        return b"".join(map(_data, texts.chunks))
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    return memoryview(data)[int(offsets[0]) : int(offsets[-1])] if len(offsets) > 1 and data is not None else b""


def listed_flags(rows: int, known: Mask, lost: Mapping[str, Mask], doubted: Mapping[str, Mask]) -> list[str]:
    """The flags of rows (n,), joined by `;`; `doubted` are of the rows with a prediction."""
    texts = [""] * rows
    for row, found in _told(known, lost, doubted).items():
        texts[row] = found
    return texts


def _told(known: Mask, lost: Mapping[str, Mask], doubted: Mapping[str, Mask]) -> dict[int, str]:
    """The flags of the rows that have any, by row."""
    places = np.flatnonzero(known)
    told: dict[int, list[str]] = {}
    for flag, mask in lost.items():
        for row in np.flatnonzero(mask).tolist():
            told.setdefault(row, []).append(flag)
    for flag, mask in doubted.items():
        for row in places[mask].tolist():
            told.setdefault(row, []).append(flag)
    return {row: ";".join(found) for row, found in told.items()}


def cells(texts: Sequence[str], delimiter: str) -> Any:
    """Texts (n,) as an Arrow array of cells."""
    return of_texts([quoted(text, delimiter) for text in texts])


def flags(rows: int, known: Mask, lost: Mapping[str, Mask], doubted: Mapping[str, Mask], delimiter: str, end: str) -> Any:
    """The flags of rows (n,) and their ends, as an Arrow array of texts; one text where no row has any."""
    told = _told(known, lost, doubted)
    if not told:
        return word(end)
    distinct = {text: place for place, text in enumerate(dict.fromkeys(("", *told.values())))}
    codes = np.zeros(rows, np.int32)
    codes[list(told)] = [distinct[text] for text in told.values()]
    return of_texts([quoted(text, delimiter) + end for text in distinct]).take(of_codes(codes))
