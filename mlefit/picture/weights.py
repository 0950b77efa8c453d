"""Weights: how much each row counts in the estimating equation of a law whose tails are heavy, along its residual."""

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Rows
from mlefit.picture.scene import Scene
from mlefit.picture.words import rows_text

NEAR = 1e-3         # of the scale: where the weight of a row in the middle is taken
HALF = 0.5
CURVE = 201


def weights(scene: Scene, rows: Rows) -> Panel:
    """w = -(d log q / d eta) / (y - eta), in units of that in the middle: 1 for least squares."""
    eta, z = rows.eta[:, 0], rows.z
    found = _weight(rows, rows.y - eta)
    middle = float(np.median(np.abs(rows.y - eta))) * NEAR or 1.0
    usual = _weight(rows, np.full(scene.n, middle))
    relative = np.divide(found, usual, out=np.ones_like(found), where=usual > 0.0)
    order = np.argsort(z)
    few = int((relative < HALF).sum())
    at = order[np.unique(np.linspace(0, scene.n - 1, min(CURVE, scene.n)).astype(np.intp))]
    layers = (
        Layer("hrule", "reference", {"y": np.array([HALF])}),
        Layer("line", "model", {"x": z[at], "y": relative[at]}),
        Layer("points", "data", {"x": z, "y": relative}),
    )
    said = f"{few:,} of {rows_text(scene.n)} {'counts' if few == 1 else 'count'} less than half."
    return Panel("weights", "Weight of each row", Axis("residual, in standard deviations"), Axis("weight", zero=True), layers, said,
                 rows=scene.n, drawn=scene.n)


def _weight(rows: Rows, error: Array) -> Array:
    """That of errors (n,) of the rows."""
    apart = np.where(error == 0.0, float(np.abs(error).max(initial=0.0)) * 1e-9 + 1e-300, error)
    d1 = rows.noise.nll(rows.eta[:, 0] + apart, rows.eta, rows.free, 1).d1
    assert d1 is not None
    return np.asarray(-d1[:, 0] / apart)
