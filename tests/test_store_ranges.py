"""Ranges of an object give the bytes and the blocks that a file has, whoever asks for them and in whatever order."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import fs
from source_reading import columns

from mlefit.errors import DataError
from mlefit.source import ReadOptions, cutting, object, open_source, ranges, text
from mlefit.source.part import Block
from mlefit.source.ranges import Ranges
from mlefit.source.reader import Reader
from mlefit.source.run import shared_out

MOVES = st.lists(st.one_of(
    st.tuples(st.just("read"), st.integers(0, 90)), st.tuples(st.just("seek"), st.integers(0, 220)),
    st.tuples(st.just("end"), st.integers(-60, 0)), st.tuples(st.just("by"), st.integers(-30, 30)),
), max_size=30)


@given(st.binary(max_size=200), MOVES, st.integers(1, 40), st.integers(1, 60), st.sampled_from([None, 1, 16]))
def test_reads_in_any_order_are_those_of_the_bytes(
    content: bytes, moves: list[tuple[str, int]], first: int, most: int, buffer: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "FIRST", first)
        patch.setattr(ranges, "MOST", most)
        raw = Ranges(lambda start, stop: content[start:stop], len(content))
        found: io.RawIOBase | io.BufferedReader = raw if buffer is None else io.BufferedReader(raw, buffer)
        expected = io.BytesIO(content)
        for what, number in moves:
            if what == "read" and buffer is None:       # a raw stream may give fewer, but some where there are any
                piece = found.read(number) or b""
                assert piece == expected.read(len(piece))
                assert piece or not number or not expected.read(1)
            elif what == "read":
                assert found.read(number) == expected.read(number)
            elif what == "seek":
                assert found.seek(number) == expected.seek(number)
            elif what == "end":
                assert found.seek(max(number, -len(content)), io.SEEK_END) == expected.seek(max(number, -len(content)), io.SEEK_END)
            else:
                assert found.seek(max(0, found.tell() + number)) == expected.seek(max(0, expected.tell() + number))
            assert found.tell() == expected.tell()
        found.close()


def test_whoever_goes_straight_on_is_given_each_byte_once_and_in_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "FIRST", 10)
    monkeypatch.setattr(ranges, "MOST", 40)
    asked: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return bytes(range(start, stop))

    with io.BufferedReader(Ranges(fetch, 250), 8) as stream:
        assert b"".join(iter(lambda: stream.read(7), b"")) == bytes(range(250))
    assert sorted(asked) == [(0, 10), (10, 30), (30, 70), (70, 110), (110, 150), (150, 190), (190, 230), (230, 250)]


def test_a_look_at_the_beginning_asks_for_no_more() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return bytes(stop - start)

    with io.BufferedReader(Ranges(fetch, 50 << 20), object.BUFFER) as stream:
        assert len(stream.read(text.SAMPLE + 1)) == text.SAMPLE + 1
    assert asked == [(0, ranges.FIRST)]


def test_what_a_store_refuses_is_raised_by_the_read_that_comes_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "FIRST", 10)
    monkeypatch.setattr(ranges, "MOST", 10)

    def fetch(start: int, stop: int) -> bytes:
        if start >= 30:
            raise OSError("no more")
        return bytes(stop - start)

    stream = Ranges(fetch, 100)
    for _ in range(3):
        assert len(stream.read(10) or b"") == 10
    with pytest.raises(OSError, match="no more"):
        stream.read(10)


CELL = st.sampled_from(["1", "23456789", "", '"a\nb"', '"\n\n\n"', '"x ""y""\n"', 'z"q', "w" * 50])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for a store: its file system is handed out for every address."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "tables").mkdir()
    return folder


def blocks(source: Reader) -> list[Block]:
    return [block._replace(stored=0) for block in source.parts[0].blocks()]


def spans(source: Reader) -> list[tuple[int, int | None, Sequence[bytes]]]:
    """Where each run begins, and its blocks."""
    part = source.parts[0]
    found = []
    for runs in shared_out(source.parts, source.names, 50):
        for run in runs:
            begun = part.begun(run.span)
            found.append((begun.first, begun.start, [block.content for block in run.part.run(begun)]))
    return found


def outcome(label: str) -> object:
    """Everything that is read of a table, or why it is refused."""
    try:
        with open_source((label,), ReadOptions(delimiter=",", skip=0, types=(("x", "text"), ("y", "text")))) as source:
            assert isinstance(source, Reader)
            return blocks(source), spans(source), columns(source)
    except DataError as error:
        return str(error).replace(label, "")


@settings(max_examples=80)
@given(st.lists(st.tuples(CELL, CELL), min_size=3, max_size=40), st.integers(20, 80), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_store_cuts_a_text_where_a_file_does(kept: Path, rows: list[tuple[str, str]], block: int, eol: str) -> None:
    lines = ["x,y", "7,8", "8,9", *(f"{x},{y}" for x, y in rows)]
    content = (eol.join(lines) + eol).encode()
    (kept / "tables" / "t.csv").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://nowhere")
        patch.setattr(object, "file_system", lambda _: fs.SubTreeFileSystem(str(kept), fs.LocalFileSystem()))
        patch.setattr("mlefit.source.listing.file_system", object.file_system)
        patch.setattr(cutting, "BLOCK", block)
        patch.setattr(ranges, "FIRST", 37)
        patch.setattr(object, "FIRST", 37)
        patch.setattr(ranges, "MOST", 41)
        object._beginning.cache_clear()
        here, there = outcome(str(kept / "tables" / "t.csv")), outcome("s3://tables/t.csv")
        assert here == there
