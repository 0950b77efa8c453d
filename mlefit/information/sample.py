"""Sample: the rows that the KL part sees, in memory, and the fitter that it may call."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel


class Fitter(Protocol):
    """Maximum likelihood of the same family: (y, x, weight, offset) -> (eta (n, m), free (s,), sum of the nll).

    `near`: (eta, free) of a model that is close to the answer, where the search may begin. May raise NoEstimateError
    where the data has no maximum.
    """

    def __call__(
        self, y: Array, x: Array, weight: Array | None, offset: Array | None, /,
        near: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array, float]:
        """The maximum of these rows."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How to refit, the seed, the number of simulated data sets (None: chosen from n) and the level of intervals."""

    fit: Fitter
    seed: int
    draws: int | None
    level: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Complete rows and the fitted model on them.

    `y` (n,) in natural units, or class indices; `design` (n, p) of full column rank, its columns those of the user in
    some unit, equal where theirs are equal; `x` (n, p) with the same span, well conditioned; `eta` (n, m), offset
    included, and `free` (s,) at the maximum likelihood estimate; `weight` (n,) whole numbers >= 0 or None.
    `parameters` counts every free parameter. `rows_total` is the n of the whole fit and `cross_entropy_total` its
    cross-entropy in nats per row: the rows here may be a random part of it.
    """

    noise: NoiseModel
    y: Array
    design: Array
    x: Array
    eta: Array
    free: Array
    weight: Array | None
    offset: Array | None
    parameters: int
    intercept_only: bool
    rows_total: int
    cross_entropy_total: float

    @property
    def n(self) -> int:
        """Rows counted with their weights."""
        return self.y.size if self.weight is None else int(self.weight.sum())

    @property
    def predictor_free(self) -> bool:
        """Whether one law holds for all rows."""
        return self.offset is None and (self.intercept_only or self.x.shape[1] == 0)

    @property
    def partial(self) -> bool:
        """Whether the fit saw more rows than these, so that it is not the maximum on them."""
        return self.n < self.rows_total

    def take(self, rows: np.ndarray) -> "Sample":
        """The rows of these indices, each with weight 1."""
        return replace(
            self, y=self.y[rows], design=self.design[rows], x=self.x[rows], eta=self.eta[rows], weight=None,
            offset=None if self.offset is None else self.offset[rows],
        )

    def take_sorted(self) -> "Sample":
        """The rows in order of y, weights kept, so that sampling and jitter do not depend on the order of the file."""
        order = np.argsort(self.y, kind="stable")
        return replace(self.take(order), weight=None if self.weight is None else self.weight[order])

    def plain(self, most: int, seed: int) -> "Sample":
        """At most `most` rows of weight 1: a row of weight k stands for k rows; too many are sampled at random."""
        total = self.n
        if total <= most:
            return self if self.weight is None else self.take(np.repeat(np.arange(self.y.size), self._counts()))
        positions = np.sort(np.random.default_rng([seed, total]).choice(total, most, replace=False))
        if self.weight is not None:
            positions = np.searchsorted(np.cumsum(self._counts()), positions, side="right")
        return self.take(positions)

    def _counts(self) -> np.ndarray:
        return np.rint(0.0 if self.weight is None else self.weight).astype(np.int64)
