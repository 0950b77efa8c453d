"""Surprise: the rows that cost most nats, and what the dearest row costs in data from the model."""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Residuals, Rows
from mlefit.picture.words import number, rows_text

ROWS = 8
RANGE = (0.025, 0.975)
LARGE = 1.0         # nats beyond the range: a departure that is large


class Surprise(Look):
    """The dearest rows."""

    id = "surprise"
    needs = "responses"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals = residuals

    def curve(self, rows: Rows) -> Array:
        """What the dearest row costs (1,)."""
        return np.array([_cost(rows).max()])

    @cached_property
    def statistic(self) -> Array:
        """The same."""
        return self.curves[:, 0]

    def draft(self) -> Draft:
        """A table: row of the file, response, prediction, nats."""
        scene, rows = self.residuals.scene, self.residuals.observed
        cost = _cost(rows)
        dearest = np.argsort(-cost, kind="stable")[:ROWS]
        low, high = np.quantile(self.curves[1:, 0], RANGE)
        if scene.classes:
            p = rows.probabilities[scene.y[dearest].astype(np.intp), dearest]
            names = tuple(f"row {scene.row[i]:.0f}: {scene.levels[int(scene.y[i])]}" for i in dearest)
            heads: tuple[str, ...] = ("probability", "nats")
            table = np.stack([p, cost[dearest]], axis=1)
        else:
            names = tuple(f"row {scene.row[i]:.0f}" for i in dearest)
            heads = (scene.target, scene.noise.predicted, "nats")
            table = np.stack([scene.response[dearest], scene.prediction[dearest], cost[dearest]], axis=1)
        panel = Panel("surprise", "The rows that surprise most", Axis("", categories=heads), Axis("", categories=names),
                      (Layer("cells", "data", {"values": table}),), "", rows=scene.n, drawn=dearest.size)
        said = (f"In data from this model the dearest of {rows_text(scene.n)} costs {number(float(low), 2)} to "
                f"{number(float(high), 2)} nats; here {number(float(cost[dearest[0]]), 2)}, row {scene.row[dearest[0]]:,.0f}")
        size = max(0.0, float(cost[dearest[0]] - high))
        return Draft(panel, said, said, size, size >= LARGE, "1 nat")


def _cost(rows: Rows) -> Array:
    """-log q(y) (n,); the largest double where a row is impossible."""
    value = rows.noise.nll(rows.y, rows.eta, rows.free, 0).value
    return np.asarray(np.minimum(np.nan_to_num(value, nan=0.0, posinf=np.inf), np.finfo(float).max / 2.0))
