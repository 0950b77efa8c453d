"""Designs whose truth is known, as `coverage.py` draws them: ordinary ones of four laws, and some hard for standard errors.

Ordinary rows have a constant and two predictors (one normal, one 0/1). "gaussian, unequal variances" has sd 0.5 + |x1|: only the
robust errors promise anything there, and its sigma is the root of the mean variance. The hard designs have few rows, many
columns, rare levels or few clusters, and a coefficient 0; under hc3 their noise is twice as large in the rare level or grows
with the root of x, under clusters each has an effect of its own, as large as the noise.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.heteroscedastic import HeteroscedasticGaussian
from mlefit.noise.model import NoiseModel

BOTH, CAUTIOUS = (93.5, 96.5), (93.5, None)     # per cent
LARGE = 500                 # rows from which all errors promise BOTH
NORMAL_SQUARE, NORMAL_ABSOLUTE = 1.0, float(np.sqrt(2.0 / np.pi))      # E x^2 and E |x| of x ~ N(0, 1)

Limits = tuple[float, float | None]
Rows = Callable[[np.random.Generator], tuple[Array, Array, Array | None]]     # y (n,), design (n, p), clusters (n,) or None


class Design(NamedTuple):
    """A law with known coefficients (m, p) and shapes, `rows` drawn from it, and what its errors promise, by kind: the least
    and the largest share, None for no limit, or nothing. `asked`: the coefficients that the design is hard for."""

    title: str
    n: int
    noise: NoiseModel
    coefficients: Array
    shapes: Array
    promised: dict[str, Limits | None]
    rows: Rows
    asked: slice = slice(None)


def ordinary(sizes: list[int]) -> Iterator[Design]:
    """Four laws, and one that the gaussian is not."""
    line, logit = np.array([[1.0, 0.5, -0.7]]), np.array([[-0.3, 0.6, 0.5]])
    classes = np.array([[0.2, 0.7, -0.4], [-0.2, -0.5, 0.6]])
    spread = np.array([[1.0, 0.5, -0.7], [0.2, 0.4, -0.3]])
    sigma, mean_sigma = np.array([1.5]), np.sqrt([0.25 + NORMAL_ABSOLUTE + NORMAL_SQUARE])
    none = np.empty(0)
    gaussian, bernoulli, categorical = Gaussian(), Bernoulli(), Categorical().of("abc")
    for title, noise, coefficients, shapes, unlike in (
        ("gaussian", gaussian, line, sigma, None), ("gaussian, unequal variances", gaussian, line, mean_sigma, unequal),
        ("heteroscedastic-gaussian", HeteroscedasticGaussian(), spread, none, None),
        ("bernoulli", bernoulli, logit, none, None), ("categorical, 3 classes", categorical, classes, none, None),
    ):
        for n in sizes:
            later = BOTH if n >= LARGE else None
            exact = BOTH if noise.compresses else later
            promised = {"auto": exact, "hc0": later, "hc3": later} if unlike is None else {"hc0": later, "hc3": later}
            yield Design(title, n, noise, coefficients, shapes, promised,
                         _drawn(noise, n, coefficients, np.log(shapes), unlike))


def _drawn(
    noise: NoiseModel, n: int, coefficients: Array, free: Array, spread: Callable[[Array], Array] | None
) -> Rows:
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        x = np.column_stack([np.ones(n), rng.standard_normal(n), rng.random(n) < 0.5])
        eta = x @ coefficients.T
        y = noise.draw(rng, eta, free) if spread is None else eta[:, 0] + spread(x) * rng.standard_normal(n)
        return y, x, None
    return rows


def unequal(x: Array) -> Array:
    """Standard deviations (n,)."""
    return np.asarray(0.5 + np.abs(x[:, 1]))


def hard() -> Iterator[Design]:
    """Where fewer than 20 rows or clusters carry a coefficient, errors are cautious by design: there is a lower limit alone."""
    yield from (exact(12, 3), exact(60, 20), exact(300, 60), exact(400, 200))
    yield from (rare(1000, 20, BOTH), rare(100, 2, CAUTIOUS), lognormal(100))
    yield from (clustered(40, 10, BOTH), clustered(20, 10, BOTH), clustered(10, 10, (92.5, None)))


def null(title: str, n: int, kind: str, limits: Limits, p: int, asked: slice, rows: Rows) -> Design:
    """Standard normal noise, or what grows from it, and no effect of anything."""
    return Design(title, n, Gaussian(), np.zeros((1, p)), np.empty(0), {kind: limits}, rows, asked)


def exact(n: int, p: int) -> Design:
    """Normal columns."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        x = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))])
        return rng.normal(size=n), x, None
    return null(f"gaussian, p = {p}", n, "auto", BOTH, p, slice(None), rows)


def rare(n: int, count: int, limits: Limits) -> Design:
    """A level of `count` rows, in which the noise is twice as large."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        level = (np.arange(n) < count) * 1.0
        x = np.column_stack([np.ones(n), rng.normal(size=n), level])
        return rng.normal(size=n) * (1.0 + level), x, None
    return null(f"gaussian, {count} rows in the level", n, "hc3", limits, 3, slice(2, 3), rows)


def lognormal(n: int) -> Design:
    """A skewed column, with which the noise grows."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, None]:
        x = rng.lognormal(size=n)
        return rng.normal(size=n) * np.sqrt(x), np.column_stack([np.ones(n), x]), None
    return null("gaussian, lognormal x", n, "hc3", CAUTIOUS, 2, slice(1, 2), rows)


def clustered(groups: int, size: int, limits: Limits) -> Design:
    """Half of the clusters treated."""
    def rows(rng: np.random.Generator) -> tuple[Array, Array, Array]:
        group = np.repeat(np.arange(groups), size)
        noise = rng.normal(size=groups)[group] + rng.normal(size=group.size)
        treated = (group < groups / 2) * 1.0
        return noise, np.column_stack([np.ones(group.size), treated, rng.normal(size=group.size)]), group.astype(float)
    return null(f"gaussian, {groups} clusters of {size}", groups * size, "cluster:g", limits, 3, slice(0, 2), rows)
