"""KL of a density without predictors: mean negative log-likelihood minus an entropy of the same rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.entropy import Spacings
from mlefit.information.evidence import Evidence, not_identifiable
from mlefit.information.null import MANY_ROWS, Draw, draws_for, simulate
from mlefit.information.resolution import Grid, Resolution, resolve
from mlefit.information.sample import Fitter, Plan, Sample
from mlefit.information.tails import anderson_darling, has_tails, log_cell_mass
from mlefit.information.verdict import conclude
from mlefit.noise.model import NoiseModel

LEAST_ROWS = 20         # below, the null range is wider than any misfit
MOST_ROWS = 200_000     # beyond, a random sample; the entropy is then known to 0.0002 nats
SEED_OF_JITTER = 1      # keeps the jitter of the data apart from the random numbers of the draws
METHODS = {
    "smooth": "spacings",
    "jitter": "spacings, jittered within the resolution",
    "cells": "cells of the resolution",
}

Refit = Callable[[Array], tuple[Array, Array]]


class Law(NamedTuple):
    """One law for n rows: the model, its `eta` (n, m) and `free`, how it is refitted and how its data is resolved.

    `drawn` are the shapes of the law before rounding, from which the null is drawn.
    """

    noise: NoiseModel
    eta: Array
    free: Array
    drawn: Array
    refit: Refit
    resolution: Resolution
    grid: Grid | None
    spacings: Spacings

    def terms(self, y: Array, eta: Array, free: Array, rng: np.random.Generator) -> Array:
        """d (n,) = log(p^ / q) of ordered rows, at the parameters (eta, free) fitted to them."""
        if self.resolution.kind == "cells" and self.grid is not None:
            return _cell_terms((y - eta[:, 0]) * np.exp(-free[0]), self.grid.step * float(np.exp(-free[0])))
        resolved = y if self.grid is None else np.sort(self.grid.jitter(y, rng))
        return self.noise.nll(y, eta, free, 0).value - self.spacings.terms(resolved)

    def anderson(self, y: Array, eta: Array, free: Array) -> float | None:
        """A^2 of ordered rows where the distribution function is known."""
        return anderson_darling((y - eta[:, 0]) * np.exp(-free[0])) if has_tails(self.noise) else None

    def draw(self, rng: np.random.Generator, *, refit: bool) -> Draw:
        """The statistic on rows drawn from the law, rounded as the data is."""
        y = self.noise.draw(rng, self.eta, self.drawn)
        y = np.sort(y if self.grid is None else self.grid.round(y))
        eta, free = self.refit(y) if refit else (self.eta, self.free)
        return Draw(float(self.terms(y, eta, free, rng).mean()), self.anderson(y, eta, free) if refit else None, {})


def continuous(sample: Sample, plan: Plan) -> Evidence:
    """KL(data || model) of a density that is the same for all rows."""
    total = sample.cross_entropy_total
    sample = sample.take_sorted().plain(MOST_ROWS, plan.seed)
    n = sample.n
    if n < LEAST_ROWS:
        return not_identifiable(total, f"{n} rows are too few (at least {LEAST_ROWS})", n)
    spread = float(np.exp(sample.free[0])) if has_tails(sample.noise) else float(np.std(sample.y))
    resolution = resolve(sample.y, spread)
    if resolution.kind == "none":
        return not_identifiable(total, resolution.reason or "", n)
    if resolution.kind == "cells" and not has_tails(sample.noise):
        resolution = replace(resolution, kind="jitter")
    law, y, closed = _working(sample, plan.fit, resolution)
    eta, free = law.refit(y) if sample.partial else (law.eta, law.free)
    observed = law.terms(y, eta, free, np.random.default_rng([plan.seed, n, SEED_OF_JITTER]))
    many = n > MANY_ROWS
    refit = closed or not many
    count = draws_for(n, closed=closed) if plan.draws is None else plan.draws
    null = simulate(lambda rng: law.draw(rng, refit=refit), count, plan.seed, normal=many) if count else None
    if null is not None and not refit:     # a true model that was fitted sits parameters / (2 n) below the true one
        null = replace(null, kl=null.kl - sample.parameters / (2 * n))
    return conclude(
        total, observed, null=null, method=METHODS[resolution.kind], level=plan.level, draws=count,
        anderson=None if many else law.anderson(y, eta, free), resolution=resolution.step or None,
    )


def _working(sample: Sample, fit: Fitter, resolution: Resolution) -> tuple[Law, Array, bool]:
    """The law and its rows in working units, and whether the refit is in closed form.

    A gaussian is worked on its residuals (y - mean) / sigma: KL does not change, no unit is left to matter, and the
    refit is a mean and a standard deviation.
    """
    n, spacings = sample.n, Spacings.of(sample.n)
    rounded = resolution.kind != "smooth"
    if not has_tails(sample.noise):
        grid = Grid(resolution.step, resolution.origin) if rounded else None

        def fitted(y: Array) -> tuple[Array, Array]:
            return fit(y, sample.x, None, None)[:2]

        free = sample.free
        return Law(sample.noise, sample.eta, free, free, fitted, resolution, grid, spacings), sample.y, False
    sigma, constant = float(np.exp(sample.free[0])), sample.x.shape[1] > 0
    z = (sample.y - sample.eta[:, 0]) / sigma
    grid = Grid(resolution.step / sigma, (resolution.origin - float(sample.eta[0, 0])) / sigma) if rounded else None

    def refit(y: Array) -> tuple[Array, Array]:
        mean = float(y.mean()) if constant else 0.0
        return np.full((n, 1), mean), np.array([0.5 * np.log(np.mean((y - mean) ** 2))])

    drawn = np.array([0.0 if grid is None else grid.log_narrowing])
    return Law(sample.noise, np.zeros((n, 1)), np.zeros(1), drawn, refit, resolution, grid, spacings), z, True


def _cell_terms(z: Array, step: float) -> Array:
    """log(share of the cell / mass of the cell under N(0, 1)) for each of the ordered lattice values z (n,)."""
    first = np.flatnonzero(np.append(True, np.diff(z) > step / 2))
    counts = np.diff(np.append(first, z.size))
    mass = log_cell_mass(z[first] - step / 2, z[first] + step / 2)
    return np.repeat(np.log(counts / z.size) - mass, counts)
