"""The mean of a curve on rows of the data, and whether it is a number in each of them where a search begins."""


import numpy as np

from mlefit.arrays import Array
from mlefit.design.curve import Curve
from mlefit.errors import DataError
from mlefit.execution import Engine
from mlefit.expression.jets import jet
from mlefit.expression.text import text_of
from mlefit.expression.tree import Column, Node, Operation, substituted
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.numerals import numeral
from mlefit.problem.prepare import Prepared
from mlefit.records import record
from mlefit.rows.chunk import Chunk

ROOT = "(root of the weight)"       # a column that no file and no expression names


def curve_mean(curve: Curve, node: Node, prepared: Prepared) -> NonlinearMean:
    """The mean of a tree over the columns of the curve as they stand in the rows: where their variance is divided by weights, these
    are times the root of the weight, and so is the mean."""
    size, columns = len(curve.parameters), curve.columns
    if prepared.observed.precision:
        root = Column(ROOT)
        node = Operation("*", (root, substituted(node, {name: Operation("/", (Column(name), root)) for name in columns})))
        columns = (*columns, ROOT)
    return NonlinearMean(Bent(np.eye(size), np.zeros(size)), 1, node, columns, curve.parameters, prepared.scaling.scale)


def check_start(
    mean: NonlinearMean, node: Node, theta: Array, rows: Engine, where: str = "at the start",
    remedy: str = "give other values with --start, or drop the row",
) -> None:
    """Raises DataError where the predictor `node` is no number at a point, with the row and the part of the expression."""
    bad = bad_row(mean, theta, rows)
    if bad is None:
        return
    values, listed, columns, row = _cells(mean, theta, bad)
    part, value = _culprit(node, values)
    raise DataError(f"--mean, row {row} of those used: {text_of(part)} is {value:g} {where} ({listed})", remedy,
                    code="not-finite", columns=columns, rows=[row])


def check_slopes(mean: NonlinearMean, node: Node, theta: Array, rows: Engine) -> None:
    """Raises DataError where the predictor `node` has no derivatives at the start, although it has a value."""
    bad = bad_row(mean, theta, rows, slopes=True)
    if bad is None:
        return
    values, listed, columns, row = _cells(mean, theta, bad)
    part, name = _steep(node, values, mean.parameters)
    raise DataError(f"--mean, row {row} of those used: {text_of(part)} has no derivative by {name} at the start ({listed})",
                    f"drop the row, or write a mean that is smooth in {name} there", code="not-finite", columns=columns, rows=[row])


def bad_row(mean: NonlinearMean, theta: Array, rows: Engine, *, slopes: bool = False) -> tuple[int, Array] | None:
    """The first row, from 0 on, where the predictor at theta or its derivatives are no numbers, with its cells."""
    def of(chunk: Chunk) -> "_Bad":
        found = mean.curve(theta, chunk, int(slopes))
        good = np.broadcast_to(np.isfinite(found.value), (chunk.rows,))
        for slope in found.gradient.values():
            good = good & np.isfinite(slope)
        bad = np.flatnonzero(~good)
        return _Bad(None if not bad.size else (chunk.first_row + int(bad[0]), chunk.x[bad[0]] * mean.scale))

    return rows.sum(of).first


def _cells(mean: NonlinearMean, theta: Array, bad: tuple[int, Array]) -> tuple[dict[str, Array | float], str, tuple[str, ...], int]:
    """The names of a row with their values, these as text, its columns, and its number from 1 on."""
    row, cells = bad
    known = dict(zip(mean.columns, map(float, cells), strict=True))
    root = known.pop(ROOT, 1.0)
    values: dict[str, Array | float] = {name: value / root for name, value in known.items()}
    values |= dict(zip(mean.parameters, map(float, theta), strict=True))
    listed = ", ".join(f"{name} = {numeral(float(values[name]))}" for name in (*known, *mean.parameters))
    return values, listed, tuple(known), row + 1


def _steep(node: Node, values: dict[str, Array | float], parameters: tuple[str, ...]) -> tuple[Node, str]:
    """The innermost part without a derivative although its arguments have theirs, and the parameter."""
    if isinstance(node, Operation):
        for part in node.arguments:
            if not all(np.isfinite(slope) for slope in jet(part, values, parameters, 1).gradient.values()):
                return _steep(part, values, parameters)
    slopes = jet(node, values, parameters, 1).gradient
    return node, parameters[next(j for j, slope in slopes.items() if not np.isfinite(slope))]


def _culprit(node: Node, values: dict[str, Array | float]) -> tuple[Node, float]:
    """The innermost part that is no number although its arguments are."""
    if isinstance(node, Operation):
        for part in node.arguments:
            if not np.isfinite(jet(part, values, (), 0).value):
                return _culprit(part, values)
    return node, float(jet(node, values, (), 0).value)


@record(frozen=True)
class _Bad:
    """The first row without a predictor, with its cells."""

    first: tuple[int, Array] | None

    def __add__(self, other: "_Bad") -> "_Bad":
        return self if self.first is not None else other
