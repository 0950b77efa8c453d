"""Refusals: why a loss of the residual is no noise model, in two lines: the proof, and what minimising it does instead."""

import math

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.expression.scan import short
from mlefit.losses.growth import Pace, Tail
from mlefit.losses.loss import Loss
from mlefit.losses.places import FINE, grid
from mlefit.losses.quadrature import TOLERANCE
from mlefit.noise.known_loss import known
from mlefit.noise.population import minimiser, said

NOT = "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). "
EVIDENCE = (20.0, 40.0, 80.0, 160.0, 320.0)      # u = log |r| at which slopes are told
ENDS = ((-1, "-infinity"), (1, "+infinity"))


def check(loss: Loss, text: str) -> None:
    """Raises NoEstimateError unless exp(-a loss) is proved to have a finite integral for some a."""
    text = short(text)
    _check_values(loss, text)
    paces = [one.pace for one in loss.tails]
    for pace, refuse in ((Pace.FALLS, _falls), (Pace.SLOW, _slow), (Pace.UNKNOWN, _unknown)):
        if pace in paces:
            place = paces.index(pace)
            raise refuse(loss, text, loss.tails[place], *ENDS[place])
    found = loss.normaliser(loss.least_a + 1.0)
    if not (math.isfinite(found.log_z) and found.error <= TOLERANCE):
        raise NoEstimateError(
            f"the normaliser of {text} is not computed to 1e-10: its last halving still moved log Z by {found.error:.1g}",
            "write it in fewer or wider pieces", code="normaliser")


def _check_values(loss: Loss, text: str) -> None:
    points = grid(loss.bends, FINE)
    value = loss.value(points)
    if np.isnan(value).any():
        at = points[np.isnan(value)]
        place = float(at[np.argmin(np.abs(np.log(np.maximum(np.abs(at), 1e-300))))])
        raise NoEstimateError(f"{text} is no number at r = {place:g}: a noise model has a density at every residual",
                              "write a loss that is defined for all r, such as with abs(r)", code="no-noise-model")
    if loss.least == -math.inf:
        place = float(points[int(np.argmin(value))])
        raise NoEstimateError(
            f"{text} falls to -infinity at r = {place:g}: the fit that puts one row there has no bound on its likelihood",
            f"{NOT}Add a constant inside the logarithm, such as log(1+abs(r))", code="unbounded-below")


def _falls(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    return NoEstimateError(f"{text} falls without end as r -> {end}: it has no least value, and exp(-a loss) no finite mass",
                           f"{NOT}A loss must grow on both sides, such as abs(r) or r**2", code="unbounded-below")


def _slow(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    how = (f"tends to {tail.limit:.6g}" if tail.limit is not None else
           "stays bounded" if tail.germ is None else "grows more slowly than every multiple of log|r|")
    found, named = minimiser(lambda y, f: loss.value(np.asarray(y - f))), known(loss)
    what = text if named is None else f"{text} ({named.name})"
    return NoEstimateError(
        f"{what} {how} as r -> {end}: exp(-a loss) has infinite mass in that tail for every a, so it is no noise model",
        f"{NOT}{said(found)}Nearest: -m student-t, whose loss grows as (df + 1) log|r|", code="no-noise-model")


def _unknown(loss: Loss, text: str, tail: Tail, side: int, end: str) -> NoEstimateError:
    u = np.array([EVIDENCE, np.array(EVIDENCE) - 1.0])
    with np.errstate(all="ignore"):
        height = _at(loss, side * np.exp(u))
        slopes = ", ".join(f"{slope:.3g}" for slope in height[0] - height[1])
    return NoEstimateError(
        f"{text}: its growth as r -> {end} is not proved, so neither is a finite normaliser (slopes by log|r| at |r| = e^20, e^40, "
        f"e^80, e^160, e^320: {slopes})", "write it so that its leading term shows, such as abs(r) + log(1+abs(r))",
        code="not-proved")


def _at(loss: Loss, r: Array) -> Array:
    return loss.value(r.ravel()).reshape(r.shape)
