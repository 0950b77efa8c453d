"""Tally: what a pass over rows adds up to. A commutative monoid whose sums are taken in a fixed tree."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Protocol, Self, TypeVar

import numpy as np

from mlefit.arrays import Array


class Summable(Protocol):
    """Anything with an associative `+`."""

    def __add__(self, other: Self, /) -> Self: ...


M = TypeVar("M", bound=Summable)


@dataclass(frozen=True, slots=True)
class Tally:
    """Weighted sums over rows of a criterion at one parameter vector theta (P,).

    `weight` sum of w_i; `value` sum of w_i c_i; `gradient` (P,), `hessian` (P, P), and `outer` (P, P), the sum of
    w_i g_i g_i' over rows. What a pass was not asked for is None.
    """

    weight: float
    value: float
    gradient: Array | None = None
    hessian: Array | None = None
    outer: Array | None = None

    def __add__(self, other: "Tally") -> "Tally":
        def add(mine: Array | None, theirs: Array | None) -> Array | None:
            return None if mine is None or theirs is None else mine + theirs

        return Tally(
            self.weight + other.weight, self.value + other.value, add(self.gradient, other.gradient),
            add(self.hessian, other.hessian), add(self.outer, other.outer),
        )

    def finite(self) -> bool:
        """Whether every number of the tally is finite."""
        parts = (getattr(self, field.name) for field in fields(self))
        return all(bool(np.all(np.isfinite(part))) for part in parts if part is not None)


def tree_sum(items: Iterable[M]) -> M:
    """The sum of `items` in a tree that depends on their number alone: same bits whoever computed the parts.

    Works on a stream: partial sums of 2^k neighbours wait for their sibling (a binary counter), so at most log2(n)
    parts are alive. Rounding grows with log n, not n. Raises ValueError for no items: no plausible sum from no data.
    """
    waiting: list[tuple[int, M]] = []
    for item in items:
        size, total = 1, item
        while waiting and waiting[-1][0] == size:
            total = waiting.pop()[1] + total
            size *= 2
        waiting.append((size, total))
    if not waiting:
        raise ValueError("no rows to add up")
    total = waiting.pop()[1]
    while waiting:
        total = waiting.pop()[1] + total
    return total
