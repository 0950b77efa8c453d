"""Where KL cannot be known: the cross-entropy stays, and the reason is said."""

from mlefit.report.information import Divergence, Information


def not_identifiable(cross_entropy: float, reason: str, n: int, upper: float | None = None) -> Information:
    """No KL, with the reason; `upper` is what bounds the KL of a discrete response all the same. Nats per row."""
    kl = Divergence(reason=reason, verdict=f"not identifiable: {reason}", n_used=n, upper=upper)
    return Information("nats", cross_entropy, None, None, kl)


def off(cross_entropy: float, n: int) -> Information:
    """No KL part, as it was not asked for."""
    kl = Divergence(reason="not asked for", verdict="not asked for", verdict_code="off", n_used=n)
    return Information("nats", cross_entropy, None, None, kl)
