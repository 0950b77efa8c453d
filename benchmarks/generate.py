"""Generate: seeded CSV files for the benchmarks, written chunk by chunk, so that 1e8 rows need no more memory than 1e5.

    python benchmarks/generate.py MODEL ROWS FILE [--columns 10] [--levels 20,1000] [--seed 0]
    python benchmarks/generate.py gaussian 1e6 gaussian.csv

MODEL is one of RESPONSES; categorical has five classes, written 0 to 4, classes30 thirty; growth is for `--mean`, with
E y = 2 + exp(0.5 x1). The columns are x1 to x10, standard normal with five decimals (about six significant digits), with
--levels one text column per number (g20, g1000), then y. Of more than ten columns each has a coefficient of
N(0, 1 / columns). FILE may end in .parquet. A
fixed seed gives the same bytes; a chunk depends on its place alone. 1e7 rows are about 0.9 GB.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

PREDICTORS = 10
CLASSES, MANY = 5, 30
DECIMALS = 5
CHUNK = 1 << 16
TRUTH = 1           # seed of the coefficients, which are the same for every file


@dataclass(frozen=True)
class Truth:
    """eta (n, m) = intercept + x B + the effects of the levels; m is 4 for categorical, else 1."""

    intercept: Array
    slopes: Array
    effects: tuple[Array, ...]

    @classmethod
    def of(cls, model: str, levels: tuple[int, ...], columns: int = PREDICTORS) -> "Truth":
        rng = np.random.default_rng(TRUTH)
        m = {"categorical": CLASSES, "classes30": MANY}.get(model, 2) - 1
        slopes = (0.4 if columns == PREDICTORS else columns**-0.5) * rng.standard_normal((columns, m))
        return cls(np.linspace(0.5, -0.5, m), slopes, tuple(0.3 * rng.standard_normal((k, m)) for k in levels))

    def eta(self, x: Array, codes: list[Codes]) -> Array:
        eta: Array = self.intercept + x @ self.slopes
        for effect, code in zip(self.effects, codes, strict=True):
            eta += effect[code]
        return eta


def gaussian(rng: np.random.Generator, eta: Array) -> Array:
    """eta + N(0, 1)."""
    return np.round(eta[:, 0] + rng.standard_normal(len(eta)), DECIMALS)


def bernoulli(rng: np.random.Generator, eta: Array) -> npt.NDArray[np.int8]:
    """1 with probability 1 / (1 + exp(-eta))."""
    return (rng.random(len(eta)) < 1.0 / (1.0 + np.exp(-eta[:, 0]))).astype(np.int8)


def categorical(rng: np.random.Generator, eta: Array) -> npt.NDArray[np.int8]:
    """Class k with probability proportional to exp(eta_k), eta_0 = 0: the largest of eta + Gumbel noise."""
    utility = rng.gumbel(size=(len(eta), 1 + eta.shape[1]))
    utility[:, 1:] += eta
    return np.asarray(utility.argmax(axis=1), np.int8)


def poisson(rng: np.random.Generator, eta: Array) -> npt.NDArray[np.int64]:
    """Counts of mean exp(eta / 2)."""
    return rng.poisson(np.exp(eta[:, 0] / 2.0))


def negative_binomial(rng: np.random.Generator, eta: Array) -> npt.NDArray[np.int64]:
    """Counts of mean exp(eta / 2) and dispersion 1 / 2."""
    return rng.poisson(np.exp(eta[:, 0] / 2.0) * rng.gamma(2.0, 0.5, len(eta)))


def gamma(rng: np.random.Generator, eta: Array) -> Array:
    """Mean exp(eta / 2), shape 2."""
    return np.round(np.exp(eta[:, 0] / 2.0) * rng.gamma(2.0, 0.5, len(eta)), DECIMALS) + 10.0**-DECIMALS


def student_t(rng: np.random.Generator, eta: Array) -> Array:
    """eta + t with four degrees of freedom."""
    return np.round(eta[:, 0] + rng.standard_t(4.0, len(eta)), DECIMALS)


def beta(rng: np.random.Generator, eta: Array) -> Array:
    """Shares of mean 1 / (1 + exp(-eta / 2)), precision 5."""
    mu = 1.0 / (1.0 + np.exp(-eta[:, 0] / 2.0))
    return np.clip(np.round(rng.beta(5.0 * mu, 5.0 - 5.0 * mu), DECIMALS), 10.0**-DECIMALS, 1.0 - 10.0**-DECIMALS)


RESPONSES: dict[str, Callable[[np.random.Generator, Array], npt.NDArray[np.generic]]] = {
    "gaussian": gaussian, "bernoulli": bernoulli, "categorical": categorical, "classes30": categorical, "poisson": poisson,
    "negative-binomial": negative_binomial, "gamma": gamma, "student-t": student_t, "growth": gaussian,
    "beta": beta,
}


def write(
    model: str, rows: int, file: IO[bytes], levels: tuple[int, ...] = (), seed: int = 0, columns: int = PREDICTORS
) -> None:
    """Write a header and `rows` rows of `model`."""
    import pyarrow as pa
    from pyarrow import csv

    truth, respond = Truth.of(model, levels, columns), RESPONSES[model]
    names = [f"x{j + 1}" for j in range(columns)] + [f"g{k}" for k in levels] + ["y"]
    labels = [pa.array([f"level{i:0{len(str(k - 1))}d}" for i in range(k)]) for k in levels]
    plain = csv.WriteOptions(include_header=False, quoting_style="none")
    file.write((",".join(names) + "\n").encode())
    for place, first in enumerate(range(0, rows, CHUNK)):
        n = min(CHUNK, rows - first)
        rng = np.random.default_rng([seed, place])
        x = np.round(rng.standard_normal((columns, n)), DECIMALS).T
        codes = [rng.integers(0, k, n) for k in levels]
        y = respond(rng, 2.0 + np.exp(0.5 * x[:, :1]) if model == "growth" else truth.eta(x, codes))
        texts = [label.take(pa.array(code)) for label, code in zip(labels, codes, strict=True)]
        csv.write_csv(pa.RecordBatch.from_arrays([*map(pa.array, x.T), *texts, pa.array(y)], names), file, plain)


def level_counts(text: str) -> tuple[int, ...]:
    """"20,1000" as (20, 1000)."""
    return tuple(int(part) for part in text.split(",") if part)


def main() -> None:
    parser = argparse.ArgumentParser(description="Seeded CSV files for the benchmarks.")
    parser.add_argument("model", choices=RESPONSES)
    parser.add_argument("rows", type=lambda text: int(float(text)), help="such as 1000 or 1e7")
    parser.add_argument("file")
    parser.add_argument("--levels", type=level_counts, default=(), metavar="20,1000",
                        help="text columns with so many levels")
    parser.add_argument("--columns", type=int, default=PREDICTORS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    text = given.file if not given.file.endswith(".parquet") else given.file.removesuffix("parquet") + "csv"
    with open(text, "wb") as file:
        write(given.model, given.rows, file, given.levels, given.seed, given.columns)
    if given.file.endswith(".parquet"):
        from pyarrow import csv, parquet

        parquet.write_table(csv.read_csv(text), given.file)


if __name__ == "__main__":
    main()
