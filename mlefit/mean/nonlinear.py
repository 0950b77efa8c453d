"""The nonlinear mean: eta = g(f(theta; x)) / s_y of a tree f that the user has written, with exact derivatives by jets."""

from dataclasses import field, replace
from typing import NamedTuple, Self

import numpy as np

from mlefit.arrays import Array, block
from mlefit.expression.jets import Jet, jet
from mlefit.expression.tree import Node
from mlefit.mean.bent import Bent
from mlefit.mean.function import MeanFunction
from mlefit.mean.natural import Natural
from mlefit.records import record
from mlefit.rows.chunk import Chunk


class _Found(NamedTuple):
    """The jet of some rows at some point."""

    coef: Array
    chunk: Chunk
    order: int
    jet: Jet


@record(frozen=True, eq=False)
class NonlinearMean(MeanFunction):
    """`node`: the predictor as a tree of `columns`, which stand in that order in the table, and `parameters`.

    `scale` (k,): what the columns of the table are multiplied by; `unit`: what the predictor is divided by. `straight`: second
    derivatives are left out, so that a Hessian is Fisher's or that of Gauss and Newton. `extended`: values are made in extended
    precision, and less what is in the place of an offset before they are rounded (`errors`).
    """

    coordinates: Bent
    node: Node
    columns: tuple[str, ...]
    parameters: tuple[str, ...]
    scale: Array
    unit: float = 1.0
    straight: bool = False
    extended: bool = False
    _last: list[_Found] = field(default_factory=list, init=False)

    @property
    def shared(self) -> bool:
        """There is one predictor."""
        return True

    @property
    def size(self) -> int:
        """p."""
        return len(self.parameters)

    def at(self, coordinates: Bent) -> Self:
        """The same mean in other coordinates."""
        return replace(self, coordinates=coordinates)

    def jet(self, coef: Array, chunk: Chunk, order: int) -> Jet:
        """The predictor of rows with derivatives by theta, as it is in the units of the response."""
        for found in self._last:        # value, Jacobian and bend of the same rows are asked for one after the other
            if found.chunk is chunk and found.order >= order and np.array_equal(found.coef, coef):
                return found.jet
        made = self.curve(self.coordinates.encoded(coef), chunk, order)
        self._last[:] = [_Found(coef.copy(), chunk, order, made)]
        return made

    def curve(self, theta: Array, chunk: Chunk, order: int) -> Jet:
        """As `jet`, at theta (p,) itself."""
        known = {name: float(value) for name, value in zip(self.parameters, theta, strict=True)}
        return jet(self.node, {**self._cells(chunk), **known}, self.parameters, order)

    def _cells(self, chunk: Chunk) -> dict[str, Array]:
        return {name: chunk.x[:, j] * self.scale[j] for j, name in enumerate(self.columns)}

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """The predictor (n, 1)."""
        order = min(self.coordinates.order, 1) if self.straight else self.coordinates.order
        eta = block(chunk.rows, 1)
        if self.extended:
            values = {name: column.astype(np.longdouble) for name, column in self._cells(chunk).items()}
            known = dict(zip(self.parameters, self.coordinates.extended(coef), strict=True))
            assert chunk.offset is not None
            eta[:, 0] = jet(self.node, {**values, **known}, (), 0, np.longdouble).value + chunk.offset
            return eta
        eta[:, 0] = self.jet(coef, chunk, order).value
        eta /= self.unit
        return eta

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        """d eta / d gamma (n, p)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.coordinates.white(columns_of(self.jet(coef, chunk, 1), chunk.rows, self.size) / self.unit)

    def bend(self, coef: Array, chunk: Chunk, d1: Array) -> Array | None:
        """sum_i d1_i d2 eta_i / d gamma2 (p, p)."""
        if self.straight:
            return None
        total, slope = np.zeros((self.size, self.size)), d1[:, 0] / self.unit
        with np.errstate(over="ignore", invalid="ignore"):
            for (i, j), second in self.jet(coef, chunk, 2).hessian.items():
                total[i, j] = total[j, i] = slope @ second if np.ndim(second) else slope.sum() * second
            return self.coordinates.white(self.coordinates.white(total).T)

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        """theta."""
        theta = self.coordinates.encoded(coef)
        return (Natural(theta, 0, self.coordinates.white(np.eye(self.size)), np.ones(self.size)),)

    def moved(self, step: Array) -> Array:
        """What a step (p,) changes in theta (p,)."""
        return np.asarray(self.coordinates.white(np.eye(self.size)) @ step)

    def by_natural(self, gradient: Array) -> Array:
        """Derivatives (p,) by theta from those by coordinates (p,)."""
        return np.asarray(self.coordinates.triangle.T @ gradient)


def errors(chunk: Chunk) -> Chunk:
    """Rows of a located response as rows of its errors: 0 is to be explained, and the response is taken off the predictor."""
    return replace(chunk, y=np.zeros(chunk.rows), offset=-chunk.y)


def columns_of(found: Jet, n: int, p: int) -> Array:
    """The Jacobian (n, p) by theta."""
    columns = block(n, p)
    for j in range(p):
        columns[:, j] = found.gradient.get(j, 0.0)
    return columns
