"""Again: where terms learn from all rows, what the first pass has parsed is not parsed twice, and no answer changes."""

from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.problem import learning
from mlefit.source import ReadOptions, cutting, open_source
from mlefit.source.parsing import Parser
from mlefit.source.part import Wanted
from mlefit.source.reader import Reader

FORMULA = "y ~ x + poly(x, 2) + g"


def file_of(folder: Path, rows: int = 400, *, counted: bool = False) -> Path:
    rng = np.random.default_rng(3)
    path = folder / "rows.csv"
    lines = [f"{y:.3f},{x:.3f},g{i % 7}{f',{i}' * counted}" for i, (y, x) in enumerate(rng.normal(size=(rows, 2)))]
    path.write_text("\n".join(["y,x,g" + ",i" * counted, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The blocks that have been parsed, of files cut into small ones."""
    monkeypatch.setattr(cutting, "BLOCK", 1000)
    found: list[bytes] = []
    original = Parser.parse

    def counted(self: Parser, block: bytes, wanted: Wanted) -> object:
        found.append(block)
        return original(self, block, wanted)

    monkeypatch.setattr(Parser, "parse", counted)
    return found


def test_a_fit_whose_terms_learn_parses_each_block_once(
    tmp_path: Path, parsed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path)
    once = mlefit.fit(str(path), formula=FORMULA).to_dict()
    blocks = {block for block in parsed if len(block) < 2000}       # the head is another reading
    assert len(blocks) > 5
    assert all(parsed.count(block) == 1 for block in blocks)
    parsed.clear()
    monkeypatch.setattr(learning, "KEPT", 0)
    twice = mlefit.fit(str(path), formula=FORMULA).to_dict()
    assert all(parsed.count(block) == 2 for block in blocks)
    assert twice == once


def test_what_finds_no_room_is_parsed_again(tmp_path: Path, parsed: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "KEPT", 4000)
    mlefit.fit(str(file_of(tmp_path)), formula=FORMULA)
    times = [parsed.count(block) for block in {block for block in parsed if len(block) < 2000}]
    assert set(times) == {1, 2}


def test_a_pass_that_wants_other_columns_reads_them(tmp_path: Path, parsed: list[bytes]) -> None:
    with open_source((str(file_of(tmp_path, counted=True)),), ReadOptions()) as source:
        assert isinstance(source, Reader)
        source.keep(1 << 20)
        first = [batch.numbers["x"] for batch in source.map(("x", "y"), ("g",), lambda batch: batch, 2)]
        other = [batch.numbers["i"] for batch in source.map(("x", "i"), (), lambda batch: batch, 2)]
    assert np.array_equal(np.concatenate(other), np.arange(400.0))
    assert len(first) == len(other)
    assert len(parsed) == 2 * len(first)


def test_two_passes_for_the_same_columns_are_given_the_same(tmp_path: Path, parsed: list[bytes]) -> None:
    with open_source((str(file_of(tmp_path)),), ReadOptions()) as source:
        source.keep(1 << 20)
        passes = [[(batch.place, batch.numbers["y"].tobytes(), batch.categories["g"].levels)
                   for batch in source.map(("x", "y"), ("g",), lambda batch: batch, 2)] for _ in range(3)]
    assert passes[0] == passes[1] == passes[2]
    assert len(parsed) == 2 * len(passes[0])        # the third pass is on its own
