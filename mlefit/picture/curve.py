"""Curve: the data, what is predicted of them, and where most rows would lie, along the only number that the model uses."""

import numpy as np

from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.scene import Scene, Variable
from mlefit.picture.words import number

PLACES = 120        # of the curve, each at a row
INSIDE = 0.95       # of the rows, between these quantiles of the law
DRAWN = 2_000       # points drawn one by one


def only_number(scene: Scene) -> Variable | None:
    """The column, where it is the only one and there is a picture of it."""
    if scene.classes or scene.stretch is not None or len(scene.variables) != 1 or scene.variables[0].levels:
        return None
    return scene.variables[0]


def curve(scene: Scene, variable: Variable) -> Panel:
    """The panel. Its lines stand at rows, in the order of the column, of which those are left out that are between."""
    x, tail = variable.values, (1.0 - INSIDE) / 2.0
    order = np.argsort(x, kind="stable")
    places = order[np.unique(np.linspace(0, x.size - 1, min(x.size, PLACES)).astype(np.intp))]
    law = scene.noise.some(places)
    low, high = (law.quantile(np.full(places.size, u), scene.eta[places], scene.free) for u in (tail, 1.0 - tail))
    ends = [scene.noise.quantile(np.full(x.size, u), scene.eta, scene.free) for u in (tail, 1.0 - tail)]
    inside = float(np.mean((scene.y >= ends[0]) & (scene.y <= ends[1])))
    name, share = scene.noise.predicted, "at least " if scene.discrete else ""
    layers = (
        Layer("points" if x.size <= DRAWN else "hex", "data", {"x": x, "y": scene.y}),
        Layer("band", "envelope", {"x": x[places], "low": low, "high": high}),
        Layer("line", "model", {"x": x[places], "y": scene.prediction[places]}, name, strong=True),
    )
    said = (f"The curve is the {name}; {number(100.0 * inside, 3)} % of the rows lie in the band, where the {scene.noise.noun} has "
            f"{share}{100.0 * INSIDE:.0f} % of them.")
    return Panel("curve", f"{scene.target} along {variable.name}", Axis(variable.name), Axis(scene.target), layers, said,
                 rows=scene.n, drawn=x.size)
