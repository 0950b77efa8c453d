"""The sentences of all pictures of twelve data sets and more are what they were.

Golden files are rewritten by running this file with MLEFIT_GOLDEN=write in the environment.
"""

import os
import shlex
from pathlib import Path

import pytest

from mlefit.cli import main

pytestmark = pytest.mark.slow       # a fit and 398 refits each

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "pictures.txt"
HEAD = "$ mlefit plot "
COMMANDS = (
    "sample_data/measurements.csv",
    "sample_data/waiting.csv",
    "sample_data/waiting.csv -m gamma",
    "sample_data/conversions.csv",
    "sample_data/conversions.csv -t visits -x age,minutes -m poisson",
    "sample_data/conversions.csv -t visits -x age,minutes -m hurdle:poisson",
    "sample_data/species.csv",
    "sample_data/species.csv -t width -x species,length -m student-t",
    "sample_data/repairs.csv -t wait -x age,shop -m weibull",
    "sample_data/repairs.csv -t hours -x age,cost -m quantile:tau=0.9",
    "sample_data/rents.csv -t rent",
    "sample_data/rents.csv -t rent -m huber",
    "sample_data/spending.csv",
    "sample_data/spending.csv -m heteroscedastic-gaussian",
    "sample_data/seeds.csv -t sprouted --trials sown",
    "sample_data/deliveries.csv -t parcels -x km,vehicle -m negative-binomial",
    "sample_data/deliveries.csv -t share -x km,vehicle -m beta",
    "sample_data/stackloss.csv",
    "sample_data/longley.csv -t y",
)


def golden() -> dict[str, str]:
    """What each command printed."""
    parts = GOLDEN.read_text(encoding="utf-8").split(HEAD)[1:] if GOLDEN.exists() else []
    return {command: text.rstrip("\n") + "\n" for command, _, text in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("command", COMMANDS)
def test_pictures_say_what_they_did(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["plot", *shlex.split(command), "-o", "text", "-q", "--panel", "all"]) == 0
    out, known = capsys.readouterr().out, golden()
    if os.environ.get("MLEFIT_GOLDEN") == "write":
        known[command] = out
        text = "\n".join(f"{HEAD}{one}\n{known[one]}" for one in COMMANDS if one in known)
        GOLDEN.write_text(text, encoding="utf-8")
    assert out == known[command]
