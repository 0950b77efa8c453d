"""Coverage: how often the 95 % intervals hold the true parameter, by simulation; prints a Markdown table.

    python benchmarks/coverage.py [--samples 2000] [--hard 4000] [--sizes 50,500,5000] [--seed 0]

Every kind of standard error of a design (`designs.py`) is taken from the same fits. Samples whose maximum-likelihood estimate
does not exist (separation, a class that is absent) or that end without a certificate are counted and left out: coverage is
conditional on an estimate.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from designs import Design, Limits, hard, ordinary
from fitting import Fitted, fit_rows, one_thread

from mlefit.arrays import Array
from mlefit.estimation.fit import Separated
from mlefit.inference.estimates import Estimates
from mlefit.inference.intervals import of_chi_squared, on_log_scale, wald
from mlefit.inference.standard_errors import StandardErrors

LEVEL = 0.95
LEVEL_TO_LIMIT = 1.5        # per cent: with fewer samples than keep chance below this, no verdict is given
SHOWN = 6                   # shares that stand side by side; of more coefficients alike, their mean
EXPLANATION = """\
Coverage of the 95 % intervals in per cent, {samples:,} samples per line of the ordinary designs and {hard:,} of the hard ones,
seed {seed}. Coefficients: constant, x1, x2, class after class; of a hard design those that it is hard for. "±": what chance
alone does to one share in 95 of 100 simulations. "kept": whether every share is within the limits.
"""
TAIL = 1.96                 # of a binomial share: 95 % of the exact procedures fall within


def fitted(design: Design, y: Array, x: Array, group: Array | None) -> Fitted | None:
    """The fit, or None where there is no estimate."""
    if len(design.noise.predictors) + 1 > len(np.unique(y)) and not design.noise.compresses:
        return None
    try:
        found = fit_rows(design.noise, y, x, group)
    except Separated:
        return None
    return found if found.certified and found.mean.size == design.coefficients.size else None


def holds(design: Design, found: Estimates, errors: StandardErrors, n: int) -> tuple[Array, Array]:
    """For each coefficient asked for, and each shape, whether its interval holds the truth (0 or 1)."""
    means = []
    for estimate, error, true, law in zip(
        found.mle.flat[design.asked], found.std_error.flat[design.asked], design.coefficients.flat[design.asked],
        errors.laws[design.asked], strict=True,
    ):
        interval = wald(float(estimate), float(error), LEVEL, law)
        means.append(interval.low <= true <= interval.high)
    shapes = []
    if design.shapes.size:
        for estimate, error, true in zip(found.shapes, found.shape_log_error, design.shapes, strict=True):
            if errors.exact is None:
                interval = on_log_scale(float(estimate), float(error), LEVEL, errors.shapes)
            else:
                interval = of_chi_squared(float(estimate), float(error), LEVEL, errors.exact, float(n))
            shapes.append(interval.low <= true <= interval.high)
    return np.array(means, dtype=np.float64), np.array(shapes, dtype=np.float64)


def simulate(design: Design, samples: int, seed: int) -> tuple[dict[str, tuple[Array, Array]], int]:
    """Coverage in per cent, of coefficients and of shapes, by kind of errors, and how many samples have an estimate."""
    counts: dict[str, tuple[Array, Array]] = {}
    used = 0
    for number in range(samples):
        found = fitted(design, *design.rows(np.random.default_rng([seed, design.n, number])))
        if found is None:
            continue
        used += 1
        for kind in design.promised:
            held = holds(design, *found.errors(kind), design.n)
            before = counts.get(kind, (np.zeros_like(held[0]), np.zeros_like(held[1])))
            counts[kind] = before[0] + held[0], before[1] + held[1]
    return {kind: (100.0 * means / used, 100.0 * shapes / used) for kind, (means, shapes) in counts.items()}, used


def lines(design: Design, samples: int, seed: int) -> Iterator[str]:
    """Lines of the table."""
    shares, used = simulate(design, samples, seed)
    tolerance = 100.0 * TAIL * np.sqrt(LEVEL * (1.0 - LEVEL) / max(used, 1))
    for kind, (means, shapes) in shares.items():
        shown = means if means.size <= SHOWN else np.array([means.mean()])
        coefficients = listed(shown) + (f" (mean of {means.size})" if means.size > SHOWN else "")
        limits = design.promised[kind]
        verdict = "-"
        if limits is not None and tolerance < LEVEL_TO_LIMIT:
            low, high = limits
            judged = np.concatenate([shown, shapes])
            verdict = "yes" if bool(((judged >= low) & (high is None or judged <= high)).all()) else "**no**"
        yield (f"| {design.title} | {design.n:,} | {kind} | {coefficients} | {listed(shapes)} | ±{tolerance:.1f} | "
               f"{spelt(limits)} | {used:,} | {samples - used:,} | {verdict} |")


def listed(shares: Array) -> str:
    return ", ".join(f"{share:.1f}" for share in shares)


def spelt(limits: Limits | None) -> str:
    """Limits in words."""
    if limits is None:
        return "-"
    low, high = limits
    return f"at least {low}" if high is None else f"{low} to {high}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the 95 % intervals.")
    parser.add_argument("--samples", type=int, default=2000, help="of each ordinary design; 0 for none")
    parser.add_argument("--hard", type=int, default=4000, help="of each hard design; 0 for none")
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[50, 500, 5000])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(EXPLANATION.format(samples=given.samples, hard=given.hard, seed=given.seed))
    print("| model | n | errors | coefficients | sigma | ± | limits | samples | left out: no estimate | kept |")
    print("|" + " --- |" * 10)
    with one_thread():
        for designs, samples in ((ordinary(given.sizes), given.samples), (hard(), given.hard)):
            for design in designs if samples else ():
                for line in lines(design, samples, given.seed):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
