"""All rows of a curve as the searches visit them, and where a search has ended."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.polish import Optimum, Point
from mlefit.estimation.rewhiten import Most
from mlefit.estimation.routes import mean_base
from mlefit.estimation.several import DISTINCT
from mlefit.execution import Engine
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean, errors
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk, join
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally
from mlefit.sums.triangle import Triangle

SECOND_ORDER = "trust-exact"        # the method of the first route
ROUNDING = 16.0 * float(np.finfo(float).eps)    # of a response and what is made of it
NONE = np.empty(0)
ALIKE = 1e-7            # of the largest: predictors that are one
LEAST = 1e-300          # of a mean loss: an exact fit has no shapes


class Ended(NamedTuple):
    """Where a search ended: an optimum in the coordinates of `mean`, free shapes after them."""

    mean: NonlinearMean
    optimum: Optimum

    @property
    def theta(self) -> Array:
        """The parameters (p,)."""
        return self.extended.astype(np.float64)

    @property
    def extended(self) -> Array:
        """The same in extended precision."""
        return self.mean.coordinates.extended(self.optimum.theta[: self.mean.size])

    @property
    def free(self) -> Array:
        """The free shapes (s,)."""
        return self.optimum.theta[self.mean.size :]

    @property
    def certified(self) -> bool:
        """Whether it is a proven minimum."""
        return self.optimum.outcome is Outcome.CERTIFIED


class Rows(NamedTuple):
    """All rows, and what does not change: the mean of what the likelihood holds of the data alone."""

    noise: NoiseModel
    all: Engine
    base: float

    @classmethod
    def of(cls, noise: NoiseModel, rows: Engine) -> "Rows":
        """Those of an engine."""
        return cls(noise, rows, mean_base(noise, rows))

    @property
    def errors(self) -> Engine:
        """Of a located response, the errors that a mean in extended precision leaves."""
        return Engine(self.all.store.through(errors), self.all.threads)

    def lengths(self, mean: NonlinearMean, theta: Array) -> Array:
        """Root mean squares (p,) of the columns of the Jacobian."""
        return np.asarray(np.linalg.norm(self.triangle(mean, theta), axis=0))

    def triangle(self, mean: NonlinearMean, theta: Array) -> Array:
        """R / sqrt(n) of the Jacobian by theta (p, p)."""
        at = mean.at(Bent(np.eye(mean.size), np.zeros(mean.size)))

        def of(chunk: Chunk) -> "_Slope":
            count = float(chunk.rows if chunk.weight is None else chunk.weight.sum())
            return _Slope(Triangle.of(at.jacobian(theta, chunk, 0), chunk.weight), Tally(count, 0.0))

        with np.errstate(all="ignore"):
            found = self.all.sum(of)
        return np.asarray(found.triangle.r / np.sqrt(found.rows.weight))

    def same(self, end: Ended) -> float:
        """Nats by which values of the criterion may differ at one point: of a fit that is nearly exact rounding takes digits."""
        if not self.noise.compresses:
            return DISTINCT
        size = self.all.sum(lambda chunk: Most(float(np.abs(chunk.y).max()))).value
        sigma = float(np.sqrt(max(self.loss(end), LEAST)))
        return DISTINCT + ROUNDING * float(np.sqrt(end.optimum.weight)) * size / sigma

    def told(self, end: Ended, start: Array, triangle: Array) -> Array:
        """The larger of each parameter and its start (p,), in standard errors as if the others were known; `triangle`: that of the
        Jacobian at the end."""
        theta, size = end.theta, end.mean.size
        if self.noise.compresses:       # Fisher's information is J'J / sigma^2
            sigma = np.sqrt(max(self.loss(end), LEAST) / end.optimum.weight)
            return np.asarray(np.linalg.norm(triangle, axis=0) / sigma * np.maximum(np.abs(theta), np.abs(start)))
        objective = Objective.likelihood(self.noise, replace(end.mean.at(Bent(np.eye(size), np.zeros(size))), straight=True))
        point = np.concatenate([theta, end.free])
        with np.errstate(all="ignore"):
            curvature = self.all.sum(lambda chunk: objective.tally(point, chunk, 2)).curvature
        assert curvature is not None
        whole = curvature.whole()
        assert whole is not None
        return np.asarray(np.sqrt(np.abs(np.diagonal(whole)[:size])) * np.maximum(np.abs(theta), np.abs(start)))

    def one_curve(self, mean: NonlinearMean, one: Ended, other: Ended) -> bool:
        """Whether two ends are one curve: the same predictor in every row."""
        def of(theta: Array, chunk: Chunk) -> Array:
            return np.broadcast_to(mean.curve(theta, chunk, 0).value, (chunk.rows,))

        with np.errstate(all="ignore"):
            size = self.all.sum(lambda chunk: Most(float(np.abs(of(other.theta, chunk)).max()))).value
            apart = self.all.sum(lambda chunk: Most(float(np.abs(of(one.theta, chunk) - of(other.theta, chunk)).max()))).value
        return bool(apart <= ALIKE * size)

    def height(self, end: Ended) -> float:
        """The total nats where a search of either route ended."""
        likely = end.optimum.method == SECOND_ORDER or self.noise.loss_has_shapes
        return end.optimum.value if likely else self.nats(end.optimum)

    def implied(self, total: Tally | Point) -> Array:
        """The free shapes that a total loss implies, of some loss where it is 0."""
        return self.noise.implied_shapes(max(total.value / total.weight, LEAST), self.base)

    def loss(self, end: Ended) -> float:
        """The mean loss where a search ended."""
        total = self.lossy(end.mean, end.optimum.theta[: end.mean.size], end.free)
        return total.value / total.weight

    def lossy(self, mean: NonlinearMean, coef: Array, free: Array = NONE) -> Tally:
        """The total loss at a point."""
        objective = Objective.loss(self.noise, mean, free)
        with np.errstate(all="ignore"):
            return self.all.sum(lambda chunk: objective.tally(coef, chunk, 0))

    def joined(self) -> Chunk:
        """All rows as one."""
        return join(self.all.sum(lambda chunk: _Some((chunk,))).chunks)

    def nats(self, total: Tally | Point) -> float:
        """The negative log-likelihood (total nats) at the shapes that a total loss implies."""
        a, c = self.noise.affine(self.implied(total))
        return float(total.weight * (a * total.value / total.weight + c + self.base))

    def per_loss(self, total: Tally | Point) -> float:
        """Nats per unit of loss at these shapes."""
        return self.noise.affine(self.implied(total))[0]

    def shapes(self, objective: Objective, theta: Array, mean: NonlinearMean) -> tuple[Array, ...]:
        """Free shapes at gamma `theta`: those that the loss implies, or those that the law begins with."""
        if not self.noise.loss_has_shapes:
            total = self.all.sum(lambda chunk: objective.tally(theta, chunk, 0))
            return (self.implied(total),)
        some = self.joined()
        return self.noise.starting_shapes(some.y, mean.eta(theta, some))


class Curved(NamedTuple):
    """A fitted curve: all rows, where the search of the first route ended, and the curvature of the likelihood there as it would be
    if the mean were its plane, which is what least squares programs take."""

    rows: Rows
    end: Ended
    straight: Curvature


class _Some(NamedTuple):
    chunks: tuple[Chunk, ...]

    def __add__(self, other: "_Some") -> "_Some":  # type: ignore[override]
        return _Some(self.chunks + other.chunks)


class _Slope(NamedTuple):
    triangle: Triangle
    rows: Tally

    def __add__(self, other: "_Slope") -> "_Slope":  # type: ignore[override]
        return _Slope(self.triangle + other.triangle, self.rows + other.rows)
