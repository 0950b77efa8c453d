"""Slice: the negative log-likelihood and the loss along one coefficient, the other parameters held. Two scales, one curve.

Of many rows some are drawn. The slope of all at the estimate is 0, and that of some is not: their least value lies elsewhere.
It is taken off: what is drawn has the slope of all rows and the bend of these (Jordan, Lee and Yang 2019, Communication-efficient
distributed statistical inference).
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import Derivatives
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.scene import Scene
from mlefit.picture.words import number, rows_text

REACH, POINTS = 4.0, 81         # standard errors on either side, and places
HALF_CHI = 1.92                 # nats below which lies the 95 % likelihood interval
ONE = 1e-6                      # of its range: what two curves that are one may differ by


class Coefficient(NamedTuple):
    """One of the first predictor, in natural units: its estimates by both routes, and its column (n,)."""

    name: str
    estimate: float
    by_loss: float
    error: float
    column: Array


def along(scene: Scene, coefficient: Coefficient) -> Panel:
    """NLL above its least value, in nats of all rows, and the mean loss on a scale of its own."""
    law, free, n = scene.noise, scene.free, scene.n
    steps = np.linspace(-REACH, REACH, POINTS) * coefficient.error
    nll, loss = np.empty(POINTS), np.empty(POINTS)
    for k, step in enumerate(steps):
        eta = scene.eta.copy()
        eta[:, 0] += step * coefficient.column
        nll[k] = law.nll(scene.y, eta, free, 0).value.mean()
        loss[k] = law.loss(scene.y, eta, free, 0).value.mean()
    if n < scene.total and law.smooth:
        nll -= _slope(law.nll(scene.y, scene.eta, free, 1), coefficient) * steps
        loss -= _slope(law.loss(scene.y, scene.eta, free, 1), coefficient) * steps
    elif n < scene.total:       # a row at a corner has two slopes, and which of them is a matter of rounding
        nll, loss = nll - _across(nll, steps), loss - _across(loss, steps)
    x = coefficient.estimate + steps
    a, _ = law.affine(free)
    rest = nll - a * loss
    constant = float(rest[POINTS // 2])
    apart = float(np.abs(rest - constant).max() / max(float(np.ptp(nll)), np.finfo(float).tiny))
    layers = (
        Layer("hrule", "reference", {"y": np.array([HALF_CHI])}),
        Layer("line", "mle", {"x": x, "y": (nll - nll.min()) * scene.total}, "NLL", strong=True),
        Layer("vrule", "mle", {"x": np.array([coefficient.estimate])}, "maximum likelihood"),
        Layer("line", "loss", {"x": x, "y": loss}, law.loss_name, axis="right"),
        Layer("vrule", "loss", {"x": np.array([coefficient.by_loss])}, "least loss"),
    )
    same = apart <= ONE
    return Panel(
        "slice", "One curve, two scales", Axis(coefficient.name), Axis("NLL above its least value, nats of all rows", zero=True),
        layers, _said(scene, coefficient, a, constant, apart, same), size=apart, mark=not same, rows=n, drawn=POINTS,
        right=Axis(law.loss_name))


def _slope(at: Derivatives, coefficient: Coefficient) -> float:
    """The mean of the derivatives of the rows by the coefficient."""
    assert at.d1 is not None
    return float(np.mean(at.d1[:, 0] * coefficient.column))


def _across(values: Array, steps: Array) -> Array:
    """A line (g,) with the slope between the places beside the middle."""
    middle = POINTS // 2
    return np.asarray((values[middle + 1] - values[middle - 1]) / (steps[middle + 1] - steps[middle - 1]) * steps)


def _said(scene: Scene, coefficient: Coefficient, a: float, constant: float, apart: float, same: bool) -> str:
    name = scene.noise.loss_name
    part = "" if scene.n >= scene.total else f", bent as on {rows_text(scene.n)} of them"
    if not same:
        return (f"NLL and {name} are not one curve along {coefficient.name}{part}: they differ by {apart:.0e} of its range, which "
                "they should not.")
    if abs(a - 1.0) < ONE and abs(constant) < ONE:
        how = f"NLL is the {name}, number for number{part}"
    else:
        sign = "+" if constant >= 0.0 else "-"
        times = "" if abs(a - 1.0) < ONE else f"{number(a, 4)} x "
        how = f"NLL = {times}{name} {sign} {number(abs(constant), 4)} along the whole slice{part}"
    least = (f"both have their minimum at {number(coefficient.estimate, 4)}"
             if number(coefficient.estimate, 4) == number(coefficient.by_loss, 4)
             else f"their minima are at {number(coefficient.estimate, 4)} and {number(coefficient.by_loss, 4)}")
    return f"{how}: {least}. What lies below {HALF_CHI} nats is within the 95 % likelihood interval, other parameters held."
