"""The columns that a richer design would have: squares, splines, products and cells of the predictors that are in the model.

A declared alternative r of the same family bounds KL(p || q) from below by E log(r / q). What the alternative cannot bend to it
cannot see, which is why what was looked at is said with the bound.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.patterns import group

MOST_COLUMNS = 200                                  # of all that are added, predictors of the law counted
KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)             # Harrell's quantiles for five knots
NUMERIC_FROM = 7                                    # distinct values; below, a number is a code
FEW = 0.1                                           # distinct values per row below which rows of one value are a cell
MOST_CELLS, ROWS_IN_CELL = 64, 5                    # cells of a pair, and the rows that a cell has at least
FLAT = 1e-9                                         # of its unit: what is left of a column by rounding


class Block(NamedTuple):
    """A term of the model: its `name`, the `columns` of the design that are its own, and whether they code levels."""

    name: str
    columns: tuple[int, ...]
    coded: bool


class Variable(NamedTuple):
    """A predictor as the looks see it: a number in standard units, `values` (n,) with so many `distinct` ones, or levels,
    `codes` (n,); a number with few distinct values is both. `place` is the design column that it is, or its first.
    """

    name: str
    values: Array | None
    codes: np.ndarray | None
    distinct: int
    place: int


class Look(NamedTuple):
    """Some added columns (n, c) that are tested together, under the words for what they stand for and the variables they need."""

    kind: str
    columns: Array
    names: tuple[str, ...]


def variables(design: Array, offset: Array | None, blocks: Sequence[Block]) -> list[Variable]:
    """The predictors of a design (n, p), of which `blocks` tells what its columns stand for, and the offset."""
    found: list[Variable] = []
    for block in blocks:
        columns = design[:, list(block.columns)]
        if block.coded:
            codes = group(list(columns.T), np.inf)
            if codes is not None and codes.max(initial=0) > 0:
                found.append(Variable(block.name, None, codes, int(codes.max()) + 1, block.columns[0]))
            continue
        found += [one for j, column in zip(block.columns, columns.T, strict=True) if (one := _number(block.name, column, j))]
    if offset is not None:
        one = _number("the offset", offset, -1)
        found += [one] if one else []
    return found


def _number(name: str, column: Array, place: int) -> Variable | None:
    """A column of numbers in standard units; the range first, as squares of 1e300 overflow. None for one that is constant."""
    width = float(np.ptp(column))
    if not width > 0.0:
        return None
    values = (column - column.mean()) / width
    spread = float(values.std())
    if not spread > 0.0:
        return None
    known, codes = np.unique(column, return_inverse=True)
    few = 2 <= known.size < FEW * column.size
    return Variable(name, values / spread, codes if few else None, int(known.size), place)


def natural_spline(values: Array) -> Array:
    """The curved columns (n, knots - 2) of a natural cubic spline, orthonormal but for the root of n, and to 1 and `values`.

        (x - t_j)+^3 - (x - t_(k-1))+^3 (t_k - t_j)/(t_k - t_(k-1)) + (x - t_k)+^3 (t_(k-1) - t_j)/(t_k - t_(k-1))

    (Harrell, Regression Modeling Strategies, 2.4.5.) Knots that coincide count once; with fewer than three, the square.
    """
    knots = np.unique(np.quantile(values, KNOTS))
    if knots.size < 3:
        return curved(values, np.square(values)[:, None])
    beyond = [np.maximum(values - knot, 0.0) for knot in knots]
    cubes = [each * each * each for each in beyond]     # a tenth of the time of ** 3
    width = knots[-1] - knots[-2]
    return curved(values, np.stack([
        cubes[j] - cubes[-2] * ((knots[-1] - knots[j]) / width) + cubes[-1] * ((knots[-2] - knots[j]) / width)
        for j in range(knots.size - 2)
    ], axis=1))


def curved(values: Array, columns: Array) -> Array:
    """What the columns (n, k) have beside a line in `values` (n,), orthogonal with mean squares 1."""
    n = values.size
    line = np.linalg.qr(np.stack([np.ones(n), values], axis=1))[0]
    norm = np.linalg.norm(columns, axis=0)
    columns = columns[:, norm > 0.0] / norm[norm > 0.0]
    for _ in range(2):      # the second pass removes what rounding left of the line
        columns = columns - line @ (line.T @ columns)
    sizes, vectors = np.linalg.eigh(columns.T @ columns)
    kept = sizes > FLAT
    return np.asarray(columns @ (vectors[:, kept] / np.sqrt(sizes[kept])) * np.sqrt(n))


def looks(predictors: Sequence[Variable], most: int) -> list[Look]:
    """What is looked at, with at most `most` columns of each kind: what does not fit is left out from the end."""
    numbers = [one for one in predictors if one.values is not None]
    bent = [one for one in numbers if one.distinct >= NUMERIC_FROM]
    found = [
        _together("squares", most, ((curved(_of(one), np.square(_of(one))[:, None]), (one.name,)) for one in bent)),
        _together("splines", most, ((natural_spline(_of(one)), (one.name,)) for one in bent)),
        _together("products", most, _products(predictors)),
        *_cells(predictors, most),
    ]
    return [look for look in found if look is not None]


def _of(one: Variable) -> Array:
    assert one.values is not None
    return one.values


def _together(kind: str, most: int, parts: Iterator[tuple[Array, tuple[str, ...]]]) -> Look | None:
    """As many of the parts as fit, in their order."""
    columns: list[Array] = []
    names: list[str] = []
    width = 0
    for part, named in parts:
        if width + part.shape[1] > most:
            break
        columns.append(part)
        names += [" x ".join(named)] * part.shape[1]
        width += part.shape[1]
    return Look(kind, np.concatenate([one.T for one in columns]).T, tuple(names)) if width else None


def _products(predictors: Sequence[Variable]) -> Iterator[tuple[Array, tuple[str, ...]]]:
    """Products of two numbers, and of a number with the levels of a factor but the first."""
    for one, other in combinations(predictors, 2):
        if one.values is not None and other.values is not None:
            yield (one.values * other.values)[:, None], (one.name, other.name)
        elif one.values is not None or other.values is not None:
            number, factor = (one, other) if one.values is not None else (other, one)
            assert factor.codes is not None
            if factor.distinct <= MOST_CELLS:
                indicators = factor.codes[:, None] == np.arange(1, factor.distinct)
                yield _of(number)[:, None] * indicators, (one.name, other.name)


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
