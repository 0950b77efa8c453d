"""`mlefit simulate`: responses drawn from a saved model, each row its own number whatever the blocks."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mlefit.cli import main
from mlefit.prediction.numbered import uniform

SAMPLES = Path(__file__).parents[1] / "sample_data"
Fitted = Callable[..., str]


@pytest.fixture
def fitted(tmp_path: Path) -> Fitted:
    """The path of a model of the table."""
    def make(table: str | Path, *options: str) -> str:
        path = tmp_path / "model.json"
        told = str(tmp_path / "told.txt")
        assert main(["fit", str(SAMPLES / table), *options, "-q", "--no-kl", "--save", str(path), "--out", told]) == 0
        return str(path)

    return make


def simulated(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[dict[str, str]], str]:
    """Rows that `mlefit simulate` writes, and what it says."""
    capsys.readouterr()
    assert main(["simulate", *arguments]) == 0
    out, err = capsys.readouterr()
    return list(csv.DictReader(io.StringIO(out))), err


def estimates(path: Path) -> dict[tuple[str, str | None], tuple[float, float]]:
    """The estimate and the standard error of each parameter of a fit in JSON."""
    return {(one["name"], one["class"]): (one["estimate"], one["std_error"]) for one in json.loads(path.read_text())["parameters"]}


def test_the_stream_is_entered_at_any_place() -> None:
    whole = uniform((7, 0), 0, 1_000)
    for first in (0, 1, 2, 3, 4, 5, 499, 998):
        assert np.array_equal(uniform((7, 0), first, 1_000 - first), whole[first:])
    assert stats.kstest(whole, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(whole, uniform((7, 1), 0, 1_000))[0, 1]) < 0.15
    assert not np.isin(uniform((8, 0), 0, 1_000), whole).any()


def test_rows_stand_and_a_row_without_its_predictors_is_not_drawn(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = fitted("measurements.csv"), SAMPLES / "measurements.csv"
    found, said = simulated(capsys, model, str(table), "--name", "z")
    lines = table.read_text().splitlines()
    assert [",".join(list(row.values())[:-1]) for row in found] == lines[1:]
    assert [row["x2"] == "" for row in found] == [row["z"] == "" for row in found]
    assert said == "note: 3 of 503 rows are not drawn: missing:x2 3.\n"


@pytest.mark.parametrize(("table", "target", "options"), [
    ("measurements.csv", "y", ()), ("conversions.csv", "converted", ()), ("species.csv", "species", ()),
    ("deliveries.csv", "parcels", ("-m", "poisson", "-x", "km")), ("repairs.csv", "cost", ("-m", "gamma", "-x", "age,shop")),
    ("repairs.csv", "cost", ("-t", "log(cost)", "-x", "age,shop")), ("spending.csv", "spending", ("-m", "heteroscedastic-gaussian")),
])
def test_a_refit_of_what_was_drawn_finds_the_parameters(
    table: str, target: str, options: tuple[str, ...], tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = options if "-t" in options else (*options, "-t", target)
    model = fitted(table, *chosen)
    found, _ = simulated(capsys, model, str(SAMPLES / table), "--name", "drawn", "--seed", "3")
    again = tmp_path / "again.csv"
    with open(again, "w", newline="") as file:
        kept = [name for name in found[0] if name not in (target, "drawn")]
        writer = csv.writer(file)
        writer.writerow([*kept, target])
        writer.writerows([*(row[name] for name in kept), row["drawn"]] for row in found)
    out = tmp_path / "again.json"
    assert main(["fit", str(again), *chosen, "-q", "--no-kl", "-o", "json", "--out", str(out)]) == 0
    assert main(["show", model, "-o", "json", "--out", str(tmp_path / "first.json")]) == 0
    first, second = estimates(tmp_path / "first.json"), estimates(out)
    assert list(first) == list(second)
    away = [abs(second[key][0] - estimate) / error for key, (estimate, error) in first.items()]
    assert 0.0 < max(away) < 4.0, away


def test_blocks_threads_and_other_copies_do_not_matter(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, table = fitted("conversions.csv"), str(SAMPLES / "conversions.csv")
    arguments = ("--name", "z", "--copies", "3", "--parameters", "drawn", "--seed", "5")
    texts = set()
    for threads, block in (("1", 4 << 20), ("2", 4 << 20), ("2", 2_000), ("1", 777)):
        monkeypatch.setattr("mlefit.source.cutting.BLOCK", block)
        out = tmp_path / f"{threads}-{block}.csv"
        assert main(["simulate", model, table, *arguments, "-q", "--threads", threads, "--out", str(out)]) == 0
        texts.add(out.read_bytes())
    assert len(texts) == 1
    one, _ = simulated(capsys, model, table, "--name", "z", "--parameters", "drawn", "--seed", "5")
    (text,) = texts
    three = list(csv.DictReader(io.StringIO(text.decode())))
    assert [row["z"] for row in one] == [row["z_1"] for row in three]
    assert {row["z_2"] for row in three} == {"no", "yes"}
    assert [row["z_2"] for row in three] != [row["z_3"] for row in three]


def test_rows_alone_are_of_the_law_and_drawn_parameters_spread_more(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted("waiting.csv")
    rows, said = simulated(capsys, model, "-n", "3000")
    assert said == ""
    assert list(rows[0]) == ["minutes"]
    values = np.array([float(row["minutes"]) for row in rows])
    assert stats.kstest(values, stats.norm(71.14728399999996, 14.474074543040507).cdf).pvalue > 1e-3
    monkeypatch.setattr("mlefit.prediction.simulate.BLOCK", 1_001)
    assert simulated(capsys, model, "-n", "3000")[0] == rows
    drawn, _ = simulated(capsys, model, "-n", "2000", "--copies", "100", "--parameters", "drawn")
    fixed, _ = simulated(capsys, model, "-n", "2000", "--copies", "100")
    spreads = [np.array([[float(cell) for cell in row.values()] for row in one]).mean(axis=0).std(ddof=1) for one in (drawn, fixed)]
    alone, both = 14.474 / 2_000**0.5, 14.474 * (1 / 2_000 + 1 / 400) ** 0.5
    assert spreads[0] == pytest.approx(both, rel=0.25)
    assert spreads[1] == pytest.approx(alone, rel=0.25)


@pytest.mark.parametrize(("table", "arguments", "lines"), [
    ("measurements.csv", ("{table}",), ('the table has a column "y" already', "give the drawn one another name with --name")),
    ("waiting.csv", ("-n", "5", "{table}"), ("-n is for a model alone, DATA has its own rows", "leave out one of them")),
    ("measurements.csv", ("-n", "5"), ("the model needs the predictor x1, and -n has no predictors", "give a table: mlefit simulate MODEL.json DATA")),
    ("waiting.csv", (), ("the model has no predictors, and the number of rows is missing", "such as -n 100")),
])
def test_what_cannot_be_meant_is_refused(
    table: str, arguments: tuple[str, ...], lines: tuple[str, str], fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    model = fitted(table)
    capsys.readouterr()
    assert main(["simulate", model, *(one.format(table=SAMPLES / table) for one in arguments)]) == 2
    assert capsys.readouterr() == ("", f"mlefit: {lines[0]}\n{lines[1]}\n")


def test_without_a_covariance_no_parameters_are_drawn(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = Path(fitted("waiting.csv"))
    value = json.loads(model.read_text())
    value["covariance"] |= {"root": None, "shape_root": None}
    model.write_text(json.dumps(value))
    capsys.readouterr()
    assert main(["simulate", str(model), "-n", "5", "--parameters", "drawn"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: --parameters drawn needs the covariance of the parameters, found none in the model\nuse --parameters fixed\n")


def test_roots_of_one_covariance_are_as_wide(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = Path(fitted("waiting.csv"))
    value = json.loads(model.read_text())
    value["covariance"]["shape_root"][0].append(0.5)
    model.write_text(json.dumps(value))
    capsys.readouterr()
    assert main(["simulate", str(model), "-n", "5", "--parameters", "drawn"]) == 3
    assert capsys.readouterr().err.splitlines()[0] == (
        "mlefit: model file, key covariance.shape_root: expected 2 numbers a row, as in root, found 3")
