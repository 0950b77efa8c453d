"""What a comparison compares is on one scale: every candidate's density integrates to one, every mass adds up to one."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit

from mlefit.noise import MODELS
from mlefit.noise.model import Measure, NoiseModel

NUMBERS = {name: law for name, law in MODELS.items() if not (law.response.reads_levels or law.response.of_trials)}
PLACES = (-1.2, 0.4, 2.0)
AT = (1e-9, 1e-4, 0.05, 0.3, 0.5, 0.7, 0.95, 1.0 - 1e-4, 1.0 - 1e-9)
SHAPES = (-0.7, 0.0, 1.1)


def density(noise: NoiseModel, y: float, eta: np.ndarray, free: np.ndarray) -> float:
    """q(y)."""
    return float(np.exp(-noise.nll(np.array([y]), eta, free, 0).value[0]))


def total(noise: NoiseModel, eta: np.ndarray, free: np.ndarray) -> float:
    """All of the probability: the sum over counts, the integral over the support cut where the density has corners."""
    if noise.measure is Measure.MASS:
        y = np.arange(4_000.0)
        return float(np.exp(-noise.nll(y, np.repeat(eta, y.size, axis=0), free, 0).value).sum())
    place, scale = float(eta[0, 0]), float(np.exp(free[0])) if free.size else 1.0
    if noise.located:           # y = place + scale sinh t, log y or logit y: tails are short in t
        into, out, slope = (lambda y: np.arcsinh((y - place) / scale), lambda t: place + scale * np.sinh(t),
                            lambda t: scale * np.cosh(t))
    elif np.isfinite(noise.response.below):
        into, out, slope = logit, expit, lambda t: expit(t) * expit(-t)
    else:
        into, out, slope = np.log, np.exp, np.exp
    ends = into(np.array([noise.quantile(np.array([u]), eta, free)[0] for u in AT]))
    corners = into(np.array([place - 1.345 * scale, place, place + 1.345 * scale])) if noise.located else []
    ends = np.unique([*ends, *(c for c in corners if ends[0] < c < ends[-1])])
    inner = sum(quad(lambda t: density(noise, float(out(t)), eta, free) * float(slope(t)), a, b, limit=200, epsabs=1e-12)[0]
                for a, b in pairwise(ends))
    return float(inner) + 2e-9


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [name for name, law in NUMBERS.items() if law.measure is not Measure.MIXED])
def test_a_law_holds_all_of_the_probability(name: str, place: float, shape: float) -> None:
    noise = NUMBERS[name]
    eta = np.array([[place, *([0.3] * (len(noise.predictors) - 1))]])
    within = np.isfinite(noise.response.below)      # shares of which a part lies within rounding of 1 have no integral in doubles
    free = np.full(len(noise.shapes), shape + 2.5 if within else shape)
    assert total(noise, eta, free) == pytest.approx(1.0, abs=2e-7)


@pytest.mark.parametrize("name", [name for name, law in MODELS.items() if law.response.reads_levels])
def test_levels_hold_all_of_the_probability(name: str) -> None:
    law = MODELS[name].of(("a", "b") if MODELS[name].response.most_levels == 2 else ("a", "b", "c"))
    eta = np.full((1, len(law.predictors)), 0.7)
    free = np.linspace(-0.4, 0.6, len(law.shapes))
    levels = float(np.exp(-np.array([law.nll(np.array([float(k)]), eta, free, 0).value[0]
                                     for k in range(len(law.outcome_names))])).sum())
    assert levels == pytest.approx(1.0, abs=1e-12)


def test_a_binomial_share_holds_all_of_the_probability() -> None:
    y, trials = np.arange(8.0), np.full(8, 7.0)
    law = MODELS["binomial"].among(trials)
    assert float(np.exp(-law.nll(y, np.full((8, 1), 0.4), np.empty(0), 0).value).sum()) == pytest.approx(1.0, abs=1e-12)
