"""KL of a density with predictors: a chain of lower bounds, KL >= structure + shape + spread.

    structure   mean log(r / q), r the same family on the richer reference design
    shape       mean(-log phi(z)) - H(z), z the standardised residuals of r: their law is not normal
    spread      the gain of a standard deviation that depends on the predictors, on the normal scores of z

Each term is a log ratio of laws, so the sum is one too. For a gaussian, everything is a function of standardised
residuals and projections: a draw from the fitted model is N(0, 1) noise, and its refit is a projection.
"""

from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.continuous import LEAST_ROWS
from mlefit.information.distribution import anderson_darling
from mlefit.information.entropy import Spacings
from mlefit.information.null import Draw, draws_for, simulate
from mlefit.information.reference import ROWS_PER_COLUMN, varying, widen
from mlefit.information.resolution import Grid, resolve
from mlefit.information.sample import Plan, Sample
from mlefit.information.spread import spread_basis, spread_gain
from mlefit.information.unknown import not_identifiable
from mlefit.information.verdict import conclude
from mlefit.noise.model import NoiseModel
from mlefit.report.information import Information

MOST_ROWS = 20_000
SEED_OF_JITTER = 1


class Chain(NamedTuple):
    """What the statistic needs beside the residuals: orthonormal bases of the fitted design `fitted` (n, p) and of what
    the reference adds `added` (n, e), the spread `basis` (n, k) or None, spacings, normal scores, and the lattice.
    """

    noise: NoiseModel
    fitted: Array
    added: Array
    basis: Array | None
    spacings: Spacings
    scores: Array
    grid: Grid | None

    def terms(self, z: Array, rng: np.random.Generator) -> tuple[dict[str, Array], float]:
        """The three terms (n,) by name and A^2, for responses z in units of the fitted sigma, less the fitted mean."""
        if self.grid is not None:
            z = self.grid.jitter(z, rng)
        fitted, residual, log_ratio = self._projections(z)
        structure = log_ratio + (fitted**2 - residual**2) / 2
        order = np.argsort(residual, kind="stable")
        ordered = residual[order]
        shape, spread = np.empty(z.size), np.zeros(z.size)
        shape[order] = 0.5 * np.log(2 * np.pi) + ordered**2 / 2 - self.spacings.terms(ordered)
        if self.basis is not None:
            scores = np.empty(z.size)
            scores[order] = self.scores
            spread = spread_gain(self.basis, scores)
        even = anderson_darling(self.noise, np.sort(fitted), np.zeros((z.size, 1)), np.zeros(1))
        return {"structure": structure, "shape": shape, "spread": spread}, even

    def _projections(self, z: Array) -> tuple[Array, Array, float]:
        """Standardised residuals of the fitted and of the reference design, and log(s_fitted / s_reference)."""
        fitted = z - self.fitted @ (self.fitted.T @ z)
        residual = fitted - self.added @ (self.added.T @ fitted)
        s_fitted, s_reference = float(np.sqrt(np.mean(fitted**2))), float(np.sqrt(np.mean(residual**2)))
        return fitted / s_fitted, residual / s_reference, float(np.log(s_fitted / s_reference))


def regression(sample: Sample, plan: Plan) -> Information:
    """KL(data || model) from below, for a gaussian with predictors; at most 20,000 rows, chosen at random."""
    total = sample.cross_entropy_total
    sample = sample.plain(MOST_ROWS, plan.seed)
    n = sample.n
    if not sample.noise.compresses:     # the chain is made of projections, which are least squares
        return not_identifiable(total, f"{sample.noise.name} with predictors has no estimate yet", n)
    least = max(LEAST_ROWS, 2 * sample.x.shape[1])
    if n < least:
        return not_identifiable(total, f"{n} rows are too few (at least {least})", n)
    sigma = float(np.exp(sample.free[0]))
    resolution = resolve(np.sort(sample.y), sigma)
    if resolution.kind == "none":
        return not_identifiable(total, resolution.reason or "", n)
    grid = None
    if resolution.kind != "smooth":
        grid = Grid(resolution.step / sigma, (resolution.origin - sample.eta[:, 0]) / sigma)
    chain, label = _chain(sample, grid)
    z = (sample.y - sample.eta[:, 0]) / sigma
    observed, anderson = chain.terms(z, np.random.default_rng([plan.seed, n, SEED_OF_JITTER]))

    def draw(rng: np.random.Generator) -> Draw:
        noise = rng.standard_normal(n)
        if grid is not None:
            noise = grid.round(noise * np.exp(grid.log_narrowing))
        parts, squared = chain.terms(noise, rng)
        means = {name: float(part.mean()) for name, part in parts.items()}
        return Draw(sum(means.values()), squared, means)

    count = draws_for(n, closed=True) if plan.draws is None else plan.draws
    null = simulate(draw, count, plan.seed, normal=False) if count else None
    centre = dict.fromkeys(observed, 0.0) if null is None else null.parts
    found = conclude(
        total, sum(observed.values(), np.zeros(n)), null=null, bound="lower", anderson=anderson, level=plan.level,
        draws=count, method=f"residual spacings; reference: {label}", resolution=resolution.step or None,
    )
    if found.kl.raw is None:
        return found
    parts = {name: float(part.mean()) - centre[name] for name, part in observed.items()}
    return found._replace(kl=found.kl._replace(parts=parts))


def _chain(sample: Sample, grid: Grid | None) -> tuple[Chain, str]:
    from scipy.special import ndtri

    n = sample.n
    predictors = varying(sample.design, sample.offset)
    wider = widen(sample.x, predictors, n // ROWS_PER_COLUMN)
    chain = Chain(
        sample.noise, np.linalg.qr(sample.x)[0], wider.columns / np.sqrt(n), spread_basis(predictors), Spacings.of(n),
        ndtri((np.arange(n) + 0.5) / n), grid,
    )
    return chain, "fitted design" if wider.label == "none" else wider.label
