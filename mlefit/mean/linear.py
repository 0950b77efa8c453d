"""The linear mean: eta = x B + offset, every predictor of a row with the same columns x."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, product
from mlefit.mean.function import MeanFunction
from mlefit.mean.natural import Natural, Units
from mlefit.rows.chunk import Chunk


@dataclass(frozen=True, eq=False)
class LinearMean(MeanFunction):
    """Coordinates are gamma (m r,), predictor after predictor. `units`: how columns and response are encoded, None for not."""

    units: Units | None = None
    shared: ClassVar[bool] = True

    @property
    def size(self) -> int:
        """m r."""
        return self.predictors * self.coordinates.rank

    def slope(self, coef: Array, chunk: Chunk) -> Array:
        """x B (n, m), one predictor after the other in memory."""
        each = self.coordinates.coefficients(coef).reshape(self.predictors, -1)
        return product(each, self.coordinates.columns(chunk).T).T

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""
        eta = self.slope(coef, chunk)
        if chunk.offset is not None:
            eta[:, 0] += chunk.offset      # known of the mean alone
        return eta

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        """x (n, r), whatever the coefficients and the predictor."""
        return self.coordinates.columns(chunk)

    def bend(self, coef: Array, chunk: Chunk, d1: Array) -> None:
        """A linear mean has no second derivatives."""
        return

    def nearest(self, eta: Array, chunk: Chunk) -> Array:
        """The coordinates whose predictors are the least squares fit to `eta` (n, m), on rows whose triangle this is."""
        if chunk.offset is not None:
            eta = eta.copy()
            eta[:, 0] -= chunk.offset
        return self.coordinates.nearest(eta, chunk)

    def mapped(self, coef: Array, other: "LinearMean") -> Array:
        """The coordinates (m r,) in which another mean of the same columns has these coefficients."""
        each = self.coordinates.encoded(coef).reshape(self.predictors, -1)
        return np.asarray(each @ other.coordinates.triangle.T).ravel()

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        """B in the units of the columns and of the response."""
        units, r = self._units, self.coordinates.rank
        encoded = self.coordinates.encoded(coef).reshape(self.predictors, r).T
        unit = [units.unit(k) for k in range(self.predictors)]
        with np.errstate(over="ignore", invalid="ignore"):
            values: Array = (units.mixing @ encoded).T * np.array(unit)
        if units.intercept:
            values[:, 0] += [units.constant(k) for k in range(self.predictors)]
        return tuple(Natural(value, k * r, self._ratios, unit[k]) for k, value in enumerate(values))

    def moved(self, step: Array) -> Array:
        """What a step (m r,) changes in the natural coefficients (m, r), but for units: A gamma."""
        return np.asarray(step.reshape(self.predictors, -1) @ self._ratios.T)

    def by_natural(self, gradient: Array) -> Array:
        """Derivatives (m, r) by the natural coefficients, but for units, from those by coordinates (m r,): A^-T g."""
        from scipy.linalg import solve_triangular

        encoded = self.coordinates.triangle.T @ gradient.reshape(self.predictors, -1).T
        return np.asarray(solve_triangular(self._units.mixing, encoded, trans="T", check_finite=False)).T

    @property
    def y_scale(self) -> float:
        """The unit of the response."""
        return self._units.y_scale

    @property
    def _units(self) -> Units:
        r = self.coordinates.rank
        return self.units or Units(np.zeros(r), np.ones(r), intercept=False)

    @cached_property
    def _ratios(self) -> Array:
        """A (r, r) with coefficients = A gamma, before units and y_centre."""
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.coordinates.triangle, self._units.mixing.T, trans="T", check_finite=False)).T
