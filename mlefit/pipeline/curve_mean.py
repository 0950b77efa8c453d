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
    def of(chunk: Chunk) -> "_Bad":
        values = np.broadcast_to(mean.curve(theta, chunk, 0).value, (chunk.rows,))
        bad = np.flatnonzero(~np.isfinite(values))
        return _Bad(None if not bad.size else (chunk.first_row + int(bad[0]), chunk.x[bad[0]] * mean.scale))

    first = rows.sum(of).first
    if first is None:
        return
    row, cells = first
    known = dict(zip(mean.columns, map(float, cells), strict=True))
    root = known.pop(ROOT, 1.0)
    names = (*known, *mean.parameters)
    values: dict[str, Array | float] = {name: value / root for name, value in known.items()}
    values |= dict(zip(mean.parameters, map(float, theta), strict=True))
    part, value = _culprit(node, values)
    listed = ", ".join(f"{name} = {numeral(float(values[name]))}" for name in names)
    raise DataError(f"--mean, row {row + 1} of those used: {text_of(part)} is {value:g} {where} ({listed})", remedy,
                    code="not-finite", columns=tuple(known), rows=[row + 1])


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
