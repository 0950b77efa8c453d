"""Fuzzing: seeded files and option sets through mlefit, in process and as commands.

    python benchmarks/fuzz.py --in-process 100000 --commands 1000 --seed 1 --out fuzz.json

Every case must end with an exit code of the contract, within 10 seconds, without a traceback or a terminal escape,
and with valid JSON where JSON was asked for; memory must not grow. Failures are written with their seeds.
"""

import argparse
import collections
import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fuzz_cases import Case, Ran, case, complaints, run_in_process, written

LIMIT = 10.0                # seconds that a case may take
GROWTH = 64                 # MB that the process may gain from its second tenth to its last; one large fit is no growth
START_UP = 5.0              # seconds that a command on a busy machine gets on top


def memory() -> float:
    """Resident memory of this process in MB, without what the allocator keeps for the next case."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):      # only glibc gives it back when asked
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def as_command(one: Case, folder: Path) -> Ran:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "mlefit", *written(one, folder)], input=one.stdin, capture_output=True, timeout=60,
        check=False,
    )
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return Ran(done.returncode, out, err, time.perf_counter() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-process", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="the cases are those of the seeds from seed * 1,000,000 on")
    parser.add_argument("--out", type=Path, help="write counts and failures there, as JSON")
    options = parser.parse_args()

    counts: collections.Counter[str] = collections.Counter()
    failures: list[dict[str, object]] = []
    first = options.seed * 1_000_000
    resident: list[float] = []
    began, done = time.time(), 0

    def growth() -> float:
        tenth = len(resident) // 10
        return min(resident[-tenth:]) - min(resident[tenth : 2 * tenth]) if tenth else 0.0

    def result() -> dict[str, object]:
        return {
            "seed": options.seed, "cases": done, "in_process": min(done, options.in_process),
            "commands": max(0, done - options.in_process), "exit_codes": dict(sorted(counts.items())),
            "memory_growth_mb": round(growth(), 1), "seconds": round(time.time() - began), "failures": failures,
        }

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        for number in range(options.in_process + options.commands):
            in_process = number < options.in_process
            one = case(first + number)
            faulthandler.dump_traceback_later(60, exit=True)      # a hang shows where, and the last seed is in --out
            if in_process:
                ran, limit = run_in_process(one, folder), LIMIT
            else:
                ran, limit = as_command(one, folder), LIMIT + START_UP
            faulthandler.cancel_dump_traceback_later()
            counts[str(ran.code)] += 1
            done += 1
            wrong = complaints(one, ran, limit)
            if wrong:
                said = ran.err[-600:]
                failures.append({"seed": one.seed, "arguments": one.arguments, "wrong": wrong, "stderr": said})
                print(one.seed, wrong, ran.err[-300:], flush=True)
            for path in one.files:
                (folder / path).unlink()
            if in_process and number % 20 == 0:
                resident.append(memory())
            if options.out and number % 500 == 0:
                options.out.write_text(json.dumps(result(), indent=1))
    if growth() > GROWTH:
        failures.append({"wrong": [f"memory grew by {growth():.0f} MB"]})
    if options.out:
        options.out.write_text(json.dumps(result(), indent=1) + "\n")
    print(json.dumps({key: value for key, value in result().items() if key != "failures"}), len(failures), "failures")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
