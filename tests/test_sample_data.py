"""The sample tables are what the committed generator writes, and hold what their README says."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "sample_data"
MADE = ("measurements", "conversions", "species", "waiting", "spending", "repairs", "deliveries", "rents", "seeds", "growth")


def table(name: str) -> list[dict[str, str]]:
    with open(SAMPLES / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_generator_reproduces_the_tables_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SAMPLES / "generate.py"), str(tmp_path)], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.csv" for name in MADE)
    for name in MADE:
        assert (tmp_path / f"{name}.csv").read_bytes() == (SAMPLES / f"{name}.csv").read_bytes()


@pytest.mark.parametrize(("name", "column", "rows"), [("measurements", "y", 503), ("waiting", "minutes", 400), ("spending", "spending", 500),
                                                        ("rents", "rent", 600), ("rents", "commute", 600)])
def test_a_continuous_target_has_no_ties(name: str, column: str, rows: int) -> None:
    values = [float(row[column]) for row in table(name)]
    assert len(values) == len(set(values)) == rows


def test_measurements_has_500_complete_rows_and_three_sites() -> None:
    rows = table("measurements")
    assert list(rows[0]) == ["y", "x1", "x2", "site"]
    assert sum(row["x2"] != "" for row in rows) == 500
    assert {row["site"] for row in rows} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("name", "target", "levels", "rows"),
    [("conversions", "converted", {"no", "yes"}, 2_000), ("species", "species", {"alder", "birch", "cedar"}, 600)],
)
def test_a_discrete_target_is_text_in_the_last_column(name: str, target: str, levels: set[str], rows: int) -> None:
    found = table(name)
    assert list(found[0])[-1] == target
    assert {row[target] for row in found} == levels
    assert len(found) == rows


def test_longley_is_complete() -> None:
    rows = table("longley")
    assert list(rows[0]) == ["y", "x1", "x2", "x3", "x4", "x5", "x6"]
    assert [int(row["x6"]) for row in rows] == list(range(1947, 1963))


def test_the_readme_names_every_table() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for path in SAMPLES.glob("*.csv"):
        assert f"mlefit fit sample_data/{path.name}" in text
