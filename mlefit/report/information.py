"""Information: cross-entropy, entropy and KL of a fit, as plain values. Part of the report; nats whatever unit is displayed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Bound = Literal["estimate", "lower", "saturated", "none"]
VerdictCode = Literal["none", "borderline", "misfit", "negligible", "saturated", "not-identifiable", "off"]
FAR, RIGHT = "look at the far values", "; if they are right, "      # ... : a step before another one, which follows


class Atom(NamedTuple):
    """A value that holds `rows` rows of a response of numbers, more than a density gives it: zero, an end, or another one."""

    value: float
    rows: int
    place: Literal["zero", "lowest", "highest", "between"]


class NullLaw(NamedTuple):
    """Where p-values come from: laws of the statistics, or `draws` simulated data sets, which bound p by 1 / (draws + 1).

    `mean`: of raw KL if the model is true, taken off it. `exceeded`: no draw reached the data, so that p is an upper bound.
    """

    kind: Literal["law", "simulated"]
    draws: int
    mean: float | None = None
    exceeded: bool = False


class Divergence(NamedTuple):
    """KL(data || fitted model), every figure in nats per row; None where a number does not exist.

    entropy of the data + `raw` = cross-entropy; that entropy is an upper bound where `bound` is "lower". `misfit` is `raw`
    less the mean of the null distribution, `ci_low` and `ci_high` its interval (unclipped), `null_low` and `null_high` the
    range of `raw` for data from a true model, `detection_limit` the misfit that would be missed. `upper` bounds the KL of a
    discrete response from above. `sd_equivalent` is sqrt(2 misfit), the mean shift of a normal law with the same KL;
    `rows_20to1` = ln 20 / misfit rows tell the difference at odds of 20 to 1. `flags` are sentences for the reader.

    `p_value` is that of the structure, or of the only part, `ad_p_value` Anderson and Darling's of the shape;
    `part_p_values` of structure, spread and shape, those that exist; the verdict's is 1 - (1 - min)^k of k of them, and `part`
    is the one with the least where the verdict found something. `looked_at`: what the parts looked at. `advice`: next steps
    that run. `atoms`: values that no density holds, met by cells of width `resolution`.
    """

    raw: float | None = None
    misfit: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    null_low: float | None = None
    null_high: float | None = None
    p_value: float | None = None
    ad_p_value: float | None = None
    verdict_p_value: float | None = None
    bound: Bound = "none"
    verdict: str | None = None
    reason: str | None = None
    resolution: float | None = None
    detection_limit: float | None = None
    draws: int | None = None
    n_used: int | None = None
    parts: Mapping[str, float] = MappingProxyType({})
    upper: float | None = None
    sd_equivalent: float | None = None
    rows_20to1: float | None = None
    flags: tuple[str, ...] = ()
    verdict_code: VerdictCode = "not-identifiable"
    part_p_values: Mapping[str, float] = MappingProxyType({})
    part: str | None = None
    looked_at: str | None = None
    advice: tuple[str, ...] = ()
    atoms: tuple[Atom, ...] = ()
    null: NullLaw | None = None

    @property
    def shown(self) -> float | None:
        """The one figure of a display: the lower confidence bound of a bound, else the misfit; never below 0."""
        figure = self.ci_low if self.bound == "lower" else self.misfit
        return 0.0 if self.bound == "saturated" else None if figure is None else max(figure, 0.0)


class Holdout(NamedTuple):
    """The fitted model on rows that the fit has not seen: their cross-entropy, its standard error, and the figures people know.

    `rows` are held out; `not_scored` of them have no prediction, and `n` is the weight of the others.
    """

    share: float
    rows: int
    n: int
    cross_entropy: float | None
    std_error: float | None
    not_scored: int = 0
    rmse: float | None = None
    r_squared: float | None = None
    accuracy: float | None = None
    log_loss: float | None = None
    auc: float | None = None


class Information(NamedTuple):
    """Cross-entropy, entropy and KL per row. `unit` is what the displays use; the numbers here are nats.

    `explained`: cross-entropy of the intercept alone minus that of the model. `expected_tic` and `expected_aic`: what
    the cross-entropy of new rows should be, CE + tr(J^-1 K) / n (Takeuchi), and CE + k / n, which needs a true model.
    """

    unit: Literal["nats", "bits"]
    cross_entropy: float | None
    entropy: float | None
    entropy_method: str | None
    kl: Divergence
    explained: float | None = None
    expected_tic: float | None = None
    expected_aic: float | None = None
    holdout: Holdout | None = None
