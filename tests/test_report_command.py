"""`mlefit report`: one file, its exit codes, and what is refused before the data is read."""

import re
import shlex
from pathlib import Path

import pytest
from page_reading import Page

from mlefit.cli import main, report
from mlefit.drawing.page import rendered
from mlefit.noise import MODELS

pytest.importorskip("jinja2")

ROOT = Path(__file__).parents[1]
MEASUREMENTS = str(ROOT / "sample_data" / "measurements.csv")
SEPARATED = "x,g,y\n1,a,0\n2,b,0\n3,a,0\n4,b,1\n5,a,1\n6,b,1\n"


def made(tmp_path: Path, *arguments: str, exits: int = 0) -> Page:
    place = tmp_path / "report.html"
    assert main(["report", *arguments, "--draws", "0", "--out", str(place), "-q"]) == exits
    return Page(place.read_text(encoding="utf-8"))


def test_a_report_tells_the_fit(tmp_path: Path) -> None:
    found = made(tmp_path, MEASUREMENTS)
    assert found.headings[0] == (1, "measurements.csv: gaussian noise, mean squared error")
    assert "y ~ x1 + x2 + site" in found.text
    assert "500 of 503 rows used (3 dropped, missing in x2: 3)" in found.text
    assert "Of the 3 terms, the one that explains most is x1: its coefficient is 1.995 (1.954 to 2.036)." in found.text
    assert found.data["schema"] == "mlefit.fit/1"
    assert found.data["data"]["sha256"][0]


def test_one_standard_deviation_is_that_of_the_column(tmp_path: Path) -> None:
    import csv

    import numpy as np

    from mlefit.pipeline.story import story
    from mlefit.request import Request

    with open(MEASUREMENTS, encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["x2"]]
    told = story(Request((MEASUREMENTS,), draws=0))
    for name in ("x1", "x2"):
        assert told.spreads[name] == pytest.approx(np.std([float(row[name]) for row in rows]), rel=1e-12)
    assert (told.spreads["site=b"], told.spreads["site=c"]) == (1.0, 1.0)
    assert "(Intercept)" not in told.spreads
    uncentred = story(Request((MEASUREMENTS,), formula="y ~ x1 + x1:x2 - 1", draws=0))
    assert uncentred.spreads["x1"] == pytest.approx(np.sqrt(np.mean([float(row["x1"]) ** 2 for row in rows])), rel=1e-12)


def test_next_commands_have_the_options_and_can_be_pasted(tmp_path: Path) -> None:
    table = tmp_path / "a b.csv"
    table.write_text("x,y\n" + "".join(f"{i},{(i * 7) % 5 + i}\n" for i in range(30)), encoding="utf-8")
    found = made(tmp_path, str(table), "-m", "laplace")
    assert f"mlefit fit '{table}' -m laplace" in found.text
    assert "--save model.json" in found.text
    assert "mlefit predict model.json new.csv --out predicted.csv" in found.text


def test_without_an_answer_the_page_says_why_and_the_exit_is_4(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "s.csv"
    table.write_text(SEPARATED, encoding="utf-8")
    found = made(tmp_path, str(table), "-m", "bernoulli", exits=4)
    assert found.headings[1] == (2, "Why there is no answer")
    assert "perfectly separated" in found.text
    assert "perfectly separated" in capfd.readouterr().err
    assert found.data["status"] == "no estimate"


def test_several_models_are_compared_first_and_the_best_follows(tmp_path: Path) -> None:
    found = made(tmp_path, str(ROOT / "sample_data" / "waiting.csv"), "-m", "gaussian,laplace")
    assert [text for level, text in found.headings if level == 2][:2] == ["The models compared", "In words"]
    assert "All that follows is about waiting.csv: gaussian noise, mean squared error." in found.text
    assert "laplace is 0.0898 (0.0496 to 0.130) nats per row behind gaussian." in found.text
    assert found.data["model"]["noise"] == "gaussian"


def test_stdout_gets_the_page_and_stderr_the_notes(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", MEASUREMENTS, "--draws", "0", "--out", "-"]) == 0
    said = capfd.readouterr()
    assert said.out.startswith("<!doctype html>\n")
    assert said.err.startswith("note: target: y")


@pytest.mark.parametrize(("arguments", "message", "remedy"), [
    (["--by", "site", "--out", "r.html"], "--by: there is no such option", "it is one of `mlefit fit`; `mlefit report --help` lists the options"),
    (["--out", "absent/r.html"], '--out: "absent/r.html" cannot be written: its directory does not exist',
     "give a file in a directory that exists and is yours to write"),
])
def test_what_cannot_be_is_refused_before_the_data_is_read(
    arguments: list[str], message: str, remedy: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", MEASUREMENTS, *arguments]) == 2
    assert capfd.readouterr() == ("", f"mlefit: {message}\n{remedy}\n")


def test_standard_input_is_read_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "-", "-m", "gaussian", "-m", "laplace", "--out", "r.html"]) == 2
    assert capfd.readouterr().err == (
        "mlefit: a report of several models reads its table twice, and standard input can be read once\ngive the path of a file\n")


def test_a_terminal_is_no_browser(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "is_terminal", lambda stream: True)
    assert main(["report", MEASUREMENTS]) == 2
    assert capfd.readouterr().err == (
        "mlefit: a report is a page for a browser, not for a terminal\nuse --out report.html or > report.html\n")


def test_without_jinja2_nothing_is_read(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "find_spec", lambda name: None)
    assert main(["report", "absent.csv", "--out", "r.html"]) == 2
    assert capfd.readouterr().err == 'mlefit: report needs jinja2, which is not installed\npip install "mlefit[report]"\n'


def test_a_refusal_of_the_data_leaves_the_file_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table, place = tmp_path / "t.csv", tmp_path / "report.html"
    table.write_text("x,y\n1,-1\n2,3\n3,4\n", encoding="utf-8")
    assert main(["report", str(table), "-m", "poisson", "--out", str(place), "-q"]) == 3
    assert not place.exists()
    assert f'--out: "{place}" is not written' in capfd.readouterr().err


def test_effects_stand_by_their_size_and_the_weakest_of_many_columns_are_left_out(tmp_path: Path) -> None:
    import numpy as np

    from mlefit.pipeline.story import EFFECTS, size, story
    from mlefit.request import Request

    rng = np.random.default_rng(1)
    names = [f"x{k}" for k in range(15)]
    table = {name: rng.normal(size=300) for name in names}
    table["y"] = sum((k - 7.0) * table[name] for k, name in enumerate(names)) + rng.normal(size=300)
    told = story(Request(table, target="y", model="gaussian", draws=0, kl=False))
    shown = [panel.id.removeprefix("effect:") for panel in told.effects]
    assert len(shown) == EFFECTS
    assert {"x6", "x7", "x8"}.isdisjoint(shown)
    sizes = [size(panel) for panel in told.effects]
    assert sizes == sorted(sizes, reverse=True)
    assert shown[0] in ("x0", "x14")


@pytest.mark.slow     # a fit and 199 simulated data sets each
@pytest.mark.parametrize("name", ["gaussian", "bernoulli", "categorical", "ordinal", "gamma", "quantile", "laplace"])
def test_a_report_has_all_its_sections(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    place = tmp_path / "report.html"
    assert main(["report", *shlex.split(MODELS[name].example)[2:], "--out", str(place), "-q"]) == 0
    text = place.read_text(encoding="utf-8")
    found = Page(text)
    assert len(text.encode()) < 500_000
    assert found.data["model"]["noise"] == name
    sections = [heading for level, heading in found.headings if level == 2]
    order = ["In words", "Where the nats go", "Parameters", "Does the noise model hold?", "What the predictors do",
             "The same answer twice", "The rows that surprise most", "Next", "Record"]
    assert [section for section in order if section in sections] == sections
    needed = {"In words", "Parameters", "Does the noise model hold?", "The same answer twice", "The rows that surprise most"}
    assert needed <= set(sections)
    assert found.text.count("None of") + found.text.count(" marked, first ") == 1
    assert "nan" not in found.text.lower().split()


def drawn_rows(place: Path, seed: int, constant: float) -> Path:
    import numpy as np

    rng = np.random.default_rng(seed)
    x = rng.normal(size=400)
    y = constant + 2.0 * x + rng.normal(size=400)
    place.write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)), encoding="utf-8")
    return place


def test_a_saved_model_is_judged_by_new_rows(tmp_path: Path) -> None:
    first, model = drawn_rows(tmp_path / "first.csv", 1, 0.0), tmp_path / "model.json"
    assert main(["fit", str(first), "-q", "--draws", "0", "--save", str(model), "--out", str(tmp_path / "fit.txt")]) == 0
    same = made(tmp_path, str(drawn_rows(tmp_path / "same.csv", 2, 0.0)), "--use", str(model))
    assert same.headings[0] == (1, "same.csv: model.json, gaussian noise, mean squared error")
    assert "on these rows holds" in same.text
    assert "400 of 400 new rows can be scored by a model of 400 rows. Holds: no change found" in same.text
    assert "model.json was fitted to first.csv: 400 of 400 rows used" in same.text
    assert same.data["data"]["source"] == [str(first)]
    moved = made(tmp_path, str(drawn_rows(tmp_path / "moved.csv", 3, 1.0)), "--use", str(model))
    assert "on these rows drifted" in moved.text
    assert re.search(r"[1-9] of \d pictures tested (is|are) marked, first ", moved.text)
    assert "cross-entropy, nats per row" in moved.text
    sections = [heading for level, heading in moved.headings if level == 2]
    assert sections == ["In words", "Parameters", "Does the noise model hold?", "The same answer twice", "The rows that surprise most",
                        "Next", "Record"]
    assert f"mlefit check {model} {tmp_path / 'moved.csv'}" in moved.text


def test_a_saved_model_is_taken_as_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", MEASUREMENTS, "--use", "model.json", "-m", "laplace", "--out", str(tmp_path / "r.html")]) == 2
    assert "mlefit: --use takes the model as it is, and --model asks for another\nleave one of them out\n" in capfd.readouterr().err


@pytest.mark.parametrize(("rows", "models", "why"), [
    ("x,y\n1,1\n2,1\n3,1\n4,1\n", (), 'column "y" is constant'),
    ("x,y\n1,1\n2,1\n3,1\n4,1\n", ("-m", "gaussian,laplace"), "none of the 2 models has an answer"),
    ("x,y\n1,a\n2,a\n3,a\n", ("-m", "categorical"), "categorical needs at least two classes"),
], ids=["constant", "no model", "one class"])
def test_where_nothing_is_known_the_page_has_the_reason(rows: str, models: tuple[str, ...], why: str, tmp_path: Path) -> None:
    table = tmp_path / "<b>.csv"
    table.write_text(rows, encoding="utf-8")
    found = made(tmp_path, str(table), *models, exits=4)
    assert found.headings == [(1, "<b>.csv"), (2, "Why there is no answer")]
    assert why in found.text
    assert "What to do: " in found.text
    assert found.of("script") == [{"type": "application/json", "id": "mlefit-error"}]
    assert (found.data["schema"], found.data["exit"]) == ("mlefit.error/1", 4)
