"""A progress bar on stderr, for a terminal and for work that lasts longer than a second; otherwise nothing at all."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[str, float | None], None]     # what is being done, and the fraction that is done if it is known

PATIENCE = 1.0      # seconds that nobody minds waiting without a sign
PER_SECOND = 4      # drawings: each takes about a millisecond from the work


class Bar:
    """Shows what it is called with, from the first call after a second on."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.bar: Any = None
        self.task: Any = None
        self.total: float | None = None

    def __call__(self, what: str, fraction: float | None) -> None:
        """`fraction` is in [0, 1], or None while the end is not in sight."""
        if self.bar is None and time.monotonic() - self.started < PATIENCE:
            return
        if self.bar is None:
            self.open()
        total = None if fraction is None else 1.0
        if total != self.total:     # another kind of work begins: what was finished must not stand for it
            self.total = total
            self.bar.reset(self.task, total=total)
        self.bar.update(self.task, description=what, completed=fraction or 0.0)

    def open(self) -> None:
        """Begin to draw. Rich is loaded only now."""
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        what = TextColumn("{task.description}", markup=False)
        self.bar = RichProgress(
            what, BarColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True),
            transient=True, refresh_per_second=PER_SECOND,
        )
        self.task = self.bar.add_task("", total=None)
        self.bar.start()

    def close(self) -> None:
        """Wipe the bar from the screen."""
        if self.bar is not None:
            self.bar.stop()


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """A bar for the work inside, or None where nobody would see it."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()
