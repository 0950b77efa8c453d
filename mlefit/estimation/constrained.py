"""Constrained: the largest likelihood with some combinations of coefficients held, as likelihood ratios ask for it.

With theta = base + Q u, Q an orthonormal basis of what the combinations D leave free, the search is one without constraints in
u. Its start is the maximum of the quadratic at the optimum t of all,

    t - J^-1 D' (D J^-1 D')^-1 (D t - v),

from which a Newton step or two arrive: a refit takes two or three passes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import distance
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import second_order
from mlefit.execution import Execution
from mlefit.objective import Objective
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally

STEPS = 100         # a handful are usual
SHORT = 1e-6        # nats: of a likelihood ratio, whose law is asymptotic


class Restricted(Memo):
    """A memo on theta = base + Q u."""

    def __init__(self, objective: Objective, execution: Execution, base: Array, space: Array, order: int = 2) -> None:
        super().__init__(objective, execution, order)
        self.base, self.space = base, space

    def at(self, theta: Array, order: int) -> Tally:
        """The total at base + Q u, derivatives by u."""
        full = super().at(self.base + self.space @ theta, order)
        gradient = None if full.gradient is None else self.space.T @ full.gradient
        curvature = None if full.curvature is None else full.curvature.within(self.space)
        return Tally(full.weight, full.value, gradient, curvature)


@dataclass(frozen=True)
class Likelihood:
    """The negative log-likelihood of all `rows`, its optimum `theta` (P,) with the `curvature` there, and a random `sample` of
    the rows whose Hessian is as good where there are many, or None."""

    objective: Objective
    rows: Execution
    sample: Execution | None
    theta: Array
    curvature: Curvature

    def holding(self, directions: Array) -> "Constrained":
        """With the combinations `directions` (q, P) of theta held."""
        return Constrained(self, directions)


@dataclass(frozen=True)
class Constrained:
    """The likelihood with `directions` (q, P) held."""

    of: Likelihood
    directions: Array

    @cached_property
    def _space(self) -> Array:
        """Q (P, P - q)."""
        basis = np.linalg.qr(self.directions.T, mode="complete").Q
        return np.asarray(basis[:, len(self.directions) :])

    @cached_property
    def _root(self) -> Array:
        """D F (q, P)."""
        return self.of.curvature.root(self.directions)

    def least(self, values: Array) -> float:
        """The least negative log-likelihood, in total nats, where D theta = `values` (q,). Raises ArithmeticError if not found."""
        of = self.of
        moved: Array = self.directions @ of.theta - values
        away = np.asarray(np.linalg.lstsq(self._root, moved)[0], dtype=np.float64)
        start = of.theta - of.curvature.unsphered(away)
        if not self._space.shape[1]:
            return of.rows.sum(lambda chunk: of.objective.tally(start, chunk, 0)).value
        guide = None if of.sample is None else Restricted(of.objective, of.sample, start, self._space)
        memo = Restricted(of.objective, of.rows, start, self._space, 2 if guide is None else 1)
        u, _, _ = second_order(memo, np.zeros(self._space.shape[1]), STEPS, guide)
        total = memo.at(u, 1)
        try:
            short = total.weight * distance(memo.gradient(u), (guide or memo).curvature(u))[0]
        except np.linalg.LinAlgError:
            short = np.inf
        if not short <= SHORT:
            raise ArithmeticError(f"a search with coefficients held ended {short:.3g} nats short of its optimum")
        return total.value
