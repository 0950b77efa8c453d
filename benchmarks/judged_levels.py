"""Judged levels: whether the smooth test of a true law holds its level beside a factor of many levels.

    python benchmarks/judged_levels.py [--samples 100] [--only gaussian-12000-3000] [--decide]

A sample has three numbers and a factor whose levels are drawn evenly. Of each line the shares of samples with p below .01, .05 and
.25 are printed, and how many had no maximum or no test. `--decide`: what `mlefit compare` decides of samples whose levels have
three rows or more, without named models.
"""

import argparse
from collections import Counter
from contextlib import ExitStack

import numpy as np
import pandas as pd

from mlefit.comparison.adequacy import adequacy
from mlefit.comparison.compare import decided
from mlefit.comparison.contest import Contest
from mlefit.request import Request
from mlefit.source import open_source

CASES = (("gaussian", 20_000, 300), ("gaussian", 3_000, 300), ("gaussian", 1_200, 300), ("gaussian", 12_000, 3_000),
         ("gaussian", 60_000, 3_000), ("negative-binomial", 20_000, 300), ("poisson", 9_000, 300), ("poisson", 3_000, 300),
         ("poisson", 12_000, 1_200), ("gamma", 20_000, 300), ("lognormal", 20_000, 300), ("inverse-gaussian", 20_000, 300))
DECIDED = (("gamma", 20_000, 300), ("lognormal", 20_000, 300), ("weibull", 12_000, 1_200), ("poisson", 20_000, 300),
           ("negative-binomial", 20_000, 300), ("alpha .1", 20_000, 300), ("extra zeros", 20_000, 300), ("gaussian", 20_000, 300),
           ("student-t", 20_000, 300))
FEATURES = ("x1", "x2", "x3", "g")


def sample(law: str, rows: int, levels: int, seed: int, least: int = 0) -> pd.DataFrame:
    """Rows of a law, `least` of each level or more."""
    rng = np.random.default_rng([7, seed])
    x, g = rng.normal(size=(rows, 3)), np.append(np.tile(np.arange(levels), least), rng.integers(0, levels, rows - least * levels))
    eta = 0.3 * x[:, 0] - 0.2 * x[:, 1] + rng.normal(size=levels)[g]
    mean = np.exp(0.5 * eta + 0.7)
    y = {
        "gaussian": lambda: eta + rng.normal(size=rows), "student-t": lambda: eta + rng.standard_t(4.0, rows),
        "gamma": lambda: mean * rng.gamma(4.0, 0.25, rows), "lognormal": lambda: mean * np.exp(0.5 * rng.normal(size=rows)),
        "weibull": lambda: mean * rng.weibull(2.0, rows), "inverse-gaussian": lambda: rng.wald(mean, 3.0),
        "poisson": lambda: rng.poisson(mean), "negative-binomial": lambda: rng.poisson(mean * rng.gamma(2.0, 0.5, rows)),
        "alpha .1": lambda: rng.poisson(mean * rng.gamma(10.0, 0.1, rows)),
        "extra zeros": lambda: rng.poisson(mean) * (rng.random(rows) > 0.1),
    }[law]()
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2], "g": [f"g{level}" for level in g], "y": y.astype(float)})


def p_value(law: str, data: pd.DataFrame, seed: int) -> float | None:
    """That of the smooth test; None without a fit or a test."""
    request = Request(data=data, target="y", features=FEATURES, seed=seed)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(data, request.read))
        (fit,) = Contest(request, source, stack, None).fits((law,), ())
        found = None if fit.found is None else adequacy(fit.found, law, seed)
        return None if found is None else found.p_value


def decisions(samples: int) -> None:
    """A line for each law: how often each model was decided for, and how."""
    for law, rows, levels in DECIDED:
        seen = Counter[str]()
        for seed in range(samples):
            found = decided(Request(data=sample(law, rows, levels, seed, 3), target="y", features=FEATURES, seed=seed + 1))
            seen["no answer" if found is None else f"{found.strength} {found.model}"] += 1
        print(f"{law}, {rows:,} rows, {levels:,} levels:", ", ".join(f"{name} {count}" for name, count in seen.items()), flush=True)


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--only")
    parser.add_argument("--decide", action="store_true")
    asked = parser.parse_args()
    if asked.decide:
        decisions(asked.samples)
        return
    for law, rows, levels in CASES:
        if asked.only in (None, f"{law}-{rows}-{levels}"):
            found = [p_value(law, sample(law, rows, levels, seed), seed + 1) for seed in range(asked.samples)]
            p = np.array([one for one in found if one is not None])
            shares = ", ".join(f"{(p < level).mean():.3f}" for level in (0.01, 0.05, 0.25))
            print(f"{law}, {rows:,} rows, {levels:,} levels: {shares} of {p.size}, {len(found) - p.size} without", flush=True)


if __name__ == "__main__":
    main()
