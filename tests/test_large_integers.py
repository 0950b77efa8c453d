"""Whole numbers beyond 2^53 are fitted from their exact values: the doubles, and what the doubles leave of them."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mlefit
from mlefit.source import ReadOptions, open_source

RNG = np.random.default_rng(8)
N = 40
STEPS = sorted(int(step) for step in RNG.integers(0, 10**6, N))
Y = [round(step / 2e5 + noise, 3) for step, noise in zip(STEPS, RNG.normal(size=N).tolist(), strict=True)]


def slope(x: list[int], y: list[float]) -> float:
    """Least squares in exact arithmetic."""
    exact = [Fraction(value) for value in y]
    mean_x, mean_y = Fraction(sum(x), N), sum(exact) / N
    return float(sum((a - mean_x) * (b - mean_y) for a, b in zip(x, exact, strict=True)) / sum((a - mean_x) ** 2 for a in x))


def written(path: Path, x: list[Any]) -> str:
    path.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, Y, strict=True)))
    return str(path)


def fitted(data: Any, **options: Any) -> dict[str, Any]:
    return mlefit.fit(data, target="y", model="gaussian", draws=0, **options).to_dict()


def estimate(report: dict[str, Any], name: str) -> float:
    (found,) = (p["estimate"] for p in report["parameters"] if p["name"] == name)
    return float(found)


@pytest.mark.parametrize("origin", [0, 10**15, 2**53, 1_700_000_000_000_000_000, -(9 * 10**18), 10**20])
@pytest.mark.parametrize("unit", [1, 1000])
def test_a_predictor_far_from_zero_keeps_its_digits(tmp_path: Path, origin: int, unit: int) -> None:
    x = [origin + unit * step for step in STEPS]
    found, near = (fitted(written(tmp_path / "a.csv", cells)) for cells in (x, [unit * step for step in STEPS]))
    assert estimate(found, "x") == pytest.approx(slope(x, Y), rel=1e-9)
    assert found["routes"]["mle"]["loglik"] == pytest.approx(near["routes"]["mle"]["loglik"], rel=1e-9)


def test_typed_columns_keep_them_too(tmp_path: Path) -> None:
    x = [1_700_000_000_000_000_000 + step for step in STEPS]
    table = pa.table({"x": pa.array(x, pa.int64()), "y": Y})
    pq.write_table(table, tmp_path / "a.parquet")
    for data in (table, str(tmp_path / "a.parquet")):
        assert estimate(fitted(data), "x") == pytest.approx(slope(x, Y), rel=1e-9)


def test_a_missing_cell_beside_them(tmp_path: Path) -> None:
    x = [1_700_000_000_000_000_000 + step for step in STEPS]
    whole, holed = ([*x[:-1], "", *()], x)
    found = fitted(written(tmp_path / "a.csv", whole))
    assert found["data"]["rows_used"] == N - 1
    assert estimate(found, "x") == pytest.approx(estimate(fitted(written(tmp_path / "a.csv", holed)), "x"), rel=0.2)


def test_a_response_far_from_zero_keeps_its_digits(tmp_path: Path) -> None:
    y = [10**18 + int(1000 * value) for value in Y]
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(STEPS, y, strict=True)))
    assert estimate(fitted(str(path)), "x") == pytest.approx(slope(STEPS, [float(int(1000 * value)) for value in Y]), rel=1e-9)


@pytest.mark.parametrize("origin", [10**15, 10**18])
def test_a_slope_far_from_zero_is_no_exact_fit(tmp_path: Path, origin: int) -> None:
    """The rounding of x near 1e15 is a tenth, which would be no digit of y if x were measured; whole numbers are not."""
    y = [round(step + noise, 3) for step, noise in zip(STEPS, (RNG.normal(size=N) / 10).tolist(), strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{origin + a},{b}\n" for a, b in zip(STEPS, y, strict=True)))
    assert estimate(fitted(str(path)), "x") == pytest.approx(slope(STEPS, y), rel=1e-12)


def test_batches_tell_what_the_doubles_leave(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,z\n9007199254740993,1\n1e20,2\n7,3\n")
    with open_source((str(path),), ReadOptions()) as source:
        (batch,) = source.map(["x", "z"], [], lambda batch: batch, 1)
    assert batch.numbers["x"].tolist() == [9007199254740992.0, 1e20, 7.0]
    assert {name: rest.tolist() for name, rest in batch.rests.items()} == {"x": [1.0, 0.0, 0.0]}


def test_arithmetic_on_them_says_what_it_loses(tmp_path: Path) -> None:
    x = [2**60 + step % 500 for step in STEPS]
    path = written(tmp_path / "a.csv", x)
    said = [each["message"] for each in fitted(path, formula="y ~ I(x**2) + x")["warnings"]]
    off = max(abs(int(float(value)) - value) for value in x)
    wide = float(max(x)) - float(min(x))
    assert off > 64
    assert (f"I(x**2): x has whole numbers beyond 2^53, of which arithmetic takes the nearest double, off by up to {off} where they "
            f"vary by {wide:g}; subtract a constant from x in the file") in said
    assert all("2^53" not in each["message"] for each in fitted(path, formula="y ~ x")["warnings"])


def test_where_rounding_is_no_visible_part_of_them_nothing_is_said(tmp_path: Path) -> None:
    x = [2**60 + 10**6 * step for step in STEPS]
    assert fitted(written(tmp_path / "a.csv", x), formula="y ~ poly(x, 2)")["warnings"] == []


def test_a_square_that_rounding_makes_a_line_is_dropped_with_that_reason(tmp_path: Path) -> None:
    x = [1_700_000_000_000_000_000 + 10**3 * step for step in STEPS]
    (said,) = [each["message"] for each in fitted(written(tmp_path / "a.csv", x), formula="y ~ x + I(x**2)")["warnings"]]
    assert said == "I(x**2) is collinear: a combination of x, but for the rounding of values up to 2.89e+36; it was dropped"
