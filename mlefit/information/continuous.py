"""KL of a density without predictors: mean negative log-likelihood minus an entropy of the same rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.distribution import anderson_darling, log_cell_mass
from mlefit.information.entropy import Spacings
from mlefit.information.null import MANY_ROWS, Draw, draws_for, simulate
from mlefit.information.resolution import Grid, Resolution, resolve
from mlefit.information.sample import Fitter, Plan, Sample
from mlefit.information.unknown import not_identifiable
from mlefit.information.verdict import conclude
from mlefit.noise.model import NoiseModel
from mlefit.report.information import Information

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

    `drawn` are the shapes of the law before rounding, from which the null is drawn. `closed`: the law is a standard one,
    of location 0 and scale 1, and its refit takes no search.
    """

    noise: NoiseModel
    eta: Array
    free: Array
    drawn: Array
    refit: Refit
    resolution: Resolution
    grid: Grid | None
    spacings: Spacings
    closed: bool

    def terms(self, y: Array, eta: Array, free: Array, rng: np.random.Generator) -> Array:
        """d (n,) = log(p^ / q) of ordered rows, at the parameters (eta, free) fitted to them."""
        if self.resolution.kind == "cells" and self.grid is not None:
            if self.closed:     # in units of the refitted scale, so that no unit is left to matter
                scale = float(np.exp(-free[0]))
                return _cell_terms(self.noise, (y - eta[:, 0]) * scale, self.grid.step * scale, self.eta, np.zeros(free.size))
            return _cell_terms(self.noise, y, self.grid.step, eta, free)
        resolved = y if self.grid is None else np.sort(self.grid.jitter(y, rng))
        return self.noise.nll(y, eta, free, 0).value - self.spacings.terms(resolved)

    def anderson(self, y: Array, eta: Array, free: Array) -> float:
        """A^2 of ordered rows."""
        return anderson_darling(self.noise, y, eta, free)

    def draw(self, rng: np.random.Generator, *, refit: bool) -> Draw:
        """The statistic on rows drawn from the law, rounded as the data is."""
        y = self.noise.draw(rng, self.eta, self.drawn)
        y = np.sort(y if self.grid is None else self.grid.round(y))
        eta, free = self.refit(y) if refit else (self.eta, self.free)
        return Draw(float(self.terms(y, eta, free, rng).mean()), self.anderson(y, eta, free) if refit else None, {})


def continuous(sample: Sample, plan: Plan) -> Information:
    """KL(data || model) of a density that is the same for all rows."""
    total = sample.cross_entropy_total
    sample = sample.take_sorted().plain(MOST_ROWS, plan.seed)
    n = sample.n
    if n < LEAST_ROWS:
        return not_identifiable(total, f"{n} rows are too few (at least {LEAST_ROWS})", n)
    closed = sample.noise.closed
    spread = float(np.exp(sample.free[0])) if closed else float(np.std(sample.y))
    resolution = resolve(sample.y, spread)
    if resolution.kind == "none":
        return not_identifiable(total, resolution.reason or "", n)
    law, y = _standard(sample, resolution) if closed else (_searched(sample, plan.fit, resolution), sample.y)
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


def _searched(sample: Sample, fit: Fitter, resolution: Resolution) -> Law:
    """The law in the units of the response, refitted by a search."""
    grid = None if resolution.kind == "smooth" else Grid(resolution.step, resolution.origin)

    def refit(y: Array) -> tuple[Array, Array]:
        return fit(y, sample.x, None, None)[:2]

    return Law(sample.noise, sample.eta, sample.free, sample.free, refit, resolution, grid, Spacings.of(sample.n), False)


def _standard(sample: Sample, resolution: Resolution) -> tuple[Law, Array]:
    """The law and its rows as residuals (y - location) / scale, for a law with a closed fit.

    KL does not change, no unit is left to matter, and a refit takes no search.
    """
    n, noise, centred = sample.n, sample.noise, sample.x.shape[1] == 0
    scale = float(np.exp(sample.free[0]))
    z = (sample.y - sample.eta[:, 0]) / scale
    grid = None
    if resolution.kind != "smooth":
        grid = Grid(resolution.step / scale, (resolution.origin - float(sample.eta[0, 0])) / scale)

    def refit(y: Array) -> tuple[Array, Array]:
        location, free = noise.constant_fit(y, centred)
        return np.full((n, 1), location), free

    drawn = np.array([0.0 if grid is None else grid.log_narrowing])
    return Law(noise, np.zeros((n, 1)), np.zeros(1), drawn, refit, resolution, grid, Spacings.of(n), True), z


def _cell_terms(noise: NoiseModel, y: Array, step: float, eta: Array, free: Array) -> Array:
    """log(share of the cell / mass of the cell under the law) for each of the ordered lattice values y (n,)."""
    first = np.flatnonzero(np.append(True, np.diff(y) > step / 2))
    counts = np.diff(np.append(first, y.size))
    mass = log_cell_mass(noise, y[first] - step / 2, y[first] + step / 2, eta[first], free)
    return np.repeat(np.log(counts / y.size) - mass, counts)
