"""Many groups: whole processes of `mlefit fit --by`, wall and CPU seconds, medians of three runs.

`python benchmarks/groups.py` prints a table, each line with the promise that it is held against.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

GROUPS, RUNS, SEED = 10_000, 3, 1
CASES = (("gaussian", "y", 100, 2.0), ("bernoulli", "b", 100, 5.0), ("poisson", "c", 100, 5.0), ("bernoulli", "b", 12, 15.0))


def table(path: Path, rows: int) -> None:
    """GROUPS groups of `rows` rows with coefficients of N(0, 1/4) of their own, and responses for three laws."""
    rng = np.random.default_rng(SEED)
    group = np.repeat(np.arange(GROUPS), rows)
    x = rng.normal(size=(group.size, 3))
    b = rng.normal(scale=0.5, size=(GROUPS, 4))[group]
    eta = b[:, 0] + (x * b[:, 1:]).sum(axis=1)
    y, bought, count = eta + rng.normal(size=eta.size), rng.random(eta.size) < 1.0 / (1.0 + np.exp(-eta)), rng.poisson(np.exp(eta))
    with path.open("w", encoding="ascii") as out:
        out.write("g,x1,x2,x3,y,b,c\n")
        for g, (u, v, w), value, yes, k in zip(group, x, y, bought, count, strict=True):
            out.write(f"g{g:05d},{u:.5f},{v:.5f},{w:.5f},{value:.5f},{int(yes)},{k}\n")


def run(path: Path, model: str, target: str) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "mlefit", "fit", str(path), "-t", target, "-x", "x1,x2,x3", "-m", model, "--by", "g", "-q",
               "-o", "csv", "--allow-failures", "--out", os.devnull]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """The table."""
    print("| model | groups x rows | wall, s | CPU, s | promised wall, s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rows in sorted({case[2] for case in CASES}):
            table(Path(folder) / f"{rows}.csv", rows)
        for model, target, rows, promise in CASES:
            runs = [run(Path(folder) / f"{rows}.csv", model, target) for _ in range(RUNS)]
            wall, cpu = (median(each[k] for each in runs) for k in (0, 1))
            print(f"| {model} | {GROUPS:,} x {rows} | {wall:.1f} | {cpu:.1f} | {promise:g} |", flush=True)


if __name__ == "__main__":
    main()
