"""The linear mean: eta_a = x_a B_a + offset, with one design for all predictors of a row, or one for each."""

from functools import cached_property
from itertools import pairwise

import numpy as np

from mlefit.arrays import Array, block, product
from mlefit.mean.coordinates import Coordinates
from mlefit.mean.function import MeanFunction
from mlefit.mean.natural import Encoding, Natural, Units
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.lapack import triangular


@record(frozen=True, eq=False)
class LinearMean(MeanFunction):
    """Coordinates are gamma (P,), predictor after predictor. `units`: how columns and response are encoded, None for not."""

    units: Units | None = None

    @property
    def shared(self) -> bool:
        """Whether all predictors have one design."""
        return self.coordinates.one is not None

    @cached_property
    def size(self) -> int:
        """P, m r where there is one design."""
        one = self.coordinates.one
        return self.places[-1].stop if one is None else self.predictors * one.rank

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where the coordinates of each predictor are."""
        ends = np.cumsum([0, *(self.part(a).rank for a in range(self.predictors))]).tolist()
        return tuple(slice(start, end) for start, end in pairwise(ends))

    def part(self, predictor: int) -> Coordinates:
        """The coordinates of one predictor."""
        return self.coordinates.part(predictor)

    def slope(self, coef: Array, chunk: Chunk) -> Array:
        """x_a B_a (n, m), one predictor after the other in memory."""
        b, one = self.coordinates.coefficients(coef), self.coordinates.one
        if one is not None:
            return product(b.reshape(self.predictors, -1), one.columns(chunk).T).T
        eta = block(chunk.rows, self.predictors)
        for a, place in enumerate(self.places):
            eta[:, a] = product(b[None, place], self.part(a).columns(chunk).T)[0]
        return eta

    def eta(self, coef: Array, chunk: Chunk) -> Array:
        """Predictors (n, m)."""
        eta = self.slope(coef, chunk)
        if chunk.offset is not None:
            eta[:, 0] += chunk.offset      # known of the mean alone
        return eta

    def jacobian(self, coef: Array, chunk: Chunk, predictor: int) -> Array:
        """x_a (n, r_a), whatever the coefficients."""
        return self.part(predictor).columns(chunk)

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
        """The coordinates (P,) in which another mean of the same columns has these coefficients."""
        b = self.coordinates.encoded(coef)
        return np.concatenate([other.part(a).triangle @ b[place] for a, place in enumerate(self.places)])

    def natural(self, coef: Array) -> tuple[Natural, ...]:
        """B in the units of the columns and of the response."""
        encoded, units = self.coordinates.encoded(coef), self._units
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for a, place in enumerate(self.places):
                encoding, unit = units.encoding(a), units.unit(a)
                value = (encoding.mixing @ encoded[place]) * unit
                if encoding.intercept:
                    value[0] += units.constant(a)
                found.append(Natural(value, place.start, self._ratios[a], unit))
        return tuple(found)

    def magnitudes(self, coef: Array, chunk: Chunk) -> list[Array]:
        """sum_j |x_ij B_j| (n,) of each predictor, in the units of the encoded columns."""
        encoded = np.abs(self.coordinates.encoded(coef))
        return [np.abs(self.part(a).design(chunk)) @ encoded[place] for a, place in enumerate(self.places)]

    def lengths(self, chunk: Chunk) -> Array:
        """|z|^2 (n,) of rows z in the coordinates of the first predictor."""
        white = self.part(0).white(chunk)
        return np.asarray(np.einsum("ij,ij->i", white, white))

    def told(self, coef: Array) -> Array:
        """B (P,), predictor after predictor, in the order of the natural coefficients."""
        return self.coordinates.encoded(coef)

    def combined(self, predictor: int) -> Array:
        """The B of one predictor as combinations (r, w) of its coordinates: R^-1."""
        triangle = self.part(predictor).triangle
        return triangular(triangle, np.eye(len(triangle)))

    def moved(self, step: Array) -> Array:
        """What a step (P,) changes in the natural coefficients (P,), but for units: A gamma."""
        return np.concatenate([step[place] @ self._ratios[a].T for a, place in enumerate(self.places)])

    def by_natural(self, gradient: Array) -> Array:
        """Derivatives (P,) by the natural coefficients, but for units, from those by coordinates (P,): A^-T g."""
        return np.concatenate([
            triangular(self._units.encoding(a).mixing, self.part(a).triangle.T @ gradient[place], transposed=True)
            for a, place in enumerate(self.places)
        ])

    @property
    def y_scale(self) -> float:
        """The unit of the response."""
        return self._units.y_scale

    @property
    def _units(self) -> Units:
        ranks = (self.part(a).rank for a in range(self.predictors))
        return self.units or Units(tuple(Encoding(np.zeros(r), np.ones(r), intercept=False) for r in ranks))

    @cached_property
    def _ratios(self) -> tuple[Array, ...]:
        """A (r, r) of each predictor, with coefficients = A gamma, before units and y_centre."""
        if self.coordinates.one is not None:
            return (self._ratio(0),) * self.predictors
        return tuple(self._ratio(a) for a in range(self.predictors))

    def _ratio(self, predictor: int) -> Array:
        mixing = self._units.encoding(predictor).mixing
        return triangular(self.part(predictor).triangle, mixing.T, transposed=True).T
