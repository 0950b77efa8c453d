"""Counts: how often each occurs beside what the law expects."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.noise.model import NoiseModel
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.everywhere import Part
from mlefit.picture.look import Draft, Look, Needs
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import DRAWS, LAW, Residuals, Rows
from mlefit.picture.standing import GROUPS, Groups, groups_of
from mlefit.picture.words import number
from mlefit.records import record

CELLS = 60          # of counts; where there are more values, several are one cell
REPRESENTED = 500   # rows that stand for all in what is expected
FLOOR = 0.4         # spread of the root of a count
SHARE = 0.03        # of the rows: a departure that is large
DRAWN = 128         # groups that simulated sets of all rows are drawn for


@record(frozen=True, eq=False)
class Counts:
    """Rows in groups along the predictors, and how many have the counts of each cell."""

    edges: Array
    groups: Groups

    def __call__(self, part: Part) -> Array:
        """What the groups sum up, and then (k,)."""
        return np.concatenate([self.groups.sums(part).ravel(), np.bincount(cell(part.y, self.edges), part.weight, self.edges.size)])


def cell(y: Array, edges: Array) -> Index:
    """The cell (n,) of each count: all are as wide as the first."""
    place = (y - edges[0]) / (edges[1] - edges[0])
    return np.asarray(np.clip(place, 0.0, edges.size - 1.0), np.intp)


class Rootogram(Look):
    """Hanging roots: sqrt(observed) - sqrt(expected) of each count (Tukey 1977; Kleiber and Zeileis 2016)."""

    id = "rootogram"
    needs: Needs = "responses"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals, scene = residuals, residuals.scene
        self._n = scene.n
        groups = None if scene.everywhere is None else groups_of(scene)
        if groups is not None:
            self.needs, self._n = "total", scene.total
            self.count = Counts(self._edges, groups)

    @cached_property
    def _rows(self) -> Index:
        """Rows that stand for all: every so many-th along the prediction."""
        n = self.residuals.scene.n
        order = np.argsort(self.residuals.scene.prediction, kind="stable")
        return order if n <= REPRESENTED else order[((np.arange(REPRESENTED) + 0.5) * n / REPRESENTED).astype(np.intp)]

    @cached_property
    def _edges(self) -> Array:
        """Where cells begin: the first has all below the second, the last all from its beginning on, a row at least."""
        scene, rows, n = self.residuals.scene, self._rows, self._n
        law, eta = scene.noise.some(rows), scene.eta[rows]
        end = min(0.5, 1.0 / n)
        low = float(law.quantile(np.full(rows.size, end), eta, scene.free).min())
        high = float(law.quantile(np.full(rows.size, 1.0 - end), eta, scene.free).max())
        width = max(1.0, float(np.ceil((high - low + 1.0) / CELLS)))
        first = 0.0 if high < CELLS else low
        edges = np.arange(first, max(high, first + width) + width, width)
        above = np.array([float(np.exp(law.log_sf(np.full(rows.size, edge - 1.0), eta, scene.free)).mean()) for edge in edges])
        return edges[: max(2, int((above * n >= 1.0).sum()))]

    def told(self, total: Array) -> None:
        """What is found in all rows and expected of them, and sets drawn from the law for DRAWN groups of them."""
        assert isinstance(self.count, Counts)
        self.total = total
        scene, k = self.residuals.scene, self._edges.size
        eta, rows, trials = self.count.groups.places(total[:-k].reshape(-1, GROUPS))
        shares = _whole(self._shares(scene.noise.among(trials), np.arange(rows.size), eta, scene.free))
        ends = np.cumsum(rows)
        _, first = np.unique(np.minimum((ends - rows / 2.0) * DRAWN / ends[-1], DRAWN - 1.0).astype(np.intp), return_index=True)
        each, expected = np.add.reduceat(rows, first), np.add.reduceat(rows * shares, first, axis=1).T
        drawn = scene.rng(LAW).multinomial(np.rint(each).astype(np.int64), expected / expected.sum(axis=1, keepdims=True),
                                           (DRAWS, each.size)).sum(axis=1)
        self._usual = shares @ rows
        self.curves = np.sqrt(np.vstack([total[-k:], drawn])) - np.sqrt(self._usual)

    def _expected(self, rows: Rows) -> Array:
        """Rows expected (k,) in each cell."""
        return self._usual if rows.eta is self.residuals.scene.eta else self._of(rows.eta, rows.free)

    @cached_property
    def _usual(self) -> Array:
        """Those of the model."""
        return self._of(self.residuals.scene.eta, self.residuals.scene.free)

    def _of(self, eta: Array, free: Array) -> Array:
        return _whole(self._shares(self.residuals.scene.noise, self._rows, eta, free).mean(axis=1)) * self._n

    def _shares(self, law: NoiseModel, rows: Index, eta: Array, free: Array) -> Array:
        """The probability (k - 1, r) of each cell but the last in some of the rows of eta."""
        edges = self._edges

        def told(of: Callable[[NoiseModel, Array, Array], Array], counts: Array) -> Array:
            every = np.tile(rows, counts.size)
            with np.errstate(all="ignore"):
                return np.asarray(of(law.some(every), np.repeat(counts, rows.size), eta[every]).reshape(counts.size, -1))

        if edges[0] == 0.0 and edges[1] == 1.0:
            return np.exp(-told(lambda law, y, at: law.nll(y, at, free, 0).value, edges[:-1]))
        below = np.exp(told(lambda law, y, at: law.log_cdf(y, at, free), edges[1:] - 1.0))
        return np.diff(below, axis=0, prepend=0.0)

    def _found(self, rows: Rows) -> Array:
        return np.bincount(cell(rows.y, self._edges), minlength=self._edges.size).astype(np.float64)

    def curve(self, rows: Rows) -> Array:
        """sqrt(found) - sqrt(expected) (k,)."""
        return np.asarray(np.sqrt(self._found(rows)) - np.sqrt(self._expected(rows)))

    @cached_property
    def band(self) -> Envelope:
        """That of the roots."""
        return envelope(self.curves, FLOOR)

    @property
    def statistic(self) -> Array:
        """The largest deviation of a root."""
        return self.band.statistic

    def draft(self) -> Draft:
        """Bars that hang from the curve of the model and end about 0, with the band there."""
        scene, band, edges = self.residuals.scene, self.band, self._edges
        found = self._found(self.residuals.observed) if self.total is None else self.total[-edges.size :]
        usual = self._usual
        ends = np.append(edges, edges[-1] + float(edges[1] - edges[0])) - 0.5
        centre = (ends[:-1] + ends[1:]) / 2.0
        layers = (
            Layer("bars", "data", {"edges": ends, "height": np.sqrt(usual), "base": np.sqrt(usual) - np.sqrt(found)}),
            Layer("band", "envelope", {"x": centre, "low": -band.high, "high": -band.low}),
            Layer("line", "model", {"x": centre, "y": np.sqrt(usual)}, strong=True),
            Layer("hrule", "reference", {"y": np.zeros(1)}),
        )
        out = band.outside
        warn = (Layer("points", "warn", {"x": centre[out], "y": -self.curves[0][out]}, strong=True),)
        away = np.abs(self.curves[0] - band.middle) / band.spread
        j = int(np.argmax(away))
        missing = np.abs(np.square(self.curves + np.sqrt(usual)) - usual).sum(axis=1) / (2.0 * self._n)
        share = max(0.0, float(missing[0] - np.median(missing[1:])))
        panel = Panel("rootogram", "Counts and model", Axis(scene.target), Axis("square root of the number of rows"), layers, "",
                      rows=self._n, drawn=edges.size)
        loud = f"{self._called(j)} {found[j]:,.0f} times where the {scene.noise.noun} expects {number(float(usual[j]))}"
        quiet = "Counts are as frequent as the model says: the hanging bars end within the envelope about 0"
        return Draft(panel, quiet, loud, share, share >= SHARE, "3 % of the rows", warn)

    def _called(self, j: int) -> str:
        """A cell as the subject of a sentence."""
        edges = self._edges
        first, last = edges[j], edges[j + 1] - 1.0 if j + 1 < edges.size else np.inf
        if np.isinf(last):
            return f"Counts of {first:,.0f} or more occur"
        if j == 0 and first > 0.0:
            return f"Counts up to {last:,.0f} occur"
        return f"Count {first:,.0f} occurs" if first == last else f"Counts of {first:,.0f} to {last:,.0f} occur"


def _whole(shares: Array) -> Array:
    """The shares (k, ...) of all cells: that of the last is what is left."""
    return np.asarray(np.maximum(np.concatenate([shares, 1.0 - shares.sum(axis=0, keepdims=True)]), 0.0))
