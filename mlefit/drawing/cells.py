"""Cells: many points as counts in a grid, whose shades follow the logarithm of the count."""

import numpy as np

from mlefit.arrays import Array
from mlefit.drawing.scale import Span

COLUMNS, ROWS = 44, 28      # of the grid
SHADES = 8                  # told apart
FAINTEST, DARKEST = 0.12, 0.87


def binned(x: Array, y: Array, across: Span, upwards: Span) -> tuple[Array, Array, Array]:
    """Counts (COLUMNS, ROWS) of points, and the edges of the cells; points beyond the ends of y stand in the last cells."""
    known = np.isfinite(x) & np.isfinite(y)
    edges = np.linspace(*across, COLUMNS + 1), np.linspace(*upwards, ROWS + 1)
    counts, _, _ = np.histogram2d(x[known], np.clip(y[known], *upwards), bins=edges)
    return counts, edges[0], edges[1]


def shade(counts: Array) -> Array:
    """The opacity of cells, one of SHADES levels."""
    share = np.log1p(counts) / max(float(np.log1p(counts.max(initial=0.0))), 1e-300)
    return np.asarray(FAINTEST + (DARKEST - FAINTEST) * np.ceil(share * SHADES) / SHADES)
