"""Results: the measurements as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from contestants import OURS, Contestant
from measurements import Case, Measurements, Runs, peak, ratio, seconds
from targets import Line, lines

INTRODUCTION = """\
Whole processes from start to printed result, medians of alternating runs, files in the page cache. "x floor" is the
time divided by that of `pyarrow.csv.read_csv` on the same file in a process of its own; "x mlefit" the time divided by
that of `mlefit fit --draws 0`, which fits twice and has standard errors, existence, entropy and KL in it. Memory is the
peak resident set in MB (10^6 bytes). Files: ten numeric predictors of about six significant digits and the response,
`benchmarks/generate.py`."""
VERDICT = {True: "yes", False: "**no**", None: "-"}


def markdown(
    found: Measurements, contestants: Sequence[Contestant], absent: Sequence[str], date: str, facts: Iterable[str]
) -> str:
    """The page: machine, promises, start-up, one table per file."""
    parts = [f"# Benchmarks, {date}", INTRODUCTION, "\n".join(f"- {fact}" for fact in facts if fact)]
    if absent:
        parts.append(f"Peers that are not installed and were left out: {', '.join(absent)}.")
    promised = list(lines(found, tuple(one.name for one in contestants if one.peer)))
    if promised:
        parts.append("## Promises\n\n" + "\n".join(_promises(promised)))
    if found.start:
        rows = [[f"`{name}`", *_timing(found.start, name)] for name in found.start]
        parts.append("## Start-up\n\n" + table(["process", "runs", "seconds", "MB"], rows))
    for case, runs in found.cases.items():
        parts.append(f"## {case.title[0].upper()}{case.title[1:]}\n\n{_case(case, runs, found, contestants)}")
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lined = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lined)


def _promises(promised: Sequence[Line]) -> Iterator[str]:
    yield table(["promise", "limit", "measured", "holds"],
                [[line.what, line.limit, line.measured, VERDICT[line.holds]] for line in promised])


def _timing(runs: Runs, name: str) -> list[str]:
    done = runs[name]
    if all(run.timed_out for run in done):
        return [str(len(done)), f"> {min(run.seconds for run in done):.0f}", "-"]
    if not any(run.ok for run in done):
        return [str(len(done)), f"failed, exit {done[0].exit_code}", "-"]
    return [str(sum(run.ok for run in done)), f"{seconds(runs, name):.2f}", f"{peak(runs, name):.0f}"]


def _case(case: Case, runs: Runs, found: Measurements, contestants: Sequence[Contestant]) -> str:
    notes = {one.name: one.note for one in contestants}
    rows = []
    for name in runs:
        count, time, memory = _timing(runs, name)
        said = [run.loglik for run in runs[name] if run.ok and run.loglik is not None]
        loglik = found.loglik.get(case) if name == OURS else (said[0] if said else None)
        rows.append([name, count, time, _times(ratio(runs, name)), _times(ratio(runs, name, OURS)), memory,
                     "" if loglik is None else f"{loglik:.6f}", notes.get(name, "")])
    rows += [[name, "0", "-", "", "", "", "", why] for name, why in found.skipped.get(case, {}).items()]
    return table(["program", "runs", "seconds", "x floor", "x mlefit", "MB", "log-likelihood", "note"], rows)


def _times(factor: float | None) -> str:
    return "" if factor is None else f"{factor:.2f}"
