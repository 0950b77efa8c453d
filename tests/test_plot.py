"""`mlefit plot`: pictures, sentences and records of one fit; what is refused, and in which words."""

import json
from pathlib import Path

import numpy as np
import pytest
from conforming import complaints

from mlefit.cli import main
from mlefit.cli.schema import every

SAMPLES = Path(__file__).parents[1] / "sample_data"
def plotted(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command prints."""
    assert main(["plot", *arguments, "-q"]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


def fan(folder: Path, rows: int = 300) -> str:
    """y whose spread grows with x, and another column."""
    rng = np.random.default_rng(4)
    x, w = rng.uniform(-2, 2, rows), rng.standard_normal(rows)
    y = 1 + x + np.exp(0.6 * x) * rng.standard_normal(rows)
    path = folder / "fan.csv"
    path.write_text("\n".join(["x,w,y", *(f"{a:.6g},{b:.6g},{c:.6g}" for a, b, c in zip(x, w, y, strict=True)), ""]))
    return str(path)


def test_a_fan_is_marked_along_x_and_shapes_say_that_it_may_be_its_effect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = dict(line[2:].split(": ", 1) for line in plotted(capsys, fan(tmp_path), "-t", "y", "-o", "text").splitlines()[1:-1])
    assert said["predictor:x"] == ("The spread changes along x: 0.26 of the average at -1.55, 1.7 at 1.22 (p < 0.005).")
    assert said["qq"].startswith("Both tails are heavier: ")
    assert said["qq"].endswith("(p < 0.005). May be the effect of the uneven spread along the prediction: mend that first.")


def test_records_are_as_their_schema_says_whatever_the_threads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, known = fan(tmp_path), every()
    text = plotted(capsys, data, "-t", "y", "-o", "json", "--panel", "all", "--threads", "1")
    assert plotted(capsys, data, "-t", "y", "-o", "json", "--panel", "all", "--threads", "2") == text
    sheet = json.loads(text)
    assert sheet["schema"] == "mlefit.panels/1"
    assert complaints(sheet, known) == []
    ids = [panel["id"] for panel in sheet["panels"]]
    assert ids == ["density", "qq", "fitted", "predictor:x", "predictor:w", "order", "kl", "surprise", "nats", "slice",
                   "effect:x", "effect:w"]
    assert sheet["tested"] == 7
    for panel in sheet["panels"]:
        assert panel["mark"] == any(layer["role"] == "warn" for layer in panel["layers"]) or panel["id"] in ("kl", "nats", "surprise")
        assert len(panel["sentence"]) > 20
    sheet["panels"][0]["layers"][0]["kind"] = "pie"
    assert complaints(sheet, known)


def test_pictures_are_drawn_for_a_terminal_and_in_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = fan(tmp_path)
    said = plotted(capsys, data, "-t", "y", "--panel", "qq,kl", "--ascii")
    assert said.isascii()
    assert "* Quantiles of the residuals" in said
    assert "\u28ff" in plotted(capsys, data, "-t", "y", "--panel", "density")
    assert plotted(capsys, data, "-t", "y", "--panel", "qq,kl", "--out", str(tmp_path / "{id}.svg")) == ""
    assert {path.name for path in tmp_path.glob("*.svg")} == {"qq.svg", "kl.svg"}
    assert "Quantiles of the residuals" in (tmp_path / "qq.svg").read_text(encoding="utf-8")
    assert plotted(capsys, data, "-t", "y", "--panel", "kl", "--out", str(tmp_path / "sheet.json")) == ""
    assert json.loads((tmp_path / "sheet.json").read_text())["panels"][0]["id"] == "kl"


def test_the_kinds_are_listed_without_data(capsys: pytest.CaptureFixture[str]) -> None:
    lines = plotted(capsys, "--panel", "list").splitlines()
    assert lines[2] == "qq            quantiles of the residuals against those of the model"
    assert all(len(line) < 110 for line in lines)


def test_a_kind_means_all_of_its_panels_and_a_name_may_have_commas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "d.csv"
    path.write_text('"a,b",<b>$c$,y\n' + "\n".join(f"{rng.random():.4f},{rng.random():.4f},{rng.random():.4f}" for _ in range(90)))
    ids = [line[2:].partition(": ")[0] for line in plotted(capsys, str(path), "-t", "y", "--panel", "predictor", "-o", "text").splitlines()[1:-1]]
    assert ids == ["predictor:a,b", "predictor:<b>$c$"]
    sheet = json.loads(plotted(capsys, str(path), "-t", "y", "--panel", "qq,predictor:a,b", "-o", "json"))
    assert [panel["id"] for panel in sheet["panels"]] == ["qq", "predictor:a,b"]


@pytest.mark.parametrize(("arguments", "message", "remedy"), [
    (("--panel", "dens"), '--panel: there is no panel "dens"', "did you mean density? `mlefit plot --panel list` lists them"),
    (("--panel", "split"), '--panel: this model has no panel "split"',
     "it has density, qq, fitted, predictor:x1, predictor:x2, predictor:site, order, kl, surprise, nats, slice, effect:x1, effect:x2, effect:site"),
    (("--panel", "predictor:x3"), '--panel: this model has no panel "predictor:x3"',
     "did you mean predictor:x2? it has density, qq, fitted, predictor:x1, predictor:x2, predictor:site, order, kl, surprise, nats, slice, effect:x1, effect:x2, effect:site"),
    (("--out", "a.gif"), '--out: expected a file that ends in .png, .svg or .pdf, or .json, found "a.gif"', "such as --out fit.svg"),
    (("--size", "3"), '--size: expected width and height in inches, found "3"', "from 1 to 100 inches, such as 4.6x3.95"),
    (("--size", "0.5x900"), '--size: expected width and height in inches, found "0.5x900"', "from 1 to 100 inches, such as 4.6x3.95"),
    (("-o", "csv"), '--output: expected text or json, found "csv"', "such as -o json"),
], ids=" ".join)
def test_what_is_refused(
    arguments: tuple[str, ...], message: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", str(SAMPLES / "measurements.csv"), *arguments, "-q"]) == 2
    assert capsys.readouterr().err == f"mlefit: {message}\n{remedy}\n"
    assert not list(tmp_path.iterdir())


def test_where_there_is_no_answer_there_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.csv"
    path.write_text("x,y\n" + "".join(f"{i},{'no' if i < 10 else 'yes'}\n" for i in range(20)))
    assert main(["plot", str(path), "-t", "y", "-q", "--out", str(tmp_path / "s.svg")]) == 4
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith('mlefit: the classes of "y" (modelled: yes) are perfectly separated by x')
    assert not (tmp_path / "s.svg").exists()


def test_a_saved_model_is_drawn_on_new_rows_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng, model = np.random.default_rng(5), tmp_path / "m.json"
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    for path, bend in ((old, 0.0), (new, 0.5)):
        x = rng.uniform(-2, 2, 400)
        y = 1 + 2 * x + bend * x**2 + rng.standard_normal(400)
        path.write_text("x,y\n" + "".join(f"{a:.6g},{b:.6g}\n" for a, b in zip(x, y, strict=True)) + "1,\n")
    assert main(["fit", str(old), "-q", "--save", str(model), "--out", str(tmp_path / "fit.txt")]) == 0
    assert main(["plot", str(old), "--use", str(model), "-o", "text"]) == 0
    found = capsys.readouterr()
    assert found.err == "note: these are the rows of the fit.\n"
    assert "*" not in found.out
    assert found.out.splitlines()[-1] == "400 rows, the saved model as it is; 199 data sets simulated, seed 0"
    lines = plotted(capsys, str(new), "--use", str(model), "-o", "text").splitlines()
    assert [line.partition(": ")[0] for line in lines[1:-1]] == ["* density", "* qq", "* fitted", "* predictor:x", "  order"]
    assert lines[4].startswith("* predictor:x: The middle moves along x: ")


def test_a_saved_model_is_not_mixed_with_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, data = tmp_path / "m.json", tmp_path / "d.csv"
    data.write_text("x,y\n" + "".join(f"{i},{i * 7919 % 31}\n" for i in range(40)))
    assert main(["fit", str(data), "-q", "--save", str(model), "--out", str(tmp_path / "fit.txt")]) == 0
    assert main(["plot", str(data), "--use", str(model), "-x", "x", "-q"]) == 2
    assert capsys.readouterr().err == ("mlefit: --use takes the model as it is, and --features asks for another\n"
                                       "leave one of them out\n")
    data.write_text("x,y\n1,\n,2\n")
    assert main(["plot", str(data), "--use", str(model), "-q"]) == 3
    assert capsys.readouterr().err == ("mlefit: none of the 2 rows has both a response and a prediction\n"
                                       "check that the table has the columns of the model, and values in them\n")
    assert main(["plot", str(tmp_path / "old.csv"), "--use", str(model), "--panel", "kl", "-q"]) == 3


def test_hostile_names_are_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng, path = np.random.default_rng(1), tmp_path / "d.csv"
    path.write_text('"a\n\x1b[31m",y\n' + "\n".join(f"{rng.random():.4f},{rng.random():.4f}" for _ in range(80)))
    said = plotted(capsys, str(path), "-t", "y", "--panel", "predictor", "-o", "text")
    assert "\x1b" not in said
    assert len(said.splitlines()) == 3
    assert "  predictor:a\\n\\x1b[31m: Nothing moves along a\\n\\x1b[31m (p = " in said
    assert "\x1b" not in plotted(capsys, str(path), "-t", "y", "--panel", "predictor", "-o", "json")


def test_several_models_are_drawn_behind_the_best(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The interval of each difference of `compare` on one scale, and below it what to use."""
    data = str(SAMPLES / "deliveries.csv")
    words = (data, "-t", "minutes", "-x", "km,vehicle", "-m", "gaussian,laplace", "-m", "student-t")
    sheet = json.loads(plotted(capsys, *words, "-o", "json"))
    assert complaints(sheet, every()) == []
    (panel,) = sheet["panels"]
    assert (panel["id"], panel["title"]) == ("compare", "Behind student-t, with 95 % intervals")
    main(["compare", *words, "-o", "json", "-q"])
    known = {one["model"]: one for one in json.loads(capsys.readouterr().out)["differences"] if one["against"] == "student-t"}
    spans = {layer["label"]: layer["numbers"] for layer in panel["layers"] if layer["kind"] == "span"}
    assert {label: (span["low"][0], span["high"][0]) for label, span in spans.items()} == {
        label: (one["low"], one["high"]) for label, one in known.items()}
    assert sheet["foot"].startswith("use student-t: gaussian is worse by 0.115 +- 0.035 nats per row ")
    drawn = plotted(capsys, *words, "--ascii")
    assert "\nBehind student-t, with 95 % intervals\n" in drawn
    assert "----@---" in drawn
    picture = tmp_path / "behind.svg"
    assert plotted(capsys, *words, "--out", str(picture)) == ""
    assert "gaussian is 0.115" in picture.read_text()


@pytest.mark.parametrize(("words", "message"), [
    (["-m", "gaussian,laplace", "--panel", "qq"], '--panel: "qq" is a picture of one model, and several are compared\nname one with -m\n'),
    (["--panel", "compare", "--use", "model.json"],
     "--use takes one model as it is, and several are compared\nleave one of them out\n"),
    (["-m", "gaussian", "--panel", "compare"],
     "there is nothing to draw: only one model has an answer\n`mlefit compare` says why\n"),
])
def test_pictures_of_several_models_are_no_pictures_of_one(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plot", str(SAMPLES / "deliveries.csv"), "-q", *words]) == 2
    assert capsys.readouterr().err == f"mlefit: {message}"
