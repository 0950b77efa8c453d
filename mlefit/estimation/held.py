"""Held: the largest likelihood of a law that is not smooth with some combinations of coefficients held at 0.

With theta = base + Q u, Q an orthonormal basis of what the combinations D leave free and D base = 0, the rows z Q are white where
z is, and what is left of a response beside `base` is the response of a programme of fewer dimensions.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Execution
from mlefit.execution.engine import M
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True)
class Reduced(Execution):
    """Rows with z Q (n, d) for their design, and their residuals at `base` for their response."""

    rows: Execution
    mean: LinearMean
    base: Array
    space: Array

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over all rows."""
        return self.rows.sum(lambda chunk: task(self._reduced(chunk)))

    def _reduced(self, chunk: Chunk) -> Chunk:
        coordinates = self.mean.part(0)
        z = coordinates.whiten(coordinates.columns(chunk).T).T
        return Chunk(chunk.y - self.mean.eta(self.base, chunk)[:, 0], np.asfortranarray(z @ self.space), chunk.weight,
                     first_row=chunk.first_row)


def least_held(
    noise: NoiseModel, mean: LinearMean, rows: Execution, sample: Execution | None, directions: Array, theta: Array
) -> float:
    """The least negative log-likelihood, in nats, where `directions` (q, p) times the coordinates are 0. `theta`: the maximum."""
    basis = np.linalg.qr(directions.T, mode="complete").Q
    space = np.asarray(basis[:, len(directions) :])
    base = space @ (space.T @ theta[: mean.size])
    if not space.shape[1]:      # nothing is left but the scale
        loss = Objective.second(noise, mean)
        total = rows.sum(lambda chunk: loss.tally(base, chunk, 0))
        a, c = noise.affine(noise.implied_shapes(total.value / total.weight, 0.0))
        return a * total.value + c * total.weight
    alone = LinearMean(Coordinates.orthonormal(space.shape[1]), 1)
    some = None if sample is None else Reduced(sample, mean, base, space)
    return maximum_likelihood(noise, alone, Reduced(rows, mean, base, space), some).value
