"""`mlefit schema`: real comparisons, proofs and saved models are as their schemas say."""

import json
from pathlib import Path

import pytest
from conforming import complaints

from mlefit.cli import main
from mlefit.cli.schema import every
from mlefit.report.schema import schemas

SAMPLES = Path(__file__).parents[1] / "sample_data"
ANSWERS = [     # commands whose whole JSON is held against its schema
    "compare waiting.csv", "compare repairs.csv -t hours -x age,cost -m gaussian,gamma",
    "compare measurements.csv -t y -x x1 -m gaussian,poisson",
    "prove conversions.csv -m bernoulli", "prove measurements.csv", "prove conversions.csv -t visits -x age -m poisson",
]
SAVED = [
    "measurements.csv -f y~x1*site+poly(x2,2)+scale(x1)+center(x2)+bs(x1)", "conversions.csv", "species.csv --holdout 0.2",
    "spending.csv -m heteroscedastic-gaussian", "repairs.csv -t log(cost) -x age", "waiting.csv -m gamma",
]


@pytest.mark.slow     # a fit or more each
@pytest.mark.parametrize("command", ANSWERS)
def test_comparisons_and_proofs_are_as_their_schemas_say(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    verb, file, *options = command.split()
    assert main([verb, str(SAMPLES / file), *options, "-q", "-o", "json"]) == 0
    answer, known = json.loads(capsys.readouterr().out), every()
    assert answer["schema"] == f"mlefit.{'compare' if verb == 'compare' else 'proof'}/1"
    assert complaints(answer, known) == []
    rows = answer["models" if verb == "compare" else "lines"]
    rows[0] = {**rows[0], "state": "perhaps", "data": {}}
    assert complaints(answer, known)


@pytest.mark.slow     # a fit each
@pytest.mark.parametrize("command", SAVED)
def test_saved_models_are_as_their_schema_says(command: str, tmp_path: Path) -> None:
    file, *options = command.split()
    place = tmp_path / "m.json"
    assert main(["fit", str(SAMPLES / file), *options, "-q", "--save", str(place), "--out", str(tmp_path / "t.txt")]) == 0
    answer, known = json.loads(place.read_text(encoding="utf-8")), every()
    assert complaints(answer, known) == []
    answer["design"]["terms"] = [{"name": "x", "factors": [{"kind": "pickle"}]}]
    answer["covariance"]["free"] = None
    assert complaints(answer, known) == ["design.terms[0].factors[0].kind", "covariance.free"]


def test_the_command_prints_all_schemas_or_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == every()
    assert main(["schema", "error"]) == 0
    assert json.loads(capsys.readouterr().out) == schemas()["mlefit.error/1"]
    assert main(["schema", "zzz"]) == 2
    assert capsys.readouterr().err == 'mlefit: schema: expected fit, error, by, audit, check, compare, panels, model, models or proof, found "zzz"\nsuch as `mlefit schema fit`\n'
