"""The README shows what the program prints: every `$` line of its console blocks is run and compared."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from readme_commands import README, ROOT, all_printed, blocks, commands, marked, shown

from mlefit.errors import DataError, MlefitError, NoEstimateError, RequirementError, UsageError

pytestmark = pytest.mark.slow     # every command of the README, each a process

BLOCKS = blocks("console")
SHOWN = [each for block in BLOCKS for each in commands(block)]


@pytest.mark.parametrize("block", BLOCKS, ids=[commands(block)[0][0] for block in BLOCKS])
def test_commands_print_what_the_readme_shows(block: str) -> None:
    if "| jq" in block and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    assert all_printed(block) == shown(block)


def test_there_is_something_to_compare() -> None:
    assert SHOWN[0][0] == "mlefit fit sample_data/measurements.csv --model gaussian"
    assert len(SHOWN) >= 8
    assert all("mlefit " in command and output for command, output in SHOWN)


def test_the_python_example_runs() -> None:
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("sample_data/measurements.csv: y ~ x1 + x2 + site")
    assert "\nTrue\n" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["0", "1.48", "1.4", "1.56", "0.52", "2.45"]


def test_the_set_up_command_ends_with_the_first_command() -> None:
    assert marked("main job").endswith(f"&& .venv/bin/{SHOWN[0][0]}")


@pytest.mark.parametrize(("name", "quoted"), [("main job", "'main job'"), ("tests", "tests")])
def test_ci_runs_the_two_commands_of_the_readme(name: str, quoted: str) -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert f'"$(readme_command {quoted})"' in script.read_text(encoding="utf-8")
    assert marked(name).startswith("python3 -m venv .venv && .venv/bin/pip install --quiet ")


def test_the_exit_codes_are_those_of_the_errors() -> None:
    listed = re.findall(r"^\| (\d+) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    errors = {kind.exit_code for kind in (MlefitError, UsageError, DataError, NoEstimateError, RequirementError)}
    assert {int(code) for code in listed} == {0, 130} | errors
