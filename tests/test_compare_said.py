"""What `mlefit compare` says of its rows: what would help where none fits, zeros, whole amounts, tests of few draws, many rows."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from test_compare import N, table

import mlefit
from mlefit.cli import main


@pytest.fixture
def skewed(tmp_path: Path) -> str:
    """Positive numbers whose spread grows with their mean."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=N)
    return table(tmp_path / "skewed.csv", x=x.tolist(), y=(np.exp(0.5 + 0.5 * x) * rng.gamma(4.0, size=N) / 4.0).tolist())


def test_none_fits_says_what_would_help_and_where_no_law_is_assumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(14)
    x = rng.uniform(-2.0, 2.0, N)
    path = table(tmp_path / "bent.csv", x=x.tolist(), y=(1 + x + x**2 + rng.normal(size=N)).tolist())
    assert main(["compare", path, "-t", "y", "-m", "gaussian,laplace"]) == 0
    out = capsys.readouterr().out
    assert "none of the 2 models fits; the least bad is gaussian, which is not the law of its residuals: the mean bends along x (+" in out
    assert '\nwhat would help: let the mean bend in x: -f "y ~ bs(x, df=5)"\n' in out
    assert f"\na summary that assumes no law: mlefit fit {path} -t y -m quantile\n" in out


def test_extra_zeros_are_told_as_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(15)
    x = rng.normal(size=N)
    y = rng.poisson(3.0 * np.exp(0.3 * x)) * (rng.random(N) > 0.25)
    path = table(tmp_path / "zeros.csv", x=x.tolist(), y=y.tolist())
    assert main(["compare", path, "-m", "poisson,negative-binomial"]) == 0
    assert re.search(rf": {100 * (y == 0).mean():.0f} % zeros, where the law has \d+ % \(\+\d+\.\d sd\)", capsys.readouterr().out)


def test_whole_amounts_are_no_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Prices in whole dollars: the default is that of numbers, and no model of counts with a dispersion is tried."""
    rng = np.random.default_rng(16)
    x = rng.normal(size=N)
    path = table(tmp_path / "prices.csv", x=x.tolist(), y=np.rint(np.exp(12 + 0.3 * x) * rng.gamma(20.0, size=N) / 20.0).astype(int).tolist())
    assert main(["compare", path, "-o", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["default"] == "gaussian"
    tried = {fit["compared"]["model"] for fit in found["models"]}
    assert "poisson" in tried
    assert not tried & {"negative-binomial", "hurdle"}
    assert all(fit["compared"]["cells"] is None for fit in found["models"])


def test_an_adequacy_of_few_draws_looks_at_the_default_alone(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gaussian,gamma", "-o", "json", "-q"])
    each = {one["model"]: one for one in json.loads(capsys.readouterr().out)["adequacy"]}
    assert each["gaussian"]["draws"] == 19
    assert each["gaussian"]["p_value"] == pytest.approx(1 / 20)
    assert each["gamma"]["draws"] != 19


def test_the_decision_alone_is_that_of_the_comparison(skewed: str) -> None:
    from mlefit.api import request_of
    from mlefit.comparison.compare import decided

    told = mlefit.compare(skewed, target="y", models=["gaussian", "gamma", "lognormal"]).recommendation
    decision = decided(request_of("compare", skewed, "y", None, {}), ("gaussian", "gamma", "lognormal"))
    assert decision is not None
    assert (decision.model, decision.strength) == (told.model, told.strength)
    assert decided(request_of("compare", skewed, "y", None, {}), ("poisson",)) is None


def test_more_rows_than_the_sample_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What least squares sums over all rows in passing is no concern of the other laws on them."""
    rng = np.random.default_rng(17)
    x = rng.normal(size=21_000)
    y = 1 + x + rng.standard_t(5, x.size)
    found = mlefit.compare({"x": x, "y": y}, target="y", models=["gaussian", "huber"])
    assert found.recommendation.strength != "keep"
    assert list(found.models["model"]) == ["huber", "gaussian"]
    alone = mlefit.fit({"x": x, "y": y}, target="y", model="huber").report.information
    together = found.comparison.entries[0].report
    assert together is not None
    assert together.information == alone
