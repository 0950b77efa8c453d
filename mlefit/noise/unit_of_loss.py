"""The unit of a loss: where nearly all residuals lie on one side of where it bends, it acts as another loss."""

import numpy as np

from mlefit.arrays import Array
from mlefit.losses.loss import Loss
from mlefit.noise.stable import QUIET

NEARLY = 0.05   # relative: a loss that is another one but for this,
MOST = 0.95     # on so many rows, acts as it


@QUIET
def acting(loss: Loss, r: Array) -> str | None:
    """What is to be said of a loss on residuals r (n,), in its own unit; None where it is itself, or has no unit."""
    if loss.homogeneous is not None:
        return None
    value, slope, bend = loss.curve(r)
    top = float(loss.curve(np.zeros(1))[2][0])
    straight = float(np.mean(np.abs(bend * r) < NEARLY * np.abs(slope)))
    square = float(np.mean(np.abs((value - loss.least) / (0.5 * top * r * r) - 1.0) < NEARLY)) if top > 0.0 else 0.0
    if max(straight, square) < MOST:
        return None
    where, other, errors = ("within", "squared", "") if square >= straight else (
        "beyond", "absolute", ", and standard errors, which the others alone make, are not to be used")
    share = 100.0 * max(straight, square)
    return (f"{share:.0f} % of the residuals are {where} the bend of the loss: in this unit of y it acts as "
            f"the {other} error{errors}; with r/S in the place of r, S near {float(np.median(np.abs(r))):.3g}, it is itself")
