"""Tangent: a curve near one of its points as a linear predictor, with a column for each parameter and the rest as an offset.

    f(theta; x)  =  sum_j (df/dtheta_j) theta_j  +  rest(x)      at theta = that point, exactly

Near an optimum this is the model as far as first derivatives go: leverages, scores and Fisher's information are those of the
curve (Bates and Watts 1988, Nonlinear Regression Analysis, chapter 2), and the prediction for new rows is the curve itself.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from mlefit.arrays import Array, Mask, block
from mlefit.design.predictors import Predictors
from mlefit.design.terms import Factor, Offset, Term
from mlefit.expression.jets import jet
from mlefit.expression.tree import Node, columns_of
from mlefit.records import record
from mlefit.source.batch import Batch


@record(frozen=True)
class Plane:
    """The predictor `node` with its `parameters` at `theta`. `text`: what the user has written. `extents`: each column with its
    least and largest value. `held`: parameters at a bound, which have no column."""

    text: str
    node: Node
    parameters: tuple[str, ...]
    theta: tuple[float, ...]
    extents: tuple[tuple[str, float, float], ...] = ()
    held: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it is made of."""
        return columns_of(self.node) - frozenset(self.parameters)

    @property
    def free(self) -> tuple[str, ...]:
        """The parameters that have a column."""
        return tuple(name for name in self.parameters if name not in self.held)

    def slope(self, numbers: Mapping[str, Array], rows: int, name: str) -> Array:
        """d node / d name (rows,)."""
        out = np.empty(rows)
        out[:] = jet(self.node, self._values(numbers), (name,), 1).gradient.get(0, 0.0)
        return out

    def rest(self, numbers: Mapping[str, Array], rows: int) -> Array:
        """node - sum_j theta_j d node / d theta_j (rows,)."""
        found = jet(self.node, self._values(numbers), self.free, 1)
        theta = dict(zip(self.parameters, self.theta, strict=True))
        out = np.empty(rows)
        out[:] = found.value
        with np.errstate(all="ignore"):
            for j, slope in found.gradient.items():
                out -= slope * theta[self.free[j]]
        return out

    def outside(self, numbers: Mapping[str, Array]) -> Iterator[tuple[str, Mask]]:
        """By column, the rows (rows,) with a value beyond those met."""
        for name, low, high in self.extents:
            yield name, (numbers[name] < low) | (numbers[name] > high)

    def _values(self, numbers: Mapping[str, Array]) -> dict[str, Array | float]:
        columns: dict[str, Array | float] = {name: numbers[name] for name in self.columns}
        return columns | dict(zip(self.parameters, self.theta, strict=True))

    def predictors(self) -> Predictors:
        """The linear predictor."""
        return Predictors(tuple(Term((Slope(self, name),)) for name in self.free), intercept=False, offset=Offset(Rest(self)))


@record(frozen=True)
class Slope(Factor):
    """The column of one parameter."""

    plane: Plane
    name: str

    @property
    def text(self) -> str:
        """The parameter."""
        return self.name

    @property
    def numbers(self) -> frozenset[str]:
        """The columns of the curve."""
        return self.plane.columns

    def labels(self) -> tuple[str, ...]:
        """The parameter."""
        return (self.name,)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The derivative (rows, 1)."""
        out = block(batch.rows, 1)
        out[:, 0] = self.plane.slope(batch.numbers, batch.rows, self.name)
        return out


@record(frozen=True)
class Rest(Factor):
    """What the columns leave of the curve."""

    plane: Plane

    @property
    def text(self) -> str:
        """The curve."""
        return self.plane.text

    @property
    def numbers(self) -> frozenset[str]:
        """The columns of the curve."""
        return self.plane.columns

    def labels(self) -> tuple[str, ...]:
        """It has no name of its own."""
        return (self.plane.text,)

    def evaluate(self, batch: Batch, keep: Mask | None = None) -> Array:
        """The rest (rows, 1)."""
        out = block(batch.rows, 1)
        out[:, 0] = self.plane.rest(batch.numbers, batch.rows)
        return out
