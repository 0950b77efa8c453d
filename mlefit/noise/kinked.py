"""Kinked laws: densities with one corner, at the location, and an exponential tail on either side.

    c(r)      = above r where r >= 0, below |r| where r < 0
    q(y)      = exp(-c(y - eta) / s) / Z,   Z = s (1/below + 1/above)
    E c = s,    P(y < eta) = above / (above + below) = tau

With slopes 1 and 1 it is the laplace law, with 1 - tau and tau the asymmetric laplace law, whose loss is the check function of
quantile regression. The free shape is log s. The likelihood has no second derivative at the corner and 0 elsewhere; in its place
stands that of its expected value, the information, diag(below above / s^2, 1) for each row. Source: Koenker and Machado
(1999), Journal of the American Statistical Association 94, 1296-1310.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import LOCATION, Derivatives, Measure, NoiseModel, Predictor
from mlefit.noise.responses import NUMBERS

ROUNDING = 1e-13        # of what a residual is made of: a row on the plane, which counts as one above
SMALLEST = 1e-100       # what stands for a scale of 0, whose square is a number
NEAR = 1e-2     # x below which x + exp(-x) - 1 is a series
WHOLE = 1e-9        # relative: n tau is a whole number, so that two order statistics are quantiles


@dataclass(frozen=True)
class Kinked(NoiseModel):
    """A location, one scale, and two slopes."""

    measure = Measure.DENSITY
    response = NUMBERS
    located = True
    smooth = False
    loss_power: ClassVar[int] = 1

    @property
    @abstractmethod
    def slopes(self) -> tuple[float, float]:
        """Those of the loss below and above the location."""

    @property
    def rounded(self) -> str:
        """The loss with its corner rounded over S, tau r + S log(1 + exp(-r/S)), and laws that far rows move as little."""
        below, above = self.slopes
        loss = "log(cosh(r/S))" if below == above else f"{above:.6g}*r+S*log1p(exp(-r/S))"
        return (f'--loss "{loss}" in the place of --model is nearly that loss, with a tenth of a usual residual for S; or use '
                "--model student-t or huber, ")

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """A location."""
        return LOCATION

    @property
    def collapse(self) -> str:
        """The scale vanishes."""
        return f"{self.shapes[0].name} = 0"

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """log Z + c(r) / s; the curvature is the information."""
        below, above = self.slopes
        log_s = float(free[0])
        s = math.exp(log_s)
        r = y - eta[:, 0]
        cost = np.maximum(above * r, -below * r) / s
        value = cost + self._log_normaliser(log_s)
        if order == 0:
            return Derivatives(value)
        d1 = block(y.size, 2)
        on = ROUNDING * (np.abs(y) + np.abs(eta[:, 0]) + s)
        d1[:, 0] = np.where(r >= -on, -above / s, below / s)
        d1[:, 1] = 1.0 - cost
        information = np.array([below * above / s**2, 1.0])
        return Derivatives(value, d1, lambda v: np.broadcast_to(information * v, (y.size, 2)))

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """c(y - eta), whose second derivative is 0 but at the corner."""
        below, above = self.slopes
        error = eta[:, 0] - y
        value = np.where(error > 0.0, below * error, -above * error)
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, np.where(error > 0.0, below, -above)[:, None],
                           lambda v: np.broadcast_to(0.0 * v, (y.size, 1)))

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """log s with s the mean loss; 0 is none, and refused as an exact fit."""
        return np.array([math.log(max(mean_loss, SMALLEST))])

    def affine(self, free: Array) -> tuple[float, float]:
        """a = 1/s, c = log Z."""
        return math.exp(-float(free[0])), self._log_normaliser(float(free[0]))

    def _quantile_of(self, ordered: Array) -> float:
        below, above = self.slopes
        at = ordered.size * above / (above + below)
        if abs(at - round(at)) < WHOLE * max(1.0, at) and 1 <= round(at) < ordered.size:
            k = round(at)
            return float(0.5 * (ordered[k - 1] + ordered[k]))
        return float(ordered[min(math.ceil(at), ordered.size) - 1])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """The score is above/s with probability below/(above + below), else -below/s."""
        below, above = self.slopes
        square = np.square(direction[..., 0] * math.exp(-float(free[0])))
        second, fourth = below * above, below * above * (below**3 + above**3) / (below + above)
        return square * second, square * square * fourth

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log tau + below r/s below the location, above it the logarithm of what the upper tail leaves."""
        below, above = self.slopes
        z = (y - eta[:, 0]) * math.exp(-float(free[0]))
        upper = below / (above + below) * np.exp(-above * np.maximum(z, 0.0))
        return np.where(z < 0.0, math.log(above / (above + below)) + below * np.minimum(z, 0.0), np.log1p(-upper))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """The same from the other side."""
        below, above = self.slopes
        z = (y - eta[:, 0]) * math.exp(-float(free[0]))
        lower = above / (above + below) * np.exp(below * np.minimum(z, 0.0))
        return np.where(z >= 0.0, math.log(below / (above + below)) - above * np.maximum(z, 0.0), np.log1p(-lower))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """eta + s log(u / tau) / below up to tau, beyond it eta - s log((1 - u) / (1 - tau)) / above."""
        below, above = self.slopes
        tau = above / (above + below)
        with np.errstate(divide="ignore"):
            z = np.where(u < tau, np.log(u / tau) / below, -np.log((1.0 - u) / (1.0 - tau)) / above)
        found: Array = eta[:, 0] + math.exp(float(free[0])) * z
        return found

    def expected(self, eta: Array, free: Array) -> Array:
        """eta + s (1/above - 1/below)."""
        below, above = self.slopes
        found: Array = eta[:, 0] + math.exp(float(free[0])) * (1.0 / above - 1.0 / below)
        return found

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """s1/s2 - 1 - log(s1/s2), and for a shift D > 0 of the location (s1 above / (s2 below)) (x + exp(-x) - 1), x = below D/s1;
        for D < 0 with the slopes exchanged."""
        below, above = self.slopes
        narrower = float(free[0]) - float(other_free[0])
        z = (eta[:, 0] - other_eta[:, 0]) * math.exp(-float(free[0]))
        x = np.where(z >= 0.0, below * z, -above * z)
        factor = np.where(z >= 0.0, above / below, below / above) * math.exp(narrower)
        result: Array = math.expm1(narrower) - narrower + factor * _beyond(x)
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """eta + s (E1/above - E2/below) of two exponentials: the difference has a corner at 0 and these tails."""
        below, above = self.slopes
        first, second = rng.standard_exponential((2, eta.shape[0]))
        drawn: Array = eta[:, 0] + math.exp(float(free[0])) * (first / above - second / below)
        return drawn

    def _log_normaliser(self, log_s: float) -> float:
        below, above = self.slopes
        return log_s + math.log(1.0 / below + 1.0 / above)


def _beyond(x: Array) -> Array:
    """x + exp(-x) - 1 for x >= 0, by its series where the difference would cancel."""
    series = x * x * (1 / 2 - x * (1 / 6 - x * (1 / 24 - x * (1 / 120 - x * (1 / 720 - x / 5040)))))
    return np.where(x < NEAR, series, x + np.expm1(-x))
