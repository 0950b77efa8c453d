"""Wild rows: where one value makes every model fail, its row is named, with the model that fits the others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main

SEED = 7


def table(path: Path, y: list[Any], x: list[float]) -> str:
    path.write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x, y, strict=True)))
    return str(path)


def rows(n: int = 300) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=n)
    return x.tolist(), (1.0 + x + rng.normal(size=n)).tolist()


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["compare", *arguments, "-q"]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("it is row")]


def test_the_row_of_one_wild_value_is_named_and_without_it_the_model_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    x, y = rows()
    y[17] = 1e9
    assert said(capsys, table(tmp_path / "d.csv", y, x), "-t", "y") == [
        "it is row 18 (y = 1e+09) that no model holds: without it gaussian is not rejected (p 0.29). Correct the value, or drop the "
        "row if it is a mistake, and compare again."]
    told = mlefit.compare({"x": x, "y": y}, "y").to_dict()["recommendation"]
    assert told["strength"] == "none-fits"
    assert (told["wild"]["rows"], told["wild"]["values"], told["wild"]["model"]) == ([18], [pytest.approx(1e9)], "gaussian")
    del x[17], y[17]
    assert mlefit.compare({"x": x, "y": y}, "y").to_dict()["recommendation"]["strength"] == "keep"


def test_a_few_are_named_among_the_rows_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = rows()
    y[3], y[17], y[200] = float("nan"), 1e9, -4e8
    path = table(tmp_path / "d.csv", y, x)
    assert said(capsys, path, "-t", "y") == [
        "it is rows 17 and 200 of those used (y = 1e+09 and -4e+08) that no model holds: without them gaussian is not rejected "
        "(p 0.27). Correct the values, or drop the rows if they are mistakes, and compare again."]


def test_counts_of_one_wild_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=400)
    y = rng.poisson(np.exp(0.5 + 0.3 * x))
    y[0] = 100_000
    (line,) = said(capsys, table(tmp_path / "d.csv", y.tolist(), x.tolist()), "-t", "y")
    assert line.startswith("it is row 1 (y = 100000) that no model holds: without it hurdle is not rejected (p ")


def test_rows_that_are_far_out_by_a_law_are_no_mistakes() -> None:
    """Heavy tails have many such rows; and where another shape is the cause, no row is blamed."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=500)
    for y in (x + rng.standard_t(1.5, size=500), x + np.where(rng.random(500) < 0.5, 4.0, -4.0) + rng.normal(size=500)):
        told = mlefit.compare({"x": x, "y": y}, "y", models=["gaussian"]).to_dict()["recommendation"]
        assert (told["strength"], told["wild"]) == ("none-fits", None)


def test_designs_have_columns_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = rows()
    y[17] = 1e9
    assert said(capsys, table(tmp_path / "d.csv", y, x), "-m", "gaussian", "-f", "y ~ 1", "-f", "y ~ bs(x, df=4)", "-f", "y ~ x") == [
        "it is row 18 (y = 1e+09) that no model holds: without it y ~ bs(x, df=4) is not rejected (p 0.67). Correct the value, or drop "
        "the row if it is a mistake, and compare again."]


def test_the_farthest_of_heavy_tails_are_not_blamed() -> None:
    """Three rows are too far out for gaussian noise, and one design is not rejected without them; but they are not apart."""
    path = str(Path(__file__).parents[1] / "sample_data" / "deliveries.csv")
    told = mlefit.compare(path, models=["gaussian"], formulas=["minutes ~ km", "minutes ~ km + vehicle"]).to_dict()["recommendation"]
    assert (told["strength"], told["wild"]) == ("none-fits", None)
