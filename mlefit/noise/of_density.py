"""The noise model of a density of a difference that a user wrote, y - f or another: its loss is -log density, f is all there is.

    q(y | f) = exp(-L(v)) g'(y),   v = r, or g(y) - g(f) with g = log or log(1 + y)

It is the twin of the noise model of a loss, at a = 1: that it integrates to one is checked, not assumed.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError, UsageError
from mlefit.expression.scan import short
from mlefit.expression.tree import Constant, Node, Operation, columns_of
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.axes import IDENTITY, LOGIT
from mlefit.losses.growth import Pace
from mlefit.losses.loss import Loss
from mlefit.losses.structure import structure, value
from mlefit.noise.of_loss import OfLoss
from mlefit.noise.read_loss import Read
from mlefit.noise.refused_loss import check

WHOLE = 1e-9        # of a logarithm of mass: an integral that is 1
RESIDUALS = np.linspace(-30.0, 30.0, 241)


@lru_cache(maxsize=64)
def read_density(text: str) -> Read | None:
    """What is known of the density; None where it is of no difference.

    Raises UsageError for what is none, NoEstimateError for what does not integrate to one."""
    node = parse_written("--density", text, ("r", "y", "f"), LOSSES)
    names = columns_of(node)
    if names not in ({"r"}, {"y", "f"}):
        raise UsageError("--density is one of y given f", "write it in y and f, or in r = y - f", code="formula")
    with np.errstate(all="ignore"):
        return _read(node, text, in_r=names == {"r"})


def _read(node: Node, text: str, *, in_r: bool) -> Read | None:
    loss = Operation("negative", (logarithm(node),))
    if in_r:
        found = Read(Loss(loss), IDENTITY)
        negative = value_of(node, RESIDUALS) < 0.0
    else:
        known = structure(loss)
        if known is None or known.axis is LOGIT or known.power != (0.0 if known.axis is IDENTITY else 1.0):
            return None
        found = Read(Loss(known.node, near=known.axis.near), known.axis, known.power)
        at = known.axis.inverse(np.linspace(-3.0, 3.0, 61))
        negative = value(node, at, known.axis.inverse(np.zeros(1))) < 0.0
    if negative.any():
        raise NoEstimateError(f"{short(text)} is negative in places: no density is", "correct its sign", code="no-noise-model")
    _check_everywhere(found.loss.node, text)
    paces = {tail.pace for tail in found.loss.tails}
    if found.axis is IDENTITY and (paces & {Pace.SLOW, Pace.FALLS} or found.loss.least_a >= 1.0):
        raise NoEstimateError(f"{short(text)} has no finite integral over y: no density falls as slowly as 1/|r|, or grows",
                              "write a density that integrates to 1, such as exp(-abs(r))/2", code="no-noise-model")
    if found.axis is IDENTITY:
        check(found.loss, text, node, found.axis)
    log_z = found.loss.normaliser(1.0).log_z
    if found.axis is not IDENTITY and not (abs(log_z) <= WHOLE and found.loss.least_a < 1.0):
        return None         # as a density over y > 0; over every number it may be one
    if not abs(log_z) <= WHOLE:
        total = math.exp(log_z) if abs(log_z) < 700.0 else math.inf
        raise NoEstimateError(f"{short(text)} integrates to {total:.9g} over y at every f, not to 1",
                              f"divide it by {total:.15g}", code="normaliser")
    return found


def _check_everywhere(loss: Node, text: str) -> None:
    """Raises NoEstimateError for a density of the residual that is 0 at some of them."""
    found = value_of(loss, RESIDUALS)
    if np.isfinite(found).any() and (found == np.inf).any():
        nearest = float(min(RESIDUALS[found == np.inf], key=abs))
        raise NoEstimateError(f"{short(text)} is 0 at a residual of {nearest:g}: one row there makes the likelihood 0, and such "
                              "densities are not fitted here",
                              "write a density that is above 0 at every residual", code="not-built")


def value_of(node: Node, r: Array) -> Array:
    """The density (n,) at residuals."""
    return Loss(node).value(r)


def logarithm(node: Node) -> Node:
    """log of a tree, with products and powers taken apart: a density underflows where its logarithm does not."""
    match node:
        case Constant(number) if number > 0.0:
            return Constant(math.log(number))
        case Operation("*", (left, right)):
            return Operation("+", (logarithm(left), logarithm(right)))
        case Operation("/", (left, right)):
            return Operation("-", (logarithm(left), logarithm(right)))
        case Operation("**", (base, power)):
            return Operation("*", (power, logarithm(base)))
        case Operation("sqrt", (inner,)):
            return Operation("*", (Constant(0.5), logarithm(inner)))
        case Operation("exp", (inner,)):
            return inner
        case Operation("cosh", (inner,)):
            return Operation("log", (Operation("cosh", (inner,)),))
        case Operation("where", (condition, first, second)):
            return Operation("where", (condition, logarithm(first), logarithm(second)))
    return Operation("log", (node,))


@dataclass(frozen=True)
class OfDensity(OfLoss):
    """`text`: the density as typed."""

    name = "density"
    noun = "density"
    question = "what a density that you write says of f"
    shapes = ()     # type: ignore[assignment]  # where the law of a loss has one
    collapse = None     # type: ignore[assignment]  # nothing of it goes to an end

    @property
    def read(self) -> Read:
        """What is known of the text."""
        found = read_density(self.text)
        assert found is not None        # else it is no such law
        return found

    @property
    def loss_name(self) -> str:
        """Minus its logarithm, less what holds no f of it."""
        return "-log density" if self.located else f"-log density - {self.axis.word.partition(' - ')[0]}"

    @property
    def notes(self) -> tuple[str, ...]:
        """That it integrates to one."""
        return (f"--density: it integrates to 1 at every f, in {self.axis.word}.",)

    def _a(self, free: Array) -> float:
        return 1.0

    def implied_shapes(self, mean_loss: float, mean_base: float) -> Array:
        """None."""
        return np.empty(0)
