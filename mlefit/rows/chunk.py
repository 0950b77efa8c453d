"""Chunk: consecutive rows as numbers, the form in which every engine hands data to the statistics."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.records import record

ABSENT = -1     # the level of a row that has none


@record(frozen=True)
class Chunk:
    """`n` complete rows: response `y` (n,), design `x` (n, p), `weight` (n,) or None, `offset` (n,) or None,
    `trials` (n,) or None, of which the response of a row are the successes.

    A categorical or binary response holds the index of its class. `cluster` (n,) or None holds the index of the group
    that a row belongs to, counted over the whole input. `first_row` counts the rows kept from 0. `level` (n,) or None: the
    level of the factor that has no columns in the design, as its place among all of them, ABSENT where a row has none. `crossed`
    (n, f) or None: those of f more such factors, as places among the levels of all of these. Shapes are checked here, once, and
    nowhere else.
    """

    y: Array
    x: Array
    weight: Array | None = None
    offset: Array | None = None
    first_row: int = 0
    cluster: Array | None = None
    trials: Array | None = None
    level: Index | None = None
    crossed: Index | None = None

    def __post_init__(self) -> None:
        n = self.y.shape[0]
        if self.x.ndim != 2 or self.x.shape[0] != n:
            raise ValueError(f"design {self.x.shape} does not belong to a response {self.y.shape}")
        for name, extra in (("weight", self.weight), ("offset", self.offset), ("cluster", self.cluster),
                            ("trials", self.trials), ("level", self.level)):
            if extra is not None and extra.shape != (n,):
                raise ValueError(f"{name} {extra.shape} does not belong to a response {self.y.shape}")
        if self.crossed is not None and (self.crossed.ndim != 2 or self.crossed.shape[0] != n):
            raise ValueError(f"crossed {self.crossed.shape} does not belong to a response {self.y.shape}")

    @property
    def rows(self) -> int:
        """Stored rows; their weights may sum to something else."""
        return int(self.y.shape[0])

    def part(self, start: int, stop: int) -> "Chunk":
        """Rows start..stop-1 as views."""
        return Chunk(
            self.y[start:stop], self.x[start:stop],
            None if self.weight is None else self.weight[start:stop],
            None if self.offset is None else self.offset[start:stop],
            self.first_row + start,
            None if self.cluster is None else self.cluster[start:stop],
            None if self.trials is None else self.trials[start:stop],
            None if self.level is None else self.level[start:stop],
            None if self.crossed is None else self.crossed[start:stop],
        )


def join(chunks: Sequence[Chunk]) -> Chunk:
    """Rows of several chunks as one."""

    def together(extras: list[Array | None]) -> Array | None:
        present = [extra for extra in extras if extra is not None]
        return np.concatenate(present) if present else None

    levels = [chunk.level for chunk in chunks if chunk.level is not None]
    crossed = [chunk.crossed.T for chunk in chunks if chunk.crossed is not None]
    return Chunk(
        np.concatenate([chunk.y for chunk in chunks]), np.concatenate([chunk.x.T for chunk in chunks], axis=1).T,
        together([chunk.weight for chunk in chunks]), together([chunk.offset for chunk in chunks]),
        cluster=together([chunk.cluster for chunk in chunks]), trials=together([chunk.trials for chunk in chunks]),
        level=np.concatenate(levels) if levels else None, crossed=np.concatenate(crossed, axis=1).T if crossed else None,
    )


def choose(chunk: Chunk, rows: Index) -> Chunk:
    """The named rows (indices) of a chunk, copied."""
    return Chunk(
        chunk.y[rows], np.take(chunk.x.T, rows, axis=1).T, None if chunk.weight is None else chunk.weight[rows],
        None if chunk.offset is None else chunk.offset[rows],
        cluster=None if chunk.cluster is None else chunk.cluster[rows],
        trials=None if chunk.trials is None else chunk.trials[rows],
        level=None if chunk.level is None else chunk.level[rows],
        crossed=None if chunk.crossed is None else np.take(chunk.crossed.T, rows, axis=1).T,
    )


def whitened(chunk: Chunk) -> Chunk:
    """All but the weights (n,) times their root, after which rows whose variance is divided by them are alike."""
    assert chunk.weight is not None
    root = np.sqrt(chunk.weight)
    offset = None if chunk.offset is None else chunk.offset * root
    return replace(chunk, y=chunk.y * root, x=(chunk.x.T * root).T, offset=offset, weight=None)
