"""Panels along something: whether middle or spread of the residuals, or the share of a level, moves along x.

Numbers are judged by normal scores of the ranks of their residuals, so that a wrong shape of the noise does not light these
panels. What is drawn is mapped back to standard deviations.
"""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.between import Between
from mlefit.picture.bins import FEW, Bins, bins
from mlefit.picture.contrasts import Moved, moved
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.place import Place
from mlefit.picture.residuals import Residuals, Rows, expected, scores_of
from mlefit.picture.words import number

SHARES = np.array([0.1, 0.5, 0.9])
NAMES = ("10 %", "50 %", "90 %")
MIDDLE, SPREAD, SHARE = 0.1, 0.1, 0.03      # sd, of the spread, of rows: departures that are large
LEAST = 20              # rows below which nothing is tested along anything
DRAWN = 2_000           # points drawn one by one
NEVER_ZERO = 0.05       # added to a standard deviation before its logarithm: that of two rows may be 0


class Residuum(Look):
    """Residuals of numbers along something, with the running 10, 50 and 90 % points and their envelope."""

    needs = "scores"

    def __init__(self, place: Place, residuals: Residuals) -> None:
        self.id, self.along, self.place, self.residuals = place.id, place.what, place, residuals

    def curve(self, rows: Rows) -> Array:
        """None: scores of all sets are there at once."""
        raise TypeError("curves of scores are made together")

    @cached_property
    def bins(self) -> Bins:
        """Those along it."""
        return bins(self.place.variable)

    @cached_property
    def _scores(self) -> tuple[Array, Moved]:
        """Curves (B + 1, 2, k) of means and log standard deviations of scores in bins, and how they move."""
        own = self.bins
        means, squares = own.means(self.residuals.scores), own.means(self.residuals.squares)
        spread = np.log(np.sqrt(np.maximum(squares - np.square(means), 0.0)) + NEVER_ZERO)
        curves = np.stack([means, spread], axis=1)
        floor = np.stack([1.0 / np.sqrt(own.sizes), 1.0 / np.sqrt(2.0 * own.sizes)])
        return curves, moved(curves, floor, ordered=own.ordered)

    @cached_property
    def _between(self) -> Between | None:
        """How levels differ that have no bins of their own."""
        variable = self.place.variable
        if len(variable.levels) == len(variable.named):
            return None
        return Between(self.residuals.scores, variable.values.astype(np.intp))

    @property
    def statistic(self) -> Array:
        """The largest contrast of means and spreads, and of the spreads of levels that have no bins of their own."""
        found = self._scores[1].statistic
        return found if self._between is None else np.maximum(found, self._between.statistic)

    def draft(self) -> Draft:
        """Points, running quantiles and their band."""
        own, place, residuals = self.bins, self.place, self.residuals
        z = residuals.observed.z
        n, scores = z.size, residuals.scores
        back_from, back_to = expected(n), np.sort(z)

        def back(values: Array) -> Array:
            """From scores to standard deviations."""
            return np.asarray(np.interp(values, back_from, back_to))

        from scipy.special import ndtri

        curves = np.stack([own.quantiles(row, SHARES).ravel() for row in scores])
        band = envelope(curves)
        shape = (SHARES.size, own.number)
        observed, low, high, outside = (back(curves[0]).reshape(shape), back(band.low).reshape(shape),
                                        back(band.high).reshape(shape), band.outside.reshape(shape))
        usual = back(ndtri(SHARES))
        layers = [Layer("points" if n <= DRAWN else "hex", "data", {"x": place.variable.values, "y": z},
                        spread=bool(place.variable.named))]
        shown = n >= FEW
        layers += _curves(own, observed, low, high, usual, bool(place.variable.named)) if shown else []
        warn = tuple(
            Layer("points", "warn", {"x": own.centre[outside[i]], "y": observed[i][outside[i]]}, strong=True)
            for i in range(SHARES.size) if shown and outside[i].any())
        panel = Panel(
            place.id, place.title, Axis(place.axis, categories=place.variable.named or None),
            Axis("residual, in standard deviations"), tuple(layers), "", rows=n, drawn=n)
        return self._said(panel, observed, usual, warn)

    def _said(self, panel: Panel, observed: Array, usual: Array, warn: tuple[Layer, ...]) -> Draft:
        own, place = self.bins, self.place
        curves, found = self._scores
        chance = curves.std(axis=0)
        few = f"; {self.residuals.scene.n} rows would show gross departures only" if self.residuals.scene.n < FEW else ""
        quiet = f"Nothing moves along {place.what}{few}"
        between = self._between
        if between is not None and between.statistic[0] > found.statistic[0]:
            most = between.farthest
            named = "" if most is None else f", most at {place.variable.levels[most[0]]}: {number(most[1], 2)}"
            loud = (f"The spread differs from level to level of {place.what}, by {number(100.0 * between.spread, 2)} % of the "
                    f"average{named}")
            return Draft(panel, quiet, loud, between.spread, between.spread >= SPREAD, "10 % of the spread", warn)
        if found.curve == 0:
            off = observed[1] - usual[1]
            j = int(np.argmax(np.abs(off)))
            size = max(0.0, float(abs(off[j]) - chance[0, j]))
            where = place.at(float(own.centre[j]))
            loud = f"The middle moves along {place.what}: {number(off[j], 2)} standard deviations at {where}"
            return Draft(panel, quiet, loud, size, size >= MIDDLE, "0.1 standard deviations", warn)
        wide = (observed[2] - observed[0]) / (usual[2] - usual[0])
        a, b = int(np.argmin(wide)), int(np.argmax(wide))
        size = max(float(wide[b] - 1.0 - chance[1, b]), float(1.0 - wide[a] - chance[1, a]), 0.0)
        loud = (f"The spread changes along {place.what}: {number(wide[a], 2)} of the average at {place.at(float(own.centre[a]))}, "
                f"{number(wide[b], 2)} at {place.at(float(own.centre[b]))}")
        return Draft(panel, quiet, loud, size, size >= SPREAD, "10 % of the spread", warn)


def _curves(own: Bins, observed: Array, low: Array, high: Array, usual: Array, levels: bool) -> list[Layer]:
    """Bands, what the model expects, and what was found, of each running quantile; dots where levels stand beside each other."""
    layers = []
    for i, name in enumerate(NAMES):
        if levels:
            numbers = {"x": own.centre, "y": (low[i] + high[i]) / 2.0, "low": low[i], "high": high[i]}
            layers.append(Layer("interval", "envelope", numbers))
        else:
            layers.append(Layer("band", "envelope", {"x": own.centre, "low": low[i], "high": high[i]}))
        layers.append(Layer("hrule", "model", {"y": usual[i : i + 1]}))
        layers.append(Layer("points" if levels else "line", "curve", {"x": own.centre, "y": observed[i]}, name, strong=True))
    return layers


class Shares(Look):
    """The share of each level, or of two the later one, less its probability, along something."""

    needs = "responses"

    def __init__(self, place: Place, residuals: Residuals) -> None:
        self.id, self.along, self.place, self.residuals = place.id, place.what, place, residuals

    @cached_property
    def bins(self) -> Bins:
        """Those along it."""
        return bins(self.place.variable)

    def curve(self, rows: Rows) -> Array:
        """Means (C k,) of the excess in bins, and its sums (C 2,) along the column: bins of few rows blur a bend."""
        if not self.residuals.refits:
            return self._unfitted(rows)
        return np.concatenate([self.bins.means(rows.excess).ravel(), (rows.excess @ self._bends.T).ravel()])

    def _unfitted(self, rows: Rows) -> Array:
        """The same where all sets have the probabilities of the data: rows of each level less those expected."""
        p, own = self.residuals.observed.probabilities, self.bins
        levels, y = len(p), rows.y.astype(np.intp)
        hits = np.bincount(own.place * levels + y, minlength=own.number * levels).reshape(own.number, levels).T
        bent = np.array([np.bincount(y, bend, levels) for bend in self._bends]).reshape(-1, levels).T
        shown = slice(1 if levels == 2 else 0, None)
        means, bends = self._expected
        return np.concatenate([((hits[shown] - means) / own.sizes).ravel(), (bent[shown] - bends).ravel()])

    @cached_property
    def _expected(self) -> tuple[Array, Array]:
        """The sums (C, k) and (C, 2) of probabilities in bins and along the column."""
        return self.bins.sums(self._probabilities), self._probabilities @ self._bends.T

    @cached_property
    def _bends(self) -> Array:
        """A line and a parabola (2, n) of normal scores of the column, none where its values are the bins."""
        own, values = self.bins, self.place.variable.values
        if not own.ordered or own.values:
            return np.empty((0, values.size))
        scores = scores_of(values)
        bends = np.stack([scores, np.square(scores) - 1.0])
        return np.asarray(bends / np.linalg.norm(bends, axis=1, keepdims=True))

    @property
    def _means(self) -> Array:
        """Those in bins of all sets (B + 1, C k)."""
        return self.curves[:, : self.curves.shape[1] - self._bends.shape[0] * len(self._probabilities)]

    @property
    def _probabilities(self) -> Array:
        found = self.residuals.observed.probabilities
        return found[1:] if len(found) == 2 else found

    @cached_property
    def _moved(self) -> Moved:
        p, own = self._probabilities, self.bins
        floor = np.sqrt(own.sums(p * (1.0 - p))) / own.sizes
        return moved(self._means.reshape(len(self.curves), len(p), own.number), floor, ordered=own.ordered)

    @property
    def statistic(self) -> Array:
        """The largest contrast, of bins or of rows."""
        found = self._moved.statistic
        if not len(self._bends):
            return found
        p, sums = self._probabilities, self.curves[:, self._means.shape[1] :]
        floor = np.sqrt((p * (1.0 - p)) @ np.square(self._bends).T).ravel()
        away = np.abs(sums - sums.mean(axis=0)) / np.maximum(sums.std(axis=0), floor)
        return np.asarray(np.maximum(found, away.max(axis=1)))

    @cached_property
    def band(self) -> Envelope:
        """That of all curves together. Their spread is at least half that of independent rows, and half a row: a level that hardly
        occurs in a bin does not widen all others."""
        p, sizes = self._probabilities, self.bins.sizes
        return envelope(self._means, (np.maximum(0.5 * np.sqrt(self.bins.sums(p * (1.0 - p))), 0.5) / sizes).ravel())

    def draft(self) -> Draft:
        """A curve for each class, and the band of all."""
        own, place, scene = self.bins, self.place, self.residuals.scene
        names = scene.levels if scene.classes > 2 else scene.levels[-1:]
        shape = (len(names), own.number)
        observed, low, high, outside, spread = (part.reshape(shape) for part in (
            self._means[0], self.band.low, self.band.high, self.band.outside, self.band.spread))
        levels = bool(place.variable.named)
        kind, numbers = ("interval", {"y": np.zeros(own.number)}) if levels else ("band", {})
        layers = [Layer("interval" if kind == "interval" else "band", "envelope",
                        {"x": own.centre, **numbers, "low": low.min(axis=0), "high": high.max(axis=0)}),
                  Layer("hrule", "model", {"y": np.zeros(1)})]
        for i, name in enumerate(names):
            layers.append(Layer("points" if levels else "line", "curve", {"x": own.centre, "y": observed[i]},
                                name if len(names) > 1 else None, strong=True))
        warn = tuple(Layer("points", "warn", {"x": own.centre[outside[i]], "y": observed[i][outside[i]]}, strong=True)
                     for i in range(len(names)) if outside[i].any())
        i, j = divmod(int(np.argmax(np.abs(observed) / np.maximum(spread, 1e-9))), own.number)
        size = max(0.0, float(abs(observed[i, j]) - spread[i, j]))
        where = place.at(float(own.centre[j]))
        near = f"At {where}" if levels else f"Near {where}" if place.id == "order" else f"At {place.what} near {where}"
        side = "above" if observed[i, j] > 0.0 else "below"
        points = number(100.0 * abs(observed[i, j]), 2)
        whose = "the observed share" if len(names) == 1 else f"the share of {names[i]}"
        loud = f"{near} {whose} is {points} points {side} the predicted one"
        quiet = (f"Observed and predicted shares agree along {place.what}" if len(names) == 1
                 else f"No class is over- or underpredicted along {place.what}")
        panel = Panel(
            place.id, place.title, Axis(place.axis, categories=place.variable.named or None),
            Axis("observed share minus predicted"), tuple(layers), "", rows=scene.n, drawn=own.number)
        return Draft(panel, quiet, loud, size, size >= SHARE, "3 points", warn)
