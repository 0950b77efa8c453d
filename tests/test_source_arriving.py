"""Standard input and pipes: read as they arrive, kept for the next pass, given back however a run ends."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.errors import DataError
from mlefit.source import ReadOptions, cutting, open_source, text
from mlefit.source.arriving import Arriving

PROGRAM = [sys.executable, "-m", "mlefit"]
PATIENCE = 20.0     # seconds until a test that hangs fails instead


class Dripping(io.RawIOBase):
    """A pipe that gives its bytes in pieces of the given sizes."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__()
        self.pieces = self.cut(content, sizes)

    @staticmethod
    def cut(content: bytes, sizes: list[int]) -> Iterator[bytes]:
        start = 0
        for size in sizes:
            if start < len(content):
                yield content[start : start + size]
                start += size
        if start < len(content):
            yield content[start:]

    def read(self, _: int = -1) -> bytes:
        return next(self.pieces, b"")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(content=st.binary(max_size=300), sizes=st.lists(st.integers(1, 60), max_size=8), steps=st.lists(st.integers(1, 90), max_size=9))
def test_what_arrives_in_pieces_is_the_whole_from_every_start(content: bytes, sizes: list[int], steps: list[int]) -> None:
    arriving: Any = Arriving(Dripping(content, sizes), "pipe", digest=True)      # type: ignore[arg-type]
    found = b""
    for step in [*steps, len(content) + 1]:
        found += arriving.read(len(found), step)
    while piece := arriving.read(len(found), 50):
        found += piece
    assert found == content
    assert arriving.size == len(content)
    assert arriving.open().read() == content
    assert arriving.digest() == hashlib.sha256(content).hexdigest()
    arriving.close()
    arriving.close()


def test_nothing_is_read_that_nobody_has_asked_for() -> None:
    dripping = Dripping(b"abcdef", [2, 2, 2])
    arriving = Arriving(dripping, "pipe", digest=False)   # type: ignore[arg-type]
    assert arriving.read(0, 100) == b"ab"
    assert arriving.size is None
    assert next(dripping.pieces) == b"cd"
    arriving.close()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", 300)
    monkeypatch.setattr(text, "SAMPLE", 300)


@pytest.mark.usefixtures("small_blocks")
def test_rows_are_worked_on_before_the_last_has_arrived(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    begun = threading.Event()
    in_time: list[bool] = []

    def feed() -> None:
        with path.open("w") as pipe:
            pipe.write("x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(500)))
            pipe.flush()
            in_time.append(begun.wait(PATIENCE))
            pipe.write("".join(f"{i},{i % 7}\n" for i in range(500, 1000)))

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open_source((str(path),), ReadOptions()) as source:
        assert source.size is None
        rows = 0
        for batch in source.map(["x", "y"], [], lambda batch: (begun.set(), batch)[1], 2):
            assert batch.numbers["x"].tolist() == list(range(rows, rows + batch.rows))
            rows += batch.rows
        assert rows == 1000
        again = sum(source.map(["x"], [], lambda batch: batch.rows, 2))
        assert again == 1000
        assert len(source.digests()[0]) == 64
    feeder.join()
    assert in_time == [True]


def test_what_cannot_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> NoReturn:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda **_: Full())
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/scratch")
    with pytest.raises(DataError) as raised:
        Arriving(io.BytesIO(b"x,y\n1,2\n"), "-", digest=False).read(0, 10)
    assert raised.value.code == "disk-full"
    assert raised.value.message == (
        "-: the temporary file in /scratch that keeps it could not be written: No space left on device")
    assert raised.value.remedy == "free disk space, set TMPDIR to a larger disk, or give a file instead of a pipe"


def test_a_pipe_that_was_set_not_to_wait_is_waited_for() -> None:
    """Whoever shares a pipe may have set it so, and nothing there yet is then no end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def feed() -> None:
        for piece in (b"x,y\n", b"1,2\n", b"3,5\n"):
            time.sleep(0.05)
            os.write(writing, piece)
        os.close(writing)

    feeder = threading.Thread(target=feed)
    feeder.start()
    arriving = Arriving(os.fdopen(reading, "rb"), "pipe", digest=False)
    assert arriving.open().read() == b"x,y\n1,2\n3,5\n"
    feeder.join()
    arriving.close()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as unreadable:
        done = subprocess.run([*PROGRAM, "fit", "-"], stdin=unreadable, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "mlefit: -: cannot be read: Bad file descriptor.\nCheck where it comes from.\n"


@pytest.mark.parametrize("names", [("-", "-"), ("/dev/stdin", "/dev/stdin"), ("-", "/dev/stdin")])
def test_a_pipe_that_is_named_twice_is_refused(names: tuple[str, str]) -> None:
    """Each name would get some of its bytes, and a column of numbers without a header would never show it."""
    numbers = "".join(f"{i % 97}.5\n" for i in range(200_000))
    done = subprocess.run([*PROGRAM, "fit", *names, "--no-header"], input=numbers, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"mlefit: {names[1]}: expected a pipe once, found it named twice; its bytes come only once\n"
        "name it once, or keep it in a file first\n")


@pytest.mark.slow
def test_two_pipes_and_a_file_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(20)))
    command = f"{sys.executable} -m mlefit fit -q -o json <(cat {path}) {path} <(cat {path})"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout)["data"]["rows_read"] == 60


def test_closed_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError) as raised:
        open_source(("-",), ReadOptions())
    assert str(raised.value) == "-: expected a table on standard input, found it closed.\nName a file, or pipe one in."


@pytest.mark.slow
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_waits_for_input_ends_at_once_and_leaves_nothing(tmp_path: Path, signalled: signal.Signals) -> None:
    rows = "x,y\n" + "".join(f"{i % 97}.5,{i % 89}.25\n" for i in range(1_200_000))    # beyond what is kept in memory
    with subprocess.Popen(
        [*PROGRAM, "fit", "-", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdin is not None
        process.stdin.write(rows.encode())      # returns once the run has taken nearly all of it
        process.stdin.flush()
        assert list(tmp_path.iterdir()) == []   # what is kept has no name
        started = time.monotonic()
        process.send_signal(signalled)
        stdout, stderr = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - started < 2.0
    assert (process.returncode, stdout) == (130 if signalled == signal.SIGINT else -9, b"")
    assert stderr == (b"mlefit: interrupted\n" if signalled == signal.SIGINT else b"")
    assert list(tmp_path.iterdir()) == []
