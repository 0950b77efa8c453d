"""Expression: one design column, a column of numbers as it is or arithmetic on columns."""


import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.terms import Factor
from mlefit.expression.tree import Column, Node, columns_of, evaluate
from mlefit.records import record
from mlefit.source.batch import Batch


@record(frozen=True)
class Expression(Factor):
    """One design column: a column as it is, or arithmetic on columns under the name `label`."""

    label: str
    node: Node

    @property
    def text(self) -> str:
        """What the user typed, blanks removed."""
        return self.label

    @property
    def numbers(self) -> frozenset[str]:
        """The columns in it."""
        return columns_of(self.node)

    @property
    def plain(self) -> str | None:
        """The column, when there is no arithmetic."""
        return self.node.name if isinstance(self.node, Column) else None

    def labels(self) -> tuple[str, ...]:
        """The label."""
        return (self.label,)

    def values(self, batch: Batch) -> Array:
        """The values (rows,)."""
        values = evaluate(self.node, batch.numbers)
        return np.asarray(values, dtype=np.float64)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The values (rows, 1)."""
        return self.values(batch)[:, np.newaxis]
