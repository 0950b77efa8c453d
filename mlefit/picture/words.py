"""Words of sentences: numbers in few digits, and p-values of simulated data."""

import numpy as np

from mlefit.picture.residuals import DRAWS


def number(value: float, digits: int = 3) -> str:
    """A number in so many digits."""
    if not np.isfinite(value):
        return "-"
    if value == 0.0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - int(np.floor(np.log10(size))))}f}"


def p_text(p: float) -> str:
    """p in two digits; where no draw reached the data, a bound."""
    least = 1.0 / (DRAWS + 1)
    return f"p < {least:.2g}" if p <= least * (1.0 + 1e-9) else f"p = {number(p, 2)}"


def rows_text(rows: int) -> str:
    """A number of rows."""
    return f"{rows:,} row{'' if rows == 1 else 's'}"
