"""How often the verdict of the KL part accuses a true model, and how often it finds what is wrong (docs/simulations.md).

    python benchmarks/kl_calibration.py [--seeds 1000] [--power-seeds 200] [--only WORD] [--whole]

Every line is the KL part on so many tables, fitted by the plain fitter of the tests; --whole takes `mlefit.fit`. A true model is to
be accused (p <= .05) in at most 7.0 % of each cell, in 4.3 to 5.7 % of all gaussian cells together, and in no discrete cell in less
than 2 %. Samples without an estimate are left out and counted, as are those whose verdict does not exist.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from information_cases import coded, evidence, sample_of

import mlefit
from mlefit.errors import MlefitError
from mlefit.noise import MODELS
from mlefit.report.information import Divergence

Table = dict[str, np.ndarray]
Case = Callable[[np.random.Generator], tuple[Table, str]]
PARTS = ("structure", "spread", "shape")
ENOUGH = 100        # verdicts from which a share is judged


class Line(NamedTuple):
    """One case: its name, how tables are made, and the least share that is to be found (None: the model is true)."""

    name: str
    case: Case
    least: float | None = None


def response(model: str, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Responses of a law at these linear predictors."""
    if model == "gaussian":
        return eta + rng.normal(size=eta.size)
    if model == "bernoulli":
        return (rng.random(eta.size) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    if model == "poisson":
        return rng.poisson(np.exp(0.5 + 0.5 * eta))
    if model == "gamma":
        return rng.gamma(2.0, np.exp(0.5 * eta) / 2.0)
    if model.startswith("hurdle"):
        law = MODELS.find(model, "")
        return law.draw(rng, np.stack([0.4 + 0.6 * eta, 0.6 + 0.5 * eta], axis=1), np.full(len(law.shapes), -np.log(2.0)))
    logits = np.stack([np.zeros(eta.size), eta, -0.5 * eta])
    return np.array(list("abc"))[np.argmax(logits + rng.gumbel(size=logits.shape), axis=0)]


def true(model: str, n: int, d: int) -> Case:
    """The model with d normal predictors, of which two matter."""
    def case(rng: np.random.Generator) -> tuple[Table, str]:
        x = rng.normal(size=(n, d))
        eta = 0.5 * x[:, :2].sum(axis=1)
        return {**{f"x{j}": x[:, j] for j in range(d)}, "y": response(model, eta, rng)}, model

    return case


def factors(model: str, n: int) -> Case:
    """Two factors of three and four levels, and a number."""
    def case(rng: np.random.Generator) -> tuple[Table, str]:
        g, h, x = rng.integers(0, 3, n), rng.integers(0, 4, n), rng.normal(size=n)
        eta = 0.4 * (g - 1.0) + 0.3 * (h == 2) + 0.5 * x
        return {"g": np.array(list("abc"))[g], "h": np.array(list("pqrs"))[h], "x": x, "y": response(model, eta, rng)}, model

    return case


def rounded(n: int, step: float, d: int) -> Case:
    """A gaussian response written to a step."""
    def case(rng: np.random.Generator) -> tuple[Table, str]:
        x = rng.normal(size=(n, d))
        y = np.round((0.5 * x.sum(axis=1) + rng.normal(size=n)) / step) * step
        return {**{f"x{j}": x[:, j] for j in range(d)}, "y": y}, "gaussian"

    return case


def rare(model: str, n: int, d: int) -> Case:
    """A class that about one row in forty has."""
    def case(rng: np.random.Generator) -> tuple[Table, str]:
        x = rng.normal(size=(n, d))
        hit = rng.random(n) < 1.0 / (1.0 + np.exp(3.9 - 0.5 * x[:, 0]))
        y = hit.astype(int) if model == "bernoulli" else np.where(hit, "rare", np.where(rng.random(n) < 0.5, "a", "b"))
        return {**{f"x{j}": x[:, j] for j in range(d)}, "y": y}, model

    return case


def levels() -> Iterator[Line]:
    """The cells of true models."""
    yield from (Line(f"{model}, n = {n}, {d} predictors", true(model, n, d))
                for model in ("gaussian", "bernoulli", "categorical", "poisson", "gamma")
                for n in (30, 200, 2000) for d in (0, 2, 10))
    for model in ("gaussian", "bernoulli", "categorical", "poisson", "gamma"):
        for n in (200, 2000):
            yield Line(f"{model}, n = {n}, factors", factors(model, n))
    for n in (200, 2000):
        for step in (0.1, 1.0):
            for d in (0, 2):
                yield Line(f"gaussian, n = {n}, {d} predictors, rounded to {step:g}", rounded(n, step, d))
    yield from (Line(f"{model}, n = {n}, {d} predictors", true(model, n, d))
                for model in ("hurdle:poisson", "hurdle:gamma") for n in (200, 2000) for d in (0, 2))
    for model in ("bernoulli", "categorical"):
        for n in (200, 2000):
            for d in (2, 10):
                yield Line(f"{model}, n = {n}, {d} predictors, a rare class", rare(model, n, d))


def wrong(n: int, mean: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Case:
    """Two normal predictors and `mean` beside their sum."""
    def case(rng: np.random.Generator) -> tuple[Table, str]:
        x = rng.normal(size=(n, 2))
        return {"a": x[:, 0], "b": x[:, 1], "y": x.sum(axis=1) + mean(x, rng)}, "gaussian"

    return case


def size(kl: float) -> float:
    """The root mean square of what a mean lacks, in standard deviations, for a divergence of a gaussian: log(1 + r^2)/2."""
    return float(np.sqrt(np.expm1(2.0 * kl)))


def interaction(rng: np.random.Generator) -> tuple[Table, str]:
    g, h = rng.integers(0, 8, 2000), rng.integers(0, 8, 2000)
    cell = rng.normal(size=(8, 8))
    cell = cell - cell.mean(axis=0) - cell.mean(axis=1, keepdims=True) + cell.mean()
    cell *= size(0.11) / cell.std()
    names = np.array(list("abcdefgh"))
    return {"g": names[g], "h": names[h], "y": cell[g, h] + rng.normal(size=2000)}, "gaussian"


def missing_product(rng: np.random.Generator) -> tuple[Table, str]:
    x = rng.normal(size=(2000, 9))
    eta = 0.5 * x.sum(axis=1) / 3.0 + PRODUCT * x[:, 0] * x[:, 1]
    return {**{f"x{j}": x[:, j] for j in range(9)}, "y": response("bernoulli", eta, rng)}, "bernoulli"


PRODUCT = 0.98      # of which the divergence from the model without it is .07 nats


def power() -> Iterator[Line]:
    """What is to be found, with the least share."""
    def noise(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=len(x))

    yield Line("+.15 (x^2 - 1), n = 500", wrong(500, lambda x, rng: 0.15 * (x[:, 0] ** 2 - 1) + noise(x, rng)), 0.90)
    yield Line("+.2 a b, n = 500", wrong(500, lambda x, rng: 0.2 * x[:, 0] * x[:, 1] + noise(x, rng)), 0.90)
    r = size(0.06)
    yield Line("square wave, KL .06, n = 2,000", wrong(2000, lambda x, rng: r * np.sign(np.sin(4 * x[:, 0])) + noise(x, rng)), 0.95)
    sine = wrong(2000, lambda x, rng: r * np.sqrt(2) * np.sin(4 * x[:, 0]) + noise(x, rng))
    yield Line("sin(4 x), KL .06, n = 2,000", sine, 0.95)
    yield Line("8 x 8 factor interaction, KL .11, n = 2,000", interaction, 0.95)
    yield Line("spread exp(.1 x), n = 2,000", wrong(2000, lambda x, rng: np.exp(0.1 * x[:, 0]) * noise(x, rng)), 0.95)
    yield Line("bernoulli, product of two of 9, KL .07, n = 2,000", missing_product, 0.90)
    yield Line("t5 errors, no predictors, n = 300", lambda rng: ({"y": rng.standard_t(5, 300)}, "gaussian"), 0.85)


class Found(NamedTuple):
    """Verdict p-values of the samples that have one, shares of parts with p <= .05, and how many samples had no verdict."""

    p: np.ndarray
    parts: dict[str, float]
    without: int
    refused: int
    saturated: int


def judged(table: Table, model: str, whole: bool) -> Divergence:
    """The KL part of a fit."""
    if whole:
        found = mlefit.fit(table, target="y", features=[name for name in table if name != "y"], model=model).report.information
        assert found is not None
        return found.kl
    y, noise = table["y"], MODELS.find(model, "")
    if noise.response.reads_levels:
        levels, y = np.unique(y, return_inverse=True)
        if levels.size < 2:
            raise MlefitError("one class", "use data with both outcomes", code="one-class")
        noise = noise.of([str(level) for level in levels])
    x, blocks = coded({name: column for name, column in table.items() if name != "y"})
    return evidence(sample_of(noise, y, x, blocks=blocks)).kl


def run(line: Line, seeds: int, whole: bool) -> Found:
    """The samples of a line."""
    p, parts, without, refused, saturated = [], dict[str, list[float]](), 0, 0, 0
    for seed in range(seeds):
        table, model = line.case(np.random.default_rng([seed, len(line.name), sum(map(ord, line.name))]))
        try:
            kl = judged(table, model, whole)
        except MlefitError:
            refused += 1
            continue
        if kl.verdict_p_value is None:
            saturated += kl.verdict_code == "saturated"
            without += kl.verdict_code != "saturated"
            continue
        p.append(kl.verdict_p_value)
        for name, value in kl.part_p_values.items():
            parts.setdefault(name, []).append(value)
    shares = {name: float(np.mean(np.array(values) <= 0.05)) for name, values in parts.items()}
    return Found(np.array(p), shares, without, refused, saturated)


def row(line: Line, found: Found, seeds: int) -> str:
    """A line of a table."""
    without = "; ".join(f"{count} {word}" for count, word in (
        (found.refused, "no estimate"), (found.saturated, "saturated"), (found.without, "not identifiable")) if count)
    if not found.p.size:
        return f"| {line.name} | - | - | - | - | 0 | {without} | - |"
    share = float(np.mean(found.p <= 0.05))
    discrete = not line.name.startswith(("gaussian", "gamma", "hurdle:gamma"))
    if line.least is None:
        kept = share <= 0.07 and not (discrete and share < 0.02)
    else:
        kept = share >= line.least - 3 * np.sqrt(line.least * (1 - line.least) / seeds)
    judged = "yes" if kept else "**no**"
    if found.p.size < ENOUGH:
        judged = "-"
    parts = " | ".join("" if name not in found.parts else f"{100 * found.parts[name]:.1f}" for name in PARTS)
    least = "" if line.least is None else f" (at least {100 * line.least:.0f})"
    return f"| {line.name} | {100 * share:.1f}{least} | {parts} | {found.p.size:,} | {without} | {judged} |"


HEAD = """| case | p <= .05, % | structure | spread | shape | samples | left out | kept |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--power-seeds", type=int, default=200)
    parser.add_argument("--only", default="")
    parser.add_argument("--whole", action="store_true")
    chosen = parser.parse_args()
    gaussian: list[np.ndarray] = []
    for title, lines, seeds in (("True models", levels(), chosen.seeds), ("Wrong models", power(), chosen.power_seeds)):
        if not seeds:
            continue
        print(f"\n{title}, {seeds:,} samples a line.\n\n{HEAD}", flush=True)
        for line in lines:
            if chosen.only and chosen.only not in line.name:
                continue
            found = run(line, seeds, chosen.whole)
            if line.least is None and line.name.startswith("gaussian"):
                gaussian.append(found.p)
            print(row(line, found, seeds), flush=True)
        if gaussian and title == "True models":
            together = np.concatenate(gaussian)
            print(f"\nAll gaussian cells together: {100 * np.mean(together <= 0.05):.2f} % of {together.size:,}.", flush=True)


if __name__ == "__main__":
    main()
