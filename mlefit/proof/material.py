"""Material: the objects of the pipeline that the lines of a proof are made from."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.divergence import Cells
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine
from mlefit.inference.covariance import Inverse
from mlefit.inference.estimates import Estimates, estimates
from mlefit.information.patterns import group
from mlefit.noise.model import Measure, NoiseModel
from mlefit.objective import Objective
from mlefit.pipeline.fitted import Fitted
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.curvature import Curvature
from mlefit.sums.tally import Tally

MOST_ROWS = 200_000     # with more, the lines that visit rows again and again take the random sample of the fit
POINTS = 50
HALVINGS = 60
REACH = 1.0             # nats per row by which the random parameter vectors lie above the optimum, on average


@record(frozen=True)
class Material:
    """Both optima, and rows on which they are compared."""

    found: Fitted
    seed: int

    @property
    def noise(self) -> NoiseModel:
        """The noise model."""
        return self.found.fit.noise

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.found.mean.size

    @property
    def free(self) -> Array:
        """Free shapes at the maximum, in encoded units."""
        return self.found.fit.mle.theta[self.size :]

    @property
    def log_unit(self) -> float:
        """log of the unit in which a number was encoded; 0 where it was not."""
        return self.found.problem.log_unit

    @cached_property
    def numbers(self) -> Estimates:
        """Both routes in natural units, with model standard errors."""
        found = self.found
        return estimates(found.fit, found.mean, Inverse(found.fit.mle.curvature))

    @cached_property
    def model_errors(self) -> Array:
        """Model standard errors of the coefficients, but for their units."""
        fit, mean = self.found.fit, self.found.mean
        model = Inverse(fit.mle.curvature)
        return np.concatenate([model.error(part.combinations, part.first) for part in mean.natural(fit.mle.theta[: self.size])])

    @property
    def sampled(self) -> bool:
        """Whether the rows are a random sample."""
        return self.found.rows.store.rows > MOST_ROWS and not self.found.problem.indexed      # a sample has few rows of each level

    @cached_property
    def chunk(self) -> Chunk:
        """The rows: all of them, or a random sample."""
        if self.sampled:
            return self.found.problem.prepared.sample
        return self.found.rows.store.whole()

    @property
    def rows_text(self) -> str:
        """Which rows they are, in words."""
        return f"on {self.chunk.rows} rows sampled at random" if self.sampled else "on all rows"

    @cached_property
    def execution(self) -> Engine:
        """The rows, to be visited."""
        return Engine.of(self.chunk, threads=self.found.problem.threads)

    @cached_property
    def objectives(self) -> tuple[Objective, Objective]:
        """The negative log-likelihood and the loss."""
        return self.found.objective, Objective.loss(self.noise, self.found.mean, self.free)

    @cached_property
    def mean_base(self) -> float:
        """Mean over the rows of what the likelihood holds of the data alone, and what the shapes cost where the loss has them."""
        noise, y = self.noise.among(self.chunk.trials), self.chunk.y
        rows = noise.cost(y, self.free, 0).value if noise.loss_has_shapes else noise.base(y)
        return float(np.average(rows, weights=self.chunk.weight))

    @cached_property
    def rounding(self) -> float:
        """What rounding can do to a predictor, in units in which a row's NLL bends by 1.

        eps max_i sum_j |x_ij B_j| sqrt(2 a): 1e-14 for ordinary columns, 1e-6 for the ten powers of NIST's Filip.
        """
        # In the units of the design, whether or not the search whitens its rows: there the rounding arises.
        mean, coef = self.found.mean, self.found.fit.mle.theta[: self.size]
        largest = max(float(each.max()) for each in mean.magnitudes(coef, self.chunk))
        return float(np.finfo(float).eps) * largest * float(np.sqrt(2.0 * self.noise.affine(self.free)[0]))

    def tally(self, objective: Objective, theta: Array, order: int) -> Tally:
        """Totals of a criterion over the rows."""
        return self.execution.sum(lambda rows: objective.tally(theta, rows, order))

    @cached_property
    def sweep(self) -> list[tuple[Tally, Tally]]:
        """Totals of NLL and loss, with gradients, at each of the random points; the shapes are held at the maximum."""
        nll, loss = self.objectives
        return [(self.tally(nll, np.append(point, self.free), 1), self.tally(loss, point, 1)) for point in self.points()]

    def _finite(self, best: Array, step: Array) -> Array:
        """best + step, or a part of the step where the likelihood is not finite so far out."""
        if self.noise.everywhere:
            return best + step
        for _ in range(HALVINGS):
            if np.isfinite(self.tally(self.objectives[0], np.append(best + step, self.free), 0).value):
                break
            step = 0.5 * step
        return best + step

    def points(self) -> Iterator[Array]:
        """Coordinates of POINTS random parameter vectors around the maximum."""
        rng = np.random.default_rng([self.seed, self.size])
        fit, size = self.found.fit, self.size
        per_row = fit.mle.curvature.leading(size) / fit.n
        for _ in range(POINTS):
            z = rng.standard_normal(size) * np.sqrt(2.0 * REACH / size)
            yield self._finite(fit.mle.theta[:size], per_row.unsphered(z))

    @cached_property
    def cells(self) -> Cells | None:
        """The empirical law of the response over distinct predictor rows; None where there is a density."""
        if self.noise.measure is not Measure.MASS:
            return None
        chunk = self.chunk
        crossed = [] if chunk.crossed is None else list(chunk.crossed.T)
        known = [np.asarray(extra, float) for extra in (chunk.offset, chunk.trials, chunk.level, *crossed) if extra is not None]
        columns = [*chunk.x.T, *known] or [np.zeros(chunk.rows)]
        pattern = group(columns, np.inf)
        assert pattern is not None
        return Cells.of(chunk, pattern)

    @cached_property
    def optimum(self) -> tuple[Array, Curvature, float]:
        """(theta, curvature, nll per row) of the maximum of the likelihood on the rows that the cells hold."""
        best = self.found.fit.mle
        if self.sampled:
            best = maximum_likelihood(self.noise, self.found.mean, self.execution, start=best.theta)
            weight = self.chunk.rows if self.chunk.weight is None else float(self.chunk.weight.sum())
            return best.theta, best.curvature, best.value / weight
        return best.theta, best.curvature, self.found.fit.nll[0] / self.found.fit.n
