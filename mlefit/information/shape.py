"""Shape: whether the residuals have the law that the model gives them, and normal scores that say how far from it."""

from typing import NamedTuple
from zlib import crc32

import numpy as np

from mlefit.arrays import Array
from mlefit.information.anderson import anderson_darling, between, fitted_law, stephens, uniform, upper_tail
from mlefit.information.arranged import Arranged
from mlefit.information.cells import slopes
from mlefit.information.resolution import Resolution
from mlefit.information.working import Working

CONSTANT = 0.9      # share of a constant that the fitted design holds, for the law of residuals with a mean of their own
FINE = 0.3          # standard deviations in a cell, up to which cells lose less than 1 % of the information
FARTHEST = 38.0     # |z| of the least probability that a double holds
DETERMINED = 1e-8   # 1 - h below which a row has no residual


class Residuals(NamedTuple):
    """log F and log(1 - F) (n,) at the responses, in a jump of F at a place drawn from the seed, and z = Phi^-1(F)."""

    log_cdf: Array
    log_survival: Array
    z: Array

    @classmethod
    def of(cls, rows: Working, cells: tuple[Array, Array] | None, seed: int) -> "Residuals":
        """Those of some rows, or of the cells, from low to high, for which their responses stand."""
        if rows.noise.compresses and cells is None:
            return cls._normal(rows.residuals[:, 0])
        share = shares(rows, seed)
        if cells is None:
            return cls._uniform(*uniform(rows.noise, rows.y, rows.eta, rows.free, share))
        low, high = ((rows.noise.log_cdf(y, rows.eta, rows.free), rows.noise.log_sf(y, rows.eta, rows.free)) for y in cells)
        return cls._uniform(*between(*low, *high, share))

    @classmethod
    def _normal(cls, z: Array) -> "Residuals":
        from scipy.special import log_ndtr

        return cls(log_ndtr(z), log_ndtr(-z), z)

    @classmethod
    def _uniform(cls, log_cdf: Array, log_survival: Array) -> "Residuals":
        from scipy.special import ndtri_exp

        z = np.where(log_cdf < log_survival, ndtri_exp(log_cdf), -ndtri_exp(log_survival))
        return cls(log_cdf, log_survival, np.clip(z, -FARTHEST, FARTHEST))


def shares(rows: Working, seed: int) -> Array:
    """Random numbers (n,), given out in the order of the responses, so that neither the order of the file nor a unit matters.

    How often each value occurs is part of their seed: with the same numbers for every data set, those that meet the rows with
    y = 0 would be the same few, and all data would err alike.
    """
    arranged = Arranged.of(rows.y)
    rng = np.random.default_rng([seed, rows.n, 4, crc32(arranged.counts.astype(np.int64).tobytes())])
    by_place = Arranged.of(rows.eta[:, 0]).within(np.arange(rows.n))
    found = np.empty(rows.n)
    found[arranged.within(by_place)] = rng.random(rows.n)
    return found


def shape(rows: Working, found: Residuals, resolution: Resolution) -> float:
    """p of Anderson and Darling's A^2."""
    squared = anderson_darling(found.log_cdf, found.log_survival)
    if resolution.step > FINE:      # in standard deviations: then the fit knows visibly less than one to the values
        def scores(y: Array) -> Array:
            ends = resolution.cells(y)
            assert ends is not None
            return slopes(rows, *ends)

        return upper_tail(fitted_law(rows, scores), squared)
    if rows.noise.compresses and _has_constant(rows):
        free = 1.0 - rows.leverage
        known = free > DETERMINED
        shrunk = np.sqrt((rows.n - rows.designs[0].shape[1]) / rows.n)
        z = Residuals._normal(found.z[known] * shrunk / np.sqrt(free[known]))
        return stephens(anderson_darling(z.log_cdf, z.log_survival), int(known.sum()))
    return upper_tail(fitted_law(rows), squared)


def _has_constant(rows: Working) -> bool:
    """Whether the design holds a constant, or nearly: then residuals have mean 0."""
    return rows.constant >= CONSTANT
