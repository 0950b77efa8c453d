"""`mlefit plot`: pictures, sentences and records of one fit; what is refused, and in which words."""

import json
from pathlib import Path

import numpy as np
import pytest
from conforming import complaints

from mlefit.cli import main
from mlefit.cli.schema import every

SAMPLES = Path(__file__).parents[1] / "sample_data"
SENTENCES = {
    "measurements.csv": (
        "y ~ x1 + x2 + site, gaussian noise, mean squared error",
        "  density: Bar heights stay inside the envelope (p = 1.0).",
        "  qq: All quantiles lie inside the envelope of 95 % of true models (p = 0.95).",
        "  fitted: Nothing moves along the prediction (p = 0.83).",
        "  predictor:x2: Nothing moves along x2 (p = 0.81).",
        "  order: Nothing moves along the file (p = 0.80).",
        "  kl: Misfit: none found in mean, spread, shape (p 0.56; rows taken as independent).",
        "500 rows; 199 data sets simulated, seed 0",
    ),
    "waiting.csv": (
        "minutes ~ 1, gaussian noise, mean squared error",
        "* density: About 23 % of the rows lie where the normal law does not expect them, most at 84.5 (p < 0.005).",
        "* qq: Both tails are lighter: measured by the quartiles, the outer 1 % begin 0.49 (below) and 0.75 (above) times as far out "
        "as under the model (p < 0.005).",
        "  order: Nothing moves along the file (p = 0.42).",
        "* kl: Misfit: large, in the shape: KL 0.25 nats per row (0.18 to 0.31; p < 1e-10).",
        "400 rows; 199 data sets simulated, seed 0",
    ),
    "conversions.csv": (
        "converted ~ age + visits + minutes + channel, bernoulli noise, binary cross-entropy",
        "  calibration: Predicted probabilities and observed shares agree within chance (p = 0.98).",
        "  split: A yes row has the higher probability in 67.1 % of the pairs; mean 0.44 against 0.35.",
        "  predictor:visits: Observed and predicted shares agree along visits (p = 0.26).",
        "  predictor:channel: Observed and predicted shares agree along channel (p = 0.98).",
        "  order: Observed and predicted shares agree along the file (p = 0.80).",
        "  kl: Misfit: none found in mean (p 0.76; rows taken as independent).",
        "2,000 rows; 199 data sets simulated, seed 0",
    ),
    "species.csv": (
        "species ~ length + width + height, categorical noise, categorical cross-entropy",
        "  calibration:alder: Predicted probabilities and observed shares of alder agree within chance (p = 0.91).",
        "  calibration:birch: Predicted probabilities and observed shares of birch agree within chance (p = 0.99).",
        "  calibration:cedar: Predicted probabilities and observed shares of cedar agree within chance (p = 0.28).",
        "  predictor:length: No class is over- or underpredicted along length (p = 0.91).",
        "  classes: A row that is birch gets 0.37 for birch and 0.37 for cedar: the hardest class.",
        "  kl: Misfit: none found in mean (p 0.45; rows taken as independent).",
        "600 rows; 199 data sets simulated, seed 0",
    ),
}


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


@pytest.mark.slow     # four fits with 199 refits each
@pytest.mark.parametrize("file", SENTENCES)
def test_sentences_say_what_the_pictures_show(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(plotted(capsys, str(SAMPLES / file), "-o", "text").splitlines()) == SENTENCES[file]


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
    assert ids == ["density", "qq", "fitted", "predictor:x", "predictor:w", "order", "kl", "nats"]
    assert sheet["tested"] == 6
    for panel in sheet["panels"]:
        assert panel["mark"] == any(layer["role"] == "warn" for layer in panel["layers"]) or panel["id"] in ("kl", "nats")
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
    assert lines[1] == "qq            quantiles of the residuals against those of the model"
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
     "it has density, qq, fitted, predictor:x1, predictor:x2, predictor:site, order, kl, nats"),
    (("--panel", "predictor:x3"), '--panel: this model has no panel "predictor:x3"',
     "did you mean predictor:x2? it has density, qq, fitted, predictor:x1, predictor:x2, predictor:site, order, kl, nats"),
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
