"""Models beside a factor of many levels are compared along its levels, and what is said is that of its columns."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.api import request_of
from mlefit.cli import main
from mlefit.comparison import admitted, levels
from mlefit.comparison.contest import Contest
from mlefit.comparison.drawn import refitted
from mlefit.comparison.wild import wild
from mlefit.design import indexing
from mlefit.pipeline.fitted import fit
from mlefit.problem import indexing as asked
from mlefit.problem import prepare
from mlefit.problem.stated import stated
from mlefit.rows.chunk import Chunk
from mlefit.source import open_source

LEVELS, ROWS = 30, 1200
NUMBERS = [f"x{j}" for j in range(8)]       # as many as the smooth test looks along


def rows(seed: int = 1, levels: int = LEVELS, count: int = ROWS) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    g, x = rng.permutation(np.arange(count) % levels), rng.normal(size=(count, 8))
    eta = 0.6 * rng.normal(size=levels)[g] + 0.4 * x[:, 0] - 0.2 * x[:, 1]
    mean = np.exp(0.5 * eta + 0.7)
    return dict(zip(NUMBERS, x.T, strict=True)) | {
        "g": [f"l{level:04d}" for level in g], "h": [f"h{k:02d}" for k in rng.integers(0, 25, count)],
        "y": eta + rng.normal(size=count), "count": rng.poisson(mean), "spread": rng.poisson(mean * rng.gamma(2.0, 0.5, count)),
        "size": mean * rng.gamma(3.0, 1 / 3, count), "b": (eta + rng.logistic(size=count) > 0.0).astype(int),
        "halves": np.rint(2.0 * (eta + rng.normal(size=count))) / 2.0, "heavy": eta + rng.standard_t(3, count),
    }


def compared(data: dict[str, Any], many: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    monkeypatch.setattr(indexing, "MANY", many)
    monkeypatch.setattr(asked, "WORK", 0.0)
    used = {name: values for name, values in data.items() if name in (*NUMBERS, "g", options.get("target"))}
    return mlefit.compare(used if "formulas" not in options else data, kl=False, seed=3, **options).comparison


@pytest.mark.parametrize(("target", "models", "options"), [
    ("y", ("gaussian",), {}), ("halves", ("gaussian",), {}), ("heavy", ("gaussian", "student-t"), {}),
    ("spread", ("poisson", "negative-binomial"), {}), ("size", ("gamma", "weibull", "lognormal", "gaussian"), {}),
    ("b", ("bernoulli",), {}), ("count", ("poisson", "gaussian"), {"holdout": 0.2}), ("size", ("gamma", "gaussian"), {"folds": 3}),
], ids=str)
@pytest.mark.slow
def test_levels_say_what_columns_do(
    target: str, models: tuple[str, ...], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = rows()
    one, other = (compared(data, many, monkeypatch, target=target, models=models, **options) for many in (20, 10**6))
    check_alike(one, other)


def check_alike(one: Any, other: Any) -> None:
    """Everything that is decided and told."""
    check_fits(one, other)
    assert (one.recommendation.model, one.recommendation.strength) == (other.recommendation.model, other.recommendation.strength)
    assert one.recommendation.because == other.recommendation.because
    for mine, his in zip(one.adequacy, other.adequacy, strict=True):
        assert (mine.model, mine.df, mine.draws) == (his.model, his.df, his.draws)
        assert mine.statistic == pytest.approx(his.statistic, rel=1e-5)
        assert mine.p_value == his.p_value


def check_fits(one: Any, other: Any) -> None:
    """Every model, and how far each is from the best."""
    assert [entry.label for entry in one.entries] == [entry.label for entry in other.entries]
    for mine, his in zip(one.entries, other.entries, strict=True):
        assert mine.report.mle.nll == pytest.approx(his.report.mle.nll, rel=1e-10)
        assert mine.report.criteria.on_new_rows == pytest.approx(his.report.criteria.on_new_rows, rel=1e-6)
        if his.held_out is not None:
            assert mine.held_out.cross_entropy == pytest.approx(his.held_out.cross_entropy, rel=1e-8)
    for mine, his in zip(one.differences, other.differences, strict=True):
        assert mine[:2] == his[:2]
        assert (mine.nats, mine.std_error) == pytest.approx((his.nats, his.std_error), rel=1e-6, abs=1e-9)
        assert (mine.test, mine.df) == (his.test, his.df)


@pytest.mark.slow
def test_designs_with_and_without_the_factor_are_nested(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    formulas = ("y ~ x0 + x1 + g", "y ~ x0 + x1", "y ~ x0 + g", "y ~ x2 + g")
    one, other = (compared(data, many, monkeypatch, formulas=formulas, models=("gaussian",)) for many in (20, 10**6))
    check_fits(one, other)
    nested = {difference.model: difference.nested for difference in one.differences}
    assert nested == {"y ~ x0 + x1": True, "y ~ x0 + g": True, "y ~ x2 + g": False}


def test_a_law_by_columns_holds_one_by_levels_wherever_the_factor_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    found = compared(data, 20, monkeypatch, formulas=("heavy ~ g + x0",), models=("gaussian", "student-t"))
    assert [entry.label for entry in found.entries] == ["student-t", "gaussian"]
    assert found.differences[0].nested
    assert found.recommendation.strength == "strong"


def test_what_would_have_been_seen_is_not_said_of_a_coefficient_to_each_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take along more of what rows vary than the error of a shape."""
    many, few = (compared(rows(seed=8, levels=levels, count=3000), 20, monkeypatch, target="count",
                          models=("poisson", "negative-binomial")) for levels in (100, 30))
    said = "nothing in these data asks for more than poisson"
    assert many.recommendation.because == said
    assert few.recommendation.because.startswith(f"{said}; negative-binomial with alpha above ")


@pytest.mark.parametrize("capacity", [20_000, 400])
def test_one_wild_row_is_named_beside_levels_of_which_some_are_looked_at(capacity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (prepare, levels):
        monkeypatch.setattr(module, "SAMPLE_PREDICTORS", capacity)
    monkeypatch.setattr(indexing, "MANY", 20)
    data = rows(seed=6)
    data["y"][700] = 90.0
    request = request_of("compare", data, "y", [*NUMBERS, "g"], {})
    with ExitStack() as stack:
        source = stack.enter_context(open_source(data, request.read))
        ranked = list(Contest(request, source, stack, None).fits(("gaussian",), ()))
        found = wild(ranked, 1, 99)
    assert found is not None
    assert (found.rows, found.values) == ((701,), (pytest.approx(90.0),))
    assert found.p_value > 0.01


LEFT = ("left out, as with columns for the 30 levels of g each takes half a minute or more: heteroscedastic-gaussian, huber, "
        "student-t, laplace; -m MODEL,MODEL compares those that it names")
BEYOND = "left out, as columns for the 250 levels of g are beyond the memory that may be used: heteroscedastic-gaussian, huber, " \
         "student-t, laplace"


def test_models_that_take_columns_are_left_out_where_these_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admitted, "LONG", 0.0)
    found = compared(rows(), 20, monkeypatch, target="y")
    assert found.remarks == (LEFT,)
    assert [entry.model for entry in found.entries] == ["gaussian"]


def written(path: Path, levels: int) -> str:
    data = rows(levels=levels, count=5 * levels)
    lines = (",".join(str(data[name][i]) for name in ("x0", "x1", "g", "y")) for i in range(5 * levels))
    path.write_text("x0,x1,g,y\n" + "\n".join(lines) + "\n")
    return str(path)


@pytest.mark.slow
def test_models_beyond_the_memory_are_told_and_others_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "rows.csv", 250)
    assert main(["compare", path, "-f", "y ~ x0 + x1 + g", "-q", "--memory", "4MB"]) == 0
    said = capsys.readouterr().out
    assert f"{BEYOND}.\n" in said
    assert "keep gaussian: no other model is compared." in said
    assert main(["compare", path, "-f", "y ~ x0 + x1 + g", "-m", "student-t,gaussian", "-q", "--memory", "4MB"]) == 0
    said = capsys.readouterr().out
    assert ("student-t: too many parameters: the standard errors of 254 parameters need about 6.2 MB of memory, and 4.0 MB may be "
            "used") in said
    assert main(["compare", path, "-f", "y ~ x0 + x1 + g", "-m", "student-t,huber", "-q", "--memory", "4MB"]) == 3
    assert capsys.readouterr().err == (
        "mlefit: too many parameters: the standard errors of 253 parameters need about 6.1 MB of memory, and 4.0 MB may be used\n"
        "leave out predictors or merge levels, or allow more with --memory\n")


@pytest.mark.parametrize(("formula", "model", "whole"), [
    ("y ~ g + x0 + x1", "gaussian", True), ("y ~ g + x0 + x1 + h", "gaussian", False), ("size ~ g + x0 - 1", "gamma", True),
])
def test_residuals_are_judged_by_all_rows_of_some_levels_as_those_of_a_fit_of_their_own(
    formula: str, model: str, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    monkeypatch.setattr(asked, "WORK", 0.0)
    for module in (prepare, levels):
        monkeypatch.setattr(module, "SAMPLE_PREDICTORS", 300)
    with stated(request_of("fit", rows(), None, None, {"formula": formula, "model": model}), keep_rows=True, index=True) as problem:
        found, chunk = fit(problem), levels.judged_rows(problem)
        assert chunk.level is not None
        each = np.bincount(chunk.level)
        assert set(each[each > 0]) == {ROWS // LEVELS}
        assert 300 <= chunk.rows < 300 + ROWS // LEVELS
        own, part = levels.of_levels(found, chunk)
        eta, mine = (one.objective.mean.eta(one.objective.split(one.fit.mle.theta)[0], of)
                     for one, of in ((found, chunk), (own, part)))
        np.testing.assert_allclose(mine, eta, rtol=1e-9, atol=1e-12)
        assert own.objective.size == found.objective.size - LEVELS + (each > 0).sum() - (0 if whole else 24)
        refit = refitted(own, part)     # of the levels it is the same, as no other row says anything of them
        assert refit is not None
        assert np.abs(own.objective.mean.eta(own.objective.split(refit)[0], part) - mine).max() < 0.3


@pytest.mark.parametrize("crossed", [False, True])
def test_what_levels_explain_is_what_columns_of_zeros_and_ones_do(*, crossed: bool) -> None:
    rng = np.random.default_rng(2)
    level, other, by = rng.integers(0, 12, 200), rng.integers(0, 7, 200), rng.normal(size=200)
    values, chunk = rng.normal(size=(200, 3)), Chunk(np.zeros(200), np.empty((200, 0)), level=level,
                                                     crossed=other[:, None] if crossed else None)
    columns = np.concatenate([np.eye(12)[level], np.eye(7)[other]] if crossed else [np.eye(12)[level]], axis=1) * by[:, None]
    expected = values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    np.testing.assert_allclose(levels.without_levels(values, chunk, by), expected, atol=1e-10)


def test_a_level_of_one_fold_alone_has_no_held_out_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    data["g"][7] = "alone"
    found = compared(data, 20, monkeypatch, target="y", models=("gaussian",), folds=4)
    assert found.entries[0].held_out.reason == "without fold 3 the other rows have no certified maximum"


@pytest.mark.slow
def test_many_levels_of_few_rows_reject_no_true_law_and_do_reject_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 6,000 rows with 1,500 coefficients the sums of residuals are 3 standard deviations off, as those of draws are."""
    data = rows(seed=4, levels=1500, count=6000)
    seen = {target: compared(data, 20, monkeypatch, target=target, features=[*NUMBERS, "g"], models=("gaussian",))
            for target in ("y", "heavy")}
    assert {target: found.recommendation.strength for target, found in seen.items()} == {"y": "keep", "heavy": "none-fits"}
    assert seen["heavy"].adequacy[0].draws == 19
    assert seen["heavy"].recommendation.summary is None        # which would take 1,509 columns


UNTESTED = ("whether the residuals of gaussian are those of its law is not tested: beside so many levels it takes draws from the model, "
            "of which there are too few, or too few with a maximum")


def test_without_draws_residuals_beside_levels_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(rows(), 20, monkeypatch, target="y", models=("gaussian",), draws=0)
    assert found.adequacy == ()
    assert found.remarks == (UNTESTED,)


def test_levels_of_draws_without_a_maximum_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 150 levels of 4 rows with means near 1 some are without a count above 0 in nearly every draw."""
    rng = np.random.default_rng(3)
    level = np.repeat(np.arange(150), 4)
    count = rng.poisson(1.0, 600)
    count[np.arange(0, 600, 4)[count.reshape(150, 4).sum(axis=1) == 0]] = 1
    data = {"g": [f"l{k}" for k in level], "x": rng.normal(size=600), "n": count}
    monkeypatch.setattr(indexing, "MANY", 100)
    found = mlefit.compare(data, target="n", features=["x", "g"], models=["poisson"], kl=False).comparison
    assert found.adequacy[0].p_value > 0.01
    assert found.adequacy[0].draws >= 10
    assert found.remarks == ()
