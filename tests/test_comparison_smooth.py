"""The smooth test of residuals: its components have mean zero and unit variance, and T the law of chi-squared."""

import numpy as np
import pytest
from scipy import stats

from mlefit.arrays import Array
from mlefit.comparison.smooth import DEGREES, Directions, legendre, smooth
from mlefit.criterion import likelihood
from mlefit.estimation.routes import maximum_likelihood
from mlefit.execution import Engine
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk


def rows(name: str, n: int, seed: int) -> tuple[NoiseModel, Array, Array, Array, np.random.Generator]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    eta = (0.5 + 0.4 * x[:, 1])[:, None]
    law = MODELS[name]
    return law, x, eta, np.zeros(len(law.shapes)), rng


@pytest.mark.parametrize("name", ["gaussian", "poisson", "gamma"])
def test_components_have_mean_zero(name: str) -> None:
    law, x, eta, free, rng = rows(name, 40_000, 3)
    y = law.draw(rng, eta, free)
    parts = Directions.of(x, ("(Intercept)", "x")).components(law, y, eta, free)
    z = parts.values.mean(axis=0) / (parts.values.std(axis=0) / np.sqrt(y.size))
    assert np.abs(z).max() < 4.0
    assert {"P1", "P4", "spread along x", "curve along x"} <= set(parts.names)


def test_the_cell_means_of_a_discrete_law_have_mean_zero_exactly() -> None:
    law, rate = MODELS["poisson"], 0.7
    y = np.arange(60.0)
    eta = np.full((60, 1), np.log(rate))
    mass = stats.poisson.pmf(y, rate)
    for degree, values in legendre(law, y, eta, np.empty(0)).items():
        assert degree in DEGREES
        assert abs(mass @ values) < 1e-12


def statistic(name: str, seed: int, n: int, bent: float = 0.0) -> float:
    """T's upper tail of data that are the law's, but for a bend of the predictor."""
    law, x, eta, free, rng = rows(name, n, seed)
    y = law.draw(rng, eta + bent * (x[:, 1:] ** 2 - 1.0), free)
    mean = LinearMean(Coordinates.orthonormal(2), 1)
    chunk = Chunk(y, np.asfortranarray(x))
    found = maximum_likelihood(law, mean, Engine.of(chunk))
    seen = smooth(law, Objective(likelihood(law), mean, len(law.shapes)), found.theta, chunk, Directions.of(x, ("1", "x")))
    return float(stats.chi2.sf(seen.statistic, seen.df))


@pytest.mark.parametrize("name", ["gaussian", "poisson"])
def test_from_many_rows_on_t_is_chi_squared(name: str) -> None:
    p = np.array([statistic(name, seed, 5_000) for seed in range(60)])
    assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_a_bend_is_seen() -> None:
    assert statistic("gaussian", 1, 5_000, bent=0.2) < 1e-6
