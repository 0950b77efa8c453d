"""Zero width: whether a scale that depends on predictors can run to 0, where the likelihood has no bound.

The log scale z'g may fall without end along d where the mean fits all rows with z'd < 0 exactly and sum z'd < 0. That is asked of
each factor of the scale alone, one level against the others, and of each number alone, with its largest or its smallest values
against the next. As many rows as the mean has coefficients can be fitted exactly; more, if the response happens to be so. Of what
is not found so, a search that fails says by its smallest scale where it was heading.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.levels import Levels
from mlefit.errors import NoEstimateError
from mlefit.execution import Engine
from mlefit.mean import LinearMean
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import unknown_parameters
from mlefit.rows.chunk import Chunk, choose, join

EACH, MORE = 4, 50      # a level is looked at if it has at most EACH rows for every coefficient of the mean and MORE besides
EXACT = 64.0 * float(np.finfo(float).eps)
NARROW = 1e-6           # of the scale in the middle: where a search that fails has a smaller one, that is why


class Factor(NamedTuple):
    """A factor of the scale: its columns, what stands for 1 in each, names by code, 0 for the baseline; None: not to be asked."""

    places: tuple[int, ...]
    ones: Array
    names: tuple[str | None, ...]

    def codes(self, chunk: Chunk) -> Index:
        """The level (n,) of each row."""
        there = chunk.x[:, self.places] == self.ones
        return np.where(there.any(axis=1), there.argmax(axis=1) + 1, 0)


class Rows(NamedTuple):
    """Rows by code, in the order of the data."""

    rows: dict[int, tuple[Chunk, ...]]

    def __add__(self, other: "Rows") -> "Rows":  # type: ignore[override]
        return Rows({code: self.rows.get(code, ()) + other.rows.get(code, ()) for code in {**self.rows, **other.rows}})


class End(NamedTuple):
    """An end of a column: its largest values, or with `sign` -1 its smallest. `log`: scale and centre of the numbers of the file,
    where it is their logarithm that is asked about."""

    column: int
    sign: float
    log: tuple[float, float] | None = None

    def of(self, chunk: Chunk) -> Array:
        """The values (n,), the end of them at the top."""
        x = chunk.x[:, self.column]
        return self.sign * (x if self.log is None else np.log(x * self.log[0] + self.log[1]))


class Ends(NamedTuple):
    """The rows with the `most` values nearest to an end, and the weighted sums of 1 and of all values."""

    end: End
    most: int
    rows: Chunk
    weight: float
    total: float

    @classmethod
    def of(cls, chunk: Chunk, end: End, most: int) -> "Ends":
        """Those of a chunk."""
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        return cls(end, most, chunk, float(weight.sum()), float(weight @ end.of(chunk)))._cut()

    def _cut(self) -> "Ends":
        order = np.argsort(-self.end.of(self.rows), kind="stable")[: self.most]
        return self._replace(rows=choose(self.rows, np.sort(order)))

    def __add__(self, other: "Ends") -> "Ends":  # type: ignore[override]
        both = self._replace(rows=join([self.rows, other.rows]), weight=self.weight + other.weight, total=self.total + other.total)
        return both._cut()


class Least(NamedTuple):
    """The least log scale, and its row, counted over those used."""

    value: float
    row: int

    def __add__(self, other: "Least") -> "Least":  # type: ignore[override]
        return self if self.value <= other.value else other


def check_widths(problem: Problem, rows: Engine) -> None:
    """Raises NoEstimateError where the scale can run to 0 in a level of a factor, or at an end of a number."""
    noise, k = problem.prepared.noise, len(problem.shape.kept)
    if noise.collapse is None or noise.place(np.full(1, 0.5)) is None:
        return
    for factor in _factors(problem):
        size = len(factor.names)
        counts = rows.sum(lambda chunk, of=factor, size=size: np.bincount(of.codes(chunk), minlength=size))    # type: ignore[misc]
        small = np.flatnonzero((counts > 0) & (counts <= EACH * k + MORE)).tolist()
        few = [code for code in small if factor.names[code] is not None]
        picked = rows.sum(lambda chunk, of=factor, few=few: _picked(of, chunk, few)).rows if few else {}      # type: ignore[misc]
        for code, parts in picked.items():
            if _exact(problem, join(parts)):
                name = str(factor.names[code])
                column = name.partition("=")[0]
                raise _refusal(problem, name, int(counts[code]),
                               f"merge the level with another, drop its rows, or leave {column} out of the scale", column)
    for place in _numbers(problem) if noise.located else ():
        for sign, which in ((1.0, "largest"), (-1.0, "smallest")):
            beyond = _exact_beyond(problem, rows, End(place, sign))
            if beyond is not None:
                label = problem.labels[place]
                helps = [f"leave {label} out of the scale", "drop the row" if beyond.rows == 1 else "drop these rows"]
                helps += ["use the logarithm of the column"] if _held_by_logarithm(problem, rows, place) else []
                raise _refusal(problem, f"the {which} of {label}", beyond.rows,
                               ", ".join(helps[:-1]) + ("," if len(helps) > 2 else "") + f" or {helps[-1]}", label)


def _held_by_logarithm(problem: Problem, rows: Engine, place: int) -> bool:
    """Whether the logarithm of a number has no end at which the scale can run to 0."""
    scale, centre = float(problem.prepared.scaling.scale[place]), float(problem.prepared.scaling.centre[place])
    if float(problem.prepared.moments.low[place]) * scale + centre <= 0.0 or problem.labels[place] not in problem.source.names:
        return False
    return not any(_exact_beyond(problem, rows, End(place, sign, (scale, centre))) for sign in (1.0, -1.0))


def _exact_beyond(problem: Problem, rows: Engine, end: End) -> Chunk | None:
    """The rows at an end that the mean fits exactly while the scale runs to 0 there; None where it cannot."""
    beyond = _beyond(rows.sum(lambda chunk: Ends.of(chunk, end, len(problem.shape.kept) + 1)))
    return beyond if beyond is not None and _exact(problem, beyond) else None


def _beyond(ends: Ends) -> Chunk | None:
    """The rows with z'd < 0 for d at the next value, if sum z'd < 0 with so few of them."""
    x = ends.end.of(ends.rows)
    for next_value in np.unique(x)[:-1][::-1].tolist():
        if ends.total / ends.weight > next_value:
            return choose(ends.rows, np.flatnonzero(x > next_value))
    return None


def _sides(problem: Problem) -> Iterator[tuple[Levels | None, tuple[int, ...], bool]]:
    """Each term of the scale whose columns are kept: its factor, if it is one of levels alone, its columns, the constant."""
    which = next(problem.side(k) for k, predictor in enumerate(problem.prepared.noise.predictors) if predictor.kind == "scale")
    side, aliased = problem.prepared.predictors.sides[which], problem.shapes[which].aliased
    for term, places in side.by_term():
        factor = term.factors[0]
        if places and not any(j in aliased for j in places):
            yield factor if len(term.factors) == 1 and isinstance(factor, Levels) else None, places, side.intercept


def _factors(problem: Problem) -> Iterator[Factor]:
    """The factors that stand alone in the scale."""
    moments, labels = problem.prepared.moments, problem.labels
    for factor, places, intercept in _sides(problem):
        if factor is not None:
            alone = f"{factor.column}={factor.baseline}" if factor.baseline is not None and intercept else None
            yield Factor(places, moments.high[list(places)], (alone, *(labels[j] for j in places)))


def _numbers(problem: Problem) -> Iterator[int]:
    """Other columns of a scale with a constant."""
    for factor, places, intercept in _sides(problem):
        yield from places if factor is None and intercept else ()


def _picked(factor: Factor, chunk: Chunk, few: list[int]) -> Rows:
    codes = factor.codes(chunk)
    places = {code: np.flatnonzero(codes == code) for code in few}
    return Rows({code: (choose(chunk, rows),) if rows.size else () for code, rows in places.items()})


def _exact(problem: Problem, rows: Chunk) -> bool:
    """Whether some coefficients of the mean fit all these rows but for rounding."""
    x, y = rows.x[:, problem.shape.kept], problem.prepared.noise.place(rows.y)
    assert y is not None
    if rows.offset is not None:
        y = y - rows.offset
    b = np.linalg.lstsq(x, y)[0]
    size = np.abs(x) @ np.abs(b) + np.abs(y) + (problem.prepared.moments.y_magnitude if problem.prepared.noise.located else 1.0)
    return bool((np.abs(y - x @ b) <= EXACT * np.sqrt(y.size) * size).all())


def _refusal(problem: Problem, name: str, count: int, remedy: str, column: str) -> NoEstimateError:
    rows = "its one row" if count == 1 else f"all its {count} rows"
    return NoEstimateError(
        f"{name}: the mean can fit {rows} exactly, so {problem.prepared.noise.collapse} there and the likelihood is unbounded",
        remedy, code="zero-width", columns=(column,), partial=problem.report(unknown_parameters(problem)))


def narrowed(problem: Problem, mean: LinearMean, theta: Array, rows: Engine) -> NoEstimateError | None:
    """The refusal of a search that failed because the scale of some row ran to 0; None where it did not."""
    noise, coef, sample = problem.prepared.noise, theta[: mean.size], problem.prepared.sample
    if noise.collapse is None or noise.place(np.full(1, 0.5)) is None or not np.isfinite(theta).all():
        return None
    k = next(k for k, predictor in enumerate(noise.predictors) if predictor.kind == "scale")
    sign = -1.0 if noise.predictors[k].inverse else 1.0

    def least(chunk: Chunk) -> Least:
        eta = mean.eta(coef, chunk)
        row = int(np.argmin(sign * eta[:, k]))
        return Least(float(sign * eta[row, k]), chunk.first_row + row)

    found = rows.sum(least)
    narrow = found.value - sign * float(np.median(mean.eta(coef, sample)[:, k]))
    if not narrow < np.log(NARROW):
        return None
    name = noise.predictors[k].name.removeprefix("log ")
    return NoEstimateError(
        f"{name} {'runs off' if sign < 0.0 else 'all but vanishes'}: at row {found.row + 1} of those used it is "
        f"{np.exp(sign * narrow):.1g} {'times' if sign < 0.0 else 'of'} what it is in the middle, "
        "beside the rounding of the mean too small for a maximum to be told from none",
        "use fewer predictors of the scale, or drop the row", code="zero-width", rows=(found.row + 1,),
        partial=problem.report(unknown_parameters(problem)))
