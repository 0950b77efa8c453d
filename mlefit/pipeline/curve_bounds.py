"""Bounds of a curve's parameters, by an active set: those at a bound are held there, the others fitted, until nothing asks to move.

At the end every parameter is within its bounds, and where one is at a bound the likelihood rises beyond it: the conditions of
Karush, Kuhn and Tucker, of first order.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.curve import Curve
from mlefit.estimation.curve_rows import Ended, Rows
from mlefit.expression.tree import Constant, substituted
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean
from mlefit.objective import Objective
from mlefit.report.report import Parameter, Warn


class Change(NamedTuple):
    """A parameter to be held at `value`, or set free again where that is None."""

    name: str
    value: float | None


def holding(curve: Curve, held: Mapping[str, float]) -> Curve:
    """The curve with numbers in the place of some parameters."""
    node = substituted(curve.node, {name: Constant(value) for name, value in held.items()})
    return replace(
        curve, node=node, parameters=tuple(name for name in curve.parameters if name not in held),
        start={name: value for name, value in curve.start.items() if name not in held})


def whole(curve: Curve, held: Mapping[str, float], free: Array) -> Array:
    """All parameters, from those held and those that are `free`."""
    rest = iter(free.tolist())
    return np.array([held[name] if name in held else next(rest) for name in curve.parameters])


def next_change(curve: Curve, held: Mapping[str, float], rows: Rows, mean: NonlinearMean, end: Ended) -> Change | None:
    """What the end of a search asks for. `mean` is that of all parameters of the `curve`."""
    free = [name for name in curve.parameters if name not in held]
    beyond: list[tuple[float, Change]] = []
    for name, value in zip(free, end.theta.tolist(), strict=True):
        low, high = curve.bounds.get(name, (-np.inf, np.inf))
        if not low <= value <= high:
            bound = low if value < low else high if value > high else low if np.isfinite(low) else high
            beyond.append((abs(value - bound) / (abs(value) + abs(bound)) if np.isfinite(value) else 1.0, Change(name, bound)))
    if beyond:
        return max(beyond, key=lambda each: each[0])[1]
    if not held:
        return None
    theta = whole(curve, held, end.theta)
    natural = mean.at(Bent(np.eye(mean.size), np.zeros(mean.size)))
    objective, point = Objective.likelihood(rows.noise, natural), np.concatenate([theta, end.free])
    gradient = rows.all.sum(lambda chunk: objective.tally(point, chunk, 1)).gradient
    assert gradient is not None
    for name, value in held.items():
        low, high = curve.bounds[name]
        inward = 1.0 if value == low else -1.0
        if inward * gradient[curve.parameters.index(name)] < 0.0 and low < high:
            return Change(name, None)
    return None


def parameters(curve: Curve, held: Mapping[str, float]) -> tuple[tuple[int, Parameter], ...]:
    """The rows of the table for those that are held, each with its place among all."""
    return tuple(
        (place, Parameter(name, None, "mean", "boundary", estimate=held[name], loss_estimate=held[name]))
        for place, name in enumerate(curve.parameters) if name in held)


def at_bounds(held: Mapping[str, float]) -> tuple[Warn, ...]:
    """A warning for each parameter that is held."""
    return tuple(Warn("bound", f"{name} is at its bound {value:g}: the likelihood rises beyond it, and the other estimates are "
                      f"those with {name} held there", (name,)) for name, value in held.items())
