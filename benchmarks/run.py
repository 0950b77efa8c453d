"""Run the benchmarks: mlefit, the floor and the peers that are installed, as whole processes, alternating.

    python benchmarks/run.py                                    three models, 1e3, 1e5 and 1e6 rows, 5 repeats
    python benchmarks/run.py --rows 1e7 --repeats 3 --stream
    python benchmarks/run.py --models gaussian --rows 1e7,1e8 --stream --no-peers
    python benchmarks/run.py --models bernoulli --rows 1e5 --text 1e5 --levels 20,1000      with and without text columns
    python benchmarks/run.py --peers-python venv/bin/python     the interpreter that has statsmodels, scikit-learn, glum

Run it with the interpreter into which mlefit was installed by pip, which compiles its modules once. Files are generated in
--data (kept there), or in a temporary directory and deleted after use. Writes benchmarks/results/DATE.md or --out. Peers:
pip install statsmodels scikit-learn glum polars; R with data.table and nnet; gretl. What is not installed is left out and
listed. This program imports nothing heavy: see `process.measure`.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import machine
from contestants import ALWAYS, OURS, STREAMED, Contestant, found, ours
from measurements import Case, Measurements, Runs
from process import ROOT, measure
from results import markdown
from targets import HELP, IMPORTS, TYPER, VERSION

MEMORY_SHARE = 0.25     # of the machine: above it a file is left to programs that do not keep it
OWN = {one.name for one in (*ALWAYS[1:], STREAMED)}


def main() -> None:
    given = arguments()
    peers, absent = ([], []) if given.no_peers else found(given.peers_python)
    contestants = [*ALWAYS, *([STREAMED] if given.stream else []), *peers]
    contestants = [one for one in contestants if any(word in one.name for word in given.only)]
    measured = Measurements()
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    out = given.out or ROOT / "benchmarks" / "results" / f"{date}.md"
    for directory in (out.parent, given.data or out.parent):
        directory.mkdir(parents=True, exist_ok=True)
    facts = [machine.hardware(), f"mlefit: {machine.versions(sys.executable)}"]
    if any(given.peers_python in one.command for one in peers):
        facts.append(f"Python peers: {machine.versions(given.peers_python)}")
    if peers:
        facts += machine.programs()
    facts.append(f"{given.repeats} repeats, {given.limit:g} s at most per run; programs that are slower than "
                 f"{given.patience:g} s in all are repeated less often")

    def write() -> None:
        out.write_text(markdown(measured, contestants, absent, date, facts))

    if not given.no_start:
        measured.start = start_up(given.repeats, given.limit)
        write()
    with tempfile.TemporaryDirectory() as temporary:
        files = [(rows, ()) for rows in given.rows] + [(rows, given.levels) for rows in given.text]
        for case in [Case(model, rows, levels) for rows, levels in files for model in given.models]:
            file = (given.data or Path(temporary)).resolve() / case.file
            generate(case, file)
            run_case(case, file, contestants, given, measured)
            if given.data is None:
                file.unlink()
            write()
    print(f"written: {out.name}", file=sys.stderr)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmarks of mlefit, of the floor and of its peers.")
    parser.add_argument("--models", type=words, default=["gaussian", "bernoulli", "categorical"])
    parser.add_argument("--rows", type=numbers, default=(10**3, 10**5, 10**6), help="such as 1e3,1e5")
    parser.add_argument("--text", type=numbers, default=(), help="rows of files that have text columns as well")
    parser.add_argument("--levels", type=numbers, default=(20, 1000), help="levels of these text columns")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", type=words, default=[""], help="words in the names of programs to run")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-start", action="store_true", help="without the start-up times")
    parser.add_argument("--stream", action="store_true", help="also with --engine stream --memory 200MB")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a run is killed")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds after which one is not repeated")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def words(text: str) -> list[str]:
    """What stands between commas."""
    return text.split(",")


def numbers(text: str) -> tuple[int, ...]:
    """1e3,1e5 as (1000, 100000)."""
    return tuple(int(float(part)) for part in text.split(","))


def start_up(repeats: int, limit: float) -> Runs:
    """What it takes to start, and what the imports alone take."""
    commands = {
        TYPER: [sys.executable, "-c", "import typer"],
        HELP: [sys.executable, "-P", "-m", "mlefit", "--help"],
        VERSION: [sys.executable, "-P", "-m", "mlefit", "--version"],
        IMPORTS: [sys.executable, "-c", "import numpy, scipy.optimize, pyarrow.csv, rich.table, typer"],
    }
    runs: Runs = {name: [] for name in commands}
    for warm in [True] + [False] * repeats:
        for name, command in commands.items():
            once = measure(command, {}, limit)
            if not warm:
                runs[name].append(once)
    return runs


def generate(case: Case, file: Path) -> None:
    """Write the file unless it is there."""
    if file.exists():
        return
    levels = ["--levels", ",".join(map(str, case.levels))] if case.levels else []
    part = file.with_suffix(".part")
    program = str(ROOT / "benchmarks" / "generate.py")
    made = measure([sys.executable, program, case.model, str(case.rows), str(part), *levels], {}, 7200.0)
    if not made.ok:
        raise SystemExit(f"the file could not be generated: {made.tail}")
    part.rename(file)


def run_case(
    case: Case, file: Path, contestants: Sequence[Contestant], given: argparse.Namespace, measured: Measurements
) -> None:
    """Every contestant on one file, in turn; a first pass over the file brings it into the page cache."""
    taking_part, skipped = [], {}
    crowded = file.stat().st_size > MEMORY_SHARE * machine.memory()
    for one in contestants:
        if case.model not in one.models or (case.levels and not one.text):
            continue
        if crowded and one.name not in OWN:
            skipped[one.name] = "not run: it keeps the whole file in memory"
        elif given_up(one, case, measured):
            skipped[one.name] = "not run: too slow with fewer rows"
        else:
            taking_part.append(one)
    with file.open("rb") as content:
        while content.read(1 << 22):
            pass
    runs: Runs = {one.name: [] for one in taking_part}
    measured.cases[case], measured.skipped[case] = runs, skipped
    if any(one.name == OURS for one in taking_part):
        command, environment = Contestant(OURS, ours("--draws", "0", "-o", "json")).filled(str(file), case.model)
        measured.loglik[case] = measure(command, environment, given.limit).loglik
    for repeat in range(given.repeats):
        turn = repeat % max(1, len(taking_part))
        for one in taking_part[turn:] + taking_part[:turn]:
            done = runs[one.name]
            if done and (not done[-1].ok or sum(run.seconds for run in done) > given.patience):
                continue
            once = measure(*one.filled(str(file), case.model), given.limit)
            done.append(once)
            print(f"{case.title}: {one.name}: {once.seconds:.2f} s, {once.peak / 1e6:.0f} MB", file=sys.stderr)
            if not once.ok:
                print(f"  exit {once.exit_code}: {once.tail}", file=sys.stderr)


def given_up(one: Contestant, case: Case, measured: Measurements) -> bool:
    """Whether a smaller file of the same model was too much already."""
    return any(
        run.timed_out
        for other, runs in measured.cases.items()
        if other.model == case.model and other.levels == case.levels and other.rows < case.rows
        for run in runs.get(one.name, [])
    )


if __name__ == "__main__":
    main()
