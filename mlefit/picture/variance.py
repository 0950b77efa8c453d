"""Variance of counts and amounts about their mean, along the mean."""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.bins import Bins, bins
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.everywhere import Part, between, grouped
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Residuals, Rows
from mlefit.picture.scene import Variable
from mlefit.picture.words import number
from mlefit.records import record

SPREAD = 0.1        # a departure that is large
GROUPS = 12         # bins along the mean


@record(frozen=True, eq=False)
class Squares:
    """Rows, their squared distances from the mean and the variances of the law, in groups along the mean that begin at `cuts`."""

    cuts: Array

    def __call__(self, part: Part) -> Array:
        """(3, k)."""
        usual = part.noise.variance(part.eta, part.free)
        assert usual is not None, "the law has no formula for its variance"
        with np.errstate(over="ignore"):
            squares = np.square(part.y - part.centre)
            numbers = part.weight, part.weight * squares, part.weight * usual
        return grouped(between(part.centre, self.cuts), self.cuts.size + 1, *numbers)


class MeanVariance(Look):
    """The variance about the mean, along the mean."""

    id = "meanvar"
    needs = "responses"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals, scene = residuals, residuals.scene
        if scene.everywhere is not None and scene.noise.some(np.zeros(1, np.intp)).variance(scene.eta[:1], scene.free) is not None:
            self.count = Squares(self.bins.cuts(scene.prediction))

    @cached_property
    def bins(self) -> Bins:
        """Those along the mean."""
        return bins(Variable("mean", self.residuals.scene.prediction), GROUPS)

    def curve(self, rows: Rows) -> Array:
        """Mean squares (k,) of y less its mean."""
        with np.errstate(over="ignore"):
            return self.bins.means(np.square(rows.y - rows.noise.centre(rows.eta, rows.free)))

    def told(self, total: Array) -> None:
        """Mean squares of all rows; of sets the variance of the law, and what chance added to simulated ones of fewer rows."""
        self.total = total
        rows, squares, usual = total
        chance = self.curves[1:] - self.curves[1:].mean(axis=0)
        self.curves = np.vstack([squares / rows, usual / rows + chance * np.sqrt(self.bins.sizes / rows)])

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
                      "", rows=scene.n if self.total is None else scene.total, drawn=own.number)
        sizes = own.sizes if self.total is None else self.total[0]
        whole = float(sizes @ found / (sizes @ usual))
        j = int(np.argmax(np.abs(found - band.middle) / band.spread))
        here = float(found[j] / usual[j])
        all_over = abs(np.log(whole)) > abs(np.log(max(here, 1e-9))) / 2.0
        ratio, where = (whole, "") if all_over else (here, f" near a mean of {number(float(own.centre[j]))}")
        kind = ("overdispersed" if ratio > 1.0 else "underdispersed") if all_over else "not as the law has it"
        loud = f"The variance is {number(ratio, 2)} times the model's{where}: {kind}"
        chance = 0.5 * float(band.spread[j] / usual[j]) if not all_over else 0.0
        size = max(0.0, abs(float(np.sqrt(ratio)) - 1.0) - chance)
        return Draft(panel, "The variance follows the model's", loud, size, size >= SPREAD, "10 % of the spread", warn)
