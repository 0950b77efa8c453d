"""Symmetric: second derivatives of rows as products with a vector, from their entries."""

from collections.abc import Callable, Sequence

from mlefit.arrays import Array, block
from mlefit.noise.stable import QUIET


def symmetric(entries: Sequence[Sequence[Array]]) -> Callable[[Array], Array]:
    """v (..., q) to M v (n, q) of the matrices M with these entries (n,)."""

    @QUIET
    def curvature(v: Array) -> Array:
        out = block(entries[0][0].size, len(entries))
        for a, row in enumerate(entries):
            out[:, a] = sum(entry * v[..., b] for b, entry in enumerate(row))
        return out

    return curvature
