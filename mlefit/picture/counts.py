"""Counts: how often each occurs beside what the law expects, and their variance along the mean."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.noise.model import NoiseModel
from mlefit.picture.bins import Bins, bins
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Residuals, Rows
from mlefit.picture.scene import Variable
from mlefit.picture.words import number

CELLS = 60          # of counts; where there are more values, several are one cell
REPRESENTED = 500   # rows that stand for all in what is expected
FLOOR = 0.4         # spread of the root of a count
SHARE, SPREAD = 0.03, 0.1       # departures that are large
GROUPS = 12         # bins along the mean


class Rootogram(Look):
    """Hanging roots: sqrt(observed) - sqrt(expected) of each count (Tukey 1977; Kleiber and Zeileis 2016)."""

    id = "rootogram"
    needs = "responses"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals = residuals

    @cached_property
    def _rows(self) -> Index:
        """Rows that stand for all: every so many-th along the prediction."""
        n = self.residuals.scene.n
        order = np.argsort(self.residuals.scene.prediction, kind="stable")
        return order if n <= REPRESENTED else order[((np.arange(REPRESENTED) + 0.5) * n / REPRESENTED).astype(np.intp)]

    @cached_property
    def _edges(self) -> Array:
        """Where cells begin: the first has all below the second, the last all from its beginning on, a row at least."""
        scene, rows = self.residuals.scene, self._rows
        law, eta = scene.noise.some(rows), scene.eta[rows]
        end = min(0.5, 1.0 / scene.n)
        low = float(law.quantile(np.full(rows.size, end), eta, scene.free).min())
        high = float(law.quantile(np.full(rows.size, 1.0 - end), eta, scene.free).max())
        width = max(1.0, float(np.ceil((high - low + 1.0) / CELLS)))
        edges = np.arange(0.0 if high < CELLS else low, high + width, width)
        above = np.array([float(np.exp(law.log_sf(np.full(rows.size, edge - 1.0), eta, scene.free)).mean()) for edge in edges])
        return edges[: max(2, int((above * scene.n >= 1.0).sum()))]

    def _expected(self, rows: Rows) -> Array:
        """Rows expected (k,) in each cell."""
        if rows.eta is self.residuals.scene.eta:
            return self._usual
        return self._of(rows.eta, rows.free)

    @cached_property
    def _usual(self) -> Array:
        return self._of(self.residuals.scene.eta, self.residuals.scene.free)

    def _of(self, eta: Array, free: Array) -> Array:
        """The sum of probabilities in each cell; that of the last is what is left."""
        edges, scene = self._edges, self.residuals.scene
        if edges[0] == 0.0 and edges[1] == 1.0:
            shares = np.exp(-self._told(lambda law, y, at: law.nll(y, at, free, 0).value, edges[:-1], eta)).mean(axis=1)
        else:
            below = np.exp(self._told(lambda law, y, at: law.log_cdf(y, at, free), edges[1:] - 1.0, eta)).mean(axis=1)
            shares = np.diff([0.0, *below])
        return np.asarray(np.maximum(np.append(shares, 1.0 - shares.sum()), 0.0) * scene.n)

    def _told(self, of: Callable[[NoiseModel, Array, Array], Array], counts: Array, eta: Array) -> Array:
        """What a law tells (k, r) of counts (k,) in the rows that stand for all."""
        rows = np.tile(self._rows, counts.size)
        with np.errstate(all="ignore"):
            found = of(self.residuals.scene.noise.some(rows), np.repeat(counts, self._rows.size), eta[rows])
        return found.reshape(counts.size, -1)

    def _found(self, rows: Rows) -> Array:
        place = np.searchsorted(self._edges[1:], rows.y, side="right")
        return np.bincount(place, minlength=self._edges.size).astype(np.float64)

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
        found, usual = self._found(self.residuals.observed), self._usual
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
        missing = np.abs(np.square(self.curves + np.sqrt(usual)) - usual).sum(axis=1) / (2.0 * scene.n)
        share = max(0.0, float(missing[0] - np.median(missing[1:])))
        panel = Panel("rootogram", "Counts and model", Axis(scene.target), Axis("square root of the number of rows"), layers, "",
                      rows=scene.n, drawn=edges.size)
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


class MeanVariance(Look):
    """The variance about the mean, along the mean."""

    id = "meanvar"
    needs = "responses"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals = residuals

    @cached_property
    def bins(self) -> Bins:
        """Those along the mean."""
        return bins(Variable("mean", self.residuals.scene.prediction), GROUPS)

    def curve(self, rows: Rows) -> Array:
        """Mean squares (k,) of y less its mean."""
        with np.errstate(over="ignore"):
            return self.bins.means(np.square(rows.y - rows.noise.centre(rows.eta, rows.free)))

    @cached_property
    def band(self) -> Envelope:
        """That of the mean squares."""
        return envelope(self.curves)

    @property
    def statistic(self) -> Array:
        """The largest deviation of a mean square."""
        return self.band.statistic

    def draft(self) -> Draft:
        """Dots, the variance of the model, and the band."""
        scene, band, own = self.residuals.scene, self.band, self.bins
        found, usual = self.curves[0], self.curves[1:].mean(axis=0)
        layers = (
            Layer("band", "envelope", {"x": own.centre, "low": np.maximum(band.low, 0.0), "high": band.high}),
            Layer("line", "model", {"x": own.centre, "y": usual}, strong=True),
            Layer("points", "data", {"x": own.centre, "y": found}, strong=True),
        )
        warn = (Layer("points", "warn", {"x": own.centre[band.outside], "y": found[band.outside]}, strong=True),)
        panel = Panel("meanvar", "Variance along the mean", Axis("predicted mean"), Axis("variance about it", zero=True), layers,
                      "", rows=scene.n, drawn=own.number)
        whole = float(own.sizes @ found / (own.sizes @ usual))
        j = int(np.argmax(np.abs(found - band.middle) / band.spread))
        here = float(found[j] / usual[j])
        all_over = abs(np.log(whole)) > abs(np.log(max(here, 1e-9))) / 2.0
        ratio, where = (whole, "") if all_over else (here, f" near a mean of {number(float(own.centre[j]))}")
        kind = ("overdispersed" if ratio > 1.0 else "underdispersed") if all_over else "not as the law has it"
        loud = f"The variance is {number(ratio, 2)} times the model's{where}: {kind}"
        chance = 0.5 * float(band.spread[j] / usual[j]) if not all_over else 0.0
        size = max(0.0, abs(float(np.sqrt(ratio)) - 1.0) - chance)
        return Draft(panel, "The variance follows the model's", loud, size, size >= SPREAD, "10 % of the spread", warn)
