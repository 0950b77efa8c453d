"""Links of a probability p to its predictor eta: what a success and a failure cost, in stable forms.

    logit    p = 1 / (1 + exp(-eta))       probit   p = Phi(eta)       cloglog   p = 1 - exp(-exp(eta))

`success(eta)` is -log p and `failure(eta)` -log(1 - p), each with its first two derivatives. Nothing is clipped: no difference
from 1 is formed. Source: McCullagh and Nelder, Generalized Linear Models, section 4.3.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

Cost = tuple[Array, Array, Array]       # value, first and second derivative by eta

ROOT_2_OVER_PI = math.sqrt(2.0 / math.pi)
FAR = -50.0         # below, M (M + t) of the normal law cancels, and its series has all digits
SMALL = 1e-3        # below, u / (1 - exp(-u)) - 1 cancels
LOG_2 = math.log(2.0)


class Link(NamedTuple):
    """What a success and a failure cost, p and 1 - p with all their digits, and eta of a p.

    `proof`: a Newton step that changes no predictor by this much proves that there is a maximum. It is the least ratio of the
    second to the third derivative of a cost where the doubles still have them (self-concordance, Bach 2010). `text`: p, as a
    derivation writes it; `mirrored`: whether p(-eta) = 1 - p(eta), so that a failure is a success at -eta. `short`: the binary
    cross-entropy of y and eta, where it has a shorter form.
    """

    success: Callable[[Array], Cost]
    failure: Callable[[Array], Cost]
    probabilities: Callable[[Array], tuple[Array, Array]]
    of: Callable[[Array], Array]
    proof: float
    text: str
    formulas: tuple[str, str] = ("logistic(-eta)", "logistic(eta)")       # 1 - p and p, as other programs compute them
    mirrored: bool = True
    short: Callable[[Array, Array], Cost] | None = None

    def cost(self, y: Array, eta: Array) -> Cost:
        """What it costs that y (n,), 0 or 1, is what it is."""
        if self.mirrored:
            sign = 2.0 * y - 1.0
            value, slope, bend = self.success(sign * eta)
            return value, sign * slope, bend
        return self._either(y, eta)

    def cross_entropy(self, y: Array, eta: Array) -> Cost:
        """-(y log p + (1 - y) log(1 - p)) for y (n,), 0 or 1."""
        return self._either(y, eta) if self.short is None else self.short(y, eta)

    def cross_entropy_of_share(self, share: Array, eta: Array) -> Cost:
        """The same for a share (n,) in [0, 1]."""
        if self.short is not None:
            return self.short(share, eta)
        value, slope, bend = (
            np.where(share > 0.0, share * a, 0.0) + np.where(share < 1.0, (1.0 - share) * b, 0.0)
            for a, b in zip(self.success(eta), self.failure(eta), strict=True))
        return value, slope, bend

    def _either(self, y: Array, eta: Array) -> Cost:
        value, slope, bend = (np.where(y == 1.0, a, b) for a, b in zip(self.success(eta), self.failure(eta), strict=True))
        return value, slope, bend


def _logit_success(eta: Array) -> Cost:
    """log(1 + exp(-eta))."""
    small = np.exp(-np.abs(eta))
    denominator = 1.0 + small
    missed = np.where(eta >= 0.0, small, 1.0) / denominator
    return np.log1p(small) - np.minimum(eta, 0.0), -missed, small / (denominator * denominator)


def _probit_success(eta: Array) -> Cost:
    """-log Phi, by M = phi / Phi: -M and M (M + eta)."""
    from scipy.special import erfcx, log_ndtr

    with np.errstate(over="ignore", invalid="ignore"):
        mills = ROOT_2_OVER_PI / erfcx(-eta / math.sqrt(2.0))
        w = 1.0 / np.square(np.minimum(eta, FAR))
        bend = np.where(eta < FAR, 1.0 + w * (-1.0 + w * (6.0 + w * (-50.0 + w * 518.0))), mills * (mills + eta))
    return -np.asarray(log_ndtr(eta)), -mills, bend


def _cloglog_success(eta: Array) -> Cost:
    """-log(1 - exp(-u)), u = exp(eta), by g = u / (exp(u) - 1): -g and g (u / (1 - exp(-u)) - 1)."""
    from scipy.special import exprel

    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        u = np.exp(eta)
        value = np.where(u > LOG_2, -np.log1p(-np.exp(-u)), np.where(eta < -30.0, 0.5 * u - eta, -np.log(-np.expm1(-u))))
        g = 1.0 / exprel(u)
        ratio = np.where(u < SMALL, u * (0.5 + u / 12.0), u / -np.expm1(-u) - 1.0)
        return value, -g, np.where(g > 0.0, g * ratio, 0.0)


def _cloglog_failure(eta: Array) -> Cost:
    """u = exp(eta), infinite where that is beyond the doubles: a step too far."""
    with np.errstate(over="ignore"):
        u = np.exp(eta)
    return u, u, u


def _mirrored(success: Callable[[Array], Cost]) -> Callable[[Array], Cost]:
    """What a failure costs where p(-eta) = 1 - p(eta)."""

    def failure(eta: Array) -> Cost:
        value, slope, bend = success(-eta)
        return value, -slope, bend

    return failure


def _logistic(eta: Array) -> tuple[Array, Array]:
    """1 / (1 + exp(-eta)) and 1 / (1 + exp(eta))."""
    small = np.exp(-np.abs(eta))
    larger = 1.0 / (1.0 + small)
    smaller, positive = small * larger, eta >= 0.0
    return np.where(positive, larger, smaller), np.where(positive, smaller, larger)


def _of_logit(y: Array, eta: Array) -> Cost:
    """log(1 + exp(eta)) - y eta."""
    p, q = _logistic(eta)
    return np.maximum(eta, 0.0) - y * eta + np.log1p(np.exp(-np.abs(eta))), (1.0 - y) * p - y * q, p * q


def _normal(eta: Array) -> tuple[Array, Array]:
    from scipy.special import ndtr

    return np.asarray(ndtr(eta)), np.asarray(ndtr(-eta))


def _gompertz(eta: Array) -> tuple[Array, Array]:
    with np.errstate(over="ignore"):
        u = np.exp(eta)
    return -np.expm1(-u), np.exp(-u)


def _normal_quantile(p: Array) -> Array:
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


LINKS = {
    "logit": Link(_logit_success, _mirrored(_logit_success), _logistic, lambda p: np.log(p / (1.0 - p)), 1.0,
                  "1 / (1 + exp(-eta))", short=_of_logit),
    "probit": Link(_probit_success, _mirrored(_probit_success), _normal, _normal_quantile, 1.0 / 50.0, "Phi(eta), normal",
                   ("normal_cdf(-eta)", "normal_cdf(eta)")),
    "cloglog": Link(_cloglog_success, _cloglog_failure, _gompertz, lambda p: np.log(-np.log1p(-p)), 1.0 / 1000.0,
                    "1 - exp(-exp(eta))", ("exp(-exp(eta))", "-expm1(-exp(eta))"), mirrored=False),
}
