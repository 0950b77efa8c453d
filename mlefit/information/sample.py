"""Sample: the rows that the KL part sees, in memory."""

from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.inference.moves import Projection
from mlefit.information.reference import Block
from mlefit.noise.model import NoiseModel
from mlefit.records import record


@record(frozen=True)
class Plan:
    """The seed, the number of simulated data sets (None: chosen from n), the level of intervals, and how many threads may work."""

    seed: int
    draws: int | None
    level: float
    threads: int = 1


@record(frozen=True)
class Sample:
    """Complete rows and the fitted model on them.

    `y` (n,) in natural units, or class indices; `design` (n, p) of full column rank, its columns those of the user in some unit,
    and what they stand for, `blocks`; `designs` (n, r_a) of each predictor, well conditioned; `eta` (n, m), offset included, and
    `free` (s,) at the maximum likelihood estimate; `weight` (n,) whole numbers >= 0 or None. `parameters` counts every free
    parameter. `rows_total` is the n of the whole fit and `cross_entropy_total` its cross-entropy in nats per row: the rows here
    may be a random part of it. `target` and `formula`: how the user says it. `trials` (n,): those to which the law is bound.
    `curved`: the mean is a curve, which not every law can have. `robust`: the errors shown are right whatever the spread.
    `projection`: of the one design, where that is known and the rows are all of the fit.
    """

    noise: NoiseModel
    y: Array
    design: Array
    designs: tuple[Array, ...]
    eta: Array
    free: Array
    weight: Array | None
    offset: Array | None
    parameters: int
    intercept_only: bool
    rows_total: int
    cross_entropy_total: float
    blocks: tuple[Block, ...] = ()
    target: str = "y"
    formula: str = ""
    trials: Array | None = None
    curved: bool = False
    robust: bool = False
    projection: Projection | None = None

    @property
    def n(self) -> int:
        """Rows counted with their weights."""
        return self.y.size if self.weight is None else int(self.weight.sum())

    @property
    def predictor_free(self) -> bool:
        """Whether one law holds for all rows."""
        return self.offset is None and self.trials is None and (self.intercept_only or not any(x.shape[1] for x in self.designs))

    @property
    def partial(self) -> bool:
        """Whether the fit saw more rows than these, so that it is not the maximum on them."""
        return self.n < self.rows_total

    def take(self, rows: np.ndarray) -> "Sample":
        """The rows of these indices, each with weight 1; designs that are one stay so."""
        taken = {id(x): x[rows] for x in (self.design, *self.designs)}
        return replace(
            self, noise=self.noise.some(rows), y=self.y[rows], design=taken[id(self.design)],
            designs=tuple(taken[id(x)] for x in self.designs), eta=self.eta[rows],
            weight=None, offset=None if self.offset is None else self.offset[rows],
            trials=None if self.trials is None else self.trials[rows], projection=None,
        )

    def _all(self, rows: np.ndarray) -> "Sample":
        """As `take`, of rows that are all of these, in another order or as often as they weigh."""
        known = self.projection
        return replace(self.take(rows), projection=known if known is None else known._replace(leverage=known.leverage[rows]))

    def in_order(self) -> "Sample":
        """The rows in order of y, weights kept, so that which are sampled does not depend on the order of the file."""
        order = np.argsort(self.y, kind="stable")
        return replace(self._all(order), weight=None if self.weight is None else self.weight[order])

    def plain(self, most: int, seed: int) -> "Sample":
        """At most `most` rows of weight 1: a row of weight k stands for k rows; too many are sampled at random."""
        total = self.n
        if total <= most:
            return self if self.weight is None else self._all(np.repeat(np.arange(self.y.size), self._counts()))
        positions = np.sort(np.random.default_rng([seed, total]).choice(total, most, replace=False))
        if self.weight is not None:
            positions = np.searchsorted(np.cumsum(self._counts()), positions, side="right")
        return self.take(positions)

    def standard(self, centre: float, scale: float) -> "Sample":
        """The rows with a response in this unit, on which no divergence depends."""
        noise, log = self.noise, float(np.log(scale))
        moved = [(eta - predictor.unit_power * centre - predictor.log_unit * log) / scale**predictor.unit_power
                 for eta, predictor in zip(self.eta.T, noise.predictors, strict=True)]
        free = self.free - log * np.array([shape.unit_power for shape in noise.shapes])
        return replace(self, noise=noise.in_unit(scale), y=(self.y - centre) / scale, eta=np.stack(moved, axis=1), free=free)

    def _counts(self) -> np.ndarray:
        return np.rint(0.0 if self.weight is None else self.weight).astype(np.int64)
