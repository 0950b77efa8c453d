"""The cone of all separating directions, and which coefficients have the same sign throughout it.

A coefficient a'd goes to +infinity along one separating direction and may go to -infinity along another: each is as good a
way to approach the supremum. Its sign is a fact of the data only if it is that of every direction of the cone

    C = {d : (d_y - d_k)' x_i >= 0 for every row i, class y that it keeps, and class k},

that is, if min a'd over C and |d| <= 1 is 0. Cutting planes: the minimum over the rows of least margin alone is not above it.
Where it is 0 the sign holds. Where it is not, and its direction violates no other row, the sign does not hold.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.execution import Execution
from mlefit.existence.separation import GAIN, TIE, Separation, violations
from mlefit.existence.sparse import least
from mlefit.mean import LinearMean
from mlefit.noise.model import NoiseModel

FIRST = 10          # rows of least margin that the programme begins with, for each coordinate
MOST = 60           # coefficients whose sign is looked at
ROUNDS = 20         # programmes for each
PIVOTS = 20_000     # in each; HiGHS needs some hundred


def signed(
    noise: NoiseModel, mean: LinearMean, execution: Execution, separation: Separation, wanted: Array
) -> Mask:
    """Which rows a (k, m r) of `wanted`, each positive along the separation found, are negative along no separating direction.

    What a bounded search does not prove is not said: beyond MOST coefficients the answer is no.
    """
    found = separation.directions[0]
    nearest = execution.sum(lambda chunk: violations(noise, mean, found, (), chunk, np.inf)).rows
    working = nearest[np.argsort(nearest @ found, kind="stable")[: FIRST * mean.size]]
    holds = np.zeros(len(wanted), bool)
    for k, a in enumerate(wanted[:MOST]):
        for _ in range(ROUNDS):
            lowest = least(a / np.linalg.norm(a), working, mean, maxiter=PIVOTS)
            direction = None if lowest is None else lowest[0]
            if direction is None or direction @ a >= -GAIN * np.linalg.norm(a):
                holds[k] = direction is not None
                break
            violated = execution.sum(lambda chunk: violations(noise, mean, direction, (), chunk, -TIE)).rows  # noqa: B023 - consumed here
            if not len(violated):
                break
            working = np.concatenate([working, violated])
    return holds
