"""Recommend: how often `mlefit compare` is right, by simulation of data whose law is known; prints a Markdown table.

    python benchmarks/recommend.py [--runs 40] [--sizes 50,200,1000] [--seed 0] [--truths gaussian,t4,...]

Every sample is a table of one normal predictor that goes through `mlefit.compare` as a user's does: all models that the response
admits. A recommendation is right if it names a group that holds the true law; where no law of the list is true, only
"none fits" and "keep" or "lean" are not wrong: what matters is that nothing is recommended strongly.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mlefit
from mlefit.arrays import Array
from mlefit.errors import MlefitError

Rng = np.random.Generator
HEAVY = ("student-t", "huber", "laplace")


@dataclass(frozen=True)
class Truth:
    """A law of y given x; `right`: the models that hold it, none where no model of the list does."""

    name: str
    draw: Callable[[Rng, Array], Array]
    right: tuple[str, ...]


def _mean(x: Array) -> Array:
    return np.exp(0.5 + 0.5 * x)


TRUTHS = (
    Truth("gaussian", lambda r, x: 1 + 2 * x + r.normal(size=x.size), ("gaussian",)),
    Truth("laplace", lambda r, x: 1 + 2 * x + r.laplace(size=x.size), HEAVY),
    Truth("t4", lambda r, x: 1 + 2 * x + r.standard_t(4, x.size), HEAVY),
    Truth("spread exp(.4 x)", lambda r, x: 1 + 2 * x + np.exp(0.4 * x) * r.normal(size=x.size), ("heteroscedastic-gaussian",)),
    Truth("skewed errors (no model true)", lambda r, x: 1 + 2 * x + (r.gamma(4.0, size=x.size) - 4) / 2, ()),
    Truth("lognormal", lambda r, x: _mean(x) * np.exp(0.5 * r.normal(size=x.size)), ("lognormal",)),
    Truth("gamma", lambda r, x: _mean(x) * r.gamma(4.0, size=x.size) / 4, ("gamma",)),
    Truth("poisson", lambda r, x: r.poisson(1.2 * _mean(x)).astype(float), ("poisson", "negative-binomial")),
    Truth("negative binomial, theta 2", lambda r, x: r.poisson(1.2 * _mean(x) * r.gamma(2.0, size=x.size) / 2).astype(float),
          ("negative-binomial",)),
)


def outcome(truth: Truth, n: int, rng: Rng) -> str:
    """What is said of one sample: its strength, and whether it is right."""
    x = rng.normal(size=n)
    try:
        told = mlefit.compare({"x": x, "y": truth.draw(rng, x)}, target="y").recommendation
    except MlefitError as error:
        return f"no answer ({error.code})"
    right = "right" if told.model in truth.right else "wrong"
    return told.strength if told.strength in ("none-fits", "keep") else f"{told.strength} {right}"


def main() -> None:
    """Print a line for each truth and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--sizes", default="50,200,1000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--truths", default="")
    asked = parser.parse_args()
    wanted = [truth for truth in TRUTHS if not asked.truths or truth.name in asked.truths.split(",")]
    print("| truth | n | keep | strong right | strong wrong | lean right | lean wrong | none fits | no answer |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for place, truth in enumerate(wanted):
        for n in map(int, asked.sizes.split(",")):
            found: Counter[str] = Counter()
            for run in range(asked.runs):
                found[outcome(truth, n, np.random.default_rng([asked.seed, place, n, run]))] += 1
            shares = [100.0 * found[name] / asked.runs for name in
                      ("keep", "strong right", "strong wrong", "lean right", "lean wrong", "none-fits")]
            lost = 100.0 - sum(shares)
            print(f"| {truth.name} | {n:,} | {' | '.join(f'{share:.0f}' for share in (*shares, lost))} |", flush=True)


if __name__ == "__main__":
    main()
