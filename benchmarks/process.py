"""Process: run one program as a whole process and measure it: processor seconds, wall seconds and peak memory."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOGLIK = re.compile(r'^\s*"?loglik"?:? +(-?[0-9.]+(?:e[+-]?[0-9]+)?)', re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """One run. `cpu` is user and system time, `peak` the largest resident set in bytes, `loglik` what the program said."""

    cpu: float
    seconds: float
    peak: int
    exit_code: int
    timed_out: bool
    loglik: float | None
    tail: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.timed_out


def usual() -> dict[str, str]:
    """The environment as a user has it: where modules may be compiled once, and are not at every start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def measure(command: Sequence[str], environment: Mapping[str, str], limit: float) -> Measured:
    """Run `command` to its end, or kill it after `limit` seconds.

    A child starts as a copy of this process, whose memory counts as the child's peak, so this program stays small and
    imports nothing but the standard library.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=ROOT, env={**usual(), **environment}, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
        late = threading.Event()

        def kill() -> None:
            late.set()
            with suppress(ProcessLookupError):      # it ended by itself just now
                os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(limit, kill)
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    found = LOGLIK.findall(text)
    loglik = float(found[-1]) if found else None
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(cpu, seconds, usage.ru_maxrss * 1024, child.returncode, late.is_set(), loglik, text[-400:])
