"""Smoothed: the neighbourhood of a least loss of straight lines, by searches on a loss whose corners are rounded.

Within e of the corner the slope runs straight from -below to above, so the loss there is a parabola:

    c_e(r) = (above + below) (r^2 + e^2) / (4 e) + (above - below) r / 2     for |r| <= e, else c(r)

(Chen 2007; convolution smoothing, Fernandes, Guerre and Horta 2021.) e falls until few rows are within it; which of those lie on
the plane is for the programme to tell. Neither search has to arrive for that: what it misses the programme's rounds find.
"""

from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.lines import Lines

STEPS = 5           # of Newton for each width
HALVES = 20         # of a step
FEWER = 4           # times as few rows within each next width
RIDGE = 1e-10       # of the trace: where the rows within span no space of p dimensions
STILL = 1e-6        # of the loss: a step that gains less ends the search at one width
QUICK = {"maxiter": 40, "ftol": 1e-9, "gtol": 1e-7}      # for L-BFGS-B at one width


class Rounded(NamedTuple):
    """The loss of `lines` with corners rounded to `width`."""

    lines: Lines
    width: float

    def value(self, r: Array, gamma: Array) -> float:
        """The total at residuals r (k,)."""
        below, above = self.lines.slopes
        within = np.abs(r) < self.width
        bent = (above + below) * (r * r + self.width**2) / (4.0 * self.width) + 0.5 * (above - below) * r
        return float(self.lines.weight @ np.where(within, bent, self.lines.slopes.loss(r)) - self.lines.pull @ gamma)

    def descent(self, r: Array) -> Array:
        """Minus the gradient (p,)."""
        below, above = self.lines.slopes
        slope = np.clip(0.5 * (above + below) / self.width * r + 0.5 * (above - below), -below, above)
        return np.asarray((self.lines.weight * slope) @ self.lines.z + self.lines.pull)

    def curvature(self, r: Array) -> Array:
        """Second derivatives (p, p)."""
        within = np.abs(r) < self.width
        z = self.lines.z[within]
        h = (z.T * self.lines.weight[within]) @ z * (0.5 * sum(self.lines.slopes) / self.width)
        return np.asarray(h + np.eye(len(h)) * max(RIDGE * float(np.trace(h)), np.finfo(float).tiny))


def few(lines: Lines) -> int:
    """So many rows are left to the programme."""
    return max(40 * lines.coordinates.rank, round(4 * float(np.sqrt(lines.size))))


def _widths(lines: Lines, gamma: Array, size: int) -> float:
    """The width that has `size` rows within it."""
    return float(np.partition(np.abs(lines.residual(gamma)), size - 1)[size - 1])


def by_newton(lines: Lines, gamma: Array) -> tuple[Array, int]:
    """Second-order steps, from `gamma`: where they end, and how many were taken."""
    size, taken = max(lines.size // 2, few(lines)), 0
    while size < lines.size and (width := _widths(lines, gamma, size)) > 0.0:
        loss, r = Rounded(lines, width), lines.residual(gamma)
        value = loss.value(r, gamma)
        for _ in range(STEPS):
            try:
                step = np.linalg.solve(loss.curvature(r), loss.descent(r))
            except np.linalg.LinAlgError:
                break
            along, length = lines.z @ step, 1.0
            for _ in range(HALVES):
                if loss.value(r - length * along, gamma + length * step) < value:
                    break
                length *= 0.5
            else:
                break
            gamma, taken = gamma + length * step, taken + 1
            r = lines.residual(gamma)
            before, value = value, loss.value(r, gamma)
            if before - value <= STILL * abs(value):
                break
        if size == few(lines):
            break
        size = max(size // FEWER, few(lines))
    return gamma, taken


def by_first_order(lines: Lines, gamma: Array) -> tuple[Array, int]:
    """L-BFGS-B, from `gamma`."""
    from scipy.optimize import minimize

    search: Any = minimize
    size, taken, total = max(lines.size // 2, few(lines)), 0, float(lines.weight.sum())
    while size < lines.size and (width := _widths(lines, gamma, size)) > 0.0:
        loss = Rounded(lines, width)

        def both(point: Array, loss: Rounded = loss) -> tuple[float, Array]:
            r = lines.residual(point)
            return loss.value(r, point) / (width * total), -loss.descent(r) / (width * total)

        found = search(both, gamma, jac=True, method="L-BFGS-B", options=QUICK)
        gamma, taken = np.asarray(found.x), taken + int(found.nit)
        if size == few(lines):
            break
        size = max(size // FEWER, few(lines))
    return gamma, taken
