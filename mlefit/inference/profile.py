"""Profile-likelihood intervals, and the check that says where Wald's interval is not to be trusted.

The interval holds the values v of one coefficient with 2 (l - l_p(v)) <= q^2: l the maximum, l_p(v) that with the coefficient
held at v, q the normal quantile. Wald's is the same with a parabola in the place of l_p.
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, Index, Mask

ROOT = 1e-7             # in the signed root, that is in standard errors
FARTHEST = 1e6          # standard errors: a likelihood that has not fallen by then has an end at infinity
EVALUATIONS = 60        # four to ten are usual; bisection alone would need about fifty
SKEW = 0.1              # |d|: the arms of a 95 % interval then differ by 14 %, exp(2 d q / 3) to first order
FLATTENED = 0.5         # of Wald's slope in b: at 1 a larger estimate is less significant (Hauck and Donner 1977)
BEYOND_DOUBT = 1e-10    # a Wald p below this is the same sentence whatever its digits
MOST = 20               # coefficients profiled: each takes about a dozen fits

Profile = Callable[[float], float]


def interval(profile: Profile, top: float, estimate: float, std_error: float, width: float) -> tuple[float, float]:
    """Both ends, infinite where the likelihood does not fall far enough. `profile(v)` is l_p(v) in nats, `top` is l."""
    return end(profile, top, estimate, -std_error, width), end(profile, top, estimate, std_error, width)


def end(profile: Profile, top: float, estimate: float, unit: float, width: float) -> float:
    """v on the side of `unit` where the signed root sqrt(2 (top - l_p(v))) is `width`.

    The root is nearly linear in v, which makes the secant quick; each value is a fit, which makes a general solver dear. Once
    the end is between two values the secant is Illinois' (the value of an end that stays twice is halved), and so closes in.
    """
    near, far = (0.0, -width), (np.inf, np.inf)         # (distance in units, signed root - width)
    distance, last = width, 0
    for _ in range(EVALUATIONS):
        excess = float(np.sqrt(max(0.0, 2.0 * (top - profile(estimate + distance * unit))))) - width
        if abs(excess) <= ROOT or far[0] - near[0] <= ROOT:
            return estimate + distance * unit
        side = 1 if excess > 0.0 else -1
        if side > 0:
            far = (distance, excess)
            near = (near[0], 0.5 * near[1]) if last > 0 else near
        else:
            near = (distance, excess)
            far = (far[0], 0.5 * far[1]) if last < 0 else far
        last = side
        if np.isinf(far[0]):
            if distance > FARTHEST:
                return float(np.copysign(np.inf, unit))
            distance *= 2.0
        elif np.isinf(far[1]):
            distance = 0.5 * (near[0] + far[0])
        else:
            distance = near[0] + (far[0] - near[0]) * near[1] / (near[1] - far[1])
    raise ArithmeticError(f"the profile likelihood near {estimate + distance * unit!r} is not a continuous curve")


def skewness(third: Array, std_error: Array) -> Array:
    """d_j = (d log se_j / d b_j) se_j (P,), the other coefficients following: -sum_i third_ij / (2 se_j^3).

    `third` (P,) is the sum over rows of the third derivative of the loss along c_ij = (X J^-1)_ij: w'_i c_ij^3 with w' the
    derivative of the curvature in the predictor (bernoulli p (1 - p)(1 - 2p), poisson mu), for several predictors the third
    central moment of the classes' c. Along that path se_j^2 changes by -sum w'_i c_ij^3 / se_j^2 per unit of b_j, which
    a shift of the predictors leaves as it is; with the others held it would not.
    """
    d: Array = -0.5 * third / std_error**3
    return d


def in_doubt(d: Array, estimate: Array, std_error: Array) -> Mask:
    """Where |d_j| > 0.1, or where d_j b_j / se_j > 0.5 and Wald's p is not beyond doubt."""
    from scipy.special import ndtri

    with np.errstate(invalid="ignore"):     # beyond the doubles neither is known
        statistic = estimate / std_error
        near = np.abs(statistic) < -ndtri(0.5 * BEYOND_DOUBT)
        return np.asarray((np.abs(d) > SKEW) | ((d * statistic > FLATTENED) & near))


def doubtful(d: Array, estimate: Array, std_error: Array) -> tuple[Index, Index]:
    """Coefficients in doubt, to be profiled, least |Wald| first, at most MOST; and those beyond that number, to be marked."""
    found = np.flatnonzero(in_doubt(d, estimate, std_error))
    with np.errstate(invalid="ignore"):
        order = found[np.argsort(np.abs(estimate[found] / std_error[found]), kind="stable")]
    return order[:MOST], order[MOST:]
