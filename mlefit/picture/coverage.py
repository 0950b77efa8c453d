"""Coverage: the share of rows below a fitted quantile, along it or along anything else. It is all that such a model claims."""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.bins import Bins, bins
from mlefit.picture.contrasts import Moved, moved
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.everywhere import Part, between, grouped
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.place import Place
from mlefit.picture.residuals import DRAWS, LAW, Residuals, Rows
from mlefit.picture.words import number
from mlefit.records import record

SHARE = 0.03        # points: a departure that is large


@record(frozen=True, eq=False)
class Below:
    """Rows, and how many are below the fitted quantile, in groups along it that begin at `cuts`: a row on it counts as `tau`."""

    cuts: Array
    tau: float

    def __call__(self, part: Part) -> Array:
        """(2, k)."""
        error = part.y - part.eta[:, 0]
        below = np.where(error < 0.0, part.weight, np.where(error > 0.0, 0.0, self.tau * part.weight))
        return grouped(between(part.centre, self.cuts), self.cuts.size + 1, part.weight, below)


class Coverage(Look):
    """Whether the share below the fitted quantile is the same everywhere."""

    needs = "below"

    def __init__(self, place: Place, residuals: Residuals) -> None:
        scene = residuals.scene
        self.id, self.along, self.place, self.residuals = place.id, place.what, place, residuals
        if scene.everywhere is not None and place.id == "coverage":
            self.count = Below(self.bins.cuts(place.variable.values), scene.share_below)

    @cached_property
    def bins(self) -> Bins:
        """Those along it."""
        return bins(self.place.variable)

    def curve(self, rows: Rows) -> Array:
        """None: those of all sets are made at once."""
        raise TypeError("shares of all sets are made together")

    @cached_property
    def _excess(self) -> Array:
        """Shares (B + 1, k) below, less that of the quantile."""
        if self.total is None:
            return self.bins.means(self.residuals.below)
        (rows, below), tau = self.total, self.residuals.scene.share_below
        chance = self.residuals.scene.rng(LAW).binomial(np.rint(rows).astype(np.int64), tau, (DRAWS, rows.size))
        return np.asarray(np.vstack([below, chance]) / np.maximum(rows, 1.0) - tau)

    @property
    def _sizes(self) -> Array:
        """Rows (k,) of the bins."""
        return self.bins.sizes if self.total is None else np.maximum(self.total[0], 1.0)

    @cached_property
    def _moved(self) -> Moved:
        tau = self.residuals.scene.share_below
        floor = np.sqrt(tau * (1.0 - tau) / self._sizes)
        return moved(self._excess[:, None, :], floor[None, :], ordered=self.bins.ordered)

    @property
    def statistic(self) -> Array:
        """The largest contrast."""
        return self._moved.statistic

    def draft(self) -> Draft:
        """Dots, the line of the quantile, and the band."""
        own, place, scene = self.bins, self.place, self.residuals.scene
        tau = scene.share_below
        band: Envelope = envelope(self._excess)
        found = self._excess[0] + tau
        levels = bool(place.variable.named)
        low, high = np.clip(band.low + tau, 0.0, 1.0), np.clip(band.high + tau, 0.0, 1.0)
        between = {"x": own.centre, "low": low, "high": high}
        layers = (
            Layer("interval", "envelope", {**between, "y": (low + high) / 2.0}) if levels else Layer("band", "envelope", between),
            Layer("hrule", "model", {"y": np.array([tau])}),
            Layer("points", "data", {"x": own.centre, "y": found}, strong=True),
        )
        warn = (Layer("points", "warn", {"x": own.centre[band.outside], "y": found[band.outside]}, strong=True),)
        j = int(np.argmax(np.abs(self._excess[0] - band.middle) / band.spread))
        size = max(0.0, float(abs(self._excess[0, j]) - band.spread[j]))
        percent = number(100.0 * tau, 2)
        where = place.at(float(own.centre[j]))
        near = f"At {where}" if levels else f"Near {where}" if place.id == "order" else f"At {place.what} near {where}"
        loud = f"{near} {number(100.0 * float(found[j]), 2)} % lie below instead of {percent} %"
        beside = "" if place.id == "coverage" else f" along {place.what}"
        panel = Panel(place.id, f"Share below the {number(tau, 2)} quantile{beside}",
                      Axis(place.axis, categories=place.variable.named or None), Axis("share below"), layers, "",
                      rows=scene.n if self.total is None else scene.total, drawn=own.number)
        quiet = f"Everywhere along {place.what} about {percent} % lie below"
        return Draft(panel, quiet, loud, size, size >= SHARE, "3 points", warn)
