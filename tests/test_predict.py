"""`mlefit predict`: every row as it stands with its prediction behind it, intervals that hold, and flags."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from saved_models import Fitted, predicted
from scipy import stats

import mlefit
from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"


def test_every_cell_of_the_input_comes_out_as_it_was(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv", "-x", "x1,site")
    rows = ['code;y;x1;site;"odd ""name"""', '007;1,5;0,5;a;"two', 'lines; and one"', "1.10;;1,25;b;", "", 'x;"2";-1,0;"c";"q""q"']
    table = tmp_path / "new.csv"
    table.write_text("\r\n".join(rows) + "\r\n")
    capsys.readouterr()
    assert main(["predict", model, str(table)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == rows[0] + ";mean;mean_low;mean_high;new_low;new_high;flag"
    assert lines[1] == rows[1]
    for line, row in zip(lines[2:], (rows[2], rows[3], rows[5]), strict=True):
        assert line.startswith(row + ";")
        assert "." not in line.removeprefix(row)        # the decimal sign is that of the table


@pytest.mark.parametrize(("file", "options"), [
    ("measurements.csv", ()), ("conversions.csv", ()), ("species.csv", ()),
    ("measurements.csv", ("-f", "y ~ poly(x1,2)*site + bs(x2,df=5) + I(x1**2) + scale(x2)")),
])
def test_predictions_of_the_rows_fitted_are_those_of_the_fit(
    file: str, options: tuple[str, ...], fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, err = predicted(capsys, fitted(SAMPLES / file, *options), str(SAMPLES / file), "--score")
    fit = mlefit.fit(str(SAMPLES / file), **({"formula": options[1]} if options else {}))
    nll = [float(row["nll"]) for row in rows if row["nll"]]
    assert fit.report.mle is not None
    assert fit.report.mle.nll == pytest.approx(np.mean(nll), rel=1e-12)
    assert "these are the rows of the fit; their errors flatter the model" in err
    assert {flag for row in rows if (flag := row["flag"])} <= {"missing:x2"}


@pytest.mark.parametrize("law", ["gamma", "poisson"])
def test_residuals_of_a_hurdle_are_standard_normal(
    law: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    """A 0 is a probability beside a density: it is spread over what lies below it."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=200)
    above = rng.gamma(2.0, np.exp(0.5 * x)) if law == "gamma" else 1 + rng.poisson(np.exp(0.5 * x))
    table = tmp_path / "zeros.csv"
    table.write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, above * (rng.random(200) < 0.6), strict=True)))
    rows, _ = predicted(capsys, fitted(table, "-m", f"hurdle:{law}", "--no-kl"), str(table), "--score")
    residuals = np.array([float(row["residual"]) for row in rows])
    assert abs(residuals.mean()) < 0.25
    assert 0.8 < residuals.std() < 1.2
    assert list(rows[0])[-4:] == ["p_zero", "nll", "residual", "flag"]
    zeros = [float(row["y"]) == 0.0 for row in rows]
    assert sum(float(row["p_zero"]) for row in rows) == pytest.approx(sum(zeros), rel=1e-8)     # the score of its constant is 0


def test_rows_without_a_prediction_are_kept_empty_and_say_why(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    model = fitted(SAMPLES / "measurements.csv", "-f", "y ~ x1 + site + log(x2)")
    table = tmp_path / "new.csv"
    table.write_text("x1,x2,site\n1,2,a\n,2,a\n1,two,b\n1,2,d\n1,-1,c\n1,2,\n99,2,a\n1,inf,a\n")
    rows, err = predicted(capsys, model, str(table))
    assert [row["flag"] for row in rows] == [
        "", "missing:x1", "not-a-number:x2", "new-level:site=d", "not-finite:log(x2)", "missing:site", "outside:x1",
        "not-a-number:x2"]
    assert [bool(row["mean"]) for row in rows] == [True, False, False, False, False, False, True, False]
    assert err == (
        "note: 6 of 8 rows have no prediction: not-a-number:x2 2, missing:x1 1, missing:site 1, new-level:site 1, "
        "not-finite:log(x2) 1.\nnote: 1 of 8 rows is beyond the rows fitted: outside:x1 1.\n")


def test_a_row_inside_every_range_and_outside_of_the_data_is_far(
    tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    a = rng.uniform(-1, 1, 200)
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n" + "\n".join(f"{x},{x + 0.01 * rng.normal()},{x + rng.normal()}" for x in a) + "\n")
    model = fitted(table)
    (tmp_path / "new.csv").write_text("a,b\n0.5,0.5\n0.9,-0.9\n")
    rows, _ = predicted(capsys, model, str(tmp_path / "new.csv"))
    assert [row["flag"] for row in rows] == ["", "far"]


def test_options_choose_what_is_written(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = fitted(SAMPLES / "measurements.csv"), str(SAMPLES / "measurements.csv")
    rows, _ = predicted(capsys, model, table, "--only", "--id", "site", "--prefix", "m_", "--digits", "4", "--interval", "none")
    assert list(rows[0]) == ["site", "m_mean", "m_flag"]
    assert rows[0]["m_mean"] == "-1.8"
    wide, _ = predicted(capsys, model, table, "--level", "0.5")
    narrow, _ = predicted(capsys, model, table)
    assert float(wide[0]["new_high"]) < float(narrow[0]["new_high"])


@pytest.mark.parametrize(("arguments", "message"), [
    (("--id", "site"), "mlefit: --id names columns that are kept with --only\nadd --only, or leave out --id\n"),
    (("--interval", "conformal"), "mlefit: --interval conformal needs the distances of rows held out, found none in the model\n"
     "fit with --holdout and save again\n"),
])
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], message: str, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = predicted(capsys, fitted(SAMPLES / "measurements.csv"), str(SAMPLES / "measurements.csv"), *arguments, exits=2)
    assert err == message


def test_columns_are_found_by_name_and_missed_by_name(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv")
    table = tmp_path / "new.csv"
    table.write_text("extra,site,x2,x1\n1,a,2,0.5\n")
    rows, _ = predicted(capsys, model, str(table))
    assert rows[0]["extra"] == "1"
    table.write_text("site,x1,X2\na,1,2\n")
    _, err = predicted(capsys, model, str(table), exits=2)
    assert err == 'mlefit: there is no column "x2"\ndid you mean X2 or x1? the columns are site, x1, X2\n'
    table.write_text("site,x1,x2,mean\na,1,2,3\n")
    _, err = predicted(capsys, model, str(table), exits=2)
    assert err == 'mlefit: the table has a column "mean" already\ngive the new ones a beginning with --prefix\n'


def test_missing_can_be_refused_at_its_row(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    table = SAMPLES / "measurements.csv"
    first = next(k for k, row in enumerate(csv.DictReader(table.open()), 1) if not row["x2"] or row["x2"] == "NA")
    _, err = predicted(capsys, fitted(table), str(table), "--missing", "error", exits=3)
    assert err == (f"mlefit: row {first}: there is no prediction (missing:x2)\n"
                   "complete the row, or use --missing keep\n")


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_the_error_of_a_fitted_value_keeps_its_digits_on_longley(
    shift: float, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader((SAMPLES / "longley.csv").open()))
    x = np.array([[float(row[f"x{k}"]) for k in range(1, 7)] for row in rows])
    y = np.array([float(row["y"]) for row in rows])
    x[:, 5] += shift
    table = tmp_path / "longley.csv"
    table.write_text("x1,x2,x3,x4,x5,x6,y\n" + "\n".join(",".join(map(repr, [*a.tolist(), float(b)])) for a, b in zip(x, y, strict=True)))
    said, _ = predicted(capsys, fitted(table), str(table))
    half = np.array([float(row["mean_high"]) - float(row["mean_low"]) for row in said]) / 2.0
    centred = x - x.mean(axis=0)
    q = np.linalg.qr(np.column_stack([np.ones(16), centred / np.linalg.norm(centred, axis=0)]))[0]
    rss = float(np.sum((y - q @ (q.T @ y)) ** 2))
    wanted = stats.t.ppf(0.975, 9) * np.sqrt(rss / 9) * np.linalg.norm(q, axis=1)
    assert half == pytest.approx(wanted, rel=1e-9)      # the difference of two printed ends loses three digits


def test_conformal_intervals_hold_the_share_of_rows_held_out(tmp_path: Path, fitted: Fitted) -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=2_000)
    y = x + rng.standard_t(3, 2_000)
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "\n".join(f"{a},{b}" for a, b in zip(x, y, strict=True)) + "\n")
    found = mlefit.load(fitted(table, "--holdout", "0.5")).predict({"x": x}, interval="conformal")
    inside = np.mean((y >= found["new_low"]) & (y <= found["new_high"]))
    assert 0.93 < inside < 0.97
    assert list(found.columns) == ["mean", "new_low", "new_high", "flag"]


def test_an_offset_is_known_again(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(7)
    x, t = rng.normal(size=200), rng.uniform(1, 5, 200)
    y = rng.poisson(t * np.exp(0.3 * x))
    table = tmp_path / "t.csv"
    table.write_text("x,t,y\n" + "\n".join(f"{a},{b},{c}" for a, b, c in zip(x, t, y, strict=True)) + "\n")
    rows, _ = predicted(capsys, fitted(table, "-m", "poisson", "-x", "x", "--offset", "log(t)"), str(table))
    assert sum(float(row["mean"]) for row in rows) == pytest.approx(y.sum(), rel=1e-10)


def test_blocks_and_threads_do_not_matter(tmp_path: Path, fitted: Fitted, monkeypatch: pytest.MonkeyPatch) -> None:
    model, table = fitted(SAMPLES / "conversions.csv"), str(SAMPLES / "conversions.csv")
    outs = []
    for threads, block in (("1", 4 << 20), ("2", 4 << 20), ("2", 2_000)):
        monkeypatch.setattr("mlefit.source.cutting.BLOCK", block)
        out = tmp_path / f"{threads}-{block}.csv"
        assert main(["predict", model, table, "--score", "-q", "--threads", threads, "--out", str(out)]) == 0
        outs.append(out.read_bytes())
    assert outs[0] == outs[1] == outs[2]


def test_python_predicts_what_the_command_line_does(fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    path, frame = str(SAMPLES / "species.csv"), pd.read_csv(SAMPLES / "species.csv")
    model = fitted(path)
    rows, _ = predicted(capsys, model, path)
    found = mlefit.load(model).predict(frame.iloc[::-1], interval="none")
    assert list(found.index) == list(frame.index[::-1])
    assert found["p_cedar"].tolist()[::-1] == [float(row["p_cedar"]) for row in rows]
    assert found["class"].tolist()[::-1] == [row["class"] for row in rows]


def test_the_columns_of_a_model_tell_their_ranges_and_levels(fitted: Fitted) -> None:
    columns = {one["name"]: one for one in json.loads(Path(fitted(SAMPLES / "measurements.csv")).read_text())["design"]["columns"]}
    values = [float(row["x1"]) for row in csv.DictReader((SAMPLES / "measurements.csv").open()) if row["x2"] not in ("", "NA")]
    assert columns["site"]["levels"] == ["a", "b", "c"]
    assert columns["site"]["reference"] == "a"
    assert (columns["x1"]["min"], columns["x1"]["max"]) == (pytest.approx(min(values)), pytest.approx(max(values)))


def test_python_refuses_intervals_that_there_are_not(fitted: Fitted) -> None:
    model = mlefit.load(fitted(SAMPLES / "measurements.csv"))
    with pytest.raises(mlefit.UsageError, match=r'^interval: expected law, conformal or none, found "normal"'):
        model.predict({"x1": [1.0]}, interval="normal")
    with pytest.raises(mlefit.UsageError) as refused:
        model.predict({"x1": [1.0]}, interval="conformal")
    assert refused.value.message == "interval='conformal' needs the distances of rows held out, found none in the model"


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_table_with_types_comes_out_as_csv(kind: str, tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import feather

    model = fitted(SAMPLES / "measurements.csv", "-x", "x1,site")
    table = pa.table({"id": ["a,1", "b"], "x1": [0.5, None], "site": pa.array(["a", "c"]).dictionary_encode(), "n": [1, 2]})
    path = str(tmp_path / f"new.{kind}")
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        feather.write_feather(table, path, compression="uncompressed")
    rows, _ = predicted(capsys, model, path)
    assert [(row["id"], row["n"], row["flag"]) for row in rows] == [("a,1", "1", ""), ("b", "2", "missing:x1")]


def test_dates_count_from_the_first_day_of_the_fit(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(9)
    days = np.datetime64("2024-01-01") + np.arange(120)
    table = tmp_path / "t.csv"
    rows = [f"{day},{0.1 * k + rng.normal()}" for k, day in enumerate(days)]
    table.write_text("\n".join(["d,y", *rows]) + "\n")
    model = fitted(table, "-f", "y ~ d + month(d)")
    rest = tmp_path / "rest.csv"
    rest.write_text("\n".join(["d,y", *rows[60:]]) + "\n2024-06-01,1\n")
    all_of_it, _ = predicted(capsys, model, str(table))
    part, _ = predicted(capsys, model, str(rest))
    assert [row["mean"] for row in part[:-1]] == [row["mean"] for row in all_of_it[60:]]
    assert part[-1]["flag"] == "new-level:month(d)"
    rest.write_text("d\n20240101\n20240102\n")
    _, err = predicted(capsys, model, str(rest), exits=3)
    assert err == 'mlefit: column "d": the model has dates, found numbers\nread it as the fit did: --as d=date\n'


def test_blocks_of_a_frame_have_random_numbers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(size=90)
    table = {"x": x, "y": rng.poisson(np.exp(0.3 * x))}
    fit = mlefit.fit(table, "y", ["x"], "poisson")
    whole = fit.predict(table, score=True)["residual"].to_numpy()
    monkeypatch.setattr("mlefit.source.frame.ROWS", 20)
    assert np.array_equal(fit.predict(table, score=True)["residual"].to_numpy(), whole)
    assert len(np.unique(whole)) == 90
