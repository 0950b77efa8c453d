"""Judged levels: whether the smooth test of a true law holds its level beside a factor of many levels.

    python benchmarks/judged_levels.py [--samples 100] [--only gaussian-12000-3000]

A sample has three numbers and a factor whose levels are drawn evenly. Of each line the
shares of samples with p below .01, .05 and .25 are printed, and how many had no maximum or no test.
"""

import argparse
from contextlib import ExitStack

import numpy as np
import pandas as pd

from mlefit.comparison.adequacy import adequacy
from mlefit.comparison.contest import Contest
from mlefit.request import Request
from mlefit.source import open_source

CASES = (("gaussian", 20_000, 300), ("gaussian", 3_000, 300), ("gaussian", 12_000, 3_000), ("gaussian", 60_000, 3_000),
         ("negative-binomial", 20_000, 300), ("poisson", 9_000, 300), ("poisson", 12_000, 1_200), ("gamma", 20_000, 300))


def sample(law: str, rows: int, levels: int, seed: int) -> pd.DataFrame:
    """Rows of a true law."""
    rng = np.random.default_rng([7, seed])
    x, g = rng.normal(size=(rows, 3)), rng.integers(0, levels, rows)
    eta = 0.3 * x[:, 0] - 0.2 * x[:, 1] + rng.normal(size=levels)[g]
    mean = np.exp(0.5 * eta + 0.7)
    if law == "gaussian":
        y = eta + rng.normal(size=rows)
    elif law == "gamma":
        y = mean * rng.gamma(4.0, 0.25, rows)
    else:
        y = rng.poisson(mean if law == "poisson" else mean * rng.gamma(2.0, 0.5, rows)).astype(float)
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2], "g": [f"g{level}" for level in g], "y": y})


def p_value(law: str, data: pd.DataFrame, seed: int) -> float | None:
    """That of the smooth test; None without a fit or a test."""
    request = Request(data=data, target="y", features=("x1", "x2", "x3", "g"), seed=seed)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(data, request.read))
        (fit,) = Contest(request, source, stack, None).fits((law,), ())
        found = None if fit.found is None else adequacy(fit.found, law, seed)
        return None if found is None else found.p_value


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--only")
    asked = parser.parse_args()
    for law, rows, levels in CASES:
        if asked.only in (None, f"{law}-{rows}-{levels}"):
            found = [p_value(law, sample(law, rows, levels, seed), seed + 1) for seed in range(asked.samples)]
            p = np.array([one for one in found if one is not None])
            shares = ", ".join(f"{(p < level).mean():.3f}" for level in (0.01, 0.05, 0.25))
            print(f"{law}, {rows:,} rows, {levels:,} levels: {shares} of {p.size}, {len(found) - p.size} without", flush=True)


if __name__ == "__main__":
    main()
