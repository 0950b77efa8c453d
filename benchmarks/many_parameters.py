"""Many parameters: time and peak memory of fits whose Hessian is large; prints a table, exits with 1 if one is not certified.

    python benchmarks/many_parameters.py [--rows 20000]

    categorical   200 levels, 20 predictors: 4,179 parameters
    bernoulli     2,000 columns: 2,001 parameters

Each runs in a process of its own, so that the peak is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

CASES = {"categorical": (200, 20), "bernoulli": (2, 2000)}


def sample(model: str, n: int) -> dict[str, object]:
    rng = np.random.default_rng(1)
    levels, predictors = CASES[model]
    x = rng.standard_normal((n, predictors))
    size = 0.3 if model == "categorical" else 1.0 / np.sqrt(predictors)
    score = x @ (size * rng.standard_normal((predictors, levels))) + rng.gumbel(size=(n, levels))
    y = np.array([f"c{k:03d}" for k in score.argmax(axis=1)])
    return {**{f"x{j}": x[:, j] for j in range(predictors)}, "y": y}


def one(model: str, n: int) -> None:
    import mlefit

    data, start = sample(model, n), time.perf_counter()
    fit = mlefit.fit(data, target="y", model=model, draws=0).to_dict()
    print(json.dumps({
        "parameters": fit["criteria"]["n_params"], "seconds": time.perf_counter() - start,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "agree": fit["agreement"]["agree"],
        "gap": fit["agreement"]["max_gap_se"], "method": fit["routes"]["mle"]["method"],
    }))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--only", choices=CASES)
    arguments = parser.parse_args()
    if arguments.only:
        one(arguments.only, arguments.rows)
        return 0
    print("| model | parameters | rows | seconds | peak MB | method | largest gap, s.e. |\n|---|---|---|---|---|---|---|")
    good = True
    for model in CASES:
        command = [sys.executable, __file__, "--rows", str(arguments.rows), "--only", model]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        good &= found["agree"]
        print(f"| {model} | {found['parameters']} | {arguments.rows} | {found['seconds']:.0f} | {found['megabytes']:.0f} | "
              f"{found['method']} | {found['gap']:.1e} |", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
