"""Run the benchmarks: mlefit, the floors and the peers that are installed, as whole processes, alternating; processor seconds.

    python benchmarks/run.py --groups start,small,tall@1e5
    python benchmarks/run.py --groups families@1e6*3,others@1e6*3 --peers-python venv/bin/python

Groups: start, small, tall, families, others (a mean, compare, Parquet, classes, text), wide; with the rows of the files and
the number of runs. Files are generated in --data and kept there, or in a temporary directory. Writes --out, a page of
Markdown. Peers: pip install statsmodels scikit-learn glum polars duckdb pandas; R. What is not installed is left out and
listed. Modules are compiled before anything is timed.
"""

import argparse
import compileall
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import machine
from cases import STARTS, WARM, Case, Program, families, others, small, tall, wide
from process import ROOT, measure, usual
from targets import Found, Line, Runs, cpu, floor, lines

from mlefit.version import __version__

INTRODUCTION = """\
Processor seconds (user and system) of whole processes from start to printed result: medians of alternating runs, files in
the page cache. On a machine that is shared they are what can be measured; wall seconds are beside them. "floor" is the time
divided by that of the fastest of three readers that do nothing but read every value of the file: pyarrow, polars streamed
and DuckDB. Memory is the peak resident set in MB (10^6 bytes). Files: `benchmarks/generate.py`. Programs:
`benchmarks/cases.py`. Promises: `benchmarks/targets.py`."""
LIMIT = 600.0       # seconds after which a run is killed


def main() -> None:
    given = arguments()
    if not given.out.parent.is_dir():
        raise SystemExit(f"--out: there is no directory {given.out.parent}")
    compileall.compile_dir(ROOT / "mlefit", quiet=1)
    found, starts, warm = Found(), Runs(), dict[str, float]()

    def write() -> None:
        out = "\n\n".join(page(found, starts, warm, absent, given)) + "\n"
        given.out.write_text(out)

    absent: set[str] = set()
    for group in given.groups:
        if group.name == "start":
            starts.update(timed({name: list(command) for name, command in STARTS.items()}, group.repeats))
            for name, options in WARM.items():
                warm[name] = median(in_process(options) for _ in range(group.repeats))
            write()
    known = {need: available(need, given.peers_python) for need in ("", "R", "polars", "duckdb", "glum", "sklearn", "statsmodels")}
    absent |= {need for need, there in known.items() if not there}
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.data or Path(temporary)).resolve()
        for case, repeats in chosen(given):
            file = folder / case.file
            generate(case, file)
            programs = {one.name: filled(one, file, given.peers_python) for one in case.programs if known[one.needs]}
            found[case] = timed(programs, repeats)
            write()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmarks of mlefit, of the floors and of its peers.")
    parser.add_argument("--groups", type=groups, default=groups("start,small,tall"), help="NAME[@ROWS][*RUNS], with commas")
    parser.add_argument("--only", default="", help="a word in the titles of the cases to run")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks.md"))
    return parser.parse_args()


class Group(NamedTuple):
    """A group, the rows of those files that may have any, and how often all is run."""

    name: str
    rows: int
    repeats: int


def groups(text: str) -> list[Group]:
    """What stands between commas."""
    found = []
    for word in text.split(","):
        named, _, repeats = word.partition("*")
        name, _, rows = named.partition("@")
        found.append(Group(name, int(float(rows or 1e5)), int(repeats or 5)))
    return found


def chosen(given: argparse.Namespace) -> Iterator[tuple[Case, int]]:
    """The cases of the groups, and how often each is run."""
    sized = {"tall": tall, "families": families, "others": others}
    fixed = {"small": small, "wide": wide}
    for group in given.groups:
        cases = sized[group.name](group.rows) if group.name in sized else fixed.get(group.name, tuple)()
        yield from ((case, group.repeats) for case in cases if given.only in case.title)


def available(need: str, python: str) -> bool:
    """Whether what a program needs is there."""
    command = ["Rscript", "-e", "0"] if need == "R" else [python, "-c", f"import {need}" if need else "0"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def filled(one: Program, file: Path, python: str) -> list[str]:
    """The command line for one file."""
    return [word.replace("{file}", str(file)).replace("{peers}", python) for word in one.command]


def generate(case: Case, file: Path) -> None:
    """Write the file unless it is there."""
    if not file.exists():
        levels = ["--levels", ",".join(map(str, case.levels))] if case.levels else []
        program = [sys.executable, str(ROOT / "benchmarks" / "generate.py"), case.model, str(case.rows), str(file)]
        subprocess.run([*program, "--columns", str(case.columns), *levels], check=True)


def timed(programs: dict[str, list[str]], repeats: int) -> Runs:
    """The runs of each, in turn, after one that is not counted where they are short."""
    runs: Runs = {name: [] for name in programs}
    for turn in range(-1, repeats):
        for name, command in programs.items():
            if turn < 0 and repeats < 3:
                continue
            once = measure(command, {}, LIMIT)
            print(f"{name}: {once.cpu:.3f} s" + ("" if once.ok else f", exit {once.exit_code}: {once.tail}"), file=sys.stderr)
            if turn >= 0:
                runs[name].append(once)
    return runs


def in_process(options: Sequence[str]) -> float:
    """Milliseconds of a warm fit."""
    program = [sys.executable, str(ROOT / "benchmarks" / "in_process.py"), *options]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**usual(), "PYTHONPATH": str(ROOT)})
    return float(done.stdout.split()[-1])


def page(found: Found, starts: Runs, warm: dict[str, float], absent: set[str], given: argparse.Namespace) -> Iterator[str]:
    """The paragraphs of the page."""
    yield f"# Benchmarks, {datetime.now(UTC).strftime('%Y-%m-%d')}"
    yield INTRODUCTION
    own, others = machine.versions(sys.executable), machine.versions(given.peers_python)
    facts = [machine.hardware(), f"mlefit {__version__}: {own}", f"peers: {others}", *machine.programs()]
    yield "\n".join(f"- {fact}" for fact in facts)
    if absent:
        yield f"Not installed, and left out: {', '.join(sorted(absent))}."
    promised = list(lines(found, starts, warm))
    yield "## Promises\n\n" + table(["promise", "at most", "measured", "holds"], [
        [line.what, said(line.most, line), said(line.measured, line), "yes" if line.holds else "**no**"] for line in promised])
    if starts:
        rows = [[name, f"{cpu(starts, name):.3f}", f"{peak(starts, name):.0f}"] for name in starts]
        yield "## Start-up\n\n" + table(["process", "processor s", "MB"], rows)
    if warm:
        yield table(["in one process", "processor ms"], [[name, f"{value:.1f}"] for name, value in warm.items()])
    for case, runs in found.items():
        head = ["program", "runs", "processor s", "floor", "wall s", "MB", "log-likelihood"]
        yield f"## {case.title[0].upper()}{case.title[1:]}\n\n" + table(head, [of_program(runs, name) for name in runs])


def said(value: float, line: Line) -> str:
    """A figure in the unit of its line."""
    return f"{value:.3g} {line.unit}"


def of_program(runs: Runs, name: str) -> list[str]:
    """A row of the table of a case."""
    good = [run for run in runs[name] if run.ok]
    if not good:
        return [name, "0", f"failed, exit {runs[name][0].exit_code}", "", "", "", ""]
    seconds, read = median(run.cpu for run in good), floor(runs)
    loglik = next((run.loglik for run in good if run.loglik is not None), None)
    wall, times = median(run.seconds for run in good), f"{seconds / read:.2f}" if read else ""
    return [name, str(len(good)), f"{seconds:.2f}", times, f"{wall:.2f}", f"{peak(runs, name):.0f}",
            "" if loglik is None else f"{loglik:.4f}"]


def peak(runs: Runs, name: str) -> float:
    """The largest resident set of any run, in MB."""
    return max(run.peak for run in runs[name]) / 1e6


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


if __name__ == "__main__":
    main()
