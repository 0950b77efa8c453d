"""From what the user named to a Reader: paths, globs, standard input or a table in memory."""

import os
import stat
import sys
from collections.abc import Sequence

from mlefit.errors import DataError, UsageError
from mlefit.source.cells import shown
from mlefit.source.decoding import compression, decompressed, filled
from mlefit.source.options import ReadOptions
from mlefit.source.part import Part
from mlefit.source.reader import Reader
from mlefit.source.source import Kind
from mlefit.source.stored import Stored
from mlefit.source.text import TextPart

_PARQUET, _ARROW, _FEATHER = b"PAR1", b"ARROW1", b"FEA1"
_STREAM = b"\xff\xff\xff\xff"        # how an Arrow stream begins
_SQLITE = b"SQLite f"
_WORKBOOKS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"       # zip and OLE; what else they hold is refused by their reader
HEAD = 1 << 16      # bytes that tell whether a text is JSON


def opened(data: tuple[str, ...] | object, options: ReadOptions) -> Reader:
    """As open_source."""
    if isinstance(data, str):
        data = (data,)
    if not (isinstance(data, tuple | list) and all(isinstance(path, str) for path in data)):
        from mlefit.source.frame import FramePart

        return Reader([FramePart(data, options)], options)
    parts: list[Part] = []
    paths = _paths(data)
    _refuse_repeated(paths)
    try:
        for path in paths:
            parts.append(_part(_stored(path, options.digest), options))
        if any("=" in path for path in paths):
            from mlefit.source.hive import with_keys

            parts = with_keys(paths, parts)
        for part in parts[1:]:
            _same_columns(parts[0], part)
            _same_units(parts[0], part)
    except BaseException:
        for part in parts:
            part.close()
        raise
    return Reader(parts, options)


def _stored(path: str, digest: bool) -> Stored:
    if "://" in path:
        from mlefit.source.places import is_address

        if is_address(path):
            from mlefit.source.object import ObjectStored

            return ObjectStored(path)
    return Stored(path, digest)


def _paths(data: Sequence[str]) -> list[str]:
    """Paths in the order given; the files of a glob in name order. An existing file is never a glob."""
    paths: list[str] = []
    for path in data:
        if "://" in path and not os.path.exists(path):
            from mlefit.source.places import is_address

            if not is_address(path):
                from mlefit.source.nearby import absent

                raise absent(path)
            from mlefit.source.listing import objects

            paths += objects(path)
            continue
        if path != "-" and os.path.isdir(path):
            from mlefit.source.hive import files_in

            paths += files_in(path) or [path]       # a folder of another kind is refused where it is opened
            continue
        if path == "-" or os.path.exists(path):
            paths.append(path)
            continue
        import glob  # for a name that is no file

        if not glob.has_magic(path):
            paths.append(path)
            continue
        found = sorted(glob.glob(path, recursive=True))
        if not found:
            raise DataError(f"{path}: no file matches the pattern.", "Check the pattern.", code="no-file")
        paths.extend(found)
    if not paths:
        raise DataError("expected data, found no path.", "Name a file, or - for standard input.", code="no-file")
    return paths


def _refuse_repeated(paths: Sequence[str]) -> None:
    """Raises UsageError for a file with two names: its rows would count twice, or each name of a pipe get some bytes."""
    seen: dict[tuple[int, int], str] = {}
    objects: set[str] = set()
    for path in paths:
        if "://" in path and path in objects:
            raise UsageError(f"{path}: expected an object once, found it named twice; its rows would count twice", "name it once",
                             code="named-twice")
        objects.add(path)
        try:
            status = os.stat(path) if path != "-" else os.fstat(sys.stdin.fileno())
        except (OSError, ValueError, AttributeError):       # what is not there is refused when it is opened
            continue
        same = status.st_dev, status.st_ino
        if same not in seen:
            seen[same] = path
            continue
        if stat.S_ISREG(status.st_mode):
            other = "" if seen[same] == path else f", as {seen[same]} too"
            raise UsageError(f"{path}: expected a file once, found it named twice{other}; its rows would count twice",
                             "name it once", code="named-twice")
        raise UsageError(f"{path}: expected a pipe once, found it named twice; its bytes come only once",
                         "name it once, or keep it in a file first", code="named-twice")


def _part(stored: Stored, options: ReadOptions) -> Part:
    try:
        with stored.open() as stream:
            head = stream.read(8)
        _check_door(stored.label, head, options)
        if head.startswith(_SQLITE):
            from mlefit.source.sqlite import SqlitePart

            return SqlitePart(stored, options)
        if head.startswith(_WORKBOOKS):
            from mlefit.source.workbook import WorkbookPart

            return WorkbookPart(stored, options)
        if head.startswith(_STREAM):
            from mlefit.source.frame import StreamPart

            return StreamPart(stored, options)
        if head.startswith(_PARQUET):
            from mlefit.source.columnar import ParquetPart

            return ParquetPart(stored, options)
        if head.startswith(_ARROW):
            from mlefit.source.columnar import ArrowPart

            return ArrowPart(stored, options)
        if head.startswith(_FEATHER):
            raise DataError(f"{stored.label}: expected a table, found the old Feather format, version 1.",
                            "Write it again as Feather version 2, Parquet or CSV.", code="not-a-table")
        if (head.lstrip()[:1] in (b"{", b"[", b"\xef") or compression(head)) and _holds_json(stored):
            from mlefit.source.jsonlines import JsonPart

            return JsonPart(stored, options)
        return TextPart(stored, options)
    except BaseException:
        stored.close()
        raise


def _check_door(label: str, head: bytes, options: ReadOptions) -> None:
    """Raises UsageError for an option of another kind of file."""
    if options.sheet is not None and not head.startswith(_WORKBOOKS):
        raise UsageError(f"--sheet: {label} is no workbook", "leave it out", code="options-contradict")
    if (options.table is not None or options.query is not None) and not head.startswith(_SQLITE):
        option = "--table" if options.table is not None else "--query"
        raise UsageError(f"{option}: {label} is no SQLite database", "leave it out", code="options-contradict")
    if options.table is not None and options.query is not None:
        raise UsageError("--table and --query both say what is read of the database", "give one of them", code="options-contradict")


def _holds_json(stored: Stored) -> bool:
    """Whether the text, without its compression, is JSON lines or an array of objects."""
    from mlefit.source.jsonlines import is_json

    with stored.open() as raw:
        method = compression(raw.read(8))
        raw.seek(0)
        return is_json(filled(decompressed(raw, method, stored.label), HEAD))


def _same_columns(first: Part, other: Part) -> None:
    """Raises DataError unless both have the same columns, in whatever order."""
    expected, found = dict.fromkeys(first.names), dict.fromkeys(other.names)
    absent = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if not absent and not extra:
        return
    differences = [f"has no column {shown(absent[0])}"] if absent else []
    differences += [f"has a column {shown(extra[0])}"] if extra else []
    raise DataError(
        f"{other.label}: expected the columns of {first.label}, but it {' and '.join(differences)}.",
        "Give files with the same columns.", code="columns-differ", columns=[*absent, *extra],
    )


def _same_units(first: Part, other: Part) -> None:
    """Raises DataError unless numbers have the same units in both."""
    for name in first.names:
        profiles = first.profiles[name], other.profiles[name]
        units = ["" if (writing := profile.writing) is None else writing.unit for profile in profiles]
        expected, found = (f"numbers of {unit}" if unit else "numbers without a unit" for unit in units)
        if expected != found and {profile.kind for profile in profiles} == {Kind.NUMBER}:
            raise DataError(f"{other.label}: expected {expected} in column {shown(name)}, as in {first.label}, found "
                            f"{found}.", "Give the column one unit in all files.", code="units-differ", columns=[name])
