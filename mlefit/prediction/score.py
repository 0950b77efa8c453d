"""Score: what the responses of new rows say of their predictions.

    nll        -log q(y | x), nats, in the unit of the response
    residual   Phi^-1(u), u = F(y | x), of a discrete law a random point of its cell: standard normal if the model is true
               (Dunn and Smyth 1996). The random numbers are those of (seed, row).
"""

from collections.abc import Mapping
from math import sqrt

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise.model import Measure, NoiseModel
from mlefit.noise.tails import by_tails
from mlefit.prediction.appended import Plan, natural_shapes
from mlefit.prediction.numbered import uniform
from mlefit.prediction.rows import Rows
from mlefit.records import record

RESIDUALS = 2       # the third number of their stream: simulated responses have none, drawn parameters 1


@record(frozen=True)
class Score:
    """Rows with a response and a prediction, sums of their nll and its squares, and how many fell below and above their interval
    among those `judged`. `fitted`: what their nll would add up to if each were that of a row fitted."""

    n: int = 0
    nll: float = 0.0
    square: float = 0.0
    judged: int = 0
    below: int = 0
    above: int = 0
    fitted: float = 0.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.n + other.n, self.nll + other.nll, self.square + other.square, self.judged + other.judged,
                     self.below + other.below, self.above + other.above, self.fitted + other.fitted)

    @property
    def mean(self) -> float:
        """Nats per row."""
        return self.nll / self.n

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return sqrt(max(self.square / self.n - self.mean**2, 0.0) / self.n)


def responses(rows: Rows) -> Array:
    """The response (n,) of each row, or the function of it that the law is of, NaN where there is none that the law knows; a level
    is its place among those of the fit."""
    saved = rows.saved
    if not saved.noise.response.reads_levels:
        y = rows.batch.numbers[saved.target].copy()
        y[~np.isfinite(y)] = np.nan
        if saved.transform is not None:
            wrong = saved.transform.refused(np.nan_to_num(y, nan=1.0))
            if wrong is not None:
                y[wrong] = np.nan
            y = saved.transform.values(y)
        refused = saved.noise.response.refused(np.nan_to_num(y, nan=1.0))
        if refused is not None:
            y[refused] = np.nan
        if saved.trials is not None:
            with np.errstate(invalid="ignore"):
                y[y > saved.trials.evaluate(rows.batch)] = np.nan
        return y
    category = rows.batch.categories[saved.target]
    places = {level: float(place) for place, level in enumerate(saved.levels)}
    known = np.array([places.get(level, places.get(level.removesuffix(".0"), np.nan)) for level in category.levels] + [np.nan])
    return np.asarray(known[category.codes])


def unjudged(rows: Rows, nll: Array) -> dict[str, Mask]:
    """By flag, the rows (k,) with a prediction and no `nll` (n,): their response is missing, or none that the law knows."""
    saved, left = rows.saved, np.isnan(nll) & rows.known
    if saved.noise.response.reads_levels:
        absent = rows.batch.categories[saved.target].codes < 0
    else:
        absent = np.isnan(rows.batch.numbers[saved.target])
    found = {f"no-response:{saved.target}": left & absent, f"bad-response:{saved.target}": left & ~absent}
    return {flag: mask[rows.known] for flag, mask in found.items() if mask.any()}


def chances(noise: NoiseModel, seed: int, first: int, n: int) -> Array:
    """Where in its cell each row of a discrete law falls (n,), the rows from the number `first` on; nothing for a density."""
    return uniform((seed, 0, RESIDUALS), first, n) if noise.measure.jumps else np.empty(0)


def scored(rows: Rows, plan: Plan, predicted: Mapping[str, Array], chance: Array) -> tuple[dict[str, Array], Score]:
    """The columns `nll` and `residual` (n,), and what they add up to; `chance` as of `chances`, for these rows."""
    y, known = responses(rows), np.flatnonzero(rows.known)
    there = ~np.isnan(y[known])
    places = known[there]
    nll, residual = np.full(y.size, np.nan), np.full(y.size, np.nan)
    if not places.size:
        return {"nll": nll, "residual": residual}, Score()
    noise, eta, free = rows.law.some(np.flatnonzero(there)), rows.eta[there], natural_shapes(rows.saved)
    values = y[places]
    nll[places] = noise.nll(values, eta, free, 0).value
    given = values
    if rows.saved.transform is not None:        # its density is that of the column
        given = rows.batch.numbers[rows.saved.target][places]
        nll[places] -= rows.saved.transform.log_slope(given)
    residual[places] = quantile_residuals(noise, values, eta, free, chance[places] if chance.size else chance)
    judged = below = above = 0
    if "new_low" in predicted:
        low, high = (predicted[name][places] for name in ("new_low", "new_high"))
        judged, below, above = places.size, int((given < low).sum()), int((given > high).sum())
    told = nll[places]
    return {"nll": nll, "residual": residual}, Score(
        places.size, float(told.sum()), float(told @ told), judged, below, above, places.size * rows.saved.training.nll_mean)


def quantile_residuals(noise: NoiseModel, y: Array, eta: Array, free: Array, chance: Array) -> Array:
    """Phi^-1(u) (n,), accurate in both tails; `chance` (n,): where in its cell each row of a discrete law falls."""
    from scipy.special import ndtri

    if not noise.measure.jumps:
        known = noise.residual(y, eta, free)
        return by_tails(noise, y, eta, free) if known is None else known
    before = noise.below(y)
    below = np.exp(noise.log_cdf(before, eta, free))
    if noise.measure is Measure.MASS:
        mass = np.exp(-noise.nll(y, eta, free, 0).value)
    else:
        mass = np.exp(noise.log_cdf(y, eta, free)) - below
    z, upper = np.asarray(ndtri(below + chance * mass)), np.flatnonzero(below > 0.5)
    if upper.size:      # there only the other tail tells how far out a row is
        above = np.exp(noise.some(upper).log_sf(before[upper], eta[upper], free))
        z[upper] = -ndtri(above - chance[upper] * mass[upper])
    return z
