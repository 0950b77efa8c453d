"""Outcomes: predicted probabilities by what came of them, of two levels, and of classes that are confused."""

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.residuals import Rows
from mlefit.picture.scene import Scene
from mlefit.picture.words import number

BARS = 30


def split(scene: Scene, rows: Rows) -> Panel:
    """Predicted probabilities of the rows with each of two outcomes, mirrored. The area under the ROC curve is that of pairs."""
    p, yes = rows.probabilities[1], rows.y == 1
    edges = np.linspace(0.0, 1.0, BARS + 1)
    above, below = (np.histogram(p[which], edges)[0].astype(np.float64) for which in (yes, ~yes))
    layers = (Layer("bars", "data", {"edges": edges, "height": above}, scene.levels[1]),
              Layer("bars", "model", {"edges": edges, "height": -below}, scene.levels[0]),
              Layer("hrule", "reference", {"y": np.zeros(1)}))
    one, other = int(yes.sum()), int((~yes).sum())
    if one and other and np.ptp(p) == 0.0:
        said = f"All rows have the same probability, {number(float(p[0]), 2)}: it tells no row from another."
    elif one and other:
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


def _ranks(values: Array) -> Array:
    """From 1 on, (n,), equal values sharing the mean of theirs."""
    _, code, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[code])
