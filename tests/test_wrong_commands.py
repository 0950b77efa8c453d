"""Wrong words get right help: commands that cannot be meant otherwise run, the others are told what was meant."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from wrong_commands import CARS, REFUSED, UNDERSTOOD

from mlefit.cli import main
from mlefit.errors import UsageError
from mlefit.noise import MODELS, elsewhere
from mlefit.source.nearby import absent


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cars.csv").write_text(CARS)
    return tmp_path


def test_the_table_is_long_enough() -> None:
    assert len(REFUSED) + len(UNDERSTOOD) >= 60


@pytest.mark.parametrize(("command", "code", "message", "remedy"), REFUSED, ids=[case[0] or "none" for case in REFUSED])
def test_a_wrong_command_is_told_what_was_meant(
    command: str, code: int, message: str, remedy: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)) == code
    assert capfd.readouterr() == ("", f"mlefit: {message}\n{remedy}\n")


@pytest.mark.parametrize(("typed", "meant", "notes"), UNDERSTOOD, ids=[case[0] for case in UNDERSTOOD])
def test_what_can_be_meant_in_one_way_is_done(
    typed: str, meant: str, notes: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    fast = ["--draws", "0"] if "cars" in typed and "prove" not in typed else []
    assert main([*shlex.split(meant), *fast]) == 0
    wanted = capfd.readouterr()
    assert main([*shlex.split(typed), *fast]) == 0
    found = capfd.readouterr()
    assert found.out == wanted.out
    said = [line.removeprefix("note: ") for line in found.err.splitlines() if line not in wanted.err.splitlines()]
    assert [line for line in said if not line.startswith("target: ")] == list(notes)


def test_quiet_silences_the_note_that_something_was_understood(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "cars.csv", "mpg ~ wt", "-q", "--draws", "0"]) == 0
    assert capfd.readouterr().err == ""
    assert main(["fit", "cars.csv", "-t", "mpg", "-x", "wt", "hp", "-q", "--draws", "0"]) == 0
    assert capfd.readouterr().err == ""


def test_a_column_of_the_whole_name_wins_over_all_but_it(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "odd.csv").write_text(CARS.replace("wt", "-hp", 1))
    assert main(["fit", "odd.csv", "-t", "mpg", "-x", "-hp", "-q", "--draws", "0", "-o", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["data"]["features"] == ["-hp"]


def test_a_file_with_a_sign_of_formulas_is_a_file(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "a~b.csv").write_text(CARS)
    assert main(["fit", "a~b.csv", "-t", "mpg", "-q", "--draws", "0", "-o", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["data"]["source"] == ["a~b.csv"]


def piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mlefit", *arguments], input=text, capture_output=True, text=True, check=False)


@pytest.mark.slow     # processes
def test_a_pipe_is_read_where_no_table_is_named(folder: Path) -> None:
    asked = ("-t", "mpg", "-q", "--draws", "0")
    done = piped(CARS, "fit", *asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == piped(CARS, "fit", "-", *asked).stdout
    with open("cars.csv", encoding="utf-8") as file:
        command = [sys.executable, "-m", "mlefit", "fit", "mpg ~ wt + hp + carb + am", "-q", "--draws", "0"]
        read = subprocess.run(command, stdin=file, capture_output=True, text=True, check=True)
    assert read.stdout == done.stdout
    wrong = piped(CARS, "fit", "mpg", "wt")
    assert wrong.returncode == 3
    assert wrong.stderr == (
        "mlefit: mpg: there is no such file\ncolumns are named by options, such as `mlefit fit - -t mpg -x wt`\n")
    near = piped(CARS, "fit", "cars")
    assert near.stderr == "mlefit: cars: there is no such file.\ndid you mean cars.csv?\n"


def test_a_file_that_cannot_be_read_hides_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "none.csv").write_text("")
    assert main(["fit", "none.csv", "mpg"]) == 3
    assert capfd.readouterr().err == "mlefit: none.csv: expected a table, found an empty file.\nCheck the path.\n"
    assert main(["fit", "cars.csv", "nothing-like-it"]) == 3
    assert capfd.readouterr().err == "mlefit: nothing-like-it: there is no such file.\nCheck the path.\n"


@pytest.mark.parametrize(("out", "start"), [
    ("t.json", '{\n  "schema"'), ("t.csv", "class,name,"), ("t.md", "## "), ("t.txt", "cars.csv: mpg ~"),
    ("t", "cars.csv: mpg ~"), ("t.JSON", '{\n  "schema"'),
])
def test_the_suffix_of_the_file_tells_the_format(out: str, start: str, folder: Path) -> None:
    assert main(["fit", "cars.csv", "-t", "mpg", "-q", "--draws", "0", "--out", out]) == 0
    assert (folder / out).read_text().startswith(start)
    assert main(["fit", "cars.csv", "-t", "mpg", "-q", "--draws", "0", "--out", out, "-o", "table"]) == 0
    assert (folder / out).read_text().startswith("cars.csv: mpg ~")


def test_the_words_of_other_models_are_true_of_none_of_ours() -> None:
    for model in elsewhere.MODELS:
        for name in model.names.split(" | "):
            with pytest.raises(UsageError) as refused:
                MODELS.find(name, "--model: ")
            assert refused.value.message == f'--model: "{name}" is not a model of mlefit: {model.why}'
            assert refused.value.remedy == model.step
    names = [name for model in elsewhere.MODELS for name in model.names.split(" | ")]
    assert len(names) == len(set(names))
    assert not set(MODELS.meanings()) & set(names)


def test_an_address_that_no_tool_is_known_for() -> None:
    refused = absent("hdfs://name/cars.csv")
    assert refused.message == (
        "hdfs://name/cars.csv: expected a file, a pipe, or an object at s3://, gs:// or abfs://, found another address.")
    assert refused.remedy == "Fetch the table, and name the file."
    signed = absent("https://me:mine@b.example.org/c.csv?X-Amz-Signature=abc")
    assert signed.message == (
        "https://b.example.org/c.csv?...: expected a file, a pipe, or an object at s3://, gs:// or abfs://, found another address.")
    assert signed.remedy == "such as `curl -sSL 'https://b.example.org/c.csv?...' | mlefit fit -`"
    assert absent(os.path.join("no-such-folder", "cars.csv")).remedy == "Check the path."


def test_without_standard_input_a_missing_table_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["fit"]) == 2
    assert capfd.readouterr().err.startswith("mlefit: DATA is missing")
