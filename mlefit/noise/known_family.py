"""Known losses of y and f that are of no difference: which law each is."""

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.axes import LOG
from mlefit.losses.family import AT, Family
from mlefit.losses.structure import value

EQUAL = 1e-11
T = np.linspace(-2.0, 2.0, 9)


def _forms(y: Array, f: Array) -> dict[str, Array]:
    square = (y - f) ** 2
    with np.errstate(all="ignore"):
        return {
            "the inverse gaussian deviance: inverse gaussian noise of shape {twice}, with f its mean": square / (y * f * f),
            "a deviance of 1/y: reciprocal inverse gaussian noise, that is 1/y is inverse gaussian of mean 1/f and shape {twice}":
                square / y,
            "the gamma loss of a rate: gamma noise of shape {a} and mean 1/f": f * y - np.log(f),
            "the simplex deviance: simplex noise of dispersion 1/({twice}), with f its mean":
                square / (y * (1.0 - y) * (f * (1.0 - f)) ** 2),
        }


def known_family(family: Family) -> str | None:
    """Which one it is, but for a factor and what holds no f; None where it is none of these."""
    y, f = family.axis.inverse(T)[:, None], np.array(AT[family.axis.name])[None, :]
    mine = _by_f(value(family.node, y, f))
    for name, whole in _forms(y, f).items():
        if not np.isfinite(whole).all():
            continue
        form = _by_f(whole)
        factor = float(form @ mine / (form @ form))
        if factor > 0.0 and float(np.abs(mine - factor * form).max()) <= EQUAL * factor * float(np.abs(form).max()):
            times = "" if abs(factor - 1.0) <= EQUAL else f", times {factor:.6g}"
            head, _, tail = name.partition(":")
            return f"{head}{times}:{tail.format(a=_of_a(factor), twice=_of_a(2.0 * factor))}"
    return None


def _by_f(form: Array) -> Array:
    """What moves with f."""
    return np.asarray((form[:, 1:] - form[:, :1]).ravel())


def _of_a(factor: float) -> str:
    return "a" if abs(factor - 1.0) <= EQUAL else f"{factor:.6g}a"


def base_words(family: Family) -> str:
    """The base measure."""
    power = family.tilt - 1.0
    if family.axis is LOG:
        return "dy" if power == 0.0 else f"y^{power:.6g} dy"
    return "dy" if power == 0.0 else f"(y(1-y))^{power:.6g} dy"
