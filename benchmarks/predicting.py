"""Predictions of many rows: whole processes of `mlefit predict`, CPU seconds (medians of three) and peak memory.

`python benchmarks/predicting.py` prints a table: the parse of the same file by three readers, then predictions with and without
intervals, and the peak of a file ten times as long.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

ROWS, TIMES, RUNS, SEED = 1_000_000, 10, 3, 1
MLEFIT = """
import sys
from contextlib import closing
from mlefit.source import ReadOptions
from mlefit.source.opening import opened
with closing(opened((sys.argv[1],), ReadOptions())) as source:
    sum(source.map(source.names, [], lambda batch: batch.rows, 1))
"""
PYARROW = "import sys; from pyarrow import csv; csv.read_csv(sys.argv[1], read_options=csv.ReadOptions(use_threads=False))"
PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1])"


def process(command: list[str]) -> tuple[float, float]:
    """CPU seconds of one process, and the peak of its resident set, MB."""
    with open(os.devnull, "wb") as nowhere:
        found = subprocess.Popen(command, stdout=nowhere)
        _, status, used = os.wait4(found.pid, 0)
    if status:
        raise SystemExit(f"exit {status}: {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6


def main() -> None:
    """The table."""
    python = [sys.executable, "-c"]
    with tempfile.TemporaryDirectory() as folder:
        rows, more, model = (Path(folder) / name for name in ("rows.csv", "more.csv", "model.json"))
        rng = np.random.default_rng(SEED)
        x = rng.normal(size=(ROWS, 3))
        y = 1.0 + x @ [1.0, 0.5, -0.3] + rng.normal(size=ROWS)
        with rows.open("w", encoding="ascii") as out:
            out.write("y,x1,x2,x3\n")
            np.savetxt(out, np.column_stack([y, x]), fmt="%.5f", delimiter=",")
        text = rows.read_bytes().partition(b"\n")
        with more.open("wb") as longer:
            longer.write(text[0] + text[1])
            longer.writelines([text[2]] * TIMES)
        mlefit = [sys.executable, "-m", "mlefit"]
        process([*mlefit, "fit", str(rows), "-t", "y", "-q", "--no-kl", "--save", str(model)])
        predict = [*mlefit, "predict", str(model), str(rows), "-q"]
        print("| process | CPU, s | peak, MB |\n|---|---|---|")
        for name, command in (
            ("parse by mlefit's reader", [*python, MLEFIT, str(rows)]), ("parse by pyarrow", [*python, PYARROW, str(rows)]),
            ("parse by pandas", [*python, PANDAS, str(rows)]), ("predict, both intervals", predict),
            ("predict --interval none", [*predict, "--interval", "none"]),
        ):
            runs = [process(command) for _ in range(RUNS)]
            print(f"| {name} | {median(run[0] for run in runs):.2f} | {max(run[1] for run in runs):.0f} |", flush=True)
        cpu, peak = process([*mlefit, "predict", str(model), str(more), "-q"])
        print(f"| predict, both intervals, {TIMES * ROWS:,} rows | {cpu:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
