"""Discoveries: which groups do not follow the model, when so many are asked that some would seem not to by chance.

Benjamini and Hochberg (1995): of G p-values in order, the largest k with p_(k) <= k q / G tells how many are found; of those found,
a share of q at most is expected to be false, for groups that are independent. A group without a p-value is not asked.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.report.groups import Group

RATE = 0.05     # q


def discoveries(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups, each that has a p-value with its verdict among all."""
    p = np.array([group.p_value for group in groups if group.p_value is not None])
    passed = np.flatnonzero(np.sort(p) <= RATE * np.arange(1, p.size + 1) / max(p.size, 1))
    bar = float(np.sort(p)[passed[-1]]) if passed.size else -1.0
    return tuple(group if group.p_value is None else group._replace(misfit=group.p_value <= bar) for group in groups)
