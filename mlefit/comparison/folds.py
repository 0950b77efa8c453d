"""Folds: what each row costs under the fits to the other folds, for all models with the same folds, and weights of the models.

Rows are dealt by random numbers of their own, which depend on the seed and on their place alone; a row of weight k stays whole. A
refit begins at the fit to all rows. Stacking (Wolpert 1992; Yao, Vehtari, Simpson and Gelman 2018) gives the weights w that make

    mean log sum_m w_m q_m(y_i)   largest,   w_m >= 0,  sum w = 1,

q_m(y_i) the held-out density: copies of a model share its weight, where Akaike's weights would count each.
"""

from collections.abc import Callable, Sequence

import numpy as np

from mlefit.arrays import Array, Mask, product
from mlefit.comparison.celled import Celled, refitted
from mlefit.comparison.costs import Costs, natural
from mlefit.comparison.levels import spread_of
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine, Execution
from mlefit.execution.engine import M
from mlefit.mean import Coordinates
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose
from mlefit.rows.keys import Stream, keys
from mlefit.sums.tally import Tally

ALONE_IN = 1e-9     # of the design: what the other folds must say of each direction
STEPS = 2_000       # of the climb to the weights
GAINED = 1e-6       # nats in total that better weights may still gain


@record(frozen=True)
class Some(Execution):
    """The rows of `engine` that `chosen` (n,) names, in the order of the file."""

    engine: Engine
    chosen: Mask

    def sum(self, task: Callable[[Chunk], M]) -> M:
        """The total over them."""
        return self.engine.sum(lambda chunk: task(self._of(chunk)))

    def _of(self, chunk: Chunk) -> Chunk:
        return choose(chunk, np.flatnonzero(self.chosen[chunk.first_row : chunk.first_row + chunk.rows]))


def dealt(rows: int, folds: int, seed: int) -> Array:
    """(n,): the fold of each row; folds differ by one row at most."""
    order = np.argsort(keys(seed, Stream.FOLDS, (0, 0), 0, rows), kind="stable")
    found = np.empty(rows)
    found[order] = np.arange(rows) % folds
    return found


def held_out(found: Fitted, fold: Array, celled: Celled | None, told: Callable[[int], None]) -> Array | str:
    """-log q (n,) of each row under the fit to the other folds, nats in the unit of the response; or why there is none.

    `celled`: where masses of cells count, their optimum on all rows. `told` hears of each fold, counted from 1.
    """
    costs = np.empty(fold.size)
    for k in range(int(fold.max()) + 1):
        told(k + 1)
        inside = fold == k
        fitted = _without(found, Some(found.rows, ~inside), celled)
        if fitted is None:
            return f"without fold {k + 1} the other rows have no certified maximum"
        theta, objective = fitted
        coef, free = objective.split(theta)

        def of(chunk: Chunk, objective: Objective = objective, coef: Array = coef, free: Array = free) -> Costs:
            return Costs((objective.criterion(chunk, objective.mean.eta(coef, chunk), free, 0).value,), ())

        costs[inside] = np.concatenate(Some(found.rows, inside).sum(of).nll)
    return costs if celled is not None else natural(found, costs)


def _without(found: Fitted, others: Some, celled: Celled | None) -> tuple[Array, Objective] | None:
    """theta and the objective of the other rows; None without a certified maximum."""
    noise, start = found.fit.noise, found.fit.mle.theta
    if not _determined(found, others):
        return None
    optimum = maximum_likelihood(noise, found.mean, others, start=start)
    if optimum.outcome is not Outcome.CERTIFIED or (noise.separable and optimum.certificate.reach >= noise.proof):
        return None
    return (optimum.theta, found.objective) if celled is None else refitted(found, celled.lattice, optimum.theta, others)


def _determined(found: Fitted, others: Some) -> bool:
    """Whether the other rows determine every coefficient: white columns of all rows are still independent on them."""
    mean = found.mean
    if not mean.columned:
        return spread_of(found, others) > ALONE_IN * spread_of(found, found.rows)
    for place in range(1 if mean.shared else mean.predictors):
        coordinates = mean.part(place)

        def gram(chunk: Chunk, coordinates: Coordinates = coordinates) -> Tally:
            x = coordinates.white(chunk)
            return Tally(float(chunk.rows), 0.0, product(x.T if chunk.weight is None else x.T * chunk.weight, x))

        square = others.sum(gram).gradient
        if square is not None and square.size and float(np.linalg.eigvalsh(square)[0]) < ALONE_IN * found.fit.n:
            return False
    return True


def stacked(costs: Sequence[Array], weight: Array | None) -> Array:
    """(M,): the weights of models whose rows have these held-out costs (n,), by steps that never lose (EM)."""
    nll = np.stack(costs, axis=1)
    density = np.exp(nll.min(axis=1, keepdims=True) - nll)
    share = np.full(len(nll), 1.0 / len(nll)) if weight is None else weight / weight.sum()
    total = float(len(nll) if weight is None else weight.sum())
    w = np.full(density.shape[1], 1.0 / density.shape[1])
    for _ in range(STEPS):
        gain = share @ (density / (density @ w)[:, None])
        if total * (float(gain.max()) - 1.0) <= GAINED:     # concave: no weights are better by more
            break
        w = w * gain
    return np.asarray(w / w.sum())
