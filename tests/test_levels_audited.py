"""`mlefit audit` beside factors of many levels: the point is judged by levels as by columns."""

import csv
import io
from pathlib import Path

import pytest
from level_tables import ALL, table, told

from mlefit.cli import main
from mlefit.design import indexing


@pytest.mark.parametrize(("target", "model"), [("y", "gaussian"), ("b", "bernoulli"), ("c", "categorical"), ("count", "poisson")])
@pytest.mark.parametrize("move", [0.0, 0.3])
@pytest.mark.parametrize("baseline", [True, False])
def test_a_point_is_judged_by_levels_as_by_columns(
    baseline: bool, move: float, target: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = table(tmp_path / "data.csv", levels=40, rows=1600)
    options = ("-f", f"{target} ~ g + x + z{'' if baseline else ' - 1'}", "-m", model)
    capsys.readouterr()
    assert main(["fit", data, *options, "--no-kl", "-q", "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    found = []
    coefficients = tmp_path / "coefficients.csv"
    lines = [f"{row['name']},{row['class']},{float(row['estimate']) + move * (row['name'] in ('g=l007', 'x'))!r}\n" for row in rows]
    coefficients.write_text("name,class,estimate\n" + "".join(lines))
    for many in (20, ALL):
        monkeypatch.setattr(indexing, "MANY", many)
        found.append(told(capsys, "audit", data, *options, "--coef", str(coefficients), exits=5 if move else 0))
    one, other = found
    assert [(p["name"], p["class"]) for p in one["parameters"]] == [(p["name"], p["class"]) for p in other["parameters"]]
    assert (one["finding"], one["n"], one["shapes"]) == (other["finding"], other["n"], other["shapes"])
    for key in ("edm", "distance", "excess"):
        assert one[key] == pytest.approx(other[key], rel=1e-5, abs=1e-9)
    for p, q in zip(one["parameters"], other["parameters"], strict=True):
        for key in ("given", "maximum", "std_error", "distance", "gradient", "pull"):
            assert p[key] == pytest.approx(q[key], rel=1e-6, abs=1e-6 * (1.0 + abs(q["gradient"])))
