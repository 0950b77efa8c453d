"""Apart: coordinates of predictors that have designs of their own, such as a mean and the logarithm of a scale.

The columns of all designs stand in one table, in which each design has its places; columns that several designs share stand
there once. Predictor a has r_a coordinates, and P = r_1 + ... + r_m.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np

from mlefit.arrays import Array, block
from mlefit.mean.coordinates import Coordinates, Whitening
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True, eq=False)
class Apart(Whitening):
    """`parts[a]`: the coordinates of predictor a."""

    parts: tuple[Coordinates, ...]

    def part(self, predictor: int) -> Coordinates:
        """Those of one predictor."""
        return self.parts[predictor]

    @property
    def one(self) -> None:
        """There is none."""
        return

    @property
    def size(self) -> int:
        """P."""
        return sum(part.rank for part in self.parts)

    @property
    def gentle(self) -> Self:
        """The same for sums that have no second derivatives in them."""
        return self._gentle

    @cached_property
    def _gentle(self) -> Self:
        return replace(self, parts=tuple(part.gentle for part in self.parts))

    @cached_property
    def _places(self) -> tuple[slice, ...]:
        ends = np.cumsum([0, *(part.rank for part in self.parts)]).tolist()
        return tuple(slice(start, end) for start, end in pairwise(ends))

    def _each(self) -> Iterator[tuple[Coordinates, slice]]:
        return zip(self.parts, self._places, strict=True)

    def prepared(self, chunk: Chunk) -> tuple["Apart", Chunk]:
        """As they are where every design is a view of the rows; else with columns of its own for each."""
        if not any(part.steep or not part.together for part in self.parts):
            return self, chunk
        x, parts = block(chunk.rows, self.size), []
        for part, place in self._each():
            x[:, place] = part.columns(chunk)
            kept = tuple(range(place.start, place.stop))
            parts.append(Coordinates(np.eye(part.rank) if part.steep else part.triangle, kept, part.bound))
        return Apart(tuple(parts)), replace(chunk, x=x)

    def encoded(self, gamma: Array) -> Array:
        """B (k P,) of gamma (k P,)."""
        each = gamma.reshape(-1, self.size)
        found = [part.encoded(each[:, place].ravel()).reshape(len(each), -1) for part, place in self._each()]
        return np.concatenate(found, axis=1).ravel()

    def coefficients(self, gamma: Array) -> Array:
        """What multiplies the columns of each design."""
        each = gamma.reshape(-1, self.size)
        found = [part.coefficients(each[:, place].ravel()).reshape(len(each), -1) for part, place in self._each()]
        return np.concatenate(found, axis=1).ravel()

    def whiten(self, by_columns: Array) -> Array:
        """R_a^-T g_a of each predictor."""
        return np.concatenate([part.whiten(by_columns[place]) for part, place in self._each()])

    def nearest(self, wanted: Array, chunk: Chunk) -> Array:
        """The least squares fit to each predictor (n, m) by its own design."""
        return np.concatenate([part.nearest(wanted[:, a : a + 1], chunk) for a, part in enumerate(self.parts)])
