"""Ground: on what a given point is judged: rows, the mean they have, coordinates, and the maximum."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.auditing.names import Matched
from mlefit.errors import DataError
from mlefit.execution import Engine, Execution
from mlefit.mean import LinearMean
from mlefit.mean.indexed import Indexed
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.pipeline.fitted import Fitted
from mlefit.problem.means import orthonormal
from mlefit.sums.curvature import Curvature


class Ground(NamedTuple):
    """`rows` and the mean that is `seen` on them, whose coordinates are those of `told`, which has the units of the user.

    `gamma` (P,): the coefficients given, `best` (P + s,) the maximum, `nll` its total nats. `local`: whether what is given is a
    maximum, and lower than that."""

    rows: Execution
    seen: LinearMean | NonlinearMean
    told: LinearMean | NonlinearMean
    gamma: Array
    best: Array
    nll: float
    curvature: Curvature
    local: bool = False


def ground_of(found: Fitted, matched: Matched) -> Ground:
    """That of a fit. Raises DataError for coefficients that are missing, or given to a column without one."""
    natural = _natural(found, matched)
    if found.curved is not None:
        from mlefit.auditing.curve import ground

        return ground(found.curved, natural[0])
    if found.fit.noise.compresses:      # sums of squares stand for the rows, in coordinates that are white already
        rows, seen = Engine.of(found.problem.shape.compressed()), orthonormal(found.problem)
    else:
        rows, seen = found.rows, found.mean
    return Ground(rows, seen, found.mean, _gamma(found, natural), found.fit.mle.theta, found.fit.nll[0], found.fit.mle.curvature)


def _natural(found: Fitted, matched: Matched) -> list[Array]:
    """The given coefficients of each predictor (r,), as the user reads them."""
    labels, natural = found.problem.labels, []
    for k in range(found.mean.predictors):
        kept, predictor = kept_of(found, k), found.fit.noise.predictors[k]
        those = frozenset(kept)
        absent = [labels[j] for j in kept if (k, j) not in matched.values]
        if absent:
            of = "" if predictor.class_ is None else f" of {predictor.class_}"
            raise DataError(f'there is no value for "{absent[0]}"{of}{f" and {len(absent) - 1} more" if len(absent) > 1 else ""}',
                            "a coefficient that was left out is given as 0" if found.curved is None else
                            "give every parameter of --mean", code="missing-coefficient")
        extra = [labels[j] for p, j in matched.values if p == k and j not in those and matched.values[p, j].value != 0.0]
        if extra:
            raise DataError(f'"{extra[0]}" is a combination of other columns in these rows and has no coefficient of its own',
                            "drop it, or give it as 0 and the others as they then are", code="collinear")
        natural.append(np.array([matched.values[k, j].value for j in kept]))
    return natural


def kept_of(found: Fitted, predictor: int) -> tuple[int, ...]:
    """The places of the columns that have a coefficient, those of levels without columns too."""
    problem = found.problem
    return problem.shapes[problem.side(predictor)].kept if problem.indexed else found.mean.part(predictor).kept


def _gamma(found: Fitted, natural: list[Array]) -> Array:
    """They as gamma (P,)."""
    problem, mean = found.problem, found.mean
    gamma = np.zeros(mean.size)
    for k, place in enumerate(mean.places):
        encoding, unit = problem.units.encoding(k), problem.units.unit(k)
        own = natural[k].copy()
        if encoding.intercept:
            own[0] -= problem.units.constant(k)
        encoded = own / unit
        if encoding.intercept:
            encoded[0] += (encoding.centre[1:] / encoding.scale[1:]) @ encoded[1:]
        gamma[place] = mean.taken(encoded) if isinstance(mean, Indexed) else mean.part(k).triangle @ encoded
    return gamma
