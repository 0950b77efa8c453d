"""Machine: what a timing depends on, without names or paths: processor, cores, memory, versions."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

OURS = ("numpy", "scipy", "pyarrow", "typer", "rich")
PEERS = ("statsmodels", "scikit-learn", "glum", "polars", "duckdb", "numpy", "scipy")


def hardware() -> str:
    """Processor model, usable cores, memory, system."""
    model = platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line.partition(":")[2].strip() for line in information.read_text().splitlines()
                 if line.startswith("model name")]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory() / 2**30:.0f} GiB, {platform.system()}"


def memory() -> int:
    """Bytes of memory in the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def versions(python: str) -> str:
    """Versions of Python and of the packages that an interpreter has."""
    names = OURS if python == sys.executable else PEERS
    program = (
        "import platform, importlib.metadata as m, sys\n"
        "has = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "known = [f'{n} {has[n]}' for n in sys.argv[1:] if n in has]\n"
        "print(', '.join(['Python ' + platform.python_version(), *known]))"
    )
    return said([python, "-c", program, *names])


def programs() -> list[str]:
    """Versions of the compiled peers."""
    return [said(["Rscript", "-e", "cat(R.version$version.string)"])] if shutil.which("Rscript") else []


def said(command: list[str]) -> str:
    """Standard output of a command."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
