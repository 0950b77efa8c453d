"""KL of a gaussian without predictors: known values, identity, invariance, calibration."""

import numpy as np
import pytest
from information_cases import evidence, gaussian, sample_of, spacing_entropy
from scipy import stats

from mlefit.noise.gaussian import Gaussian

N = 10_000


@pytest.mark.parametrize(("law", "known"), [
    (stats.laplace(), 0.07236), (stats.gamma(4), 0.08868), (stats.t(10), 0.00925), (stats.uniform(), 0.17649),
])
def test_known_divergences(law: stats.rv_continuous, known: float) -> None:
    found = gaussian(law.rvs(size=N, random_state=np.random.default_rng(5)))
    se = (found.kl.ci_high - found.kl.ci_low) / (2 * 1.959964)
    assert found.kl.misfit == pytest.approx(known, abs=4 * se)
    assert found.kl.verdict.startswith("misfit, ")
    assert found.kl.verdict_p_value < 1e-6
    assert found.kl.part_p_values == {"shape": pytest.approx(found.kl.verdict_p_value, abs=1e-15)}


def test_five_degrees_of_freedom_show_at_two_thousand_rows() -> None:
    found = gaussian(np.random.default_rng(11).standard_t(5, size=2000))
    assert found.kl.ci_low < 0.0469 < found.kl.ci_high
    assert found.kl.verdict == "misfit, moderate"
    assert found.kl.sd_equivalent == pytest.approx(np.sqrt(2 * found.kl.misfit))
    assert found.kl.rows_20to1 == pytest.approx(np.log(20) / found.kl.misfit)


@pytest.mark.parametrize("n", [30, 500, 30_000])
def test_stored_numbers_add_up(n: int) -> None:
    sample = sample_of(Gaussian(), np.random.default_rng(n).laplace(3, 2, size=n))
    found = evidence(sample)
    assert found.cross_entropy == sample.cross_entropy_total
    assert abs(found.entropy + found.kl.raw - found.cross_entropy) < 1e-12


def test_entropy_is_the_spacing_entropy_of_the_column() -> None:
    y = np.random.default_rng(8).gamma(2, 5, size=3000)
    assert gaussian(y, draws=0).entropy == pytest.approx(spacing_entropy(y), abs=1e-10)


@pytest.mark.parametrize("factor", [1e-200, 0.0254, -3.0, 1e200])
def test_units_do_not_matter(factor: float) -> None:
    y = np.random.default_rng(6).standard_t(4, size=800)
    one, other = gaussian(y), gaussian(factor * y + 17 * factor)
    for name in ("raw", "misfit", "ci_low", "ci_high", "null_low", "null_high", "ad_p_value"):
        assert getattr(other.kl, name) == pytest.approx(getattr(one.kl, name), abs=1e-9)
    assert other.entropy == pytest.approx(one.entropy + np.log(abs(factor)), abs=1e-9)
    assert other.kl.verdict == one.kl.verdict


def test_units_of_a_rounded_column_do_not_matter() -> None:
    y = np.round(np.random.default_rng(6).normal(size=400), 2)
    one, other = gaussian(y), gaussian(2.54 * y + 100)
    assert other.kl.raw == pytest.approx(one.kl.raw, abs=1e-9)
    assert other.kl.verdict_p_value == pytest.approx(one.kl.verdict_p_value, abs=1e-8)
    assert other.kl.resolution == pytest.approx(2.54 * one.kl.resolution, rel=1e-9)


def test_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    for y in (rng.normal(size=500), np.round(rng.normal(size=500), 1), rng.normal(size=60_000)):
        one, other = gaussian(y, draws=9), gaussian(rng.permutation(y), draws=9)
        assert other.kl.raw == pytest.approx(one.kl.raw, abs=1e-10)
        assert other.kl.verdict_p_value == pytest.approx(one.kl.verdict_p_value, abs=1e-8)


def test_weight_is_the_row_repeated() -> None:
    rng = np.random.default_rng(9)
    y, weight = np.unique(np.round(rng.normal(size=700), 1), return_counts=True)
    weighted = gaussian(y, weight=weight.astype(float))
    repeated = gaussian(np.repeat(y, weight))
    assert weighted.kl.raw == pytest.approx(repeated.kl.raw, abs=1e-9)
    assert weighted.kl.verdict_p_value == pytest.approx(repeated.kl.verdict_p_value, abs=1e-9)
    assert weighted.kl.n_used == repeated.kl.n_used == 700


def test_same_seed_same_bytes_other_seed_other_draws() -> None:
    y = np.random.default_rng(12).normal(size=300)
    assert gaussian(y) == gaussian(y)
    assert gaussian(y).kl.raw == gaussian(y, seed=1).kl.raw
    assert gaussian(y).kl.null_low != gaussian(y, seed=1).kl.null_low


def test_no_draws_leave_the_raw_numbers() -> None:
    found = gaussian(np.random.default_rng(13).normal(size=300), draws=0)
    assert found.kl.raw is not None
    assert found.entropy is not None
    assert found.kl.bound == "estimate"
    for name in ("misfit", "ci_low", "null_low", "null", "detection_limit"):
        assert getattr(found.kl, name) is None
    assert found.kl.verdict == "no misfit detected"         # its law needs no draw


@pytest.mark.slow
def test_interval_covers_the_divergence_of_a_laplace_law() -> None:
    covered = 0
    for seed in range(60):
        found = gaussian(np.random.default_rng([21, seed]).laplace(size=1000), draws=19)
        covered += found.kl.ci_low <= 0.07236 <= found.kl.ci_high
    assert covered >= 50            # 95 % nominal; below 50 of 60 has probability 0.0001 at coverage 0.95


def test_heavy_tails_flag_the_interval() -> None:
    found = gaussian(np.random.default_rng(14).standard_t(1.5, size=1000))
    assert len(found.kl.flags) == 1
    assert found.kl.flags[0].startswith("interval driven by a few rows: one row supplies ")
    assert found.kl.flags[0].endswith(" % of its variance; read the upper end as unknown")


def test_a_part_of_the_rows_keeps_the_cross_entropy_of_all() -> None:
    y = np.random.default_rng(15).laplace(size=300_000)
    sample = sample_of(Gaussian(), y)
    found = evidence(sample)
    assert found.kl.n_used == 50_000
    assert found.entropy + found.kl.raw == pytest.approx(sample.cross_entropy_total, abs=1e-12)
    assert found.kl.misfit == pytest.approx(0.07236, abs=4 * (found.kl.ci_high - found.kl.ci_low) / 3.92)


def test_no_intercept_means_mean_zero() -> None:
    from dataclasses import replace

    y = np.random.default_rng(16).normal(0.5, 1.0, size=2000)
    sample = sample_of(Gaussian(), y)
    free = np.array([0.5 * np.log(np.mean(y**2))])
    total = float(Gaussian().nll(y, np.zeros((2000, 1)), free, 0).value.mean())
    bare = replace(
        sample, designs=(np.empty((2000, 0)),), eta=np.zeros((2000, 1)), free=free, parameters=1, intercept_only=False,
        cross_entropy_total=total,
    )
    found = evidence(bare)
    # N(0.5, 1) against N(0, 1.25): log(sqrt 1.25) + 1.25 / 2.5 - 1/2
    assert found.kl.misfit == pytest.approx(0.5 * np.log(1.25), abs=0.02)
    assert found.kl.verdict_p_value <= 0.01
