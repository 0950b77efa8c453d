"""Cells: a density of values that are known to a step: the mass of the cell that a value stands for, and the fit of masses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.information.products import RANK
from mlefit.information.working import Working
from mlefit.noise.model import NoiseModel

STEPS = 8           # of the fit; an error shrinks by the share of the information that the cells take, at most a tenth
SETTLED = 1e-3      # total nats that the next step may still gain
SMOOTH = 1e-3       # standard deviations in a cell, below which a normal density is even in it: to 1e-7 of the variance
DIFFERENCE = 1e-4   # of a standard error of one row, for derivatives by differences


def log_mass(noise: NoiseModel, low: Array, high: Array, eta: Array, free: Array) -> Array:
    """log(F(high) - F(low)) for low < high (n,): differences are taken in the nearer tail, so none cancels to zero."""
    upper, lower = noise.log_sf(low, eta, free), noise.log_cdf(high, eta, free)
    flip = upper < lower
    near: Array = np.where(flip, upper, lower)
    far = np.where(flip, noise.log_sf(high, eta, free), noise.log_cdf(low, eta, free))
    with np.errstate(divide="ignore", invalid="ignore"):
        mass: Array = near + np.log1p(-np.exp(far - near))
    return np.where(np.isneginf(near), near, mass)


def fitted(rows: Working, low: Array, high: Array) -> Working:
    """The family fitted to the cells from `low` to `high` (n,), from the fit to the values, by steps with its information."""
    if rows.noise.compresses and float(np.max(high - low)) <= SMOOTH:
        return rows
    columns: Sequence[Array] = rows.designs
    m, s = rows.eta.shape[1], rows.free.size
    known = rows.with_shapes(columns)
    if rows.noise.compresses:
        known = np.pad(known, (0, s))
        known[-1, -1] = 2.0 * rows.n
    values, vectors = np.linalg.eigh(known)
    kept = values > RANK * values.max()
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    sizes = np.cumsum([c.shape[1] for c in columns])
    at, value = rows, float(log_mass(rows.noise, low, high, rows.eta, rows.free).sum())
    for _ in range(STEPS):
        slope = slopes(at, low, high)
        score = np.concatenate([c.T @ slope[:, a] for a, c in enumerate(columns)] + [slope[:, m:].sum(axis=0)])
        step = inverse @ score
        if not (np.all(np.isfinite(step)) and float(step @ score) > SETTLED):
            break
        parts = np.split(step, sizes)
        moved = at.eta + np.stack([c @ b for c, b in zip(columns, parts, strict=False)], axis=1)
        new = replace(at, eta=moved, free=at.free + parts[-1])
        reached = float(log_mass(rows.noise, low, high, new.eta, new.free).sum())
        if not reached > value:
            break
        at, value = new, reached
    return at


def slopes(rows: Working, low: Array, high: Array) -> Array:
    """Derivatives (n, m + s) of the log mass by predictors and shapes, by central differences."""
    m, s = rows.eta.shape[1], rows.free.size
    width = [DIFFERENCE / np.sqrt(max(float(rows.weights[a, a].mean()), 1e-300)) for a in range(m)] + [DIFFERENCE] * s
    found = []
    for k, h in enumerate(width):
        ends = []
        for sign in (1.0, -1.0):
            eta, free = rows.eta.copy(), rows.free.copy()
            if k < m:
                eta[:, k] += sign * h
            else:
                free[k - m] += sign * h
            ends.append(log_mass(rows.noise, low, high, eta, free))
        found.append((ends[0] - ends[1]) / (2.0 * h))
    return np.stack(found, axis=1)
