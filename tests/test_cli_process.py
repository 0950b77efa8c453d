"""The command as a process: what it loads, closed pipes, signals, full disks, odd arguments, the other commands."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlefit.cli import main, progress
from mlefit.cli.names import COMMANDS
from mlefit.cli.progress import Bar
from mlefit.noise import MODELS

FAKE = """
import sys, time
sys.path.insert(0, {tests!r})
from types import ModuleType
from report_samples import GAUSSIAN
module = ModuleType("mlefit.pipeline")
def run(request, progress=None, keep=None, keep_rows=False):
    if request.data == ("slow",):
        print("running", file=sys.stderr, flush=True)
        time.sleep(20)
    return GAUSSIAN
module.run = run
sys.modules["mlefit.pipeline"] = module
from mlefit.cli import main
sys.exit(main())
"""
PROGRAM = [sys.executable, "-c", FAKE.format(tests=str(Path(__file__).parent))]
HEAVY = {"scipy", "pandas", "pyarrow", "formulaic", "matplotlib", "dask"}


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import contextlib, io, sys\nfrom mlefit.cli import main\n"
        f"with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):\n    main({list(arguments)!r})\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["fit", "--help"], ["--version"], ["fit", "d.csv", "--level", "2"]])
def test_help_and_refusals_load_no_numerics(arguments: list[str]) -> None:
    assert not loaded_by(*arguments) & (HEAVY | {"numpy", "rich"})


def test_models_loads_no_search() -> None:
    code = "import sys\nfrom mlefit.cli import main\nmain(['models'])\nprint('scipy.optimize' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == ("mlefit 0.2.0\n", "")
    assert main(["fit", "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage: mlefit fit [OPTIONS]")
    assert text.endswith("  -h, --help                Show this message and exit.\n")


def test_python_m_mlefit_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "mlefit", "fit"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mlefit: DATA is missing")


def test_models_lists_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    assert main(["models", "-o", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == "mlefit.models/1"
    assert [model["name"] for model in listed["models"]] == list(MODELS)
    for model in MODELS.values():
        for words in (model.name, model.loss_name, model.support, model.example, ", ".join(model.aliases)):
            assert words in text
    assert [model["question"] for model in listed["models"]] == [model.question for model in MODELS.values()]


def test_models_are_grouped_by_response_with_their_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    text = capsys.readouterr().out
    groups = dict(part.split("\n", 1) for part in text.partition("\nmodel ")[0].rstrip("\n").split("\n\n"))
    assert set(groups) == {model.support for model in MODELS.values()}
    told = {response: dict(line.split(maxsplit=1) for line in lines.splitlines()) for response, lines in groups.items()}
    for model in MODELS.values():
        assert told[model.support][model.name] == model.question
    assert sum(map(len, told.values())) == len(MODELS) == len({model.question for model in MODELS.values()})
    assert told["whole numbers >= 0"]["negative-binomial"] == "counts that vary more than their mean"
    assert max(len(line) for lines in groups.values() for line in lines.splitlines()) <= 80


@pytest.mark.parametrize("arguments", ["fit d.csv -q", "fit d.csv -o json -q", "fit --help", "--version", "models"])
def test_a_closed_pipe_is_success(arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, *arguments.split()], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", ["fit d.csv -q", "fit d.csv -o json -q", "models", "--help"])
def test_a_closed_stdout_is_success(arguments: str) -> None:
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', *PROGRAM, *arguments.split()], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_pipe_does_not_hide_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, "fit", "-o", "json"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr.startswith(b"mlefit: DATA is missing")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", ["fit d.csv -q", "--help", "fit --help", "--version", "completion bash"])
def test_a_full_disk_is_said(arguments: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, *arguments.split()], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"mlefit: stdout: the result cannot be written: No space left on device\nuse --out FILE\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_notes_that_nobody_can_read_cost_no_result() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, "fit", "d.csv"], stdout=subprocess.PIPE, stderr=full, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"measurements.csv: y ~ x1")


def test_a_fifo_is_written_directly(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([*PROGRAM, "fit", "d.csv", "-q", "--out", str(fifo)]) as process:
        text = fifo.read_text(encoding="utf-8")
        assert process.wait() == 0
    assert text.startswith("measurements.csv: y ~ x1")
    assert fifo.is_fifo()


def test_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    out = tmp_path / "fit.txt"
    with subprocess.Popen(
        [*PROGRAM, "fit", "slow", "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"running\n"
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=10)
    assert time.monotonic() - started < 2
    assert (process.returncode, stdout, stderr) == (130, b"", b"mlefit: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_are_not_text_are_shown_escaped() -> None:
    command = [os.fsencode(part) for part in PROGRAM]
    done = subprocess.run([*command, b"fit", b"d", b"--seed", b"\xff\x1b"], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == b'mlefit: --seed: expected a whole number >= 0, found "\\udcff\\x1b"'


def test_progress_shows_nothing_without_a_terminal_or_before_a_second() -> None:
    with progress.progress(quiet=False) as show:
        assert show is None
    bar = Bar()
    bar("reading", 0.5)
    assert bar.bar is None
    bar.started -= 2 * progress.PATIENCE
    bar("reading [red]", None)
    bar("reading", 0.5)
    assert bar.bar is not None
    bar.close()


def test_help_as_json_has_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], [command["name"] for command in answer["commands"]]) == ("mlefit.help/1", list(COMMANDS))
    for command in answer["commands"]:
        assert main([command["name"], "--help"]) == 0
        text = capsys.readouterr().out
        assert all(flag in text for option in command["options"] for flag in option["flags"])
    assert main(["help", "fit", "--json"]) == 0
    (fit,) = json.loads(capsys.readouterr().out)["commands"]
    options = {option["name"]: option for option in fit["options"]}
    assert options["level"] == {
        "name": "level", "flags": ["--level"], "metavar": "P", "help": "Confidence level.", "switch": False, "repeatable": False,
        "section": "problem", "default": "0.95"}
    assert (options["reference"]["repeatable"], options["detail"]["switch"], options["data"]["flags"]) == (True, True, [])
    assert main(["help", "zzz", "--json"]) == 2
    assert capsys.readouterr().err == (
        'mlefit: there is no command "zzz"\nthe commands are ' + ", ".join(COMMANDS[:-1]) + f" or {COMMANDS[-1]}\n")
