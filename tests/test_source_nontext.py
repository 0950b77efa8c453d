"""JSON, markup and files of mlefit that are given as tables."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from source_reading import read

from mlefit.errors import MlefitError

LIST = "Write one object a row: one a line, or all in one array."


@pytest.mark.parametrize(("content", "message"), [
    ('{"x": [1, 2], "y": [3, 4]}', f"a.csv: expected an object for each row, found one with a list for each column.\n{LIST}"),
    ('{\n "type": "FeatureCollection"\n}\n', f"a.csv: expected a table, found JSON that is no list of objects.\n{LIST}"),
    ("[[1, 2], [3, 4]]", f"a.csv: expected a table, found JSON that is no list of objects.\n{LIST}"),
    (" []", f"a.csv: expected a table, found an empty array.\n{LIST}"),
    ('{\n  "schema": "mlefit.model/1",\n  "mlefit": "0.2.0"', "a.csv: expected a table, found a model that mlefit has saved.\n"
     "A model is read by predict, simulate, check, show and export, and a table stands behind it."),
    ("\n<!DOCTYPE html><html><body>404</body></html>", "a.csv: expected a table, found an HTML page.\n"
     "Check what was downloaded, or export it as CSV or Parquet."),
    ('\ufeff<?xml version="1.0"?>\n<rows/>\n', "a.csv: expected a table, found an XML document.\n"
     "Check what was downloaded, or export it as CSV or Parquet."),
])
def test_what_has_no_rows_of_a_table_is_told_as_what_it_is(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(MlefitError) as refused:
        read(path)
    assert str(refused.value).replace(f"{tmp_path}/", "") == message


def test_archives_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "a.csv", "a.csv")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as packed:
        packed.writestr("a.csv", "x,y\n1,2\n")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        packed.writestr("a.csv", "")
        packed.writestr("b.csv", "")
    for name, found in (
        ("t.tar.gz", "t.tar.gz: expected a table, found a tar archive."),
        ("z.zip", "z.zip: expected a table, found a zip archive of a.csv."),
        ("two.zip", "two.zip: expected a table, found a zip archive of 2 files."),
    ):
        with pytest.raises(MlefitError) as refused:
            read(tmp_path / name)
        assert str(refused.value).replace(f"{tmp_path}/", "") == f"{found}\nUnpack it, and name the table."
