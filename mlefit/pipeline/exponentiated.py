"""Ratios: exp of the coefficients of a mean whose logarithm, or log odds, is linear."""

from collections.abc import Iterator

import numpy as np

from mlefit.noise.model import NoiseModel
from mlefit.pipeline.finite import number
from mlefit.report.effect import Multiplied
from mlefit.report.report import Parameter


def exponentiated(noise: NoiseModel, parameters: tuple[Parameter, ...]) -> Iterator[Multiplied]:
    """Those that have an estimate, the constants aside: they are no ratios but the odds or the mean at zero."""
    for p in parameters:
        if p.kind in noise.ratios and p.name != "(Intercept)" and p.estimate is not None:
            yield Multiplied(p.name, p.class_, noise.ratios[p.kind], *(_exp(value) for value in (p.estimate, p.ci_low, p.ci_high)))


def _exp(value: float | None) -> float | None:
    with np.errstate(over="ignore"):
        return None if value is None else number(float(np.exp(value)))
