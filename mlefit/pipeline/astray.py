"""Astray: what there is to say of a search that did not arrive, the value farthest out if one is far, and what helps."""

from typing import NamedTuple

from mlefit.execution import Engine
from mlefit.existence.far import FAR, farthest, farthest_response
from mlefit.mean import LinearMean
from mlefit.problem.problem import Problem

BENT = 30.0     # of a law that is not log-concave: a value that far out can pull a search beyond where its criterion bends up


class Astray(NamedTuple):
    """`where`: the end of the sentence, with the columns and rows that it names."""

    where: str
    remedy: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


def astray(problem: Problem, mean: LinearMean, rows: Engine) -> Astray:
    """The value farthest out, if one is that far, with its column and row; what helps, in any case."""
    prepared, far = problem.prepared, None
    if prepared.store is not None:
        far, _ = farthest(mean, rows)
    if far is None or far.ratio <= (FAR if prepared.noise.log_concave else BENT):
        found = _response(problem, rows)
        return Astray("", _remedy(problem)) if found is None else found
    place = problem.shape.kept[far.column]
    value = far.value * prepared.scaling.scale[place] + prepared.scaling.centre[place]
    name, row = problem.labels[place], far.row + 1
    return Astray(f'; column "{name}", row {row} of those used: {value:.6g} is {far.ratio:.1g} times as far out as a quarter of '
                  "the column is", "correct the value, drop the row, or use the logarithm of the column", (name,), (row,))


def _remedy(problem: Problem) -> str:
    """Where no value is far out."""
    prepared = problem.prepared
    helps = {
        "use fewer predictors of the scale": problem.scaled,
        "rescale or drop nearly collinear columns": len(problem.shape.kept) - prepared.predictors.intercept > 1,
        "try another noise model": not prepared.noise.log_concave,
    }
    return ", ".join((*(what for what, does in helps.items() if does), "or collect more rows")).removeprefix("or ")


def _response(problem: Problem, rows: Engine) -> Astray | None:
    """The same of a count that is far beyond the others."""
    prepared = problem.prepared
    if prepared.store is None or not prepared.noise.response.whole:
        return None
    far = farthest_response(rows)
    if far.ratio <= FAR:
        return None
    name, row = prepared.observed.target, far.row + 1
    return Astray(f'; column "{name}", row {row} of those used: {far.value:.6g} is {far.ratio:.1g} times the lower quartile of '
                  "those above 0", "correct the value, or drop the row", (name,), (row,))
