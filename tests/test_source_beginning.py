"""Where a table begins and how its cells are written: read where it is plain, asked about where it is not."""

from pathlib import Path

import pytest
from source_reading import columns, read, refused

from mlefit.source import ReadOptions, open_source

VALUES = {"x": [1.0, 2.0, 3.0], "y": [2.5, -3.0, 0.5]}
TABLE = "x,y\n1,2.5\n2,-3\n3,0.5\n"
BEFORE = "lines 1 to {} stand before the table and are skipped"
ONE = "line 1 stands before the table and is skipped"
SEMICOLONS = "columns are separated by semicolons"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("content", "notes"), [
    ("Instrument: XR-20\nExported 2024-01-03 by lab\n\n" + TABLE, [BEFORE.format(3)]),
    ("A report\n" + TABLE, [ONE]),
    ("# units: m, s\n# made by hand, with care\n" + TABLE, [BEFORE.format(2)]),
    ("\n\nA report\n" + TABLE, [BEFORE.format(3)]),
    ("Exported by a, b and c\n" + TABLE.replace(",", ";"), [ONE, SEMICOLONS]),
    ("Station,Berlin\nUnit,mm\n\n" + TABLE, [BEFORE.format(3)]),
    ("The data of May\r\n" + TABLE.replace("\n", "\r\n"), [ONE]),
    ("The data of May\r" + TABLE.replace("\n", "\r"), [ONE]),
    ("The data of May\n\nx   y\n1   2.5\n2   -3\n3   0.5\n", [BEFORE.format(2), "columns are separated by spaces"]),
    ("sep=;\n" + TABLE.replace(",", ";"), ['the first line says that ";" separates the columns']),
    ('"sep=;"\r\n' + TABLE.replace(",", ";").replace("\n", "\r\n"), ['the first line says that ";" separates the columns']),
    ("SEP=~\n" + TABLE.replace(",", "~"), ['the first line says that "~" separates the columns']),
    ("sep=\n" + TABLE, []),
    ("\ufeffsep=,\n" + TABLE, ['the first line says that "," separates the columns']),
    ("x,y,\n1,2.5\n2,-3\n3,0.5\n", ["the line of names ends with a separator, which is ignored"]),
    ("x,y\n1,2.5,,\n2,-3,,\n3,0.5,,\n", ["lines end with a separator, which is ignored"]),
])
def test_a_table_is_found_below_what_stands_before_it(tmp_path: Path, content: str, notes: list[str]) -> None:
    with open_source((str(written(tmp_path, content)),), ReadOptions()) as source:
        assert columns(source) == VALUES
        assert source.notes == notes


@pytest.mark.parametrize("content", [
    "x\n1\n2\n3\n", "name\nSmith, John\nLee, Ann\n", "x,g\n1,a\n2,b\n", "#x,y\n1,2\n3,4\n", "g,h\na,b\n\nc,d\ne,f\n",
    "h,i\nr1,a,b\nr2,c,d\n", "dose\nnone given\n12 mg\n14 mg\n",
])
def test_nothing_is_skipped_where_it_is_not_plain(tmp_path: Path, content: str) -> None:
    with open_source((str(written(tmp_path, content)),), ReadOptions()) as source:
        assert not [note for note in source.notes if "before the table" in note]


def test_lines_to_skip_may_be_stated(tmp_path: Path) -> None:
    path = written(tmp_path, "Station,Berlin\nUnit,mm\n" + TABLE)
    assert read(path, skip=2) == VALUES
    assert refused(path, skip=9) == (
        "a.csv: expected a table below the 9 lines of --skip, found nothing.\nSkip fewer lines."
    )
    assert refused(written(tmp_path, "A report\n" + TABLE), skip=0).startswith(
        "a.csv, line 2: expected 1 field as in the line of names, found 2, and the first is no row index: "
        '"x" stands above numbers.\n'
    )


def test_places_are_told_in_lines_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "A report\n\n" + TABLE + "4,oops\n")
    assert refused(path).startswith('a.csv: 1 cell in column "y" is not a number: row 4 (line 7) "oops".')


@pytest.mark.parametrize(("content", "message"), [
    ("sales,price\n1,234,5.5\n1,480,6.1\n", "line 3: expected 2 fields as in the line of names, found 3, and the first is "
     'no row index: "1" is there a second time.'),
    ("sales,price\n1,234,5.5\n3,480,6.1\n", "line 2: expected 2 fields as in the line of names, found 3, and the first is "
     'no row index: "1,234" may be one number with a thousands separator.'),
    ("x,y\n1.5,2,3\n2.5,2,3\n", "line 2: expected 2 fields as in the line of names, found 3, and the first is no row "
     'index: "1.5" is no whole number.'),
    ("x,y\na,2,3\n,2,3\n", "line 3: expected 2 fields as in the line of names, found 3, and the first is no row index: it "
     "is empty."),
    ("x\n1,2\n1,3\n", "line 3: expected 1 field as in the line of names, found 2, and the first is no row index: "
     '"1" is there a second time.'),
])
def test_a_field_without_a_name_is_an_index_only_if_it_looks_like_one(tmp_path: Path, content: str, message: str) -> None:
    assert refused(written(tmp_path, content)) == (
        f"a.csv, {message}\n"
        "A cell that contains the separator must stand in double quotes; if no cell does, name every column."
    )


def test_rows_counted_before_three_digits_are_an_index(tmp_path: Path) -> None:
    assert read(written(tmp_path, "height,y\n1,172,6\n2,168,5\n3,181,7\n"))["height"] == [172.0, 168.0, 181.0]


def test_an_index_that_repeats_far_down_is_none(tmp_path: Path) -> None:
    rows = "".join(f"{at},{at % 7},{at % 5}\n" for at in range(300))
    path = written(tmp_path, "x,y\n" + rows + "7,1,2\n")
    assert refused(path).startswith("a.csv, line 302: expected 2 fields as in the line of names, found 3")


def test_names_that_most_lines_do_not_fit(tmp_path: Path) -> None:
    path = written(tmp_path, "a report, exported\n1,2,3,4\n5,6,7,8\n9,1,2,3\n")
    assert refused(path) == (
        "a.csv, line 1: expected column names, found 2 fields where most lines have 4, as line 2 has.\n"
        "Skip lines before the table with --skip N; a cell that contains the separator must stand in double quotes."
    )


@pytest.mark.parametrize(("sign", "word"), [
    (":", ":"), ("~", "~"), ("^", "^"), ("#", "#"), ("*", "*"), ("!", "!"), ("/", "/"), ("&", "&"),
    ("\x1f", "\\x1f"), ("\x01", "\\x01"),
])
def test_other_separators_are_asked_for_and_then_read(tmp_path: Path, sign: str, word: str) -> None:
    path = written(tmp_path, TABLE.replace(",", sign))
    other = "; if the file is one column, add --delimiter comma" if sign.isprintable() else ""
    assert refused(path) == (
        f'a.csv: expected cells separated by , or ; or tabs, found "{word}" in every line.\n'
        f'If it separates cells, add --delimiter "{word}"{other}.'
    )
    assert read(path, delimiter=sign) == read(path, delimiter=word) == VALUES
    if other:
        assert list(read(path, delimiter="comma")) == [f"x{sign}y"]


def test_a_separator_of_two_signs_is_told(tmp_path: Path) -> None:
    assert refused(written(tmp_path, TABLE.replace(",", "::"))) == (
        'a.csv: expected cells separated by , or ; or tabs, found ":" in every line.\n'
        'A delimiter is one character: write another in place of "::"; if the file is one column, add --delimiter comma.'
    )


@pytest.mark.parametrize("content", [
    "time\n10:30\n11:45\n", "day\n2020-01-01\n", "file.name\na.csv\nb.csv\n", "a_b\nc_d\n", "a/b\nnone\n", "n#\n#5\n#6\n", "x y\na b\n",
])
def test_nothing_is_asked_about_one_column_of_usual_words(tmp_path: Path, content: str) -> None:
    assert len(read(written(tmp_path, content))) == 1


SINGLE, BACKSLASH = "text in single quotes is read without them", "a quote behind a backslash is read as part of the text"


@pytest.mark.parametrize(("content", "levels", "note"), [
    ("x,g\n1,'a, b'\n2,'it''s'\n3,'c'\n", ["a, b", "it's", "c"], SINGLE),
    ("'x','g'\n'1','say \"hi\"'\n'2','it\\'s'\n'3',''\n", ['say "hi"', "it's", None], SINGLE),
    ('x,g\n1,"8\\", round"\n2,"b"\n3,"\\"c\\""\n', ['8", round', "b", '"c"'], BACKSLASH),
    ('x,g\r\n1,"say \\"hi\\""\r\n2,"a\\\\b"\r\n3,"c"\r\n', ['say "hi"', "a\\b", "c"], BACKSLASH),
    ('x,g\n1,"C:\\"\n2,"D:\\"\n3,"b"\n', ["C:\\", "D:\\", "b"], None),
    ("x,g\n1,'tis\n2,rock 'n' roll\n3,c\n", ["'tis", "rock 'n' roll", "c"], None),
    ('x,g\n1,"a ""b"""\n2,\'c\'\n3,d\n', ['a "b"', "'c'", "d"], None),
])
def test_quotes_of_other_programs(tmp_path: Path, content: str, levels: list[str | None], note: str | None) -> None:
    with open_source((str(written(tmp_path, content)),), ReadOptions()) as source:
        assert columns(source) == {"x": [1.0, 2.0, 3.0], "g": levels}
        assert source.notes == ([] if note is None else [note])


def test_quotes_are_rewritten_over_all_cuts(tmp_path: Path) -> None:
    rows = [f"{at},'{at % 9}, it''s',{at / 4}" for at in range(250_000)]
    path = written(tmp_path, "k,g,x\n" + "\n".join(rows) + "\n")
    with open_source((str(path),), ReadOptions()) as source:
        found = columns(source)
    assert found["g"] == [f"{at % 9}, it's" for at in range(250_000)]
    assert found["x"] == [at / 4 for at in range(250_000)]


@pytest.mark.parametrize(("name", "cells", "counting"), [
    ("Unnamed: 0", "0 1 2", True), ("X", "1 2 3", True), ("index", "0 1 2", True), ("row_id", "1 2 3", True),
    ("X", "1 2 4", False), ("x", "1 2 3", False), ("index", "5 6 7", False), ("index", "a b c", False),
    ("X.1", "1 2 3", True), ("time", "0 1 2", False),
])
def test_a_column_that_counts_the_rows_is_known_by_its_name_and_its_cells(
    tmp_path: Path, name: str, cells: str, counting: bool,
) -> None:
    path = written(tmp_path, f"{name},z\n" + "".join(f"{cell},7\n" for cell in cells.split()))
    expected = frozenset([name] if counting else [])
    with open_source((str(path),), ReadOptions()) as source:
        assert source.counting == expected
    values = [cell if cell.isalpha() else int(cell) for cell in cells.split()]
    with open_source({name: values, "z": [7, 7, 7]}, ReadOptions()) as source:
        assert source.counting == expected


@pytest.mark.parametrize(("starts", "counting"), [([1, 1], True), ([0, 40], True), ([40, 0], True), ([7, 40], False), ([1, None], False)])
def test_row_numbers_of_several_files_begin_anew_or_go_on_and_their_order_is_no_matter(
    tmp_path: Path, starts: list[int | None], counting: bool,
) -> None:
    paths = []
    for place, start in enumerate(starts):
        cells = [str(start + row) for row in range(5)] if start is not None else ["3", "1", "4", "1", "5"]
        path = tmp_path / f"{place}.csv"
        path.write_text("index,y\n" + "".join(f"{cell},{row % 3}\n" for row, cell in enumerate(cells)))
        paths.append(str(path))
    for order in (paths, paths[::-1]):
        with open_source(tuple(order), ReadOptions()) as source:
            assert source.counting == frozenset(["index"] if counting else [])
