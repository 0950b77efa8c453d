"""Numbers with a unit, a bound or a mark are no categories: one unit of all cells is read, the rest is refused."""

from pathlib import Path
from typing import Any

import pytest
from source_reading import columns, read, refused

import mlefit
from mlefit.errors import DataError
from mlefit.source import ReadOptions, open_source
from mlefit.source.source import Kind
from mlefit.source.written import are_quantities, reason, unit


def written(path: Path, cells: list[str], separator: str = ",") -> Path:
    path.write_text(f"c{separator}y\n" + "".join(f"{cell}{separator}{at}\n" for at, cell in enumerate(cells)))
    return path


@pytest.mark.parametrize(("cells", "name"), [
    (["12 kg", "14 kg", "9 kg"], "kg"), (["12kg", "14 kg", " 9  kg "], "kg"), (["98.6F", "99.1F", "1e2F"], "F"),
    (["1.5 mm", "-.5 mm", "+2 mm"], "mm"), (["21 °C", "22 °C", "NA"], "°C"), (["5 km/h", "", "7 km/h"], "km/h"),
    (["1 day", "2 days", "3 days"], "day"), (["1.5M", "2M", "3M"], "M"), (["12\u00a0kg", "14 kg", "9\u202fkg"], "kg"),
    (["5 beds", "1 bed", "2 beds"], "bed"), (["5 m2", "6 m2", "7 m2"], "m2"), (["5 EUR", "6 EUR", "7.5 EUR"], "EUR"),
])
def test_a_unit_that_all_cells_have_is_read_and_named(tmp_path: Path, cells: list[str], name: str) -> None:
    path = written(tmp_path / "a.csv", cells)
    numbers = [float("".join(c for c in cell.strip() if c in "+-.0123456789e")) if cell.strip() not in ("", "NA") else None
               for cell in (cell.replace("km/h", "").replace("m2", "").replace("bed", "") for cell in cells)]
    for data in ((str(path),), {"c": [cell or None for cell in cells], "y": [0, 1, 2]}):
        with open_source(data, ReadOptions(na=("NA",))) as source:
            assert source.kinds["c"] is Kind.NUMBER
            assert columns(source)["c"] == numbers
            assert [(w.code, w.message, w.columns) for w in source.warnings] == [
                ("unit", f'column "c": every cell ends in "{name}", and is read as a number of {name}', ("c",))
            ]


def test_a_decimal_comma_before_the_unit(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ["12,5 kg", "14 kg", "9,25 kg"], ";")
    assert read(path)["c"] == [12.5, 14.0, 9.25]


GIVE = "Give all cells of the column one unit, or none, and one kind of separator at most."
BOUND = "A bound is no number: write what it stands for, or use the column as categories: C() in a formula."
ABOUT = "An approximation is no number: write the number alone, or use the column as categories: C() in a formula."
MARK = "Remove the marks, or use the column as categories: C() in a formula."
SIGN = "Write the sign before the number, as in -5: a hyphen, and no blank behind it."
POWER = "Write powers of ten with e, as in 1.5e-3."


@pytest.mark.parametrize(("cells", "bad", "remedy"), [
    (["12 kg", "900 g", "9 kg"], '3 cells in column "c" are not numbers: row 1 (line 2) "12 kg", row 2 (line 3) "900 g", '
     'row 3 (line 4) "9 kg"', GIVE),
    (["12 kg", "14", "9 kg"], '2 cells in column "c" are not numbers: row 1 (line 2) "12 kg", row 3 (line 4) "9 kg"', GIVE),
    (["1.5M", "300k", "2M"], '3 cells in column "c" are not numbers: row 1 (line 2) "1.5M", row 2 (line 3) "300k", '
     'row 3 (line 4) "2M"', GIVE),
    (["1\u2019200 kg", "1'400 kg", "1 kg"], '2 cells in column "c" are not numbers: row 1 (line 2) "1\u2019200 kg", row 2 (line 3) '
     '"1\'400 kg"', GIVE),
    (["0.7", "<0.5", "0.9"], '1 cell in column "c" is not a number: row 2 (line 3) "<0.5"', BOUND),
    (["<0.5", "<0.1", "0.9"], '2 cells in column "c" are not numbers: row 1 (line 2) "<0.5", row 2 (line 3) "<0.1"', BOUND),
    (["~5", "~6", "~7"], '3 cells in column "c" are not numbers: row 1 (line 2) "~5", row 2 (line 3) "~6", '
     'row 3 (line 4) "~7"', ABOUT),
    (["2.5±0.1", "3+/-1", "4 ± 1"], '3 cells in column "c" are not numbers: row 1 (line 2) "2.5±0.1", row 2 (line 3) '
     '"3+/-1", row 3 (line 4) "4 ± 1"', ABOUT),
    (["\u22120.5", "0.7", "\u2013 2"], '2 cells in column "c" are not numbers: row 1 (line 2) "\u22120.5", row 3 (line 4) "\u2013 2"', SIGN),
    (["5.25-", "6.00", "- 7"], '2 cells in column "c" are not numbers: row 1 (line 2) "5.25-", row 3 (line 4) "- 7"', SIGN),
    (["0.15D-01", "1.D+02", "2D-3"], '3 cells in column "c" are not numbers: row 1 (line 2) "0.15D-01", row 2 (line 3) "1.D+02", '
     'row 3 (line 4) "2D-3"', POWER),
    (["5*", "6", "7**"], '2 cells in column "c" are not numbers: row 1 (line 2) "5*", row 3 (line 4) "7**"', MARK),
])
def test_bounds_marks_and_mixed_units_are_refused_with_their_place(
    tmp_path: Path, cells: list[str], bad: str, remedy: str,
) -> None:
    assert refused(written(tmp_path / "a.csv", cells)) == f"a.csv: {bad}.\n{remedy}"


def test_a_cell_in_another_unit_far_down_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", [f"{at % 90} kg" for at in range(150_000)] + ["3 lb"])
    assert refused(path) == f'a.csv: 1 cell in column "c" is not a number: row 150001 (line 150002) "3 lb".\n{GIVE}'


def test_files_in_different_units_are_refused(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a.csv", ["12 kg", "14 kg"]), written(tmp_path / "b.csv", ["12 lb", "14 lb"])
    with pytest.raises(DataError) as caught, open_source((str(first), str(second)), ReadOptions()):
        pass
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        'b.csv: expected numbers of kg in column "c", as in a.csv, found numbers of lb.\n'
        "Give the column one unit in all files."
    )


@pytest.mark.parametrize("cells", [
    ["12A", "12B", "14C"], ["1p", "1q", "2p"], ["1st", "2nd", "3rd"], ["1D2", "4D2", "12-"], ["\u2013", "-", "5"], ["2XL", "3XL", "XL"], ["3f", "1a", "9e"],
    ["007", "A12", "B7"], ["1 bed", "studio", "loft"], ["18-24", "25-34", "65+"], ["A+", "B-", "0"], ["v1", "v2", "v3"],
    ["<25", "25-29", "30-35", ">35"], ["<65", "65+"], ["<=50K", ">50K"], ["<1l", "1-1.5l", "1.5-2l", ">2l"], ["0", "1-2", "3+"],
])
def test_codes_stay_categories(tmp_path: Path, cells: list[str]) -> None:
    with open_source((str(written(tmp_path / "a.csv", cells)),), ReadOptions()) as source:
        assert source.kinds["c"] is Kind.TEXT
        assert columns(source)["c"] == cells
        assert source.warnings == ()


def fitted(path: Path, **options: Any) -> dict[str, Any]:
    return mlefit.fit(str(path), target="y", model="gaussian", draws=0, **options).to_dict()


def test_the_report_warns_where_the_column_is_used_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [(12, 2.2), (14, 2.8), (9, 2.1), (10, 2.3), (12, 2.6), (14, 2.9)]
    path.write_text("w,y\n" + "".join(f"{w} kg,{y}\n" for w, y in rows))
    found = fitted(path)
    assert [(w["code"], w["columns"]) for w in found["warnings"]] == [("unit", ["w"])]
    assert "unit" not in [w["code"] for w in fitted(path, formula=None, reference={"w": "9 kg"})["warnings"]]
    path.write_text("w,y\n" + "".join(f"{w},{y}\n" for w, y in rows))
    assert fitted(path)["parameters"] == found["parameters"]


def test_reasons_and_units() -> None:
    assert [reason(text) for text in ("5 %", "$5", "1,234", "1,5", "2020-01-01", "<5", "~5", "5*", "5 kg", "five")] == [
        "percent", "currency", "thousands", "decimal comma", "date", "bound", "about", "mark", "unit", "text",
    ]
    assert [unit(text) for text in ("5e3", "5 kg", "2 days", "5", "kg", "5 kg m s")] == [None, "kg", "day", None, None, None]
    assert are_quantities(["kg", "g"])
    assert are_quantities(["kg"])
    assert not are_quantities(["A", "B"])
    assert not are_quantities(["XL"])
    assert not are_quantities([])
