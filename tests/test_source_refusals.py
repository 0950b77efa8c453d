"""What cannot be used is refused in two lines that name the place and the remedy."""

import gzip
import lzma
import os
from pathlib import Path

import pytest
from source_reading import read, refused

from mlefit.errors import DataError, MlefitError, UsageError
from mlefit.source import ReadOptions, open_source

FEW = "Complete or delete these lines; a cell that contains the separator must stand in double quotes."
WORD = 'Correct the cells, declare a missing value with --na "{}", or use the column as categories.'


@pytest.mark.parametrize(("content", "message"), [
    ("", "a.csv: expected a table, found an empty file.\nCheck the path."),
    ("\n\n", "a.csv: expected a table, found only blank lines.\nCheck the file."),
    ("x,y\n", "a.csv: expected rows of data, found column names only: no data rows.\nCheck the file."),
    ("1,2\n3,4\n", "a.csv: expected column names in the first row, found numbers: 1, 2.\n"
     "Use --no-header if the file has no names; the columns are then c1, c2, ..."),
    ("x,y,x\n1,2,3\n", 'a.csv: expected different column names, found more than once: "x".\n'
     "Rename the columns in the first line."),
    (",\n1,2\n", "a.csv: expected column names in the first line, found none.\n"
     "Write the names there, or use --no-header."),
    ("x,y\n1,2\n3\n4,5,6\n", "a.csv: 2 lines do not have as many fields as the first line: line 3 has 1 field, not 2, "
     f"line 4 has 3 fields, not 2.\n{FEW}"),
    ('x,g\n1,"a\nb"\n2,c\n3,d\noops,e\n', 'a.csv: 1 cell in column "x" is not a number: row 4 (line 6) "oops".\n'
     + WORD.format("oops")),
    ("x,y\n1,2\noops,3\n\n4,?\n5,6\n6,7\n7,?\n", 'a.csv: 1 cell in column "x" is not a number: row 2 (line 3) "oops"; '
     '2 cells in column "y" are not numbers: row 3 (line 5) "?", row 6 (line 8) "?".\n'
     'Correct the cells, declare missing values with --na "oops" --na "?", or use the column as categories.'),
    ('x,y\n"1,234",2\n"5 678",3\n', 'a.csv: 2 cells in column "x" are not numbers: row 1 (line 2) "1,234", '
     'row 2 (line 3) "5 678".\nRemove the thousands separators.'),
    ("x,y\n5%,2\n6,3\n", 'a.csv: 1 cell in column "x" is not a number: row 1 (line 2) "5%".\n'
     "Write percentages as plain numbers, without the percent sign."),
    ("x,y\n$5,2\n6,3\n", 'a.csv: 1 cell in column "x" is not a number: row 1 (line 2) "$5".\nRemove the currency signs.'),
    ("x,y\n$5,2\n€6,3\n", 'a.csv: 2 cells in column "x" are not numbers: row 1 (line 2) "$5", row 2 (line 3) "€6".\n'
     "Remove the currency signs."),
    ("x;y\n1.5;2\n2,25;3\n", 'a.csv: 1 cell in column "x" is not a number: row 2 (line 3) "2,25".\n'
     "For decimal commas add --decimal ,"),
    ("x,y\n1,2\n1e400,3\n", 'a.csv: 1 cell in column "x" is too large for a double: row 2 (line 3) "1e400".\n'
     "The largest double is about 1.8e308: rescale the column."),
    ("x,y\n1,2\n3,4\x000\n", 'a.csv: 1 line with NUL bytes: line 3 "3,4\\x000".\n'
     "The file is damaged or not a text table; export it again."),
    ('x,g\n1,"a\n2,b\n3,c\n', "a.csv, line 2: a double quote opens a cell here and none closes it.\n"
     'Close it, or double it ("") where a quote is meant.'),
    ("%PDF-1.4", "a.csv: expected a table, found a PDF document.\nExport it as CSV or Parquet."),
    ("\x01\x02\x03\x04" * 9, "a.csv: expected a text table, found binary data.\nExport it as CSV or Parquet."),
    ("PAR1 and no more", "a.csv: the Parquet file is damaged or of an unknown version: Parquet magic bytes not found in"
     " footer. Either the file is corrupted or this is not a parquet file.\nWrite the file again."),
    ("FEA1 and no more", "a.csv: expected a table, found the old Feather format, version 1.\n"
     "Write it again as Feather version 2, Parquet or CSV."),
])
def test_unusable_content(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode())
    assert refused(path) == message


def test_a_date_among_numbers_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("d\n2020-01-01\n7\n8\n2021-03-04T10:20:30Z\n9\n")
    with open_source((str(path),), ReadOptions()) as source, pytest.raises(DataError) as caught:
        list(source.map(["d"], [], lambda batch: batch, 1))
    assert caught.value.remedy == "State that the column holds dates with --as COLUMN=date, or correct the cells."
    assert caught.value.columns == ("d",)
    assert caught.value.rows == (1, 4)


def test_text_that_is_not_utf8_further_down(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,g\n" + b"1,abc\n" * 200_000 + b"2,K\xf6ln\n")
    assert refused(path) == (
        "a.csv: 1 line is not UTF-8 text: line 200002 has the byte 0xF6.\n"
        "State the encoding, such as --encoding cp1252 or --encoding latin-1."
    )


def test_names_that_are_not_in_the_stated_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("größe,y\n1,2\n".encode("latin-1"))
    assert refused(path, encoding="utf-8") == (
        "a.csv: 1 line is not UTF-8 text: line 1 has the byte 0xF6.\n"
        "State the encoding, such as --encoding cp1252 or --encoding latin-1."
    )


def test_many_bad_cells_are_counted_and_the_first_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(50)) + "bad\n" * 7)
    assert refused(path).startswith(
        'a.csv: 7 cells in column "x" are not numbers: row 51 (line 52) "bad", row 52 (line 53) "bad", '
        'row 53 (line 54) "bad", row 54 (line 55) "bad", row 55 (line 56) "bad" and 2 more.'
    )


def test_paths(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv") == "no.csv: there is no such file.\nCheck the path."
    assert refused(tmp_path / "*.csv") == "*.csv: no file matches the pattern.\nCheck the pattern."
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder") == (
        'folder: expected a file, found a directory.\nName the files in it, such as "folder/*.csv".'
    )
    with pytest.raises(MlefitError, match=r"^expected data, found no path\.\nName a file, or - for standard input\.$"):
        open_source((), ReadOptions())


@pytest.mark.parametrize(("options", "message"), [
    ({"delimiter": "ab"}, '--delimiter: expected one character that separates cells, found "ab".\n'
     "Use for example , or ; or | or tab or space."),
    ({"decimal": "x"}, '--decimal: expected . or , and found "x".\nUse --decimal ,'),
    ({"decimal": ",", "delimiter": ","}, 'the delimiter and the decimal sign are both ",".\n'
     "Use another --delimiter or --decimal."),
    ({"encoding": "utf-99"}, "unknown encoding 'utf-99'.\nUse a name such as utf-8, utf-16, cp1252 or latin-1."),
])
def test_options_that_cannot_be_meant(tmp_path: Path, options: dict[str, str], message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n")
    assert refused(path, **options) == message


def test_damaged_compression(tmp_path: Path) -> None:
    whole = b"x,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(20_000))
    for name, content in (("gz", gzip.compress(whole)), ("xz", lzma.compress(whole))):
        path = tmp_path / "a.csv"
        path.write_bytes(content[: len(content) // 2])
        assert refused(path) == (
            f"a.csv: the {name} compressed data is damaged or its end is missing.\nCopy or compress the file again."
        )


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(300):
            stream.write(b"1" * (1 << 20))
    assert refused(path) == (
        "a.csv, line 1: expected rows of a table, found a line of more than 1 MB.\n"
        "Check that this is a text table with one row per line."
    )
    path.write_bytes(b"1" * 200_000)
    assert refused(path) == (
        "a.csv, line 1: expected column names, found more than 131,072 characters.\n"
        "Check that this is a text table with one row per line."
    )
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"x,y\n1,2\n")
        for _ in range(100):
            stream.write(b"1" * (1 << 20))
    assert refused(path) == (
        "a.csv, line 3: expected rows of a table, found a line of more than 16 MB.\n"
        "Check that this is a text table with one row per line."
    )


def test_files_must_have_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(DataError) as caught:
        open_source((str(tmp_path / "a.csv"), str(tmp_path / "b.csv")), ReadOptions())
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        'b.csv: expected the columns of a.csv, but it has no column "y" and has a column "z".\n'
        "Give files with the same columns."
    )


def test_problems_in_several_files_name_the_file(tmp_path: Path) -> None:
    for name, content in (("a.csv", "x,y\n1,2\n3,4\n"), ("b.csv", "y,x\n1,2\n3,oops\n")):
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "[ab].csv")
    assert caught.value.message.replace(f"{tmp_path}/", "") == (
        '1 cell in column "x" is not a number: row 4 (b.csv, line 3) "oops".'
    )
    assert caught.value.rows == (4,)


def test_a_file_that_changes_under_way_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n")
    with open_source((str(path),), ReadOptions()) as source:
        path.write_text("x,y\n1,2\n3,4\n")
        os.utime(path, ns=(1, 1))
        with pytest.raises(DataError) as caught:
            list(source.map(["x"], [], lambda batch: batch, 1))
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "a.csv: the file changed while it was being read.\nRun again when nothing writes to it."
    )


@pytest.mark.parametrize(("content", "place"), [
    ("x,y\n1,2\n2,3\nx,y\n4,5\n", 'line 4 "x,y"'), ("g,h\na,b\ng,h\nc,d\n", 'line 3 "g,h"'),
    ("g;y\r\na;1,5\r\n\r\ng;y\r\n", 'line 4 "g;y"'),
])
def test_the_names_again(tmp_path: Path, content: str, place: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode())
    assert refused(path) == (
        f"a.csv: 1 line holds the column names again: {place}.\n"
        "Delete these lines; files with the same columns can be named one after the other."
    )


def test_a_level_may_be_called_as_its_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("g,h\na,b\ng,b\n")
    assert read(path) == {"g": ["a", "g"], "h": ["b", "b"]}
    path.write_text("g\na\ng\n")
    assert read(path) == {"g": ["a", "g"]}
    path.write_text("1,a\n\n2,b\n")
    assert read(path, header=False) == {"c1": [1.0, 2.0], "c2": ["a", "b"]}


def test_a_cell_that_is_no_number_is_refused_where_its_column_is_levels_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n2\noops\n")
    with open_source((str(path),), ReadOptions()) as source, pytest.raises(DataError, match=r'row 3 \(line 4\) "oops"'):
        list(source.map(["x"], ["x"], lambda batch: batch, 1))


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n3,4\n")
    other = tmp_path / "b.csv"
    other.symlink_to(path)
    for names, as_too in ((("a.csv", "a.csv"), ""), (("a.csv", "*.csv"), ""), (("a.csv", "b.csv"), ", as a.csv too")):
        with pytest.raises(UsageError) as caught:
            open_source(tuple(str(tmp_path / name) for name in names), ReadOptions())
        assert str(caught.value).replace(f"{tmp_path}/", "") == (
            f"{'b' if as_too else 'a'}.csv: expected a file once, found it named twice{as_too}; its rows would count twice\n"
            "name it once"
        )
