"""A terminal of 24 lines and 80 columns in which the program runs, and the screen that is left when it ends."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from typing import NamedTuple

import pyte

LINES, COLUMNS = 24, 80
PROMPT = "$ "       # what a shell writes when the program has ended


class Screen(NamedTuple):
    """What stands on the screen with the next prompt, how many lines have scrolled off it, colours, and the exit code."""

    lines: tuple[str, ...]
    scrolled: int
    colours: frozenset[str]
    code: int
    raw: str


def screen(arguments: Sequence[str], *, cwd: str, lines: int = LINES, columns: int = COLUMNS, **environment: str) -> Screen:
    """Run `mlefit` on a terminal of its own: stdin, stdout and stderr are it, as for somebody who types."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")}
    package = os.path.dirname(os.path.dirname(os.path.abspath(sys.modules["mlefit"].__file__ or "")))
    with subprocess.Popen(
        [sys.executable, "-m", "mlefit", *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
        env={**kept, "TERM": "xterm-256color", "PYTHONPATH": package, **environment},
    ) as running:
        os.close(slave)
        data = b""
        while chunk := _read(master):
            data += chunk
    os.close(master)
    shown = pyte.HistoryScreen(columns, lines, history=1000)
    stream = pyte.ByteStream(shown)
    stream.feed(data + PROMPT.encode())
    colours = frozenset(cell.fg for row in shown.buffer.values() for cell in row.values() if cell.data.strip())
    return Screen(tuple(line.rstrip() for line in shown.display), len(shown.history.top), colours, running.returncode,
                  data.decode("utf-8", "replace"))


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:         # on Linux that is how the end of a terminal is told
        return b""
