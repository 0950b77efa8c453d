"""Buckets: groups of like size and with the same columns as blocks of numbers, which one call of numpy works on together.

Rows of a group that has fewer than its block are of no weight: their columns are 0. Each group has its own centres, values that
its columns have, and its own scales, powers of two.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index

NUMBERS = 1 << 17       # of a block's design: 1 MB, which stays in the cache of a core
STEPS = 8               # sizes between two powers of two, so that at most an eighth of a block is empty


class Design(NamedTuple):
    """Complete rows in order of their groups. `columns` (N,) each, the constant not among them; `movable` of them may be centred.

    Group g has the rows from `starts[g]` on, `sizes[g]` of them.
    """

    columns: tuple[Array, ...]
    y: Array
    starts: Index
    sizes: Index
    intercept: bool
    movable: tuple[bool, ...]


class Block(NamedTuple):
    """B groups of at most M rows with k columns, the constant first if there is one.

    `groups` (B,) are their places, `kept` (k,) those of the columns in the design. `x` (B, k, M) encoded as (x - centre) / scale,
    with `low`, `high` and `magnitude`, the largest size of a cell in the units of the scale, (B, k) each. `y` (B, M) is as in the
    file, and repeats the last row of a group where `there` (B, M) is 0 and not 1. `n` (B,): rows.
    """

    groups: Index
    kept: Index
    n: Array
    x: Array
    y: Array
    there: Array
    centre: Array
    scale: Array
    low: Array
    high: Array
    magnitude: Array


def blocks(design: Design) -> Iterator[Block]:
    """All groups with more rows than columns, in blocks. Columns that do not vary in a group are not kept there."""
    head = int(design.intercept)
    some = np.flatnonzero(design.sizes > 0)
    if not some.size:
        return
    starts = design.starts[some]
    low = np.array([np.minimum.reduceat(column, starts) for column in design.columns]).reshape(-1, some.size)
    high = np.array([np.maximum.reduceat(column, starts) for column in design.columns]).reshape(-1, some.size)
    varies = low < high if design.intercept else (low != 0.0) | (high != 0.0)
    sizes = design.sizes[some]
    enough = np.flatnonzero((sizes > head + varies.sum(axis=0)) & np.isfinite(low).all(axis=0) & np.isfinite(high).all(axis=0))
    wide = _rounded(sizes)
    pattern = np.zeros(some.size, np.intp)
    if len(varies):
        pattern = np.unique(varies, axis=1, return_inverse=True)[1].reshape(-1)
    for bucket in _alike(pattern[enough], wide[enough]):
        members = enough[bucket]
        columns = np.flatnonzero(varies[:, members[0]])
        width = int(sizes[members].max())
        most = max(1, NUMBERS // (width * (columns.size + head + 1)))
        for first in range(0, members.size, most):
            part = members[first : first + most]
            yield _block(design, some[part], columns, width, low[:, part], high[:, part])


def _rounded(sizes: Index) -> Index:
    """Each size, or the next one of a grid with STEPS of them for a power of two."""
    step = np.exp2(np.maximum(np.floor(np.log2(sizes)) - np.log2(STEPS), 0.0))
    return np.asarray(np.ceil(sizes / step) * step, np.intp)


def _alike(*keys: Index) -> list[Index]:
    """The places that have all keys in common."""
    order = np.lexsort(keys)
    changes = np.zeros(order.size, bool)
    for key in keys:
        changes[1:] |= np.diff(key[order]) != 0
    return [found for found in np.split(order, np.flatnonzero(changes)) if found.size]


def _block(design: Design, groups: Index, columns: Index, width: int, low: Array, high: Array) -> Block:
    head, starts, sizes = int(design.intercept), design.starts[groups], design.sizes[groups]
    counted = np.arange(width)
    rows = starts[:, None] + np.minimum(counted, sizes[:, None] - 1)
    there = (counted < sizes[:, None]).astype(np.float64)
    k = head + columns.size
    x = np.empty((groups.size, k, width))
    centre, scale = np.zeros((groups.size, k)), np.ones((groups.size, k))
    least, most = np.ones((groups.size, k)), np.ones((groups.size, k))
    magnitude = np.ones((groups.size, k))
    if head:
        x[:, 0] = there
    for place, column in enumerate(columns.tolist(), start=head):
        values = design.columns[column]
        if design.movable[column]:
            centre[:, place] = values[starts]
        moved = values[rows] - centre[:, place, None]
        below, above = low[column] - centre[:, place], high[column] - centre[:, place]
        scale[:, place] = np.exp2(np.clip(np.ceil(np.log2(np.maximum(-below, above))), -1000.0, 1000.0))
        x[:, place] = moved / scale[:, place, None] * there
        least[:, place], most[:, place] = below / scale[:, place], above / scale[:, place]
        magnitude[:, place] = np.maximum(np.abs(low[column]), np.abs(high[column])) / scale[:, place]
    kept = np.concatenate([np.arange(head), columns + head])
    return Block(groups, kept, sizes.astype(np.float64), x, design.y[rows], there, centre, scale, least, most, magnitude)
