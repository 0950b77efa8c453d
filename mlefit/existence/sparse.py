"""Sparse: linear programmes over directions of a design that has a column for each level, by its columns and not in coordinates.

In the coordinates of a search a row of zeros and ones is full of numbers, and a programme of some hundred of them takes seconds.
With d = R b and t = |x| b, by the norms |x| of the columns, each row has the few numbers that the design has, and the same
directions fulfil it. The box is another one, |t| <= 1, which bounds directions alike and decides nothing.
"""

from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.mean import LinearMean

NARROW = 64         # coordinates up to which programmes are stated in these
NOTHING = 1e-12     # of the largest of a row: the rounding of zeros
SOLVER = 1e-10      # feasibility asked of HiGHS, for constraints of norm 1


def least(cost: Array, working: Array, mean: LinearMean, **options: Any) -> tuple[Array, float] | None:
    """The d (m r,) of min cost'd subject to working d >= 0 in a box, and the minimum; None where the programme is given up. The
    largest element of d is 1, but for no direction."""
    from scipy.optimize import linprog

    programme: Any = linprog        # its stubs know no sparse rows
    chosen = {"primal_feasibility_tolerance": SOLVER, "dual_feasibility_tolerance": SOLVER, **options}
    wide = mean.size > NARROW
    if wide:
        triangle = mean.part(0).triangle / np.linalg.norm(mean.part(0).triangle, axis=0)
        rows, cost = _sparse(_moved(working, triangle)), _moved(cost[None], triangle)[0]
    else:
        rows = working
    found = programme(cost, A_ub=-rows, b_ub=np.zeros(len(working)), bounds=(-1.0, 1.0), method="highs", options=chosen)
    if found.x is None or found.fun is None:
        return None
    if not wide:
        return np.asarray(found.x), float(found.fun)
    direction = (found.x.reshape(-1, len(triangle)) @ triangle.T).ravel()
    top = float(np.abs(direction).max(initial=0.0))
    return direction / top if top > 0.0 else direction, float(found.fun)


def _moved(rows: Array, triangle: Array) -> Array:
    """Rows (c, m r) by the columns of the design."""
    r = len(triangle)
    return np.asarray((rows.reshape(-1, r) @ triangle).reshape(rows.shape))


def _sparse(rows: Array) -> Any:
    """Rows of norm 1 without what is 0 but for rounding."""
    from scipy.sparse import csr_matrix

    size = np.abs(rows).max(axis=1, keepdims=True)
    rows = np.where(np.abs(rows) > NOTHING * size, rows, 0.0)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return csr_matrix(np.divide(rows, norm, out=np.zeros_like(rows), where=norm > 0.0))
