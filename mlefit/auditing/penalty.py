"""Penalty: whether given coefficients are the optimum of a likelihood with a penalty on them.

    quadratic   sum -log q + (lambda / 2) sum beta_j^2    has   dNLL/dbeta_j = -lambda beta_j
    absolute    sum -log q + lambda sum |beta_j|          has   dNLL/dbeta_j = -lambda sign beta_j, and at most lambda where it is 0

for all coefficients but the constant, whose derivative is 0. lambda is fitted, in standard errors, and what is left of the gradient
must be next to nothing of it. scikit-learn's LogisticRegression says C = 1 / lambda, its Ridge alpha = lambda sigma^2, its Lasso
alpha = lambda sigma^2 / n.
"""

from typing import Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask

LEFT = 0.05         # of the gradient: more, and it is no penalty
FEWEST = 2          # penalised coefficients: one can always be explained


class Penalty(NamedTuple):
    """`strength`: lambda, nats per unit of the penalty; `left`: the part of the gradient that it does not explain."""

    kind: Literal["quadratic", "absolute"]
    strength: float
    left: float


def penalty(beta: Array, gradient: Array, error: Array, penalised: Mask) -> Penalty | None:
    """The penalty that explains a gradient (P,) best, if one does; what is not penalised has to be 0."""
    if penalised.sum() < FEWEST:
        return None
    pull, size = gradient * error, float(np.linalg.norm(gradient * error))
    if size == 0.0:
        return None
    found = []
    shapes: tuple[tuple[Literal["quadratic", "absolute"], Array], ...] = (
        ("quadratic", np.where(penalised, beta, 0.0)), ("absolute", np.where(penalised, np.sign(beta), 0.0)))
    for kind, shape in shapes:
        along = shape * error
        if not along.any():
            continue
        strength = -float(pull @ along) / float(along @ along)
        rest = pull + strength * along
        if kind == "absolute":
            zero = penalised & (beta == 0.0)
            rest = np.where(zero, np.sign(pull) * np.maximum(np.abs(pull) - strength * error, 0.0), rest)
        if strength > 0.0:
            found.append(Penalty(kind, strength, float(np.linalg.norm(rest)) / size))
    best = min(found, key=lambda one: one.left, default=None)
    return best if best is not None and best.left <= LEFT else None
