"""The shape of numbers: bars of the data with the curve of the model, and quantiles of the residuals."""

from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.envelope import Envelope, envelope
from mlefit.picture.look import Draft, Look
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Residuals, Rows
from mlefit.picture.words import number, rows_text

END = 0.01          # the outermost cells begin at these quantiles of the law, or where two rows are expected beyond
CELLS = (6, 60)
CURVE = 241         # points of the curve of the model
ROUNDING = 1e-9     # of the width of a cell: a centre nearer to 0 is 0
FAR = 8.0           # quartile ranges beyond which rows are counted, not drawn
SHARE, OFF = 0.03, 0.1      # of the rows, and in standard deviations: departures that are large
MOST = 200          # cells drawn on either side of those of the law
POINTS = 200        # quantiles
CORE = 100          # the outermost of so many are left out of what is large
HEAVIER, LIGHTER, SKEWED = 1.12, 0.88, 0.08
OUTER, FEW = (0.01, 0.05), 200     # the tails that are told of, of fewer rows the larger


class Density(Look):
    """Bars of y, where one law holds for all rows, or of the residuals."""

    id = "density"
    needs = "residuals"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals = residuals

    @property
    def _plain(self) -> bool:
        """Whether bars are those of y: residuals are then an increasing function of it, and cells are the same."""
        return self.residuals.scene.plain and not self.residuals.scene.discrete

    @cached_property
    def _edges(self) -> tuple[Array, Array]:
        """Ends (k + 1,) of cells of equal width as drawn, and the same in residuals.

        They come from the law, never from the range of the data: else the outermost bars are never empty, and true models are
        marked.
        """
        from scipy.special import ndtr, ndtri

        scene = self.residuals.scene
        n = scene.n
        end = min(END, 2.0 / n)
        k = int(np.clip(2.0 * np.cbrt(n), *CELLS))
        if not self._plain:
            edges = np.linspace(ndtri(end), -ndtri(end), k + 1)
            return edges, edges
        low, high = scene.noise.quantile(np.array([end, 1.0 - end]), scene.eta[:1].repeat(2, axis=0), scene.free)
        if not high > low:
            edges = np.linspace(ndtri(end), -ndtri(end), k + 1)
            return scene.noise.quantile(ndtr(edges), scene.eta[:1].repeat(k + 1, axis=0), scene.free), edges
        edges = np.linspace(low, high, k + 1)
        u = np.exp(scene.noise.log_cdf(edges, scene.eta[:1].repeat(k + 1, axis=0), scene.free))
        return edges, ndtri(u)

    def curve(self, rows: Rows) -> Array:
        """Shares (k + 2,) of the rows in the cells, below them and above them."""
        inner = np.searchsorted(self._edges[1], rows.z, side="right")
        return np.asarray(np.bincount(inner, minlength=self._edges[1].size + 1) / rows.z.size)

    @cached_property
    def band(self) -> Envelope:
        """That of the shares, whose spread is at least that of a count."""
        n = self.residuals.scene.n
        return envelope(self.curves, np.sqrt(np.maximum(self.curves.mean(axis=0) * n, 0.5)) / n)

    @property
    def statistic(self) -> Array:
        """The largest deviation of a cell."""
        return self.band.statistic

    def draft(self) -> Draft:
        """Bars, the curve of the model, and whiskers of the envelope."""
        scene, band = self.residuals.scene, self.band
        v = self.residuals.smooth if self._plain else self.residuals.observed.z
        edges = self._edges[0]
        width = float(edges[1] - edges[0])
        ends = self._ends(v)
        left, right = (max(0, int(np.ceil(gap / width))) for gap in (edges[0] - ends[0], ends[1] - edges[-1]))
        drawn = edges[0] + width * np.arange(-left, edges.size + right)
        height = np.histogram(v, drawn)[0] / (v.size * width)
        centre = (edges[:-1] + edges[1:]) / 2.0
        centre[np.abs(centre) < ROUNDING * width] = 0.0
        low, middle, high = (np.maximum(part[1:-1], 0.0) / width for part in (band.low, band.middle, band.high))
        x = np.linspace(drawn[0] - 0.04 * (drawn[-1] - drawn[0]), drawn[-1] + 0.04 * (drawn[-1] - drawn[0]), CURVE)
        layers = (
            Layer("bars", "data", {"edges": drawn, "height": height}),
            Layer("interval", "envelope", {"x": centre, "y": middle, "low": low, "high": high}),
            Layer("line", "model", {"x": x, "y": self._model(x)}, strong=True),
        )
        outside = band.outside[1:-1]
        warn = (Layer("points", "warn", {"x": centre[outside], "y": self.curves[0, 1:-1][outside] / width}, strong=True),)
        excess = np.maximum(self.curves - band.middle, 0.0).sum(axis=1)
        share = max(0.0, float(excess[0] - np.median(excess[1:])))
        j = int(np.argmax(self.curves[0] - band.middle))
        where = (f"below {number(float(edges[0]))}" if j == 0 else f"above {number(float(edges[-1]))}" if j == edges.size
                 else f"at {number(float(centre[j - 1]))}")
        unit = "" if self._plain else " standard deviations"
        axis = scene.target if self._plain else "residual, in standard deviations"
        panel = Panel("density", "Data and model", Axis(axis), Axis("density", zero=True), layers, "", rows=scene.n, drawn=scene.n)
        loud = (f"About {number(100.0 * share, 2)} % of the rows lie where the {scene.noise.noun} does not expect them, "
                f"most {where}{unit}")
        quiet = "Bar heights stay inside the envelope"
        beyond = int(((v < ends[0]) | (v > ends[1])).sum())
        if beyond:
            are = "is" if beyond == 1 else "are"
            away = f"; {rows_text(beyond)} beyond {number(ends[0])} to {number(ends[1])} {are} not drawn"
            loud, quiet = loud + away, quiet + away
        return Draft(panel, quiet, loud, share, share >= SHARE, "3 % of the rows", warn)

    def _ends(self, v: Array) -> tuple[float, float]:
        """What is drawn: all rows but those farther out than FAR quartile ranges and than the cells, or MOST cells beside."""
        edges = self._edges[0]
        lower, middle, upper = np.quantile(v, [0.25, 0.5, 0.75])
        reach, most = FAR * float(upper - lower), MOST * float(edges[1] - edges[0])
        return (max(float(v.min()), min(float(edges[0]), float(middle) - reach), float(edges[0]) - most),
                min(float(v.max()), max(float(edges[-1]), float(middle) + reach), float(edges[-1]) + most))

    def _model(self, x: Array) -> Array:
        """The density (k,) of the law, or of residuals under it."""
        scene = self.residuals.scene
        if not self._plain:
            return np.asarray(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))
        response = scene.noise.response
        inside = np.isfinite(x) & (x > response.least if response.open_end else x >= response.least) & (x < response.below)
        found = np.zeros(x.size)
        if inside.any():
            eta = scene.eta[:1].repeat(int(inside.sum()), axis=0)
            found[inside] = np.exp(-scene.noise.nll(x[inside], eta, scene.free, 0).value)
        return np.nan_to_num(found, posinf=0.0)


class Quantiles(Look):
    """Quantiles of the residuals against those of the normal law."""

    id = "qq"
    needs = "residuals"

    def __init__(self, residuals: Residuals) -> None:
        self.residuals = residuals

    @cached_property
    def _shares(self) -> Array:
        m = min(self.residuals.scene.n, POINTS)
        return (np.arange(m) + 0.5) / m

    def curve(self, rows: Rows) -> Array:
        """Quantiles (m,), linear between order statistics whose ranks are (i - 1/2) / n."""
        return np.asarray(np.quantile(rows.z, self._shares, method="hazen"))

    @cached_property
    def band(self) -> Envelope:
        """That of the quantiles."""
        return envelope(self.curves)

    @property
    def statistic(self) -> Array:
        """The largest deviation of a quantile."""
        return self.band.statistic

    def draft(self) -> Draft:
        """Points, the line of the model, and the band."""
        from scipy.special import ndtri

        scene, band, found = self.residuals.scene, self.band, self.curves[0]
        x = ndtri(self._shares)
        layers = (
            Layer("band", "envelope", {"x": x, "low": band.low, "high": band.high}),
            Layer("line", "model", {"x": x, "y": x}),
            Layer("points", "data", {"x": x, "y": found}),
        )
        warn = (Layer("points", "warn", {"x": x[band.outside], "y": found[band.outside]}, strong=True),)
        cut = max(1, x.size // CORE)
        core = slice(cut, -cut) if x.size > 2 * cut else slice(None)
        off = np.abs(found - band.middle) - band.spread
        size = max(0.0, float(off[core].max()))
        panel = Panel("qq", "Quantiles of the residuals", Axis("expected under the model, in standard deviations"),
                      Axis("found, in standard deviations"), layers, "", rows=scene.n, drawn=x.size)
        return Draft(panel, "All quantiles lie inside the envelope of 95 % of true models", self._loud(), size, size >= OFF,
                     "0.1 standard deviations", warn)

    def _loud(self) -> str:
        """The tails, measured by the quartiles, and the skewness of the middle."""
        from scipy.special import ndtri

        z = self.residuals.observed.z
        outer = OUTER[z.size < FEW]
        low, lower, tenth, middle, ninth, upper, high = np.quantile(z, [outer, 0.25, 0.1, 0.5, 0.9, 0.75, 1.0 - outer])
        usual = float(ndtri(1.0 - outer) / ndtri(0.75))
        below = float((middle - low) / (middle - lower)) / usual if middle > lower else np.inf
        above = float((high - middle) / (upper - middle)) / usual if upper > middle else np.inf
        skew = float((ninth + tenth - 2.0 * middle) / (ninth - tenth)) if ninth > tenth else 0.0
        if min(below, above) > HEAVIER:
            said = "Both tails are heavier"
        elif max(below, above) < LIGHTER:
            said = "Both tails are lighter"
        elif abs(skew) > SKEWED:
            said = f"The residuals are skewed to the {'right' if skew > 0.0 else 'left'}"
        elif max(below, above) > HEAVIER:
            said = "One tail is heavier"
        else:
            said = "The shape is not the model's"
        return (f"{said}: measured by the quartiles, the outer {100.0 * outer:.0f} % begin {number(below, 2)} (below) and "
                f"{number(above, 2)} (above) times as far out as under the model")
