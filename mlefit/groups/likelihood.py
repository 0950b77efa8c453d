"""Both routes of all groups of a block, for a law with one predictor and no shapes, with the proof that each maximum exists.

A group is certain where both searches are within CERTIFIED nats, agree, and a Newton step moves no row's predictor by as much as
the law's `proof`:  sqrt(2 EDM) max_i |F'q_i| < proof, F F' = H^-1. Where every row is on its side of a direction, there is no
maximum.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.estimation.certificate import CERTIFIED
from mlefit.groups.answer import Answer, Intervals, wald
from mlefit.groups.buckets import Block
from mlefit.groups.newton import End, Rows, newton, quasi_newton, value
from mlefit.groups.profiles import Asked, profiled
from mlefit.groups.whitening import triangle_of, whitened
from mlefit.inference.curved import STEP
from mlefit.inference.law import NORMAL
from mlefit.inference.profile import MOST, in_doubt, skewness
from mlefit.noise.model import Measure, NoiseModel
from mlefit.pipeline.results import AGREE_GAP, AGREE_NATS

SINGULAR = 1e-12    # of the rows: the least curvature with which there is a maximum to speak of
STEEP = 1e-5        # of the largest curvature: where the least is below, sums of products have lost digits of standard errors
TIE = 1e-6      # margins below this, of rows of length about 1, are not taken for margins here


def likelihood(law: NoiseModel, block: Block, intercept: bool, level: float) -> Answer:
    """Errors by the curvature at the maximum; likelihood-ratio intervals where Wald's are not to be trusted."""
    k, n = block.kept.size, block.n
    white = whitened(block, triangle_of(block.x), intercept)
    rows = Rows(white.rows(block) * white.sound[:, None, None], block.y, block.there, n)
    mle = newton(law.nll, rows, np.zeros((n.size, k)))
    covariance, certain = _proven(law, rows, mle)
    certain &= white.sound
    separated = _separated(law, rows, mle) & white.sound & ~certain
    loss = _loss(law, rows, certain, k)
    a = law.affine(np.empty(0))[0]
    certain &= a * loss.edm <= CERTIFIED
    apart = np.where(certain[:, None], mle.theta - loss.theta, 0.0)
    excess = 0.5 * (apart * (mle.curvature @ apart[:, :, None])[:, :, 0]).sum(axis=1)
    mixed, unit = white.mixed(block, intercept), 1.0 / block.scale
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.maximum(((mixed @ covariance) * mixed).sum(axis=2), 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.abs((mixed @ apart[:, :, None])[:, :, 0]) / error
        certain &= (excess <= AGREE_NATS) & (gap <= AGREE_GAP).all(axis=1)
    known = (mixed @ mle.theta[:, :, None])[:, :, 0]
    estimate, std_error = known * unit, error * unit
    loss_estimate = (mixed @ loss.theta[:, :, None])[:, :, 0] * unit
    intervals = wald(estimate, std_error, level, None)
    certain &= np.isfinite(estimate).all(axis=1) & np.isfinite(std_error).all(axis=1)
    if law.measure is Measure.MASS:
        certain &= _profiles(law, rows, mle, covariance, mixed, error, known, unit, certain, intervals, level)
    return Answer(block.groups, block.kept, n, certain, separated, estimate, std_error, intervals, loss_estimate, gap,
                  mle.value / n)


def _loss(law: NoiseModel, rows: Rows, certain: Mask, k: int) -> End:
    """The route of least loss, where that of maximum likelihood has proven that there is an end."""
    b, some = certain.size, np.flatnonzero(certain)
    found = End(np.zeros((b, k)), np.zeros(b), np.zeros((b, k)), np.zeros((b, k, k)), np.full(b, np.inf))
    if some.size:
        own = rows.take(some)
        for whole, part in zip(found, newton(law.loss, own, quasi_newton(law.loss, own)), strict=True):
            whole[some] = part
    return found


def _proven(law: NoiseModel, rows: Rows, mle: End) -> tuple[Array, Mask]:
    """H^-1 (B, k, k), and where the search has ended at a maximum that exists."""
    k = mle.theta.shape[1]
    certain = mle.edm <= CERTIFIED
    with np.errstate(invalid="ignore"):
        sizes = np.linalg.eigvalsh(np.where(certain[:, None, None], mle.curvature, np.eye(k)))
        smallest = sizes[:, 0]
        certain &= smallest > SINGULAR * rows.n
        inverse = np.linalg.inv(np.where(certain[:, None, None], mle.curvature, np.eye(k)))
        steep = np.flatnonzero(certain & (smallest < STEEP * sizes[:, -1]))
        if steep.size:
            inverse[steep] = _by_rows(law, rows.take(steep), mle.theta[steep])
        rounding = 8.0 * float(np.finfo(float).eps) * rows.n
        square = 2.0 * np.where(certain, mle.edm, 0.0) + k * rounding**2 / np.where(certain, smallest, 1.0)
        longest = ((inverse @ rows.q) * rows.q).sum(axis=1).max(axis=1)
        certain &= np.isfinite(inverse).all(axis=(1, 2))
        if law.separable:
            certain &= np.sqrt(square * longest) < law.proof
    return inverse, certain


def _by_rows(law: NoiseModel, rows: Rows, theta: Array) -> Array:
    """H^-1 (B, k, k) by the triangle of the rows times the roots of their weights, which has the digits that H has lost."""
    bend = np.maximum(_bend(law, rows, rows.eta(theta)), 0.0) * rows.there
    back = np.linalg.inv(triangle_of(rows.q * np.sqrt(bend)[:, None]))
    return np.asarray(back @ back.transpose(0, 2, 1))


def _separated(law: NoiseModel, rows: Rows, mle: End) -> Mask:
    """Groups whose every row is on its side of where the search has come, so that -log L falls along it for ever (B,)."""
    if not law.separable:
        return np.zeros(rows.n.size, bool)
    keeps = law.outcomes(rows.y.ravel()).reshape(2, *rows.y.shape)
    side = keeps[1].astype(np.float64) - keeps[0]       # 0 where the predictor may go neither way
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(mle.theta).max(axis=1)
        margin = side * rows.eta(mle.theta / np.where(size > 0.0, size, 1.0)[:, None])
    both = rows.y.min(axis=1) < rows.y.max(axis=1)      # else there is more to say than that
    return np.asarray((np.where(rows.there > 0.0, margin, np.inf) > TIE).all(axis=1) & both)


def _profiles(
    law: NoiseModel, rows: Rows, mle: End, covariance: Array, mixed: Array, error: Array, known: Array, unit: Array,
    certain: Mask, intervals: Intervals, level: float,
) -> Mask:
    """Replace the intervals (B, k) of coefficients in doubt by those of likelihood ratios; where that succeeded (B,)."""
    eta = rows.eta(mle.theta)
    weights = (mixed @ covariance) / error[:, :, None]          # J^-1 a, a in units of its standard error
    c = weights @ rows.q                                        # (B, k, M)
    bent = (_bend(law, rows, eta + STEP) - _bend(law, rows, eta - STEP)) / (2.0 * STEP) * rows.there
    with np.errstate(invalid="ignore"):
        third = ((c * c * c) @ bent[:, :, None])[:, :, 0]
        skew = skewness(third, np.ones(1))
        doubted = in_doubt(skew, known, error) & certain[:, None]
    good: Mask = np.asarray(doubted.sum(axis=1) <= MOST)
    group, place = np.nonzero(doubted & good[:, None])
    if not group.size:
        return good
    asked = Asked(rows.take(group), mle.theta[group], value(law.nll, rows, eta)[group], mixed[group, place], error[group, place])
    found = profiled(law.nll, asked, NORMAL.quantile(level))
    from scipy.special import ndtr

    scale = unit[group, place]
    told = (found.low * scale, found.high * scale, found.root, 2.0 * ndtr(-np.abs(found.root)))
    for whole, part in zip(intervals, told, strict=True):
        whole[group, place] = part
    good[group[~found.found]] = False
    return good


def _bend(law: NoiseModel, rows: Rows, eta: Array) -> Array:
    """Second derivatives of rows (B, M)."""
    found = law.nll(rows.y.ravel(), eta.reshape(-1, 1), np.empty(0), 2).curvature
    assert found is not None
    return found(np.ones((eta.size, 1)))[:, 0].reshape(eta.shape)
