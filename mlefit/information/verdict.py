"""From a raw KL and its null distribution to what is said about it. The thresholds are conventions."""

from typing import Protocol

import numpy as np

from mlefit.arrays import Array
from mlefit.information.unknown import not_identifiable
from mlefit.report.information import Bound, Divergence, Information, VerdictCode

NEGLIGIBLE, SMALL, MODERATE = 0.005, 0.02, 0.125    # nats of a gaussian mean shift of 0.1, 0.2 and 0.5 sd
MISFIT_P, BORDERLINE_P = 0.01, 0.05
FEW_ROWS_SHARE, FEW_ROWS_FROM = 0.25, 300           # one row's share of the variance, and the n from which it is said

NO_NULL = "too few of the simulated data sets have a maximum: no null distribution"


class NullLaw(Protocol):
    """The law of raw KL for data from a true model, simulated or analytic."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def detection_limit(self) -> float: ...  # noqa: D102
    def range(self, level: float) -> tuple[float, float]: ...  # noqa: D102
    def p_values(self, raw: float, anderson: float | None) -> tuple[float, float | None, float]: ...  # noqa: D102


def size_word(misfit: float) -> str:
    """How large a misfit is, in a word."""
    for limit, word in ((NEGLIGIBLE, "negligible"), (SMALL, "small"), (MODERATE, "moderate")):
        if misfit < limit:
            return word
    return "large"


def verdict_words(p: float, misfit: float, ci_high: float) -> str:
    """The verdict; never "the model is true", because a small misfit is always possible."""
    if p > BORDERLINE_P:
        return "no misfit detected"
    if ci_high < NEGLIGIBLE:
        return "detectable but negligible"
    return f"misfit, {size_word(misfit)}" if p <= MISFIT_P else "borderline"


def verdict_code(p: float, ci_high: float) -> VerdictCode:
    """The verdict as a code."""
    if p > BORDERLINE_P:
        return "none"
    if ci_high < NEGLIGIBLE:
        return "negligible"
    return "misfit" if p <= MISFIT_P else "borderline"


def conclude(
    cross_entropy: float, terms: Array, *, weight: Array | None = None, null: NullLaw | None, method: str, level: float,
    bound: Bound = "estimate", anderson: float | None = None, draws: int | None = None,
    resolution: float | None = None, upper: float | None = None,
) -> Information:
    """Entropy and KL from d_i = log(p^ / q) of each row, `terms` (n,), whose (weighted) mean is the raw KL.

    The interval is misfit -+ z sd(d) / sqrt(n). Entropy is `cross_entropy` minus raw: with a part of the rows this is
    the control variate that restores the cross-entropy of all rows.
    """
    weight = np.ones(terms.size) if weight is None else weight
    n = float(weight.sum())
    raw = float(weight @ terms / n)
    n_used = round(n)
    if not np.isfinite(raw):
        return not_identifiable(cross_entropy, "the spacings of the data vanish", n_used)
    kl = Divergence(raw=raw, bound=bound, n_used=n_used, resolution=resolution, upper=upper, draws=draws, verdict_code="none")
    shown = Information("nats", cross_entropy, cross_entropy - raw, method, kl)
    if null is None:
        return shown._replace(kl=kl._replace(flags=(NO_NULL,))) if draws else shown
    from scipy.special import ndtri

    squares = (terms - raw) ** 2
    variance = float(weight @ squares / n)
    half = float(ndtri((1 + level) / 2)) * np.sqrt(variance / n)
    misfit = raw - null.mean
    null_low, null_high = null.range(level)
    p, anderson_p, verdict_p = null.p_values(raw, anderson)
    driven = n >= FEW_ROWS_FROM and float(squares.max()) > FEW_ROWS_SHARE * variance * n
    share = float(squares.max()) / (variance * n) if driven else 0.0
    return shown._replace(kl=kl._replace(
        misfit=misfit, ci_low=misfit - half, ci_high=misfit + half, null_low=null_low, null_high=null_high,
        p_value=p, ad_p_value=anderson_p, verdict_p_value=verdict_p, detection_limit=null.detection_limit,
        verdict=verdict_words(verdict_p, misfit, misfit + half), verdict_code=verdict_code(verdict_p, misfit + half),
        sd_equivalent=float(np.sqrt(2 * misfit)) if misfit > 0 else None,
        rows_20to1=float(np.log(20) / misfit) if misfit > 0 else None,
        flags=(
            f"interval driven by a few rows: one row supplies {100 * share:.0f} % of its variance; "
            "read the upper end as unknown",
        ) if driven else (),
    ))
