"""Pictures: what `mlefit plot` costs beyond `mlefit fit` of the same table, in processor seconds; prints a Markdown table.

    python benchmarks/pictures.py [--rows 1e4] [--repeats 7] [--only TEXT]... [--typed] [--folder DIR]

Each line is a model on a table of ten predictors that is made for it (`generate.py`), of three beyond 1e6 rows; fit and plot run in
turn, as whole processes, and what is told is the median and the least of their differences. --typed: losses and densities that a
user writes, on the same tables. At most 2 seconds are promised.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from process import measure, usual

HERE = Path(__file__).resolve().parent
PROMISED = 2.0
MANY = 1_000_000        # rows beyond which there are three predictors
LIMIT = 3600.0


class Case(NamedTuple):
    """A line: options of both commands, on the table that `generate.py` makes for `table`."""

    title: str
    table: str
    options: tuple[str, ...]


LAWS = tuple(Case(name, table, ("-m", name)) for name, table in (
    ("gaussian", "gaussian"), ("laplace", "student-t"), ("student-t", "student-t"), ("huber", "student-t"),
    ("quantile", "gaussian"), ("heteroscedastic-gaussian", "gaussian"), ("bernoulli", "bernoulli"), ("categorical", "categorical"),
    ("ordinal", "categorical"), ("poisson", "poisson"), ("negative-binomial", "negative-binomial"),
    ("hurdle", "negative-binomial"), ("hurdle:negative-binomial", "negative-binomial"), ("gamma", "gamma"), ("lognormal", "gamma"),
    ("inverse-gaussian", "gamma"), ("weibull", "gamma"), ("exponential", "gamma"), ("beta", "beta")))
SCALED = tuple(Case(f"{name}, `--scale-features x1`", table, ("-m", name, "--scale-features", "x1")) for name, table in (
    ("negative-binomial", "negative-binomial"), ("student-t", "student-t"), ("gamma", "gamma")))
FEW = ("-x", "x1,x2")
TYPED = tuple(Case(f"`{option} {text}`", table, (*FEW, option, text)) for option, text, table in (
    ("--loss", "log(cosh(r))", "gaussian"), ("--loss", "abs(r)+0.1*r**2", "gaussian"), ("--loss", "max(0.3*r,-0.7*r)", "gaussian"),
    ("--loss", "log(1+r**2)", "student-t"), ("--loss", "(log(y)-log(f))**2", "gamma"), ("--loss", "(y-f)**2/y", "gamma"),
    ("--loss", "(y-f)**2/(y*f**2)", "gamma"), ("--density", "f*exp(-f*y)", "gamma"), ("--density", "exp(-abs(r))/2", "gaussian")))


def spent(command: str, file: Path, options: Sequence[str]) -> float:
    """Processor seconds of one process."""
    run = measure((sys.executable, "-m", "mlefit", command, str(file), "-t", "y", *options, "-q", *(
        ("-o", "text") if command == "plot" else ())), {}, LIMIT)
    if not run.ok:
        raise SystemExit(f"{command} {' '.join(options)} ends with {run.exit_code}: {run.tail}")
    return run.cpu


def line(case: Case, file: Path, repeats: int) -> str:
    """One line of the table."""
    pairs = [(spent("fit", file, case.options), spent("plot", file, case.options)) for _ in range(repeats)]
    more = [plot - fit for fit, plot in pairs]
    kept = "yes" if statistics.median(more) <= PROMISED else "**no**"
    return (f"| {case.title} | {statistics.median(fit for fit, _ in pairs):.2f} | {statistics.median(more):.2f} | {min(more):.2f} "
            f"| {kept} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=1e4)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", action="append")
    parser.add_argument("--typed", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    rows = int(options.rows)
    cases = TYPED if options.typed else LAWS + SCALED
    chosen = [case for case in cases if any(text in case.title for text in options.only or [""])]
    print(f"| {rows:,} rows | fit | plot, beyond it | least | kept |")
    print("| --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        for case in chosen:
            file = folder / f"{case.table}-{rows}.csv"
            if not file.exists():
                subprocess.run((sys.executable, str(HERE / "generate.py"), case.table, str(rows), str(file), "--columns",
                                "10" if rows <= MANY else "3"), check=True, stdout=subprocess.DEVNULL, env=usual())
            print(line(case, file, options.repeats), flush=True)


if __name__ == "__main__":
    main()
