"""Evidence: what the KL part found, as plain values in nats per row; the pipeline copies it into the report."""

from dataclasses import dataclass, field
from typing import Literal

Bound = Literal["estimate", "lower", "saturated", "none"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """KL(data || fitted model). None stands where a number does not exist.

    `entropy + raw == cross_entropy`; `entropy` is an upper bound when `bound` is "lower". `misfit` is `raw` minus the
    mean of the null distribution, `ci_low` and `ci_high` its interval (unclipped), `null_low` and `null_high` the range
    of `raw` for data from a true model, `detection_limit` the misfit that would be missed. `upper` bounds the KL of a
    discrete response from above. `sd_equivalent` is sqrt(2 misfit), a mean shift of a gaussian with the same KL;
    `rows_20to1` = ln 20 / misfit rows tell the difference at odds of 20 to 1. `flags` are sentences for the reader.
    """

    cross_entropy: float
    entropy: float | None = None
    entropy_method: str | None = None
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
    parts: dict[str, float] = field(default_factory=dict)
    upper: float | None = None
    sd_equivalent: float | None = None
    rows_20to1: float | None = None
    flags: tuple[str, ...] = ()


def not_identifiable(cross_entropy: float, reason: str, n: int, upper: float | None = None) -> Evidence:
    """No KL, with the reason; the cross-entropy stays. `upper` is what bounds a discrete response all the same."""
    return Evidence(cross_entropy, reason=reason, verdict=f"not identifiable: {reason}", n_used=n, upper=upper)
