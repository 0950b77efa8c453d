"""Explained: from a loss that a user wrote to the noise model that it is, in eight steps, with a picture of its density."""

import math

import numpy as np

from mlefit.losses.axes import IDENTITY, LOG
from mlefit.losses.growth import Pace
from mlefit.losses.loss import Loss
from mlefit.noise.known_loss import known
from mlefit.noise.read_loss import Read, noted

WIDTH = 78
INDENT = 17
SHARES = (0.001, 0.025, 0.25, 0.5, 0.75, 0.975, 0.999)
OF_A = (0.5, 1.0, 2.0, 4.0)      # at which normalisers are told, above 1 / kappa
TINY = 1e-9                      # of the width: 0, as it is shown
ROWS, BARS = 11, 50              # of the picture
FAR = (2.0, 10.0, 100.0)         # interquartile ranges, at which the pull of an outlier is told


def explained(read: Read, text: str) -> str:
    """The derivation, in plain text of 80 columns."""
    loss, axis = read.loss, read.axis
    above = [loss.least_a + a for a in OF_A]
    normalisers = [loss.normaliser(a) for a in above]
    lines = [*_wrapped(f"{text}: from the loss to its noise model", WIDTH), ""]
    v = "r" if axis is IDENTITY else "v"
    lines += step(1, "Loss", f"l({v}), {v} = {axis.word}{read.less}; {_least(loss)}; {_bend(loss)}".replace("at r =", f"at {v} ="))
    if axis is not IDENTITY:
        lines += [line for note in noted(read)[1:] for line in _more(note.removeprefix("--loss: "))]
    elif (found := known(loss)) is not None:
        moved = "" if abs(found.factor - 1.0) < 1e-9 else f", times {found.factor:.6g}"
        moved += "" if found.constant == 0.0 else f", {'plus' if found.constant > 0.0 else 'less'} {abs(found.constant):.6g}"
        lines += _more(found.sentence.replace(found.name, found.name + moved, 1))
    lines += step(2, "Model", f"q(y|x) = exp(-a l({v})) / Z(a) in {axis.measure}, a > {_number(loss.least_a)}")
    lines += step(3, "Normaliser", f"Z(a) = integral of exp(-a l({v})) d{v}, by quadrature, its error at most "
                   f"{max(1e-15, *(one.error for one in normalisers)):.0e}:")
    for a, one in zip(above, normalisers, strict=True):
        lines += _more(f"a = {a:<8.4g} log Z = {one.log_z:>10.6f}   E l = {one.mean:.6g}")
    lines += step(4, "-log L / n", "= a m + log Z(a), m = mean loss: for any a the f of least loss is that of maximum "
                   "likelihood. log Z(a) is all there is between loss and likelihood.")
    lines += step(5, "a", "is where E l under q equals m: least a m + log Z(a), a convex problem in one number. A loss times "
                   "c has a / c and the same fit; a loss plus c has the same a.")
    lines += step(6, "Tails", _tails(loss))
    lines += step(7, "Outliers", _outliers(loss, above[1], v))
    lines += step(8, "Unit", _unit(read))
    lines += ["", *_picture(loss, above[1], v)]
    return "\n".join(lines) + "\n"


def step(number: int, name: str, text: str) -> list[str]:
    """A step of a derivation, wrapped."""
    head = f"  {number}  {name}"
    first, *rest = _wrapped(text)
    return [head.ljust(INDENT) + first, *(" " * INDENT + line for line in rest)]


def _more(text: str) -> list[str]:
    return [" " * INDENT + line for line in _wrapped(text)]


def _wrapped(text: str, width: int = WIDTH - INDENT) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_long_words=True, break_on_hyphens=False, drop_whitespace=True) or [""]


def _number(value: float) -> str:
    return f"{value:.6g}"


def _times(factor: float) -> str:
    return "" if factor == 1.0 else f"{factor:.6g} "


def _least(loss: Loss) -> str:
    low, high = loss.flat
    least = _number(0.0 if abs(loss.least) < TINY else loss.least)
    if high > low:
        return f"least, {least}, for all r from {_number(low)} to {_number(high)}, which it cannot tell apart"
    at = loss.modes[0] if loss.modes else 0.0
    return f"least, {least}, at r = {_number(at)}" + ("" if at == 0.0 else ", so that f + that is the mode")


def _bend(loss: Loss) -> str:
    if loss.convex:
        return "convex (by its form): no other minimum"
    if (found := loss.witness) is not None:
        return (f"not convex (at r = {_number(found.b)} it is above its chord from {_number(found.a)} to {_number(found.c)}): "
                "several minima may exist, and a fit is the best of some searches")
    return "not proved convex: a fit is the best of some searches"


def _tails(loss: Loss) -> str:
    said = []
    for side, one in zip(("left", "right"), loss.tails, strict=True):
        germ = one.germ
        if one.pace is Pace.LOGARITHM:
            word = f"as {_times(one.kappa)}log|r|: as heavy as a Student's t with {_times(one.kappa)}a - 1 degrees of freedom"
        elif germ is None:
            word = "at least as a straight line (it is convex): exponential or lighter"
        elif germ.exponent is not None:
            word = "faster than every power: lighter than gaussian"
        elif germ.p == 1.0 and germ.q == 0.0:
            word = f"as {_times(germ.c)}|r|: exponential, as laplace"
        elif germ.p == 2.0 and germ.q == 0.0:
            word = f"as {_times(germ.c)}r^2: gaussian"
        elif germ.p > 0.0:
            than = "lighter than gaussian" if germ.p > 2.0 else "between exponential and gaussian" if germ.p > 1.0 else \
                "heavier than exponential, lighter than every power"
            word = f"as |r|^{_number(germ.p)}{' with logarithms' if germ.q or germ.s else ''}: {than}"
        else:
            word = "faster than every multiple of log|r|: lighter than every power"
        said.append((side, word))
    if said[0][1] == said[1][1]:
        return f"l grows {said[0][1]} (proved by its form), so Z is finite for a > {_number(loss.least_a)}"
    return "; ".join(f"on the {side} l grows {word}" for side, word in said) + " (proved by its form)"


def _outliers(loss: Loss, a: float, v: str) -> str:
    """How much rows far out pull, in interquartile ranges of the law, on each side where that is not the same."""
    low, high = (float(q) for q in loss.table(a).quantile(np.array([0.25, 0.75])))
    below, above = (_pulled(loss, side * (high - low)) for side in (-1.0, 1.0))
    centre = "f" if v == "r" else "v = 0"
    what = f"a row 2, 10 and 100 interquartile ranges of q (a = {_number(a)}) from {centre} pulls, against one at one range,"
    if below == above:
        return f"{what} {below}"
    return f"{what} above it {above}; below it {below}"


def _pulled(loss: Loss, size: float) -> str:
    with np.errstate(all="ignore"):
        pull = np.abs(loss.slope(size * np.array([1.0, *FAR]))[1])
    if not (np.isfinite(pull).all() and pull[0] > 0.0):
        return "without bound" if pull[-1] > 0.0 else "not at all"
    times = ", ".join(f"{ratio:.3g}" for ratio in pull[1:] / pull[0])
    word = ("the farther out a row is, the less it pulls" if pull[-1] < 0.5 * pull[0] else
            "the pull has a bound" if pull[-1] < 2.0 * pull[-2] else "the pull has no bound")
    return f"{times} times as much: {word}"


def _unit(read: Read) -> str:
    loss = read.loss
    if read.axis is LOG:
        return "y and f in another unit are the same v: the same fit"
    if read.axis is not IDENTITY:
        return f"{read.axis.word} has no unit: y is taken as it is"
    if loss.homogeneous is not None:
        return "the same fit in every unit of y: l(c r) is a multiple of l(r), and a takes it up"
    return "the loss has a unit of its own: y in another unit is another model; r/S in the place of r sets it"


def _picture(loss: Loss, a: float, v: str) -> list[str]:
    """The density at a few residuals, as bars."""
    table = loss.table(a)
    low, high = (float(q) for q in table.quantile(np.array([0.01, 0.99])))
    places = np.linspace(low, high, ROWS)
    places[np.abs(places) < TINY * (high - low)] = 0.0
    height = np.exp(table.log_density(places))
    top = float(height.max())
    lines = [f"  q({v}) at a = {_number(a)}"]
    lines += [f"{place:>12.4g}  {'#' * max(0, round(BARS * h / top))} {h:.4g}" for place, h in zip(places, height, strict=True)]
    quantiles = table.quantile(np.array(SHARES))
    quantiles[np.abs(quantiles) < TINY * (high - low)] = 0.0
    lines += ["", "  quantiles " + " ".join(f"{share:>8g}" for share in SHARES),
              f"          {v} " + " ".join(f"{q:>8.4g}" for q in quantiles)]
    mean = table.moment(lambda r: r, math.nan)
    if math.isnan(mean):
        lines.append("  the law has no mean at this a")
    elif abs(mean) > TINY * (high - low):
        lines.append(f"  mean of {v} {mean:.6f}, not 0: f is not {'the mean of y' if v == 'r' else 'where its mean is 0'}")
    return lines
