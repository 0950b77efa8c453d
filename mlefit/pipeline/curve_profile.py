"""Profiles of a curve: intervals of single parameters by likelihood ratios, the others fitted anew at each value.

With normal noise and n - p degrees of freedom the ratio is that of sums of squares,

    t(v)^2 = (S(v) - S) / (S / (n - p)),    S(v) the least sum of squares with the parameter held at v,

whose interval has the coverage that Wald's has only where the curve is straight (Bates and Watts 1988, section 6.1).
"""

from collections.abc import Callable, Mapping

import numpy as np

from mlefit.arrays import Array
from mlefit.estimation.curve_routes import likelihood_route
from mlefit.estimation.curve_rows import Curved, Rows
from mlefit.expression.tree import Constant, substituted
from mlefit.inference.estimates import Estimates
from mlefit.inference.profile import interval
from mlefit.inference.ratios import Profiled
from mlefit.inference.standard_errors import StandardErrors
from mlefit.mean.bent import Bent
from mlefit.mean.nonlinear import NonlinearMean


def profiles(
    found: Curved, errors: StandardErrors, numbers: Estimates, level: float
) -> tuple[Mapping[int, Profiled], tuple[int, ...]]:
    """By place, the intervals found, and the parameters whose profile is no curve that falls on both sides."""
    known, failed = dict[int, Profiled](), list[int]()
    for place in range(found.end.mean.size):
        try:
            known[place] = _profiled(found, errors, numbers, place, level)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            failed.append(place)
    return known, tuple(failed)


def _profiled(found: Curved, errors: StandardErrors, numbers: Estimates, place: int, level: float) -> Profiled:
    estimate, error, law = float(numbers.mle[place]), float(numbers.std_error[place]), errors.laws[place]
    top, n = -found.end.optimum.value, found.end.optimum.weight
    held, exact = _held(found, place, estimate, error), errors.exact

    def profile(value: float) -> float:
        fallen = held(value) - found.end.optimum.value
        if exact is None:
            return top - fallen
        return top - 0.5 * exact * float(np.expm1(2.0 * fallen / n))

    low, high = interval(profile, top, estimate, error, law.quantile(level))
    try:
        root = float(np.sqrt(max(0.0, 2.0 * (top - profile(0.0)))))
        statistic = float(np.copysign(root, estimate))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):        # there may be no curve where the parameter is 0
        statistic = estimate / error
    return Profiled(low, high, statistic, law.p_value(statistic))


def _held(found: Curved, place: int, estimate: float, error: float) -> Callable[[float], float]:
    """The least -log L (total nats) with the parameter at `place` held, each search begun at the end of the nearest one."""
    rows, mean, theta = found.rows, found.end.mean, found.end.theta
    others = [j for j in range(mean.size) if j != place]
    ends: dict[float, Array] = {estimate: theta[others]}

    def least(value: float) -> float:
        begin = ends[min(ends, key=lambda known: abs(known - value))]
        node, names = substituted(mean.node, {mean.parameters[place]: Constant(value)}), tuple(mean.parameters[j] for j in others)
        natural = Bent(np.eye(len(others)), np.zeros(len(others)))
        fixed = NonlinearMean(natural, 1, node, mean.columns, names, mean.scale)
        if not others:
            return _alone(rows, fixed)
        end = likelihood_route(rows, fixed, begin)
        if not end.certified:
            raise ArithmeticError(f"no minimum with {mean.parameters[place]} at {value!r}")
        ends[value] = end.theta
        return end.optimum.value

    return least


def _alone(rows: Rows, mean: NonlinearMean) -> float:
    """-log L where nothing is left to fit but the shapes that the loss implies."""
    if rows.noise.loss_has_shapes:
        raise ArithmeticError("the shapes alone are not fitted here")
    return rows.nats(rows.lossy(mean, np.empty(0)))
