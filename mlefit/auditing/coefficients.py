"""Coefficients: what another program has written, as text, read without a guess: CSV with a header, or JSON.

CSV has a column of names (`name`, `term`, `variable`, `parameter`, `feature`, or none, as R and pandas write row names), one of
values (`estimate`, `value`, `coef`, `coefficient`; `x` as R's `write.csv(coef(fit))`, `0` as `fit.params.to_csv()` of statsmodels)
and, for several predictors, one of classes (`class`, `outcome`, `level`).
A column `kind`, as mlefit's own tables have it, tells a shape from a coefficient of the same name.
JSON is an object of numbers by name, or of such objects by class, or a list of objects with the keys of the CSV.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlefit.errors import DataError

LARGEST = 10 << 20      # bytes
NAMES = ("name", "term", "variable", "parameter", "feature", "", "unnamed: 0", "rownames", "names")
VALUES = ("estimate", "value", "coef", "coefficient", "coef.", "estimates", "coefs", "b", "beta", "weight", "x", "0")
CLASSES = ("class", "outcome", "level", "y.level")
KINDS, SHAPE = ("kind",), "shape"
NOTHING = ("", "na", "nan", "null", "none", ".", "inf", "+inf", "infinity")      # a df that is infinite is none
SIGNS = ",;\t"
REMEDY = "give a CSV with the columns name and estimate (and class), or a JSON object of numbers by name"


class Given(NamedTuple):
    """One coefficient as it was written; `value` None where the program gave none, `half` half a unit of its last digit. `shape`:
    whether it is said to be one."""

    name: str
    class_: str | None
    value: float | None
    half: float
    shape: bool = False


def read(path: str) -> tuple[Given, ...]:
    """All of a file. Raises DataError for what is none."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", "check the path", code="no-file") from None
    if len(data) > LARGEST:
        raise DataError(f"{path}: expected coefficients of at most {LARGEST >> 20} MB", "check the path", code="bad-coefficients")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected coefficients as text, found none", REMEDY, code="bad-coefficients") from None
    found = tuple(_of_json(path, text) if text.lstrip()[:1] in ("{", "[") else _of_csv(path, text))
    if not found:
        raise DataError(f"{path}: expected coefficients, found none", REMEDY, code="bad-coefficients")
    seen: set[tuple[str, str | None, bool]] = set()
    for one in found:
        if (one.name, one.class_, one.shape) in seen:
            where = "" if one.class_ is None else f" of class {one.class_}"
            raise DataError(f'{path}: "{one.name}"{where} is there twice', "give each coefficient once", code="bad-coefficients")
        seen.add((one.name, one.class_, one.shape))
    return found


def _of_csv(path: str, text: str) -> Iterator[Given]:
    first = text.partition("\n")[0]
    sign = max(SIGNS, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=sign) if any(cell.strip() for cell in row)]
    except csv.Error:
        raise DataError(f"{path}: expected coefficients as CSV, found no CSV", REMEDY, code="bad-coefficients") from None
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    name, value, class_, kind = (next((heads.index(word) for word in words if word in heads), None)
                                 for words in (NAMES, VALUES, CLASSES, KINDS))
    if name is None or value is None or name == value:
        raise DataError(f"{path}: expected a header with name and estimate, found {', '.join(heads)[:60] or 'none'}", REMEDY,
                        code="bad-coefficients")
    for at, row in enumerate(rows[1:], start=2):
        if len(row) <= max(name, value, class_ or 0, kind or 0):
            raise DataError(f"{path}, row {at}: expected {len(heads)} cells, found {len(row)}", REMEDY, code="bad-coefficients")
        yield _given(f"{path}, row {at}", row[name].strip(), None if class_ is None else row[class_].strip() or None, row[value],
                     shape=kind is not None and row[kind].strip() == SHAPE)


def _of_json(path: str, text: str) -> Iterator[Given]:
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise DataError(f"{path}: expected coefficients as JSON, found no JSON", REMEDY, code="bad-coefficients") from None
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, Mapping):
                for inner, each in item.items():
                    yield _given(f"{path}, {name}", inner, name, each)
            else:
                yield _given(path, name, None, item)
        return
    for at, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise DataError(f"{path}, item {at + 1}: expected an object", REMEDY, code="bad-coefficients")
        named, valued, classed, kind = (_key(item, words) for words in (NAMES, VALUES, CLASSES, KINDS))
        if not isinstance(named, str):
            raise DataError(f"{path}, item {at + 1}: expected a name", REMEDY, code="bad-coefficients")
        yield _given(f"{path}, item {at + 1}", named, None if classed is None else str(classed), valued, shape=kind == SHAPE)


def _key(item: Mapping[str, Any], words: Sequence[str]) -> Any:
    return next((item[key] for key in item if key.lower() in words), None)


def _given(where: str, name: str, class_: str | None, cell: Any, *, shape: bool = False) -> Given:
    """Raises DataError for what is no number."""
    text = "" if cell is None else str(cell).strip()
    if isinstance(cell, bool | list | dict):
        text = "another"
    if text.lower() in NOTHING:
        return Given(name, class_, None, 0.0, shape)
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f'{where}: the value of "{name}" must be a finite number, found "{text[:40]}"', REMEDY,
                        code="bad-coefficients")
    return Given(name, class_, value, 0.5 * 10.0 ** _last(text), shape)


def _last(text: str) -> int:
    """The power of ten of the last digit that is written: -3 of 1.250."""
    mantissa, _, power = text.lower().partition("e")
    return (int(power) if power else 0) - len(mantissa.partition(".")[2])
