"""Population: what minimising a loss does to responses of one known law, gamma with shape 4 and mean 1, by quadrature.

Its mean is 1, its median 0.918 and its mode 0.75. What is said of a loss that is no noise model is measured there, not assumed.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array

SHAPE = 4.0
UP_TO = 15.0                # exp(-60): nothing beyond counts
PANELS = 400            # on either side of f
CANDIDATES = np.concatenate([np.linspace(0.02, 3.0, 150), np.linspace(3.1, 12.0, 90)])
SECTIONS = 60
GOLDEN = 0.6180339887498949
NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)
WORDS = "y ~ gamma of shape 4 and mean 1"


def _rows(f: float) -> tuple[Array, Array]:
    """Responses (n,) and their weights, which add up to 1. Panels are dense near 0, where the density is steep, and end at f, where
    a loss may have a corner."""
    steps = np.linspace(0.0, 1.0, PANELS + 1)
    edges = np.concatenate([f * steps**2, f + (UP_TO - f) * steps[1:] ** 2])
    y = (edges[:-1, None] + np.diff(edges)[:, None] * 0.5 * (1.0 + NODES)).ravel()
    weight = (np.diff(edges)[:, None] * 0.5 * WEIGHTS).ravel() * y ** (SHAPE - 1.0) * np.exp(-SHAPE * y)
    return y, weight / weight.sum()


def minimiser(loss: Callable[[Array, float], Array]) -> float | None:
    """The f in (0.02, 12) of least mean loss(y, f); None where it is at an end or the mean does not exist."""
    def mean(f: float) -> float:
        y, weight = _rows(f)
        with np.errstate(all="ignore"):
            found = float(weight @ loss(y, f))
        return found if np.isfinite(found) else np.inf

    height = np.array([mean(f) for f in CANDIDATES])
    best = int(np.argmin(height))
    if best in (0, CANDIDATES.size - 1) or not np.isfinite(height[best]):
        return None
    low, high = float(CANDIDATES[best - 1]), float(CANDIDATES[best + 1])
    for _ in range(SECTIONS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if mean(left) <= mean(right) else (left, high)
    return 0.5 * (low + high)


def said(found: float | None) -> str:
    """The minimiser against the mean, in a sentence."""
    if found is None:
        return ""
    away = 100.0 * (found - 1.0)
    against = "the mean" if abs(away) < 0.05 else f"{away:+.0f} % of the mean" if abs(away) >= 0.5 else f"{away:+.1f} % of the mean"
    return f"On {WORDS} its minimiser is {found:.3f} ({against}). "
