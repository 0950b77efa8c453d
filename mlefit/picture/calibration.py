"""Calibration: observed shares of each level along their predicted probability."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask, ascending
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.everywhere import Part, between, grouped
from mlefit.picture.look import Draft, Look, Needs
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import DRAWS, LAW, Residuals, Rows
from mlefit.picture.scene import Scene
from mlefit.picture.words import number
from mlefit.records import record

GRID = 30           # points of the curve, quantiles of the probabilities between these shares
BETWEEN = (0.02, 0.98)
CELLS = 200         # groups of rows of nearly one probability, of which the curve is made
SHARE = 0.03        # points: a departure that is large
GROUPS = 10         # shares with an interval
BARS = 30
STRIP = 0.12        # height of the bars of the probabilities below the curve


class Grouped(NamedTuple):
    """Rows along their probability: how many (g,) in each group, its mean probability, and the share of hits."""

    rows: Array
    at: Array
    share: Array


@record(frozen=True, eq=False)
class Hits:
    """Rows, their probability of a level and how many of them have it, in groups along it that begin at `cuts`; then how many rows
    have their probability in each bar."""

    level: int
    cuts: Array

    def __call__(self, part: Part) -> Array:
        """(3 g + BARS,)."""
        p, w = part.probabilities[self.level], part.weight
        sums = grouped(between(p, self.cuts), self.cuts.size + 1, w, w * p, w * (part.y == self.level))
        bar = np.minimum(BARS * p, BARS - 1.0).astype(np.intp)
        return np.concatenate([sums.ravel(), np.bincount(bar, w, BARS)])


class Calibration(Look):
    """The isotonic regression of an outcome on its probability: no bins to choose."""

    needs: Needs = "responses"

    def __init__(self, residuals: Residuals, level: int) -> None:
        scene = residuals.scene
        self.level, self.residuals = level, residuals
        self.id = "calibration" if scene.classes == 2 else f"calibration:{scene.levels[level]}"
        if scene.everywhere is not None:
            self.needs = "total"
            self.count = Hits(level, np.unique(np.quantile(self._pairs(residuals.observed)[0], np.arange(1, CELLS) / CELLS)))

    def _pairs(self, rows: Rows) -> tuple[Array, Array]:
        return rows.probabilities[self.level], (rows.y == self.level).astype(np.float64)

    @cached_property
    def _grid(self) -> Array:
        return np.unique(np.quantile(self._pairs(self.residuals.observed)[0], np.linspace(*BETWEEN, GRID)))

    def curve(self, rows: Rows) -> Array:
        """The isotonic share (k,) at each probability of the grid, less that probability."""
        return isotonic(groups(*self._pairs(rows), CELLS), self._grid) - self._grid

    def told(self, total: Array) -> None:
        """Curves of all rows, and of hits drawn for each group by its probability."""
        self.total = total
        chance = self.residuals.scene.rng(LAW, self.level)
        rows, at, share = self._everywhere
        drawn = chance.binomial(np.rint(rows).astype(np.int64), at, (DRAWS, rows.size)) / rows
        self.curves = np.stack([isotonic(Grouped(rows, at, one), self._grid) - self._grid for one in (share, *drawn)])

    @cached_property
    def _everywhere(self) -> Grouped:
        """All rows, of groups that have some."""
        assert self.total is not None
        rows, p, hits = (part[self._present] for part in self.total[:-BARS].reshape(3, -1))
        return Grouped(rows, np.clip(p / rows, 0.0, 1.0), hits / rows)

    @property
    def _present(self) -> Mask:
        assert self.total is not None
        return self.total[: (self.total.size - BARS) // 3] > 0.0

    @property
    def _n(self) -> int:
        return self.residuals.scene.n if self.total is None else self.residuals.scene.total

    @cached_property
    def band(self) -> Envelope:
        """That of the curve; its spread is at least half that of the share of a tenth of the rows."""
        p = self._grid
        return envelope(self.curves, 0.5 * np.sqrt(p * (1.0 - p) * GROUPS / self._n))

    @property
    def statistic(self) -> Array:
        """The largest deviation of the curve."""
        return self.band.statistic

    def _ten(self) -> tuple[Grouped, Array]:
        """Ten groups of rows, and how many rows have their probability in each bar."""
        if self.total is not None:
            return joined(self._everywhere, GROUPS), self.total[-BARS:]
        p, hit = self._pairs(self.residuals.observed)
        return groups(p, hit, min(GROUPS, max(1, p.size // 30))), np.histogram(p, BARS, (0.0, 1.0))[0].astype(np.float64)

    def draft(self) -> Draft:
        """The curve with its band, shares of groups with their intervals, and how the probabilities are spread."""
        scene, band, grid = self.residuals.scene, self.band, self._grid
        observed = self.curves[0] + grid
        low, high = (np.clip(_smooth(part) + grid, 0.0, 1.0) for part in (band.low, band.high))
        (rows, at, share), count = self._ten()
        least, most = _jeffreys(rows, share)
        layers = (
            Layer("bars", "reference", {"edges": np.linspace(0.0, 1.0, BARS + 1), "height": STRIP * count / max(1.0, count.max())}),
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
            rows=self._n, drawn=at.size)
        whose = "" if scene.classes == 2 else f" of {name}"
        return Draft(
            panel, f"Predicted probabilities and observed shares{whose} agree within chance",
            f"Where the model says {number(float(grid[j]), 2)} the share{whose} is {number(float(observed[j]), 2)}", size,
            size >= SHARE, "3 points", warn)


def groups(p: Array, hit: Array, k: int) -> Grouped:
    """Rows in at most k groups of equal size along p."""
    order = ascending(p)
    starts = np.unique(np.arange(k) * p.size // k)
    rows = np.diff([*starts, p.size]).astype(np.float64)
    return Grouped(rows, np.add.reduceat(p[order], starts) / rows, np.add.reduceat(hit[order], starts) / rows)


def joined(of: Grouped, k: int) -> Grouped:
    """Neighbours together, in at most k groups of nearly equal size."""
    ends = np.cumsum(of.rows)
    place = np.minimum((ends - of.rows / 2.0) * k / ends[-1], k - 1.0).astype(np.intp)
    _, starts = np.unique(place, return_index=True)
    rows = np.add.reduceat(of.rows, starts)
    return Grouped(rows, np.add.reduceat(of.rows * of.at, starts) / rows, np.add.reduceat(of.rows * of.share, starts) / rows)


def isotonic(of: Grouped, grid: Array) -> Array:
    """The increasing share of hits along p that is nearest in least squares, at the points of a grid (k,).

    Pool adjacent violators (Ayer et al. 1955), over groups of rows along p.
    """
    blocks: list[list[float]] = []       # mean, rows, groups
    for mean, size in zip(of.share.tolist(), of.rows.tolist(), strict=True):
        blocks.append([mean, size, 1.0])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean_, size_, count_ = blocks.pop()
            before = blocks[-1]
            total = before[1] + size_
            blocks[-1] = [(before[0] * before[1] + mean_ * size_) / total, total, before[2] + count_]
    values = np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])
    return np.asarray(np.interp(grid, of.at, values))


def _smooth(values: Array) -> Array:
    """Means of five neighbours: the ends of a band of steps."""
    return np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5.0, "valid")


def _jeffreys(rows: Array, share: Array) -> tuple[Array, Array]:
    """The ends of 95 % intervals of shares."""
    from scipy.special import betaincinv

    hits = np.rint(rows * share)
    low, high = (betaincinv(hits + 0.5, rows - hits + 0.5, u) for u in (0.025, 0.975))
    return np.asarray(low), np.asarray(high)


def rarest(scene: Scene) -> Sequence[int]:
    """The levels, the rarest first."""
    count = np.bincount(scene.y.astype(np.intp), minlength=scene.classes)
    return [int(level) for level in np.argsort(count, kind="stable")]
