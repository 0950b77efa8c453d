"""Joint tests: whether all coefficients of a term are zero, with the covariance in force.

    model errors     F of the refit without the term where sums of squares are all that counts, else the likelihood ratio
    hc0 to hc3       Wald's F(q, df) with the least degrees of freedom of the term's coefficients
    cluster          Hotelling's F(q, df - q + 1) with df = G* - 1 (joint.py)
    hac              one coefficient: its own test; several at once have no law that is tabulated
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.estimation.fit import Optima
from mlefit.inference.covariance import Inverse
from mlefit.inference.effective import residual_df
from mlefit.inference.joint import Joint, chi_squared, clustered, f_test, wald
from mlefit.inference.standard_errors import StandardErrors
from mlefit.mean import LinearMean

ABSENT = "a coefficient has no robust standard error"
SINGULAR = "the covariance of its coefficients has no inverse"
FEW = "fewer effective clusters than the test of so many coefficients needs"
NO_LAW = "the law of a test of several coefficients under hac is not known"
NOT_FOUND = "the refit without the term did not arrive at its maximum"
BY_WALD = "Wald's: refits without each of so many terms would take longer than the fit"


class Tested(NamedTuple):
    """A joint test, or why there is none. A test may have a `reason` too, for the way in which it was made."""

    joint: Joint | None
    reason: str | None = None


Ratio = Callable[[Index], float]     # 2 (l - l without these coefficients); raises ArithmeticError


class Covered(NamedTuple):
    """All k coefficients but for units: `value` (k,), and the root (k, d) of their covariance in force.

    `free`: n - p where the covariance is that of the model and F is exact, else None.
    """

    value: Array
    root: Array
    free: int | None

    @classmethod
    def of(cls, errors: StandardErrors, fit: Optima, mean: LinearMean) -> "Covered":
        """Those of a fit."""
        covariance, size, free = errors.covariance, mean.size, None
        if fit.noise.compresses and not errors.kind.sandwich:
            free = residual_df(fit.n, size)
            covariance = Inverse(fit.mle.curvature, float(np.sqrt(fit.n / free)), size)
        gamma = fit.mle.theta[:size]
        root = np.concatenate([covariance.root(part.directions, part.first) for part in mean.natural(gamma)])
        return cls(mean.moved(gamma), root, free)


def joint_test(places: Index, covered: Covered, errors: StandardErrors, ratio: Ratio | None) -> Tested:
    """The test of the coefficients at `places` (q,). `ratio`: that of a refit; None where it would take too long."""
    q = places.size
    if not errors.kind.sandwich and covered.free is None and ratio is not None:
        try:
            return Tested(chi_squared(max(0.0, ratio(places)), q))
        except ArithmeticError:
            return Tested(None, NOT_FOUND)
    if errors.absent[places].any():
        return Tested(None, ABSENT)
    w = wald(covered.value[places], covered.root[places])
    if w is None:
        return Tested(None, SINGULAR)
    if not errors.kind.sandwich:
        return Tested(chi_squared(w, q), BY_WALD) if covered.free is None else Tested(f_test(w, q, covered.free))
    laws = [errors.laws[place] for place in places]
    if q == 1:
        return Tested(Joint(w, 1, laws[0].df, laws[0].p_value(float(np.sqrt(w)))))
    if errors.groups is not None:
        found = clustered(w, q, float(errors.groups.effective[places].min()) - 1.0)
        return Tested(found, None if found is not None else FEW)
    df = [law.df for law in laws if law.df is not None]
    return Tested(f_test(w, q, min(df))) if df else Tested(None, NO_LAW)
