"""Baselines: beside which level more coefficients of separated data are finite than beside the one there is.

Coefficients are contrasts with a baseline, and where that is what separates, all of them are infinite although the differences
between the others are not. With D the coefficients as combinations of the coordinates, one is finite where D moves by nothing
along what the limiting model leaves flat.
"""

from collections.abc import Iterator

import numpy as np

from mlefit.arrays import Array
from mlefit.diagnosis.limiting import Limit
from mlefit.diagnosis.separating import factors
from mlefit.mean import LinearMean
from mlefit.problem.problem import Problem

IDENTIFIED = 1e-7       # a combination that moves less than this along a flat direction is identified


def remedies(problem: Problem, mean: LinearMean, limit: Limit) -> str:
    """The baselines to be asked for, as what follows a remedy."""
    found = ""
    if (level := _of_classes(problem, mean, limit)) is not None:
        found += (f"; --reference {problem.prepared.observed.target}={level} shows the coefficients between the classes that do "
                  "overlap")
    for column, level in _of_factors(problem, mean, limit):
        found += f"; --reference {column}={level} shows the coefficients between the levels that do overlap"
    return found


def _of_classes(problem: Problem, mean: LinearMean, limit: Limit) -> str | None:
    """The class beside which most coefficients are finite; None where the baseline there is does as well.

    The coefficients of class k beside baseline b are those of k less those of b.
    """
    names = problem.prepared.noise.outcome_names
    if not problem.prepared.noise.response.takes_reference:
        return None
    parts = mean.natural(limit.gamma)
    width = parts[0].directions.shape
    blocks = np.zeros((len(names), width[0], mean.size))
    for k, part in enumerate(parts, start=1):
        blocks[k, :, part.first : part.first + width[1]] = part.directions
    return _best(names, [_finite(np.delete(blocks, k, axis=0) - blocks[k], limit) for k in range(len(names))])


def _of_factors(problem: Problem, mean: LinearMean, limit: Limit) -> Iterator[tuple[str, str]]:
    """Such levels of the factors that stand in the model for themselves alone, beside a constant."""
    predictors, kept = problem.prepared.predictors, problem.shape.kept
    if not predictors.intercept or 0 not in kept:
        return
    for factor, here in factors(problem):
        alone = sum(factor.column in term.categories for term in predictors.terms) == 1
        if factor.baseline is None or factor.levels is None or not alone or not set(here) <= set(kept):
            continue
        counts = np.zeros(1 + len(here), dtype=np.intp)
        for part in mean.natural(limit.gamma):
            rows = np.zeros((len(kept), mean.size))
            rows[:, part.first : part.first + part.directions.shape[1]] = part.directions
            constant, levels = rows[0], rows[[kept.index(j) for j in here]]
            levels = np.concatenate([np.zeros((1, mean.size)), levels])         # the baseline's is 0
            for k, own in enumerate(levels):
                counts[k] += _finite(np.concatenate([np.delete(levels, k, axis=0) - own, (constant + own)[None]]), limit)
        names = (factor.baseline, *(level for level in factor.levels if level != factor.baseline))
        if (level := _best(names, counts.tolist())) is not None:
            yield factor.column, level


def _finite(contrasts: Array, limit: Limit) -> int:
    """How many combinations (..., P) are."""
    moves = np.linalg.norm(contrasts @ limit.flat, axis=-1)
    return int(np.count_nonzero(moves <= IDENTIFIED * np.linalg.norm(contrasts, axis=-1)))


def _best(names: tuple[str, ...], counts: list[int]) -> str | None:
    best = int(np.argmax(counts))
    return names[best] if counts[best] > counts[0] else None
