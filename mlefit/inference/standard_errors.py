"""Standard errors of the kind asked for, with the law of each statistic.

    model            H^-1, the inverse observed information of all parameters jointly; normal
    auto             the same; where sums of squares are all that counts, coefficients get n / (n - p) and t with n - p
    ols              as auto there, and sigma too is that of n - p
    hc0 to hc3       H^-1 (sum w s s') H^-1 with s the scores of rows (White 1980), hc1 times n / (n - p), hc2 and hc3 with
                     what is left of a score beside its own leverage (leverage.py); t by effective rows
    sampling         (sum w s (w s)') n / (n - 1), what a sample drawn with weights 1/w says of its population; t with n - p
    cluster          sums of scores over groups (clusters.py); t by effective groups
    hac              sums of scores over neighbouring rows (moving.py), times n / (n - p); fixed-b

The shapes have hc1 scores under hc2 and hc3, the scale of a law of sums of squares the score of e^2 / (1 - h).
"""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask, product
from mlefit.estimation.fit import Optima
from mlefit.execution import Execution
from mlefit.inference.carried import Beside, Carried, Directions
from mlefit.inference.covariance import Covariance, Inverse, Sandwich
from mlefit.inference.effective import cluster_df, residual_df, sandwich_df
from mlefit.inference.fourth_moment import Residuals
from mlefit.inference.kinds import lags
from mlefit.inference.law import NORMAL, Law, Student
from mlefit.inference.leverage import Leverages, Maximum, Rows, slab_sum
from mlefit.mean import LinearMean
from mlefit.mean.indexed import Indexed
from mlefit.objective import Objective
from mlefit.options.error_kind import ErrorKind
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.arrow import Arrow
from mlefit.sums.curvature import Curvature

if TYPE_CHECKING:
    from mlefit.inference.moving import Moving

POWERS = {"hc0": 0.0, "hc1": 0.0, "hc2": 0.5, "hc3": 1.0}
NOTHING = 1e-7      # of the model's error: a robust one below is the rounding of sums that cancel


class Groups(NamedTuple):
    """How many clusters there are, and G* (k,) of each coefficient."""

    total: int
    effective: Array


@record(frozen=True)
class StandardErrors:
    """`laws` (k,) of the coefficients, predictor by predictor, `shapes` that of log shapes. `absent` (k,): those without an error.

    `crossed`: the weight of the rows at which planes of other quantiles cross. `unit`: the errors in which the gap between the
    routes is told, None for those of the model.

    `exact`: n - p where RSS / sigma^2 has the chi-squared law with it. `alone`: some row, or cluster, has leverage 1 and a
    say in what is absent. `fourth`: the error of the log of that scale by the fourth moment, where its rows are not normal.
    """

    kind: ErrorKind
    covariance: Covariance
    laws: tuple[Law, ...]
    shapes: Law
    absent: Mask
    exact: int | None = None
    alone: bool = False
    groups: Groups | None = None
    fourth: float | None = None
    crossed: float = 0.0
    unit: Covariance | None = None


def standard_errors(
    kind: ErrorKind, fit: Optima, mean: LinearMean, rows: Execution, objective: Objective, sample: Chunk | None = None,
    seed: int = 0,
) -> StandardErrors:
    """The errors of a kind. `mean` is that of rows of the data; sandwiches visit those `rows` with an `objective` for them.

    `sample`: some rows at random, by which the shape of the residuals is judged; None: it is taken to be that of the law.
    `seed`: of what is drawn.
    """
    if not fit.noise.smooth:
        from mlefit.inference.quantile_errors import quantile_errors

        return quantile_errors(kind, fit, mean, rows, objective, sample, seed)
    curvature, size = fit.mle.curvature, mean.size
    at = Maximum(fit.noise, objective, fit.mle.theta, curvature)
    exact = fit.noise.compresses
    if not kind.sandwich:
        if kind.name == "model" or not exact:
            return _alike(kind, Inverse(curvature), NORMAL, NORMAL, size)
        free = residual_df(fit.n, size)
        covered = size if kind.name == "auto" else objective.size
        found = _alike(kind, Inverse(curvature, float(np.sqrt(fit.n / free)), covered), Student(free), Student(free), size, free)
        return found if sample is None or kind.name != "auto" else replace(found, fourth=_fourth(at, sample, fit.n, free))
    return sandwich(kind, at, at.curvature, fit.n, rows)


def sandwich(kind: ErrorKind, at: Maximum, bread: Curvature, n: float, rows: Execution) -> StandardErrors:
    """J^-1 M J^-1 with J the `bread` and sums of the scores of n rows in M; the curvature `at` the maximum says how rows share."""
    mean, curvature, size = at.objective.mean, at.curvature, at.objective.mean.size
    if isinstance(mean, Indexed):
        return _of_levels(kind, at, mean, n, rows)
    directions = Directions.of(curvature, mean.natural(at.theta[:size]))
    model, free = Inverse(curvature), max(residual_df(n, size), 1)
    groups = None
    if kind.name == "cluster":
        from mlefit.inference.clusters import clustered

        sums = clustered(at, directions, rows)
        middle, alone = sums.middle * (sums.groups / (sums.groups - 1.0) * (n - 1.0) / free), sums.alone
        groups = Groups(sums.groups, sums.effective)
        laws: tuple[Law, ...] = tuple(Student(float(df)) for df in cluster_df(sums.groups, sums.effective))
        shapes: Law = Student(float(cluster_df(sums.groups, np.array([sums.shapes]))[0]))
    else:
        middle, carried = _summed(kind, n, at, rows, directions, free)
        alone = carried.alone
        if kind.name == "sampling":
            shapes = Student(float(free))
            laws = (shapes,) * size
        elif kind.name == "hac":
            from mlefit.inference.fixed_b import FixedB

            shapes = FixedB.of((lags(kind, n) + 1.0) / n)
            laws = (shapes,) * size
        else:
            laws = tuple(Student(float(df)) for df in sandwich_df(free, carried.influence.effective_rows))
            shapes = Student(float(free))
    covariance = Sandwich.of(bread, middle)
    parts = mean.natural(at.theta[:size])
    ratio = np.concatenate([covariance.error(a.directions, a.first) / model.error(a.directions, a.first) for a in parts])
    return StandardErrors(kind, covariance, laws, shapes, alone | (ratio < NOTHING), None, bool(alone.any()), groups)


def _of_levels(kind: ErrorKind, at: Maximum, mean: Indexed, n: float, rows: Execution) -> StandardErrors:
    """hc0 to hc3, by sampling weights and by cluster where a factor has levels and no columns."""
    from mlefit.inference.level_sandwich import LevelSandwich, level_sums

    bread, free, power = at.curvature, max(residual_df(n, mean.size), 1), POWERS.get(kind.name, 0.0)
    assert isinstance(bread, Arrow)
    if kind.name == "cluster":
        return _of_clusters(kind, at, mean, bread, float(np.sqrt((n - 1.0) / free)), rows)
    sampled = kind.name == "sampling"
    factor = 1.0 if kind.name == "hc0" else float(np.sqrt(n / (n - 1.0 if sampled else free)))

    def scores(found: Leverages, part: Chunk) -> Array:
        if not power:
            return np.concatenate([found.score, found.shapes], axis=1) * factor
        shapes = _unlevered(at, found, part) if at.noise.compresses else found.shapes * factor
        left = np.where(found.determined, 1.0, 1.0 - found.size[:, 0])
        score = np.where(found.determined, 0.0, found.score[:, 0] / left**power)
        return np.concatenate([score[:, None], shapes], axis=1)

    middle, carried = level_sums(at, mean, bread, rows, scores, squared=sampled)
    covariance, model = LevelSandwich(bread, middle), Inverse(bread)
    (part,) = mean.natural(at.theta[: mean.size])
    ratio = covariance.error(part.combinations) / model.error(part.combinations)
    laws = (Student(float(free)),) * mean.size if sampled else tuple(
        Student(float(df)) for df in sandwich_df(free, carried.influence.effective_rows))
    return StandardErrors(kind, covariance, laws, Student(float(free)), carried.alone | (ratio < NOTHING), None,
                          bool(carried.alone.any()))


def _of_clusters(kind: ErrorKind, at: Maximum, mean: Indexed, bread: Arrow, factor: float, rows: Execution) -> StandardErrors:
    from mlefit.inference.level_clusters import level_clusters

    covariance, sums = level_clusters(at, mean, bread, rows, factor)
    (part,) = mean.natural(at.theta[: mean.size])
    ratio = covariance.error(part.combinations) / Inverse(bread).error(part.combinations)
    laws = tuple(Student(float(df)) for df in cluster_df(sums.groups, sums.effective))
    shapes = Student(float(cluster_df(sums.groups, np.array([sums.shapes]))[0]))
    return StandardErrors(kind, covariance, laws, shapes, sums.alone | (ratio < NOTHING), None, bool(sums.alone.any()),
                          Groups(sums.groups, sums.effective))


def _fourth(at: Maximum, sample: Chunk, n: float, free: int) -> float | None:
    residuals = Residuals.of(at, sample)
    return None if residuals.normal(float(np.sqrt(free / n))) else residuals.log_error(n)


def _alike(kind: ErrorKind, covariance: Covariance, law: Law, shapes: Law, size: int, exact: int | None = None) -> StandardErrors:
    return StandardErrors(kind, covariance, (law,) * size, shapes, np.zeros(size, bool), exact)


def _summed(
    kind: ErrorKind, n: float, at: Maximum, rows: Execution, directions: Directions, free: int,
) -> tuple[Array, Carried]:
    """The middle (P, P) of hc0 to hc3 and of hac, and how rows carry the coefficients."""
    factor, power = float(np.sqrt(n / free)), POWERS.get(kind.name, 0.0)
    if kind.name == "sampling":
        factor = float(np.sqrt(n / (n - 1.0)))

    def scores(found: Rows, part: Chunk) -> Array:
        if not power:
            return found.pulled(found.score, found.shapes) * (1.0 if kind.name == "hc0" else factor)
        shapes = _unlevered(at, found, part) if at.noise.compresses else found.shapes * factor
        return found.pulled(found.adjusted(power), shapes)

    def squares(found: Rows, part: Chunk) -> Beside[Array]:
        s = scores(found, part)
        times = found.weight**2 if kind.name == "sampling" else found.weight
        return Beside(product(s.T, s * times[:, None]), Carried.of(found, directions))

    def neighbours(found: Rows, part: Chunk) -> "Beside[Moving]":
        from mlefit.inference.moving import Moving

        return Beside(Moving.of(scores(found, part), lags(kind, n)), Carried.of(found, directions))

    if kind.name == "hac":
        moving = rows.sum(lambda chunk: slab_sum(chunk, at, neighbours))
        return moving.middle.total, moving.carried
    summed = rows.sum(lambda chunk: slab_sum(chunk, at, squares))
    return summed.middle, summed.carried


def _unlevered(at: Maximum, found: Leverages, part: Chunk) -> Array:
    """The scores (n, s) of shapes for residuals e / sqrt(1 - h), whose squares have the mean of the errors'."""
    objective = at.objective
    coef, free = objective.split(at.theta)
    eta = objective.mean.eta(coef, part)
    left = np.where(found.determined, 1.0, 1.0 - found.size[:, 0])
    d1 = objective.criterion(replace(part, y=eta[:, 0] + (part.y - eta[:, 0]) / np.sqrt(left)), eta, free, 1).d1
    assert d1 is not None
    return d1[:, objective.mean.predictors :]
