"""The law of a density of y and f that is one of no difference: any density of y that integrates to one at every f.

    q(y | f) as written, on every number, on y > 0 or on shares; f may be any number, above 0, or a share

Which of these it is, is found by integrating it at a few f of each kind; that it is so at the fitted f is looked at again.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.expression.scan import short
from mlefit.expression.tree import Node, Operation
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.axes import IDENTITY, LOG, LOGIT, Axis
from mlefit.losses.family import Family
from mlefit.losses.growth import Pace
from mlefit.losses.quadrature import TOLERANCE, Normaliser
from mlefit.losses.structure import value
from mlefit.noise.of_family import OfFamily

WHOLE = 1e-9            # of the logarithm of a mass: an integral that is 1
PLACES = {IDENTITY.name: (-2.1, -0.4, 0.3, 0.9, 2.7), LOG.name: (0.3, 0.5, 1.0, 2.0, 4.0), LOGIT.name: (0.12, 0.3, 0.5, 0.66, 0.88)}
KINDS = ((IDENTITY, IDENTITY), (IDENTITY, LOG), (LOG, IDENTITY), (LOG, LOG), (LOGIT, IDENTITY), (LOGIT, LOG), (LOGIT, LOGIT),
         (IDENTITY, LOGIT), (LOG, LOGIT))       # of y and of f
WORDS = {IDENTITY.name: "every number", LOG.name: "y > 0", LOGIT.name: "0 < y < 1"}
RANGES = {IDENTITY.name: "every f tried", LOG.name: "every f > 0 tried", LOGIT.name: "every f between 0 and 1 tried"}
LOOKED = {IDENTITY.name: np.linspace(-8.0, 8.0, 129), LOG.name: np.linspace(-5.0, 4.0, 91), LOGIT.name: np.linspace(-6.0, 6.0, 97)}


class Whole(NamedTuple):
    """A density as a family of laws, and on which axis f is."""

    family: Family
    domain: Axis


def whole(node: Node, loss: Node, text: str) -> Whole:
    """Where it integrates to one. Raises NoEstimateError where it does nowhere."""
    masses: dict[tuple[str, str], list[float]] = {}
    for axis, domain in KINDS:
        found = _masses(Family(loss, axis, 0.0 if axis is IDENTITY else 1.0, PLACES[domain.name][2], whole=True), domain)
        if found and all(abs(one) <= WHOLE for one in found):
            _check_sign(node, axis, domain, text)
            return Whole(Family(loss, axis, 0.0 if axis is IDENTITY else 1.0, PLACES[domain.name][2], whole=True), domain)
        if found:
            masses[axis.name, domain.name] = found
    raise _refused(node, loss, masses, text)


def _masses(family: Family, domain: Axis) -> list[float]:
    """log of the integral at some f; none where one is not finite, or not proved to be."""
    found = []
    for f in PLACES[domain.name]:
        y = family.axis.inverse(LOOKED[family.axis.name])
        if not np.isfinite(value(family.node, y, np.array(f))).all():
            return []
        one = family.at(f)
        if any(tail.pace not in (Pace.FAST, Pace.LOGARITHM) for tail in one.tails):
            return []
        if not one.least_a < 1.0 or math.isinf(one.least):
            return []
        total = one.normaliser(1.0)
        if not (math.isfinite(total.log_z) and total.error <= TOLERANCE):
            return []
        found.append(total.log_z)
    return found


def same_mass(loss: Node) -> tuple[float, Axis, Axis] | None:
    """The integral of exp(-loss) over y where it is the same at every f, with the axes of y and of f; None where it is nowhere."""
    for axis, domain in KINDS:
        found = _masses(Family(loss, axis, 0.0, 0.0, whole=True), domain)
        if found and max(found) - min(found) <= WHOLE:
            return math.exp(found[0]), axis, domain
    return None


def _check_sign(node: Node, axis: Axis, domain: Axis, text: str) -> None:
    y = axis.inverse(LOOKED[axis.name])
    if (value(node, y[:, None], np.array(PLACES[domain.name])[None, :]) < 0.0).any():
        raise NoEstimateError(f"{short(text)} is negative in places: no density is", "correct its sign", code="no-noise-model")


def _refused(node: Node, loss: Node, masses: dict[tuple[str, str], list[float]], text: str) -> NoEstimateError:
    """What it integrates to, or why that is not known; on shares alone only where nothing else is to be said."""
    everywhere = {kind: found for kind, found in masses.items() if kind[0] != LOGIT.name}
    return (_massive(everywhere, text) or _holed(node, loss, text) or _massive(masses, text) or NoEstimateError(
        f"{short(text)}: no finite integral over y is found, on every number, on y > 0 or between 0 and 1, at f that are any "
        "numbers, above 0 or between 0 and 1", "write a density of y that integrates to 1 at every f", code="normaliser"))


def _massive(masses: dict[tuple[str, str], list[float]], text: str) -> NoEstimateError | None:
    for (over, domain), found in masses.items():
        each, places = [math.exp(min(one, 700.0)) for one in found], PLACES[domain]
        if max(found) - min(found) <= WHOLE:
            return NoEstimateError(f"{short(text)} integrates to {each[0]:.9g} over {WORDS[over]} at {RANGES[domain]}, not to 1",
                                   f"divide it by {each[0]:.15g}", code="normaliser")
        return NoEstimateError(
            f"{short(text)} integrates to {each[1]:.6g}, {each[2]:.6g} and {each[3]:.6g} over {WORDS[over]} at f = {places[1]:g}, "
            f"{places[2]:g} and {places[3]:g}: a density of y integrates to 1 at every f",
            "divide it by its integral over y, which is a function of f", code="normaliser")
    return None


def _holed(node: Node, loss: Node, text: str) -> NoEstimateError | None:
    """Where it is 0, or below."""
    for axis in (LOG, IDENTITY, LOGIT):
        y, f = axis.inverse(LOOKED[axis.name])[:, None], np.array(PLACES[axis.name])[None, :]
        here, log = value(node, y, f), value(loss, y, f)
        if not np.isnan(log).any() and np.isposinf(log).any():
            at = np.argwhere(np.isposinf(log))[0]
            return NoEstimateError(
                f"{short(text)} is 0 at y = {float(y[at[0], 0]):.3g} where f = {float(f[0, at[1]]):g}: one row there makes the "
                "likelihood 0, and such densities are not fitted here", "write a density that is above 0 at every y",
                code="not-built")
        if np.isfinite(here).all() and (here < 0.0).any():
            return NoEstimateError(f"{short(text)} is negative in places: no density is", "correct its sign", code="no-noise-model")
    return None


@lru_cache(maxsize=64)
def read_any(text: str) -> Whole:
    """What is known of the density. Raises NoEstimateError for what does not integrate to one."""
    from mlefit.noise.of_density import logarithm

    node = parse_written("--density", text, ("r", "y", "f"), LOSSES)
    with np.errstate(all="ignore"):
        return whole(node, Operation("negative", (logarithm(node),)), text)


@dataclass(frozen=True)
class AnyDensity(OfFamily):
    """`text`: the density as typed."""

    name = "density"
    noun = "density"
    support = "what the density is of"
    question = "what a density that you write says of f"
    example = 'mlefit fit sample_data/repairs.csv -t hours -x none --density "f*exp(-f*y)"'

    @property
    def loss_name(self) -> str:
        """Minus its logarithm."""
        return "-log density"

    @property
    def family(self) -> Family:
        """Minus its logarithm."""
        return read_any(self.text).family

    @property
    def domain(self) -> Axis:
        """Where it integrates to one."""
        return read_any(self.text).domain

    @property
    def notes(self) -> tuple[str, ...]:
        """That it integrates to one, and over what."""
        return (f"--density: it integrates to 1 over {WORDS[self.family.axis.name]} at {RANGES[self.domain.name]}.",)

    def _a(self, free: Array) -> float:
        return 1.0

    def _normaliser(self, a: float) -> Normaliser:
        return Normaliser(0.0, math.nan, math.nan, 0.0)

    def affine(self, free: Array) -> tuple[float, float]:
        """(1, 0), with the unit."""
        return 1.0, -math.log(self.unit)

    def base(self, y: Array) -> Array:
        """None: it is part of the density."""
        return np.zeros(y.size)

    def starting_shapes(self, y: Array, eta: Array) -> tuple[Array, ...]:
        """None."""
        return (np.empty(0),)

    def derivation(self) -> str:
        """From the density to its loss."""
        from mlefit.noise.explained_family import explained_density

        return explained_density(self)
