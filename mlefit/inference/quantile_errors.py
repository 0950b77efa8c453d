"""Standard errors of a law that is not smooth: J^-1 M J^-1, with densities of residuals in J (sparsity.py).

    J = (below + above) / s sum w f_i z_i z_i'      in nats, by coefficients; n by log s
    M = below above / s^2 sum w z_i z_i'            the law's information, as nid, iid and ker have it; by log s the scores'
    M = sums of scores over groups, or of w s (w s)'    cluster (Parente and Santos Silva 2016), and sampling weights

`model` takes the law at its word, M^-1; `bootstrap` refits draws of rows. Statistics have Student's t with n - p.
"""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.estimation.fit import Optima
from mlefit.execution import Engine, Execution
from mlefit.inference.bootstrap import bootstrapped
from mlefit.inference.covariance import Covariance, Inverse, Sandwich
from mlefit.inference.effective import residual_df
from mlefit.inference.law import NORMAL, Law, Student
from mlefit.inference.leverage import Maximum
from mlefit.inference.sparsity import Density, Plane, iid, ker, nid
from mlefit.inference.standard_errors import StandardErrors, sandwich
from mlefit.mean import LinearMean
from mlefit.objective import Objective
from mlefit.options.error_kind import ErrorKind
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Dense

DENSITIES = {"nid": nid, "ker": ker}
BY_SCORES = ("cluster", "sampling")
SINGULAR = 1e-14    # of the whole: densities that leave a coefficient undetermined
SHARE = 1e-7        # of a combination of coefficients: less is rounding


def quantile_errors(
    kind: ErrorKind, fit: Optima, mean: LinearMean, rows: Execution, objective: Objective, sample: Chunk | None, seed: int,
) -> StandardErrors:
    """The errors of a kind, as `standard_errors` has them. `sample`: rows at random, which planes of many rows begin with."""
    below, above = fit.noise.slopes
    nats = fit.noise.affine(fit.mle.theta[mean.size :])[0]
    some = None if sample is None else Engine.of(sample)
    at = Plane(mean, fit.mle.theta[: mean.size], rows, some, fit.n, above / (above + below), 1.0 / (nats * (above + below)))
    alike = _sandwich(fit, objective, rows, _bread(fit, nats, iid(at)))
    crossed, lonely = 0.0, np.zeros((mean.size, 0))
    if kind.name == "model":
        covariance: Covariance | None = Inverse(fit.mle.curvature)
    elif kind.name == "bootstrap":
        covariance = bootstrapped(fit.noise, at, seed)
    elif kind.name == "iid":
        covariance = alike
    else:
        density = DENSITIES.get(kind.name, nid)(at)
        crossed, bread = density.crossed, _bread(fit, nats, density)
        lonely = undetermined(bread, mean.size)
        if kind.name in BY_SCORES and lonely.shape[1] < mean.size:
            maximum = Maximum(fit.noise, objective, fit.mle.theta, fit.mle.curvature)
            found = sandwich(kind, maximum, _determined(bread, lonely), fit.n, rows)
            return replace(found, crossed=crossed, unit=alike, absent=found.absent | _reached(fit, mean, lonely))
        covariance = None if kind.name in BY_SCORES else _sandwich(fit, objective, rows, bread)
    law: Law = NORMAL if kind.name == "model" else Student(float(max(residual_df(fit.n, mean.size), 1)))
    absent = np.full(mean.size, covariance is None) | _reached(fit, mean, lonely)
    laws = (law,) * mean.size
    return StandardErrors(kind, covariance or Inverse(fit.mle.curvature), laws, law, absent, crossed=crossed, unit=alike)


def _bread(fit: Optima, nats: float, density: Density) -> Dense:
    """J (P, P)."""
    p, s = len(density.matrix), len(fit.noise.shapes)
    j = np.zeros((p + s, p + s))
    j[:p, :p] = density.matrix * (sum(fit.noise.slopes) * nats)
    j[p:, p:] = np.eye(s) * fit.n
    return Dense(j)


def _sandwich(fit: Optima, objective: Objective, rows: Execution, bread: Dense) -> Covariance | None:
    """J^-1 M J^-1 with the law's information, and the scores of the rows by the shapes, J^-1 that of what J determines; None where
    that is nothing."""
    p, whole = objective.mean.size, fit.mle.curvature.whole()
    lonely = undetermined(bread, p)
    if lonely.shape[1] == p or not np.isfinite(bread.norm):
        return None
    bread = _determined(bread, lonely)
    assert whole is not None
    middle = whole.copy()
    middle[p:, :p], middle[:p, p:] = 0.0, 0.0
    middle[p:, p:] = rows.sum(lambda chunk: _squares(objective, fit.mle.theta, chunk))
    return Sandwich.of(bread, middle)


def undetermined(bread: Dense, p: int) -> Array:
    """The directions (p, d) of coefficients that J leaves undetermined, as no row beside them has a density, orthonormal."""
    sizes, vectors = np.linalg.eigh(bread.whole()[:p, :p])
    return np.asarray(vectors[:, ~(sizes > SINGULAR * bread.norm)])


def _determined(bread: Dense, lonely: Array) -> Dense:
    """J with something in those directions, which has no share in combinations of coefficients that are determined."""
    if not lonely.shape[1]:
        return bread
    j, p = bread.whole().copy(), len(lonely)
    j[:p, :p] += lonely @ lonely.T * bread.norm
    return Dense(j)


def _reached(fit: Optima, mean: LinearMean, lonely: Array) -> Mask:
    """The coefficients (k,) with a share in such directions."""
    (part,) = mean.natural(fit.mle.theta[: mean.size])
    directions = part.directions
    return np.asarray(np.linalg.norm(directions @ lonely, axis=1) > SHARE * np.linalg.norm(directions, axis=1))


def _squares(objective: Objective, theta: Array, chunk: Chunk) -> Array:
    """Sums (s, s) of w g g' of the scores by the shapes."""
    coef, free = objective.split(theta)
    d1 = objective.criterion(chunk, objective.mean.eta(coef, chunk), free, 1).d1
    assert d1 is not None
    g = d1[:, objective.mean.predictors :]
    return np.asarray((g.T if chunk.weight is None else g.T * chunk.weight) @ g)
