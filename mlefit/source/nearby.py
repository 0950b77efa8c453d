"""Files that are not there: an address of the web, or a name that is nearly that of another file."""

import os
import re
import shlex
from urllib.parse import urlsplit

from mlefit.errors import DataError
from mlefit.options.near import nearest

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://.+", re.DOTALL)
_FETCH = {"http": "curl -sSL", "https": "curl -sSL", "ftp": "curl -sS", "ftps": "curl -sS", "file": "curl -sS"}
MANY = 10_000       # names of a folder that are looked at


def absent(label: str) -> DataError:
    """What is said of a file that is not there."""
    address = _ADDRESS.fullmatch(label)
    if address is not None:
        return _elsewhere(label, address[1].lower())
    near = nearby(label)
    return DataError(f"{label}: there is no such file.", f"did you mean {near}?" if near else "Check the path.", code="no-file")


def _elsewhere(label: str, scheme: str) -> DataError:
    said = _without_secrets(label)
    fetch = f"{_FETCH[scheme]} {shlex.quote(said)}" if scheme in _FETCH else None
    return DataError(f"{said}: expected a file, a pipe, or an object at s3://, gs:// or abfs://, found another address.",
                     f"such as `{fetch} | mlefit fit -`" if fetch else "Fetch the table, and name the file.", code="address")


def _without_secrets(label: str) -> str:
    """An address without a password, and without the query, in which the signatures of signed addresses are."""
    parts = urlsplit(label)
    query = "?..." if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def nearby(label: str) -> str | None:
    """A file of the same folder with nearly this name, or with this name and a suffix."""
    folder, name = os.path.split(label)
    try:
        with os.scandir(folder or ".") as entries:
            files = [entry.name for entry, _ in zip(entries, range(MANY), strict=False) if entry.is_file()]
    except OSError:
        return None
    whole = sorted(file for file in files if file.partition(".")[0].casefold() == name.casefold() != "")
    near = whole or nearest(name, sorted(files))
    return os.path.join(folder, near[0]) if near else None
