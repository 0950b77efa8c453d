"""Profile: what the cells of a column are, counted. Over all rows the counts decide how the column is read."""

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.numerals import numeral
from mlefit.source.arrow import codes, floats, mask
from mlefit.source.cells import BOOLEANS, level, parse_numbers, spelt
from mlefit.source.source import Kind
from mlefit.source.written import BOUND, DATE, NUMERIC, are_quantities, reason

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

DISTINCT = 64               # levels per column that `Source.distinct` lists
SEVERAL = 4 * DISTINCT      # spellings that are looked at: `1`, `1.0` and `01` are one level of a column of numbers
FEW = 64                    # texts that tell whether more of them are worth a try
UNITS = 64                  # different units of one column; where there are more, they are no units

Levels = tuple[str, ...] | None


class Profile(NamedTuple):
    """Cells of one column by what they are. Missing ones are left out; sums are those of more rows.

    `written`: numbers as people write them, such as ~5, which are refused later, as such; `bounds`: such as <5 and 65+, which
    are numbers of that kind among others, and bins where most of the rest is no number; `measured`: those with one of `units`,
    the `signed` of which have % or a currency; `grouped`: those without, but with separated thousands. `separators`: of both;
    `orders`: what dates tell of the order of day and month. `levels`: different cells as spelt, in order of first appearance;
    None when they are many or were not asked for.
    """

    numbers: int = 0
    written: int = 0
    measured: int = 0
    dates: int = 0
    booleans: int = 0
    others: int = 0
    units: frozenset[str] | None = frozenset()
    levels: Levels = ()
    grouped: int = 0
    separators: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    signed: int = 0
    bounds: int = 0

    def __add__(self, other: "Profile") -> "Profile":      # type: ignore[override]
        units = None if self.units is None or other.units is None else self.units | other.units
        return Profile(
            self.numbers + other.numbers, self.written + other.written, self.measured + other.measured,
            self.dates + other.dates, self.booleans + other.booleans, self.others + other.others,
            None if units is None or len(units) > UNITS else units, _merged(self.levels, other.levels),
            self.grouped + other.grouped, self.separators | other.separators, self.orders | other.orders,
            self.signed + other.signed, self.bounds + other.bounds,
        )

    @property
    def cells(self) -> int:
        """All that are not missing."""
        counted = self.numbers + self.written + self.bounds + self.measured + self.grouped
        return counted + self.dates + self.booleans + self.others

    @property
    def kind(self) -> Kind:
        """Booleans where every cell is one; dates where more than half are; text where more than half are no numbers."""
        if not self.cells:
            return Kind.EMPTY
        if self.booleans == self.cells:
            return Kind.BOOLEAN
        if 2 * self.dates > self.cells:
            return Kind.DATE
        units = self.units
        quantities = units and (are_quantities(units) or (len(units) == 1 and self.measured == self.cells))
        numbers = self.numbers + self.written + self.grouped + (self.measured if quantities else self.signed)
        numbers += self.bounds if numbers > self.others else 0
        return Kind.TEXT if 2 * numbers < self.cells else Kind.NUMBER

    @property
    def writing(self) -> "Writing | None":
        """How every cell is written that is no plain number; None where they are plain, or not written alike."""
        if not (self.measured or self.grouped or self.orders):
            return None
        from mlefit.source.dates import order
        from mlefit.source.writing import Writing

        unit = self.unit or ""
        alike = len(self.separators) == 1 and (bool(unit) or self.numbers + self.grouped == self.cells)
        found = Writing(unit, next(iter(self.separators)) if alike else "", order(self.orders))
        return None if found == Writing() else found

    @property
    def unit(self) -> str | None:
        """The unit that every cell has."""
        return next(iter(self.units)) if self.units and len(self.units) == 1 and self.measured == self.cells else None

    @property
    def distinct(self) -> Levels:
        """The different cells as levels of a column of this kind; None when they are many, or were not asked for."""
        return self.distinct_as(self.kind)

    def distinct_as(self, kind: Kind) -> Levels:
        """The different cells as levels of this kind; None when they are more than DISTINCT, or were not asked for."""
        if self.levels is None:
            return None
        called = level if kind is Kind.NUMBER else spelt
        named = dict.fromkeys(
            called(text, kind is Kind.BOOLEAN, ".") for text in self.levels if kind is Kind.TEXT or text != "None"
        )
        return tuple(named) if len(named) <= DISTINCT else None


def _merged(first: Levels, second: Levels) -> Levels:
    if first is None or second is None:
        return None
    both = dict.fromkeys((*first, *second))
    return tuple(both) if len(both) <= SEVERAL else None


def of_values(values: Array, listed: bool, *, whole: bool = False) -> Profile:
    """That of numbers (n,), NaN where a cell is missing; of none, if they are known to be `whole`."""
    if whole:
        return Profile(numbers=len(values), levels=_levels_of(values) if listed else None)
    missing = np.isnan(values)
    count = int(np.count_nonzero(missing))
    present = values[~missing] if count and listed else values
    return Profile(numbers=len(values) - count, levels=_levels_of(present) if listed else None)


def _levels_of(values: Array) -> Levels:
    """The different values (n,) in order of appearance, None where they are more than DISTINCT: no two of them are one level.

    What plainly has more is not sorted as a whole, nor in an order that keeps places, which takes ten times as long."""
    some = np.sort(values[: 4 * SEVERAL])
    if np.count_nonzero(some[1:] != some[:-1]) >= DISTINCT:
        return None
    first = _first_of_each(values)
    if first.size > DISTINCT:
        return None
    return tuple(numeral(value) if isfinite(value) else repr(value) for value in values[np.sort(first)].tolist())


def _first_of_each(values: Array) -> Index:
    """Where each different value (n,) is first, in no order. (np.unique loads masked arrays for it.)"""
    order = np.argsort(values, kind="stable")
    new = np.ones(values.size, bool)
    np.not_equal(values[order[1:]], values[order[:-1]], out=new[1:])
    return order[new]


def of_strings(column: Any, decimal: str, na: tuple[str, ...], listed: bool) -> Profile:
    """As of_texts of a string array without nulls, with less work where all are dates, of which few occur twice."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(column)
    if not na and not listed and _dates(trimmed).all():
        return Profile(dates=len(column), levels=None, orders=_orders(trimmed))
    return of_texts(column.dictionary_encode(), decimal, na, listed)


def of_texts(column: Any, decimal: str, na: tuple[str, ...], listed: bool, *, typed: bool = False) -> Profile:
    """That of text, an Arrow dictionary array of raw cells with int32 indices.

    `typed`: it is text by its type, so that plain numbers and dates in it are words, and only blanks and `na` missing.
    """
    import pyarrow.compute as pc

    texts, places = column.dictionary, codes(column)
    counts = np.bincount(places[places >= 0] if column.null_count else places, minlength=len(texts))
    trimmed = pc.utf8_trim_whitespace(texts)
    nowhere, digits = np.zeros(len(texts), np.bool_), mask(pc.match_substring_regex(trimmed, "[0-9]"))
    if typed:
        cells = trimmed.to_pylist()
        absent = np.array([text in ("", *na) for text in cells], np.bool_)
        other, dates, booleans = ~absent, nowhere, nowhere
    elif decimal == "." and not na and _are_plain(texts):       # the usual column, at little cost
        return Profile(numbers=int(counts.sum()), levels=_spellings(trimmed, nowhere, decimal) if listed else None)
    else:
        dates = _dates(trimmed) if digits.any() else nowhere
        if not na and dates.all():      # a look at each text would cost more than the rest of reading such a column
            return Profile(dates=int(counts.sum()), levels=_spellings(trimmed, nowhere, decimal) if listed else None,
                           orders=_orders(trimmed))
        values, other, _ = parse_numbers(texts, decimal, na)
        absent, dates = ~other & np.isnan(values), dates & other
        booleans = other & mask(pc.match_substring_regex(trimmed, f"^(?i:{'|'.join(sorted(BOOLEANS))})$"))
    numeral = other & ~dates & digits
    if numeral.any():       # to take a word such as a12 apart costs more than to read it
        numeral &= ~(mask(pc.match_substring_regex(trimmed, _WORD)) & ~mask(pc.match_substring_regex(trimmed, _LEADING)))
    written, bounds, grouped, signed, units, separators = 0, 0, 0, 0, dict[str, int](), set[str]()
    cells = trimmed.to_pylist() if numeral.any() else []
    for at in np.flatnonzero(numeral).tolist():
        found = taken(cells[at], decimal)
        if found is None:
            why = reason(cells[at])
            written += int(counts[at]) if why in NUMERIC else 0
            bounds += int(counts[at]) if why == BOUND else 0
            continue
        separators |= {found.separator} - {""}
        if found.unit:
            units[found.unit] = units.get(found.unit, 0) + int(counts[at])
            signed += 0 if found.measured else int(counts[at])
        else:
            grouped += int(counts[at])

    def weight(cells: Mask) -> int:
        return int(counts[cells].sum())

    measured, date, boolean = sum(units.values()), weight(dates), weight(booleans)
    return Profile(
        weight(~other & ~absent), written, measured, date, boolean,
        weight(other) - written - bounds - measured - grouped - date - boolean, frozenset(units) if len(units) <= UNITS else None,
        _spellings(trimmed, absent, decimal) if listed else None, grouped, frozenset(separators),
        _orders(trimmed) if date else frozenset(), signed, bounds,
    )


# What begins with a letter is no number, but for the code of a currency, or what says that it is none exactly.
_WORD, _LEADING = "^[A-Za-z]", "^(?:[A-Z]{3}[^A-Za-z0-9]|(?i:ca|circa|about|approx|inf|nan))"


def taken(text: str, decimal: str) -> "Writing | None":
    """As taken_apart, which is loaded when a cell asks for it."""
    from mlefit.source.writing import taken_apart

    return taken_apart(text, decimal)


def _orders(trimmed: Any) -> frozenset[str]:
    """What dates among texts (n,) tell of the order of day and month."""
    from mlefit.source.dates import evidence

    return evidence(trimmed)


def _dates(trimmed: Any) -> Mask:
    """Which texts (n,) are dates or times."""
    import pyarrow.compute as pc

    return mask(pc.match_substring_regex(trimmed, f"^{DATE}$"))


def _are_plain(texts: Any) -> bool:
    """Whether all of them are finite numbers as a computer writes them."""
    import pyarrow as pa

    try:
        texts.slice(0, FEW).cast(pa.float64())      # a cast that fails in every cell takes long
        values = floats(texts.cast(pa.float64()))
    except pa.ArrowInvalid:
        return False
    return bool(np.isfinite(values).all())


def _spellings(texts: Any, absent: Mask, decimal: str) -> Levels:
    """The texts that are not `absent` as spelt, None when they are many; None as a word is a level of text."""
    if len(texts) > SEVERAL:
        return None
    cells = zip(texts.to_pylist(), absent.tolist(), strict=True)
    present = (text for text, missing in cells if not missing or text == "None")
    return tuple(dict.fromkeys(spelt(text, False, decimal) for text in present))
