"""Envelopes, contrasts and p-values of pictures: what they are by definition, and how often they err."""

from typing import cast

import numpy as np
import pytest

from mlefit.arrays import Array, ascending
from mlefit.noise import MODELS
from mlefit.picture.along import Shares
from mlefit.picture.bins import bins
from mlefit.picture.calibration import groups, isotonic
from mlefit.picture.contrasts import moved
from mlefit.picture.designed import Columns
from mlefit.picture.envelope import adjusted, envelope, own_p
from mlefit.picture.overview import gathered
from mlefit.picture.place import Place
from mlefit.picture.residuals import Residuals, scores_of
from mlefit.picture.scene import Scene, Variable
from mlefit.report.report import Report


def noise(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def test_as_many_curves_as_said_lie_wholly_inside_an_envelope() -> None:
    curves = np.cumsum(noise(0, 200, 30), axis=1)
    band = envelope(curves)
    inside = ((curves >= band.low) & (curves <= band.high)).all(axis=1)[1:]
    assert inside.mean() == pytest.approx(0.95, abs=0.006)
    assert (band.low < band.middle).all()
    assert (band.middle < band.high).all()


def test_a_bin_that_hardly_varies_does_not_widen_the_others() -> None:
    curves = noise(1, 200, 10)
    curves[:, 3] = 0.0
    curves[7, 3] = 0.01
    assert envelope(curves, 1.0).high.max() < 5.0
    assert envelope(curves).statistic[7] > 1e5


def test_p_values_of_true_data_are_uniform_together_and_alone() -> None:
    least, alone = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        table = {f"panel{k}": np.abs(rng.standard_normal((100, 5))).max(axis=1) for k in range(6)}
        found = adjusted(table)
        least.append(min(found.values()))
        alone.append(own_p(table["panel0"]))
        assert all(found[name] >= own_p(table[name]) - 1e-12 for name in table if found[name] == min(found.values()))
    for share in (0.05, 0.2, 0.5):
        error = 3.5 * np.sqrt(share * (1 - share) / 400)
        assert np.mean(np.array(least) <= share) == pytest.approx(share, abs=error)
        assert np.mean(np.array(alone) <= share) == pytest.approx(share, abs=error)


def test_one_departure_among_many_panels_is_found_with_199_draws() -> None:
    rng = np.random.default_rng(3)
    table = {f"panel{k}": np.abs(rng.standard_normal((200, 5))).max(axis=1) for k in range(60)}
    table["panel9"][0] = 9.0
    assert adjusted(table)["panel9"] == 1 / 200
    assert 60 * own_p(table["panel9"]) == pytest.approx(0.3)        # which Bonferroni would make of it


@pytest.mark.parametrize(("shift", "curve"), [
    (lambda k: np.stack([np.linspace(-0.6, 0.6, k), np.zeros(k)]), 0),
    (lambda k: np.stack([np.zeros(k), np.linspace(-1, 1, k) ** 2 - 1 / 3]), 1),
], ids=["line of means", "parabola of spreads"])
def test_what_is_spread_over_all_bins_is_seen(shift: object, curve: int) -> None:
    assert callable(shift)
    curves = 0.3 * noise(4, 200, 2, 20)
    curves[0] = 0.0
    quiet = moved(curves, np.full((2, 20), 0.3), ordered=True)
    assert own_p(quiet.statistic) > 0.5
    curves[0] = shift(20)
    loud = moved(curves, np.full((2, 20), 0.3), ordered=True)
    assert own_p(loud.statistic) == 1 / 200
    assert loud.curve == curve
    assert own_p(moved(curves, np.full((2, 20), 0.3), ordered=False).statistic) > 1 / 200      # no bin alone is far out


def test_bins_have_equal_counts_and_keep_equal_values_together() -> None:
    x = np.random.default_rng(5).permutation(np.repeat(np.arange(250.0), 4))
    found = bins(Variable("x", x))
    assert found.number == 20
    assert found.sizes.sum() == 1000
    assert found.sizes.min() >= 44
    ends = [*found.starts[1:], 1000]
    parts = [set(x[found.order[a:b]]) for a, b in zip(found.starts, ends, strict=True)]
    assert not any(parts[j] & parts[j + 1] for j in range(19))
    np.testing.assert_allclose(found.means(x), [np.mean([*x[found.order[a:b]]]) for a, b in zip(found.starts, ends, strict=True)])


def test_few_values_are_bins_and_rare_ones_join_a_neighbour() -> None:
    x = np.repeat([1.0, 2.0, 3.0, 4.0], [100, 3, 90, 80])
    assert [*bins(Variable("x", x)).sizes] == [100, 93, 80]
    levels = bins(Variable("x", x - 1.0, ("a", "b", "c", "d")))
    assert [*levels.sizes] == [100, 3, 90, 80]
    assert not levels.ordered


def test_all_equal_values_are_one_bin() -> None:
    assert bins(Variable("x", np.full(500, 7.0))).number == 1


def test_quantiles_of_bins_are_order_statistics() -> None:
    x, z = np.arange(1000.0), noise(6, 1000)
    found = bins(Variable("x", x))
    middle = found.quantiles(z, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_array_equal(middle[0], [z[50 * j : 50 * j + 50].min() for j in range(20)])
    np.testing.assert_array_equal(middle[2], [z[50 * j : 50 * j + 50].max() for j in range(20)])


def test_scores_keep_the_order_and_forget_the_shape() -> None:
    z = np.exp(noise(7, 500))
    np.testing.assert_array_equal(np.argsort(z), np.argsort(scores_of(z)))
    np.testing.assert_array_equal(scores_of(z), scores_of(np.log(z)))
    assert scores_of(z).std() == pytest.approx(1.0, abs=0.01)


def test_isotonic_shares_are_the_nearest_that_rise() -> None:
    from scipy.optimize import isotonic_regression

    p = np.sort(np.random.default_rng(8).random(150))
    hit = (np.random.default_rng(9).random(150) < p**2).astype(float)
    np.testing.assert_allclose(isotonic(groups(p, hit, p.size), p), isotonic_regression(hit).x, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_shares_without_a_refit_are_those_of_the_excess(classes: int) -> None:
    rng = np.random.default_rng(10)
    n, names = 400, "abc"[:classes]
    x = rng.standard_normal(n)
    eta = np.column_stack([0.5 * x, -x])[:, : classes - 1]
    law = MODELS.find("categorical" if classes > 2 else "bernoulli", "").of(names)
    shown = Scene(law, rng.integers(0, classes, n).astype(float), eta, np.empty(0), Columns(()), (), np.arange(n) + 1.0, 10 * n, "y",
                  tuple(names), False, cast(Report, None), 0)
    residuals = Residuals(shown)
    look, rows = Shares(Place("predictor:x", "", "x", "x", Variable("x", x)), residuals), residuals.observed
    assert not residuals.refits
    expected = np.concatenate([look.bins.means(rows.excess).ravel(), (rows.excess @ look._bends.T).ravel()])
    np.testing.assert_allclose(look.curve(rows), expected, atol=1e-12)


def test_a_class_that_hardly_occurs_does_not_widen_the_band_of_the_others() -> None:
    rng = np.random.default_rng(12)
    n = 4000
    x = rng.standard_normal(n)
    eta = np.column_stack([0.3 * x, 12.0 * x - 30.0])
    law = MODELS.find("categorical", "").of("abc")
    p = law.probabilities(eta, np.empty(0))
    y = (rng.random(n) > np.cumsum(p, axis=0)[:-1]).sum(axis=0).astype(float)
    shown = Scene(law, y, eta, np.empty(0), Columns(()), (), np.arange(n) + 1.0, 10 * n, "y", tuple("abc"), False, cast(Report, None), 0)
    residuals = Residuals(shown)
    look = Shares(Place("predictor:x", "", "x", "x", Variable("x", x)), residuals)
    gathered([look], residuals)
    assert look.band.high.max() < 0.25


def test_the_quick_order_is_the_stable_one() -> None:
    for values in (np.random.default_rng(0).random(500), np.repeat([2.0, 1.0, 2.0], 40), np.array([1.0, np.nan, 0.0]), np.empty(0)):
        np.testing.assert_array_equal(ascending(values), np.argsort(values, kind="stable"))
