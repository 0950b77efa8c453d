"""Undetermined: parameters of a curve that the data do not tell apart, by name, and what of them it does know.

With J the Jacobian at the end of a search, its columns of norm 1, a singular value below sqrt(eps) times the largest says that
some direction of the parameters moves no row (Bates and Watts 1988, section 3.3). For two of them it is said whether their
product, ratio, sum or difference is what counts: the curve is evaluated where that stays as it is and they do not.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.problem.problem import Problem
from mlefit.report.report import Parameter, Warn
from mlefit.rows.chunk import Chunk

NOTHING = float(np.sqrt(np.finfo(float).eps))   # of the largest singular value
LITTLE = 1e-4           # from here on a warning
PART = 0.1              # of the largest part in the direction: such parameters are named
SAME = 1e-9             # relative change of the curve that is none
STEP = 1.25             # by which the parameters are moved for that


class Direction(NamedTuple):
    """`size`: the smallest singular value beside the largest. `places`: the parameters in its direction, which is `way` (p,)."""

    size: float
    places: tuple[int, ...]
    way: Array

    @classmethod
    def weakest(cls, triangle: Array) -> "Direction":
        """That of a triangle (p, p)."""
        lengths = np.linalg.norm(triangle, axis=0)
        if not np.isfinite(lengths).all() or (lengths == 0.0).any():
            silent = ~(lengths > 0.0)
            return cls(0.0, tuple(np.flatnonzero(silent).tolist()), silent.astype(np.float64))
        _, sizes, right = np.linalg.svd(triangle / lengths)
        part = np.abs(right[-1])
        places = tuple(np.flatnonzero(part > PART * part.max()).tolist())
        return cls(float(sizes[-1] / sizes[0]) if len(sizes) > 1 else 1.0, places, right[-1] / lengths)


def weak(triangle: Array) -> bool:
    """Whether some direction of the parameters moves no row; so it is taken to be where that is not known."""
    return not np.isfinite(triangle).all() or Direction.weakest(triangle).size < NOTHING


def undetermined(
    problem: Problem, mean: NonlinearMean, theta: Array, triangle: Array, rows: Chunk
) -> NoEstimateError | None:
    """The refusal of parameters that are not determined separately; None where all are. `rows`: some of the rows."""
    found = Direction.weakest(triangle)
    if found.size >= NOTHING:
        return None
    names = [mean.parameters[j] for j in found.places]
    shapes = tuple(Parameter(shape.name, None, "shape", "ok") for shape in problem.prepared.noise.shapes)
    partial = problem.report(tuple(
        Parameter(name, None, "mean", "aliased" if j in found.places else "ok") for j, name in enumerate(mean.parameters)
    ) + shapes)
    if len(names) == 1:
        return no_change(problem, mean, names[0])
    known = _combination(mean, theta, found.places, rows) if len(names) == 2 else None
    only = "only one combination of them is" if known is None else f"only {known[0]} = {known[1]:.9g} is"
    return NoEstimateError(
        f"--mean: {', '.join(names[:-1])} and {names[-1]} are not identified separately: {only} (correlation 1.000)",
        f"write a number for one of them into --mean, as in {names[-1]} = 1", code="not-identified", columns=tuple(names),
        partial=partial)


def no_change(problem: Problem, mean: NonlinearMean, name: str) -> NoEstimateError:
    """The refusal of a parameter without a say in any row."""
    shapes = (Parameter(shape.name, None, "shape", "ok") for shape in problem.prepared.noise.shapes)
    partial = problem.report((
        *(Parameter(other, None, "mean", "aliased" if other == name else "ok") for other in mean.parameters), *shapes))
    return NoEstimateError(
        f"--mean: {name} is not identified: no row changes with it near the end of the search",
        f"write a number for {name} into --mean, or begin elsewhere with --start", code="not-identified", columns=(name,),
        partial=partial)


def hardly_determined(mean: NonlinearMean, triangle: Array) -> tuple[Warn, ...]:
    """A warning that names parameters which the data hardly tell apart."""
    found = Direction.weakest(triangle)
    if found.size >= LITTLE or len(found.places) < 2:
        return ()
    names = tuple(mean.parameters[j] for j in found.places)
    return (Warn("near-collinear", f"{', '.join(names[:-1])} and {names[-1]} are hardly told apart by the data (correlation "
                 f"{_correlation(triangle, found.places):.9f}): their standard errors are those of a long, thin valley", names),)


def _correlation(triangle: Array, places: tuple[int, ...]) -> float:
    """The largest correlation, in size, between estimates of two of the parameters."""
    lengths = np.linalg.norm(triangle, axis=0)
    inverse = np.linalg.inv(triangle / lengths)
    covariance = inverse @ inverse.T
    errors = np.sqrt(np.diagonal(covariance))
    correlation = np.abs(covariance / np.outer(errors, errors))
    return min(1.0, float(max(correlation[i, j] for i in places for j in places if i < j)))


def _combination(mean: NonlinearMean, theta: Array, places: tuple[int, ...], rows: Chunk) -> tuple[str, float] | None:
    """What of two parameters the curve depends on, and its value; None where it is none of the usual."""
    def curve(at: Array) -> Array:
        return np.broadcast_to(mean.curve(at, rows, 0).value, (rows.rows,))

    here = curve(theta)
    (i, j), (a, b) = places, (mean.parameters[place] for place in places)
    for name, value, move in _candidates(a, b, float(theta[i]), float(theta[j])):
        moved = theta.copy()
        moved[i], moved[j] = move(STEP)
        there = curve(moved)
        with np.errstate(all="ignore"):
            if np.all(np.abs(there - here) <= SAME * np.maximum(np.abs(here), np.abs(there))):
                return name, value
    return None


def _candidates(a: str, b: str, x: float, y: float) -> Iterator[tuple[str, float, Callable[[float], tuple[float, float]]]]:
    yield f"{a}*{b}", x * y, lambda step: (x * step, y / step)
    if y != 0.0:
        yield f"{a}/{b}", x / y, lambda step: (x * step, y * step)
    size = max(abs(x), abs(y), 1.0)
    yield f"{a}+{b}", x + y, lambda step: (x + size * (step - 1.0), y - size * (step - 1.0))
    yield f"{a}-{b}", x - y, lambda step: (x + size * (step - 1.0), y + size * (step - 1.0))
