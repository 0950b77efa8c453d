"""Cuts: a block is the lines that start in its range of bytes, whether the blocks before it were read or not."""

import gzip
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.errors import DataError
from mlefit.source import ReadOptions, cutting, open_source
from mlefit.source.batch import Place
from mlefit.source.cutting import block_within, cut_blocks

BLOCK = 32
EOL, SIGN = b"\n", b","

# Cells with quotes, stray quotes, doubled quotes and line ends, short and long beside BLOCK.
CELLS = ["a", '"b\nc"', '5" pipe', '"d ""e"" f"', '""', 'g"h"', '"k\n\n""l,"', '"' + "m\n" * 40 + '"', "n" * 90, '"\n"""', ""]
texts = st.builds(
    lambda rows, ended: "\n".join(",".join(row) for row in rows) + "\n" * ended,
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3), max_size=40), st.booleans(),
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", BLOCK)


def in_order(text: bytes) -> list[bytes]:
    """The blocks that hold lines, empty ones between them included."""
    return [block for block, _ in cut_blocks(io.BytesIO(text), EOL, SIGN, "a", 0, BLOCK)]


def line_starts(text: bytes) -> list[int]:
    """By a scan of every character: a quote opens a cell only where a field starts."""
    starts, quoted, field_starts, at = [0], False, True, 0
    while at < len(text):
        sign = text[at : at + 1]
        if quoted:
            if sign == b'"' and text[at + 1 : at + 2] == b'"':
                at += 1
            elif sign == b'"':
                quoted = False
            field_starts = False
        else:
            quoted = sign == b'"' and field_starts
            field_starts = sign in (EOL, SIGN)
            if sign == EOL:
                starts.append(at + 1)
        at += 1
    return [start for start in starts if start < len(text)]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_block_is_the_lines_that_start_in_its_range(content: str) -> None:
    text = content.encode()
    blocks, starts = in_order(text), line_starts(text)
    assert b"".join(blocks) == text
    for k, block in enumerate(blocks):
        inside = [start for start in starts if start // BLOCK == k]
        after = [start for start in starts if start // BLOCK > k]
        assert block == (text[inside[0] : after[0] if after else len(text)] if inside else b"")
    assert not blocks or starts[-1] // BLOCK == len(blocks) - 1


def alone(text: bytes, k: int, start: int | None = None) -> tuple[int, int]:
    """The block's start and end in the text, from the byte before its range, the range and no more than is needed."""
    first = max(0, k * BLOCK - 1)
    for stop in range((k + 1) * BLOCK, len(text) + 1 + BLOCK):
        known = start if start is not None else None if k else 0
        window = text[first:stop]
        bounds = block_within(window, (k + 1) * BLOCK - first, EOL, SIGN, start=None if known is None else known - first,
                              ended=stop >= len(text))
        if bounds is not None:
            return bounds[0] + first, bounds[1] + first
    raise AssertionError("the end of the text ends every block")


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(texts)
def test_blocks_cut_alone_and_compared_at_their_ends_are_those_of_one_reader(content: str) -> None:
    text = content.encode()
    found, end = [], 0
    for k in range(-(-len(text) // BLOCK)):
        bounds = alone(text, k)
        if bounds[0] != end:            # it took a line end in quotes for one
            bounds = alone(text, k, end)
        found.append(text[slice(*bounds)])
        end = bounds[1]
    expected = in_order(text)
    assert found == expected + [b""] * (len(found) - len(expected))


def test_without_quoted_line_ends_no_block_is_cut_twice() -> None:
    text = "".join(f'{row},"say ""{row}""",5" pipe\n' for row in range(200)).encode()
    bounds = [alone(text, k) for k in range(-(-len(text) // BLOCK))]
    assert [start for start, _ in bounds] == [0, *(end for _, end in bounds[:-1])]
    assert bounds[-1][1] == len(text)


def test_a_file_its_compressed_copy_a_pipe_and_another_encoding_have_the_same_places(tmp_path: Path) -> None:
    quoted = ["é\n" * (row % 7) for row in range(300)]
    content = "x,g\n" + "".join(f'{row},"{cell}"\n' for row, cell in enumerate(quoted))
    files = {"a.csv": content.encode(), "a.csv.gz": gzip.compress(content.encode()), "b.csv": content.encode("utf-16"),
             "c.csv": content.encode("utf-8-sig")}
    for name, stored in files.items():
        (tmp_path / name).write_bytes(stored)
    os.mkfifo(tmp_path / "pipe")
    threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(content.encode())).start()

    def places(name: str) -> list[tuple[Place, list[float]]]:
        with open_source((str(tmp_path / name),), ReadOptions()) as source:
            return list(source.map(["x"], [], lambda batch: (batch.place, batch.numbers["x"].tolist()), 2))

    expected = places("a.csv")
    assert len(expected) > 50
    for name in (*files, "pipe"):
        assert places(name) == expected, name


@pytest.mark.parametrize(("text", "message"), [
    ("1\n" * 40 + '"2\n3\n4\n', "a, line 41: a double quote opens a cell here and none closes it."),
    ("1\n" * 40 + '"2\n' + "3\n" * 2000, "a, line 41: a double quote opens a cell here and none closes it."),
    ("1\n" * 7 + "2" * 5000 + "\n3", "a, line 8: expected rows of a table, found a line of more than 0 MB."),
    ("1\n" * 7 + '"2\n\n",' + "2" * 5000 + "\n3", "a, line 8: expected rows of a table, found a line of more than 0 MB."),
])
def test_what_never_ends_its_line_is_refused_by_its_line(monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.setattr(cutting, "LONGEST_LINE", 500)
    with pytest.raises(DataError) as caught:
        in_order(text.encode())
    assert caught.value.message == message
