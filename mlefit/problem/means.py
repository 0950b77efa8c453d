"""Means: the mean function of a stated problem, in coordinates in which its design is orthonormal."""

import numpy as np

from mlefit.arrays import Index
from mlefit.existence.rank import Geometry
from mlefit.mean import Apart, Coordinates, LinearMean
from mlefit.mean.coordinates import Whitening
from mlefit.mean.indexed import Indexed
from mlefit.mean.leveled import Leveled
from mlefit.problem.problem import Problem


def mean_of(problem: Problem, rows: float) -> LinearMean:
    """That of rows of the data. `rows`: 1, or how many pseudo-rows stand for the data, to whose coordinates it maps."""
    noise, shape = problem.prepared.noise, problem.shape
    if shape.grouping is None:
        return LinearMean(_coordinates(problem, rows), len(noise.predictors), problem.units)
    columns = Coordinates(shape.triangle(rows), shape.columns)
    scale = np.sqrt(shape.grouping.weight * (rows / shape.n))
    leveled = Leveled(columns, shape.grouping.mean, scale, shape.grouping.crossing)
    return Indexed(leveled, len(noise.predictors), problem.units, shape.grouping.baseline, _order(problem, shape))


def orthonormal(problem: Problem) -> LinearMean:
    """That of the pseudo-rows that stand for the data, of which each has a level of its own where a factor has no columns."""
    predictors, shape = len(problem.prepared.noise.predictors), problem.shape
    if shape.grouping is None:
        return LinearMean(Coordinates.orthonormal(len(shape.kept)), predictors)
    return Indexed(Leveled(Coordinates.orthonormal(0), None, np.ones(shape.grouping.weight.size + len(shape.columns))), predictors)


def _order(problem: Problem, shape: Geometry) -> Index:
    """Where the constant, the columns and the levels stand among the places that are kept."""
    predictors = problem.prepared.predictors
    places = {place: number for number, place in enumerate(shape.kept)}
    head = (0,) if predictors.intercept else ()
    return np.array([places[place] for place in (*head, *shape.columns, *predictors.indexed_places)])


def _coordinates(problem: Problem, scale: float) -> Whitening:
    """Those of one design for all predictors where they have the same columns."""
    each = [Coordinates(shape.triangle(scale), shape.kept) for shape in problem.shapes]
    if all(one.kept == each[0].kept for one in each):
        return each[0]
    return Apart(tuple(each[problem.side(k)] for k in range(len(problem.prepared.noise.predictors))))
