"""Least squares of all groups of a block, for a law of which sums of squares are all that counts.

Maximum likelihood: the triangle of [X y] (Householder), R B = Q'y. Least loss: steps down the gradient of the mean loss in the
coordinates in which the columns are orthonormal, where one step from zero is the way and the next one what rounding has left of it.
Both are certified on the rows themselves: EDM = |Q'e|^2 / (2 sigma^2), e = y - X B.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import CERTIFIED
from mlefit.groups.answer import Answer, Shapes, wald
from mlefit.groups.buckets import Block
from mlefit.groups.whitening import White, triangle_of, whitened
from mlefit.inference.fourth_moment import CRITICAL
from mlefit.inference.leverage import DETERMINED
from mlefit.noise.model import NoiseModel
from mlefit.pipeline.results import AGREE_GAP, AGREE_NATS

STEPS = 2           # down the gradient
NOTHING = 1e-9      # of the largest response: errors as small as that may be rounding, and are looked at alone


class Fitted(NamedTuple):
    """Coefficients (B, k) of both routes in the coordinates of the search, errors of rows (B, M), and sums of squares (B,)."""

    theta: Array
    loss_theta: Array
    error: Array
    rss: Array
    loss_rss: Array
    y_centre: Array
    y_scale: Array


def least_squares(law: NoiseModel, block: Block, intercept: bool, level: float) -> Answer:
    """Both routes, errors by t with n - k, and the interval of the scale."""
    k, n = block.kept.size, block.n
    y, y_centre, y_scale = _encoded(block, intercept)
    triangle = triangle_of(np.concatenate([block.x, y[:, None]], axis=1))
    white = whitened(block, triangle[:, :k, :k], intercept)
    q, found = _fitted(block, white, triangle, y, y_centre, y_scale)
    largest = np.abs(y).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, loss_mean = found.rss / n, found.loss_rss / n
        certain = white.sound & (np.sqrt(mean) > NOTHING * (largest + np.abs(y_centre) / y_scale)) & np.isfinite(mean)
        mean, loss_mean = np.where(certain, mean, 1.0), np.where(certain, loss_mean, 1.0)
        edm = [0.5 * np.square((q @ (error * block.there)[:, :, None])[:, :, 0]).sum(axis=1) / (n * square) for error, square in (
            (found.error, mean), (y - (found.loss_theta[:, None] @ q)[:, 0], loss_mean))]
    free = np.array([law.implied_shapes(value, 0.0)[0] for value in mean.tolist()])
    loss_free = np.array([law.implied_shapes(value, 0.0)[0] for value in loss_mean.tolist()])
    excess = 0.5 * np.square(found.theta - found.loss_theta).sum(axis=1) * n / mean
    df = n - k
    mixed, unit = white.mixed(block, intercept), y_scale[:, None] / block.scale
    length = np.linalg.norm(mixed, axis=2)
    model = np.sqrt(mean / n)[:, None] * length
    estimate, loss_estimate = (
        (mixed @ theta[:, :, None])[:, :, 0] * unit for theta in (found.theta, found.loss_theta))
    gap = np.abs((mixed @ (found.theta - found.loss_theta)[:, :, None])[:, :, 0]) / model
    if intercept:
        estimate[:, 0] += y_centre
        loss_estimate[:, 0] += y_centre
    std_error = model * unit * np.sqrt(n / df)[:, None]
    shapes = _scale(law, found, q, block, free, loss_free, df, level)
    certain &= (edm[0] <= CERTIFIED) & (edm[1] <= CERTIFIED) & (excess <= AGREE_NATS) & (gap <= AGREE_GAP).all(axis=1)
    certain &= np.isfinite(estimate).all(axis=1) & np.isfinite(std_error).all(axis=1) & np.isfinite(shapes.low)
    affine = np.array([law.affine(np.array([value])) for value in free.tolist()]).reshape(-1, 2)
    cross = affine[:, 0] * mean + affine[:, 1] + np.log(y_scale)
    return Answer(block.groups, block.kept, n, certain, np.zeros(n.size, bool), estimate, std_error,
                  wald(estimate, std_error, level, df), loss_estimate, gap, cross, df, shapes)


def _encoded(block: Block, intercept: bool) -> tuple[Array, Array, Array]:
    """The responses (B, M), 0 where there is no row, with their centres and scales (B,)."""
    centre = block.y[:, 0].copy() if intercept else np.zeros(block.n.size)
    moved = block.y - centre[:, None]
    with np.errstate(divide="ignore"):
        scale = np.exp2(np.clip(np.ceil(np.log2(np.abs(moved).max(axis=1))), -1000.0, 1000.0))
    return moved / scale[:, None] * block.there, centre, scale


def _fitted(
    block: Block, white: White, triangle: Array, y: Array, y_centre: Array, y_scale: Array
) -> tuple[Array, Fitted]:
    k, n = block.kept.size, block.n
    q = white.rows(block)
    theta = triangle[:, :k, k] / np.sqrt(n)[:, None]
    theta = np.where(white.sound[:, None], theta, 0.0)
    down = np.zeros_like(theta)
    for _ in range(STEPS):
        down = down + (q @ (y - (down[:, None] @ q)[:, 0])[:, :, None])[:, :, 0] / n[:, None]
    error = y - (theta[:, None] @ q)[:, 0]
    rest = y - (down[:, None] @ q)[:, 0]
    return q, Fitted(theta, down, error, np.square(error).sum(axis=1), np.square(rest).sum(axis=1), y_centre, y_scale)


def _scale(
    law: NoiseModel, found: Fitted, q: Array, block: Block, free: Array, loss_free: Array, df: Array, level: float
) -> Shapes:
    """The scale with its interval: by the chi-squared law, or by the fourth moment where the shape of the errors is not normal."""
    from scipy.special import chdtri, stdtrit

    n, (shape,) = block.n, law.shapes
    curvature = law.nll(np.ones(1), np.zeros((1, 1)), law.implied_shapes(1.0, 0.0), 2).curvature
    assert curvature is not None
    information = float(curvature(np.array([[0.0, 1.0]]))[0, 1])     # of a row about the log of the scale
    log_error = 1.0 / np.sqrt(information * n)
    unit = found.y_scale**shape.unit_power
    estimate, loss_estimate = (
        np.array([shape.to_natural(value) for value in values.tolist()]) * unit for values in (free, loss_free))
    tail = 0.5 * (1.0 - level)
    low, high = (estimate * np.sqrt(n) / np.sqrt(chdtri(df, chance)) for chance in (tail, 1.0 - tail))
    leverage = np.square(q).sum(axis=1) / n[:, None]
    wild, fourth = _not_normal(found, leverage, block, df)
    with np.errstate(over="ignore"):
        factor = np.exp(-stdtrit(df, tail) * fourth)
    low, high = np.where(wild, estimate / factor, low), np.where(wild, estimate * factor, high)
    error = estimate * np.where(wild, fourth, log_error)
    low = np.where((leverage * block.there >= 1.0 - DETERMINED).any(axis=1), np.nan, low)      # such rows are looked at alone
    return Shapes(estimate, error, low, high, loss_estimate, np.abs(free - loss_free) / log_error)


def _not_normal(found: Fitted, leverage: Array, block: Block, df: Array) -> tuple[Array, Array]:
    """Where Anderson and Darling's test finds the studentised errors not normal, and the error of the log of their scale by their
    fourth moment (B,), as `inference.fourth_moment`."""
    from scipy.special import log_ndtr

    n, width = block.n[:, None], block.there.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = found.error / np.sqrt(found.rss / block.n)[:, None] / np.sqrt(np.maximum(1.0 - leverage, DETERMINED))
        fourth = np.sqrt((block.there * np.square(1.0 - np.square(z))).sum(axis=1)) / block.n / 2.0
    z = np.sort(np.where(block.there > 0.0, z * np.sqrt(df / block.n)[:, None], np.inf), axis=1)
    rank = np.arange(1.0, width + 1.0)
    inside = rank <= n
    z = np.where(inside, z, 0.0)
    terms = (2.0 * rank - 1.0) * log_ndtr(z) + (2.0 * (n - rank) + 1.0) * log_ndtr(-z)
    a = -block.n - (inside * terms).sum(axis=1) / block.n
    with np.errstate(invalid="ignore"):
        return a * (1.0 + 0.75 / block.n + 2.25 / block.n**2) > CRITICAL, fourth
