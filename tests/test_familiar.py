"""Figures people know: each is its definition, a sum over rows that no cut into parts changes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlefit
from mlefit.arrays import Array
from mlefit.information import ranking as rankings
from mlefit.information.familiar import Errors, Hits
from mlefit.information.ranking import Ranking
from mlefit.sums.tally import tree_sum


def pairwise_auc(score: Array, y: Array, weight: Array) -> float:
    """By its definition: every pair of a row of each class."""
    second, first = y == 1.0, y == 0.0
    won = np.sign(score[second][:, None] - score[first]) / 2.0 + 0.5
    return float(weight[second] @ won @ weight[first] / (weight[second].sum() * weight[first].sum()))


def parts(n: int, cuts: list[int]) -> list[slice]:
    return [slice(a, b) for a, b in pairwise(sorted({0, n, *(cut for cut in cuts if cut < n)}))]


def same_weights_as_rows(score: Array, y: Array) -> float | None:
    return Ranking.of(score, y, np.ones(y.size)).auc


@given(st.integers(0, 10_000), st.lists(st.integers(1, 80), max_size=5), st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_auc_is_the_share_of_pairs_in_the_right_order_and_ties_count_one_half(seed: int, cuts: list[int], ties: bool) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 80))
    score = np.round(rng.normal(size=n), 0 if ties else 9)
    y, weight = rng.integers(0, 2, n).astype(float), rng.integers(1, 4, n).astype(float)
    found = tree_sum(Ranking.of(score[part], y[part], weight[part]) for part in parts(n, cuts)).auc
    if y.min() == y.max():
        assert found is None
    else:
        assert found == pytest.approx(pairwise_auc(score, y, weight), abs=1e-14)
        rows = tree_sum(Ranking.of(score[part], y[part], None) for part in parts(n, cuts)).auc
        assert rows == same_weights_as_rows(score, y)


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rankings, "MOST", 8_000)
    monkeypatch.setattr(rankings, "FINEST", 2_000)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("spread", "centre"), [(2.0, 0.0), (0.1, 0.1), (1.0, -6.0)])
def test_auc_of_more_scores_than_are_kept_is_right_to_a_thousandth_of_its_error(
    spread: float, centre: float, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    n = 100_000
    score = spread * rng.normal(size=n) + centre
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-score))).astype(float)
    weight = rng.uniform(0.0, 2.0, n) if weighted else None
    exact = Ranking.of(score, y, weight).auc
    small(monkeypatch)
    cuts = [slice(at, at + 1_000) for at in range(0, n, 1_000)]
    several = tree_sum(Ranking.of(score[part], y[part], None if weight is None else weight[part]) for part in cuts)
    assert several.lost > 20
    assert sum(key.size for key in several.keys) <= 8_000
    assert several.auc is not None
    assert exact is not None
    error = np.sqrt(exact * (1.0 - exact) / min(y.sum(), n - y.sum()))
    assert 0.0 < abs(several.auc - exact) < 0.016 * error       # with a sixteenth of the cells


def test_rows_of_weight_one_need_no_weights_and_zero_has_one_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    n = 20_000
    score = np.round(rng.normal(size=n), 2) * rng.choice([-1.0, 1.0], n)
    y, ones = (rng.random(n) < 0.4).astype(float), np.ones(n)
    assert np.signbit(score[score == 0.0]).any()
    exact = Ranking.of(score, y, None).auc
    assert exact == Ranking.of(score, y, ones).auc
    assert exact == pytest.approx(pairwise_auc(score, y, ones), abs=1e-12)
    small(monkeypatch)
    few = tree_sum(Ranking.of(score[at : at + 500], y[at : at + 500], None) for at in range(0, n, 500))
    assert sum(key.size for key in few.keys) < n
    assert few.lost == 1
    assert few.auc == exact         # of so few values none are put together


@given(st.integers(0, 10_000), st.lists(st.integers(1, 60), max_size=5), st.sampled_from([0.0, 1e8]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_errors_of_numbers_do_not_depend_on_cuts_nor_on_where_zero_is(seed: int, cuts: list[int], far: float) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    y, weight = rng.normal(size=n), rng.integers(1, 4, n).astype(float)
    predicted = y + rng.normal(size=n)
    shifted, guess = y + far, predicted + far
    found = tree_sum(Errors.of(shifted[part], guess[part], weight[part]) for part in parts(n, cuts)).figures(2.0)
    mean_square = float(weight @ (shifted - guess) ** 2) / weight.sum()
    about = shifted - (far + float(weight @ (shifted - far)) / weight.sum())
    assert found.rmse == pytest.approx(2.0 * np.sqrt(mean_square), rel=1e-12)
    assert found.r_squared == pytest.approx(1.0 - mean_square * weight.sum() / float(weight @ about**2), abs=1e-6 if far else 1e-12)


def test_r_squared_of_one_value_and_auc_of_three_classes_do_not_exist() -> None:
    one = Errors.of(np.full(3, 2.0), np.array([1.0, 2.0, 3.0]), np.ones(3)).figures(1.0)
    assert (one.r_squared, one.rmse) == (None, pytest.approx(np.sqrt(2.0 / 3.0)))
    chance = np.array([[0.5, 0.1], [0.3, 0.2], [0.2, 0.7]])
    hits = Hits.of(np.array([0.0, 1.0]), chance, np.zeros((2, 2)), np.array([1.0, 3.0])).figures
    assert hits == (None, None, 0.25, None)


def test_the_figures_of_the_rows_fitted_are_those_of_their_predictions() -> None:
    rng = np.random.default_rng(5)
    n = 400
    x = rng.normal(size=n)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-x))).astype(int)
    found = mlefit.fit({"x": x, "y": y}, "y", model="bernoulli", draws=0).report
    assert found.criteria is not None
    assert found.criteria.auc == pytest.approx(pairwise_auc(x, y, np.ones(n)), abs=1e-12)
    first, slope = (p.estimate for p in found.parameters)
    assert first is not None
    assert slope is not None
    assert found.criteria.accuracy == pytest.approx(np.mean((first + slope * x > 0.0) == y), abs=1e-12)
    assert found.criteria.log_loss == pytest.approx(-found.criteria.loglik / n if found.criteria.loglik else 0.0, rel=1e-12)
    assert found.criteria.rmse is None
    z = 2.0 * x + rng.normal(size=n)
    numbers = mlefit.fit({"x": x, "z": z}, "z", draws=0).report
    assert numbers.criteria is not None
    assert numbers.criteria.rmse == pytest.approx(numbers.parameters[-1].estimate, rel=1e-12)
    assert (numbers.criteria.accuracy, numbers.criteria.log_loss, numbers.criteria.auc) == (None, None, None)


def test_held_out_rows_have_the_same_figures() -> None:
    rng = np.random.default_rng(6)
    n = 1_000
    x = rng.normal(size=n)
    z = 2.0 * x + rng.normal(size=n)
    y = np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-x)), "yes", "no")
    aside = np.random.default_rng([0, 0, 1]).random(n) < 0.4
    numbers = mlefit.fit({"x": x, "z": z}, "z", draws=0, holdout=0.4).report
    held = numbers.information.holdout if numbers.information else None
    assert held is not None
    line = np.polyfit(x[~aside], z[~aside], 1)
    error = z[aside] - np.polyval(line, x[aside])
    assert held.rmse == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-10)
    assert held.r_squared == pytest.approx(1.0 - np.mean(error**2) / z[aside].var(), rel=1e-10)
    classes = mlefit.fit({"x": x, "y": y.tolist()}, "y", draws=0, holdout=0.4).report
    held = classes.information.holdout if classes.information else None
    assert held is not None
    assert held.auc == pytest.approx(pairwise_auc(x[aside], (y[aside] == "yes").astype(float), np.ones(aside.sum())), abs=1e-12)
    assert held.log_loss == held.cross_entropy
    assert held.not_scored == 0
