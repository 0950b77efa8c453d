"""Finite: what a report may hold where a number does not exist."""

import math


def number(value: float | None) -> float | None:
    """A finite float, or None."""
    return None if value is None or not math.isfinite(value) else float(value)
