"""Targets: what mlefit promises about its speed, each held against processor seconds of the same run.

Seconds are those of an idle machine of two cores; ratios hold on any.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from cases import FAMILIES, FIT, FIVE, FLOORS, PLAIN, SUMS, Case
from process import Measured

Runs = dict[str, list[Measured]]        # by the name of the program
Found = dict[Case, Runs]
MARGIN = 1.0        # a promise holds where the ratio is at most this


@dataclass(frozen=True)
class Line:
    """One promise: what it says, the most that it allows, what was measured, and in which unit."""

    what: str
    most: float
    measured: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.measured <= self.most


def cpu(runs: Runs, name: str) -> float | None:
    """Median processor seconds of the runs that ended well; None when there is none."""
    good = [run.cpu for run in runs.get(name, []) if run.ok]
    return median(good) if good else None


def floor(runs: Runs) -> float | None:
    """Of the readers, the fastest."""
    known = [seconds for name in FLOORS if (seconds := cpu(runs, name)) is not None]
    return min(known) if known else None


def lines(found: Found, starts: Runs, warm: dict[str, float]) -> Iterator[Line]:
    """Every promise about what was measured."""
    for name, most in (("`mlefit --help`", 0.20), ("`mlefit --version`", 0.20)):
        if (seconds := cpu(starts, name)) is not None:
            yield Line(name, most, seconds, "s")
    for case, runs in found.items():
        yield from OF_GROUP[case.group](case, runs)
    yield from _of_families(found)
    for name, milliseconds in warm.items():
        if "kl=False" in name:
            yield Line(name, 8.0, milliseconds, "ms")


def _small(case: Case, runs: Runs) -> Iterator[Line]:
    if case.model == "gaussian":
        seconds = {(100, PLAIN): 0.40, (100, FIT): 0.33, (1000, PLAIN): 0.45}
        for (rows, name), most in seconds.items():
            if rows == case.rows and (found := cpu(runs, name)) is not None:
                yield Line(f"{case.title}: `{name}`", most, found, "s")
    if case.rows == 1000:
        yield from _times(case, runs, PLAIN, cpu(runs, FIT), 1.25, FIT)


def _tall(case: Case, runs: Runs) -> Iterator[Line]:
    most = {"gaussian": {10**6: 2.5, 10**7: 1.5}, "bernoulli": {10**6: 4.0, 10**7: 3.0}, "categorical": {10**6: 8.0, 10**7: 6.0}}
    if case.rows in most[case.model]:
        yield from _times(case, runs, PLAIN, floor(runs), most[case.model][case.rows], "the fastest floor")
    if case.model == "gaussian" and case.rows >= 10**6:
        yield from _times(case, runs, PLAIN, cpu(runs, SUMS), 1.6 if case.rows == 10**6 else 1.2, SUMS)
    if case.rows in (10**5, 10**6):
        yield from _times(case, runs, PLAIN, cpu(runs, FIT), 1.3, FIT)
    for name in ("glum", "scikit-learn", "statsmodels"):
        yield from _times(case, runs, PLAIN, cpu(runs, name), MARGIN, name)


def _other(case: Case, runs: Runs) -> Iterator[Line]:
    if case.group == "mean":
        yield from _times(case, runs, "mlefit --mean", floor(runs), 6.0, "the fastest floor")
    if case.group == "compare":
        single, read = [cpu(runs, f"{PLAIN} -m {law}") for law in FIVE], floor(runs)
        if read is not None and None not in single:
            known = [seconds for seconds in single if seconds is not None]
            together = sum(known) - (len(known) - 1) * read
            yield from _times(case, runs, "mlefit compare", together, 1.5, "its single fits less their reads")
    if case.group == "classes":
        yield from _times(case, runs, PLAIN, cpu(runs, FIT), 2.0, FIT)
    if case.group == "text":
        for name in ("glum", "scikit-learn", "statsmodels", "R"):
            yield from _times(case, runs, PLAIN, cpu(runs, name), MARGIN, name)
        if case.levels == (1000,) and (found := cpu(runs, PLAIN)) is not None:
            yield Line(f"{case.title}: `{PLAIN}`", 1.5, found, "s")


def _wide(case: Case, runs: Runs) -> Iterator[Line]:
    seconds = {(10**5, "gaussian"): 4.5, (10**5, "bernoulli"): 7.0}
    if (case.rows, case.model) in seconds and (found := cpu(runs, PLAIN)) is not None:
        yield Line(f"{case.title}: `{PLAIN}`", seconds[case.rows, case.model], found, "s")
    for name in ("glum", "scikit-learn", "R"):
        yield from _times(case, runs, PLAIN, cpu(runs, name), MARGIN, name)


def _of_families(found: Found) -> Iterator[Line]:
    """Laws beside bernoulli, and beside the floor of their own file."""
    of_laws = [each for case, each in found.items() if case.group == "families"]
    runs = {law: each for each in of_laws for law in FAMILIES if f"{PLAIN} -m {law}" in each}
    base = cpu(runs.get("bernoulli", {}), f"{PLAIN} -m bernoulli")
    for law, each in runs.items():
        name = f"{PLAIN} -m {law}"
        seconds, read = cpu(each, name), floor(each)
        if law in ("laplace", "quantile"):
            if seconds is not None and read is not None:
                yield Line(f"families: {law}, beside the fastest floor", 12.0, seconds / read, "x")
        elif law != "bernoulli" and seconds is not None and base is not None:
            yield Line(f"families: {law}, beside bernoulli", 1.3 if law == "poisson" else 3.0, seconds / base, "x")


def _times(case: Case, runs: Runs, name: str, beside: float | None, most: float, what: str) -> Iterator[Line]:
    seconds = cpu(runs, name)
    if seconds is not None and beside:
        yield Line(f"{case.title}: `{name}`, beside {what}", most, seconds / beside, "x")


OF_GROUP: dict[str, Callable[[Case, Runs], Iterator[Line]]] = {
    "small": _small, "tall": _tall, "families": lambda case, runs: iter(()), "mean": _other, "compare": _other, "parquet": _other,
    "classes": _other, "text": _other, "wide": _wide,
}
