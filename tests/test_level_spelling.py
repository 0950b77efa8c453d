"""Levels keep the spelling of the file, from the first row to the report."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.design.levels import match, names_of, one_number
from mlefit.source import ReadOptions


def fitted(path: Path, content: str, **options: Any) -> dict[str, Any]:
    path.write_text(content)
    return mlefit.fit(str(path), draws=0, **options).to_dict()


def table(codes: list[str], y: list[float]) -> str:
    return "code,y\n" + "".join(f"{code},{value}\n" for code, value in zip(codes, y, strict=True))


def log_likelihood(codes: list[str], y: list[float]) -> float:
    """That of group means: -n/2 (log(2 pi RSS / n) + 1)."""
    means = {code: np.mean([v for c, v in zip(codes, y, strict=True) if c == code]) for code in codes}
    mean_square = float(np.mean([(v - means[c]) ** 2 for c, v in zip(codes, y, strict=True)]))
    return -len(y) / 2 * (math.log(2 * math.pi * mean_square) + 1)


Y = [1.0, 5.0, 1.25, 5.5, 0.75, 4.875, 1.5, 5.25]


@pytest.mark.parametrize(("codes", "names", "warning"), [
    (["1E5", "100000"], ["(Intercept)", "code=1E5"], '"100000" and "1E5" are one number'),
    (["007", "7"], ["(Intercept)", "code=7"], '"007" and "7" are one number'),
    (["1.10", "1.1"], ["(Intercept)", "code=1.10"], '"1.1" and "1.10" are one number'),
    (["1", "1.0"], ["(Intercept)", "code=1.0"], '"1" and "1.0" are one number'),
    (["+5", "5"], ["(Intercept)", "code=5"], '"+5" and "5" are one number'),
    (["1.0", "2.0"], ["(Intercept)", "code=2"], None),
    (["1.0", "2.5"], ["(Intercept)", "code=2.5"], None),
    (["001", "002"], ["(Intercept)", "code=002"], None),
    (["12345678901234567", "12345678901234568"], ["(Intercept)", "code=12345678901234568"], None),
    (["1e400", "1e401"], ["(Intercept)", "code=1e401"], None),
])
@pytest.mark.parametrize("options", [{"formula": "y ~ C(code)"}, {"reference": {}}], ids=["C()", "--reference"])
def test_each_spelling_is_a_level(
    tmp_path: Path, codes: list[str], names: list[str], warning: str | None, options: dict[str, Any],
) -> None:
    if "reference" in options:
        first = "1" if codes == ["1.0", "2.0"] else names_of(codes)[min(codes, key=lambda c: (float(c), c))]
        options = {"reference": {"code": first}}
    report = fitted(tmp_path / "a.csv", table(codes * 4, Y), **options)
    assert [p["name"] for p in report["parameters"][:-1]] == names
    assert report["routes"]["mle"]["loglik"] == pytest.approx(log_likelihood(codes * 4, Y), rel=1e-9)
    found = [w for w in report["warnings"] if w["code"] == "spellings"]
    assert [w["message"] for w in found] == (
        [] if warning is None else [f'column "code": {warning} spelt in different ways, and different levels']
    )
    assert all(w["columns"] == ["code"] for w in found)


def test_clusters_and_classes_keep_their_spelling(tmp_path: Path) -> None:
    codes = ["1", "01", "2"] * 20
    x = np.random.default_rng(5).normal(size=60).round(3).tolist()
    rows = "".join(f"{code},{v},{w}\n" for code, v, w in zip(codes, x, x[::-1], strict=True))
    path = tmp_path / "a.csv"
    report = fitted(path, "code,x,y\n" + rows, features=("x",), se="cluster:code")
    assert [w["message"] for w in report["warnings"] if w["code"] == "spellings"] == [
        'column "code": "1" and "01" are one number spelt in different ways, and different levels'
    ]
    report = fitted(path, "code,x,y\n" + rows, target="code", model="categorical", features=("x",))
    assert report["model"]["levels"] == ["01", "1", "2"]
    assert [w["code"] for w in report["warnings"]].count("spellings") == 1


def test_the_two_values_of_a_bernoulli_target_are_numbers(tmp_path: Path) -> None:
    x = np.random.default_rng(6).normal(size=40).round(3).tolist()
    y = ["0", "1", "1.0", "0.0", "1", "01", "1", "0"] * 5
    rows = "".join(f"{v},{c}\n" for v, c in zip(x, y, strict=True))
    plain = "".join(f"{v},{int(float(c))}\n" for v, c in zip(x, y, strict=True))
    found, expected = (fitted(tmp_path / "a.csv", "x,y\n" + text, model="bernoulli") for text in (rows, plain))
    assert found["model"]["levels"] == expected["model"]["levels"] == ["0", "1"]
    assert found["routes"] == expected["routes"]
    assert found["criteria"] == expected["criteria"]
    assert not [w for w in found["warnings"] if w["code"] == "spellings"]


def test_none_is_a_level_of_text(tmp_path: Path) -> None:
    content = table(["None", "one", "two"] * 4, [1.0, 2.0, 3.5, 1.5, 2.25, 3.0, 0.5, 2.5, 3.25, 1.25, 2.75, 3.75])
    report = fitted(tmp_path / "a.csv", content)
    assert report["data"]["rows_used"] == 12
    assert report["model"]["reference"] == {"code": "None"}
    declared = fitted(tmp_path / "a.csv", content, read=ReadOptions(na=("None",)))
    assert declared["data"]["rows_used"] == 8
    assert declared["model"]["reference"] == {"code": "one"}


def test_none_as_a_level_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(["None", "one", "two"] * 4, [1, 2, 3.5, 1.5, 2.25, 3, 0.5, 2.5, 3.25, 1.25, 2.75, 3.75]))
    assert main(["fit", str(path), "--draws", "0"]) == 0
    assert 'column "code": None is a level; --na None makes it missing.' in capfd.readouterr().err


def test_a_level_is_meant_by_its_value_only_where_one_has_it() -> None:
    assert match("1.0", ("1", "2")) == "1"
    assert match("01", ("01", "1")) == "01"
    assert match("1.0", ("01", "1")) is None
    assert match("TRUE", ("false", "true")) == "true"


def test_names_and_numbers_of_spellings() -> None:
    assert names_of(["1.0", "2.0"]) == {"1.0": "1", "2.0": "2"}
    assert names_of(["1.0", "2.5"]) == {"1.0": "1.0", "2.5": "2.5"}
    assert names_of(["1.0", "01", "2"], by_value=True) == {"1.0": "1", "01": "1", "2": "2"}
    assert names_of(["1.0", "a"], by_value=True) == {"1.0": "1.0", "a": "a"}
    assert one_number(["1", "a", "01", "2", "2e0", "3"]) == [("1", "01"), ("2", "2e0")]
