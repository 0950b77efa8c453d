"""Starts that are off: every nonlinear set of NIST from two starts of random distance, and what the program says of its answer.

    python benchmarks/curve_starts.py [FILE]

Each parameter begins at its certified value times exp(N(0, 0.7)), by a seed that is written here. An answer is right where its
residual sum of squares is NIST's to 1e-6; wrong and silent is what must not be.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import mlefit
from mlefit.errors import MlefitError

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from nist_curves import SETS, Certified  # noqa: E402  the reader of the files stands with the tests

SEED, SPREAD, STARTS = 20, 0.7, 2
SAME = 1e-6


def outcome(name: str, known: Certified, start: dict[str, float]) -> str:
    """How a fit from a start ends."""
    target = "log(y)" if name == "Nelson" else "y"
    try:
        fit = mlefit.fit(str(known.path), target=target, model="gaussian", mean=SETS[name], start=start, kl=False)
    except MlefitError as error:
        return f"refused: {error.code}"
    found = fit.to_dict()
    rss = found["routes"]["mle"]["loss"] * found["data"]["n"]
    right = rss <= known.rss * (1.0 + SAME) + 1e-25
    warned = any(warning["code"] in ("lower-minimum", "start") for warning in found["warnings"])
    return "right" if right else "wrong, with a warning" if warned else "WRONG AND SILENT"


def main() -> None:
    """All sets, and how many ends of each kind."""
    rng, lines, ends = np.random.default_rng(SEED), [], Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for name in SETS:
            known = Certified(name, Path(folder))
            for _ in range(STARTS):
                factors = np.exp(SPREAD * rng.standard_normal(len(known.values)))
                values = zip(known.values.items(), factors.tolist(), strict=True)
                start = {key: value * factor for (key, (value, _)), factor in values}
                end = outcome(name, known, start)
                ends[end] += 1
                lines.append(f"| {name} | {', '.join(f'{key}={value:.3g}' for key, value in start.items())} | {end} |")
                print(lines[-1], flush=True)
    counts = (f"- {end}: {count}" for end, count in sorted(ends.items()))
    text = "\n".join(["| set | start | end |", "|---|---|---|", *lines, "", *counts])
    print(text.partition("\n\n")[2])
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text + "\n")


if __name__ == "__main__":
    main()
