"""Where the result goes: stdout, or --out, atomically for a regular file and directly for a FIFO or device."""

import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

from mlefit.errors import UsageError
from mlefit.report.safety import shown


def check(out: str, inputs: object, option: str = "--out") -> None:
    """Refuse a destination that cannot work, or is one of the input files, before the long read. Raises UsageError.

    `option`: the one that names it.
    """
    path, names = Path(out), inputs if isinstance(inputs, tuple) else ()
    try:
        if path.is_dir():
            raise unwritable(out, "it is a directory", option)
        if not path.exists() and not path.parent.is_dir():
            raise unwritable(out, "its directory does not exist", option)
        if path.is_file() and any(os.path.exists(name) and path.samefile(name) for name in names):
            raise unwritable(out, "it is the input", option)
        folder = Path(os.path.realpath(path)).parent if path.is_file() or not path.exists() else path
        if not os.access(folder, os.W_OK):
            raise unwritable(out, "no permission", option)
    except (OSError, ValueError) as error:
        raise unwritable(out, reason(error), option) from error


def write(text: str, out: str | None = None, *, encoding: str = "utf-8") -> None:
    """Write the result. Raises UsageError when the destination refuses it, BrokenPipeError when its reader has left."""
    data = text.encode(encoding, "replace")
    try:
        if out is None:
            to_stdout(data)
        elif is_regular(out):
            replace(Path(os.path.realpath(out)), data)
        else:
            with open(out, "wb") as stream:
                stream.write(data)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        assert out is not None
        raise unwritable(out, reason(error)) from error


def stream(pieces: tuple[bytes, Iterable[bytes | memoryview]], out: str | None) -> None:
    """Write a beginning and what follows piece by piece: to a regular file at once, in the end. Raises as `write`."""
    first, rest = pieces
    if out is None:
        to_stdout(first)
        for piece in rest:
            to_stdout(piece)
        return
    try:
        if not is_regular(out):
            with open(out, "wb") as place:
                place.write(first)
                place.writelines(rest)
            return
        replace(Path(os.path.realpath(out)), chain((first,), rest))
    except OSError as error:
        raise unwritable(out, reason(error)) from error


def to_stdout(data: bytes | memoryview) -> None:
    """All bytes, flushed, so that a full disk or a closed pipe is met here. Without a stdout nobody is listening.

    Raises UsageError when the system refuses them, BrokenPipeError when their reader has left.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise refused_by_stdout(error) from error


def refused_by_stdout(error: Exception) -> UsageError:
    """The refusal where stdout is a full disk, or closed."""
    silence()
    return UsageError(f"stdout: the result cannot be written: {reason(error)}", "use --out FILE", code="unwritable")


def replace(path: Path, data: bytes | Iterable[bytes | memoryview]) -> None:
    """The file changes from old to new at once: nobody ever reads half of it, whatever interrupts us."""
    fresh = path.with_name(f".mlefit-{os.getpid()}.tmp")
    try:
        with open(fresh, "xb") as stream:
            stream.writelines((data,) if isinstance(data, bytes) else data)
        if path.exists():
            fresh.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def is_regular(out: str) -> bool:
    """A regular file, or one that is still to be made."""
    try:
        return stat.S_ISREG(os.stat(out).st_mode)
    except FileNotFoundError:
        return True


def untouched(out: str) -> str:
    """What has become of a destination when there is nothing to write."""
    return f'"{shown(out)}" is as it was' if os.path.exists(out) else f'"{shown(out)}" is not written'


def silence() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain about a reader that has left."""
    with suppress(OSError, ValueError, AttributeError):     # then there is no stdout that could complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reason(error: Exception) -> str:
    """Why the system refused, in its words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def unwritable(out: str, why: str, option: str = "--out") -> UsageError:
    """The refusal of a destination."""
    return UsageError(
        f'{option}: "{shown(out)}" cannot be written: {why}',
        "give a file in a directory that exists and is yours to write", code="unwritable",
    )
