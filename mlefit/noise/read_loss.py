"""Reading a loss: its text becomes a loss of one difference on an axis, or a refusal."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlefit.errors import NoEstimateError, UsageError
from mlefit.expression.scan import short
from mlefit.expression.tree import Node, columns_of
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.axes import IDENTITY, LOG, LOG1P, LOGIT, Axis
from mlefit.losses.counts import Counted, counted
from mlefit.losses.family import CONSTANT, Family, based
from mlefit.losses.labels import Labels, labels
from mlefit.losses.loss import Loss
from mlefit.losses.structure import spared, spared_structure, structure
from mlefit.noise.known_family import base_words
from mlefit.noise.known_labels import known_labels, margin, no_labels
from mlefit.noise.known_loss import known
from mlefit.noise.refused_loss import check, undone
from mlefit.noise.responses import NUMBERS, POSITIVE, SHARES, Response

ABOVE = Response(least=-1.0, open_end=True)
RESPONSES: Mapping[str, Response] = {IDENTITY.name: NUMBERS, LOG.name: POSITIVE, LOG1P.name: ABOVE, LOGIT.name: SHARES}
ON_AXES = {      # what a known loss is there
    (LOG.name, "the squared error"): "lognormal noise",
    (LOG.name, "the absolute error"): "log-laplace noise",
    (LOG.name, "the LINEX loss of b = 1"): "the gamma deviance: gamma noise of shape {a}, with f its mean",
    (LOG.name, "the LINEX loss of b = -1"): "inverse gamma noise of shape {a}",
    (LOG1P.name, "the squared error"): "lognormal noise of 1 + y, which gives mass to -1 < y < 0",
    (LOGIT.name, "the squared error"): "logit-normal noise",
}


class Read(NamedTuple):
    """`loss`: L of the difference on the axis; `power`: m, where the loss as typed is L + m g(y); `spared`: that is L + l(y, y)."""

    loss: Loss
    axis: Axis
    power: float = 0.0
    spared: bool = False

    @property
    def less(self) -> str:
        """What is taken off the loss as typed, in words."""
        if self.spared:
            return ", less its value at f = y, in which there is no f"
        return "" if self.power == 0.0 else f", less {self.power:g} {self.axis.word.partition(' - ')[0]}, in which there is no f"


@lru_cache(maxsize=64)
def read_loss(text: str) -> Read:
    """What is known of the loss. Raises UsageError for what is none, NoEstimateError for what is no noise model."""
    node = parsed(text)
    with np.errstate(all="ignore"):     # what is no number is met where it is looked at
        read = _read(node, text)
        check(read.loss, text, node, read.axis)
    return read


def _read(node: Node, text: str) -> Read:
    if columns_of(node) == {"r"}:
        return Read(Loss(node), IDENTITY)
    found = structure(node)
    if found is not None:
        return Read(Loss(found.node, near=found.axis.near), found.axis, found.power)
    known = known_labels(node) or margin(node)
    if known is not None:       # some are numbers at a few f alone
        chances = next((one for one in labels(node, unit=known.unit) if one.labels == known.labels), None)
        if chances is not None:
            raise no_labels(node, short(text), known, chances)
    found = spared_structure(node)
    if found is not None:
        return Read(Loss(found.node, near=found.axis.near), found.axis, spared=True)
    raise undone(node, text)


@lru_cache(maxsize=64)
def labelled(text: str) -> Labels | None:
    """The chances of two labels that a loss is; None where it is of one difference, or no noise model of labels."""
    node = parsed(text)
    if columns_of(node) == {"r"} or structure(node) is not None:
        return None
    with np.errstate(all="ignore"):
        return next((found for found in labels(node) if found.holds), None)


@lru_cache(maxsize=64)
def counts_of(text: str) -> Counted | None:
    """The chances of counts that a loss is; None where it is of one difference, or no noise model of counts that is known."""
    node = parsed(text)
    return None if columns_of(node) == {"r"} or structure(node) is not None else counted(node)


@lru_cache(maxsize=64)
def family_of(text: str) -> Family | None:
    """The family of laws that a loss of no difference is, in a base that makes it one; None where no base is found.

    Raises NoEstimateError where it is not decided."""
    node = parsed(text)
    if columns_of(node) == {"r"} or structure(node) is not None:
        return None
    with np.errstate(all="ignore"):
        found = based(node)
        if found is None and spared_structure(node) is None and (other := based(spared(node))) is not None:
            found = other._replace(family=replace(other.family, spared=True))
    if found is None:
        return None
    if found.apart > CONSTANT:
        raise NoEstimateError(
            f"{short(text)}: in {base_words(found.family)} the log of its mass differs by {found.apart:.1g} between f: too much "
            "for rounding, too little for a proof that it is no density",
            "write it as a loss of y - f or of log(y) - log(f)", code="not-proved")
    return found.family


@lru_cache(maxsize=64)
def parsed(text: str) -> Node:
    """The tree, in r or in y and f. Raises UsageError."""
    node = parse_written("--loss", text, ("r", "y", "f"), LOSSES)
    names = columns_of(node)
    if not names:
        raise UsageError("--loss holds neither r nor y and f", "write it in r, the residual y - f, or in y and f", code="formula")
    if "r" in names and len(names) > 1:
        raise UsageError("--loss: r stands beside y or f", "r is y - f: write it in r alone, or in y and f", code="formula")
    if len(names) == 1 and "r" not in names:
        missing = "f" if "y" in names else "y"
        raise UsageError(f"--loss: {missing} is missing", "write it in y and f, or in r = y - f", code="formula")
    return node


def noted(read: Read) -> tuple[str, ...]:
    """Which loss it is, where it is a known one, and in which variable it is one of a difference."""
    found = known(read.loss)
    if read.axis is IDENTITY:
        named = () if found is None else (f"--loss: {found.sentence}.",)
        return (f"--loss: a function of y - f alone{read.less}.", *named) if read.spared else named
    notes = [f"--loss: a function of {read.axis.word} alone{read.less}: a density in {read.axis.measure} for every f."]
    if found is not None:
        law = ON_AXES.get((read.axis.name, found.name))
        notes.append(f"--loss: in that variable this is {found.name}{'' if law is None else ', ' + law.format(a=found.of_a)}.")
    return tuple(notes)
