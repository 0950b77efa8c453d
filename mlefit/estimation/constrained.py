"""Constrained: the largest likelihood with some combinations of coefficients held, as likelihood ratios ask for it.

With theta = base + Q u, Q an orthonormal basis of what the combinations D leave free, the search is one without constraints in
u. Its start is the maximum of the quadratic at the optimum t of all,

    t - J^-1 D' (D J^-1 D')^-1 (D t - v),

from which none, one or two Newton steps arrive, a pass each: what is left of the way after the last is known to second order,
and taken off. A trust-region search follows where Newton's steps do not close in.
"""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.certificate import distance
from mlefit.estimation.memo import Memo
from mlefit.estimation.optimize import second_order
from mlefit.execution import Execution
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally

STEPS = 100         # a handful are usual
NEWTON = 5           # steps, each at least CLOSER times nearer than the last
CLOSER = 10.0
SHORT = 1e-6        # of the nats that holding costs, or nats: by the Hessian of a sample, which is right to some per cent
EXACT = 1e-8        # and by that of the rows


class Restricted(Memo):
    """A memo on theta = base + Q u; without Q, `space`, on all but the last element of theta, which is held at that of the base."""

    def __init__(self, objective: Objective, execution: Execution, base: Array, space: Array | None, order: int = 2) -> None:
        super().__init__(objective, execution, order)
        self.base, self.space = base, space

    @property
    def size(self) -> int:
        """Of u."""
        return self.base.size - 1 if self.space is None else self.space.shape[1]

    def at(self, theta: Array, order: int) -> Tally:
        """The total at base + Q u, derivatives by u."""
        if self.space is None:
            held = super().at(self.base + np.append(theta, 0.0), order)
            return Tally(held.weight, held.value, None if held.gradient is None else held.gradient[:-1],
                         None if held.curvature is None else held.curvature.leading(self.size))
        full = super().at(self.base + self.space @ theta, order)
        gradient = None if full.gradient is None else self.space.T @ full.gradient
        curvature = None if full.curvature is None else full.curvature.within(self.space)
        return Tally(full.weight, full.value, gradient, curvature)


@record(frozen=True)
class Likelihood:
    """The negative log-likelihood of all `rows`, its `optimum` at `theta` (P,) with the `curvature` there, and a random `sample`
    of the rows whose Hessian is as good where there are many, or None. `limit`: that of the law which it is where a shape has no
    end, and the place of the shape in theta, which that law has not."""

    objective: Objective
    rows: Execution
    sample: Execution | None
    theta: Array
    optimum: float
    curvature: Curvature
    limit: tuple[Objective, int] | None = None

    def holding(self, directions: Array) -> "Constrained":
        """With the combinations `directions` (q, P) of theta held."""
        return Constrained(self, directions)


@record(frozen=True)
class Constrained:
    """The likelihood with `directions` (q, P) held."""

    of: Likelihood
    directions: Array

    @cached_property
    def _space(self) -> Array:
        """Q (P, P - q)."""
        return _free(self.directions)

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
        try:
            return _least(of.objective, of.rows, of.sample, start, self._space, of.optimum)
        except ArithmeticError:
            if of.limit is None:
                raise
        objective, place = of.limit         # with fewer coefficients the shape may run off that does not with all
        return _least(objective, of.rows, of.sample, np.delete(start, place), _free(np.delete(self.directions, place, axis=1)),
                      of.optimum)


def _free(directions: Array) -> Array:
    """An orthonormal basis (P, P - q) of what `directions` (q, P) leave free."""
    basis = np.linalg.qr(directions.T, mode="complete").Q
    return np.asarray(basis[:, len(directions) :])


@record(frozen=True)
class ShapeHeld:
    """The likelihood with the free shape at `place` of theta held; `start` (P,) is near its optimum but for that shape."""

    objective: Objective
    rows: Execution
    sample: Execution | None
    start: Array
    place: int

    def least(self, value: float) -> float:
        """The least negative log-likelihood, in total nats, where the shape is `value`. Raises ArithmeticError if not found."""
        last = self.place == self.start.size - 1
        base, space = self.start.copy(), None if last else np.delete(np.eye(self.start.size), self.place, axis=1)
        base[self.place] = value
        return _least(self.objective, self.rows, self.sample, base, space, np.inf)


def _least(
    objective: Objective, rows: Execution, sample: Execution | None, start: Array, space: Array | None, optimum: float
) -> float:
    """The least total on start + space u, or with the last element of the start held. `optimum`: that without anything held,
    infinite where it does not matter."""
    guide = None if sample is None else Restricted(objective, sample, start, space)
    memo = Restricted(objective, rows, start, space, 2 if guide is None else 1)
    u, before = np.zeros(memo.size), np.inf

    def enough(total: float) -> float:
        return (EXACT if guide is None else SHORT) * max(1.0, total - optimum)

    for _ in range(NEWTON):
        total, short, step = _nearer(memo, guide or memo, u)
        if short <= enough(total):
            return total - short
        if not short <= before / CLOSER:
            break
        u, before = u + step, short
    u, _, _ = second_order(memo, np.zeros(u.size), STEPS, guide)
    total, short, _ = _nearer(memo, guide or memo, u)
    if not short <= enough(total):
        raise ArithmeticError(f"a search with coefficients held ended {short:.3g} nats short of its optimum")
    return total - short


def _nearer(memo: Restricted, guide: Restricted, u: Array) -> tuple[float, float, Array]:
    """The total at u, by how much the minimum of the quadratic there is less, and the step to it; infinite where there is none."""
    total = memo.at(u, 1)
    try:
        short, step = distance(memo.gradient(u), guide.curvature(u))
    except np.linalg.LinAlgError:
        return total.value, np.inf, np.zeros_like(u)
    return total.value, total.weight * short, step
