"""Effects: the average prediction when every row is given one value of a column, the others as they are in the data.

Intervals are those of the delta method on the scale of the link, so that they stay in the range of the mean. Points are adjusted
means: the average prediction there, and the mean residual of the rows that are there, less that of all where it is not near 0.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.picture.bins import bins
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.scene import Scene, Variable
from mlefit.picture.words import number

PLACES = 25         # of a number, from the first to the last hundredth of the rows
ENDS = (0.01, 0.99)
BINS = 10
MEAN = "mean"       # what a prediction is, of most laws
NAMED = 0.12        # of the way to the next level: where points of levels stand beside intervals


class Averages(NamedTuple):
    """Average predictions (K, g) at the places of a grid, one for each level shown, and their standard errors (K, g)."""

    values: Array
    errors: Array


def grid(variable: Variable) -> Array:
    """Where a column is looked at (g,): the places of levels, PLACES of many levels in the order of their predictions, or PLACES
    numbers."""
    if variable.levels:
        count = len(variable.levels)
        return np.arange(count, dtype=np.float64) if variable.named else np.rint(np.linspace(0.0, count - 1.0, PLACES))
    low, high = np.quantile(variable.values, ENDS)
    return np.linspace(low, high, PLACES) if high > low else np.array([float(low)])


def effect(
    scene: Scene, variable: Variable, averages: Callable[[Variable, Array], Averages], z: float, order: Index | None = None
) -> Panel:
    """The panel of a column; `z`: the quantile of the interval. `order` (K, L): of the places of many levels, by the predictions of
    each level of the response that is shown."""
    at = grid(variable)
    places = at[None] if order is None else order[:, at.astype(np.intp)].astype(np.float64)
    found = averages(variable, at) if order is None else _each(variable, places, averages)
    probabilities = scene.classes > 0
    low, high = _interval(found, z, probabilities, _positive(scene))
    names: tuple[str | None, ...] = scene.levels if scene.classes > 2 else scene.levels[-1:] if probabilities else (None,)
    layers: list[Layer] = []
    for k, name in enumerate(names):
        dots = bool(variable.levels) and (order is None or len(names) == 1)
        layers += _layers(dots, at, found.values[k], low[k], high[k], name if len(names) > 1 else None)
        if len(names) == 1 and order is None:
            layers.append(_adjusted(scene, variable, at, found.values[k]))
    title = "average probability" if probabilities else f"average {scene.noise.predicted}"
    whose = f" of {names[0]}" if probabilities and len(names) == 1 else ""
    ordered = f"{variable.name}: {len(variable.levels):,} levels by their prediction"
    panel = Axis(variable.name, categories=variable.levels or None) if order is None else Axis(ordered)
    return Panel(f"effect:{variable.name}", f"Effect of {variable.name}", panel, Axis(f"{title}{whose}"), tuple(layers),
                 _sentence(variable, places, found, low, high, names), rows=scene.n, drawn=at.size)


def _positive(scene: Scene) -> bool:
    """Whether the mean is positive whatever the predictors."""
    return scene.noise.response.least == 0.0


def _interval(found: Averages, z: float, probabilities: bool, positive: bool) -> tuple[Array, Array]:
    """Ends (K, g), on the scale of the log odds, of the logarithm, or as they are."""
    from scipy.special import expit, logit

    value, half = found.values, z * found.errors
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if probabilities:
            away = half / (value * (1.0 - value))
            ends = expit(logit(value) - away), expit(logit(value) + away)
        elif positive:
            ends = value * np.exp(-half / value), value * np.exp(half / value)
        else:
            ends = value - half, value + half
    return np.nan_to_num(ends[0]), np.nan_to_num(ends[1])


def _each(variable: Variable, places: Array, averages: Callable[[Variable, Array], Averages]) -> Averages:
    """Those of each class (K, g) at places of its own."""
    found = [averages(variable, own) for own in places]
    return Averages(np.stack([one.values[k] for k, one in enumerate(found)]),
                    np.stack([one.errors[k] for k, one in enumerate(found)]))


def _layers(dots: bool, at: Array, value: Array, low: Array, high: Array, name: str | None) -> Iterator[Layer]:
    if dots:
        yield Layer("interval", "model", {"x": at, "y": value, "low": low, "high": high}, name)
    else:
        yield Layer("band", "envelope", {"x": at, "low": low, "high": high})
        yield Layer("line", "model", {"x": at, "y": value}, name, strong=True)


def _adjusted(scene: Scene, variable: Variable, at: Array, value: Array) -> Layer:
    """Average predictions and mean residuals of bins, less that of all rows where a prediction is no mean, such as a quantile."""
    own = bins(variable, BINS)
    expected = scene.noise.probabilities(scene.eta, scene.free)[-1] if scene.classes else scene.prediction
    residual = scene.y - expected
    if not scene.classes and scene.noise.predicted != MEAN:
        residual = residual - residual.mean()
    means = own.means(residual) + np.interp(own.centre, at, value)
    beside = own.centre + NAMED if variable.levels else own.centre
    return Layer("points", "data", {"x": beside, "y": means}, "adjusted means")


def _sentence(variable: Variable, places: Array, found: Averages, low: Array, high: Array, names: tuple[str | None, ...]) -> str:
    """From the first to the last value, or from the least to the largest average of levels; of classes that changes most."""
    k = int(np.argmax(np.ptp(found.values, axis=1)))
    row, name, at = found.values[k], names[k], places[k % len(places)]
    a, b = (int(np.argmin(row)), int(np.argmax(row))) if variable.levels else (0, at.size - 1)
    first, last = ((variable.levels[round(at[j])] if variable.levels else number(float(at[j]))) for j in (a, b))
    told = "prediction" if name is None else f"probability of {name}"
    most = f", the largest change of {len(names)} classes" if len(names) > 1 else ""
    ends = [f"{number(float(row[j]))} ({number(float(low[k, j]))} to {number(float(high[k, j]))})" for j in (a, b)]
    return (f"From {variable.name} = {first} to {last}, others as they are, the average {told} goes from {ends[0]} to "
            f"{ends[1]}{most}.")
