"""Probabilities and outcomes: calibration of each level, predicted probabilities by outcome, and classes that are confused."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Residuals, Rows
from mlefit.picture.scene import Scene
from mlefit.picture.words import number

GRID = 30           # points of the curve, quantiles of the probabilities between these shares
BETWEEN = (0.02, 0.98)
CELLS = 200         # groups of rows of nearly one probability, of which the curve is made
SHARE = 0.03        # points: a departure that is large
GROUPS = 10         # shares with an interval
BARS = 30
STRIP = 0.12        # height of the bars of the probabilities below the curve


class Calibration(Look):
    """The isotonic regression of an outcome on its probability: no bins to choose."""

    needs = "responses"

    def __init__(self, residuals: Residuals, level: int) -> None:
        scene = residuals.scene
        self.level, self.residuals = level, residuals
        self.id = "calibration" if scene.classes == 2 else f"calibration:{scene.levels[level]}"

    def _pairs(self, rows: Rows) -> tuple[Array, Array]:
        return rows.probabilities[self.level], (rows.y == self.level).astype(np.float64)

    @cached_property
    def _grid(self) -> Array:
        return np.unique(np.quantile(self._pairs(self.residuals.observed)[0], np.linspace(*BETWEEN, GRID)))

    def curve(self, rows: Rows) -> Array:
        """The isotonic share (k,) at each probability of the grid, less that probability."""
        return isotonic(*self._pairs(rows), self._grid) - self._grid

    @cached_property
    def band(self) -> Envelope:
        """That of the curve; its spread is at least half that of the share of a tenth of the rows."""
        p = self._grid
        return envelope(self.curves, 0.5 * np.sqrt(p * (1.0 - p) * GROUPS / self.residuals.scene.n))

    @property
    def statistic(self) -> Array:
        """The largest deviation of the curve."""
        return self.band.statistic

    def draft(self) -> Draft:
        """The curve with its band, shares of groups with their intervals, and how the probabilities are spread."""
        scene, band, grid = self.residuals.scene, self.band, self._grid
        p, hit = self._pairs(self.residuals.observed)
        observed = self.curves[0] + grid
        low, high = (np.clip(_smooth(part) + grid, 0.0, 1.0) for part in (band.low, band.high))
        at, share, least, most = _groups(p, hit)
        count, edges = np.histogram(p, BARS, (0.0, 1.0))
        layers = (
            Layer("bars", "reference", {"edges": edges, "height": STRIP * count / max(1, int(count.max()))}),
            Layer("band", "envelope", {"x": grid, "low": low, "high": high}),
            Layer("line", "model", {"x": np.array([0.0, 1.0]), "y": np.array([0.0, 1.0])}),
            Layer("line", "curve", {"x": grid, "y": observed}, strong=True),
            Layer("interval", "data", {"x": at, "y": share, "low": least, "high": most}),
        )
        warn = (Layer("points", "warn", {"x": grid[band.outside], "y": observed[band.outside]}, strong=True),)
        away = np.abs(self.curves[0] - band.middle) / band.spread
        j = int(np.argmax(away))
        size = max(0.0, float(abs(self.curves[0, j]) - band.spread[j]))
        name = scene.levels[self.level]
        title = "Calibration" if scene.classes == 2 else f"Calibration: {name}"
        panel = Panel(
            self.id, title, Axis(f"predicted probability of {name}", (0.0, 1.0)), Axis("observed share", (0.0, 1.0)), layers, "",
            rows=scene.n, drawn=at.size)
        whose = "" if scene.classes == 2 else f" of {name}"
        return Draft(
            panel, f"Predicted probabilities and observed shares{whose} agree within chance",
            f"Where the model says {number(float(grid[j]), 2)} the share{whose} is {number(float(observed[j]), 2)}", size,
            size >= SHARE, "3 points", warn)


def isotonic(p: Array, hit: Array, grid: Array) -> Array:
    """The increasing share of hits along p that is nearest in least squares, at the points of a grid (k,).

    Pool adjacent violators (Ayer et al. 1955), over at most CELLS groups of rows along p.
    """
    order = np.argsort(p, kind="stable")
    starts = np.unique(np.arange(CELLS) * p.size // CELLS)
    sizes = np.diff([*starts, p.size]).astype(np.float64)
    at = np.add.reduceat(p[order], starts) / sizes
    blocks: list[list[float]] = []       # mean, rows, groups
    for mean, size in zip((np.add.reduceat(hit[order], starts) / sizes).tolist(), sizes.tolist(), strict=True):
        blocks.append([mean, size, 1.0])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean_, size_, count_ = blocks.pop()
            before = blocks[-1]
            total = before[1] + size_
            blocks[-1] = [(before[0] * before[1] + mean_ * size_) / total, total, before[2] + count_]
    values = np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])
    return np.asarray(np.interp(grid, at, values))


def _smooth(values: Array) -> Array:
    """Means of five neighbours: the ends of a band of steps."""
    return np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5.0, "valid")


def _groups(p: Array, hit: Array) -> tuple[Array, Array, Array, Array]:
    """Mean probability and share of equal groups along p, with Jeffreys intervals of the shares."""
    from scipy.special import betaincinv

    k = min(GROUPS, max(1, p.size // 30))
    starts = np.unique(np.arange(k) * p.size // k)
    order = np.argsort(p, kind="stable")
    sizes = np.diff([*starts, p.size]).astype(np.float64)
    at, hits = np.add.reduceat(p[order], starts) / sizes, np.add.reduceat(hit[order], starts)
    low, high = (betaincinv(hits + 0.5, sizes - hits + 0.5, share) for share in (0.025, 0.975))
    return at, hits / sizes, np.asarray(low), np.asarray(high)


def split(scene: Scene, rows: Rows) -> Panel:
    """Predicted probabilities of the rows with each of two outcomes, mirrored. The area under the ROC curve is that of pairs."""
    p, yes = rows.probabilities[1], rows.y == 1
    edges = np.linspace(0.0, 1.0, BARS + 1)
    above, below = (np.histogram(p[which], edges)[0].astype(np.float64) for which in (yes, ~yes))
    layers = (Layer("bars", "data", {"edges": edges, "height": above}, scene.levels[1]),
              Layer("bars", "model", {"edges": edges, "height": -below}, scene.levels[0]),
              Layer("hrule", "reference", {"y": np.zeros(1)}))
    one, other = int(yes.sum()), int((~yes).sum())
    if one and other:
        pairs = (float(_ranks(p)[yes].sum()) - one * (one + 1) / 2.0) / (one * other)
        said = (f"A {scene.levels[1]} row has the higher probability in {number(100.0 * pairs)} % of the pairs; mean "
                f"{number(float(p[yes].mean()), 2)} against {number(float(p[~yes].mean()), 2)}.")
    else:
        said = f"All rows are {scene.levels[1] if one else scene.levels[0]}: there are no pairs to tell apart."
    return Panel("split", "Predicted probability by outcome", Axis(f"predicted probability of {scene.levels[1]}", (0.0, 1.0)),
                 Axis("rows", mirrored=True), layers, said, rows=scene.n, drawn=scene.n)


def classes(scene: Scene, rows: Rows) -> Panel:
    """Mean predicted probability of each class (columns) over the rows of each true class (rows)."""
    p, names = rows.probabilities, scene.levels
    table = np.array([[float(p[k][rows.y == j].mean()) if (rows.y == j).any() else 0.0 for k in range(len(names))]
                      for j in range(len(names))])
    hardest = int(np.argmin(np.diag(table)))
    other = int(np.argmax(np.where(np.arange(len(names)) == hardest, -1.0, table[hardest])))
    said = (f"A row that is {names[hardest]} gets {number(float(table[hardest, hardest]), 2)} for {names[hardest]} and "
            f"{number(float(table[hardest, other]), 2)} for {names[other]}: the hardest class.")
    return Panel("classes", "Mean predicted probability by true class", Axis("predicted", categories=names),
                 Axis("true class", categories=names), (Layer("cells", "data", {"values": table}),), said, rows=scene.n,
                 drawn=table.size)


def rarest(scene: Scene) -> Sequence[int]:
    """The levels, the rarest first."""
    count = np.bincount(scene.y.astype(np.intp), minlength=scene.classes)
    return [int(level) for level in np.argsort(count, kind="stable")]


def _ranks(values: Array) -> Array:
    """From 1 on, (n,), equal values sharing the mean of theirs."""
    _, code, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[code])
