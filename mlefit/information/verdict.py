"""From the parts of a judgement and a raw KL to what is said about them. The thresholds are conventions."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from mlefit.arrays import Array
from mlefit.information.unknown import not_identifiable
from mlefit.report.information import Bound, Divergence, Information, NullLaw, VerdictCode

NEGLIGIBLE, SMALL, MODERATE = 0.005, 0.02, 0.125    # nats of a gaussian mean shift of 0.1, 0.2 and 0.5 sd
MISFIT_P, BORDERLINE_P = 0.01, 0.05
FEW_ROWS_SHARE, FEW_ROWS_FROM = 0.25, 300           # one row's share of the variance, and the n from which it is said


class Chance(Protocol):
    """The law of raw KL for data from a true model."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def detection_limit(self) -> float: ...  # noqa: D102
    def range(self, level: float) -> tuple[float, float]: ...  # noqa: D102


class ChiSquared(NamedTuple):
    """Raw KL = chi2_df / (2 n) if the smaller of two nested models is true (Wilks)."""

    df: int
    n: int

    @property
    def mean(self) -> float:
        """df / (2 n)."""
        return self.df / (2 * self.n)

    @property
    def detection_limit(self) -> float:
        """The misfit that a 5 % test detects with probability 0.95: q95 - mean + 1.645 sd."""
        return self._quantile(0.95) - self.mean + 1.645 * float(np.sqrt(2 * self.df)) / (2 * self.n)

    def range(self, level: float) -> tuple[float, float]:
        """The central range of raw KL if the model is true."""
        tail = (1 - level) / 2
        return self._quantile(tail), self._quantile(1 - tail)

    def _quantile(self, probability: float) -> float:
        from scipy.special import gammaincinv

        return float(gammaincinv(self.df / 2, probability)) / self.n if self.df else 0.0


class Judged(NamedTuple):
    """The p-values of the parts that exist, the one to blame, what was looked at, next steps, and simulated sets, if any.

    `exceeded`: no simulated set reached the data.
    """

    p: Mapping[str, float]
    part: str | None
    looked_at: str | None
    advice: tuple[str, ...] = ()
    simulated: int = 0
    exceeded: bool = False

    @property
    def verdict_p(self) -> float:
        """1 - (1 - min)^k of k parts: that of the least of k independent p-values."""
        return float(-np.expm1(len(self.p) * np.log1p(-min(1.0 - 1e-16, *self.p.values(), 1.0))))


class Terms(NamedTuple):
    """log(p^ / q) of `n` rows: the mean, which is the raw KL, the variance, and the largest share of it that one row supplies."""

    mean: float
    variance: float
    n: float
    share: float = 0.0

    @classmethod
    def of(cls, terms: Array, weight: Array | None = None) -> "Terms":
        """Those of d_i (n,)."""
        weight = np.ones(terms.size) if weight is None else weight
        n = float(weight.sum())
        mean = float(weight @ terms / n)
        if not np.isfinite(mean):
            return cls(mean, np.inf, n)
        squares = (terms - mean) ** 2
        variance = float(weight @ squares / n)
        return cls(mean, variance, n, float(squares.max()) / (variance * n) if variance > 0.0 else 0.0)


def code(p: float, bound: Bound, high: float | None) -> VerdictCode:
    """What was found; that something found is negligible can be said of an estimate alone."""
    if p > BORDERLINE_P:
        return "none"
    if bound == "estimate" and high is not None and high < NEGLIGIBLE:
        return "negligible"
    return "misfit" if p <= MISFIT_P else "borderline"


def words(found: VerdictCode, bound: Bound, misfit: float | None) -> str:
    """The verdict; never "the model is true", because a small misfit is always possible. Of a bound, a size only upwards."""
    if found == "none":
        return "no misfit detected"
    if found == "negligible":
        return "detectable but negligible"
    if found == "borderline" or misfit is None:
        return found
    sizes = ((NEGLIGIBLE, "negligible"), (SMALL, "small"), (MODERATE, "moderate"), (np.inf, "large"))
    size = next(word for limit, word in sizes if misfit < limit)
    return "misfit" if bound == "lower" and size in ("negligible", "small") else f"misfit, {size}"


def conclude(
    cross_entropy: float, terms: Terms, judged: Judged, *, chance: Chance | None, method: str, level: float,
    bound: Bound = "estimate", draws: int | None = None, resolution: float | None = None, upper: float | None = None,
    flags: tuple[str, ...] = (),
) -> Information:
    """Entropy and KL from d_i = log(p^ / q) of each row, of which `terms` tell.

    The interval is misfit -+ z sd(d) / sqrt(n), of a bound its lower end alone, one-sided. Entropy is `cross_entropy` minus raw:
    with a part of the rows this is the control variate that restores the cross-entropy of all rows.
    """
    from scipy.special import ndtri

    raw, variance, n, share = terms
    n_used = round(n)
    if not np.isfinite(raw):
        return not_identifiable(cross_entropy, "residuals coincide, or lie beyond what doubles hold", n_used)
    one_sided = bound == "lower"
    half = float(ndtri(level if one_sided else (1 + level) / 2) * np.sqrt(variance / n))
    misfit = None if chance is None else raw - chance.mean
    low, high = (None, None) if misfit is None else (misfit - half, None if one_sided else misfit + half)
    p = judged.verdict_p if judged.p else None
    found: VerdictCode = "none" if p is None else code(p, bound, high)
    if n >= FEW_ROWS_FROM and share > FEW_ROWS_SHARE and not one_sided and misfit is not None:
        flags = (f"interval driven by a few rows: one row supplies {100 * share:.0f} % of its variance; "
                 "read the upper end as unknown", *flags)
    kl = Divergence(
        raw=raw, misfit=misfit, ci_low=low, ci_high=high, bound=bound, n_used=n_used, resolution=resolution, upper=upper,
        draws=draws, verdict_p_value=p, verdict_code=found, part_p_values=dict(judged.p), looked_at=judged.looked_at,
        p_value=judged.p.get("structure", p), ad_p_value=judged.p.get("shape"), flags=flags,
        part=None if found == "none" else judged.part, advice=() if found == "none" else judged.advice,
        verdict=None if p is None else words(found, bound, low if one_sided else misfit),
        sd_equivalent=float(np.sqrt(2 * misfit)) if misfit is not None and misfit > 0 else None,
        rows_20to1=float(np.log(20) / misfit) if misfit is not None and misfit > 0 else None,
    )
    if chance is not None:
        null_low, null_high = chance.range(level)
        kl = kl._replace(
            null_low=null_low, null_high=null_high, detection_limit=chance.detection_limit,
            null=NullLaw("simulated" if judged.simulated else "law", judged.simulated, chance.mean, judged.exceeded))
    return Information("nats", cross_entropy, cross_entropy - raw, method, kl)


def simulations(rows: int, columns: int, asked: int | None) -> int:
    """How many data sets are simulated where no law holds: as many as are asked for, or by a fixed function of the work."""
    return asked if asked is not None else int(np.clip(WORK // (rows * max(columns, 1) ** 2), FEWEST, MOST))


WORK, FEWEST, MOST = 20_000_000, 99, 399
