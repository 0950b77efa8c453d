"""The array types that every room shares.

Blocks of n rows by k variables are stored one variable after the other (Fortran order), so that every elementwise
operation runs over contiguous memory and a range of rows is a view that BLAS takes as it is.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int32]
Index: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]


FEW = 500       # elements of a result up to which numpy's matmul keeps the interpreter lock


def block(rows: int, variables: int) -> Array:
    """An uninitialised (rows, variables) block in Fortran order."""
    return np.empty((variables, rows)).T


def product(a: Array, b: Array) -> Array:
    """The matrix product a b of large blocks, for code that several threads run at once.

    `a @ b` holds the interpreter lock while the result has few elements, whatever the sum takes; np.dot never does, but
    copies what is a slice of a larger block.
    """
    return np.asarray(np.dot(a, b) if a.shape[0] * b.shape[1] < FEW else a @ b)


def ascending(values: Array) -> Index:
    """The stable order (n,) of numbers. Where no two are equal there is but one, and a sort that is not stable finds it in a sixth
    of the time."""
    order = np.argsort(values)
    found = values[order]
    return order if (found[1:] > found[:-1]).all() else np.argsort(values, kind="stable")
