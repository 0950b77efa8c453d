"""Scaling: where each encoded column is centred and by which power of two it is divided.

A centre is a value of the column itself (the middle one of the first rows, the head of the source), so that shifting a
column by a number that float64 represents changes no bit of the encoded data; a scale is a power of two, so that dividing
by it is exact and columns of size 1e-300 or 1e300 survive. Exact centring follows later, from the triangle with the
constant first.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array

FAR = 2.0**100     # an encoded value beyond this says that the head of the source was no guide to the rest


class Scaling(NamedTuple):
    """`centre` and `scale` (p,) of the design columns, `y_centre` and `y_scale` of a numeric response."""

    centre: Array
    scale: Array
    y_centre: float = 0.0
    y_scale: float = 1.0


def centre_of(column: Array) -> float:
    """The middle value of the column (the lower of two); 0 when there is none."""
    if column.size == 0:
        return 0.0
    middle = (column.size - 1) // 2
    return float(np.partition(column, middle)[middle])


def scale_of(column: Array, centre: float) -> float:
    """The power of two at or above max|x - centre|; 1 for a constant or empty column."""
    if column.size == 0:
        return 1.0
    # Half of everything: the spread of a column that spans the range of float64 would overflow.
    spread = max(float(column.max()) / 2 - centre / 2, centre / 2 - float(column.min()) / 2)
    if spread == 0.0:
        return 1.0
    exponent = int(np.frexp(spread)[1]) + 1
    return float(np.ldexp(1.0, min(max(exponent, -1074), 1023)))
