"""The designs behind the rules: each was once answered wrongly, is rebuilt here from its description, and must end in the right
number or the right sentence; prints a Markdown table.

    python benchmarks/rules.py [--samples 1000] [--seed 0] [--only WORD]

Single tables have one answer, which is known; simulated ones a share or a mean with limits that follow from the rule and from
chance. All go through `mlefit.fit`, as a user's table does.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rules_simulated import SIMULATED
from rules_single import SINGLE

EXPLANATION = """\
Each design once had a wrong answer. "met": what mlefit says today; simulated shares have {samples:,} samples, seed {seed}.
"""


class Met(NamedTuple):
    """What was found, in words, and whether it is right."""

    found: str
    right: bool


def simulated(limits: tuple[float, float], values: list[float], form: str) -> Met:
    """The mean of the values beside the limits that it has to keep."""
    mean, (low, high) = sum(values) / len(values), limits
    return Met(f"{form.format(mean)}; {form.format(low)} to {form.format(high)} is right", low <= mean <= high)


def main() -> None:
    parser = argparse.ArgumentParser(description="The designs behind the rules.")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="designs whose title has the word")
    given = parser.parse_args()
    print(EXPLANATION.format(samples=given.samples, seed=given.seed))
    print("| design | met | right |\n| --- | --- | --- |")
    cases: list[tuple[str, Callable[[], Met]]] = [(title, lambda case=case: Met(*case())) for title, case in SINGLE]
    cases += [
        (case.title, lambda case=case: simulated(case.limits, case.values(given.samples, given.seed), case.form))
        for case in SIMULATED
    ]
    for title, case in cases:
        if given.only in title:
            met = case()
            print(f"| {title} | {met.found} | {'yes' if met.right else '**no**'} |", flush=True)


if __name__ == "__main__":
    main()
