"""Added columns: the score statistic, curved columns, and the gain of an uneven spread."""

import numpy as np
import pytest
from information_cases import sample_of

from mlefit.information.added import Bordered
from mlefit.information.arranged import Arranged
from mlefit.information.reference import natural_spline, square
from mlefit.information.spread import normal_scores, orthogonal, spread_gain
from mlefit.information.working import Working
from mlefit.noise import MODELS
from mlefit.noise.gaussian import Gaussian

POISSON = MODELS["poisson"]


def test_the_score_statistic_is_that_of_the_added_columns() -> None:
    """F of least squares with and without them; for counts, close to the deviance of the two fits."""
    rng = np.random.default_rng(22)
    x, z = rng.normal(size=(300, 2)), rng.normal(size=(300, 3))
    z[:, 0] += x[:, 0]
    y = x.sum(axis=1) + 0.1 * z[:, 1] + rng.normal(size=300)
    small, large = sample_of(Gaussian(), y, x), sample_of(Gaussian(), y, np.hstack([x, z]))
    tested = Bordered(Working.of(small, 0), [z]).test(np.arange(3))
    rss = [float(np.sum((s.y - s.eta[:, 0]) ** 2)) for s in (small, large)]
    from scipy import stats

    assert tested.df == 3
    assert tested.p == pytest.approx(stats.f.sf((rss[0] - rss[1]) / 3 / (rss[1] / 294), 3, 294), rel=1e-9)
    n = rng.poisson(np.exp(0.3 * x[:, 0] + 0.1 * z[:, 1])).astype(float)
    small, large = sample_of(POISSON, n, x), sample_of(POISSON, n, np.hstack([x, z]))
    twice = 2 * 300 * (small.cross_entropy_total - large.cross_entropy_total)
    assert Bordered(Working.of(small, 0), [z]).test(np.arange(3)).statistic == pytest.approx(twice, rel=0.1)
    copies = np.column_stack([z[:, 0], x[:, 1], 2 * z[:, 0] - x[:, 0]])
    assert Bordered(Working.of(small, 0), [copies]).test(np.arange(3)).df == 1


def test_curved_columns_hold_no_line_and_are_orthogonal() -> None:
    x = np.random.default_rng(12).exponential(size=700)
    spline = natural_spline(x)
    assert spline.shape == (700, 3)
    assert np.allclose(spline.T @ spline / 700, np.eye(3), atol=1e-9)
    assert np.allclose(spline.T @ np.column_stack([np.ones(700), x]), 0.0, atol=1e-6)
    far = x > np.quantile(x, 0.96)
    order = np.argsort(x[far])
    slope = np.diff(spline[far][order], axis=0) / np.diff(x[far][order])[:, None]
    assert np.allclose(slope, slope[0], atol=1e-6)      # linear beyond the last knot
    two = np.repeat([0.0, 1.0], 50)
    assert natural_spline(two).shape[1] == square(two).shape[1] == 0


def test_spread_gain_is_a_log_ratio_that_finds_the_optimum() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(14)
    x = rng.normal(size=2000)
    basis = orthogonal(np.column_stack([x, x**2]))
    w = rng.normal(size=2000) * np.exp(0.4 * x)
    whole = np.column_stack([np.ones(2000), basis])
    best = minimize(lambda g: np.mean(whole @ g + w**2 * np.exp(-2 * whole @ g) / 2), np.zeros(3))
    assert spread_gain(basis, w).mean() == pytest.approx(np.mean(w**2) / 2 - best.fun, abs=2e-6)
    assert normal_scores(Arranged.of(np.array([3.0, 1.0, 2.0, 2.0]))) == pytest.approx([1.1503, -1.1503, 0.0, 0.0], abs=1e-4)


def test_scores_beyond_the_doubles_never_reach_lapack(capfd: pytest.CaptureFixture[str]) -> None:
    """It would print to stdout, where JSON stands."""
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(60, 1)), rng.normal(size=(60, 2))
    bordered = Bordered(Working.of(sample_of(Gaussian(), rng.normal(size=60), x), 0), [z])
    tested = bordered.test(np.arange(2))
    bordered.rows.g[0] = 1e200
    with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError, match="not finite"):
        bordered.robust(np.arange(2), tested)
    assert capfd.readouterr() == ("", "")
