"""Coverage on designs that are hard for standard errors: few rows, many columns, rare levels, few clusters.

    python benchmarks/designs.py [--samples 4000] [--only auto,hc3,cluster] [--seed 0]

All noise is normal; under hc3 its standard deviation is twice as large in the rare level, or grows with the root of x; under
clusters each has an effect of its own, as large as the noise. The shares are of the coefficients that the design is hard for.
Where the effective rows or clusters are below 20 the errors are cautious by design: there is a lower limit alone.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from fitting import fit_rows, one_thread

from mlefit.arrays import Array
from mlefit.inference.intervals import wald
from mlefit.noise.gaussian import Gaussian

LEVEL = 0.95
TAIL = 1.96


@dataclass(frozen=True)
class Design:
    """`rows(rng)` gives the design (n, p) with the constant first, the noise (n,) and the clusters (n,) or None.

    `asked`: the places of the coefficients whose coverage is counted. `limits` in per cent, the upper one None for none.
    """

    title: str
    kind: str
    rows: Callable[[np.random.Generator], tuple[Array, Array, Array | None]]
    asked: slice
    limits: tuple[float, float | None]


def exact(n: int, p: int) -> Design:
    """Normal columns."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        return np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))]), rng.normal(size=n), None
    return Design(f"n = {n}, p = {p}", "auto", rows, slice(0, p), (93.5, 96.5))


def rare(n: int, count: int, limits: tuple[float, float | None]) -> Design:
    """A level of `count` rows, in which the noise is twice as large."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        level = (np.arange(n) < count) * 1.0
        return np.column_stack([np.ones(n), rng.normal(size=n), level]), rng.normal(size=n) * (1.0 + level), None
    return Design(f"n = {n}, {count} rows in the level", "hc3", rows, slice(2, 3), limits)


def lognormal(n: int) -> Design:
    """A skewed column, with which the noise grows."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        x = rng.lognormal(size=n)
        return np.column_stack([np.ones(n), x]), rng.normal(size=n) * np.sqrt(x), None
    return Design(f"n = {n}, lognormal x", "hc3", rows, slice(1, 2), (93.5, None))


def clustered(groups: int, size: int, limits: tuple[float, float | None]) -> Design:
    """Half of the clusters treated."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, Array]:
        group = np.repeat(np.arange(groups), size)
        noise = rng.normal(size=groups)[group] + rng.normal(size=group.size)
        treated = (group < groups / 2) * 1.0
        return np.column_stack([np.ones(group.size), treated, rng.normal(size=group.size)]), noise, group.astype(float)
    return Design(f"{groups} clusters of {size}", "cluster:g", rows, slice(0, 2), limits)


DESIGNS = (
    exact(12, 3), exact(60, 20), exact(300, 60), exact(400, 200),
    rare(1000, 20, (93.5, 96.5)), rare(100, 2, (93.5, None)), lognormal(100),
    clustered(40, 10, (93.5, 96.5)), clustered(20, 10, (93.5, 96.5)), clustered(10, 10, (92.5, None)),
)


def coverage(design: Design, samples: int, seed: int) -> float:
    """How often the interval of an asked coefficient holds its true value, 0, in per cent."""
    inside = asked = 0
    for number in range(samples):
        x, y, group = design.rows(np.random.default_rng([seed, number]))
        found, errors = fit_rows(Gaussian(), y, x, group).errors(design.kind)
        for estimate, error, law in zip(found.mle[0, design.asked], found.std_error[0, design.asked], errors.laws[design.asked],
                                        strict=True):
            said = wald(float(estimate), float(error), LEVEL, law)
            inside += said.low <= 0.0 <= said.high
            asked += 1
    return 100.0 * inside / asked


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage on hard designs.")
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="auto,hc3,cluster", help="kinds of standard errors")
    given = parser.parse_args()
    tolerance = 100.0 * TAIL * np.sqrt(LEVEL * (1.0 - LEVEL) / given.samples)
    print(f"{given.samples:,} samples per line, seed {given.seed}; ±{tolerance:.1f} is chance.\n")
    print("| errors | design | coverage, % | limits | kept |")
    print("|" + " --- |" * 5)
    with one_thread():
        for design in DESIGNS:
            if design.kind.partition(":")[0] not in given.only.split(","):
                continue
            share, (low, high) = coverage(design, given.samples, given.seed), design.limits
            kept = "yes" if low <= share and (high is None or share <= high) else "**no**"
            limits = f"{low} to {high}" if high is not None else f"at least {low}"
            print(f"| {design.kind} | {design.title} | {share:.1f} | {limits} | {kept} |", flush=True)


if __name__ == "__main__":
    main()
