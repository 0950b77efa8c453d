"""Separation as the textbook writes it, for independent programmes."""

from typing import Any

import numpy as np

from mlefit.arrays import Array


def constraints(y: Any, x: Any, classes: int) -> Array:
    """Rows z (n (classes - 1), (classes - 1) (p + 1)): d separates where z d >= 0 and not all are 0; intercept first."""
    rows = []
    for observed, row in zip(y, np.column_stack([np.ones(len(y)), x]), strict=True):
        for other in range(classes):
            if other != observed:
                sign = np.zeros(classes)
                sign[observed], sign[other] = 1.0, -1.0
                rows.append(np.kron(sign[1:], row))
    return np.array(rows)
