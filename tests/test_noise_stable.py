"""Forms of laws that keep their digits."""

import numpy as np
from scipy.special import betaincc, gammaln

from mlefit.noise.beta import Beta
from mlefit.noise.binomial import log_choose
from mlefit.noise.stable import beta_above
from mlefit.noise.tails import by_tails


def test_what_is_above_in_a_beta_law_is_that_of_the_whole_function() -> None:
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(-3.0, 9.0, (2, 5_000)))
    x = np.clip(rng.beta(a, b) * np.exp(rng.standard_normal(a.size)), 1e-300, 1.0 - 1e-16)
    exact = betaincc(a, b, x)
    assert (exact < 1e-3).sum() > 100
    assert (exact > 0.5).sum() > 1_000
    assert np.allclose(beta_above(a, b, x), exact, rtol=1e-13, atol=0.0)
    assert beta_above(np.ones(2), np.ones(2), np.array([0.0, 1.0])).tolist() == [1.0, 0.0]


def test_ways_to_choose_are_the_same_from_the_table_and_beyond_it() -> None:
    m = np.array([1.0, 7.0, 1023.0, 1024.0, 1025.0, 3000.0])
    for y in (np.zeros(6), np.minimum(m, 3.0), np.floor(m / 2.0)):
        assert np.allclose(log_choose(m, y), gammaln(m + 1.0) - gammaln(y + 1.0) - gammaln(m - y + 1.0), rtol=1e-11, atol=1e-12)


def test_residuals_of_shares_are_those_of_the_nearer_tail() -> None:
    rng, free, noise = np.random.default_rng(1), np.array([1.2]), Beta()
    eta = rng.standard_normal((4_000, 1))
    y = np.concatenate([noise.draw(rng, eta[:3_000], free), np.exp(-rng.uniform(0.0, 600.0, 500)), 1.0 - np.exp(-rng.uniform(0.0, 36.0, 500))])
    found = noise.residual(y, eta, free)
    assert np.isfinite(found).all()
    assert np.abs(found).max() > 20.0
    assert np.allclose(found, by_tails(noise, y, eta, free), rtol=1e-11, atol=1e-12)
