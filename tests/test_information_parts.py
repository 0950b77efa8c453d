"""The judgement in three parts with predictors: what each finds, what it does not, and the bound that they give."""

from dataclasses import replace

import numpy as np
import pytest
from information_cases import bernoulli, coded, evidence, gaussian, sample_of
from scipy.special import ndtri

from mlefit.arrays import Array
from mlefit.information import runs
from mlefit.information.arranged import Arranged
from mlefit.information.measure import measure
from mlefit.information.runs import Runs
from mlefit.information.working import Working
from mlefit.noise import MODELS
from mlefit.noise.gaussian import Gaussian
from mlefit.report.information import Information

N = 10_000
POISSON, GAMMA = MODELS["poisson"], MODELS["gamma"]


def noise_and_x(seed: int, n: int = N) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.normal(size=n)


def test_uneven_spread_is_bounded_from_below() -> None:
    e, x = noise_and_x(1)
    found = gaussian(x + e * np.exp(0.3 * x), x[:, None])
    assert found.kl.bound == "lower"
    assert found.kl.misfit == pytest.approx(0.0795, abs=4 * 0.005)
    assert found.kl.ci_low < 0.09                   # the whole KL is 0.09; the bound must not exceed it
    assert found.kl.ci_high is None                 # a bound has no upper end
    assert found.kl.parts["spread"] > 0.05
    assert (found.kl.verdict, found.kl.verdict_code, found.kl.part) == ("misfit, moderate", "misfit", "spread")
    assert found.kl.advice[0].startswith("the spread goes with x1: ")


def test_missing_curve_is_structure() -> None:
    e, x = noise_and_x(2)
    found = gaussian(x + 0.3 * (x**2 - 1) + e, x[:, None])
    known = 0.5 * np.log1p(2 * 0.3**2)           # sigma^2 grows by var(0.3 (x^2 - 1))
    assert found.kl.ci_low < known
    assert found.kl.parts["structure"] == pytest.approx(known, abs=0.015)
    assert abs(found.kl.parts["shape"]) < 0.005
    assert found.kl.part == "structure"
    assert found.kl.advice == ('let the mean bend in x1: -f "y ~ bs(x1, df=5)"',)
    assert found.kl.looked_at == "mean (squares, splines, runs), spread, shape"


def test_heavy_errors_are_shape() -> None:
    _, x = noise_and_x(3)
    errors = np.random.default_rng(33).standard_t(5, size=N)
    found = gaussian(x + errors, x[:, None])
    assert found.kl.parts["shape"] == pytest.approx(0.0469, abs=0.02)
    assert abs(found.kl.parts["structure"]) < 0.003
    assert found.kl.part == "shape"
    assert found.kl.verdict_p_value < 1e-10         # its law has a tail; ranks of draws end at one over their number
    assert found.kl.advice[0].startswith("the residuals have heavy tails: -m ")
    assert "gaussian" not in found.kl.advice[0]


def test_errors_that_lean_call_for_a_law_of_positive_numbers() -> None:
    rng = np.random.default_rng(26)
    x = rng.normal(size=(700, 1))
    y = 20.0 + x[:, 0] + rng.gamma(2.0, 2.0, 700)
    assert gaussian(y, x).kl.advice == ('the residuals lean to the right: -f "log(y) ~ x1" or -m gamma (mlefit compare says which)',)
    unnamed = replace(sample_of(Gaussian(), y, x), target="a price")
    assert measure(unnamed, seed=0, draws=None).kl.advice == (
        "the residuals lean to the right: -m gamma or -m lognormal (mlefit compare says which)",)
    assert gaussian(y - 30.0, x).kl.advice[0].startswith("the residuals have another shape: ")


@pytest.mark.parametrize(("wave", "kind"), [(np.sign, "runs"), (np.sin, "runs")])
def test_waves_that_no_spline_follows_are_runs(wave: np.ufunc, kind: str) -> None:
    e, x = noise_and_x(15, 2000)
    found = gaussian(x + 0.35 * wave(np.sin(6 * x) if wave is np.sign else 6 * x) + e, x[:, None])
    assert kind in str(found.kl.looked_at)
    assert (found.kl.part, found.kl.verdict_code) == ("structure", "misfit")


def test_products_are_named_with_both_columns() -> None:
    rng = np.random.default_rng(16)
    x = rng.normal(size=(800, 3))
    found = gaussian(x.sum(axis=1) + 0.4 * x[:, 0] * x[:, 2] + rng.normal(size=800), x)
    assert found.kl.advice == ('add the product: -f "y ~ x1 + x2 + x3 + x1:x3"',)


def test_pairs_of_factors_and_few_values_are_cells() -> None:
    rng = np.random.default_rng(17)
    g, h, k = rng.integers(0, 4, 1500), rng.integers(0, 5, 1500), rng.integers(0, 9, 1500)
    letters = np.array(list("abcde"))
    x, blocks = coded({"g": letters[g], "h": letters[h], "k": k.astype(float)})
    noise = rng.normal(size=1500)
    pair = evidence(sample_of(Gaussian(), np.where((g == 1) & (h == 2), 1.5, 0.0) + noise, x, blocks=blocks))
    assert (pair.kl.part, pair.kl.advice) == ("structure", ('add the product: -f "y ~ g + h + k + g:h"',))
    saw = evidence(sample_of(Gaussian(), 0.6 * (k % 2) + noise, x, blocks=blocks))
    assert (saw.kl.part, saw.kl.advice) == ("structure", ('give each value of k a mean of its own: -f "y ~ g + h + C(k)"',))
    assert evidence(sample_of(Gaussian(), 0.3 * g + noise, x, blocks=blocks)).kl.verdict_code == "none"


def test_spread_alone_is_not_called_structure() -> None:
    """Squares of heavy leverage look like a curve to F; with robust variances they do not."""
    named = set()
    for seed in range(20):
        rng = np.random.default_rng([18, seed])
        x = rng.normal(size=(500, 1))
        named.add(gaussian(x[:, 0] + np.exp(0.8 * x[:, 0]) * rng.normal(size=500), x).kl.part)
    assert named <= {"spread", "shape"}


def counts(rng: np.random.Generator, x: Array, bend: float = 0.0, size: float = np.inf) -> Information:
    mean = np.exp(0.5 + 0.4 * x[:, 0] + bend * (x[:, 1] ** 2 - 1))
    rate = mean if np.isinf(size) else rng.gamma(size, mean / size)
    return evidence(sample_of(POISSON, rng.poisson(rate), x))


def test_counts_have_all_three_parts() -> None:
    rng = np.random.default_rng(22)
    x = rng.normal(size=(1000, 2))
    true = counts(rng, x)
    assert list(true.kl.part_p_values) == ["structure", "spread", "shape"]
    assert (true.kl.verdict_code, true.kl.bound) == ("none", "lower")
    bent = counts(rng, x, bend=0.25)
    assert bent.kl.part == "structure"
    assert bent.kl.advice == ('let the mean bend in x2: -f "y ~ x1 + bs(x2, df=5)"',)
    over = counts(rng, x, size=2.0)
    assert over.kl.part == "spread"
    assert over.kl.advice == ("rows vary more than the model lets them: -m negative-binomial (mlefit compare says which)",)
    assert over.kl.misfit > 0.02


def test_positive_numbers_have_all_three_parts() -> None:
    rng = np.random.default_rng(20)
    x = rng.normal(size=(800, 2))
    mean = np.exp(0.5 * x[:, 0])
    true = evidence(sample_of(GAMMA, rng.gamma(2, mean / 2), x))
    assert true.kl.verdict_code == "none"
    assert abs(true.kl.misfit) < 0.02
    other = evidence(sample_of(GAMMA, mean * rng.lognormal(0, 1, 800), x))
    assert (other.kl.verdict_code, other.kl.part) == ("misfit", "shape")
    bent = evidence(sample_of(GAMMA, rng.gamma(2, mean * np.exp(0.3 * x[:, 1] ** 2) / 2), x))
    assert (bent.kl.verdict_code, bent.kl.part) == ("misfit", "structure")


def test_rows_of_a_rare_class_are_judged_by_their_score() -> None:
    p = []
    for seed in range(40):
        rng = np.random.default_rng([21, seed])
        x = rng.normal(size=(1500, 3))
        y = (rng.random(1500) < 0.025).astype(float)
        p.append(bernoulli(y, x).kl.verdict_p_value)
    assert sum(value <= 0.05 for value in p) <= 7       # binomial(40, 0.05): 2 + 3.6 sd; the likelihood ratio has .14
    few = bernoulli((np.arange(200) < 7).astype(float), np.random.default_rng(1).normal(size=(200, 3)))
    assert few.kl.reason == "the rarest class has 7 rows, too few for 4 coefficients (at least 3 each)"


def test_parts_add_up_to_the_misfit_and_the_identity_holds() -> None:
    e, x = noise_and_x(4, 500)
    sample = sample_of(Gaussian(), 3 * x + e, x[:, None])
    found = evidence(sample)
    assert sum(found.kl.parts.values()) == pytest.approx(found.kl.misfit, abs=1e-12)
    assert abs(found.entropy + found.kl.raw - sample.cross_entropy_total) < 1e-12
    p = found.kl.part_p_values
    assert found.kl.verdict_p_value == pytest.approx(1 - (1 - min(p.values())) ** 3, abs=1e-12)
    assert found.kl.draws == 39


@pytest.mark.parametrize("factor", [1e-100, -0.0254, 1e100])
def test_units_do_not_matter(factor: float) -> None:
    e, x = noise_and_x(5, 300)
    y = 2 * x + e
    one, other = gaussian(y, x[:, None]), gaussian(factor * y - 5 * factor, (100 * x + 3)[:, None])
    assert other.kl.raw == pytest.approx(one.kl.raw, abs=1e-7)
    assert other.kl.verdict_p_value == pytest.approx(one.kl.verdict_p_value, abs=1e-6)
    assert other.entropy - other.cross_entropy == pytest.approx(-other.kl.raw, abs=1e-9)


@pytest.mark.slow
def test_true_models_are_rejected_as_often_as_said() -> None:
    p = []
    for seed in range(200):
        rng = np.random.default_rng([6, seed])
        x = rng.normal(size=(100, 2))
        p.append(gaussian(x.sum(axis=1) + rng.normal(size=100), x).kl.verdict_p_value)
    assert sum(value <= 0.05 for value in p) <= 20      # binomial(200, 0.05): 10 + 3.2 sd
    assert 0.4 < np.mean(p) < 0.65                      # looks that overlap are paid for twice


def test_rounded_responses_are_no_misfit() -> None:
    p = []
    for seed in range(12):
        rng = np.random.default_rng([7, seed])
        x = rng.normal(size=(500, 1))
        found = gaussian(np.round(x[:, 0] + rng.normal(size=500), 1), x)
        assert found.kl.resolution == pytest.approx(0.1)
        p.append(found.kl.verdict_p_value)
    assert sorted(p)[1] > 0.05
    assert max(p) > 0.5


def test_weight_is_the_row_repeated() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 9, 400) / 2.0, rng.normal(size=400)
    y = np.round(x + y, 1)
    cells, counts = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    weighted = gaussian(cells[:, 1], cells[:, :1], weight=counts.astype(float))
    repeated = gaussian(np.repeat(cells[:, 1], counts), np.repeat(cells[:, :1], counts, axis=0))
    assert weighted.kl.raw == pytest.approx(repeated.kl.raw, abs=1e-9)
    assert weighted.kl.n_used == 400


def test_at_most_twenty_thousand_rows() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(60_000, 3))
    sample = sample_of(Gaussian(), x.sum(axis=1) + rng.normal(size=60_000), x)
    found = evidence(sample)
    assert found.kl.n_used == 20_000
    assert found.entropy + found.kl.raw == pytest.approx(sample.cross_entropy_total, abs=1e-12)
    assert found.kl.ci_low < 0.0
    assert found.kl.shown == 0.0


def test_a_part_of_the_rows_is_settled_on_them() -> None:
    """The fit to all rows is not the maximum on some; scores are made to vanish there first."""
    rng = np.random.default_rng(23)
    x = rng.normal(size=(600, 2))
    whole = sample_of(GAMMA, rng.gamma(3, np.exp(0.4 * x[:, 0]) / 3), x)
    moved = replace(whole, eta=whole.eta + 0.03, free=whole.free - 0.05, rows_total=5000)
    settled = Working.of(moved, 0)
    assert settled.total() == pytest.approx(600 * whole.cross_entropy_total, abs=1e-3)
    assert np.abs(x.T @ settled.g[:, 0]).max() < 1.0


def test_offset_and_dummies() -> None:
    rng = np.random.default_rng(10)
    offset, g = rng.normal(size=400), rng.integers(0, 2, 400).astype(float)
    found = gaussian(offset + g + rng.normal(size=400), g[:, None], offset=offset)
    assert found.kl.bound == "lower"
    assert found.kl.verdict == "no misfit detected"


def test_too_few_rows_are_said() -> None:
    rng = np.random.default_rng(11)
    assert gaussian(rng.normal(size=15), rng.normal(size=(15, 1))).kl.reason == "15 rows are too few (at least 20)"
    assert gaussian(rng.normal(size=34), rng.normal(size=(34, 24))).kl.reason == "34 rows are too few (at least 36)"


@pytest.mark.slow
def test_threads_do_not_matter() -> None:
    import os
    import subprocess
    import sys
    from pathlib import Path

    program = (
        "import sys, numpy as np; sys.path.insert(0, 'tests'); from information_cases import *\n"
        "x = np.random.default_rng(0).normal(size=(20_000, 5))\n"
        "d, eta = np.column_stack([np.ones(20_000), x]), np.zeros((20_000, 1))\n"
        "blocks = tuple(Block(f'x{j}', (j,), False) for j in range(1, 6))\n"
        "s = Sample(MODELS['gaussian'], x[:, 0] ** 3, d, (d,), eta, np.zeros(1), None, None, 7, False, 90_000, 2.0, blocks)\n"
        "print(repr(evidence(s, draws=3)))"
    )
    root = Path(__file__).parents[1]
    said = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root,
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2")
    ]
    assert said[0] == said[1]


def test_runs_beside_many_columns_are_judged_as_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(29)
    x = np.vander(np.sort(rng.normal(size=600)), 5)[:, :4] @ rng.normal(size=(4, 90)) * 0.1 + rng.normal(size=(600, 90))
    rows = Working.of(sample_of(Gaussian(), x[:, 0] + rng.normal(size=600), x), 0)
    estimated = Runs(rows, 0).p([Arranged.of(x[:, j]) for j in range(20)])
    monkeypatch.setattr(runs, "PROBES", 1000)
    exact = Runs(rows, 0).p([Arranged.of(x[:, j]) for j in range(20)])
    assert np.abs(ndtri(estimated) - ndtri(exact)).max() < 0.15        # in standard deviations of z
