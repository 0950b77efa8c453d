"""Nodes: partial sums by their place in the tree over all leaves, so that it does not matter who adds up which of them.

    node (k, i) = sum of the leaves i 2^k, ..., (i + 1) 2^k - 1

Two siblings (k, 2i) and (k, 2i + 1) become their parent (k + 1, i) as soon as both are there, and nothing else is ever added
before all leaves are. So every grouping of neighbours, here or on many machines, gives the same bits. Of n neighbouring leaves
at most 2 log2(n) nodes are left, and rounding grows with log n, not n.
"""

from collections.abc import Iterable
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from mlefit.records import record


class Summable(Protocol):
    """Anything with an associative `+`."""

    def __add__(self, other: Self, /) -> Self: ...


M = TypeVar("M", bound=Summable)


class Node(NamedTuple, Generic[M]):
    """The `total` of the 2^level leaves from number `place` 2^level on."""

    level: int
    place: int
    total: M


@record(frozen=True)
class Nodes(Generic[M]):
    """Those of neighbouring leaves, from left to right."""

    nodes: tuple[Node[M], ...] = ()

    @classmethod
    def of(cls, leaves: Iterable[M], first: int = 0) -> "Nodes[M]":
        """Those of the leaves `first`, `first` + 1, ..., of which a stream needs no more than log2(n) in memory at once."""
        grown: list[Node[M]] = []
        for place, leaf in enumerate(leaves, first):
            _grow(grown, Node(0, place, leaf))
        return cls(tuple(grown))

    def __add__(self, other: "Nodes[M]") -> "Nodes[M]":
        grown = list(self.nodes)
        for node in other.nodes:
            _grow(grown, node)
        return Nodes(tuple(grown))

    def total(self, zero: M | None = None) -> M:
        """The sum of all leaves, the first of which is number 0. That of none is `zero`; without one it raises ValueError: no
        plausible sum from no data."""
        if not self.nodes:
            if zero is not None:
                return zero
            raise ValueError("no rows to add up")
        *before, last = self.nodes
        total = last.total
        for node in reversed(before):
            total = node.total + total
        return total


def _grow(grown: list[Node[M]], node: Node[M]) -> None:
    """Add a node on the right, and to its sibling where that is there."""
    while node.place % 2 and grown and grown[-1][:2] == (node.level, node.place - 1):
        node = Node(node.level + 1, node.place // 2, grown.pop().total + node.total)
    grown.append(node)
