"""Natural units: from whitened coordinates to what the user reads, and the same for errors and gradients.

Encoded columns are (x_j - c_j) / s_j and a gaussian response is (y - c_y) / s_y. With B the encoded coefficients,

    beta_j = s_y B_j / s_j,    intercept = s_y (B_0 - sum_j (c_j / s_j) B_j) + c_y

Ratios are kept apart from units (powers of two), so that standard errors of columns of size 1e300 do not overflow on the way.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Predictor
from mlefit.sums.contrasts import Contrasts

LOCATION = Predictor("mean", unit_power=1)


class Encoding(NamedTuple):
    """How the kept columns (r,) of a design were encoded; `intercept` says whether the first of them is the constant."""

    centre: Array
    scale: Array
    intercept: bool

    @property
    def mixing(self) -> Array:
        """W (r, r): the identity, and with an intercept -c_j / s_j in its row."""
        w = np.eye(self.scale.size)
        if self.intercept:
            w[0, 1:] = -(self.centre[1:] / self.scale[1:])
        return w


class Units(NamedTuple):
    """How designs and response were encoded: `encodings` of the one design that all predictors have, or of each its own.

    `predictors` say what a change of the response's unit does to them; without them each is a location."""

    encodings: tuple[Encoding, ...]
    y_centre: float = 0.0
    y_scale: float = 1.0
    predictors: tuple[Predictor, ...] = ()

    def encoding(self, predictor: int) -> Encoding:
        """That of a predictor's design."""
        return self.encodings[predictor if len(self.encodings) > 1 else 0]

    def unit(self, predictor: int) -> Array:
        """s_y^power / s_j (r,) of a predictor: infinite where a coefficient is beyond the range of float64."""
        with np.errstate(over="ignore"):
            return np.asarray(self.y_scale ** self._of(predictor).unit_power / self.encoding(predictor).scale)

    def constant(self, predictor: int) -> float:
        """What the response's units add to the constant of a predictor."""
        of = self._of(predictor)
        return of.unit_power * self.y_centre + of.log_unit * float(np.log(self.y_scale))

    def natural(self, eta: Array) -> Array:
        """Predictors (n, m) of rows in the units of the response."""
        powers = np.array([self.y_scale ** self._of(k).unit_power for k in range(eta.shape[1])])
        return np.asarray(eta * powers + np.array([self.constant(k) for k in range(eta.shape[1])]))

    def _of(self, predictor: int) -> Predictor:
        return self.predictors[predictor] if self.predictors else LOCATION


class Natural(NamedTuple):
    """The coefficients of one predictor: value_j = unit_j a_j'gamma (+ y_centre for an intercept), a_j one of `combinations`.

    Where a factor has no columns these are contrasts, of which no matrix is formed. `value` (r,), `combinations` (r, w) on the
    coordinates from `first` on, `unit` (r,).
    """

    value: Array
    first: int
    combinations: Array | Contrasts
    unit: Array

    @property
    def directions(self) -> Array:
        """The combinations as a matrix, where they are one."""
        assert isinstance(self.combinations, np.ndarray)
        return self.combinations
