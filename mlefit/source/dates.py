"""Dates as days since 1970, by the order of day and month that the whole column tells."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.source.arrow import mask

EPOCH = datetime(1970, 1, 1)
DAY = timedelta(days=1)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CENTURY = 69            # two digits from here on are of the last century, as POSIX has it
_NUMBERED = r"^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
_HIGH = "(?:1[3-9]|2[0-9]|3[01])"
_EVIDENCE = (           # what tells, by its regular expression
    ("day", rf"^(?:{_HIGH}[-/][0-9]{{1,2}}[-/]|[0-9]{{1,2}}[.][0-9]{{1,2}}[.])"),      # dates with points begin with the day
    ("month", rf"^[0-9]{{1,2}}[-/]{_HIGH}[-/]"),
)
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?)?$"


def evidence(trimmed: Any) -> frozenset[str]:
    """What texts (n,) of an Arrow array tell of the order of their dates: `day` first, `month` first, or `either`."""
    import pyarrow.compute as pc

    numbered = trimmed.filter(pc.match_substring_regex(trimmed, _NUMBERED))
    if not len(numbered):
        return frozenset()
    found = {name for name, form in _EVIDENCE if mask(pc.match_substring_regex(numbered, form)).any()}
    return frozenset(found or {"either"})


def order(told: Collection[str]) -> str:
    """`dmy` or `mdy`, empty where nothing tells, or one cell this and another one that."""
    return "dmy" if set(told) == {"day"} else "mdy" if set(told) == {"month"} else ""


def days(texts: Any, missing: str, order_: str) -> tuple[Array, Mask, Mask]:
    """Cells (n,) of an Arrow string array as days since 1970, in UTC where they have an offset, NaN where one is missing.

    `missing`: the regular expression of a missing cell. Returns the days, which cells are no dates, and which of these are
    dates but for the order of day and month.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts)
    values = np.full(len(texts), np.nan)
    plain = mask(pc.match_substring_regex(trimmed, _ISO))
    try:
        stamps = pc.cast(trimmed.filter(pc.match_substring_regex(trimmed, _ISO)), pa.timestamp("us"))
        counts = np.frombuffer(stamps.buffers()[1], np.int64, len(stamps), stamps.offset * 8) if len(stamps) else np.empty(0)
        values[plain] = counts / 86_400e6
    except pa.ArrowInvalid:     # such as February 30
        plain[:] = False
    absent = mask(pc.match_substring_regex(trimmed, missing))
    bad, open_ = np.zeros(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
    for at in np.flatnonzero(~plain & ~absent).tolist():
        text = trimmed[at].as_py()
        found = day(text, order_)
        if found is None:
            bad[at], open_[at] = True, not order_ and day(text, "dmy") is not None
        else:
            values[at] = found
    return values, bad, open_


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    clock = (r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<F>\d+))?)?\s*(?P<half>[aApP][mM])?"
             r"\s*(?P<zone>[zZ]|[+-]\d{2}:?\d{2})?)?")
    return tuple(re.compile(form + clock) for form in (
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})", r"(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<y>\d{4}|\d{2})",
        r"(?P<y>\d{4})-(?P<m>\d{2})", r"(?P<d>\d{1,2})[- ](?P<name>[A-Za-z]{3})[A-Za-z]*[- ,]+(?P<y>\d{4}|\d{2})",
        r"(?P<name>[A-Za-z]{3})[A-Za-z]* (?P<d>\d{1,2}),? (?P<y>\d{4})", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    ))


def day(text: str, order_: str) -> float | None:
    """One date as days since 1970, None where it is none or its order is not told."""
    found = next((match for form in _forms() if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month, number = parts.get("m"), parts.get("d") or "1"
    if "first" in parts:
        if not order_:
            return None
        number, month = (parts["first"], parts["second"])[:: 1 if order_ == "dmy" else -1]
    if "name" in parts:
        name = str(parts["name"]).lower()
        month = str(MONTHS.index(name) + 1) if name in MONTHS else "0"
    try:
        date = datetime(_year(str(parts["y"])), int(month or 1), int(number)) + _clock(parts)
    except (ValueError, OverflowError):
        return None
    return (date - EPOCH) / DAY


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= CENTURY else 2000)


def _clock(parts: dict[str, str | None]) -> timedelta:
    """The time of day, less the offset from UTC. Raises ValueError for a time that there is not."""
    hour, minute, second = (int(parts[name] or 0) for name in "HMS")
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(hour)
    time = timedelta(hours=hour, minutes=minute, seconds=second + (float(f"0.{parts['F']}") if parts["F"] else 0.0))
    zone = parts["zone"]
    if not zone or zone in "zZ":
        return time
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return time - offset if zone[0] == "+" else time + offset
