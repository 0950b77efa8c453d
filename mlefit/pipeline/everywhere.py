"""Everywhere: a pass over all rows of a fit for pictures, which sums up a fixed number of numbers."""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.mean import LinearMean
from mlefit.mean.natural import Units
from mlefit.noise.model import NoiseModel
from mlefit.picture.everywhere import Count, Everywhere, Part, Totals, counted
from mlefit.pipeline.fitted import Fitted
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True, eq=False)
class Visit:
    """What `counts` make of rows, as they are kept, in natural units; `units` where they were scaled, `free` (s,) natural."""

    noise: NoiseModel
    mean: LinearMean
    coordinates: Array
    free: Array
    units: Units | None
    counts: tuple[Count, ...]

    def __call__(self, rows: Chunk) -> Totals:
        """Those of a part."""
        y, eta = rows.y, self.mean.eta(self.coordinates, rows)
        if self.units is not None:
            y, eta = y * self.units.y_scale + self.units.y_centre, self.units.natural(eta)
        weight = np.ones(rows.rows) if rows.weight is None else rows.weight
        return counted(Part(self.noise.among(rows.trials), y, eta, self.free, weight), self.counts)


def everywhere_of(found: Fitted, free: Array) -> Everywhere | None:
    """Such passes over the rows of a fit, with its shapes in natural units; None where rows are not kept, or not all alike."""
    problem, observed, theta = found.problem, found.problem.prepared.observed, found.fit.mle.theta
    if problem.prepared.store is None or observed.precision or observed.sampling:
        return None
    visit = Visit(found.fit.noise.in_unit(1.0), found.mean, theta[: found.mean.size], free,
                  problem.units if observed.scaled else None, ())

    def everywhere(counts: tuple[Count, ...]) -> tuple[Array, ...]:
        return found.rows.sum(replace(visit, counts=counts)).values

    return everywhere
