"""Models beside a factor of many levels are compared along its levels, and what is said is that of its columns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.comparison import admitted
from mlefit.design import indexing
from mlefit.problem import indexing as asked

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
