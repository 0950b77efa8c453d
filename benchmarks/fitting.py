"""Fitting: arrays through mlefit's own search, without files and reports, as the simulations need it many times.

What the pipeline does between gathering and reporting: the triangle and its rank, both routes, the certificates.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.estimation.fit import Optima, fit_both
from mlefit.estimation.outcome import Outcome
from mlefit.execution import Engine
from mlefit.existence.rank import geometry
from mlefit.inference.estimates import Estimates, estimates
from mlefit.inference.kinds import kind_of
from mlefit.inference.standard_errors import StandardErrors, standard_errors
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.triangle import Triangle


@dataclass(frozen=True)
class Fitted:
    """Both routes on the rows of `engine`; `mean` maps their design to the coordinates of the search."""

    fit: Optima
    mean: LinearMean
    engine: Engine

    @property
    def certified(self) -> bool:
        """Whether mlefit would print this as an answer, as far as the searches go."""
        return self.fit.mle.outcome is Outcome.CERTIFIED and self.fit.loss.outcome is Outcome.CERTIFIED

    def errors(self, kind: str) -> tuple[Estimates, StandardErrors]:
        """Estimates with standard errors of a kind, and the laws of their statistics."""
        objective = Objective(likelihood(self.fit.noise), self.mean, len(self.fit.noise.shapes))
        found = standard_errors(kind_of(kind), self.fit, self.mean, self.engine, objective)
        return estimates(self.fit, self.mean, found.covariance), found


def one_thread() -> threadpool_limits:
    """A context with BLAS on one thread. scipy brings a BLAS of its own, which must be loaded to be limited."""
    import scipy.linalg  # noqa: F401

    return threadpool_limits(1)


def fit_rows(noise: NoiseModel, y: Array, x: Array, cluster: Array | None = None) -> Fitted:
    """Fit y (n,) on x (n, p), whose first column is the constant. Raises estimation.fit.Separated."""
    x = np.asfortranarray(x)
    n = float(y.size)
    columns = np.column_stack([x, y]) if noise.compresses else x
    shape = geometry(Triangle.of(columns).r, n, np.abs(x).max(axis=0), noise.compresses)
    k = len(shape.kept)
    engine = Engine.of(Chunk(y, x, cluster=cluster))
    if noise.compresses:
        mean = LinearMean(Coordinates(shape.triangle(k + 1), shape.kept), 1)
        whitened = LinearMean(Coordinates.orthonormal(k), 1)
        return Fitted(fit_both(noise, whitened, Engine.of(shape.compressed())), mean, engine)
    mean = LinearMean(Coordinates(shape.triangle(1), shape.kept), len(noise.predictors))
    return Fitted(fit_both(noise, mean, engine), mean, engine)
