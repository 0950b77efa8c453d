"""Reading whole sources for the tests of this room."""

from pathlib import Path

import numpy as np
import pytest

from mlefit.errors import MlefitError
from mlefit.source import ReadOptions, open_source
from mlefit.source.batch import Batch
from mlefit.source.source import Kind, Source


def levels(batch: Batch, name: str) -> list[str | None]:
    """A category column as text, None where missing."""
    column = batch.categories[name]
    return [None if code < 0 else column.levels[code] for code in column.codes.tolist()]


def columns(source: Source, threads: int = 2) -> dict[str, list[object]]:
    """Every column as a list: numbers where the kind is numbers, else levels."""
    numbers = [name for name in source.names if source.kinds[name] in (Kind.NUMBER, Kind.EMPTY)]
    others = [name for name in source.names if name not in numbers]
    found: dict[str, list[object]] = {name: [] for name in source.names}
    places = []
    for batch in source.map(numbers, others, lambda batch: batch, threads):
        assert batch.start == 0
        places.append(batch.place)
        for name in numbers:
            found[name].extend(None if np.isnan(value) else value for value in batch.numbers[name].tolist())
        for name in others:
            found[name].extend(levels(batch, name))
    assert places == sorted(set(places))
    return found


def read(path: Path | str, **options: object) -> dict[str, list[object]]:
    with open_source((str(path),), ReadOptions(**options)) as source:
        return columns(source)


def refused(path: Path, **options: object) -> str:
    """The message of the refusal, with the folder of the file left out."""
    with pytest.raises(MlefitError) as caught:
        read(path, **options)
    return str(caught.value).replace(f"{path.parent}/", "")
