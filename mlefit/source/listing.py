"""Objects by a folder or a pattern, in the order in which files of the same names come."""

import re
from functools import cache
from glob import has_magic
from typing import Any

from mlefit.errors import DataError
from mlefit.source.object import telling
from mlefit.source.places import Address, address, file_system
from mlefit.source.unreached import refuse_bucket
from mlefit.source.waiting import awaited


def objects(label: str) -> list[str]:
    """The addresses that one stands for: an object, the objects of a pattern, or those below a folder of folders key=value.

    Raises DataError where there are none.
    """
    from pyarrow import fs

    place = address(label)
    if not place.key:
        raise DataError(f"{label}: expected an object, found a bucket.", f'Name the objects in it, such as "{place.front}/*.csv".',
                        code="not-a-file")
    with telling(label, place):
        kind = awaited(lambda: file_system(place.place).get_file_info([place.path])[0].type)
        if kind == fs.FileType.File:
            return [label]
        if kind == fs.FileType.Directory:
            return _below(label, place)
        if not has_magic(place.key):
            return [label]          # refused where it is opened
        found = _matching(place)
    if not found:
        refuse_bucket(label, place)
        raise DataError(f"{label}: no object matches the pattern.", "Check the pattern.", code="no-file")
    return [place.label(path) for path in found]


def _below(label: str, place: Address) -> list[str]:
    """The objects of a folder of folders key=value, as hive.files_in has them."""
    from mlefit.source.hive import in_order

    paths, start = _listed(place, place.path, deep=True), len(place.path) + 1
    if not any("=" in path[start:].partition("/")[0] for path in paths if "/" in path[start:]):
        raise DataError(f"{label}: expected an object, found a folder.",
                        f'Name the objects in it, such as "{label.rstrip("/")}/*.csv".', code="not-a-file")
    paths = [path for path in paths if path.rpartition("/")[2][:1] not in "._"]
    return [place.label(path) for path in sorted(paths, key=lambda path: in_order(path[start:]))]


def _matching(place: Address) -> list[str]:
    """The paths that fit the pattern, sorted, as `glob` finds files: no folder, and nothing that begins with a point."""
    folders = place.path.split("/")
    plain = next(at for at, folder in enumerate(folders) if at and has_magic(folder))
    pattern = re.compile(_translated("/".join(folders[plain:])), re.DOTALL)
    base = "/".join(folders[:plain])
    deep = plain < len(folders) - 1 or "**" in folders[plain]
    return sorted(path for path in _listed(place, base, deep=deep) if pattern.fullmatch(path[len(base) + 1 :]))


def _listed(place: Address, folder: str, *, deep: bool) -> list[str]:
    from pyarrow import fs

    chosen: Any = fs.FileSelector(folder, recursive=deep, allow_not_found=True)
    found = awaited(lambda: file_system(place.place).get_file_info(chosen))
    return [info.path for info in found if info.type == fs.FileType.File]


@cache
def _translated(pattern: str) -> str:
    """The regular expression of a pattern: `*` and `?` stay in a folder, `**` alone is any number of folders."""
    parts = []
    *before, last = pattern.split("/")
    for folder in before:
        parts.append(r"(?:[^/.][^/]*/)*" if folder == "**" else _name(folder) + "/")
    return "".join(parts) + (r"(?:[^/.][^/]*/)*[^/.][^/]*" if last == "**" else _name(last))


def _name(pattern: str) -> str:
    """That of one name."""
    found = r"(?!\.)" if pattern[:1] != "." else ""
    for text in re.findall(r"\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if text == "*":
            found += "[^/]*"
        elif text == "?":
            found += "[^/]"
        elif len(text) > 1:
            inside = re.sub(r"([\\\[&~|^])", r"\\\1", text[2:-1] if text[1] == "!" else text[1:-1])
            found += f"[{'^/' if text[1] == '!' else ''}{inside}]"
        else:
            found += re.escape(text)
    return found
