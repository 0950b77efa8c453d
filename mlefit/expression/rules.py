"""Rules: the value and the first two derivatives of a function of one number, each in a form that keeps its digits.

    f(u), f'(u), f''(u)

Where a derivative does not exist (abs at 0) it is that of the middle, 0; where it is infinite (sqrt at 0), infinite.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mlefit.expression.tree import Value, logistic, normal_cdf

LOG_2, LOG_10 = float(np.log(2.0)), float(np.log(10.0))
NORMAL = float(1.0 / np.sqrt(2.0 * np.pi))


class Derivatives(NamedTuple):
    """f(u), f'(u), f''(u); None for an f'' that is 0."""

    value: Value
    first: Value
    second: Value | None


def _log(unit: float, logarithm: Callable[[Value], Value]) -> Callable[[Value], Derivatives]:
    return lambda u: Derivatives(logarithm(u), 1.0 / (unit * u), -1.0 / (unit * u * u))


def _sqrt(u: Value) -> Derivatives:
    root = np.sqrt(u)
    return Derivatives(root, 0.5 / root, -0.25 / (u * root))


def _exp(u: Value) -> Derivatives:
    value = np.exp(u)
    return Derivatives(value, value, value)


def _expm1(u: Value) -> Derivatives:
    slope = np.exp(u)
    return Derivatives(np.expm1(u), slope, slope)


def _sin(u: Value) -> Derivatives:
    value = np.sin(u)
    return Derivatives(value, np.cos(u), -value)


def _cos(u: Value) -> Derivatives:
    value = np.cos(u)
    return Derivatives(value, -np.sin(u), -value)


def _tan(u: Value) -> Derivatives:
    value = np.tan(u)
    first = 1.0 + value * value
    return Derivatives(value, first, 2.0 * value * first)


def _arcsin(u: Value) -> Derivatives:
    first = 1.0 / np.sqrt((1.0 - u) * (1.0 + u))
    return Derivatives(np.arcsin(u), first, u * first**3)


def _arccos(u: Value) -> Derivatives:
    first = -1.0 / np.sqrt((1.0 - u) * (1.0 + u))
    return Derivatives(np.arccos(u), first, u * first**3)


def _arctan(u: Value) -> Derivatives:
    first = 1.0 / (1.0 + u * u)
    return Derivatives(np.arctan(u), first, -2.0 * u * first * first)


def _sinh(u: Value) -> Derivatives:
    value = np.sinh(u)
    return Derivatives(value, np.cosh(u), value)


def _cosh(u: Value) -> Derivatives:
    value = np.cosh(u)
    return Derivatives(value, np.sinh(u), value)


def _tanh(u: Value) -> Derivatives:
    value, first = np.tanh(u), 1.0 / np.cosh(u) ** 2        # not 1 - tanh^2, which loses its digits far out
    return Derivatives(value, first, -2.0 * value * first)


def _log_cosh(u: Value) -> Derivatives:
    size, slope = np.abs(u), np.tanh(u)
    near = 0.5 * np.log1p(np.sinh(np.minimum(size, 1.0)) ** 2)      # where the difference below would cancel
    value = np.where(size < 1.0, near, size + np.log1p(np.exp(-2.0 * size)) - LOG_2)[()]
    return Derivatives(value, slope, 1.0 / np.cosh(u) ** 2)


def _logistic(u: Value) -> Derivatives:
    value, other = logistic(u), logistic(-u)
    first = value * other
    return Derivatives(value, first, first * (other - value))


def _softplus(u: Value) -> Derivatives:
    value = logistic(u)
    return Derivatives(np.logaddexp(0.0, u), value, value * logistic(-u))


def _normal(u: Value) -> Derivatives:
    first = NORMAL * np.exp(-0.5 * u * u)
    return Derivatives(normal_cdf(u), first, -u * first)


def _logit(u: Value) -> Derivatives:
    first = 1.0 / (u * (1.0 - u))
    return Derivatives(np.log(u) - np.log1p(-u), first, (2.0 * u - 1.0) * first * first)


def _probit(u: Value) -> Derivatives:
    from scipy.special import ndtri

    value = ndtri(u)
    first = np.exp(0.5 * value * value) / NORMAL
    return Derivatives(value, first, value * first * first)


def _cloglog(u: Value) -> Derivatives:
    """log(-log(1 - u)): with q = 1 / (1 - u) and l = -log(1 - u), q / l and (q / l) (q - q / l)."""
    hazard, other = -np.log1p(-u), 1.0 / (1.0 - u)
    first = other / hazard
    return Derivatives(np.log(hazard), first, first * (other - first))


def _abs(u: Value) -> Derivatives:
    return Derivatives(np.abs(u), np.sign(u), None)


RULES: Mapping[str, Callable[[Value], Derivatives]] = {
    "log": _log(1.0, np.log), "log2": _log(LOG_2, np.log2), "log10": _log(LOG_10, np.log10),
    "log1p": lambda u: Derivatives(np.log1p(u), 1.0 / (1.0 + u), -1.0 / (1.0 + u) ** 2),
    "exp": _exp, "expm1": _expm1, "sqrt": _sqrt, "abs": _abs, "sin": _sin, "cos": _cos, "tan": _tan,
    "arcsin": _arcsin, "arccos": _arccos, "arctan": _arctan, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh,
    "logistic": _logistic, "normal_cdf": _normal,
    "log_cosh": _log_cosh, "softplus": _softplus,           # only rewriting makes these,
    "logit": _logit, "probit": _probit, "cloglog": _cloglog,    # and only links those
}
