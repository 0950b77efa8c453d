"""Point: where given coefficients are in the coordinates of the search, how far from the maximum, and the gradient there."""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.auditing.ground import ground_of
from mlefit.auditing.names import Matched
from mlefit.errors import DataError
from mlefit.estimation.fit import NEAR
from mlefit.estimation.memo import Memo
from mlefit.inference.covariance import Inverse
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.sums.curvature import Curvature

STEPS = 100         # of Newton over the shapes
STILL = 1e-20       # nats per row that a step would gain, below which it is none
HALVINGS = 60
FLATTEST = 1e-12    # curvature that a step is divided by


class Point(NamedTuple):
    """`edm`: g'H^-1 g / 2, total nats, None where the likelihood has no derivatives. `away`: sqrt(d'Hd), the distance in standard
    errors. `excess`: total nats. By parameter (P + s,), natural units, shapes by their logarithms: `given`, `maximum`, `error`,
    `distance` in errors, `gradient` in total nats by unit, `pull` that times the error. `local`: as of the ground."""

    edm: float | None
    away: float
    excess: float
    given: Array
    maximum: Array
    error: Array
    distance: Array
    gradient: Array | None
    pull: Array | None
    local: bool = False

    def part(self, start: int, stop: int) -> "Point":
        """Some of the parameters."""
        each = (None if value is None else value[start:stop] for value in self[3:9])
        return Point(self.edm, self.away, self.excess, *each)  # type: ignore[arg-type]     # of NamedTuple's own fields


def free_of(found: Fitted, matched: Matched, memo: Memo, gamma: Array) -> Array:
    """The given shapes in their free form; those that were not given are the best ones beside the rest."""
    noise, unit = found.fit.noise, found.problem.units.y_scale
    free = found.fit.mle.theta[found.mean.size :].copy()
    known = sorted(matched.shapes)
    for k in known:
        value = matched.shapes[k].value
        if value <= 0.0:
            raise DataError(f"{noise.shapes[k].name} must be a number > 0, found {value:g}",
                            "give the shape itself, not its logarithm", code="bad-coefficients")
        free[k] = np.log(value) - noise.shapes[k].unit_power * np.log(unit)
    open_ = [k for k in range(len(free)) if k not in known]
    if open_ and not noise.loss_has_shapes:
        return _implied(found, memo, gamma, free, open_)
    return _newton(memo, gamma, free, open_)


def _implied(found: Fitted, memo: Memo, gamma: Array, free: Array, open_: list[int]) -> Array:
    """Shapes that follow from the mean loss in closed form."""
    from mlefit.estimation.routes import mean_base

    noise = found.fit.noise
    objective = Objective.second(noise, memo.objective.mean)
    total = memo.execution.sum(lambda chunk: objective.tally(gamma, chunk, 0))
    implied = noise.implied_shapes(total.value / total.weight, mean_base(noise, memo.execution))
    free[open_] = implied[open_]
    return free


def _newton(memo: Memo, gamma: Array, free: Array, open_: list[int]) -> Array:
    """The shapes `open_` of least negative log-likelihood beside the rest, by halved Newton steps."""
    places = gamma.size + np.array(open_, dtype=np.intp)
    theta = np.concatenate([gamma, free])
    for _ in range(STEPS if open_ else 0):
        value = memo.value(theta)
        gradient = memo.gradient(theta)[places]
        whole = memo.curvature(theta).whole()
        assert whole is not None
        sizes, vectors = np.linalg.eigh(whole[np.ix_(places, places)])
        step = -(vectors / np.maximum(np.abs(sizes), FLATTEST)) @ (vectors.T @ gradient)
        if abs(float(gradient @ step)) < STILL:
            break
        for _ in range(HALVINGS):
            trial = theta.copy()
            trial[places] += step
            if memo.value(trial) <= value:
                break
            step = step / 2.0
        theta = trial
    return theta[gamma.size :]


def point(found: Fitted, matched: Matched) -> Point:
    """Everything about the given point. Raises DataError as `ground_of`."""
    noise, on = found.fit.noise, ground_of(found, matched)
    size, mean = on.gamma.size, on.told
    memo = Memo(Objective.likelihood(noise, on.seen), on.rows, 2 if noise.smooth else 0)
    free = free_of(found, matched, memo, on.gamma)
    theta, best, curvature = np.concatenate([on.gamma, free]), on.best, on.curvature
    d = theta - best
    square = curvature.square(d)
    near = noise.smooth and 0.5 * square < NEAR**2
    excess = 0.5 * square if near else found.fit.n * memo.value(theta) - on.nll
    parts = mean.natural(on.gamma)
    error = np.concatenate([part.unit * Inverse(curvature).error(part.combinations, part.first) for part in parts])
    ratio = np.concatenate([Inverse(curvature).error(part.combinations, part.first) for part in parts])
    shapes = Inverse(curvature).error(np.eye(len(free)), size) if len(free) else np.zeros(0)
    shift = np.array([shape.unit_power for shape in noise.shapes]) * float(np.log(found.problem.units.y_scale))
    distance = np.concatenate([mean.moved(d[:size]) / ratio, d[size:] / shapes])
    edm, gradient, pull = None, None, None
    if noise.smooth:
        total = memo.gradient(theta) * found.fit.n
        edm = _edm(total, memo.curvature(theta) * found.fit.n, curvature)
        by = mean.by_natural(total[:size])
        gradient = np.concatenate([by / np.concatenate([part.unit for part in parts]), total[size:]])
        pull = np.concatenate([by * ratio, total[size:] * shapes])
    return Point(
        edm, float(np.sqrt(max(square, 0.0))), max(float(excess), 0.0),
        np.concatenate([*(part.value for part in parts), free + shift]),
        np.concatenate([*(part.value for part in mean.natural(best[:size])), best[size:] + shift]),
        np.concatenate([error, shapes]), distance, gradient, pull, on.local)


def _edm(gradient: Array, here: Curvature, there: Curvature) -> float:
    """By the curvature at the point, or at the maximum where that is not positive definite."""
    for curvature in (here, there):
        try:
            return float(0.5 * gradient @ curvature.solve(gradient))
        except np.linalg.LinAlgError:
            continue
    raise AssertionError("the maximum has a curvature")
