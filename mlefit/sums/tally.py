"""Tally: what a pass over rows adds up to. A commutative monoid whose sums are taken in a fixed tree."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from mlefit.arrays import Array
from mlefit.sums.curvature import Curvature


class Summable(Protocol):
    """Anything with an associative `+`."""

    def __add__(self, other: Self, /) -> Self: ...


M = TypeVar("M", bound=Summable)
P = TypeVar("P", Array, Curvature)


@dataclass(frozen=True, slots=True)
class Tally:
    """Weighted sums over rows of a criterion at one parameter vector theta (P,).

    `weight` sum of w_i; `value` sum of w_i c_i; `gradient` (P,), `curvature`, the second derivatives, and `outer`
    (P, P), the sum of w_i g_i g_i' over rows. What a pass was not asked for is None.
    """

    weight: float
    value: float
    gradient: Array | None = None
    curvature: Curvature | None = None
    outer: Array | None = None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.weight + other.weight, self.value + other.value, _add(self.gradient, other.gradient),
            _add(self.curvature, other.curvature), _add(self.outer, other.outer),
        )


def _add(mine: P | None, theirs: P | None) -> P | None:
    return None if mine is None or theirs is None else mine + theirs


def tree_sum(items: Iterable[M], zero: M | None = None) -> M:
    """The sum of `items` in a tree that depends on their number alone: same bits whoever computed the parts.

    Works on a stream: partial sums of 2^k neighbours wait for their sibling (a binary counter), so at most log2(n)
    parts are alive. Rounding grows with log n, not n. The sum of no items is `zero`; without one it raises ValueError: no
    plausible sum from no data.
    """
    waiting: list[tuple[int, M]] = []
    for item in items:
        size, total = 1, item
        while waiting and waiting[-1][0] == size:
            total = waiting.pop()[1] + total
            size *= 2
        waiting.append((size, total))
    if not waiting:
        if zero is not None:
            return zero
        raise ValueError("no rows to add up")
    total = waiting.pop()[1]
    while waiting:
        total = waiting.pop()[1] + total
    return total
