"""How far errors by first derivatives alone are off: what the bend of a mean is worth."""

import numpy as np

from mlefit.estimation.curve_rows import Curved
from mlefit.inference.covariance import Inverse
from mlefit.pipeline.fitted import Fitted

VISIBLE = 0.02      # of a standard error


def curvature_note(found: Fitted, curved: Curved) -> tuple[str, ...]:
    """By how much the second derivatives of the mean move the model's standard errors, where that is visible.

    The ratio is that of the norms of sum_i d1_i (second derivatives of the mean) and of Fisher's information.
    """
    size, theta, curvature = found.mean.size, found.fit.mle.theta, found.fit.mle.curvature
    (natural,) = found.mean.natural(theta[:size])
    try:
        bent, straight = (Inverse(one).error(natural.directions, natural.first) for one in (curvature, curved.straight))
    except np.linalg.LinAlgError:
        return ()
    moved = np.abs(bent / straight - 1.0)
    worst = int(np.argmax(moved))
    if not moved[worst] > VISIBLE:
        return ()
    whole, plane = curvature.whole(), curved.straight.whole()
    assert whole is not None
    assert plane is not None
    ratio = float(np.linalg.norm((whole - plane)[:size, :size]) / np.linalg.norm(plane[:size, :size]))
    return (f"the bend of the mean is {ratio:.2g} of Fisher's information, which moves standard errors by up to {moved[worst]:.0%} "
            f"({found.problem.coefficients[worst]}); --se ols leaves it out, --intervals profile needs none.",)
