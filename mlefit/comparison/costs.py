"""Costs: what rows cost under a model, row by row."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Engine
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.problem import Problem
from mlefit.rows.chunk import Chunk


class Costs(NamedTuple):
    """What some rows cost in encoded units (n,), and their weights; adds up in order."""

    nll: tuple[Array, ...]
    weight: tuple[Array, ...]

    def __add__(self, other: "Costs") -> "Costs":  # type: ignore[override]
        return Costs(self.nll + other.nll, self.weight + other.weight)


def row_costs(found: Fitted, objective: Objective, theta: Array) -> Array:
    """The objective (n,) of every row fitted, nats, in the order of the file."""
    coef, free = objective.split(theta)

    def of(chunk: Chunk) -> Costs:
        return Costs((objective.criterion(chunk, objective.mean.eta(coef, chunk), free, 0).value,), ())

    return np.concatenate(found.rows.sum(of).nll)


def natural(found: Fitted, costs: Array) -> Array:
    """Costs (n,) of rows in encoded units, of a density, as those of the response itself: of log y with each row's own Jacobian."""
    problem, transform = found.problem, found.problem.prepared.observed.transform
    if transform is None:
        return costs + problem.log_density
    units = problem.units

    def of(chunk: Chunk) -> Costs:
        return Costs((transform.log_slope(transform.back(chunk.y * units.y_scale + units.y_centre)),), ())

    slope = np.concatenate(rows_of(problem).sum(of).nll)
    return np.asarray(costs + problem.log_density + problem.prepared.moments.jacobian / problem.n - slope)


def weights(problem: Problem) -> Array | None:
    """(n,), in the order of the file; None where there are none."""
    total = rows_of(problem).sum(lambda chunk: Costs((), () if chunk.weight is None else (chunk.weight,)))
    return np.concatenate(total.weight) if total.weight else None


def rows_of(problem: Problem) -> Engine:
    """All fitted rows, which a contest keeps."""
    assert problem.prepared.store is not None
    return Engine(problem.prepared.store, problem.threads)
