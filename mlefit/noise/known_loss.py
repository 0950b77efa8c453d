"""Known losses: which one an expression is, but for a factor and a constant, and what to say of it.

Each candidate has its own scale read off the expression (a corner, the slope far out against the curvature at 0), simple ones
first; then l = alpha B + beta is fitted on 62 points over seven halves of a decade around that scale. Equal losses fit to 1e-15,
r^2 + 1e-6 |r| misses by 1e-7.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.loss import Loss

NEAR_LEAST = 1e-3   # of the range of a form: below it all misfits weigh alike
STEEPEST = 1e3      # a power, and a ratio of curvatures, beyond which a loss is not looked at as one of these
EQUAL = 1e-11           # relative misfit
POINTS = np.concatenate([-np.logspace(1.5, -2.0, 31), np.logspace(-2.0, 1.5, 31)])
SPREAD = np.exp(np.linspace(-25.0, 25.0, 101))      # where local powers are looked at
HUGE = 1e100        # a value whose square is a number
SAME_POWER = 1e-6
LOG_2 = math.log(2.0)
JUST_OFF = 1e-200     # of 0, where |r| has a slope


class Known(NamedTuple):
    """What a loss is. `name`: as libraries call it, `law`: the noise model in words, `model`: that of mlefit that is the same, if
    there is one, `word`: what to know of it."""

    name: str
    law: str
    model: str | None
    word: str
    factor: float = 1.0
    constant: float = 0.0

    @property
    def of_a(self) -> str:
        """The a of the form by that name, of this one."""
        return "a" if abs(self.factor - 1.0) <= SAME_POWER else f"{self.factor:.6g} a"

    def written(self, text: str) -> str:
        """A text in which {a} is that, {one} the a of this loss that is 1 of the form by that name, {two} that of 2."""
        return text.format(a=self.of_a, one=f"{1.0 / self.factor:.6g}", two=f"{2.0 / self.factor:.6g}")

    @property
    def sentence(self) -> str:
        """What is said of it beside a fit."""
        end = f"; {self.written(self.word)}" if self.word else ""
        if self.model is None:
            return f"this is {self.name}: {self.written(self.law)}{end}"
        return f"this is {self.name}: -m {self.model} does it exactly{end}"


class Candidate(NamedTuple):
    """A form B(x) with what is said where it fits; `scale`: around which it is looked at."""

    form: Callable[[Array], Array]
    scale: float
    known: Known


def known(loss: Loss) -> Known | None:
    """Which loss it is; None where it is none of these."""
    for candidate in _candidates(loss):
        x = POINTS * candidate.scale
        with np.errstate(all="ignore"):
            form, value = candidate.form(x), loss.value(x)
        if not (np.abs(form) < HUGE).all() or not (np.abs(value) < HUGE).all() or not np.ptp(form) > 1.0 / HUGE:
            continue
        weight = 1.0 / (NEAR_LEAST * float(np.ptp(form)) + np.abs(form - form.min()))
        found = np.linalg.lstsq(np.stack([form, np.ones_like(form)]).T * weight[:, None], value * weight)[0]
        factor, constant = float(found[0]), float(found[1])
        misfit = float(np.max(np.abs(value - factor * form - constant) * weight))
        if factor > 0.0 and misfit <= EQUAL * factor:
            return candidate.known._replace(factor=factor, constant=constant if abs(constant) > EQUAL * factor else 0.0)
    return None


def _candidates(loss: Loss) -> Iterator[Candidate]:
    """In order, the simple ones first."""
    yield from _homogeneous(loss)
    for place in [one for one in loss.bends if one > 0.0][:3]:
        yield from _with_bend(place, *_end_slopes(loss))
    yield from _smooth(loss)


def _end_slopes(loss: Loss) -> tuple[float, float]:
    """The slopes far out, by the leading terms of the tree: below 0 on the left, above on the right; NaN where they have none."""
    found = []
    for side, one in zip((-1.0, 1.0), loss.tails, strict=True):
        straight = one.germ is not None and one.germ.exponent is None and (one.germ.p, one.germ.q, one.germ.s) == (1.0, 0.0, 0.0)
        found.append(side * one.germ.c if straight and one.germ is not None and one.germ.known else math.nan)
    return found[0], found[1]


def _homogeneous(loss: Loss) -> Iterator[Candidate]:
    """|r|^p with weights of its sides."""
    with np.errstate(all="ignore"):
        left, right = (loss.value(side * SPREAD) - loss.least for side in (-1.0, 1.0))
        middle = slice(40, 61)
        power = np.diff(np.log(right[middle])) / np.diff(np.log(SPREAD[middle]))
        p = round(float(np.median(power)), 9)
        below, above = float(left[50]), float(right[50])
        if not (math.isfinite(p) and 0.0 < p < STEEPEST and above + below > 0.0):     # losses of two wells may be least at 1 and -1
            return
    p = round(p) if abs(p - round(p)) < SAME_POWER else p
    tau = round(above / (above + below), 12)

    even = abs(tau - 0.5) < SAME_POWER

    def form(x: Array) -> Array:
        return np.abs(x) ** p if even else np.where(x < 0.0, 1.0 - tau, tau) * np.abs(x) ** p

    if p == 2.0 and even:
        found = Known("the squared error", "gaussian noise, sigma = (2a)^-1/2", "gaussian", "")
    elif p == 1.0 and even:
        found = Known("the absolute error", "laplace noise, b = 1/a", "laplace", "")
    elif p == 1.0:
        found = Known(f"the pinball loss of tau = {tau:.6g}", "asymmetric laplace noise", f"quantile:tau={tau:.12g}",
                      "a working law")
    elif p == 2.0:
        found = Known(f"the expectile loss of tau = {tau:.6g} (asymmetric squares)", "a split gaussian", None,
                      "f is its mode, and the expectile")
    elif even:
        found = Known(f"the power loss |r|^{p:g}", "an exponential power law", None, "p = 1 is laplace, p = 2 gaussian")
    else:
        return
    yield Candidate(form, 1.0, found)


def _with_bend(d: float, low: float, high: float) -> Iterator[Candidate]:
    """Losses that change their form at +-d. `low`, `high`: slopes far out."""
    yield Candidate(lambda x: np.where(np.abs(x) <= d, 0.5 * x * x, d * (np.abs(x) - 0.5 * d)), d, Known(
        f"the huber loss of delta = {d:.6g}", "a gaussian middle with exponential tails", f"huber:delta={d:.12g}", ""))
    yield Candidate(lambda x: np.maximum(np.abs(x) - d, 0.0), d, Known(
        f"the epsilon-insensitive loss of support vector regression, epsilon = {d:.6g}",
        "a uniform core with exponential tails", None, f"flat for |r| < {d:.6g}"))
    yield Candidate(lambda x: np.maximum(np.abs(x) - d, 0.0) ** 2, d, Known(
        f"the squared epsilon-insensitive loss, epsilon = {d:.6g}", "a uniform core with gaussian tails", None,
        f"flat for |r| < {d:.6g}"))
    if low < 0.0 < high:
        tau = high / (high - low)

        def bent(x: Array) -> Array:
            return np.where(x < 0.0, 1.0 - tau, tau) * np.where(np.abs(x) <= d, 0.5 * x * x / d, np.abs(x) - 0.5 * d)

        yield Candidate(bent, d, Known(
            f"the quantile huber loss of tau = {tau:.6g}, bend {d:.6g}", "an asymmetric huber law", None,
            "a smoothed quantile: f is not the tau-quantile exactly"))
    yield Candidate(lambda x: np.where(np.abs(x) <= d, 1.0 - (1.0 - (x / d) ** 2) ** 3, 1.0), d, Known(
        f"Tukey's biweight of c = {d:.6g}", f"none, constant beyond c = {d:.6g}", None, ""))


def _smooth(loss: Loss) -> Iterator[Candidate]:
    """Losses with a curvature at 0 that sets their scale with what they do far out."""
    bend = float(loss.curve(np.array([JUST_OFF]))[2][0])
    if not (0.0 < bend < math.inf) or abs(loss.slope(np.zeros(1))[1][0]) > EQUAL * bend:
        return
    high = _end_slopes(loss)[1]
    if high > 0.0:
        s = high / bend
        yield Candidate(lambda x: np.logaddexp(x / s, -x / s) - LOG_2, s, Known(
            f"the log-cosh loss of scale {s:.6g}", "a hyperbolic law", None,
            "a = {one} is hyperbolic secant noise, a = {two} logistic noise"))
        yield Candidate(lambda x: s * s * (np.hypot(1.0, x / s) - 1.0), s, Known(
            f"the pseudo-huber loss of delta = {s:.6g}", "a symmetric hyperbolic law", None,
            "gaussian inside, exponential tails"))
        yield Candidate(lambda x: s * s * (np.abs(x) / s - np.log1p(np.abs(x) / s)), s, Known(
            f"the Fair loss of c = {s:.6g}", "(1 + |r|/c)^k exp(-k |r|/c), k a multiple of a", None, "exponential tails"))
    if 0.0 < loss.kappa < math.inf:
        c = math.sqrt(loss.kappa / bend)
        yield Candidate(lambda x: np.log1p((x / c) ** 2), c, Known(
            f"the Cauchy loss of c = {c:.6g}", f"student-t noise with its scale tied to c: df = {loss.kappa:g} a - 1", None,
            "-m student-t frees the scale"))
    at = 1.0
    for _ in range(60):         # a distance at which the curvature changes by a factor of about e
        ratio = float(loss.curve(np.array([at]))[2][0]) / bend
        if math.isfinite(ratio) and 1.0 / STEEPEST < ratio < STEEPEST:
            break
        at *= 0.5
    if ratio > 0.0 and abs(b := math.log(ratio) / at) > 0.0:
        yield Candidate(lambda x: np.expm1(b * x) - b * x, 0.1 / abs(b), Known(
            f"the LINEX loss of b = {b:.6g}", "the log of a gamma variable: exp(b r) ~ gamma of shape {a} and rate {a}", None,
            f"errors of y {'above' if b > 0 else 'below'} f are punished exponentially, and the law is skewed"))
    limit = loss.tails[1].limit
    if limit is not None and limit > loss.least:
        top = limit - loss.least
        s = math.sqrt(2.0 * top / bend)
        yield Candidate(lambda x: -np.expm1(-(x / s) ** 2), s, Known(
            f"the Welsch loss of c = {s:.6g}", f"none, bounded by {top:.6g}", None, ""))
        yield Candidate(lambda x: (x / s) ** 2 / (1.0 + (x / s) ** 2), s, Known(
            f"the Geman-McClure loss of c = {s:.6g}", f"none, bounded by {top:.6g}", None, ""))
