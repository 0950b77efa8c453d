"""Simulated designs: shares of false positives, coverage and expected figures, with limits that follow from the rule.

A share of s in k samples moves by chance by 1.96 sqrt(s (1 - s) / k); limits of exact procedures stand about that far from 5 %
at 1,000 samples, those of cautious ones have no lower limit beside 0.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from rules_single import fitted, parameter

import mlefit
from mlefit.arrays import Array
from mlefit.errors import NoEstimateError

Rng = np.random.Generator
EXACT, CAUTIOUS = (0.035, 0.065), (0.0, 0.065)


class Simulated(NamedTuple):
    """`draw` is one sample's figure; `share`: of how many samples for one of the others, as some are slow."""

    title: str
    draw: Callable[[Rng], float]
    limits: tuple[float, float]
    form: str = "{:.3f}"
    share: int = 1

    def values(self, samples: int, seed: int) -> list[float]:
        """The figures of all samples; those without an estimate are left out."""
        found = []
        for number in range(max(samples // self.share, 2)):
            try:
                found.append(self.draw(np.random.default_rng([seed, number])))
            except NoEstimateError:
                continue
        return found


def numbered(x: Array) -> dict[str, Array]:
    """Columns by name."""
    return {f"x{j}": x[:, j] for j in range(x.shape[1])}


def pure_noise(n: int, p: int) -> Callable[[Rng], float]:
    """The share of "significant" predictors of p, of which none has an effect."""
    def draw(rng: Rng) -> float:
        found = fitted({**numbered(rng.normal(size=(n, p))), "y": rng.normal(size=n)}, kl=False)
        values = [q["p_value"] for q in found["parameters"] if q["kind"] == "mean"][1:]
        return float(np.mean(np.array(values) < 0.05))
    return draw


def spread(noise: Callable[[Rng, int], Array], sigma: float) -> Callable[[Rng], float]:
    """Whether the interval of sigma holds it, n = 200."""
    def draw(rng: Rng) -> float:
        x = rng.normal(size=200)
        found = parameter(fitted({"x": x, "y": x + noise(rng, 200)}, kl=False), "sigma")
        return float(found["ci_low"] <= sigma <= found["ci_high"])
    return draw


def new_rows(n: int, p: int) -> Callable[[Rng], float]:
    """Leave-one-out cross-entropy less the true one on new rows."""
    def draw(rng: Rng) -> float:
        x, y = rng.normal(size=(n, p)), rng.normal(size=n)
        found = mlefit.fit({**numbered(x), "y": y}, target="y", kl=False).to_dict()
        b = np.array([q["estimate"] for q in found["parameters"]])
        mean, variance = b[0] ** 2 + b[1:-1] @ b[1:-1], b[-1] ** 2          # of x'b over new rows, whose y has mean 0, variance 1
        return float(found["criteria"]["on_new_rows"] - 0.5 * (np.log(2 * np.pi * variance) + (1.0 + mean) / variance))
    return draw


def treated_rows(rng: Rng) -> float:
    """Whether hc3 holds the null effect of a treatment of 3 of 60 rows, whose noise is twice as large."""
    t = (np.arange(60) < 3).astype(float)
    return float(_significant({"t": t, "x": rng.normal(size=60), "y": rng.normal(size=60) * (1 + t)}, "t", se="hc3"))


def treated_clusters(count: int) -> Callable[[Rng], float]:
    """Whether a treatment of `count` of 20 clusters, without an effect, is "significant"."""
    def draw(rng: Rng) -> float:
        g = np.repeat(np.arange(20), 15)
        y = rng.normal(size=20)[g] + rng.normal(size=300)
        table = {"t": (g < count).astype(float), "c": np.array([f"c{k}" for k in g]), "y": y}
        return float(_significant(table, "t", se="cluster:c", features=["t"]))
    return draw


def autoregressive(rng: Rng) -> float:
    """Whether hac errors hold a null slope between two AR(.8) series."""
    def series() -> Array:
        e = rng.normal(size=500)
        for i in range(1, 500):
            e[i] += 0.8 * e[i - 1]
        return e[100:]
    return float(_significant({"x": series(), "y": series()}, "x", se="hac"))


def factor_of_clusters(rng: Rng) -> float:
    """Whether the joint test of a factor that is constant within clusters rejects, without an effect."""
    g = np.repeat(np.arange(40), 10)
    y = rng.normal(size=40)[g] + rng.normal(size=400)
    table = {"f": np.array(list("abcd"))[g % 4], "c": np.array([f"c{k}" for k in g]), "y": y}
    found = fitted(table, features=["f"], se="cluster:c", kl=False)
    return float(found["terms"][0]["p_value"] < 0.05)


def _significant(table: dict[str, Any], name: str, **options: Any) -> bool:
    p = parameter(fitted(table, kl=False, **options), name)["p_value"]
    return p is not None and p < 0.05       # None: one cluster alone tells of it


SIMULATED = (
    Simulated("pure noise, n = 300, p = 60: share of p < .05", pure_noise(300, 60), (0.045, 0.055), share=5),
    Simulated("pure noise, n = 400, p = 200: share of p < .05", pure_noise(400, 200), (0.045, 0.055), share=10),
    Simulated("noise of t5, n = 200: sigma's interval holds it",
              spread(lambda rng, n: rng.standard_t(5, size=n), np.sqrt(5 / 3)), (0.85, 0.96)),
    Simulated("laplace noise, n = 200: sigma's interval holds it",
              spread(lambda rng, n: rng.laplace(size=n), np.sqrt(2.0)), (0.90, 0.96)),
    Simulated("n = 400, p = 200: leave-one-out less true cross-entropy", new_rows(400, 200), (-0.02, 0.12), share=10),
    Simulated("n = 4,000, p = 2,000: leave-one-out less true cross-entropy", new_rows(4000, 2000), (-0.02, 0.06), share=500),
    Simulated("3 of 60 rows treated, hc3: null effect significant", treated_rows, CAUTIOUS),
    Simulated("1 of 20 clusters treated: null effect significant", treated_clusters(1), CAUTIOUS),
    Simulated("2 of 20 clusters treated: null effect significant", treated_clusters(2), CAUTIOUS),
    Simulated("3 of 20 clusters treated: null effect significant", treated_clusters(3), CAUTIOUS),
    Simulated("two AR(.8) series, n = 400, hac: null slope significant", autoregressive, (0.04, 0.10)),
    Simulated("a factor of clusters, joint test: rejects without an effect", factor_of_clusters, CAUTIOUS),
)
