"""Calibration of the KL verdicts and intervals, and the cost of the KL part; long runs that the suite repeats in short.

    python benchmarks/kl_calibration.py [RUNS]          default 1000 runs per line

Prints the share of true models with verdict p <= 0.05 (nominal 5 %; 3.3 to 6.7 % is -+2.5 standard errors at 1000
runs), the share of intervals that hold the known divergence (nominal 95 %), and seconds and peak memory
of single estimates.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from information_cases import bernoulli, categorical, evidence, gaussian, sample_of

from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.report.information import Information

Case = Callable[[np.random.Generator], Information]


def rounded(n: int, step: float) -> Case:
    return lambda rng: gaussian(np.round(rng.normal(size=n) / step) * step)


def regression(n: int, d: int) -> Case:
    def case(rng: np.random.Generator) -> Information:
        x = rng.normal(size=(n, d))
        return gaussian(x.sum(axis=1) + rng.normal(size=n), x)

    return case


def logit(n: int, d: int) -> Case:
    def case(rng: np.random.Generator) -> Information:
        x = rng.normal(size=(n, d))
        return bernoulli((rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(float), x)

    return case


def patterns(n: int, kinds: int) -> Case:
    def case(rng: np.random.Generator) -> Information:
        x = rng.integers(0, kinds, n) * 2.0 / (kinds - 1) - 1
        return bernoulli((rng.random(n) < 1 / (1 + np.exp(-x))).astype(float), x[:, None])

    return case


def softmax(n: int, kinds: int | None) -> Case:
    def case(rng: np.random.Generator) -> Information:
        x = rng.normal(size=n) if kinds is None else rng.integers(0, kinds, n) * 2.0 / (kinds - 1) - 1
        return categorical(Categorical().of("abc").draw(rng, np.column_stack([x, -x / 2]), np.empty(0)), x[:, None])

    return case


NULL: dict[str, tuple[Case, float]] = {      # name: case, share of the runs
    "normal n=30": (lambda rng: gaussian(rng.normal(size=30)), 1.0),
    "normal n=100": (lambda rng: gaussian(rng.normal(size=100)), 1.0),
    "normal n=2000": (lambda rng: gaussian(rng.normal(size=2000)), 1.0),
    "normal n=30000": (lambda rng: gaussian(rng.normal(size=30_000)), 0.3),
    "rounded 0.1 sd n=100": (rounded(100, 0.1), 1.0),
    "rounded 0.5 sd n=1000": (rounded(1000, 0.5), 1.0),
    "rounded 1 sd n=10000": (rounded(10_000, 1.0), 0.5),
    "regression d=2 n=100": (regression(100, 2), 1.0),
    "regression d=2 n=1000": (regression(1000, 2), 0.3),
    "logit d=1 n=100": (logit(100, 1), 1.0),
    "logit d=2 n=1000": (logit(1000, 2), 1.0),
    "logit 10 patterns n=100": (patterns(100, 10), 0.3),
    "logit 10 patterns n=1000": (patterns(1000, 10), 0.3),
    "softmax unique n=300": (softmax(300, None), 1.0),
    "softmax 6 patterns n=300": (softmax(300, 6), 0.2),
}

COVERAGE: dict[str, tuple[Case, float]] = {     # name: case, known divergence
    "laplace n=1000": (lambda rng: gaussian(rng.laplace(size=1000), draws=39), 0.07236),
    "gamma4 n=1000": (lambda rng: gaussian(rng.gamma(4, size=1000), draws=39), 0.08868),
    "t10 n=1000": (lambda rng: gaussian(rng.standard_t(10, size=1000), draws=39), 0.00925),
    "normal n=1000": (lambda rng: gaussian(rng.normal(size=1000), draws=39), 0.0),
}


def cost(name: str, n: int, d: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, d)) if d else None
    sample = sample_of(Gaussian(), rng.normal(size=n) + (0.0 if x is None else x.sum(axis=1)), x)
    evidence(sample, draws=1)
    start = time.perf_counter()
    evidence(sample)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    evidence(sample, draws=2)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"{name:28s} {seconds:6.2f} s {peak:6.0f} MB", flush=True)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for name, (case, share) in NULL.items():
        count = max(1, round(runs * share))
        p = [case(np.random.default_rng([1, seed])).verdict_p_value for seed in range(count)]
        known = [value for value in p if value is not None]
        rejected = np.mean(np.array(known) <= 0.05)
        unknown = count - len(known)
        print(f"{name:28s} rejected {100 * rejected:5.1f} % of {len(known)} (no verdict: {unknown})", flush=True)
    for name, (case, divergence) in COVERAGE.items():
        found = [case(np.random.default_rng([2, seed])) for seed in range(runs)]
        inside = [one.kl.ci_low <= divergence <= one.kl.ci_high for one in found]     # type: ignore[operator]
        print(f"{name:28s} covered {100 * np.mean(inside):5.1f} % of {runs}", flush=True)
    cost("no predictors n=1e5", 100_000, 0)
    cost("no predictors n=1e6", 1_000_000, 0)
    cost("5 predictors n=1e5", 100_000, 5)


if __name__ == "__main__":
    main()
