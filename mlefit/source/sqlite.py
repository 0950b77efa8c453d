"""An SQLite database: one table of it, or the answer to one query. It is opened for reading, and nothing but reading is allowed."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from mlefit.errors import DataError, UsageError
from mlefit.source.cells import shown
from mlefit.source.converted import ConvertedPart, cell
from mlefit.source.options import ReadOptions
from mlefit.source.stored import Stored

READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
ROWS = 1000     # fetched at a time
LISTED = 12     # tables in a message


class SqlitePart(ConvertedPart):
    """The table that --table names, the answer to --query, or the only table that there is."""

    def __init__(self, stored: Stored, options: ReadOptions) -> None:
        label = stored.label
        try:
            database = _opened(stored)
            query = options.query or "SELECT * FROM " + _quoted(_table(database, options.table, label))     # noqa: S608 - a name of its own
            answer = database.execute(query)
        except sqlite3.Error as error:
            raise _refused(label, error, options.query) from None
        if answer.description is None:
            raise UsageError("--query: expected a SELECT, found a statement without an answer", "write SELECT ...", code="query")
        super().__init__(stored, _rows(database, answer, label), options)


def _opened(stored: Stored) -> sqlite3.Connection:
    """The database, from its file, or from the bytes of a pipe."""
    if os.path.isfile(stored.label):
        path = quote(os.path.abspath(stored.label))
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    else:
        database = sqlite3.connect(":memory:", check_same_thread=False)
        with stored.open() as stream:
            database.deserialize(stream.read())
    database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY)
    return database


def _table(database: sqlite3.Connection, named: str | None, label: str) -> str:
    """The table to be read. Raises UsageError where it is not told which."""
    found = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name").fetchall()
    names = [str(name) for (name,) in found if not str(name).startswith("sqlite_")]
    if named in names or (named is None and len(names) == 1):
        return named or names[0]
    if not names:
        raise DataError(f"{label}: expected a database with a table, found none.", "Check the file.", code="no-table")
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    listed = ", ".join(names[:LISTED]) + more
    if named is None:
        raise UsageError(f"{label}: the database has {len(names)} tables, and none is named", f"--table NAME: {listed}",
                         code="table")
    raise UsageError(f'{label}: the database has no table "{named}"', f"--table NAME: {listed}", code="table")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(database: sqlite3.Connection, answer: sqlite3.Cursor, label: str) -> Iterator[Sequence[str]]:
    """The names, then the rows. Raises DataError for what is no cell, and for a database that is damaged."""
    names = [str(column[0]) for column in answer.description]
    yield names
    count = 0
    try:
        while rows := answer.fetchmany(ROWS):
            for row in rows:
                count += 1
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes):
                        raise DataError(f"{label}: row {count}: expected numbers or text in column {shown(name)}, found bytes.",
                                        "Leave the column out with --query.", code="not-a-table", columns=[name], rows=[count])
                yield [cell(value) for value in row]
    except sqlite3.Error as error:
        raise _refused(label, error, None) from None
    finally:
        database.close()


def _refused(label: str, error: sqlite3.Error, query: str | None) -> DataError | UsageError:
    """What SQLite says, in its words."""
    if query is not None:
        return UsageError(f"--query: SQLite refuses it: {error}", "write one SELECT that only reads", code="query")
    return DataError(f"{label}: the SQLite database cannot be read: {error}.", "Check the file.", code="damaged")
