"""A sheet of a workbook: xlsx, xls, xlsb and ods, read by python-calamine, which is an extra."""

import datetime
import io
from collections.abc import Iterator, Sequence
from typing import Any

from mlefit.errors import DataError, UsageError
from mlefit.source.converted import ConvertedPart, cell
from mlefit.source.options import ReadOptions
from mlefit.source.stored import Stored

LISTED = 12     # sheets in a message


class WorkbookPart(ConvertedPart):
    """The sheet that --sheet names, or the first one. Dates become ISO dates, rows without a cell are left out."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        try:
            import python_calamine
        except ImportError:
            raise DataError(f"{stored.label}: expected a table, found a workbook, and what reads it is not installed.",
                            "pip install 'mlefit[excel]', or export the sheet as CSV.", code="not-a-table") from None
        try:
            with stored.open() as stream:
                book = python_calamine.load_workbook(io.BytesIO(stream.read()))
            name = _sheet(book.sheet_names, options.sheet, stored.label)
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
        except (python_calamine.CalamineError, OSError) as error:
            if (inside := _archived(stored)) is not None:
                raise DataError(f"{stored.label}: expected a table, found a zip archive{inside}.", "Unpack it, and name the table.",
                                code="not-a-table") from None
            raise DataError(f"{stored.label}: the workbook is damaged or locked: {error}.", "Save it again, without a password.",
                            code="damaged") from None
        many = options.sheet is None and len(book.sheet_names) > 1
        notes = [f"{stored.label}: sheet {name}, the first of {len(book.sheet_names)}; --sheet names another"] if many else []
        super().__init__(stored, _rows(rows[options.skip or 0 :], options), options, notes)


def _archived(stored: Stored) -> str | None:
    """What a zip archive that is no workbook holds, ` of a.csv`; None of anything else."""
    from zipfile import BadZipFile, ZipFile

    try:
        with stored.open() as stream, ZipFile(io.BytesIO(stream.read())) as archive:
            names = archive.namelist()
    except (BadZipFile, OSError):
        return None
    if any(name.startswith(("xl/", "[Content_Types]", "META-INF/")) for name in names):
        return None
    return f" of {names[0]}" if len(names) == 1 else f" of {len(names)} files"


def _sheet(names: Sequence[str], asked: str | None, label: str) -> str:
    """The sheet by its name, or by its number, the first being 1. Raises UsageError."""
    asked = asked or next(iter(names), "1")
    if asked in names:
        return asked
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return names[int(asked) - 1]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    raise UsageError(f'{label}: the workbook has no sheet "{asked}"', f"--sheet NAME: {', '.join(names[:LISTED])}{more}",
                     code="sheet")


def _rows(rows: Sequence[Sequence[Any]], options: ReadOptions) -> Iterator[Sequence[str]]:
    if not options.header and rows:
        yield [f"c{at + 1}" for at in range(len(rows[0]))]
    for row in rows:
        if any(value not in ("", None) for value in row):
            yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return str(value.date()) if value.time() == datetime.time() else value.isoformat(" ")
    return cell(value)
