"""The certificate of an optimum: how far it may still be, in nats and in the predictor of any row.

The optimisers' own flags are not believed: trust-exact stops on an absolute gradient and reports failure at the
rounding floor; L-BFGS-B may end ABNORMAL at the optimum. The estimated distance to the minimum is

    EDM = g' H^-1 g / 2   in total nats

(F. James, MINUIT).
"""

import numpy as np

from mlefit.arrays import Array

CERTIFIED = 1e-10        # nats in total: a likelihood ratio of 1 + 1e-10
DENSE = 1000             # up to here the Hessian is formed in every step (trust-exact), beyond it only multiplied


def distance(gradient: Array, hessian: Array) -> tuple[float, Array]:
    """EDM = g' H^-1 g / 2 and the Newton step -H^-1 g. Raises numpy.linalg.LinAlgError unless H is positive definite."""
    from scipy.linalg import cho_factor, cho_solve

    step = -np.asarray(cho_solve(cho_factor(hessian, check_finite=False), gradient, check_finite=False))
    return float(-0.5 * gradient @ step), step


def smallest_eigenvalue(hessian: Array) -> float:
    """The smallest eigenvalue of H (P, P); of a large one a lower bound, 1 / trace(H^-1), thirty times as fast."""
    from scipy.linalg.lapack import dpotrf, dtrtri

    if len(hessian) <= DENSE:
        return float(np.linalg.eigvalsh(hessian)[0])
    lower, failed = dpotrf(hessian, lower=1, clean=1)
    if failed:
        return 0.0
    inverse, _ = dtrtri(lower, lower=1, overwrite_c=1)
    return float(1.0 / np.square(np.linalg.norm(inverse)))


def reach(edm: float, hessian: Array, n: float, predictors: int) -> float:
    """A bound on what a Newton step changes in any row: lambda max_i ||x_i||_{H^-1}, lambda^2 = 2 EDM, all totals.

    In whitened coordinates ||x_i||^2 <= n, so it is at most lambda sqrt(n / smallest eigenvalue of H), and sqrt 2 times
    that for the difference of two predictors of one row. The rounding of the gradient, some eps n in each direction,
    counts into lambda: far out on a separated sample it is all that is left. Infinite unless H is positive definite.
    """
    smallest = smallest_eigenvalue(hessian)
    if not (smallest > 0.0 and np.isfinite(edm)):
        return np.inf
    rounding = 8.0 * float(np.finfo(float).eps) * n
    square = 2.0 * edm + len(hessian) * rounding**2 / smallest
    return float(np.sqrt(square * n * (1.0 if predictors == 1 else 2.0) / smallest))
