"""Targets: what mlefit promises about its speed and memory, each held against the measurements of the same run."""

from collections.abc import Iterator
from dataclasses import dataclass

from contestants import DEFAULT, FLOOR, OURS, STREAM
from measurements import Measurements, Runs, peak, ratio, seconds

TYPER = 'python -c "import typer"'
IMPORTS = 'python -c "import numpy, scipy.optimize, pyarrow.csv, rich.table, typer"'
HELP, VERSION = "mlefit --help", "mlefit --version"
STATSMODELS, R = "statsmodels", "R fread"


@dataclass(frozen=True)
class Line:
    """One promise: `holds` is None where something it needs was not measured."""

    what: str
    limit: str
    measured: str
    holds: bool | None


@dataclass(frozen=True)
class Promise:
    """Limits for one file: times the floor, MB, and how many times faster than peers whose name starts with `peer`."""

    model: str
    rows: int
    name: str = OURS
    floor: float | None = None
    memory: float | None = None
    peer: str = ""
    faster: float | None = None
    share: float | None = None      # of the peer's memory


PROMISES = (
    *(Promise(model, 1000, peer=STATSMODELS, faster=2.5) for model in ("gaussian", "bernoulli", "categorical")),
    Promise("gaussian", 10**6, floor=2.5, peer=R, faster=2.0),
    Promise("gaussian", 10**7, floor=1.5, memory=300.0, peer=R, faster=6.0, share=0.1),
    Promise("bernoulli", 10**6, floor=4.0, faster=1.0),
    Promise("bernoulli", 10**7, floor=3.0, memory=1500.0, faster=1.0),
    Promise("bernoulli", 10**7, STREAM, floor=6.0, memory=500.0),
    Promise("categorical", 10**6, floor=8.0, faster=3.0),
    Promise("categorical", 10**7, floor=6.0, memory=1500.0, faster=6.0),
    Promise("gaussian", 10**8, STREAM, memory=300.0),
)
DRAWS = ((10**5, 1.0), (10**6, 1.5), (10**7, 1.5))      # seconds that the default draws may add


def lines(found: Measurements, peers: tuple[str, ...]) -> Iterator[Line]:
    """Every promise about a case that was measured; `peers` are the names of the peers on this machine."""
    yield from _start(found)
    for promise in PROMISES:
        runs = found.runs(promise.model, promise.rows)
        if runs:
            yield from _promise(promise, runs, peers)
    for model in ("gaussian", "bernoulli", "categorical"):
        for rows, most in DRAWS:
            runs = found.runs(model, rows)
            with_draws, without = seconds(runs, DEFAULT), seconds(runs, OURS)
            if with_draws is not None and without is not None:
                extra, what = with_draws - without, f"{model}, {rows:,} rows: the default draws add"
                yield Line(what, f"{most} s", f"{extra:.2f} s", extra <= most)
    shorter, longer = (seconds(found.runs("gaussian", rows), STREAM) for rows in (10**7, 10**8))
    if shorter is not None and longer is not None:
        growth = longer / shorter
        yield Line("gaussian, stream: ten times the rows take", "11 x the time", f"{growth:.1f} x", growth <= 11.0)


def _start(found: Measurements) -> Iterator[Line]:
    typer, imports = seconds(found.start, TYPER), seconds(found.start, IMPORTS)
    for name in (HELP, VERSION):
        ours = seconds(found.start, name)
        if ours is not None and typer is not None:
            most = max(0.20, 1.5 * typer)
            yield Line(name, f"{most:.2f} s (0.20 s, or 1.5 x import typer)", f"{ours:.2f} s", ours <= most)
    for model in ("gaussian", "bernoulli", "categorical"):
        ours = seconds(found.runs(model, 1000), OURS)
        if ours is not None and imports is not None:
            yield _at_most(f"{model}, 1,000 rows: times the imports", 1.3, ours / imports, " x")


def _promise(promise: Promise, runs: Runs, peers: tuple[str, ...]) -> Iterator[Line]:
    what = f"{promise.model}, {promise.rows:,} rows" + (", stream" if promise.name == STREAM else "")
    if promise.floor is not None:
        yield _at_most(f"{what}: times the floor", promise.floor, ratio(runs, promise.name, FLOOR), " x")
    if promise.memory is not None:
        yield _at_most(f"{what}: peak memory", promise.memory, peak(runs, promise.name), " MB")
    for peer in (name for name in peers if name.startswith(promise.peer)):
        if promise.faster is not None and peer in runs:
            least = "faster" if promise.faster == 1.0 else f"{promise.faster} x faster"
            yield Line(f"{what}: against {peer}", least, *_factor(runs, peer, promise.name, promise.faster))
        ours, theirs = peak(runs, promise.name), peak(runs, peer)
        if promise.share is not None and ours is not None and theirs is not None:
            yield _at_most(f"{what}: memory of {peer}", promise.share, ours / theirs, " of it")


def _factor(runs: Runs, peer: str, name: str, faster: float) -> tuple[str, bool | None]:
    """How many times as long the peer takes; of one that was stopped at the limit no more is known than a lower bound."""
    factor, ours = ratio(runs, peer, name), seconds(runs, name)
    if factor is not None:
        return f"{factor:.1f} x", factor >= faster
    stopped = [run.seconds for run in runs[peer] if run.timed_out]
    if ours is None or not stopped:
        return "not measured", None
    bound = min(stopped) / ours
    return f"> {bound:.1f} x", True if bound >= faster else None


def _at_most(what: str, limit: float, measured: float | None, unit: str) -> Line:
    if measured is None:
        return Line(what, f"{limit:g}{unit}", "not measured", None)
    return Line(what, f"{limit:g}{unit}", f"{measured:.3g}{unit}", measured <= limit)
