"""Measurements: what was run on which file, and the medians and ratios that are read from it."""

from dataclasses import dataclass, field
from statistics import median

from contestants import FLOOR
from process import Measured

Runs = dict[str, list[Measured]]        # by the name of the contestant


@dataclass(frozen=True)
class Case:
    """One file: a noise model, its rows, and the levels of its text columns."""

    model: str
    rows: int
    levels: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        text = f", text columns of {' and '.join(f'{k:,}' for k in self.levels)} levels" if self.levels else ""
        return f"{self.model}, {self.rows:,} rows{text}"

    @property
    def file(self) -> str:
        return "-".join([self.model, str(self.rows), *(f"g{k}" for k in self.levels)]) + ".csv"


@dataclass
class Measurements:
    """Everything that was measured. `skipped` holds a reason per case and contestant that was not run."""

    start: Runs = field(default_factory=dict)
    cases: dict[Case, Runs] = field(default_factory=dict)
    loglik: dict[Case, float | None] = field(default_factory=dict)      # of mlefit, from a run that is not timed
    skipped: dict[Case, dict[str, str]] = field(default_factory=dict)

    def runs(self, model: str, rows: int) -> Runs:
        """The runs on the plain file of a model, none if it was not measured."""
        return self.cases.get(Case(model, rows), {})


def seconds(runs: Runs, name: str) -> float | None:
    """Median wall seconds of the runs that ended well; None when there is none."""
    good = [run.seconds for run in runs.get(name, []) if run.ok]
    return median(good) if good else None


def peak(runs: Runs, name: str) -> float | None:
    """The largest resident set of any good run, in MB (10^6 bytes)."""
    good = [run.peak for run in runs.get(name, []) if run.ok]
    return max(good) / 1e6 if good else None


def ratio(runs: Runs, name: str, to: str = FLOOR) -> float | None:
    """Median of one contestant over median of another."""
    above, below = seconds(runs, name), seconds(runs, to)
    return above / below if above is not None and below is not None else None
