"""Tally: what a pass over rows adds up to. A commutative monoid whose sums are taken in a fixed tree."""

from collections.abc import Iterable
from typing import TypeVar

from mlefit.arrays import Array
from mlefit.records import record
from mlefit.sums.curvature import Curvature
from mlefit.sums.nodes import M, Nodes

P = TypeVar("P", Array, Curvature)


@record(frozen=True)
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
    """The sum of `items` in a tree that depends on their number alone: same bits whoever computed the parts (`Nodes`).

    Works on a stream. The sum of no items is `zero`; without one it raises ValueError.
    """
    return Nodes.of(items).total(zero)
