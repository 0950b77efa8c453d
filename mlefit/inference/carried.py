"""Carried: how rows share in what is known of each coefficient, and which coefficients hang on a single row."""

from collections.abc import Sequence
from typing import Generic, NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.inference.effective import Influence
from mlefit.inference.leverage import Rows
from mlefit.mean import Natural
from mlefit.records import record
from mlefit.sums.curvature import Curvature
from mlefit.sums.nodes import M

INFLUENCE = 1e-6    # of a standard error: below, a row of leverage 1 moves a coefficient by its rounding only


class Directions(NamedTuple):
    """The k coefficients as combinations a'theta of the P coordinates, each in units of its model standard error |F'a|.

    `white` (k, P): F'a. `weights` (k, P): (J^-1 a)', what turns X_i into the weight of row i in the coefficient.
    """

    white: Array
    weights: Array

    @classmethod
    def of(cls, curvature: Curvature, coefficients: Sequence[Natural]) -> "Directions":
        """Those of all coefficients, predictor by predictor; F F' = J^-1 is that of `curvature`."""
        white = np.concatenate([curvature.root(part.directions, part.first) for part in coefficients])
        white = white / np.linalg.norm(white, axis=1)[:, None]
        return cls(white, curvature.unsphered(white.T).T)


@record(frozen=True)
class Carried:
    """Sums over rows of the shares that they have in the variance of k coefficients.

    `alone` (k,): coefficients that a row of leverage 1 has a say in. What that row says has no residual, so no sum of
    squared residuals knows how wrong it is.
    """

    influence: Influence
    alone: Mask

    @classmethod
    def of(cls, rows: Rows, directions: Directions) -> "Carried":
        """Those of some rows."""
        share = np.linalg.norm(rows.influence(directions.weights), axis=1)
        alone = (share[rows.determined] > INFLUENCE).any(axis=0)
        return cls(Influence.of(share, rows.weight), alone)

    def __add__(self, other: "Carried") -> "Carried":
        return Carried(self.influence + other.influence, self.alone | other.alone)


@record(frozen=True)
class Beside(Generic[M]):
    """Two sums over the same rows, in one pass."""

    middle: M
    carried: Carried

    def __add__(self, other: "Beside[M]") -> "Beside[M]":
        return Beside(self.middle + other.middle, self.carried + other.carried)
