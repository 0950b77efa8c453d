"""On new rows: the mean over rows of their cross-entropy under the fit to all others (leave-one-out).

With g_i and J_i the gradient and curvature of row i and J that of all, a Newton step without the row leads to

    theta + (J - J_i)^-1 g_i,   which moves the predictors and shapes of the row by  M_i (I - A_i M_i)^-1 d_i

where X_i are the derivatives of its q predictors and shapes by theta, M_i = X_i J^-1 X_i', and d_i, A_i those of its loss by
them. The row's own loss is taken there, in its shapes to second order, as their step is of size 1/n. Where the law compresses,
refits have a closed form (`NoiseModel.left_out`), and all is exact. A row that moves a predictor by more than 1, or a shape by more
than 1/4, is refitted, and of up to 64 rows each: of 30 the steps were up to 0.15 nats too dear for shapes.

What is summed is how much dearer a row is than in the fit: a sum over a random part of the rows then gives the figure to many
digits, since that difference is about p/n of the figure.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.fit import Optima
from mlefit.execution import Engine, Execution
from mlefit.inference.moves import Moves, newton
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.records import record
from mlefit.report.report import ABOUT, ALONE
from mlefit.rows.chunk import Chunk, choose, join
from mlefit.sums.curvature import Curvature

DETERMINED = 1e-8       # 1 - leverage below this is 0 but for rounding
DETERMINED_BY = "a row has leverage 1"
LOOSE = "a single row moves a shape too far"
STEP = 1.0              # in the linear predictor: beyond, a Newton step says too little of the refit
SHAPE_STEP = 0.25       # in the log of a shape: the same
REFITS = 20
MOST_WORK = 4e9         # multiplications, about a second: beyond, a sample of the rows stands for all, and rows are not refitted
COMPRESSED_WORK = 3e10  # where refits have a closed form, and the triangle of all rows took as much
ALL = 64                # rows of which each is refitted
FEWEST = 500            # rows of a sample that may stand for all
NUMBERS = 1 << 18       # of a slab of rows by parameters and predictors


class LeftOut(NamedTuple):
    """Nats per row; None where the figure does not exist. `note`: ABOUT for a figure from some of the rows or steps, or why not.

    `judged`: per row, how much larger the squared error of a number is than in the fit, or the share of rows of the likeliest
    class; None where rows that move far have no refit.
    """

    value: float | None = None
    note: str | None = None
    judged: float | None = None


class Far(NamedTuple):
    """A row, alone in a chunk, whose predictors move by `step`; with its weight it adds `excess`, and `judged`."""

    step: float
    chunk: Chunk
    excess: float
    judged: float


@record(frozen=True)
class Removed:
    """Sums of weights, of weighted excess and of what is judged; whether a row alone determines a coefficient; the REFITS
    rows that move furthest, and how many move by more than STEP; whether one moves a shape by more, where its second order says
    nothing. A commutative monoid under +."""

    weight: float
    excess: float
    judged: float
    determined: bool
    far: tuple[Far, ...]
    many: int
    loose: bool = False

    def __add__(self, other: "Removed") -> "Removed":
        far = sorted(self.far + other.far, key=lambda row: (-row.step, row.chunk.first_row))
        most = max(REFITS, len(self.far), len(other.far))
        return Removed(self.weight + other.weight, self.excess + other.excess, self.judged + other.judged,
                       self.determined or other.determined, tuple(far[:most]), self.many + other.many, self.loose or other.loose)


def affordable(rows: int, columns: int) -> bool:
    """Whether the leverages of so many rows are little enough work."""
    return rows * float(columns) ** 2 <= COMPRESSED_WORK


def of_least_squares(fit: Optima, objective: Objective, rows: Chunk, leverage: Array) -> LeftOut:
    """The figure from the `leverage` (n,) of all rows, where refits have a closed form."""
    total = _compressed(fit.noise, objective, fit.mle.theta, 1.0 - leverage, rows, fit.n, fit.total_loss[0])
    if total.determined:
        return LeftOut(None, DETERMINED_BY)
    if not np.isfinite(total.excess):
        return LeftOut(None, ALONE)
    return LeftOut(fit.nll[0] / fit.n + total.excess / total.weight, None, total.judged / total.weight)


def left_out(fit: Optima, objective: Objective, rows: Execution, sample: Chunk, count: int) -> LeftOut:
    """The figure, from all `rows` of which there are `count`, or where these are too much work or not kept (0), from the sample."""
    noise, theta, curvature, work = fit.noise, fit.mle.theta, fit.mle.curvature, float(objective.wide) ** 2
    most = int((COMPRESSED_WORK if noise.compresses else MOST_WORK) / work)
    whole = 0 < count <= most
    if not whole:
        if most < min(sample.rows, FEWEST):
            return LeftOut(None, "too many parameters")
        if sample.rows > most:
            sample = choose(sample, np.linspace(0, sample.rows - 1, most).astype(np.intp))
        rows = Engine.of(sample)
    n, square = fit.n, fit.total_loss[0]
    few = whole and max(count, n) <= ALL and objective.mean.columned
    total = rows.sum(lambda chunk: _removed(noise, objective, theta, curvature, chunk, n, square, few=few))
    if total.determined:
        return LeftOut(None, DETERMINED_BY)
    if few and total.far:
        return _each_refitted(fit, objective, rows, total)
    if total.loose:
        return LeftOut(None, LOOSE)
    if not np.isfinite(total.excess):
        return LeftOut(None, ALONE)
    excess, judged = total.excess, total.judged
    about = total.many > len(total.far) or (not whole and total.weight < n)
    if total.far and (not whole or not objective.mean.columned or count * work * 8.0 * len(total.far) > MOST_WORK):
        about, judged = True, np.nan
    elif total.far:
        from mlefit.information.refitted import refitted

        for row in total.far:
            own = refitted(fit, objective, rows, row.chunk)
            if own is None:
                return LeftOut(None, ALONE)
            excess += own[0] - row.excess if np.isfinite(own[0]) else 0.0
            judged += own[1] - row.judged
            about = about or not np.isfinite(own[0])
    known = np.isfinite(judged) and total.many <= len(total.far)
    return LeftOut(fit.nll[0] / n + excess / total.weight, ABOUT if about else None, judged / total.weight if known else None)


def _each_refitted(fit: Optima, objective: Objective, rows: Execution, total: Removed) -> LeftOut:
    """The figure of few rows, all of which are refitted; a row whose refit does not end is taken where its step leads."""
    from mlefit.information.refitted import refitted
    from mlefit.information.together import refits

    excess, judged, about = 0.0, 0.0, False
    costs = refits(fit, objective, join([row.chunk for row in total.far]))
    for place, row in enumerate(total.far):
        own: tuple[float, float] | None
        if costs is not None and costs.proven[place]:
            own = float(costs.dearer[place]), float(costs.judged[place])
        else:
            own = refitted(fit, objective, rows, row.chunk, few=costs is None)
        if own is None:
            return LeftOut(None, ALONE)
        ended = bool(np.isfinite(own[0]))
        excess, judged, about = excess + (own[0] if ended else row.excess), judged + own[1], about or not ended
    if not np.isfinite(excess):
        return LeftOut(None, ALONE)
    return LeftOut(fit.nll[0] / fit.n + excess / total.weight, ABOUT if about else None,
                   judged / total.weight if np.isfinite(judged) else None)


def _removed(
    noise: NoiseModel, objective: Objective, theta: Array, curvature: Curvature, chunk: Chunk, n: float, square: float, *, few: bool
) -> Removed:
    """The sums over a chunk, slab by slab; of `few` rows each is far."""
    known = Moves.of(objective, curvature) if objective.mean.columned else None
    own = bool(objective.shapes) and not noise.compresses      # where they do, the scale has a closed form
    most = max(64, NUMBERS // (objective.wide * (objective.mean.predictors + objective.shapes)))
    total = Removed(0.0, 0.0, 0.0, False, (), 0)
    for start in range(0, chunk.rows, most):
        part = chunk.part(start, min(start + most, chunk.rows))
        moves = objective.mean.hats(curvature, part, shapes=own) if known is None else known.together(theta, part)
        assert moves is not None
        total += _slab(noise, objective, theta, moves, part, n, square, few=few)
    return total


def _slab(
    noise: NoiseModel, objective: Objective, theta: Array, moves: Array, chunk: Chunk, n: float, square: float, *, few: bool
) -> Removed:
    coef, free = objective.split(theta)
    m, size = objective.mean.predictors, objective.mean.predictors + objective.shapes
    eta = objective.mean.eta(coef, chunk)
    own = objective.criterion(chunk, eta, free, 2)
    assert own.d1 is not None
    assert own.curvature is not None
    d1, bent = own.d1[:, :size], np.stack([own.curvature(axis)[:, :size].T for axis in np.eye(size)], axis=1).transpose(2, 0, 1)
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    if noise.compresses:
        return _compressed(noise, objective, theta, 1.0 - bent[:, 0, 0] * moves[:, 0, 0], chunk, n, square)
    step = newton(moves, bent, d1, DETERMINED)
    if step is None:
        return Removed(float(weight.sum()), 0.0, 0.0, True, (), 0)
    excess = _at(objective, chunk, eta + step[:, :m], free, step[:, m:]) - own.value
    loose = bool((np.abs(step[:, m:]) > STEP).any())
    length = np.abs(step[:, :m])
    for k, predictor in enumerate(noise.predictors):
        if predictor.unit_power:                    # in standard deviations
            length[:, k] *= np.sqrt(np.abs(bent[:, k, k]))
    length = np.concatenate([length, np.abs(step[:, m:]) * (STEP / SHAPE_STEP)], axis=1).max(axis=1)
    beyond = np.arange(chunk.rows) if few else np.flatnonzero(length > STEP)
    first = beyond[np.argsort(-length[beyond], kind="stable")][: ALL if few else REFITS]
    law = noise.among(chunk.trials)
    with np.errstate(invalid="ignore"):     # of squares beyond the doubles
        judged = weight * (judged_by(law, chunk.y, eta + step[:, :m], free) - judged_by(law, chunk.y, eta, free))
    far = tuple(Far(float(length[i]), chunk.part(i, i + 1), float(weight[i] * excess[i]), float(judged[i])) for i in first.tolist())
    return Removed(float(weight.sum()), float(weight @ excess), float(judged.sum()), False, far, beyond.size, loose)


def _compressed(
    noise: NoiseModel, objective: Objective, theta: Array, rest: Array, chunk: Chunk, n: float, square: float
) -> Removed:
    """The sums where refits have a closed form, of 1 - leverage (n,), the `rest`."""
    weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
    if rest.min(initial=1.0) <= DETERMINED:
        return Removed(float(weight.sum()), 0.0, 0.0, True, (), 0)
    coef, free = objective.split(theta)
    eta = objective.mean.eta(coef, chunk)
    error = chunk.y - eta[:, 0]
    excess = noise.left_out(error, rest, square, n) - objective.criterion(chunk, eta, free, 0).value
    judged = np.square(error / rest) - np.square(error)
    return Removed(float(weight.sum()), float(weight @ excess), float(weight @ judged), False, (), 0)


def judged_by(noise: NoiseModel, y: Array, eta: Array, free: Array) -> Array:
    """Of each row (n,) the squared error of its number, or whether its class is the likeliest."""
    if noise.response.reads_levels:
        return np.asarray(noise.probabilities(eta, free).argmax(axis=0) == y, dtype=np.float64)
    with np.errstate(over="ignore"):
        return np.square(y - noise.expected(eta, free))


def _at(objective: Objective, chunk: Chunk, eta: Array, free: Array, step: Array) -> Array:
    """The loss (n,) at predictors (n, m), and at shapes that a `step` (n, s) leads to, to second order."""
    if not objective.shapes:
        return objective.criterion(chunk, eta, free, 0).value
    m = eta.shape[1]
    there = objective.criterion(chunk, eta, free, 2)
    assert there.d1 is not None
    assert there.curvature is not None
    second = there.curvature(np.concatenate([np.zeros_like(eta), step], axis=1))[:, m:]
    found: Array = there.value + (step * (there.d1[:, m:] + 0.5 * second)).sum(axis=1)
    return found
