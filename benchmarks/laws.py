"""Laws that are true: how often 95 % intervals hold the parameters, and how often the KL verdict accuses the model; by simulation.

    python benchmarks/laws.py [--samples 4000] [--verdicts 1000] [--sizes 200,2000] [--only WORD] [--seed 0]

Each sample is drawn from the law with a constant, a normal and a 0/1 predictor, and goes through `mlefit.fit` whole: the intervals
are those that are printed, and the first samples tell of the verdict as well, which is what takes the time. Samples without an
estimate are left out and counted; an interval of a shape at its limit holds the truth if the truth is inside. Prints a Markdown
table, a line as soon as it is known.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mlefit
from mlefit.arrays import Array
from mlefit.errors import MlefitError
from mlefit.noise import MODELS
from mlefit.report.report import Parameter

ALARM = 0.05
HEAD = """| law | n | samples | left out | coverage of coefficients, % | of shapes | verdicts | p <= .05, % | kept |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""
BOTH, MOST = (93.5, 96.5), 7.0      # per cent: coverage, and verdicts against a true model
TRIALS = 15


class Law(NamedTuple):
    """A law as a user names it, its coefficients (m, 3), and its shapes, of ordered levels the cuts."""

    spelt: str
    coefficients: tuple[tuple[float, ...], ...]
    shapes: tuple[float, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


LAWS = (
    Law("poisson", ((0.5, 0.4, -0.3),)),
    Law("negative-binomial", ((1.0, 0.4, -0.3),), (0.5,)),
    Law("gamma", ((1.0, 0.5, -0.7),), (2.0,)),
    Law("student-t", ((1.0, 0.5, -0.7),), (1.5, 4.0)),
    Law("laplace", ((1.0, 0.5, -0.7),), (1.5,)),
    Law("heteroscedastic-gaussian", ((1.0, 0.5, -0.7), (0.2, 0.3, -0.3))),
    Law("binomial", ((-0.3, 0.6, 0.5),), (), (("trials", "m"),)),
    Law("ordinal", ((0.0, 0.6, 0.5),), (-1.0, 0.5, 2.0), (("order", "abcd"),)),
)


class Sample(NamedTuple):
    """Whether each interval holds its parameter, of coefficients and of shapes, and the p-value of the verdict."""

    means: list[bool]
    shapes: list[bool]
    p_value: float | None


def drawn(law: Law, n: int, rng: np.random.Generator) -> dict[str, Array]:
    """A table of the law."""
    x = np.column_stack([np.ones(n), rng.standard_normal(n), rng.random(n) < 0.5])
    noise, table = MODELS.find(law.spelt, ""), {"x1": x[:, 1], "x2": x[:, 2]}
    free = np.log(np.array(law.shapes)) if not law.options else np.empty(0)
    eta = x @ np.array(law.coefficients).T
    for option, value in law.options:
        if option == "trials":
            table[value] = np.full(n, float(TRIALS))
            noise = noise.among(table[value])
        if option == "order":
            cuts = np.array(law.shapes)
            noise, free, eta = noise.of(tuple(value)), np.log(np.diff(cuts)), eta - cuts[0]
    y = noise.draw(rng, eta, free)
    return {**table, "y": np.array(noise.outcome_names)[y.astype(int)] if noise.response.reads_levels else y}


def holds(found: Parameter, truth: float) -> bool:
    """Whether the interval does; an end that is missing is none."""
    low, high = (None if end is None else float(end) for end in (found.ci_low, found.ci_high))
    return (low is None or low <= truth) and (high is None or truth <= high)


def sample(law: Law, n: int, rng: np.random.Generator, kl: bool) -> Sample | None:
    """The fit of one table, with a verdict or without, or None where there is no estimate."""
    options = {name: tuple(value) if name == "order" else value for name, value in law.options}
    try:
        report = mlefit.fit(drawn(law, n, rng), target="y", features=["x1", "x2"], model=law.spelt, kl=kl, **options).report
    except MlefitError:
        return None
    if report.status != "ok":
        return None
    means, shapes = ([p for p in report.parameters if (p.kind == "shape") == shape] for shape in (False, True))
    truth = [value for row in law.coefficients for value in row][int(len(means) % 3 != 0):]     # cuts hold the constant
    verdict = report.information.kl.verdict_p_value if kl and report.information is not None else None
    return Sample([holds(p, b) for p, b in zip(means, truth, strict=True)],
                  [holds(p, b) for p, b in zip(shapes, law.shapes, strict=True)], verdict)


def line(law: Law, n: int, samples: int, verdicts: int, seed: int) -> str:
    """A line of the table."""
    every = [sample(law, n, np.random.default_rng([seed, n, number]), number < verdicts) for number in range(samples)]
    found = [one for one in every if one is not None]
    means, shapes = (100.0 * np.mean([part[k] for part in found], axis=0) for k in (0, 1))
    p = np.array([one.p_value for one in found if one.p_value is not None])
    accused = 100.0 * float(np.mean(p <= ALARM)) if p.size else float("nan")
    judged = np.concatenate([means, shapes])
    kept = bool((judged >= BOTH[0]).all() and (judged <= BOTH[1]).all() and accused <= MOST)
    return (f"| {law.spelt} | {n:,} | {len(found):,} | {samples - len(found)} | {listed(means)} | {listed(shapes)} | "
            f"{p.size:,} | {accused:.1f} | {'yes' if kept else '**no**'} |")


def listed(shares: Array) -> str:
    """Shares to a tenth."""
    return ", ".join(f"{share:.1f}" for share in np.atleast_1d(shares)) if np.size(shares) else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4000)
    parser.add_argument("--verdicts", type=int, default=1000)
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[200, 2000])
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(HEAD, flush=True)
    for n in given.sizes:
        for law in LAWS:
            if given.only in law.spelt:
                print(line(law, n, given.samples, given.verdicts, given.seed), flush=True)


if __name__ == "__main__":
    main()
