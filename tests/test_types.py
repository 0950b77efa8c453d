"""Types as people mean them: what a column holds is told by its cells, and --as overrules; dates, money, percent, codes, orders."""

import datetime
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_reading import columns, refused

import mlefit
from mlefit.api import Fit
from mlefit.cli import main
from mlefit.design.dates import place, year
from mlefit.errors import UsageError
from mlefit.source import ReadOptions, open_source
from mlefit.source.dates import EPOCH, day, evidence, order
from mlefit.source.source import Kind
from mlefit.source.writing import Writing, taken_apart


def numbers(cells: list[str], tmp_path: Path, **options: Any) -> list[float | None]:
    path = tmp_path / "a.csv"
    path.write_text("c;k\n" + "".join(f"{cell};1\n" for cell in cells), encoding="utf-8")
    with open_source((str(path),), ReadOptions(delimiter=";", **options)) as source:
        batches = list(source.map(["c"], [], lambda batch: batch, 1))
    return [None if math.isnan(value) else value for batch in batches for value in batch.numbers["c"].tolist()]


@pytest.mark.parametrize(("cells", "found"), [
    (["$5", "$1,234.50", "-$7", "$-8", "NA"], [5.0, 1234.5, -7.0, -8.0, None]),
    (["5 €", "1'234.50€", "€ 7"], [5.0, 1234.5, 7.0]),
    (["EUR 5", "EUR 1,200", "EUR 7.5"], [5.0, 1200.0, 7.5]),
    (["5 %", "12.5%", "-3 %"], [5.0, 12.5, -3.0]),
    (["1,200", "900", "-1,234,567.5"], [1200.0, 900.0, -1234567.5]),
    (["1 200", "900", "12 345"], [1200.0, 900.0, 12345.0]),
    (["1\u202f200", "1\u202f234\u202f567"], [1200.0, 1234567.0]),
    (["1,200 kg", "900 kg"], [1200.0, 900.0]),
])
def test_numbers_as_people_write_them_are_read_where_the_whole_column_has_them(
    cells: list[str], found: list[float | None], tmp_path: Path
) -> None:
    assert numbers(cells, tmp_path, decimal=".") == found


def test_with_a_decimal_comma_points_separate_thousands(tmp_path: Path) -> None:
    assert numbers(["1.234,5", "12", "1.234.567"], tmp_path, decimal=",") == [1234.5, 12.0, 1234567.0]
    assert numbers(["1.234,50 €", "12,25 €"], tmp_path, decimal=",") == [1234.5, 12.25]


def test_a_group_of_three_behind_a_zero_is_no_thousand() -> None:
    assert taken_apart("0,123", ".") is None
    assert taken_apart("1,234", ".") == Writing("", ",")
    assert taken_apart("12,34", ".") is None
    assert taken_apart("1,234 567", ".") is None
    assert taken_apart("$5 %", ".") is None


@pytest.mark.parametrize(("cells", "message"), [
    (["5 %", "6", "7 %"], 'a.csv: 2 cells in column "c" are not numbers: row 1 (line 2) "5 %", row 3 (line 4) "7 %".\n'
     "Write percentages as plain numbers, without the percent sign."),
    (["1,200", "1'300"], 'a.csv: 2 cells in column "c" are not numbers: row 1 (line 2) "1,200", row 2 (line 3) "1\'300".\n'
     "Remove the thousands separators."),
])
def test_where_not_all_cells_are_written_so_they_are_refused(cells: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("c;k\n" + "".join(f"{cell};1\n" for cell in cells))
    assert refused(path, delimiter=";", decimal=".") == message


def test_a_cell_written_otherwise_far_down_is_met(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("c;k\n" + "".join(f"${at % 90};1\n" for at in range(300_000)) + "3;1\n")
    assert refused(path, delimiter=";") == (
        'a.csv: 1 cell in column "c" is not a number: row 300001 (line 300002) "3".\n'
        "Give all cells of the column one unit, or none, and one kind of separator at most.")


DATED = {
    "2020-02-29": 18321.0, "2020-02-29 12:00:00": 18321.5, "2020-02-29T12:00:00Z": 18321.5, "2020/2/29": 18321.0,
    "2020-02-29T01:00+01:00": 18321.0, "2020.02.29 06:00": 18321.25, "29 Feb 2020": 18321.0, "29-Feb-20": 18321.0,
    "February 29, 2020": 18321.0, "Feb 29 2020 6:00 pm": 18321.75, "2020-02": 18293.0, "20200229": 18321.0, "12 May 69": -234.0,
}


@pytest.mark.parametrize(("text", "days"), DATED.items())
def test_a_date_is_a_number_of_days(text: str, days: float) -> None:
    assert day(text, "") == days


@pytest.mark.parametrize("text", [
    "2020-02-30", "2020-13-01", "29/02/2020", "2020-02-29 25:00", "2020-02-29 13:00 pm", "12:30", "29 Foo 2020", "Monday", "",
])
def test_what_is_no_date_is_none(text: str) -> None:
    assert day(text, "") is None


@pytest.mark.parametrize(("cells", "told", "first"), [
    (["03/04/2020", "13/04/2020"], "dmy", "2020-04-03"), (["03/04/2020", "03/14/2020"], "mdy", "2020-03-04"),
    (["03.04.2020", "05.06.2020"], "dmy", "2020-04-03"), (["3-4-20", "13-4-20"], "dmy", "2020-04-03"),
    (["03/04/2020", "05/06/2020"], "", None), (["13/04/2020", "04/13/2020"], "", None), (["2020-04-03"], "", "2020-04-03"),
])
def test_the_column_tells_the_order_of_day_and_month(cells: list[str], told: str, first: str | None) -> None:
    assert order(evidence(pa.array(cells))) == told
    found = day(cells[0], told)
    assert found == (None if first is None else (datetime.datetime.fromisoformat(first) - EPOCH).days)


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)))
def test_parts_of_a_date_are_those_of_the_calendar(when: datetime.datetime) -> None:
    days = np.array([(when - EPOCH) / datetime.timedelta(days=1), np.nan])
    if abs(days[0] - round(days[0])) < 1e-9:       # a microsecond before midnight is midnight in doubles
        return
    assert year(days)[0] == when.year
    assert np.isnan(year(days)[1])
    assert place("month", days).tolist() == [when.month - 1, -1]
    assert place("weekday", days).tolist() == [when.weekday(), -1]


def table(rows: int = 200) -> dict[str, list[Any]]:
    rng = np.random.default_rng(3)
    dates = [datetime.date(2021, 1, 1) + datetime.timedelta(days=int(at)) for at in rng.integers(0, 400, rows)]
    dates[0] = datetime.date(2021, 1, 1)
    size = rng.choice(["Low", "Medium", "High"], rows).tolist()
    y = [0.02 * (date - dates[0]).days + (date.weekday() == 2) + rng.normal() for date in dates]
    return {"d": dates, "size": size, "k": rng.integers(1, 7, rows).tolist(), "y": y}


def write(path: Path, form: str = "%Y-%m-%d") -> str:
    made = table()
    rows = zip(*made.values(), strict=True)
    path.write_text("d,size,k,y\n" + "".join(f"{d:{form}},{size},{k},{y!r}\n" for d, size, k, y in rows))
    return str(path)


def estimates(fit: Fit) -> dict[str, float]:
    return dict(zip(fit.parameters["name"], fit.parameters["estimate"], strict=True))


def days_of() -> list[float]:
    return [float((date - datetime.date(2021, 1, 1)).days) for date in table()["d"]]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%d %b %Y", "%Y-%m-%d 00:00:00"])
def test_dates_named_as_predictors_count_days_since_the_first(form: str, tmp_path: Path) -> None:
    plain = estimates(mlefit.fit({"d": days_of(), "y": table()["y"]}, "y", ["d"], "gaussian", draws=0))
    found = mlefit.fit(write(tmp_path / "a.csv", form), "y", ["d"], "gaussian", draws=0)
    assert estimates(found) == pytest.approx(plain, rel=1e-12)
    assert "d counts days since 2021-01-01." in found.report.notes


@pytest.mark.parametrize("type_", [pa.date32(), pa.timestamp("ns"), pa.timestamp("us", "UTC")])
def test_typed_dates_count_days_too(type_: pa.DataType, tmp_path: Path) -> None:
    made = table()
    pq.write_table(pa.table({"d": pa.array(made["d"]).cast(type_), "y": made["y"]}), tmp_path / "a.parquet")
    found = mlefit.fit(str(tmp_path / "a.parquet"), "y", ["d"], "gaussian", draws=0)
    plain = estimates(mlefit.fit({"d": days_of(), "y": made["y"]}, "y", ["d"], "gaussian", draws=0))
    assert estimates(found) == pytest.approx(plain, rel=1e-12)


def test_the_year_the_month_and_the_day_of_the_week_in_a_formula(tmp_path: Path) -> None:
    made = table()
    by_hand = {
        "year": [float(d.year) for d in made["d"]], "m": [f"{d.month:02d}" for d in made["d"]],
        "w": [f"{d.weekday()}" for d in made["d"]], "y": made["y"],
    }
    plain = estimates(mlefit.fit(by_hand, formula="y ~ year + C(m) + C(w)", model="gaussian", draws=0))
    found = estimates(mlefit.fit(write(tmp_path / "a.csv"), formula="y ~ year(d) + month(d) + weekday(d)", model="gaussian", draws=0))
    assert list(found) == [
        "(Intercept)", "year(d)", *(f"month(d)={name}" for name in ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
        *(f"weekday(d)={name}" for name in ["Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]), "sigma",
    ]
    assert list(found.values()) == pytest.approx(list(plain.values()), rel=1e-7)
    bare = estimates(mlefit.fit(write(tmp_path / "a.csv"), formula="y ~ weekday(d) - 1", model="gaussian", draws=0))
    assert next(iter(bare)) == "weekday(d)=Mon"


def test_dates_with_missing_cells_and_a_holdout(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    text = Path(path).read_text().replace("2021-03-", "NA2021-03-").replace("NA2021-03-01", "")
    Path(path).write_text("\n".join(line if not line.startswith("NA2021") else line[12:] for line in text.splitlines()) + "\n")
    found = mlefit.fit(path, "y", model="gaussian", draws=0, formula=None, features=["d"], holdout=0.3)
    assert found.report.data.rows_dropped > 0
    parts = mlefit.fit(path, formula="y ~ month(d)", model="gaussian", draws=0, holdout=0.3)
    assert parts.report.data.rows_dropped == found.report.data.rows_dropped


REFUSED = [
    ("d\n03/04/2020\n05/06/2020\n", ["-x", "d"], 3,
     'a.csv: no cell of column "d" tells whether the day or the month comes first, or two tell otherwise: row 1 (line 2) '
     '"03/04/2020", row 2 (line 3) "05/06/2020".', "Write the dates as YYYY-MM-DD."),
    ("d\n2020-01-01\n2020-01-02\noops\n", ["-x", "d"], 3, 'a.csv: 1 cell in column "d" is not a date: row 3 (line 4) "oops".',
     'Correct the cells, or declare a missing value with --na "oops".'),
    ("d\n2020-01-01\n2020-01-02\n2020-02-30\n12:30\n", ["-x", "d"], 3,
     'a.csv: 2 cells in column "d" are not dates: row 3 (line 4) "2020-02-30", row 4 (line 5) "12:30".',
     'Correct the cells, or declare a missing value with --na "2020-02-30".'),
    ("d\n1\n2\n3\n", ["-f", "y ~ month(d)"], 2, 'formula, character 5: "month(d)" needs dates, column "d" holds numbers',
     "--as d=date reads it as dates"),
    ("d\n1\n2\n3\n", ["-f", "y ~ month(d + 1)"], 2, 'formula, character 5: expected month(date), found "month(d+1)"',
     "write month(date)"),
    ("d\na\nb\nc\n", ["--as", "d=number"], 3, 'a.csv: 3 cells in column "d" are not numbers: row 1 (line 2) "a", row 2 (line 3) '
     '"b", row 3 (line 4) "c".',
     'Correct the cells, declare missing values with --na "a" --na "b" --na "c", or use the column as categories.'),
    ("d\na\nb\nc\n", ["--as", "d=words"], 2, '--as: expected COLUMN=TYPE, TYPE text, number or date, found "d=words"',
     "such as --as zip=text"),
    ("d\na\nb\nc\n", ["--as", "d=text", "--as", "d=date"], 2, '--as: column "d" has two types, text and date', "give one of them"),
    ("d\na\nb\nc\n", ["--as", "e=text"], 2, 'there is no column "e"', "the columns are d, y"),
    ("d\na\nb\nc\n", ["--levels", "d=c,b"], 2, 'the order of column "d" (c, b) has no level "a", and the column has',
     "levels: a, b, c"),
    ("d\na\nb\nc\n", ["--levels", "d=c"], 2, '--levels: expected two or more different levels with commas between, found "c"',
     "such as --levels low,medium,high"),
    ("d\na\nb\nc\n", ["--levels", "d"], 2, '--levels: expected COLUMN=LEVEL,LEVEL,..., found "d"',
     "such as --levels size=small,medium,large"),
    ("d\na\nb\nc\n", ["--levels", "d=a,b,c", "--levels", "d=b,a,c"], 2, '--levels: column "d" has two orders', "give one of them"),
    ("d\na\nb\nc\n", ["--order", "1,2,3"], 2, '--order: column "y" is not a categorical column of the model',
     "name a predictor or a categorical target"),
    ("d\na\nb\nc\n", ["-x", "none", "--levels", "d=a,b,c"], 2,
     '--levels d=...: column "d" is not a categorical column of the model', "name a predictor or a categorical target"),
    ("d\na\nb\nc\n", ["-t", "d", "--order", "a,b,c", "--levels", "d=c,b,a"], 2,
     '--order and --levels name two orders of the target "d"', "give one of them"),
]


@pytest.mark.parametrize(("content", "arguments", "code", "message", "remedy"), REFUSED, ids=[str(case[1]) + case[0][:14] for case in REFUSED])
def test_what_is_not_of_the_type_is_refused(
    content: str, arguments: list[str], code: int, message: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = content.splitlines()
    values = ["y", *(["0.5", "1.5", "0.25", "2.5", "1.75"] * 9)]
    Path("a.csv").write_text("".join(f"{line},{value}\n" for line, value in zip(lines, values, strict=False)))
    assert main(["fit", "a.csv", *arguments]) == code
    assert capfd.readouterr().err == f"mlefit: {message}\n{remedy}\n"


def test_as_overrules_what_the_cells_look_like(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("zip,code,when\n" + "007,1,20200131\n010,2,20200201\n007,NA,20200301\n")
    with open_source((str(path),), ReadOptions(types=(("zip", "text"), ("when", "date")))) as source:
        assert list(source.kinds.values()) == [Kind.TEXT, Kind.NUMBER, Kind.DATE]
        assert source.distinct["zip"] == ("007", "010")
        assert columns(source)["zip"] == ["007", "010", "007"]
        (batch,) = source.map(["when"], [], lambda batch: batch, 1)
        assert batch.numbers["when"].tolist() == [18292.0, 18293.0, 18322.0]
    with open_source({"when": [20200131, 20200201]}, ReadOptions(types=(("when", "date"),))) as source:
        (batch,) = source.map(["when"], [], lambda batch: batch, 1)
        assert batch.numbers["when"].tolist() == [18292.0, 18293.0]


def test_as_text_makes_a_predictor_of_numbers_a_factor_and_python_takes_a_mapping(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    asked = mlefit.fit(path, "y", ["k"], "gaussian", draws=0, types={"k": "text"})
    coded = mlefit.fit(path, formula="y ~ C(k)", model="gaussian", draws=0)
    assert estimates(asked) == estimates(coded)
    with pytest.raises(UsageError, match="expected COLUMN=TYPE"):
        mlefit.fit(path, "y", ["k"], "gaussian", types={"k": "words"})
    with pytest.raises(UsageError, match='--levels: expected a mapping of columns to their levels, found "abc"'):
        mlefit.fit(path, "y", ["k"], "gaussian", levels="abc")


def test_an_order_of_levels_sets_the_baseline_and_the_rows_of_the_table(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    found = mlefit.fit(path, "y", ["size"], "gaussian", draws=0, levels={"size": ["Low", "Medium", "High"]})
    assert list(found.parameters["name"]) == ["(Intercept)", "size=Medium", "size=High", "sigma"]
    coded = mlefit.fit(path, formula="y ~ C(k)", model="gaussian", draws=0, levels={"k": ("6", "5", "4", "3", "2", "1")})
    assert list(coded.parameters["name"])[1:6] == ["k=5", "k=4", "k=3", "k=2", "k=1"]
    longer = mlefit.fit(path, "y", ["size"], "gaussian", draws=0, levels={"size": ["None", "High", "Low", "Medium"]})
    assert list(longer.parameters["name"]) == ["(Intercept)", "size=Low", "size=Medium", "sigma"]


def test_an_order_of_the_target_sets_its_reference_and_its_classes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    found = mlefit.fit(path, "size", ["y"], "categorical", draws=0, order=("Low", "Medium", "High"))
    assert found.to_dict()["model"]["levels"] == ["Low", "Medium", "High"]
    same = mlefit.fit(path, "size", ["y"], "categorical", draws=0, levels={"size": ("Low", "Medium", "High")})
    assert same.to_dict()["parameters"] == found.to_dict()["parameters"]
    with pytest.raises(UsageError, match='has no level "High"'):
        mlefit.fit(path, "size", ["y"], "categorical", draws=0, order=("Low", "Medium"))


def test_few_whole_numbers_are_asked_about(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv")
    assert main(["fit", path, "-t", "y", "--draws", "0"]) == 0
    assert "note: few whole numbers, read as numbers: k (6). If they are categories: --as k=text, or C(k).\n" in capfd.readouterr().err
    assert main(["fit", path, "-t", "k", "-x", "y", "--draws", "0"]) == 0
    assert (
        "note: model: gaussian (target: 6 distinct whole numbers: categories? -m categorical); --model names another.\n"
        in capfd.readouterr().err
    )
    for quiet in (["-t", "y", "-x", "size"], ["-t", "y", "-x", "k", "--as", "k=text"], ["-f", "y ~ C(k)"]):
        assert main(["fit", path, *quiet, "--draws", "0"]) == 0
        assert "whole numbers" not in capfd.readouterr().err
