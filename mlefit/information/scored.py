"""All rows of a law of one predictor: the score statistic of added columns (added.py), in one more pass over the rows.

With g the score of a row by its predictor, A its expected square and s the scores of the shapes,

    fitted  V = [X'AX, X'gs; ., s's],   U = (X'g, s'1);      added  Z'[AX, gs, g],  Z'AZ

Information between columns and shapes is that of products of scores, as many rows tell it well.
"""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array, product
from mlefit.design.bends import Bends
from mlefit.information.everywhere import Everywhere
from mlefit.information.products import factor
from mlefit.information.working import Working
from mlefit.mean import MeanFunction
from mlefit.mean.jacobian import weighted_square
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.rows.chunk import Chunk
from mlefit.sums.border import Border


@record(frozen=True)
class Scored:
    """Sums over rows: the border of the added columns with [AX, gs, g]; `own` of X with these (p, p + s + 1); those of the
    shapes, (s, s + 1), the last of them alone; and the weight of the rows."""

    border: Border
    own: Array
    shapes: Array
    weight: float

    @classmethod
    def of(cls, bends: Bends, noise: NoiseModel, mean: MeanFunction, theta: Array, chunk: Chunk) -> "Scored":
        """Those of some rows at the fit."""
        eta = mean.eta(theta[: mean.size], chunk)
        rows = Working(noise.among(chunk.trials), chunk.y, (chunk.x,), eta, theta[mean.size :], 0, 0)
        expected, g, shapes = rows.weights[0, 0], rows.g[:, 0], rows.score[:, 1:].T
        weight = np.ones(chunk.rows) if chunk.weight is None else chunk.weight
        expected, g, weighted = expected * weight, g * weight, shapes * weight
        others = np.concatenate([g * shapes, g[None]])

        def beside(here: slice) -> np.ndarray:
            return np.concatenate([chunk.x.T[:, here] * expected[here], others[:, here]]).astype(np.float32)

        border = bends.sums(chunk.x, beside, expected)
        own = np.concatenate([weighted_square(chunk.x, expected), product(chunk.x.T, others.T)], axis=1)
        own_shapes = np.concatenate([weighted @ shapes.T, weighted.sum(axis=1)[:, None]], axis=1)
        return cls(border, own, own_shapes, float(weight.sum()))

    def __add__(self, other: "Scored") -> "Scored":
        return Scored(self.border + other.border, self.own + other.own, self.shapes + other.shapes, self.weight + other.weight)

    def everywhere(self, bends: Bends, kept: tuple[int, ...], names: Sequence[str | None]) -> Everywhere | None:
        """What they tell; None where the design is too near to singular for a product of it with itself."""
        p, s = len(names), len(self.shapes)
        fitted = (*kept, *range(p, p + s))
        known = np.empty((len(fitted), len(fitted)))
        r = len(kept)
        known[:r] = self.own[np.ix_(kept, fitted)]
        known[r:, :r] = known[:r, r:].T
        known[r:, r:] = self.shapes[:, :s]
        unit = np.sqrt(np.diagonal(known))
        lower = factor(known / np.outer(unit, unit))
        if lower is None:
            return None
        lower *= unit[:, None]
        from scipy.linalg import cho_solve

        combined = np.zeros(p + s + 1)
        combined[-1] = 1.0
        combined[list(fitted)] = -cho_solve((lower, True), np.append(self.own[list(kept), -1], self.shapes[:, -1]))
        return Everywhere(bends, self.border, names, kept, fitted, lower.T, combined, self.weight, self.weight)
