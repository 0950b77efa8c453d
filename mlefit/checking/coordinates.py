"""Common: the parameters of the saved model and of the refit in the same coordinates, those of the encoded columns.

A column that does not vary in the new rows has no coefficient there. What it adds to every row then belongs to the constant of
the saved model: B_0 + z_j B_j, with z_j its one encoded value.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.inference.effective import residual_df
from mlefit.pipeline.fitted import Fitted
from mlefit.rows.chunk import Chunk
from mlefit.saved.model import Errors, Saved


class Common(NamedTuple):
    """`statistic`: d' V^-1 d of the differences, of which `df` have errors. `names`, `saved`, `refit`, `errors` (q,): in natural
    units. `parameters`: of the refit. `predictors`: those (n, m) of rows by the saved model, `free` its shapes and `refitted` those
    of the refit; `apart`: root mean square of the differences of locations, for a law of sums of squares.
    """

    statistic: float
    df: int
    names: tuple[tuple[str, str | None], ...]
    saved: Array
    refit: Array
    errors: Array
    parameters: int
    predictors: Callable[[Chunk], Array]
    free: Array
    refitted: Array
    apart: float | None


class Shapes(NamedTuple):
    """Free shapes (s,) of the saved model and of the refit, and what multiplies the roots of their covariances.

    Of a law of sums of squares they are those of RSS / (n - p): at the maximum the scale is too small by a share p/2n, and two fits
    to different numbers of rows differ by that alone."""

    saved: Array
    refit: Array
    wider: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of(cls, saved: Saved, found: Fitted) -> "Shapes":
        """Raises NoEstimateError where the refit has shapes at a limit."""
        noise, before, now = found.fit.noise, saved.free, found.fit.mle.theta[found.mean.size :]
        if len(noise.shapes) != len(before):
            raise NoEstimateError(f"the new rows alone are best fitted at a limit of {saved.noise.name}", code="limit")
        if not noise.compresses or not saved.training.residual_df:
            return cls(before, now)
        wider = (float(np.sqrt(saved.training.n / saved.training.residual_df)),
                 float(np.sqrt(found.fit.n / residual_df(found.fit.n, found.mean.size))))
        return cls(before + np.log(wider[0]), now + np.log(wider[1]), wider)


def common(saved: Saved, found: Fitted, own: Errors) -> Common:
    """Raises NoEstimateError where some column has a coefficient in one of the fits alone, and is no constant in the new rows."""
    noise, mean = found.fit.noise, found.mean
    told = Shapes.of(saved, found)
    before, now = saved.encoding.kept, tuple(mean.part(k).kept for k in range(mean.predictors))
    moves = [_moves(saved, found, k) for k in range(len(before))]
    root, fresh = saved.errors.root, own.root
    assert root is not None
    assert fresh is not None
    starts = np.cumsum([0, *(len(places) for places in before)]).tolist()
    pieces, old = [], []
    for k, move in enumerate(moves):
        part = slice(starts[k], starts[k + 1])
        pieces.append(move @ root[part])
        old.append(move @ saved.coefficients[part])
    coefficients = mean.coordinates.encoded(found.fit.mle.theta[: mean.size])
    shapes = len(told.refit)
    mine = np.concatenate([*pieces, _shape_root(saved.errors, shapes, root.shape[1]) * told.wider[0]])
    other = np.concatenate([fresh, _shape_root(own, shapes, fresh.shape[1]) * told.wider[1]])
    value = np.concatenate([*old, told.saved])
    new = np.concatenate([coefficients, told.refit])
    natural, shift = _natural(saved, found, now, shapes)
    both = np.concatenate([mine, other], axis=1)
    labels = saved.predictors.labels()
    names = (*((labels[j], noise.predictors[k].class_) for k, places in enumerate(now) for j in places),
             *((f"log {shape.name}", None) for shape in noise.shapes))
    each = tuple((places, saved.coefficients[starts[k] : starts[k + 1]]) for k, places in enumerate(before))

    def predictors(chunk: Chunk) -> Array:
        return np.stack([chunk.x[:, list(places)] @ own for places, own in each], axis=1)

    apart = None
    if noise.compresses:
        apart = float(np.linalg.norm(found.problem.shape.r @ (new - value)[: mean.size])) / float(np.sqrt(found.fit.n))
    return Common(*joint(new - value, both), names, natural @ value + shift, natural @ new + shift,
                  np.linalg.norm(natural @ both, axis=1), len(new), predictors, *told[:2], apart)


def joint(difference: Array, root: Array) -> tuple[float, int]:
    """d' V^-1 d of differences (q,) with a `root` (q, d) of V, and how many have an error: the scale of a working law has none."""
    with np.errstate(over="ignore"):
        scale = np.linalg.norm(root, axis=1)
    told = scale > 0.0
    difference, scale = difference[told], scale[told]
    if not (np.isfinite(scale).all() and np.isfinite(difference).all()):      # of which LAPACK would complain on stderr
        raise FloatingPointError
    white = np.linalg.lstsq(root[told] / scale[:, None], difference / scale, rcond=None)[0]
    return float(white @ white), int(told.sum())


def _shape_root(errors: Errors, shapes: int, width: int) -> Array:
    """(s, d): that of the shapes, zeros where the errors know of none."""
    if not shapes or errors.shape_root is None or not errors.shape_root.size:
        return np.zeros((shapes, width))
    return errors.shape_root


def _moves(saved: Saved, found: Fitted, predictor: int) -> Array:
    """(new, old): what the coefficients of the new rows are of those of the saved model."""
    before, now = saved.encoding.kept[predictor], found.mean.part(predictor).kept
    labels, moments = saved.predictors.labels(), found.problem.prepared.moments
    free = [j for j in now if j not in before]
    if free:
        raise NoEstimateError(f"{labels[free[0]]} had no coefficient of its own in the rows fitted, and has one in the new rows",
                              code="collinear")
    move = np.array([[float(i == j) for j in before] for i in now])
    constant = bool(saved.predictors.intercept) and now[:1] == (0,)
    scaling = saved.encoding.scaling
    for at, j in enumerate(before):
        if j in now:
            continue
        value = float(moments.low[j])
        if not moments.constant(j) or (not constant and value * scaling.scale[j] + scaling.centre[j] != 0.0):
            raise NoEstimateError(f"{labels[j]} is determined by other columns in the new rows", code="collinear")
        if constant:
            move[0, at] = value
    return move


def _natural(saved: Saved, found: Fitted, kept: tuple[tuple[int, ...], ...], shapes: int) -> tuple[Array, Array]:
    """(T, t): natural = T encoded + t, over all predictors and the logarithms of the shapes."""
    scaling, noise, size = saved.encoding.scaling, found.fit.noise, sum(len(places) for places in kept) + shapes
    matrix, shift, at = np.eye(size), np.zeros(size), 0
    log_unit = float(np.log(scaling.y_scale))
    for k, places in enumerate(kept):
        of = noise.predictors[k]
        unit = scaling.y_scale**of.unit_power
        for place, j in enumerate(places):
            matrix[at + place, at + place] = unit / scaling.scale[j]
            if saved.predictors.intercept and places[0] == 0 and place:
                matrix[at, at + place] = -unit * scaling.centre[j] / scaling.scale[j]
        if saved.predictors.intercept and places[:1] == (0,):
            shift[at] = of.unit_power * scaling.y_centre + of.log_unit * log_unit
        at += len(places)
    for place, shape in enumerate(noise.shapes):
        shift[at + place] = shape.unit_power * log_unit
    return matrix, shift
