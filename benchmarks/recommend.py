"""Recommend: how often `mlefit compare` is right, by simulation of data whose law is known; prints Markdown tables.

    python benchmarks/recommend.py [--runs 308] [--far 93] [--seed 16] [--out FILE] [--tables]

Every sample goes through the decision of `compare` as a user's does: all models that the response admits, both routes with their
certificates, the rule, the verdict of the KL and the smooth test. Each outcome is a line of FILE; what stands there is not run
again, so that a study can be stopped and taken up. All cells of a table fill at the same pace. `--tables` prints what is there.

A recommendation is right if it names a group that holds the true law. Where no law of the list is true, what matters is that
nothing is recommended strongly.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlefit.api import request_of
from mlefit.arrays import Array
from mlefit.comparison.compare import decided
from mlefit.errors import MlefitError

Rng = np.random.Generator
HEAVY = ("student-t", "huber", "laplace")
COUNTS = ("poisson", "negative-binomial")
SIZES, FAR = (50, 200, 1_000), 10_000
FEW = 40            # runs of a cell of another design
NAMES = ("truth", "n", "run", "strength", "model", "seconds")
HEADS = ("keep", "strong right", "strong wrong", "lean right", "lean wrong", "none fits", "no answer")


class Sample(NamedTuple):
    """Predictors by name, and what the mean follows (n,), which has a standard deviation near 1."""

    columns: Mapping[str, object]
    along: Array


def line(rng: Rng, n: int) -> Sample:
    """One normal predictor."""
    x = rng.normal(size=n)
    return Sample({"x": x}, x)


def wide(rng: Rng, n: int) -> Sample:
    """Three predictors and a factor."""
    x, g = rng.normal(size=(n, 3)), rng.integers(0, 3, n)
    return Sample({"x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2], "g": np.array(["a", "b", "c"])[g].tolist()},
                  0.7 * x[:, 0] + 0.4 * x[:, 1] - 0.3 * x[:, 2] + np.array([0.0, 0.5, -0.5])[g])


def bent(rng: Rng, n: int) -> Sample:
    """One normal predictor along which the mean bends."""
    x = rng.normal(size=n)
    return Sample({"x": x}, 0.7 * x + 0.5 * (x * x - 1.0))


def mean(along: Array) -> Array:
    """Of positive numbers."""
    return np.exp(0.5 + 0.5 * along)


def huber(rng: Rng, n: int, k: float = 1.345) -> Array:
    """Huber's density: normal within k, exponential beyond."""
    from scipy.special import ndtr, ndtri

    inside = 2.0 * float(ndtr(k)) - 1.0
    tails = 2.0 / k * float(np.exp(-0.5 * k * k) / np.sqrt(2.0 * np.pi))
    middle = ndtri(ndtr(-k) + inside * rng.random(n))
    outer = rng.choice([-1.0, 1.0], n) * (k + rng.exponential(size=n) / k)
    return np.where(rng.random(n) < inside / (inside + tails), middle, outer)


@dataclass(frozen=True)
class Truth:
    """A law of y; `right`: the models that hold it, none where no model of the list does. `formula`: where the predictors do not
    stand as they are; `models`: those compared, where not all that the response admits are."""

    name: str
    draw: Callable[[Rng, Array], Array]
    right: tuple[str, ...]
    design: Callable[[Rng, int], Sample] = line
    formula: str | None = None
    models: tuple[str, ...] = ()
    sizes: tuple[int, ...] = SIZES


def _gaussian(rng: Rng, a: Array) -> Array:
    return 1 + 2 * a + rng.normal(size=a.size)


def _t4(rng: Rng, a: Array) -> Array:
    return 1 + 2 * a + rng.standard_t(4, a.size)


def _outliers(rng: Rng, a: Array) -> Array:
    return 1 + 2 * a + rng.normal(size=a.size) * np.where(rng.random(a.size) < 0.05, 5.0, 1.0)


def _gamma(rng: Rng, a: Array) -> Array:
    return mean(a) * rng.gamma(4.0, size=a.size) / 4


def _skewed(rng: Rng, a: Array) -> Array:
    return 1 + 2 * a + (rng.gamma(4.0, size=a.size) - 4) / 2


def _negative_binomial(theta: float) -> Callable[[Rng, Array], Array]:
    return lambda rng, a: rng.poisson(1.2 * mean(a) * rng.gamma(theta, size=a.size) / theta).astype(float)


def _zeros(rng: Rng, a: Array) -> Array:
    return rng.poisson(1.2 * mean(a)) * (rng.random(a.size) >= 0.2).astype(float)


TRUE = (
    Truth("gaussian", _gaussian, ("gaussian",)),
    Truth("laplace", lambda r, a: 1 + 2 * a + r.laplace(size=a.size), HEAVY),
    Truth("t, df 4", _t4, HEAVY),
    Truth("huber's density", lambda r, a: 1 + 2 * a + huber(r, a.size), HEAVY),
    Truth("5 % outliers, sd 5", _outliers, HEAVY),
    Truth("sigma = exp(.4 x)", lambda r, a: 1 + 2 * a + np.exp(0.4 * a) * r.normal(size=a.size), ("heteroscedastic-gaussian",)),
    Truth("lognormal", lambda r, a: mean(a) * np.exp(0.5 * r.normal(size=a.size)), ("lognormal",)),
    Truth("gamma, k 4", _gamma, ("gamma",)),
    Truth("weibull, k 2", lambda r, a: mean(a) * r.weibull(2.0, a.size), ("weibull",)),
    Truth("inverse gaussian", lambda r, a: r.wald(mean(a), 4.0), ("inverse-gaussian",)),
    Truth("poisson", lambda r, a: r.poisson(1.2 * mean(a)).astype(float), ("poisson",)),
    Truth("negative binomial, theta 2", _negative_binomial(2.0), ("negative-binomial",)),
    Truth("negative binomial, theta 10", _negative_binomial(10.0), ("negative-binomial",)),
)
DESIGNS = (
    Truth("gaussian, three predictors and a factor", _gaussian, ("gaussian",), wide),
    Truth("t, df 4, three predictors and a factor", _t4, HEAVY, wide),
    Truth("gamma, three predictors and a factor", _gamma, ("gamma",), wide),
    Truth("negative binomial, three predictors and a factor", _negative_binomial(2.0), ("negative-binomial",), wide),
    Truth("gaussian, a bent mean that the formula has", _gaussian, ("gaussian",), bent, "y ~ x + I(x**2)"),
    Truth("gamma, a bent mean that the formula has", _gamma, ("gamma",), bent, "y ~ x + I(x**2)"),
)
FALSE = (
    Truth("skewed errors", _skewed, (), sizes=(1_000,)),
    Truth("20 % extra zeros, against poisson and negative binomial", _zeros, (), models=COUNTS, sizes=(1_000,)),
    Truth("gaussian, a bent mean that the formula has not", _gaussian, (), bent, sizes=(1_000,)),
    Truth("skewed errors, three predictors and a factor", _skewed, (), wide, sizes=(1_000,)),
)
NEARLY = (Truth("20 % extra zeros, against all counts", _zeros, ("hurdle",), sizes=(1_000,)),)
TABLES = (("A true model is on the list", TRUE), ("Other designs", DESIGNS), ("No model of the list is true", FALSE),
          ("A hurdle has the counts above 0 exactly, and nearly the zeros", NEARLY))
ALL = TRUE + DESIGNS + FALSE[:2] + NEARLY + FALSE[2:]     # in the order of the seeds


class Job(NamedTuple):
    """One sample of a cell; `share` of the cell that is done with it."""

    share: float
    place: int
    n: int
    run: int


def jobs(runs: int, far: int) -> Iterator[Job]:
    """All samples, every cell at the same pace, those of FAR rows last."""
    found = []
    for place, truth in enumerate(ALL):
        main = truth in TRUE
        each = {n: runs if main else min(runs, 5 * FEW if truth in FALSE + NEARLY else FEW) for n in truth.sizes}
        if main or truth in FALSE[:2] + NEARLY:
            each[FAR] = far if main else min(far, FEW)
        for n, count in each.items():
            found += [Job((run + 1) / count + (n == FAR), place, n, run) for run in range(count)]
    yield from sorted(found)


def outcome(truth: Truth, n: int, rng: Rng) -> tuple[str, str]:
    """What is said of one sample: its strength and the model, or the code of the refusal."""
    columns, along = truth.design(rng, n)
    data = {**columns, "y": truth.draw(rng, along)}
    target, formulas = ("y", ()) if truth.formula is None else (None, (truth.formula,))
    try:
        told = decided(request_of("compare", data, target, None, {}), truth.models, formulas)
    except MlefitError as error:
        return "no answer", error.code
    return ("no answer", "") if told is None else (told.strength, told.model)


def cell(truth: Truth, strength: str, model: str) -> str:
    """The column of the table."""
    if strength in ("none-fits", "keep", "no answer"):
        return strength.replace("-", " ")
    return f"{strength} {'right' if model in truth.right else 'wrong'}"


def tables(path: Path) -> Iterator[str]:
    """Markdown of what a file holds: a line for each truth and size, and the pooled shares that are promised."""
    known: dict[tuple[str, int], Counter[str]] = {}
    by_name = {truth.name: truth for truth in ALL}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            truth = by_name[row["truth"]]
            known.setdefault((truth.name, int(row["n"])), Counter())[cell(truth, row["strength"], row["model"])] += 1
    for title, truths in TABLES:
        yield f"\n{title}\n\n| truth | n | runs | {' | '.join(HEADS)} |\n| --- |{' --- |' * (len(HEADS) + 2)}"
        pooled: dict[int, Counter[str]] = {}
        for truth in truths:
            for n in (*SIZES, FAR):
                found = known.get((truth.name, n), Counter())
                pooled.setdefault(n, Counter()).update(found)
                if found:
                    yield _line(truth.name, n, found)
        for n, found in pooled.items():
            if found:
                yield _line("**all of these**", n, found)


def _line(name: str, n: int, found: Counter[str]) -> str:
    total = found.total()
    shares = " | ".join(f"{100.0 * found[head] / total:.{2 if head == 'strong wrong' else 0}f}" for head in HEADS)
    return f"| {name} | {n:,} | {total:,} | {shares} |"


def main() -> None:
    """Run what the file does not hold, or print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=308)
    parser.add_argument("--far", type=int, default=93)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("recommend.csv"))
    parser.add_argument("--tables", action="store_true")
    asked = parser.parse_args()
    if asked.tables:
        print("\n".join(tables(asked.out)))
        return
    done: set[tuple[str, int, int]] = set()
    if asked.out.exists():
        with asked.out.open(encoding="utf-8") as lines:
            done = {(row["truth"], int(row["n"]), int(row["run"])) for row in csv.DictReader(lines)}
    with asked.out.open("a", encoding="utf-8", newline="", buffering=1) as lines:
        writer = csv.writer(lines)
        if not done:
            writer.writerow(NAMES)
        for job in jobs(asked.runs, asked.far):
            truth = ALL[job.place]
            if (truth.name, job.n, job.run) not in done:
                start = time.process_time()
                said = outcome(truth, job.n, np.random.default_rng([asked.seed, job.place, job.n, job.run]))
                writer.writerow((truth.name, job.n, job.run, *said, f"{time.process_time() - start:.3f}"))


if __name__ == "__main__":
    main()
