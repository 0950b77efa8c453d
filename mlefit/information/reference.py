"""The columns that a richer design would have: squares, splines, products and cells of the predictors that are in the model.

A declared alternative r of the same family bounds KL(p || q) from below by E log(r / q). What the alternative cannot bend to it
cannot see, which is why what was looked at is said with the bound.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution.threads import each
from mlefit.information.arranged import Arranged
from mlefit.information.patterns import group

if TYPE_CHECKING:
    from mlefit.information.everywhere import Whole

MOST_COLUMNS = 200                                  # of all that are added, predictors of the law counted
LOOKED, HELD = 1 << 26, 4_000                       # numbers (540 MB) in the cells that are looked at, and their columns
KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)             # Harrell's quantiles for five knots
NUMERIC_FROM = 7                                    # distinct values; below, a number is a code
FEW = 0.1                                           # distinct values per row below which rows of one value are a cell
MOST_CELLS, ROWS_IN_CELL = 64, 5                    # cells of a pair, and the rows that a cell has at least
TOGETHER = 64                                       # terms that a thread looks at before the next ones
FLAT = 1e-9                                         # of its unit: what is left of a column by rounding


class Block(NamedTuple):
    """A term of the model: its `name`, the `columns` of the design that are its own, and whether they code levels."""

    name: str
    columns: tuple[int, ...]
    coded: bool


class Variable(NamedTuple):
    """A predictor as the looks see it: a number in standard units, `values` (n,) with so many `distinct` ones, or levels,
    `codes` (n,); a number with few distinct values is both. `place` is the design column that it is, or its first. `arranged`:
    the rows by a number.
    """

    name: str
    values: Array | None
    codes: np.ndarray | None
    distinct: int
    place: int
    arranged: Arranged | None = None


class Look(NamedTuple):
    """Some added columns (n, c) that are tested together, under the words for what they stand for and the variables they need.

    `whole`: their test in all rows, where they are more than these n and the sums of all are known.
    """

    kind: str
    columns: Array
    names: tuple[str, ...]
    whole: "Whole | None" = None


def variables(
    design: Array, offset: Array | None, blocks: Sequence[Block], trials: Array | None = None, threads: int = 1
) -> list[Variable]:
    """The predictors of a design (n, p), of which `blocks` tells what its columns stand for, the offset and the trials."""
    runs = [blocks[start : start + TOGETHER] for start in range(0, len(blocks), TOGETHER)]
    found = [one for run in each(lambda run: _variables(design, run), runs, threads) for one in run]
    for name, known in (("the offset", offset), ("the trials", trials)):
        if known is not None and (one := _number(name, known, -1)):
            found.append(one)
    return found


def _variables(design: Array, blocks: Sequence[Block]) -> list[Variable]:
    found: list[Variable] = []
    for block in blocks:
        columns = design[:, list(block.columns)]
        if block.coded:
            codes = group(list(columns.T), np.inf)
            if codes is not None and codes.max(initial=0) > 0:
                found.append(Variable(block.name, None, codes, int(codes.max()) + 1, block.columns[0]))
            continue
        found += [one for j, column in zip(block.columns, columns.T, strict=True) if (one := _number(block.name, column, j))]
    return found


def _number(name: str, column: Array, place: int) -> Variable | None:
    """A column of numbers in standard units; the range first, as squares of 1e300 overflow. None for one that is constant."""
    width = float(np.ptp(column))
    if not width > 0.0:
        return None
    values = (column - float(column.mean())) / width
    spread = float(values.std())
    if not spread > 0.0:
        return None
    arranged = Arranged.of(column)
    distinct = arranged.distinct
    few = 2 <= distinct < FEW * column.size
    return Variable(name, values / spread, arranged.by_row(np.arange(distinct)) if few else None, distinct, place, arranged)


def natural_spline(values: Array) -> Array:
    """What a natural cubic spline with knots at Harrell's quantiles of the values (n,) has beside a line."""
    return _beside_a_line(values, raw(values, np.unique(np.quantile(values, KNOTS))))


def square(values: Array) -> Array:
    """That of the square."""
    return _beside_a_line(values, np.square(values)[:, None])


def raw(values: Array, knots: Array) -> Array:
    """The nonlinear columns (n, knots - 2) of a natural cubic spline, linear beyond the end knots.

        (x - t_j)+^3 - (x - t_(k-1))+^3 (t_k - t_j)/(t_k - t_(k-1)) + (x - t_k)+^3 (t_(k-1) - t_j)/(t_k - t_(k-1))

    (Harrell, Regression Modeling Strategies, 2.4.5.) With fewer than three knots, the square.
    """
    if knots.size < 3:
        return np.square(values)[:, None]
    beyond = [np.maximum(values - knot, 0.0) for knot in knots]
    cubes = [each * each * each for each in beyond]     # a tenth of the time of ** 3
    width = knots[-1] - knots[-2]
    return np.stack([
        cubes[j] - cubes[-2] * ((knots[-1] - knots[j]) / width) + cubes[-1] * ((knots[-2] - knots[j]) / width)
        for j in range(knots.size - 2)
    ], axis=1)


def _beside_a_line(values: Array, columns: Array) -> Array:
    """An orthogonal basis (n, k) with mean squares 1 of columns less their lines in the values (n,)."""
    norm = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(norm > 0.0, norm, 1.0)
    line = values - values.mean()
    rest = scaled - scaled.mean(axis=0)
    rest -= np.multiply.outer(line, line @ rest / (line @ line))
    sizes, vectors = np.linalg.eigh(rest.T @ rest)
    kept = sizes > FLAT
    return np.asarray(rest @ (vectors[:, kept] * np.sqrt(values.size / sizes[kept])))


def looks(predictors: Sequence[Variable], most: int, without: Collection[str] = ()) -> list[Look]:
    """What is looked at, with at most `most` columns of each kind, `without` some: what does not fit is left out from the end.

    In the order of the names, so that the order of the columns of a file does not decide what fits.
    """
    predictors = sorted(predictors, key=lambda one: one.name)
    numbers = [one for one in predictors if one.values is not None]
    bent = [one for one in numbers if one.distinct >= NUMERIC_FROM]
    together = {
        "squares": (_curved(one, square(_of(one))) for one in bent),
        "splines": (_curved(one, natural_spline(_of(one))) for one in bent),
        "products": _products(predictors),
    }
    found = [_together(kind, most, each) for kind, each in together.items() if kind not in without]
    return [look for look in (*found, *_held(_cells(predictors, most))) if look is not None]


def _held(each: Iterator[Look]) -> Iterator[Look]:
    """As many of the looks as have LOOKED numbers and HELD columns: hundreds of columns of zeros and ones are a hundred thousand
    pairs, and the information of all cells is a matrix of their columns."""
    numbers = columns = 0
    for one in each:
        numbers += one.columns.size
        columns += one.columns.shape[1]
        if numbers > LOOKED or columns > HELD:
            return
        yield one


def _curved(one: Variable, columns: Array) -> Look:
    return Look("", columns, (one.name,) * columns.shape[1])


def _of(one: Variable) -> Array:
    assert one.values is not None
    return one.values


def _together(kind: str, most: int, each: Iterator[Look]) -> Look | None:
    """As many of the looks as fit, in their order, as one."""
    found: list[Look] = []
    width = 0
    for one in each:
        if width + one.columns.shape[1] > most:
            break
        found.append(one)
        width += one.columns.shape[1]
    if not width:
        return None
    names = tuple(name for one in found for name in one.names)
    return Look(kind, np.concatenate([one.columns.T for one in found]).T, names)


def _products(predictors: Sequence[Variable]) -> Iterator[Look]:
    """Products of two numbers, and of a number with the levels of a factor but the first."""
    for one, other in combinations(predictors, 2):
        name = (f"{one.name} x {other.name}",)
        if one.values is not None and other.values is not None:
            yield Look("", (one.values * other.values)[:, None], name)
        elif one.values is not None or other.values is not None:
            number, factor = (one, other) if one.values is not None else (other, one)
            assert factor.codes is not None
            if factor.distinct <= MOST_CELLS:
                indicators = factor.codes[:, None] == np.arange(1, factor.distinct)
                yield Look("", _of(number)[:, None] * indicators, name * (factor.distinct - 1))


def _cells(predictors: Sequence[Variable], most: int) -> Iterator[Look]:
    """Rows of one value of a number, and of one pair of levels, as cells."""
    coded = [one for one in predictors if one.codes is not None]
    for one in coded:
        if one.values is not None and one.distinct > 2:
            yield from _indicators("cells", _merged(one), (one.name,), most)
    for one, other in combinations(coded, 2):
        if one.distinct * other.distinct <= MOST_CELLS and max(one.distinct, other.distinct) > 1:
            assert one.codes is not None
            assert other.codes is not None
            yield from _indicators("cells", one.codes * other.distinct + other.codes, (one.name, other.name), most)


def _merged(one: Variable) -> np.ndarray:
    """The codes of a number, neighbours together where there are more than MOST_CELLS / 2 of them."""
    assert one.codes is not None
    if one.distinct <= MOST_CELLS // 2:
        return one.codes
    rank = np.cumsum(np.bincount(one.codes)) - 1        # of the last row of each code, in order
    return np.asarray((rank * (MOST_CELLS // 2) // one.codes.size)[one.codes])


def _indicators(kind: str, cell: np.ndarray, names: tuple[str, ...], most: int) -> Iterator[Look]:
    """Cells with enough rows, as columns of ones; the fitted design takes what it has of them."""
    counts = np.bincount(cell)
    full = np.flatnonzero(counts >= ROWS_IN_CELL)
    if 2 < full.size <= most:
        yield Look(kind, (cell[:, None] == full).astype(np.float64), (" x ".join(names),) * full.size)
