"""Far values: a few values of a column that lie so far beyond all others that they alone decide what the column is worth.

A code that stands for a missing value (-999), rows in another unit, a slip of the keyboard. There is a warning where a group of at
most SHARE of the rows is apart from the rest by

    FACTOR ranges of the rest;  CODE ranges of it, where the values of the group are one number, at least twice
    one range, of up to half the rows, where that number is written as codes are: 9, 99, 999, 888, -9, ...

one side after the other, as long as there is such a group. Looked at are predictors that are columns as they are, and a numeric
response: in all rows, or in the sample and at the ends of all rows.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.escapes import shown
from mlefit.execution import Engine
from mlefit.numerals import numeral
from mlefit.problem.problem import Problem
from mlefit.report.information import FAR, RIGHT, Information
from mlefit.report.report import Warn

WARNING = "far-values"
NUMBERS = 1 << 21   # of responses and designs, up to which all rows are looked at
SHARE = 0.1         # of the rows
FACTOR = 5.0        # ranges of the rest
CODE = 3.0
REST = 10           # rows that are in no group, with at least DISTINCT values
DISTINCT = 5
CODES = re.compile(r"-?(?:9+|88+|77+)")
HALF = 0.5          # of the rows, which such a number may fill
COLUMNS = 3         # that are told, with as many groups of each
NEAR = 0.34         # of the largest distance from the middle: within it lies all but a group, if there is one


class Place(NamedTuple):
    """A column: its name, its values (n,), `ends` of all rows beyond them, and what makes those of the file of them."""

    name: str
    values: Array
    ends: tuple[float, ...]
    scale: float
    centre: float

    def written(self, value: float) -> float:
        """A value as it is in the file, but for rounding."""
        return value * self.scale + self.centre


class Group(NamedTuple):
    """Values (k,) in order, and the least and the largest of the rest."""

    values: Array
    low: float
    high: float

    @property
    def gap(self) -> float:
        """Between the group and the rest: below 0 where it lies below."""
        return float(self.values[0] - self.high if self.values[0] > self.high else self.values[-1] - self.low)


def far_values(problem: Problem, rows: Engine | None) -> tuple[Warn, ...]:
    """The warnings, by column. `rows`: all rows, None where they are not kept."""
    if problem.prepared.observed.precision:      # rows are divided by their errors
        return ()
    few = rows is not None and rows.store.rows * (1 + len(problem.labels)) <= NUMBERS
    found = []
    for place in _places(problem, rows if few else None):
        values = np.append(place.values, place.ends)
        groups = list(_coded(place, values))
        for group in groups:
            values = values[(values >= group.low) & (values <= group.high)]
        if _apart(values):
            groups += _groups(np.sort(values))
        if groups := groups[:COLUMNS]:
            found.append(Warn(WARNING, "; ".join(_told(place, group, whole=few) for group in groups), (place.name,)))
    return tuple(found[:COLUMNS])


def seen_first(known: Information, warnings: tuple[Warn, ...]) -> Information:
    """With far values as what is to be looked at before the next step of a misfit: they may be all of it."""
    names = [shown(name) for warning in warnings if warning.code == WARNING for name in warning.columns]
    if not names or not known.kl.advice:
        return known
    other, *rest = known.kl.advice
    step = f"{FAR} of {' and '.join(names)} first, of which the warning speaks{RIGHT}{other}"
    return known._replace(kl=known.kl._replace(advice=(step, *rest)))


def _places(problem: Problem, rows: Engine | None) -> Iterator[Place]:
    """The predictors that are columns of numbers, and the response if it is one."""
    prepared, observed = problem.prepared, problem.prepared.observed
    scaling, moments, predictors = prepared.scaling, prepared.moments, prepared.predictors
    chunk = prepared.sample if rows is None else rows.store.whole()
    for term, (at, *_) in predictors.placed[: len(predictors.columned)] if prepared.roles.curve is None else ():
        if term.plain is not None:
            yield _place(term.plain, chunk.x[:, at], moments.low[at], moments.high[at], scaling.scale[at], scaling.centre[at])
    if not observed.reads_levels and observed.transform is None and observed.trials is None:
        yield _place(observed.target, chunk.y, moments.low[-1], moments.high[-1], scaling.y_scale, scaling.y_centre)


def _place(name: str, values: Array, low: float, high: float, scale: float, centre: float) -> Place:
    ends = tuple(float(end) for end, inner in ((low, values.min()), (high, values.max())) if end != inner)
    return Place(name, values, ends, float(scale), float(centre))


def _coded(place: Place, values: Array) -> Iterator[Group]:
    """The groups of a number that is written as codes are."""
    for end, sign in ((float(values.max()), 1.0), (float(values.min()), -1.0)):
        if CODES.fullmatch(numeral(round(place.written(end), 6))):
            rest = values[values != end]
            count = values.size - rest.size
            if 2 <= count <= HALF * values.size and rest.size >= REST:
                low, high = float(rest.min()), float(rest.max())
                if low < high and (end - high if sign > 0.0 else low - end) > high - low:
                    yield Group(np.full(count, end), low, high)


def _apart(values: Array) -> bool:
    """Whether at most SHARE of the values are far from the middle, seen from the farthest; else there is no group."""
    middle = float(np.partition(values, values.size // 2)[values.size // 2])
    away = np.abs(values - middle)
    return bool(values.size > REST and away.max() > 0.0 and np.count_nonzero(away > NEAR * away.max()) <= SHARE * values.size)


def _groups(values: Array) -> list[Group]:
    """Those of values (n,) in order, the one that is farthest apart first."""
    found: list[Group] = []
    most = int(SHARE * values.size)
    while best := max((group for upper in (True, False) for group in _side(values, most, upper=upper)),
                      key=lambda group: abs(group.gap), default=None):
        found.append(best)
        most -= best.values.size
        values = values[(values >= best.low) & (values <= best.high)]
    return found


def _side(values: Array, most: int, *, upper: bool) -> Iterator[Group]:
    """The group of one side, beyond the widest gap that leaves at most `most` values on it."""
    v = values if upper else -values[::-1]
    last = v.size - most - 1
    if most < 1 or last < REST - 1:
        return
    cut = last + 1 + int(np.argmax(np.diff(v[last:])))
    rest, far = v[:cut], v[cut:]
    wanted = CODE if far.size > 1 and far[0] == far[-1] else FACTOR
    if far[0] - rest[-1] > wanted * (rest[-1] - rest[0]) and np.unique(rest[:: max(1, rest.size // 1000)]).size >= DISTINCT:
        yield Group(far, float(rest[0]), float(rest[-1])) if upper else Group(-far[::-1], -float(rest[-1]), -float(rest[0]))


def _told(place: Place, group: Group, *, whole: bool) -> str:
    """The sentence on a group, with what helps."""
    name, n = shown(place.name), place.values.size
    least, largest = (place.written(float(group.values[at])) for at in (0, -1))
    rest = f"{place.written(group.low):.6g} to {place.written(group.high):.6g}"
    value, above = largest if group.gap > 0.0 else least, group.gap > 0.0
    if not whole:
        return (f"{name} goes {'up' if above else 'down'} to {value:.6g}, far beyond the other values of a random sample of {n:,} "
                f"rows ({rest}): correct such values, or drop their rows")
    if group.values.size == 1:
        row = int(np.flatnonzero(place.values == group.values[0])[0]) + 1
        return (f"row {row:,} of those used has {name} = {value:.6g}, far beyond all others ({rest}): correct the value, or drop "
                "the row, if it is wrong")
    if least == largest:
        code = f"--na {numeral(value)} makes it one, in every column" if value.is_integer() else "drop these rows"
        return (f"{group.values.size:,} of {n:,} rows have {name} = {value:.6g}, far beyond all others ({rest}): if it stands for "
                f"a missing value, {code}")
    return (f"{group.values.size:,} of {n:,} rows have {name} from {least:.6g} to {largest:.6g}, far beyond all others ({rest}): "
            "another unit? correct the values, or drop the rows, if they are wrong")
