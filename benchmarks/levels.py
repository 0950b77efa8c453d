"""Levels: factors of many levels, whole processes from file to standard errors, CPU and wall seconds and peak memory.

    python benchmarks/levels.py [--peers PYTHON] [--runs 3] [--only 100000x1000]

    100000 x 1000      10 numbers, gaussian, bernoulli, categorical of five classes
    1000000 x 10000    10 numbers, gaussian, bernoulli
    1000000 x 50000    10 numbers, gaussian; bernoulli has levels of one outcome, which are to be named (exit 4), and without them
                       (`b2`, in which each level has both)
    1000000 x 5000 x 500   two factors, gaussian, bernoulli

Runs of all contestants alternate, and medians are printed. `--peers`: a Python with glum, scikit-learn and pyfixest.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).resolve().parent
CASES = ((10**5, (1000,)), (10**6, (10_000,)), (10**6, (50_000,)), (10**6, (5000, 500)))
NUMBERS = 10
TARGETS = {"gaussian": "y", "bernoulli": "b", "bernoulli, both outcomes": "b2", "categorical": "c"}
PEERS = ("glum", "sklearn", "pyfixest")


def written(path: Path, rows: int, counts: tuple[int, ...]) -> None:
    """A file with the factors g and h, numbers that vary with g, and the responses."""
    rng = np.random.default_rng(1)
    levels, others = counts[0], counts[1] if len(counts) > 1 else 1
    g, h = rng.permutation(np.arange(rows) % levels), rng.integers(0, others, rows)
    x = rng.normal(size=(rows, NUMBERS)) + 0.3 * rng.normal(size=levels)[g, None]
    eta = rng.normal(0.0, 0.5, levels)[g] + rng.normal(0.0, 0.5 * (others > 1), others)[h] + x @ np.linspace(-0.5, 0.5, NUMBERS)
    y, b = eta + rng.normal(size=rows), eta + rng.logistic(size=rows) > 0.0
    both = b.copy()
    both[np.unique(g, return_index=True)[1]] = True             # of each level the first row
    both[rows - 1 - np.unique(g[::-1], return_index=True)[1]] = False       # and the last
    c = (np.arange(5) * 0.3 * eta[:, None] + rng.gumbel(size=(rows, 5))).argmax(axis=1)
    with path.open("w", encoding="utf-8") as out:
        out.write(",".join(["y", "b", "b2", "c", "g", "h", *(f"x{j}" for j in range(NUMBERS))]) + "\n")
        for i in range(rows):
            numbers = ",".join(f"{value:.6g}" for value in x[i])
            out.write(f"{y[i]:.6g},{int(b[i])},{int(both[i])},c{c[i]},g{g[i]},h{h[i]},{numbers}\n")


def contestants(path: Path, case: str, factors: str, peers: str | None) -> Iterator[tuple[str, list[str]]]:
    """Name and command of each."""
    names, model = ",".join([*factors, *(f"x{j}" for j in range(NUMBERS))]), case.partition(",")[0]
    yield "mlefit", [sys.executable, "-m", "mlefit", "fit", str(path), "-t", TARGETS[case], "-x", names, "-m", model, "-q"]
    if peers is not None and model != "categorical":
        for name in PEERS:
            yield name, [peers, str(HERE / "peers" / f"{name}_levels.py"), str(path), model, TARGETS[case], factors]


def once(command: list[str]) -> tuple[float, float, float, int]:
    """CPU and wall seconds, MB, and exit code."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024, child.returncode


def _models(rows: int, counts: tuple[int, ...]) -> tuple[str, ...]:
    """Which responses are fitted."""
    if rows == 10**5:
        return "gaussian", "bernoulli", "categorical"
    return ("gaussian", "bernoulli", "bernoulli, both outcomes") if counts[0] == 50_000 else ("gaussian", "bernoulli")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="a Python with glum, scikit-learn and pyfixest")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", help="ROWSxLEVELS, as 1000000x5000x500")
    arguments = parser.parse_args()
    print("| rows x levels | model | contestant | CPU s | wall s | peak MB | exit |\n|---|---|---|---|---|---|---|")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for rows, counts in CASES:
            levels = " x ".join(map(str, counts))
            if arguments.only not in (None, f"{rows}x{levels}".replace(" ", "")):
                continue
            path, factors = Path(folder) / "rows.csv", "gh"[: len(counts)]
            written(path, rows, counts)
            for model in _models(rows, counts):
                runs: dict[str, list[tuple[float, float, float, int]]] = {}
                for _ in range(arguments.runs):
                    for name, command in contestants(path, model, factors, arguments.peers):
                        runs.setdefault(name, []).append(once(command))
                for name, found in runs.items():
                    cpu, wall, peak = (median(run[k] for run in found) for k in range(3))
                    exits = {run[3] for run in found}
                    good &= name != "mlefit" or exits <= {0, 4}
                    print(f"| {rows} x {levels} | {model} | {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | "
                          f"{', '.join(map(str, sorted(exits)))} |", flush=True)
            path.unlink()
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
