"""The models of groups in one file: each row is predicted by that of its group."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conforming import complaints
from group_cases import table

import mlefit
from mlefit.cli import main
from mlefit.cli.schema import every
from mlefit.report.digits import significant

FRAME = table(4, 40)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    FRAME.to_csv(folder / "rows.csv", index=False)
    command = ["fit", str(folder / "rows.csv"), "-t", "y", "-x", "x,kind", "--by", "shop", "-q", "--out", str(folder / "out.csv")]
    assert main([*command, "--save", str(folder / "models.json")]) == 0
    assert main([*command[:-1], str(folder / "out.csv.txt"), "-o", "table"]) == 0
    return folder / "models.json"


def predicted(model: Path, frame: pd.DataFrame, capsys: pytest.CaptureFixture[str], *options: str) -> pd.DataFrame:
    frame.to_csv(model.parent / "new.csv", index=False)
    capsys.readouterr()
    assert main(["predict", str(model), str(model.parent / "new.csv"), *options]) == 0
    return pd.read_csv(StringIO(capsys.readouterr().out), keep_default_na=False, na_values=[""], dtype={"flag": str})


def test_each_row_is_predicted_by_the_model_of_its_group(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = predicted(saved, FRAME, capsys)
    assert list(found.columns[-6:]) == ["mean", "mean_low", "mean_high", "new_low", "new_high", "flag"]
    for shop, rows in FRAME.groupby("shop"):
        alone = mlefit.fit(rows.drop(columns="shop"), "y", ["x", "kind"], kl=False).predict(rows)
        own = found[FRAME["shop"] == shop]
        for name in ("mean", "mean_low", "mean_high", "new_low", "new_high"):
            assert own[name].to_numpy() == pytest.approx(alone[name].to_numpy(), rel=1e-10, abs=1e-12)
    assert found["flag"].isna().all()


def test_rows_without_a_model_are_flagged(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = FRAME.head(5).assign(shop=["s00", "s99", None, "s01", "s02"], x=[1.0, 1.0, 1.0, np.nan, 1e6])
    found = predicted(saved, frame, capsys)
    assert found["flag"].fillna("").tolist() == ["", "new-group:shop=s99", "missing:shop", "missing:x", "outside:x"]
    assert found["mean"].notna().tolist() == [True, False, False, False, True]
    assert main(["predict", str(saved), str(saved.parent / "new.csv"), "--missing", "error"]) == 3
    assert "mlefit: row 2: there is no prediction (new-group:shop=s99)" in capsys.readouterr().err


def test_a_group_without_an_answer_has_no_model_and_the_others_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = FRAME[(FRAME["shop"] != "s02") | (FRAME.groupby("shop").cumcount() < 2)]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    command = ["fit", str(tmp_path / "rows.csv"), "-t", "count", "-x", "x", "-m", "poisson", "--by", "shop", "-q"]
    assert main([*command, "--save", str(tmp_path / "models.json")]) == 4
    models = json.loads((tmp_path / "models.json").read_text())
    assert models["schema"] == "mlefit.models/1"
    assert [one["group"] for one in models["models"]] == [{"shop": "s00"}, {"shop": "s01"}, {"shop": "s03"}]
    found = predicted(tmp_path / "models.json", FRAME, capsys)
    assert (found["flag"].eq("new-group:shop=s02") == FRAME["shop"].eq("s02")).all()


def test_python_writes_the_same_models(saved: Path, tmp_path: Path) -> None:
    fits = mlefit.fit(FRAME, "y", ["x", "kind"], by="shop")
    fits.save(tmp_path / "models.json")
    mine, other = (json.loads(path.read_text()) for path in (tmp_path / "models.json", saved))
    assert mine["design"] == other["design"]
    assert [one["covariance"] for one in mine["models"]] == [one["covariance"] for one in other["models"]]


def test_what_models_share_stands_once(saved: Path) -> None:
    models = json.loads(saved.read_text())
    assert models["design"]["terms"][0]["name"] == "x"
    assert all("terms" not in one["design"] for one in models["models"])
    assert all(one["fit"]["schema"] == "mlefit.fit/1" for one in models["models"])


def test_groups_of_two_columns_and_classes_that_some_lack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = FRAME.assign(year=np.where(FRAME["w"] > 1, 10, 9))
    frame = frame[~((frame["shop"] == "s01") & (frame["kind"] == "c"))]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    command = ["fit", str(tmp_path / "rows.csv"), "-t", "kind", "-x", "none", "--by", "year,shop", "-q"]
    assert main([*command, "--save", str(tmp_path / "models.json")]) == 0
    found = predicted(tmp_path / "models.json", frame, capsys)
    shares = frame.groupby(["year", "shop"])["kind"].value_counts(normalize=True)
    for place in (0, 17, 50):
        row, own = frame.iloc[place], found.iloc[place]
        assert own["p_a"] == pytest.approx(shares[(row["year"], row["shop"], "a")], rel=1e-9)
    assert found.loc[frame["shop"].to_numpy() == "s01", "p_c"].isna().all()


@pytest.mark.parametrize(("arguments", "message", "remedy"), [
    (["predict", "MODELS", "OTHER"], 'there is no column "shop"', "the columns are x, kind"),
    (["show", "MODELS", "--detail"], "--detail: the table of groups has one line for each", "leave it out, or use -o json"),
])
def test_what_models_of_groups_do_not_do(
    saved: Path, arguments: list[str], message: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    FRAME[["x", "kind"]].to_csv(saved.parent / "other.csv", index=False)
    places = {"MODELS": str(saved), "ROWS": str(saved.parent / "rows.csv"), "OTHER": str(saved.parent / "other.csv")}
    assert main([places.get(word, word) for word in arguments]) == 2
    assert capsys.readouterr().err.splitlines() == [f"mlefit: {message}", remedy]


def test_simulate_takes_one_model(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(saved), str(saved.parent / "rows.csv")]) == 3
    assert capsys.readouterr().err.splitlines() == [
        f"mlefit: {saved}: expected one model, found the models of groups", "`mlefit predict` and `mlefit show` take them"]


def test_python_predicts_groups_as_the_command_line_does(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fits = mlefit.fit(FRAME, "y", ["x", "kind"], by="shop", kl=False)
    models, expected = mlefit.load_groups(saved), predicted(saved, FRAME, capsys, "--score")
    for found in (models.predict(FRAME.iloc[::-1], score=True), fits.predict(FRAME.iloc[::-1], score=True)):
        assert list(found.index) == list(FRAME.index[::-1])
        assert list(found.columns) == list(expected.columns[-8:])
        for name in found.columns[:-1]:
            assert found[name].to_numpy()[::-1] == pytest.approx(expected[name].to_numpy(), rel=1e-12)
    assert set(models.predict(FRAME.assign(shop="s99"))["flag"]) == {"new-group:shop=s99"}
    with pytest.raises(mlefit.UsageError, match=r'^there is no column "shop"'):
        models.predict(FRAME.drop(columns="shop"))


def test_one_model_is_not_those_of_groups(tmp_path: Path) -> None:
    mlefit.fit(FRAME, "y", ["x"], kl=False).save(tmp_path / "one.json")
    with pytest.raises(mlefit.DataError) as refused:
        mlefit.load_groups(tmp_path / "one.json")
    assert (refused.value.message, refused.value.remedy) == (
        f"{tmp_path / 'one.json'}: expected the models of groups, found one model", "mlefit.load takes it")
    fits = mlefit.fit({"x": [1.0, 2.0], "y": [1.0, 2.0], "g": ["a", "b"]}, "y", ["x"], by="g", kl=False)
    with pytest.raises(mlefit.UsageError) as none:
        fits.predict({"x": [1.0], "g": ["a"]})
    assert (none.value.message, none.value.remedy) == ("no group has an answer, and so no model", "the rows of the groups say why")


def test_show_prints_the_table_that_the_fit_has_printed(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(saved)]) == 0
    assert capsys.readouterr().out == (saved.parent / "out.csv.txt").read_text()
    assert main(["show", str(saved), "-o", "csv"]) == 0
    assert capsys.readouterr().out == (saved.parent / "out.csv").read_text()
    assert main(["show", str(saved), "-o", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert complaints(answer, every()) == []
    assert [one["group"]["shop"] for one in answer["groups"]] == ["s00", "s01", "s02", "s03"]


def test_the_file_is_as_its_schema_says(saved: Path) -> None:
    models, known = json.loads(saved.read_text()), every()
    assert complaints(models, known) == []
    models["models"][1]["covariance"]["free"] = None
    models["design"]["intercept"] = "yes"
    assert sorted(complaints(models, known)) == ["design.intercept", "models[1].covariance.free"]


@pytest.mark.parametrize(("law", "target"), [("gaussian", "y"), ("poisson", "count")])
def test_each_row_is_scored_by_the_model_of_its_group(
    tmp_path: Path, law: str, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    command = ["fit", str(tmp_path / "rows.csv"), "-t", target, "-x", "x", "-m", law, "--by", "shop", "-q"]
    assert main([*command, "--out", str(tmp_path / "t.txt"), "--save", str(tmp_path / "models.json")]) == 0
    frame = FRAME.copy()
    frame[target] = frame[target].astype(float)
    frame.loc[3, target] = np.nan
    frame.to_csv(tmp_path / "new.csv", index=False)
    assert main(["predict", str(tmp_path / "models.json"), str(tmp_path / "new.csv"), "--score"]) == 0
    out, err = capsys.readouterr()
    found = pd.read_csv(StringIO(out))
    assert found.loc[3, "flag"] == f"no-response:{target}"
    assert found[["nll", "residual"]].isna().sum().tolist() == [1, 1]
    fitted = []
    for shop, rows in frame.groupby("shop"):
        fit = mlefit.fit(FRAME[FRAME["shop"] == shop].drop(columns="shop"), target, ["x"], model=law, kl=False)
        alone = fit.predict(rows, score=True)
        own = found[found["shop"] == shop]
        assert own["nll"].to_numpy() == pytest.approx(alone["nll"].to_numpy(), rel=1e-9, nan_ok=True)
        fitted += [fit.to_dict()["routes"]["mle"]["nll"]] * int(own["nll"].notna().sum())
    assert found["residual"].std() == pytest.approx(1.0, abs=0.2)       # standard normal, as the models are those of the rows
    assert f"nats per row of {len(frame) - 1} rows; {significant(float(np.mean(fitted)))} in the rows fitted" in err


@pytest.mark.slow     # some hundred files
def test_a_mutated_file_is_refused_or_predicts(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, rng, bad = saved.read_text(), np.random.default_rng(1), saved.parent / "bad.json"
    FRAME.head(20).to_csv(saved.parent / "few.csv", index=False)
    codes = set()
    for _ in range(300):
        start = int(rng.integers(len(text)))
        stop = min(len(text), start + int(rng.choice([1, 3, 30, 3000])))
        with_ = str(rng.choice(["", "null", "-1", "1e999", '"x"', "[]", "{}", "0", text[start:stop] * 2]))
        bad.write_text(text[:start] + with_ + text[stop:])
        codes.add(main(["predict", str(bad), str(saved.parent / "few.csv"), "-q", "--out", str(saved.parent / "p.csv")]))
        capsys.readouterr()
    assert codes in ({0, 3}, {0, 2, 3})


def test_models_that_could_not_be_read_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlefit.saved.models.LARGEST", 1 << 10)
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    command = ["fit", str(tmp_path / "rows.csv"), "-t", "y", "-x", "none", "--by", "shop", "-q", "--save", str(tmp_path / "m.json")]
    assert main(command) == 2
    assert capsys.readouterr().err.splitlines() == [
        "mlefit: --save: the 4 models take 0 MB, and no file of more than 0 MB is read", "divide the rows, and save each part"]
    assert not (tmp_path / "m.json").exists()
