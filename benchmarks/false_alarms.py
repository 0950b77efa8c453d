"""False alarms: how often each warning comes on true models, and on wrong ones that it is for; prints a Markdown table.

    python benchmarks/false_alarms.py [--samples 1000] [--seed 0]

Every sample is a table of its own that goes through `mlefit.fit` as a user's does. Beside the predictors stand two columns
that the model leaves out: `clinic`, text, and `ward`, whole numbers, which the rows of a true model do not depend on. Fits
that end without an estimate (separation, a class that is absent) are counted and left out.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mlefit
from mlefit.arrays import Array
from mlefit.errors import NoEstimateError

WARNINGS = ("robust-differs", "dependence", "groups", "repeated-rows", "under-dispersed")
PROMISED = 7.0          # per cent of true models, for each warning
CLINICS, WARDS = 20, 8
EXPLANATION = """\
Samples with each warning in per cent, {samples:,} samples per line, seed {seed}. True models: at most {promised:g} is promised
("kept"). Wrong models: the column of the warning that is meant for them shows its power.
"""
Table = dict[str, Array]
Rng = np.random.Generator


@dataclass(frozen=True)
class Design:
    """`draw` makes the predictors (n, p), `respond` a response from them, and from nothing else where the model is true."""

    title: str
    n: int
    model: str
    draw: Callable[[Rng, int], Array]
    respond: Callable[[Rng, Array], Array]
    grouped: Callable[[Rng, Array], tuple[Array, Array]] | None = None     # (clinic, noise) where rows of a clinic depend
    wrong: bool = False

    def table(self, rng: Rng) -> Table:
        """One sample."""
        x = self.draw(rng, self.n)
        y = self.respond(rng, x)
        columns = {f"x{j}": x[:, j] for j in range(x.shape[1])}
        clinic, ward = rng.integers(CLINICS, size=self.n), rng.integers(1, WARDS + 1, size=self.n)
        if self.grouped is not None:
            clinic, noise = self.grouped(rng, x)
            y = y + noise
        named = np.array([f"c{k}" for k in range(CLINICS)])[clinic]
        return {**columns, "clinic": named, "ward": ward, "y": y}


def normal(p: int) -> Callable[[Rng, int], Array]:
    """p independent normal predictors."""
    return lambda rng, n: rng.normal(size=(n, p))


def rare(rng: Rng, n: int) -> Array:
    """A level of 2 % of the rows beside a normal predictor."""
    return np.column_stack([rng.permutation(n) < 0.02 * n, rng.normal(size=n)]).astype(float)


def skewed(rng: Rng, n: int) -> Array:
    """One lognormal predictor."""
    return rng.lognormal(size=(n, 1))


def by_clinic(rng: Rng, n: int) -> Array:
    """Treatment given to half of the clinics, whose rows stand in turns."""
    return (np.arange(n) % CLINICS < CLINICS // 2)[:, None].astype(float)


def gaussian(rng: Rng, x: Array) -> Array:
    """Independent normal noise."""
    return np.asarray(0.5 * x.sum(axis=1) + rng.normal(size=len(x)))


def bernoulli(rng: Rng, x: Array) -> Array:
    """A logit that is linear in the predictors, with a size that does not grow with their number."""
    eta = 0.8 * (x - x.mean(axis=0)).sum(axis=1) / np.sqrt(x.shape[1])
    return (eta + rng.logistic(size=len(x)) > 0.0).astype(int)


def categorical(rng: Rng, x: Array) -> Array:
    """Three classes."""
    eta = 0.8 * (x - x.mean(axis=0)).sum(axis=1) / np.sqrt(x.shape[1])
    return np.array(list("abc"))[np.argmax(np.stack([0 * eta, eta, -eta]) + rng.gumbel(size=(3, len(x))), axis=0)]


def poisson(rng: Rng, x: Array) -> Array:
    """Counts of mean 2 at the mean of the predictors."""
    eta = 0.4 * (x - x.mean(axis=0)).sum(axis=1) / np.sqrt(x.shape[1])
    return rng.poisson(2.0 * np.exp(eta))


def autoregressive(rng: Rng, x: Array) -> Array:
    """AR(1) noise of correlation 0.3."""
    noise = rng.normal(size=len(x))
    for i in range(1, len(x)):
        noise[i] = 0.3 * noise[i - 1] + np.sqrt(1.0 - 0.3**2) * noise[i]
    return np.asarray(0.5 * x.sum(axis=1) + noise)


def uneven(rng: Rng, x: Array) -> Array:
    """Spread exp(x / 2)."""
    return np.asarray(0.5 * x[:, 0] + np.exp(0.5 * x[:, 0]) * rng.normal(size=len(x)))


def copied(rng: Rng, x: Array) -> Array:
    """A logit of predictors, in which the last tenth of the rows is made the first once more, predictors too."""
    copies = len(x) // 10
    x[-copies:] = x[:copies]
    y = bernoulli(rng, x)
    y[-copies:] = y[:copies]
    return y


def even(rng: Rng, x: Array) -> Array:
    """Counts with half the variance of a Poisson law."""
    return rng.binomial(4, 0.5 * np.exp(0.3 * np.minimum(x[:, 0], 2.0)))


def intraclass(rng: Rng, x: Array) -> tuple[Array, Array]:
    """The clinics of `by_clinic`, with a correlation of 0.2 of their rows."""
    clinic = np.arange(len(x)) % CLINICS
    return clinic, np.sqrt(0.25) * rng.normal(size=CLINICS)[clinic]


def designs() -> Iterator[Design]:
    for model, respond, sizes in (
        ("gaussian", gaussian, (100, 500, 100, 100)), ("bernoulli", bernoulli, (200, 1000, 200, 400)),
        ("categorical", categorical, (300, 1000, 300, 400)), ("poisson", poisson, (200, 1000, 200, 400)),
    ):
        for title, draw, n in zip(("normal x", "a level of 2 %", "lognormal x", "p = 10"),
                                  (normal(1), rare, skewed, normal(10)), sizes, strict=True):
            yield Design(f"{model}, {title}", n, model, draw, respond)
    yield Design("AR(1), correlation 0.3", 400, "gaussian", normal(2), autoregressive, wrong=True)
    yield Design("treatment by cluster", 400, "gaussian", by_clinic, gaussian, intraclass, wrong=True)
    yield Design("spread exp(x/2)", 400, "gaussian", normal(1), uneven, wrong=True)
    yield Design("one row of ten a copy", 400, "bernoulli", normal(2), copied, wrong=True)
    yield Design("counts of half the variance", 400, "poisson", normal(1), even, wrong=True)


def simulate(design: Design, samples: int, seed: int) -> tuple[Counter[str], int]:
    """How often each warning came, and how many samples have an estimate."""
    counts: Counter[str] = Counter()
    used = 0
    for number in range(samples):
        table = design.table(np.random.default_rng([seed, number]))
        features = [name for name in table if name.startswith("x")]
        try:
            found = mlefit.fit(table, target="y", features=features, model=design.model, draws=0).to_dict()
        except NoEstimateError:
            continue
        used += 1
        counts.update({warning["code"] for warning in found["warnings"]} & set(WARNINGS))
    return counts, used


def main() -> None:
    parser = argparse.ArgumentParser(description="False alarms and power of the warnings.")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(EXPLANATION.format(samples=given.samples, seed=given.seed, promised=PROMISED))
    print(f"| rows | n | {' | '.join(WARNINGS)} | samples | left out: no estimate | kept |")
    print("|" + " --- |" * (5 + len(WARNINGS)))
    for design in designs():
        counts, used = simulate(design, given.samples, given.seed)
        shares = [100.0 * counts[name] / max(used, 1) for name in WARNINGS]
        kept = "-" if design.wrong else "yes" if max(shares) <= PROMISED else "**no**"
        print(f"| {design.title} | {design.n:,} | {' | '.join(f'{share:.1f}' for share in shares)} | {used:,} | "
              f"{given.samples - used:,} | {kept} |", flush=True)


if __name__ == "__main__":
    main()
