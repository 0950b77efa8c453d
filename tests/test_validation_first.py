"""What the header, the first block and the options show already is refused before the long read, and reading is shown."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from mlefit.cli import main
from mlefit.pipeline import run
from mlefit.problem import prepare as data
from mlefit.request import Request
from mlefit.source import cutting, text
from mlefit.source.reader import Reader

TABLE = "x,g,s,d,y\n" + "".join(
    f"{i % 7},{'abc'[i % 3]},{'no' if i % 4 else 'yes'},2020-01-0{i % 9 + 1},{i % 5}\n" for i in range(40)
)


@pytest.fixture
def no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> NoReturn:
        raise AssertionError("the long read has begun")

    monkeypatch.setattr(Reader, "map", read)


@pytest.mark.usefixtures("no_pass")
@pytest.mark.parametrize(("options", "code"), [
    ("-t q", 2), ("-t y -x q", 2), ("-t y --weights q", 2), ("-t y --offset q", 2), ("-t y --se cluster:q", 2),
    ("-t y --reference q=1", 2), ("-t y --reference g=z", 2), ("-t y --reference x=1 -x g", 2), ("-t y -x y", 2),
    ("-t y --weights y", 2), ("-t y --offset y", 2), ("-t y --positive 1", 2), ("-t s --positive maybe", 2),
    ("-t g --offset x", 2), ("-t y --se hac --weights x", 2), ("-t s --se ols", 2), ("-t y -m poison", 2), ("-t y -m gaussian:a=1", 2),
    ("-f y~q", 2), ("-f y~x+", 2), ("-f y~system(x)", 2), ("-t g -m gaussian", 3), ("-t d", 3), ("-t y -m bernoulli", 3),
])
def test_it_is_refused_before_the_long_read(
    tmp_path: Path, options: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    assert main(["fit", str(path), *options.split()]) == code
    assert "the long read has begun" not in capfd.readouterr().err


@pytest.mark.usefixtures("no_pass")
def test_a_request_without_fault_reaches_the_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    assert main(["fit", str(path), "-t", "y"]) == 1
    assert "the long read has begun" in capfd.readouterr().err


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", 300)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("arrives", [False, True])
def test_a_pass_tells_its_rows_and_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrives: bool) -> None:
    content = "x,y\n" + "".join(f"{i % 7},{i % 5}.5\n" for i in range(400))
    path = tmp_path / "t.csv"
    path.write_text(content)
    monkeypatch.setattr(data, "MEGABYTE", 100)
    told: list[tuple[str, float | None]] = []
    if arrives:
        monkeypatch.setattr(text, "SAMPLE", 300)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    source = "-" if arrives else str(path)
    run(Request((source,), target="y", draws=0), lambda what, share: told.append((what, share)))
    reading = [(what, share) for what, share in told if what.startswith("reading")]
    assert len(reading) > 5
    assert reading[-1] == (("reading: 400 rows, 24 MB", None) if arrives else ("reading: 400 rows, 24 of 24 MB", 1.0))
    rows = [int(what.split()[1]) for what, _ in reading]
    assert rows == sorted(rows)
    shares = [share for _, share in reading if share is not None]
    assert len(shares) == (0 if arrives else len(reading))
    assert shares == sorted(shares)
