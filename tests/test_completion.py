"""Completion: each script has every command and option, bash completes what it should, and a shell need not wait for columns."""

import gzip
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mlefit.cli import main
from mlefit.cli.columns import columns
from mlefit.cli.completion import SHELLS
from mlefit.cli.names import COMMANDS
from mlefit.cli.shells import options, script
from mlefit.noise import MODELS

ROOT = Path(__file__).parents[1]
HEADER = "y,x 1,$(touch owned),größe\n1,2,3,4\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with tables, where `mlefit` is the program under test."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin" / "mlefit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m mlefit "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "d.csv").write_text(HEADER)
    (tmp_path / "b.sh").write_text(script("bash"))
    return tmp_path


@pytest.mark.parametrize("name", SHELLS)
def test_a_script_has_every_command_option_and_model(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", name]) == 0
    text = capsys.readouterr().out
    assert text == script(name)
    for command in COMMANDS:
        assert command in text
        for option in options(command):
            for flag in option.flags:
                assert (flag if name != "fish" else f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}") in text
    assert all(model in text for model in MODELS)


def completed(*words: str) -> list[str]:
    typed = " ".join(f"'{word}'" for word in ("mlefit", *words))
    code = f"source b.sh; COMP_WORDS=({typed}); COMP_CWORD={len(words)}; _mlefit; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.slow     # processes
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_commands_options_words_and_columns(shell: Path) -> None:
    assert set(completed("")) == {*COMMANDS, "--help", "--version"}
    assert completed("fi") == ["fit"]
    assert completed("fit", "d.csv", "--tar") == ["--target"]
    assert "--plot" in completed("prove", "d.csv", "--")
    assert completed("fit", "d.csv", "-m", "bern") == ["bernoulli"]
    assert completed("fit", "d.csv", "--missing", "") == ["drop", "error"]
    assert completed("fit", "d.csv", "-o", "j") == ["json", "jsonl"]
    assert completed("explain", "pois") == ["poisson"]
    assert completed("fit", "d.csv", "-t", "") == ["y", "x\\ 1", "\\$\\(touch\\ owned\\)", "größe"]
    assert completed("fit", "d.csv", "-x", "y,x") == ["y,x\\ 1"]
    assert completed("fit", "d.csv", "--reference", "gr") == ["größe"]
    assert completed("fit", "d.csv", "--seed", "") == [""]
    assert completed("fit", "none.csv", "-t", "") == [""]
    assert not (shell / "owned").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_takes_the_script(shell: Path) -> None:
    subprocess.run(["bash", "-n", "b.sh"], check=True)


@pytest.mark.parametrize(("content", "names"), [
    (HEADER.encode(), ["y", "x 1", "$(touch owned)", "größe"]), (b"a;b;c\n", ["a", "b", "c"]), (b"a\tb\n", ["a", "b"]),
    (b"\xef\xbb\xbf\"a,b\",c\r\n1,2\r\n", ["a,b", "c"]), (gzip.compress(b"a|b\n1|2\n", mtime=0), ["a", "b"]), (b"\x00\x01\xff", []),
    (b"PAR1\x15\x04", []), (b"", []),
])
def test_the_columns_of_a_text(content: bytes, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    assert list(columns(str(path))) == names


def test_the_columns_of_a_database_and_of_no_file(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (a, b)")
    assert list(columns(str(path))) == ["a", "b"]
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE u (c)")
    database.close()
    assert list(columns(str(path))) == []
    assert list(columns(str(tmp_path / "none"))) == []


def test_columns_are_told_without_any_library_and_in_time(shell: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "columns", "d.csv"]) == 0
    assert capfd.readouterr().out == "y\nx 1\n$(touch owned)\ngröße\n"
    code = ("import sys; from mlefit.cli import main; main(['completion', 'columns', 'd.csv']); "
            "sys.stderr.write(' '.join(name for name in sys.modules if name.split('.')[0] in ('typer', 'click', 'numpy', 'pyarrow', 'rich')))")
    program = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stderr == ""
    asked = [sys.executable, "-m", "mlefit", "completion", "columns", "d.csv"]
    assert min(seconds(asked, environment) for _ in range(5)) < 0.15      # 0.05 s, of which Python is a half


def seconds(program: list[str], environment: dict[str, str]) -> float:
    """Of the processor: a machine that does other things is no slower by this clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(program, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_an_unknown_shell_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert capfd.readouterr().err == 'mlefit: SHELL: expected bash, zsh, fish or powershell, found "tcsh"\nsuch as SHELL bash\n'
