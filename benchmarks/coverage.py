"""Coverage: how often the 95 % intervals hold the true parameter, by simulation; prints a Markdown table.

    python benchmarks/coverage.py [--samples 2000] [--sizes 50,500,5000] [--seed 0]

Each sample has a constant and two predictors (one normal, one 0/1). Every kind of standard error is taken from the same
fit. Samples whose maximum-likelihood estimate does not exist (separation, a class that is absent) or that end without a
certificate are counted and left out: coverage is conditional on an estimate. "gaussian, unequal variances" has sd
0.5 + |x1|; only the robust errors promise anything there, and its sigma is the root of the mean variance.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from fitting import Fitted, fit_rows, one_thread

from mlefit.arrays import Array
from mlefit.estimation.fit import Separated
from mlefit.inference.estimates import Estimates
from mlefit.inference.intervals import of_chi_squared, on_log_scale, wald
from mlefit.inference.standard_errors import StandardErrors
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel

LEVEL = 0.95
LIMITS = (93.5, 96.5)       # per cent, promised from n = 500 on, and at n = 50 for the exact errors of gaussian
LEVEL_TO_LIMIT = 1.5        # per cent: with fewer samples than keep chance below this, no verdict is given
LARGE = 500
EXPLANATION = """\
Coverage of the 95 % intervals in per cent, {samples:,} samples per line, seed {seed}. Coefficients: constant, x1, x2,
class after class. "±": what chance alone does to one share in 95 of 100 simulations. "kept": whether every share is
between {low} and {high}, which is promised from n = {large} on, and for the exact gaussian errors at any n.
"""
TAIL = 1.96                 # of a binomial share: 95 % of the exact procedures fall within
NORMAL_SQUARE, NORMAL_ABSOLUTE = 1.0, float(np.sqrt(2.0 / np.pi))      # E x^2 and E |x| of x ~ N(0, 1)


@dataclass(frozen=True)
class Truth:
    """A model to draw from: coefficients (m, 3), shapes, the kinds of errors that are valid for it."""

    title: str
    noise: NoiseModel
    coefficients: Array
    shapes: Array
    kinds: tuple[str, ...]
    respond: Callable[[np.random.Generator, Array, Array], Array]      # (rng, eta, x) -> y

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        """y (n,) and the design (n, 3)."""
        x = np.column_stack([np.ones(n), rng.standard_normal(n), rng.random(n) < 0.5])
        return self.respond(rng, x @ self.coefficients.T, x), x


def from_model(noise: NoiseModel, free: Array) -> Callable[[np.random.Generator, Array, Array], Array]:
    """Responses of the model itself."""
    return lambda rng, eta, x: noise.draw(rng, eta, free)


def unequal(rng: np.random.Generator, eta: Array, x: Array) -> Array:
    """Normal responses with sd 0.5 + |x1|."""
    y: Array = eta[:, 0] + (0.5 + np.abs(x[:, 1])) * rng.standard_normal(len(x))
    return y


def truths() -> tuple[Truth, ...]:
    line = np.array([[1.0, 0.5, -0.7]])
    logit = np.array([[-0.3, 0.6, 0.5]])
    classes = np.array([[0.2, 0.7, -0.4], [-0.2, -0.5, 0.6]])
    sigma = np.array([1.5])
    mean_sigma = np.sqrt([0.25 + NORMAL_ABSOLUTE + NORMAL_SQUARE])
    none = np.empty(0)
    gaussian, bernoulli, categorical = Gaussian(), Bernoulli(), Categorical().of("abc")
    normal = from_model(gaussian, np.log(sigma))
    return (
        Truth("gaussian", gaussian, line, sigma, ("auto", "hc0", "hc3"), normal),
        Truth("gaussian, unequal variances", gaussian, line, mean_sigma, ("hc0", "hc3"), unequal),
        Truth("bernoulli", bernoulli, logit, none, ("auto", "hc0", "hc3"), from_model(bernoulli, none)),
        Truth("categorical, 3 classes", categorical, classes, none, ("auto", "hc0", "hc3"), from_model(categorical, none)),
    )


def fitted(truth: Truth, y: Array, x: Array) -> Fitted | None:
    """The fit, or None where there is no estimate."""
    if len(truth.noise.predictors) + 1 > len(np.unique(y)) and not truth.noise.compresses:
        return None
    try:
        found = fit_rows(truth.noise, y, x)
    except Separated:
        return None
    return found if found.certified and len(found.mean.coordinates.kept) == x.shape[1] else None


def holds(truth: Truth, found: Estimates, errors: StandardErrors, n: int) -> Array:
    """For each coefficient, then each shape, whether its interval holds the truth (0 or 1)."""
    inside = []
    for estimate, error, true, law in zip(
        found.mle.flat, found.std_error.flat, truth.coefficients.flat, errors.laws, strict=True
    ):
        interval = wald(float(estimate), float(error), LEVEL, law)
        inside.append(interval.low <= true <= interval.high)
    for estimate, error, true in zip(found.shapes, found.shape_log_error, truth.shapes, strict=True):
        interval = on_log_scale(float(estimate), float(error), LEVEL, errors.shapes) if errors.exact is None else of_chi_squared(
            float(estimate), float(error), LEVEL, errors.exact, float(n))
        inside.append(interval.low <= true <= interval.high)
    return np.array(inside, dtype=np.float64)


def simulate(truth: Truth, n: int, samples: int, seed: int) -> tuple[dict[str, Array], int]:
    """Coverage (P,) in per cent by kind of errors, and how many samples have an estimate."""
    counts = {kind: np.zeros(truth.coefficients.size + truth.shapes.size) for kind in truth.kinds}
    used = 0
    for number in range(samples):
        y, x = truth.sample(np.random.default_rng([seed, n, number]), n)
        found = fitted(truth, y, x)
        if found is None:
            continue
        used += 1
        for kind in truth.kinds:
            counts[kind] += holds(truth, *found.errors(kind), n)
    return {kind: 100.0 * count / max(used, 1) for kind, count in counts.items()}, used


def rows(truth: Truth, n: int, samples: int, seed: int) -> Iterator[str]:
    """Lines of the table."""
    shares, used = simulate(truth, n, samples, seed)
    tolerance = 100.0 * TAIL * np.sqrt(LEVEL * (1.0 - LEVEL) / max(used, 1))
    for kind, share in shares.items():
        means, shapes = share[: truth.coefficients.size], share[truth.coefficients.size :]
        promised = n >= LARGE or (kind == "auto" and truth.noise.compresses)
        within = used > 0 and bool(((share >= LIMITS[0]) & (share <= LIMITS[1])).all())
        verdict = ("yes" if within else "**no**") if promised and tolerance < LEVEL_TO_LIMIT else "-"
        coefficients = ", ".join(f"{value:.1f}" for value in means)
        yield (f"| {truth.title} | {n:,} | {kind} | {coefficients} | {', '.join(f'{value:.1f}' for value in shapes)} | "
               f"±{tolerance:.1f} | {used:,} | {samples - used:,} | {verdict} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the 95 % intervals.")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[50, 500, 5000])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(EXPLANATION.format(samples=given.samples, seed=given.seed, low=LIMITS[0], high=LIMITS[1], large=LARGE))
    print("| model | n | errors | coefficients | sigma | ± | samples | left out: no estimate | kept |")
    print("|" + " --- |" * 9)
    with one_thread():
        for truth in truths():
            for n in given.sizes:
                for line in rows(truth, n, given.samples, given.seed):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
