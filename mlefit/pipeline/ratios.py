"""Likelihood ratios of single coefficients, where the user wants them, or where Wald's interval is none to be trusted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlefit.estimation.certificate import DENSE
from mlefit.inference.covariance import Inverse
from mlefit.inference.estimates import Estimates
from mlefit.inference.standard_errors import StandardErrors
from mlefit.noise.model import Measure
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.terms import directions
from mlefit.problem.problem import Problem
from mlefit.report.report import Warn

if TYPE_CHECKING:
    from mlefit.estimation.curve_rows import Curved
    from mlefit.inference.ratios import Profiled

WORK = 5e9      # multiplications of the profiles that nobody asked for, some ten seconds
PASSES = 75     # of a profile: some 25 refits
SHOWN = 8       # coefficients named in a message


class Ratios(NamedTuple):
    """By place, predictor after predictor, the intervals `found` in the reader's units, and coefficients to be `doubted`."""

    found: "Mapping[int, Profiled]" = MappingProxyType({})
    doubted: tuple[int, ...] = ()


def likelihood_intervals(found: Fitted, errors: StandardErrors, numbers: Estimates) -> Ratios:
    """Profiles of all coefficients, if asked for; else of those that Wald fails, least significant first."""
    noise, asked = found.fit.noise, found.problem.request.intervals == "profile"
    if found.curved is not None:
        return _of_curve(found, found.curved, errors, numbers) if asked else Ratios()
    if noise.compresses or found.problem.indexed:        # t is the likelihood ratio; or coefficients are many
        return Ratios()
    if asked:
        return _profiles(found, numbers, range(numbers.mle.size), ())
    one_law = len(noise.predictors) == 1 or noise.response.reads_levels
    if noise.measure is not Measure.MASS or not one_law or found.objective.size > DENSE:
        return Ratios()
    from mlefit.inference.carried import Directions
    from mlefit.inference.curved import third, unbent
    from mlefit.inference.moves import Moves
    from mlefit.inference.profile import doubtful, skewness

    theta, curvature = found.fit.mle.theta, found.fit.mle.curvature
    if found.mean.predictors > 1 and found.mean.shared and unbent(Moves.of(found.objective, curvature), theta, found.rows):
        return Ratios()
    parts = found.mean.natural(theta[: found.mean.size])
    skew = skewness(third(found.objective, theta, Directions.of(curvature, parts), found.rows), np.ones(found.mean.size))
    model = Inverse(curvature)
    std_error = np.concatenate([model.error(part.directions, part.first) * part.unit for part in parts])
    first, rest = (places.tolist() for places in doubtful(skew, numbers.mle, std_error))
    if errors.kind.sandwich:
        return Ratios(doubted=(*first, *rest))
    most = int(WORK / (PASSES * found.work))
    return _profiles(found, numbers, first[:most], (*first[most:], *rest))


def _of_curve(found: Fitted, curved: "Curved", errors: StandardErrors, numbers: Estimates) -> Ratios:
    from mlefit.pipeline.curve_profile import profiles

    return Ratios(*profiles(curved, errors, numbers, found.problem.request.level))


def _profiles(found: Fitted, numbers: Estimates, places: "range | list[int]", doubted: tuple[int, ...]) -> Ratios:
    """The profiles at some places; those that fail are doubted too."""
    from mlefit.inference.ratios import profiled

    of, level = found.likelihood, found.problem.request.level
    size = found.mean.size
    units = np.concatenate([part.unit for part in found.mean.natural(of.theta[:size])])
    moved, natural, known, failed = found.mean.moved(of.theta[:size]), numbers.mle, {}, []
    for place in places:
        unit = float(units[place])
        zero = float(moved[place] - natural[place] / unit)      # 0 but for a constant that carries the unit of the response
        try:
            one = profiled(of, directions(found, np.array([place]))[0], zero, level)
        except ArithmeticError:
            failed.append(place)
        else:
            known[place] = one._replace(low=(one.low - zero) * unit, high=(one.high - zero) * unit)
    return Ratios(known, (*failed, *doubted))


def doubted(problem: Problem, ratios: Ratios) -> tuple[Warn, ...]:
    """A warning that names the coefficients whose Wald intervals stand although they are not to be trusted."""
    if not ratios.doubted:
        return ()
    labels = problem.coefficients
    names = tuple(dict.fromkeys(labels[place] for place in ratios.doubted))
    listed = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    remedy = "--intervals profile" if not problem.errors.sandwich else "--se auto --intervals profile"
    return (Warn("wald-doubtful", f"{listed}: the likelihood is no parabola there, and an estimate with its standard error says "
                 f"too little: {remedy} makes intervals and p-values of likelihood ratios", names),)
