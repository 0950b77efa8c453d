"""How often `mlefit check` gives an alarm, or says that something has changed, where nothing has, and where something has.

    python benchmarks/check_alarms.py [RUNS] [LAW ...]

Each run draws the rows of a fit and new rows of the same law, or of one whose intercept is off, and checks. Markdown on stdout.
"""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mlefit
from mlefit.checking.check import check
from mlefit.checking.record import Check
from mlefit.source import ReadOptions
from mlefit.source.opening import opened

Columns = dict[str, Any]


class Case(NamedTuple):
    """`rows(rng, n, shift)`: columns x, z, g, y, the intercept moved by `shift`; `model` fits y to the others. `sd`: that of the
    response in units of the predictor, about 1 over the root of the information of a row."""

    model: str
    rows: Callable[[np.random.Generator, int, float], Columns]
    sd: float


def design(rng: np.random.Generator, n: int, shift: float) -> tuple[Columns, Any]:
    """Two numbers and a factor, and the linear predictor that they make."""
    x, z, g = rng.normal(size=n), rng.uniform(-1.0, 1.0, n), rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    return {"x": x, "z": z, "g": g}, shift + 0.5 * x - 0.3 * z + 0.4 * (g == "b") - 0.2 * (g == "c")


def gaussian(rng: np.random.Generator, n: int, shift: float) -> Columns:
    """Errors of standard deviation 1."""
    columns, eta = design(rng, n, shift)
    return {**columns, "y": eta + rng.normal(size=n)}


def bernoulli(rng: np.random.Generator, n: int, shift: float) -> Columns:
    """Success or not, by a logit."""
    columns, eta = design(rng, n, shift)
    return {**columns, "y": np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-eta)), "yes", "no")}


def poisson(rng: np.random.Generator, n: int, shift: float) -> Columns:
    """Counts of mean 2 or so."""
    columns, eta = design(rng, n, shift)
    return {**columns, "y": rng.poisson(np.exp(0.7 + eta))}


def gamma(rng: np.random.Generator, n: int, shift: float) -> Columns:
    """Positive numbers of shape 2."""
    columns, eta = design(rng, n, shift)
    return {**columns, "y": rng.gamma(2.0, np.exp(eta) / 2.0)}


def laplace(rng: np.random.Generator, n: int, shift: float) -> Columns:
    """Errors with heavy tails."""
    columns, eta = design(rng, n, shift)
    return {**columns, "y": eta + rng.laplace(size=n)}


CASES = tuple(Case(law.__name__, law, sd) for law, sd in (
    (gaussian, 1.0), (bernoulli, 2.0), (poisson, 0.7), (gamma, 0.7), (laplace, 1.0)))


def once(case: Case, seed: int, fitted: int, new: int, shift: float) -> Check:
    """One fit and one check."""
    rng = np.random.default_rng([seed, fitted, new])
    fit = mlefit.fit(case.rows(rng, fitted, 0.0), target="y", model=case.model, kl=False, draws=0)
    with closing(opened(case.rows(rng, new, shift), ReadOptions())) as source:
        return check(fit.model.saved, source, "model.json", seed, 1)


def row(case: Case, runs: int, fitted: int, new: int, shift: float) -> str:
    """A line of the table: shares of runs."""
    found: Counter[str] = Counter()
    for seed in range(runs):
        try:
            told = once(case, seed, fitted, new, shift)
        except mlefit.MlefitError:
            found["no fit"] += 1
            continue
        found[told.verdict] += 1
        found["alarm"] += told.alarm
        found["no refit"] += told.refit.reason is not None
    ways = ("alarm", "drifted", "real but small", "holds", "too few rows", "no refit", "no fit")
    return f"| {case.model} | {fitted:,} | {new:,} | {shift:g} | " + " | ".join(f"{found[way] / runs:.3f}" for way in ways) + " |"


def main() -> None:
    """The tables."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    cases = [case for case in CASES if case.model in sys.argv[2:] or not sys.argv[2:]]
    print(f"{runs} runs a line; shares of runs\n")
    print("| law | rows fitted | new rows | shift | exit 5 | drifted | real but small | holds | too few rows | no refit | no fit |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        for fitted, new in ((500, 500), (200, 1000), (2000, 200), (500, 8)):
            print(row(case, runs, fitted, new, 0.0), flush=True)
    for case in cases:
        print(row(case, max(runs // 5, 1), 5000, 5000, 0.1 * case.sd), flush=True)


if __name__ == "__main__":
    main()
