"""The example of every noise model, as the first screen and with --detail, is what it was.

Golden files are rewritten by running this file with MLEFIT_GOLDEN=write in the environment; a new law needs its own.
"""

import os
import shlex
from pathlib import Path

import pytest

from mlefit.cli import main
from mlefit.noise import MODELS

pytestmark = pytest.mark.slow       # a fit each

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("level", ["screen", "detail"])
@pytest.mark.parametrize("name", list(MODELS))
def test_the_example_of_a_model_prints_what_it_did(
    name: str, level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(MODELS[name].example)
    assert program == "mlefit"
    assert main([*arguments, "-q", *(["--detail"] if level == "detail" else [])]) == 0
    out, err = capsys.readouterr()
    assert err == "".join(line for line in err.splitlines(keepends=True) if line.startswith("warning: "))
    path = GOLDEN / f"model_{name}_{level}.txt"
    if os.environ.get("MLEFIT_GOLDEN") == "write":
        path.write_text(out, encoding="utf-8")
    assert out == path.read_text(encoding="utf-8")
