"""Folders named key=value, as Hive, Spark and Arrow write them: every file in one has the key as a column."""

import os
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from urllib.parse import unquote

import numpy as np

from mlefit.source.batch import Category
from mlefit.source.cells import drop_tokens, spelt
from mlefit.source.part import Block, Doubts, Parsed, Part, Span, Wanted, cells_as_numbers
from mlefit.source.profile import Profile, of_texts

MISSING = "__HIVE_DEFAULT_PARTITION__"


def keys_of(path: str) -> dict[str, str]:
    """The keys of the folders on the way to a file, with their values; an empty one is missing."""
    pairs = (folder.partition("=") for folder in os.path.dirname(path).split(os.sep))
    return {key: "" if value == MISSING else unquote(value) for key, sign, value in pairs if sign and key}


def files_in(folder: str) -> list[str]:
    """The files below a folder of folders key=value, in the order of their names; none where it is no such folder."""
    with os.scandir(folder) as entries:
        if not [entry for entry in entries if "=" in entry.name and entry.is_dir()]:
            return []
    found = []
    for place, folders, files in os.walk(folder):
        folders.sort()      # as in_order
        found += [os.path.join(place, name) for name in sorted(files) if name[0] not in "._"]
    return found


def in_order(path: str) -> list[tuple[bool, str]]:
    """The key of the order of `files_in`: the files of a folder, then those of its folders."""
    *folders, name = path.split("/")
    return [*((True, folder) for folder in folders), (False, name)]


def with_keys(paths: Sequence[str], parts: Sequence[Part]) -> list[Part]:
    """The parts with a column for each key of their folders whose value differs between files, and that no file has."""
    keys = [keys_of(path) for path in paths]
    names = list(dict.fromkeys(name for found in keys for name in found))
    own = {name for part in parts for name in part.names}
    told = [name for name in names if name not in own and len({found.get(name) for found in keys}) > 1]
    for name in names:
        if name not in told:
            held = "the files have a column of that name" if name in own else "it is the same everywhere"
            parts[0].notes.append(f"the folders' key {name} is no column: {held}")
    if not told:
        return list(parts)
    return [HivePart(part, {name: found.get(name, "") for name in told}) for part, found in zip(parts, keys, strict=True)]


class HivePart(Part):
    """A part with columns of one value each."""

    def __init__(self, part: Part, keys: Mapping[str, str]) -> None:
        self._part, self._keys = part, keys
        self.label, self.notes, self.size, self.single = part.label, part.notes, part.size, part.single
        self.names, self.version = (*part.names, *keys), part.version
        self.complete, self.by_type, self.counted = part.complete, part.by_type, part.counted
        rows = max((profile.cells for profile in part.profiles.values()), default=0)
        self.profiles = {**part.profiles, **{name: self._profile(name, max(rows, 1)) for name in keys}}

    def _profile(self, name: str, rows: int) -> Profile:
        """That of so many cells."""
        import pyarrow as pa

        one = of_texts(pa.array([self._keys[name]]).dictionary_encode(), ".", (), True)
        counts = {field: getattr(one, field) * rows for field in
                  ("numbers", "written", "measured", "dates", "booleans", "others", "grouped", "signed")}
        return one._replace(**counts)

    def blocks(self, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.blocks."""
        return self._part.blocks(self._inner(columns))

    def spans(self, columns: Sequence[str], size: int) -> list[Span]:
        """As Part.spans."""
        return self._part.spans(self._inner(columns), size)

    def begun(self, span: Span) -> Span:
        """As Part.begun."""
        return self._part.begun(span)

    def run(self, span: Span, columns: Sequence[str] = ()) -> Iterator[Block]:
        """As Part.run."""
        return self._part.run(span, self._inner(columns))

    def after(self, block: Block, start: int) -> tuple[int, int]:
        """As Part.after."""
        return self._part.after(block, start)

    def tied(self) -> str | None:
        """As Part.tied."""
        return self._part.tied()

    def light(self) -> "HivePart":
        """As Part.light."""
        found = copy(self)
        found._part, found.profiles, found.notes = self._part.light(), {}, []
        return found

    def head(self, columns: Sequence[str] = ()) -> Block:
        """As Part.head."""
        return self._part.head(self._inner(columns))

    def _inner(self, columns: Sequence[str]) -> list[str]:
        return [name for name in columns if name not in self._keys]

    def parse(self, block: Block, wanted: Wanted) -> Parsed:
        """As Part.parse."""
        import pyarrow as pa

        kinds, levels = wanted.doubts
        doubts = Doubts(kinds - self._keys.keys(), levels - self._keys.keys())
        parsed = self._part.parse(block, wanted._replace(
            numbers=tuple(self._inner(wanted.numbers)), categories=tuple(self._inner(wanted.categories)), doubts=doubts))
        if parsed.findings:
            return parsed
        numbers, categories, profiles = dict(parsed.numbers), dict(parsed.categories), dict(parsed.profiles)
        for name, value in self._keys.items():
            if name in wanted.numbers:
                values, _ = cells_as_numbers(pa.array([value]), ".", (), wanted, name)
                numbers[name] = np.full(parsed.rows, drop_tokens(values, ())[0])
            if name in wanted.categories:
                codes = np.full(parsed.rows, 0 if value else -1, dtype=np.int32)
                categories[name] = Category(codes, (spelt(value, False, "."),) if value else ())
            if name in wanted.doubts.kinds:
                profiles[name] = self._profile(name, parsed.rows)
        return replace(parsed, numbers=numbers, categories=categories, profiles=profiles)

    def digest(self) -> str | None:
        """That of the file."""
        return self._part.digest()

    def close(self) -> None:
        """Release what the file holds."""
        self._part.close()
