"""Marks of pictures: how often a sheet of a true model has one, and one of a wrong model; prints a Markdown table.

    python benchmarks/marks.py [--samples 1000] [--seed 0] [--only TEXT]... [--keep FILE]

Every sample is a table of two numbers and a factor, of many levels in some lines, that is fitted and whose panels are all judged,
as `mlefit plot` judges them.
At most 7 % of the sheets of true models may have a mark. Of 30,000 rows 20,000 are drawn, and what is counted over all of them is
judged by that. Fits that end without an estimate are counted and left out. --keep: a
file of the samples made, one a line; a later run goes on where it ends. Samples are made in turn, the first of every line first.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlefit.arrays import Array
from mlefit.errors import MlefitError
from mlefit.picture.overview import Overview
from mlefit.pipeline.fitted import fit
from mlefit.pipeline.pictured import scene
from mlefit.pipeline.run import report_of
from mlefit.problem.stated import stated
from mlefit.request import Request

PROMISED = 7.0          # per cent of the sheets of true models
EXPLANATION = """\
Sheets with a mark in per cent, {samples:,} samples per line, seed {seed}; KL, which has a p of its own, not among them. True
models: at most {promised:g} is promised ("kept"; chance alone moves a share of 5 by {chance:.1f}). Wrong models: any mark, that
of a panel for the cause, and of a panel for another one. "Panels" are those marked, with their shares.
"""
Rng = np.random.Generator
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """`respond` makes y from x, w and the code of g; `causes`: the panels that are for what is wrong, none where nothing is.

    `excused`: panels that show its effect as well. `levels`: of g; many of them have normal effects in the place of their code.
    `unequal`: some of them have few rows.
    """

    title: str
    n: int
    model: str
    respond: Callable[[Rng, Array, Array, Array], Array]
    causes: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    levels: int = 3
    unequal: bool = False

    def table(self, rng: Rng) -> Columns:
        """One sample."""
        if self.levels > 3:
            return self._of_many(rng)
        x, w, g = rng.standard_normal(self.n), rng.uniform(0.0, 5.0, self.n), rng.integers(0, 3, self.n)
        return {"x": x, "w": w, "g": np.array(["a", "b", "c"])[g], "y": self.respond(rng, x, w, g)}

    def _of_many(self, rng: Rng) -> Columns:
        """One sample with many levels."""
        x, w, effect = rng.standard_normal(self.n), rng.uniform(0.0, 5.0, self.n), rng.standard_normal(self.levels)
        g = rng.permutation(np.arange(self.n) % self.levels)
        if self.unequal:
            g = (self.levels * rng.random(self.n) ** POWER).astype(np.intp)
        return {"x": x, "w": w, "g": np.array([f"g{level:05d}" for level in range(self.levels)])[g],
                "y": self.respond(rng, x, w, effect[g])}


def mean(x: Array, w: Array, g: Array) -> Array:
    """The mean of numbers."""
    return 1.0 + 2.0 * x - 0.5 * w + 0.3 * g


def log_mean(x: Array, w: Array, g: Array) -> Array:
    """The logarithm of a mean."""
    return 0.3 + 0.4 * x + 0.1 * w + 0.1 * g


def odds(x: Array, w: Array, g: Array) -> Array:
    """The log odds of a level."""
    return 0.7 * x - 0.2 * w + 0.2 * g + 0.2


def yes(rng: Rng, eta: Array) -> Array:
    """Levels drawn with these log odds."""
    return np.where(rng.random(eta.size) < 1.0 / (1.0 + np.exp(-eta)), "yes", "no")


def species(rng: Rng, x: Array, w: Array, g: Array) -> Array:
    """One of three levels."""
    eta = np.stack([np.zeros(x.size), 0.6 * x + 0.2, -0.5 * x + 0.2 * w - 0.4])
    return np.array(["ash", "birch", "cedar"])[np.argmax(eta + rng.gumbel(size=eta.shape), axis=0)]


TRUE: Mapping[str, Callable[[Rng, Array, Array, Array], Array]] = {
    "gaussian": lambda rng, x, w, g: mean(x, w, g) + rng.standard_normal(x.size),
    "bernoulli": lambda rng, x, w, g: yes(rng, odds(x, w, g)),
    "categorical": species,
    "poisson": lambda rng, x, w, g: rng.poisson(np.exp(log_mean(x, w, g))),
    "gamma": lambda rng, x, w, g: rng.gamma(2.0, np.exp(log_mean(x, w, g)) / 2.0),
    "student-t": lambda rng, x, w, g: mean(x, w, g) + rng.standard_t(4.0, x.size),
    "laplace": lambda rng, x, w, g: mean(x, w, g) + rng.laplace(size=x.size),
}
LARGE = ("gaussian", "bernoulli", "poisson"), 30_000       # rows of which some are drawn, and all are counted
LEVELS = (("gaussian", 2_000, 250), ("poisson", 2_000, 250), ("bernoulli", 5_000, 250), ("gaussian", 30_000, 3_000),
          ("bernoulli", 40_000, 2_000))
POWER = 3.0             # of a uniform number: how unequal levels are
SHAPES = ("density", "qq", "surprise")
WRONG = (
    Case("skewed errors", 100, "gaussian",
         lambda rng, x, w, g: mean(x, w, g) + rng.gamma(1.5, 1.0, x.size) - 1.5, SHAPES),
    Case("lognormal errors", 100, "gaussian", lambda rng, x, w, g: mean(x, w, g) + np.exp(rng.standard_normal(x.size)), SHAPES),
    Case("heavy tails", 100, "gaussian", lambda rng, x, w, g: mean(x, w, g) + rng.standard_t(2.5, x.size), SHAPES),
    Case("spread exp(0.45 x)", 100, "gaussian", lambda rng, x, w, g: mean(x, w, g) + np.exp(0.45 * x) * rng.standard_normal(x.size),
         ("fitted", "predictor"), SHAPES),
    Case("bent mean", 100, "gaussian",
         lambda rng, x, w, g: mean(x, w, g) + 0.5 * (w - 2.5) ** 2 + rng.standard_normal(x.size), ("fitted", "predictor")),
    Case("drift of 2 sd", 100, "gaussian",
         lambda rng, x, w, g: mean(x, w, g) + np.linspace(-1.0, 1.0, x.size) + rng.standard_normal(x.size), ("order",)),
    Case("overdispersed counts", 100, "poisson",
         lambda rng, x, w, g: rng.negative_binomial(1.5, 1.5 / (1.5 + np.exp(0.8 + 0.5 * x))),
         ("rootogram", "qq", "meanvar", "surprise")),
    Case("bent log odds", 100, "bernoulli", lambda rng, x, w, g: yes(rng, x * x - 1.0 + 0.3 * w - 0.7),
         ("calibration", "predictor")),
)


def cases() -> list[Case]:
    """All of them, true models first."""
    names, large = LARGE
    sizes = [*((name, n) for name in TRUE for n in (30, 300)), *((name, large) for name in names)]
    many = [Case(f"{name}, n = {n:,}, {levels:,} levels", n, name, TRUE[name], levels=levels) for name, n, levels in LEVELS]
    unequal = [Case(f"gaussian, n = {n:,}, {levels:,} unequal levels", n, "gaussian", TRUE["gaussian"], levels=levels, unequal=True)
               for n, levels in ((2_000, 250), (30_000, 3_000))]
    return [*(Case(f"{name}, n = {n:,}", n, name, TRUE[name]) for name, n in sizes), *many, *unequal, *WRONG]


def marked(case: Case, seed: int, sample: int) -> list[str] | None:
    """The panels that are marked in one sample; None where there is no estimate."""
    table = case.table(np.random.default_rng([seed, sample]))
    request = Request(table, model=case.model, target="y", features=("x", "w", "g"), kl=False, seed=sample)
    try:
        with stated(request, seen=True, index=True) as problem:
            found = fit(problem)
            overview = Overview(scene(found, report_of(found)))
            return [id_ for id_, p in overview.p.items() if p <= 0.05 and overview.panel(id_).mark]
    except MlefitError:
        return None


Made = dict[tuple[str, int], list[str] | None]


def made(chosen: Sequence[Case], samples: int, seed: int, keep: Path | None) -> Made:
    """The marks of each sample, by its line and number; those of an earlier run are taken from the file."""
    found: Made = {}
    if keep is not None and keep.exists():
        for text in keep.read_text(encoding="utf-8").splitlines():
            title, sample, marks = json.loads(text)
            found[title, sample] = marks
    for sample in range(samples):
        for case in chosen:
            if (case.title, sample) in found:
                continue
            found[case.title, sample] = marks = marked(case, seed, sample)
            if keep is not None:
                with keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([case.title, sample, marks]) + "\n")
    return found


def line(case: Case, found: Sequence[list[str] | None]) -> str:
    """One line of the table."""
    known = [marks for marks in found if marks is not None]
    kinds = [{mark.partition(":")[0] for mark in marks} for marks in known]
    share = 100.0 * np.mean([bool(marks) for marks in known])
    each = Counter(kind for marks in kinds for kind in marks)
    listed = ", ".join(f"{kind} {100.0 * count / len(known):.1f}" for kind, count in each.most_common())
    cause = other = ""
    if case.causes:
        cause = f"{100.0 * np.mean([bool(marks & set(case.causes)) for marks in kinds]):.1f}"
        rest = [marks - set(case.causes) - set(case.excused) for marks in kinds]
        other = f"{100.0 * np.mean([bool(marks) for marks in rest]):.1f}"
    kept = "-" if case.causes else "yes" if share <= PROMISED + 1e-9 else "**no**"
    return f"| {case.title} | {share:.1f} | {cause} | {other} | {listed} | {len(known):,} | {len(found) - len(known)} | {kept} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    chosen = [case for case in cases() if any(text in case.title for text in options.only or [""])]
    found = made(chosen, options.samples, options.seed, options.keep)
    chance = 1.96 * np.sqrt(5.0 * 95.0 / options.samples)
    print(EXPLANATION.format(samples=options.samples, seed=options.seed, promised=PROMISED, chance=chance))
    print("| rows | any mark | for the cause | for another | panels | samples | left out: no estimate | kept |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for case in chosen:
        print(line(case, [marks for (title, _), marks in found.items() if title == case.title]))


if __name__ == "__main__":
    main()
