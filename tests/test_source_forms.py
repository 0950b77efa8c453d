"""Files as people have them: each is read, and what is unusual is said."""

import bz2
import codecs
import gzip
import io
import lzma
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from source_reading import columns, read

from mlefit.source import ReadOptions, open_source
from mlefit.source.source import Kind

TEXT = "x,y\n1,2.5\n2,-3\n"
VALUES = {"x": [1.0, 2.0], "y": [2.5, -3.0]}


@pytest.mark.parametrize(("content", "notes"), [
    (TEXT, []),
    ("\ufeff" + TEXT, []),
    (TEXT.replace("\n", "\r\n"), []),
    (TEXT.replace("\n", "\r"), []),
    (TEXT.rstrip("\n"), []),
    ("\n\n" + TEXT.replace("\n", "\n\n"), []),
    (TEXT.replace(",", "\t"), []),
    (TEXT.replace(",", ";"), ["columns are separated by semicolons"]),
    (TEXT.replace(",", "|"), ["columns are separated by vertical bars"]),
    (TEXT.replace(",", " "), ["columns are separated by spaces"]),
    ("  x     y\n  1   2.5\n  2  -3  \n", ["columns are separated by spaces"]),
    ("x;y\n1;2,5\n2;-3\n", ["columns are separated by semicolons", "numbers are written with a decimal comma"]),
    (",x,y\n0,1,2.5\n1,2,-3\n", ["the first column has no name and is left out: it looks like a row index"]),
    ("x,y\na,1,2.5\nb,2,-3\n", ["the first column has no name and is left out: it looks like a row index"]),
    ("x,y,\n1,2.5,\n2,-3,\n", ["lines end with a separator, which is ignored"]),
    ("x,y\n1,2.5,\n2,-3,\n", ["lines end with a separator, which is ignored"]),
    ("x,,y\n1,a,2.5\n2,b,-3\n", ["column 2 has no name and is left out"]),
    (" x , y \n 1 , 2.5 \n2,  -3\n", ["blanks around column names are removed"]),
    ('"x","y"\n"1","2.5"\n"2","-3"\n', []),
])
def test_a_table_reads_the_same_however_it_is_written(tmp_path: Path, content: str, notes: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode())
    with open_source((str(path),), ReadOptions()) as source:
        assert columns(source) == VALUES
        assert source.notes == notes
        assert source.complete


@pytest.mark.parametrize(("encoding", "note"), [
    ("utf-8", []), ("utf-8-sig", []), ("utf-16", ["the text is read as UTF-16"]),
    ("utf-16-le", ["the text is read as UTF-16"]), ("utf-16-be", ["the text is read as UTF-16"]),
    ("cp1252", ["the text is read as CP1252"]),
])
def test_encodings_are_recognised(tmp_path: Path, encoding: str, note: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("größe,y\n1,é\n2,à\n".encode(encoding))
    with open_source((str(path),), ReadOptions()) as source:
        assert columns(source) == {"größe": [1.0, 2.0], "y": ["é", "à"]}
        assert source.notes == note


def test_an_encoding_may_be_stated(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("größe,y\n1,2\n".encode("latin-1"))
    assert read(path, encoding="latin-1") == {"größe": [1.0], "y": [2.0]}
    path.write_bytes(codecs.BOM_UTF16_BE + "größe,y\n1,2\n".encode("utf-16-be"))
    assert read(path, encoding="utf-16") == {"größe": [1.0], "y": [2.0]}


def test_compression_goes_by_content_not_by_name(tmp_path: Path) -> None:
    plain = TEXT.encode()
    stored = [
        gzip.compress(plain), gzip.compress(plain[:7]) + gzip.compress(plain[7:]), bz2.compress(plain),
        lzma.compress(plain), lzma.compress(plain[:7]) + lzma.compress(plain[7:]),
        pa.compress(plain, codec="zstd", asbytes=True), plain,
    ]
    for content in stored:
        path = tmp_path / "named.zip"
        path.write_bytes(content)
        assert read(path) == VALUES


@pytest.mark.parametrize("form", ["+1", "1.", ".1e1", "01", "1e0", "1E+00", " 1 ", '"1"', "1.000", "10e-1"])
def test_every_usual_form_of_a_number_is_a_number(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x,y\n{form},2\n")
    assert read(path) == {"x": [1.0], "y": [2.0]}


@pytest.mark.parametrize("token", ["", " ", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", ".", " NA "])
def test_missing_cells(tmp_path: Path, token: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x,g\n1,a\n{token},{token}\n")
    with open_source((str(path),), ReadOptions()) as source:
        (batch,) = source.map(["x"], ["g", "x"], lambda batch: batch, 1)
        word = token.strip()
        none = word == "None"       # a level where text stands, a missing number elsewhere
        assert columns(source) == {"x": [1.0, None], "g": ["a", "None" if none else None]}
        assert batch.missing_tokens.get("g", {}) == ({word: 1} if word and not none else {})


def test_stated_tokens_are_missing_by_value_and_by_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,g\n1,a\n-999,b\n -999.0,gone\nunknown,c\n")
    assert read(path, na=("-999", "unknown", "gone")) == {"x": [1.0, None, None, None], "g": ["a", "b", None, "c"]}


def test_infinite_cells_are_read_for_the_encoder_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,inf\n2,-Infinity\n")
    assert read(path) == {"x": [1.0, 2.0], "y": [float("inf"), float("-inf")]}


def test_levels_are_spelt_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("g,b,t\n1.0,TRUE,Yes\n1,true,maybe\n01,False,yes\n2.50,f, maybe \n12345678901234567891,T,\n")
    with open_source((str(path),), ReadOptions()) as source:
        assert source.kinds == {"g": Kind.NUMBER, "b": Kind.BOOLEAN, "t": Kind.TEXT}
        (batch,) = source.map(["g"], source.names, lambda batch: batch, 1)
        assert batch.categories["g"].levels == ("1.0", "1", "01", "2.50", "12345678901234567891")
        assert source.distinct["g"] == ("1", "2.5", "12345678901234567891")     # by value, as its kind is numbers
        assert batch.categories["b"].levels == ("true", "false", "f", "t")
        assert batch.categories["t"].levels == source.distinct["t"] == ("Yes", "maybe", "yes")
        assert batch.categories["g"].codes.tolist() == [0, 1, 2, 3, 4]
        assert batch.numbers["g"].tolist() == [1.0, 1.0, 1.0, 2.5, 12345678901234567891.0]


def test_levels_with_a_decimal_comma_have_a_point(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("g;y\n1,50;1,5\nA,1;2\n")
    with open_source((str(path),), ReadOptions()) as source:
        (batch,) = source.map([], ["g"], lambda batch: batch, 1)
        assert batch.categories["g"].levels == ("1.50", "A,1")


@pytest.mark.parametrize(("cells", "kind"), [
    ("1 2 3", Kind.NUMBER), ("yes No T", Kind.BOOLEAN), ("a b 1", Kind.TEXT), ("2020-01-01 2020-02-03", Kind.DATE),
    ("10:30 11:45", Kind.DATE), ("3/4/2021 NA", Kind.DATE), ("NA .", Kind.EMPTY), ("5% 7%", Kind.NUMBER),
    ("1 2 oops", Kind.NUMBER), ("$5 €7.50", Kind.NUMBER), ("1_000 2'000", Kind.NUMBER),
])
def test_kinds(tmp_path: Path, cells: str, kind: Kind) -> None:
    path = tmp_path / "a.csv"
    path.write_text("c,z\n" + "".join(f"{cell},1\n" for cell in cells.split()))
    with open_source((str(path),), ReadOptions()) as source:
        assert source.kinds["c"] is kind


def test_names_are_text(tmp_path: Path) -> None:
    names = ["[red]", "a\x1b[31m", "温度 °C", "😀", "a.b", "__import__('os')"]
    path = tmp_path / "a.csv"
    path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    assert read(path) == {name: [1.0] for name in names}


def test_without_a_header_columns_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,a\n2,b\n")
    assert read(path, header=False) == {"c1": [1.0, 2.0], "c2": ["a", "b"]}


def test_text_with_blanks_is_not_cut_into_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("full name\nJohn Smith\nAnn Lee\n")
    assert read(path) == {"full name": ["John Smith", "Ann Lee"]}


def test_many_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"v{j}" for j in range(5000)) + "\n" + (",".join("7" for _ in range(5000)) + "\n") * 5)
    with open_source((str(path),), ReadOptions()) as source:
        (batch,) = source.map(["v10", "v4999"], [], lambda batch: batch, 2)
        assert list(batch.numbers) == ["v10", "v4999"]
        assert all(values.tolist() == [7.0] * 5 for values in batch.numbers.values())


def test_standard_input_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(TEXT.encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    with open_source(("-",), ReadOptions()) as source:
        assert columns(source) == columns(source) == VALUES
        assert source.labels == ("-",)
        assert source.size == len(TEXT)
