"""Runs: whether neighbours along a predictor err in the same direction, which no curve of a few columns need show.

Rows sorted by the predictor, e_i their Pearson residuals and q_i what fitting takes of them, t_i = e_i'e_(i+1):

    z = (sum t_i - E) / (sum t_i^2)^(1/2),   E = -s^2 sum_i tr q_i'q_(i+1),   one-sided

Rows of one value stand in an order drawn from the seed.
"""

import numpy as np

from mlefit.arrays import Array
from mlefit.information.working import Working

ENOUGH = 25     # rows beyond the parameters from which z is normal enough


def runs(rows: Working, values: Array, distinct: int, seed: int) -> float:
    """P(Z > z) of rows sorted by the values (n,) of a predictor, of which so many are distinct."""
    from scipy.special import ndtr

    if distinct == rows.n:
        order = np.argsort(values)
    else:
        order = np.lexsort((np.random.default_rng([seed, rows.n, 2]).random(rows.n), values))
    e = rows.residuals[order]
    t = np.einsum("nk,nk->n", e[:-1], e[1:])
    shared = sum(float(np.vdot(q[order[:-1]], q[order[1:]])) for q in rows.pull)
    left = max(e.size - sum(q.shape[1] for q in rows.pull), 1)
    expected = -float(np.vdot(e, e)) / left * shared
    spread = float(t @ t)
    return float(ndtr(-(t.sum() - expected) / np.sqrt(spread))) if spread > 0.0 else 1.0
