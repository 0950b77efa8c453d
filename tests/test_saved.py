"""Saved models: the same fit gives the same bytes, what is read is what was written, and a hostile file runs nothing."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import DataError, MlefitError, UsageError
from mlefit.saved.read import from_dict, load
from mlefit.saved.write import to_dict

SAMPLES = Path(__file__).parents[1] / "sample_data"
FITS = {
    "plain": ["measurements.csv"],
    "classes": ["species.csv"],
    "two levels": ["conversions.csv"],
    "terms": ["measurements.csv", "-f", "y ~ poly(x1,2)*site + bs(x2,df=5) + I(x1**2) + scale(x2)"],
    "option": ["measurements.csv", "-m", "quantile:tau=0.8"],
    "no predictors": ["waiting.csv", "-x", "none"],
    "robust": ["measurements.csv", "--se", "robust", "--holdout", "0.2"],
}


@pytest.fixture
def saved(tmp_path: Path) -> "Any":
    def make(name: str) -> Path:
        file, *options = FITS[name]
        path = tmp_path / "model.json"
        assert main(["fit", str(SAMPLES / file), *options, "-q", "--save", str(path), "--out", str(tmp_path / "t.txt")]) == 0
        return path

    return make


@pytest.mark.parametrize("name", FITS)
def test_what_is_read_is_what_was_written(name: str, saved: Any) -> None:
    path = saved(name)
    written = json.loads(path.read_text())
    assert written["schema"] == "mlefit.model/1"
    assert to_dict(load(str(path))) == written


def test_a_law_at_its_limit_is_kept_as_such(tmp_path: Path) -> None:
    """The law is spelt as it was asked for, beside what it has become; there is no option df=inf."""
    fit = mlefit.fit({"x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] * 5, "y": [1.1, 2.3, 2.9, 4.2, 4.8, 6.3] * 5}, model="student-t", kl=False)
    fit.save(tmp_path / "m.json")
    written = json.loads((tmp_path / "m.json").read_text())
    assert (written["design"]["law"], written["design"]["limit"]) == ("student-t", True)
    again = mlefit.load(tmp_path / "m.json")
    assert to_dict(again.saved) == written
    pd.testing.assert_frame_equal(again.predict({"x": [2.5]}), fit.predict({"x": [2.5]}))
    written["design"]["law"] = "gaussian"
    with pytest.raises(DataError) as refused:
        from_dict(written)
    assert refused.value.message == "model file, key design.limit: expected false for this law, found true"


@pytest.mark.parametrize("name", ["plain", "two levels", "robust"])
def test_the_critical_value_in_the_file_is_that_of_its_level(name: str, saved: Any) -> None:
    """A file without it, as one written before, gives the same intervals; so does another level."""
    written = json.loads(saved(name).read_text())
    table = Path(SAMPLES / FITS[name][0])
    found = [mlefit.Model(from_dict(written)).predict(table, level=level) for level in (0.95, 0.9)]
    del written["covariance"]["critical"]
    for level, before in zip((0.95, 0.9), found, strict=True):
        pd.testing.assert_frame_equal(mlefit.Model(from_dict(written)).predict(table, level=level), before, check_exact=True)


@pytest.mark.parametrize("name", ["plain", "classes"])
def test_the_same_fit_gives_the_same_bytes(name: str, saved: Any) -> None:
    first = saved(name).read_bytes()
    assert saved(name).read_bytes() == first


@pytest.mark.parametrize("name", ["plain", "classes", "terms", "option"])
@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_show_prints_the_fit_again(name: str, form: str, saved: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(name)
    file, *options = FITS[name]
    capsys.readouterr()
    main(["fit", str(SAMPLES / file), *options, "-q", "-o", form])
    alone = capsys.readouterr().out
    assert main(["show", str(path), "-o", form]) == 0
    shown = capsys.readouterr().out
    if form == "json":
        first, again = json.loads(alone), json.loads(shown)
        assert {**first, "data": None} == {**again, "data": None}
        assert first["data"] == again["data"]
    else:
        assert shown == alone


def test_a_fit_without_an_answer_saves_nothing(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "\n".join(f"{k},{int(k > 4)}" for k in range(10)) + "\n")
    assert main(["fit", str(table), "-q", "--save", str(tmp_path / "m.json")]) == 4
    assert not (tmp_path / "m.json").exists()


def test_a_place_that_cannot_be_written_is_refused_before_the_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(SAMPLES / "measurements.csv"), "--save", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f'mlefit: --save: "{tmp_path}" cannot be written: it is a directory\n'
        "give a file in a directory that exists and is yours to write\n")


@pytest.mark.parametrize(("change", "message"), [
    ({"schema": "mlefit.model/9", "mlefit": "7.1"},
     "model: expected the schema mlefit.model/1, found mlefit.model/9, written by mlefit 7.1"),
    ({"covariance": None}, "model file, key covariance: expected an object, found null"),
    ({"design.law": "spam"}, "model file, key design.law: expected a model of mlefit, found \"spam\" is not a model of mlefit"),
    ({"design.kept": [[0, 0, 1]]}, "model file, key design.kept[0]: expected places, each once, found one twice"),
    ({"covariance.coefficients": [1.0]}, "model file, key covariance.coefficients: expected 5 numbers, found 1"),
    ({"covariance.centre": ["a"]}, "model file, key covariance.centre[0]: expected a number, found a text"),
    ({"design.target": {"column": "\ud800"}}, "model file, key design.target.column: expected a text, found one with half a character"),
    ({"covariance.free": [-1e3]}, "model file, key covariance.free[0]: expected a logarithm within 709 of 0, found -1000"),
    ({"covariance.free": [1e999]}, "model file, key covariance.free[0]: expected a finite number, found one beyond the range of "
     "float64"),
    ({"design.terms": [{"factors": [{"kind": "expression", "text": "I(x1.__class__)"}]}]},
     "model file, key design.terms[0].factors[0].text: expected a term of a formula, found I(x1.__class__)"),
    ({"design.terms": [{"factors": [{"kind": "number", "column": "zz"}]}]},
     "model file, key design.terms[0].factors[0].column: expected one of the names in the file, found zz"),
    ({"design.terms": [{"factors": []}]}, "model file, key design.terms[0].factors: expected a factor at least, found none"),
    ({"design.law": "poisson", "design.scale_terms": []}, "model file, key design.scale_terms: expected none for this law, found terms"),
    ({"covariance.scale": [1.0, -1.0, 1.0, 1.0, 1.0]}, "model file, key covariance.scale: expected numbers > 0, found another"),
    ({"covariance.critical": 0.0}, "model file, key covariance.critical: expected a number > 0, found 0"),
    ({"sample.n": 1.5}, "model file, key sample.n: expected a whole number from 0 to 9007199254740992, found 1.5"),
])
def test_a_file_that_is_no_model_is_refused_with_its_key(change: dict[str, Any], message: str, saved: Any) -> None:
    value = json.loads(saved("plain").read_text())
    for path, new in change.items():
        *heads, last = path.split(".")
        place = value
        for head in heads:
            place = place[head]
        place[last] = new
    with pytest.raises(MlefitError) as refused:
        from_dict(value)
    assert refused.value.message == message
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(("content", "message"), [
    (b"\xff\xfe\x00", ": expected a model, found no text"), (b"{", ": expected a model, found no JSON"),
    (b'{"a": NaN}', ": expected a model, found no JSON"), (b"[" * 100_000, ": expected a model, found no JSON"),
])
def test_what_is_no_json_is_refused(content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    assert main(["predict", str(path), str(SAMPLES / "measurements.csv")]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}{message}\nname a file that `mlefit fit --save` wrote\n"


def test_a_file_too_large_for_a_model_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlefit.saved.read.LARGEST", 1 << 20)
    path = tmp_path / "m.json"
    path.write_bytes(b" " * ((1 << 20) + 1))
    assert main(["show", str(path)]) == 3
    assert capsys.readouterr().err == f"mlefit: {path}: expected a model of at most 1 MB\ncheck the path\n"


def test_a_fit_that_is_none_cannot_be_shown(saved: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved("plain")
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "fit": {**value["fit"], "routes": "both"}}))
    assert main(["show", str(path)]) == 3
    assert capsys.readouterr().err.startswith("mlefit: model file, key fit: expected the object of a fit, found another (")
    value["fit"]["status"] = "splendid"
    path.write_text(json.dumps(value))
    assert main(["show", str(path)]) == 3
    assert capsys.readouterr().err == (
        "mlefit: model file, key fit: expected the object of a fit, found another ('splendid' is none of ('ok', 'no estimate'))\n"
        "save the model again with `mlefit fit ... --save FILE`\n")


def test_a_model_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "nowhere.json"]) == 3
    assert capsys.readouterr().err == "mlefit: nowhere.json: cannot be read: No such file or directory\ncheck the path\n"


def mutated(value: Any, rng: random.Random) -> Any:
    """One place of a JSON value changed."""
    value = copy.deepcopy(value)
    place, path = value, []
    while isinstance(place, dict | list) and place:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
        path.append((place, key))
        place = place[key]
        if rng.random() < 0.1:
            break
    holder, key = path[-1]
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice([None, True, -1, 0, 3, 1e308, -1e308, "", "a", "__import__('os')", [], {}, [[]], "x" * 50])
    return value


@pytest.mark.parametrize("name", ["plain", "classes", "terms"])
def test_a_mutated_model_predicts_or_is_refused(name: str, saved: Any) -> None:
    value, rng = json.loads(saved(name).read_text()), random.Random(7)        # noqa: S311 - no secret
    frame = {"x1": [0.5, 1.0], "x2": [1.0, 2.0], "site": ["a", "b"], "length": [5.0, 6.0], "width": [3.0, 3.1],
             "height": [10.0, 12.0]}
    ended = {"refused": 0, "predicted": 0}
    with np.errstate(all="ignore"):
        for _ in range(400):
            try:
                mlefit.Model(from_dict(mutated(value, rng))).predict(frame)
                ended["predicted"] += 1
            except (UsageError, DataError):
                ended["refused"] += 1
    assert min(ended.values()) > 20


@pytest.mark.slow     # four commands a file
def test_mutated_files_end_in_an_answer_or_a_refusal(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study of benchmarks/mutations.py, of fewer files."""
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    from mutations import main as study

    monkeypatch.chdir(tmp_path)
    assert study(100, 3) == 0
    counted = capsys.readouterr().out
    for verb in ("predict", "check", "show", "export"):
        assert f"{verb}: exit 0: " in counted
        assert f"{verb}: exit 3: " in counted
