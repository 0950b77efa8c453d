"""Known losses of two labels: which one an expression is, and what minimising it gives."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.expression.tree import Node
from mlefit.losses.labels import FARTHEST, LINE, UNIT, Labels, heights, minimiser
from mlefit.losses.structure import value

EQUAL = 1e-10
SIGNS, CHANCES = (-1.0, 1.0), (0.0, 1.0)


class KnownLabels(NamedTuple):
    """`form`: l of the label and f; `unit`: f is a chance. `word`: what its minimiser is good for."""

    name: str
    labels: tuple[float, float]
    unit: bool
    form: Callable[[float, Array], Array]
    word: str


def _focal(y: float, p: Array) -> Array:
    of = p if y else 1.0 - p
    return -((1.0 - of) ** 2) * np.log(of)


def _modified(y: float, f: Array) -> Array:
    return np.where(y * f >= -1.0, np.maximum(0.0, 1.0 - y * f) ** 2, -4.0 * y * f)


def _smoothed(y: float, p: Array) -> Array:
    soft = 0.9 * y + 0.05
    return -soft * np.log(p) - (1.0 - soft) * np.log(1.0 - p)


KNOWN = (
    KnownLabels("the hinge loss", SIGNS, False, lambda y, f: np.maximum(0.0, 1.0 - y * f),
                "it gives a class and no chance: 0.8 and 0.99 look alike"),
    KnownLabels("the squared hinge loss", SIGNS, False, lambda y, f: np.maximum(0.0, 1.0 - y * f) ** 2,
                "(f + 1)/2 is the chance"),
    KnownLabels("the modified huber loss", SIGNS, False, _modified, "(f + 1)/2 is the chance"),
    KnownLabels("the exponential loss of AdaBoost", SIGNS, False, lambda y, f: np.exp(-y * f),
                "f is half the log odds: 1/(1+exp(-2f)) is the chance"),
    KnownLabels("the logistic loss", SIGNS, False, lambda y, f: np.logaddexp(0.0, -y * f), "f is the log odds"),
    KnownLabels("the log loss of log odds", CHANCES, False, lambda y, f: np.logaddexp(0.0, f) - y * f, "f is the log odds"),
    KnownLabels("the log loss", CHANCES, True, lambda y, p: -y * np.log(p) - (1.0 - y) * np.log(1.0 - p), "f is the chance"),
    KnownLabels("the Brier score", CHANCES, True, lambda y, p: (y - p) ** 2,
                "f is the chance: a proper score, but no likelihood"),
    KnownLabels("the absolute error of a chance", CHANCES, True, lambda y, p: np.abs(y - p), "it drives every chance to 0 or 1"),
    KnownLabels("the focal loss of gamma = 2", CHANCES, True, _focal, "chances are pulled to 1/2"),
    KnownLabels("the log loss with labels smoothed by 0.1", CHANCES, True, _smoothed, "f is 0.9 p + 0.05: undo it"),
)


MARGIN = KnownLabels("a loss of the margin y f", SIGNS, False, lambda y, f: y * f, "it is no chance by itself")
TRIED, SHOWN = (0.6, 0.8, 0.99), 1e-3      # chances, and by how much minimisers may differ that are one
CENTRES, STRETCHED = np.array([0.3, 0.7, 1.9]), np.array([0.5, 2.0, 3.1])


def margin(node: Node) -> KnownLabels | None:
    """Whether it is a loss of the product of label and f alone."""
    with np.errstate(all="ignore"):
        here = [value(node, np.full(3, side), CENTRES) for side in SIGNS]
        there = [value(node, side * STRETCHED, CENTRES / STRETCHED) for side in SIGNS]
    same = np.isfinite(here).all() and np.abs(np.subtract(here, there)).max() <= EQUAL * (1.0 + np.abs(here).max())
    return MARGIN if same else None


def known_labels(node: Node) -> KnownLabels | None:
    """Which one it is, but for a factor and a constant."""
    for one in KNOWN:
        f = UNIT if one.unit else LINE
        with np.errstate(all="ignore"):
            mine, theirs = heights(node, one.labels, f).ravel(), np.concatenate([one.form(y, f) for y in one.labels])
        if not np.isfinite(mine).all():
            continue
        found = np.linalg.lstsq(np.stack([theirs, np.ones_like(theirs)]).T, mine)[0]
        if found[0] > 0.0 and np.max(np.abs(mine - found[0] * theirs - found[1])) <= EQUAL * found[0]:
            return one
    return None


def no_labels(node: Node, text: str, known: KnownLabels, found: Labels) -> NoEstimateError:
    """The refusal of a loss of labels that is no noise model: what the chances fail to add up to, and its minimiser."""
    first, second = (f"{y:g}" for y in found.labels)
    least = minimiser(node, found)
    where = (f"its mean does not rise again up to |f| = {FARTHEST:g}, and no f of it tells the chance" if least is None else
             f"its minimiser is f = {least:.3f}: {_tells(node, found) if known is MARGIN else known.word}")
    return NoEstimateError(
        f"{text} ({known.name}): no a and no weights h of the labels {first} and {second} make h({first}) exp(-a loss) + "
        f"h({second}) exp(-a loss) = 1 at every f; at a = 1 the best are off by {found.at_one:.2g}: it is no noise model",
        f"Minimising it is not maximum likelihood. Where label {second} has the chance 0.8 {where}. Nearest: -m bernoulli, whose "
        "loss is log(1+exp(-y*f)) of labels -1 and 1", code="no-noise-model")


def _tells(node: Node, found: Labels) -> str:
    """What the minimisers of a loss of the margin are good for, at several chances."""
    each = [minimiser(node, found, chance) for chance in TRIED]
    if any(one is None for one in each):
        return MARGIN.word
    least, p = np.array(each, dtype=float), np.array(TRIED)
    if np.ptp(least) <= SHOWN:
        return "it gives a class and no chance: 0.6 and 0.99 look alike"
    for of, words in ((2.0 * p - 1.0, "({} + 1)/2 is the chance"), (np.log(p / (1.0 - p)), "{} is the log odds")):
        ratio = of / least
        if np.ptp(ratio) <= SHOWN * ratio.max():
            return words.format("f" if abs(ratio[0] - 1.0) <= SHOWN else f"{ratio[0]:.3g} f")
    return MARGIN.word
