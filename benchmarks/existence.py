"""Existence: mlefit's verdict on small samples, separated or not, against an independent decision; prints a table.

    python benchmarks/existence.py [--samples 1500] [--seed 0]

A maximum-likelihood estimate fails to exist if and only if some direction d has z d >= 0 for every constraint z and > 0
for one (Albert and Anderson 1984); z runs over (e_y - e_k) (x) x_i of every row i and class k != y_i. Predictors are
whole numbers, some on a coarse grid (ties, quasi-separation), some fine, so z is exact. Two judges share nothing with
mlefit's search, which whitens the design, works on subsets of the constraints and starts from the fit:

- one linear programme (HiGHS) on all constraints;
- where z has at most 4 coordinates and full rank, exact enumeration: the cone {d: z d >= 0} is then pointed, so it is
  more than {0} if and only if it has an edge, which is orthogonal to as many independent constraints as fix a line.

Exits with 1 when a separated sample is certified, another one is refused, or the judges disagree.
"""

import argparse
import itertools
import sys
from collections import Counter
from enum import Enum

import numpy as np
import numpy.typing as npt
from fitting import fit_rows, one_thread

from mlefit.arrays import Array
from mlefit.estimation.fit import Separated
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.model import NoiseModel

Whole = npt.NDArray[np.int64]

EDGES = 4                   # coordinates up to which the edges of the cone are enumerated
GRIDS = (1, 2, 1000)        # predictors are whole numbers between -grid and grid
GAIN = 1e-7                 # of constraints scaled to norm 1: a smaller optimum is zero to the solver


class Verdict(Enum):
    """What mlefit says."""

    CERTIFIED = "certified"
    SEPARATED = "refused as separated"
    UNDECIDED = "refused without a certificate"


def draw(rng: np.random.Generator, classes: int) -> tuple[Whole, Whole]:
    """y (n,) with every class in it, and a design (n, p) of full rank: small enough that about 60 % are separated."""
    while True:
        predictors = int(rng.integers(1, 4))
        size = (predictors + 1) * (classes - 1)
        n = int(rng.integers(size + 2, 2 * size + 6))
        grid = int(rng.choice(GRIDS))
        x = np.column_stack([np.ones(n, np.int64), rng.integers(-grid, grid + 1, (n, predictors))])
        strength = float(rng.choice([0.0, 1.0, 3.0, 8.0]))
        eta = np.zeros((n, classes))
        eta[:, 1:] = strength * (x[:, 1:] / grid) @ rng.standard_normal((predictors, classes - 1))
        y = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1)
        if len(np.unique(y)) == classes and np.linalg.matrix_rank(x) == x.shape[1]:
            return y.astype(np.int64), x


def constraints(y: Whole, x: Whole, classes: int) -> Whole:
    """The distinct z (c, (K - 1) p), coefficients of the classes 1..K-1."""
    found = []
    for observed, row in zip(y, x, strict=True):
        for other in set(range(classes)) - {int(observed)}:
            sign = np.zeros(classes, np.int64)
            sign[observed], sign[other] = 1, -1
            found.append(np.kron(sign[1:], row))
    return np.unique(np.array(found), axis=0)


def by_programme(z: Whole) -> bool:
    """Whether max sum(z d) over z d >= 0, |d| <= 1 is positive."""
    from scipy.optimize import linprog

    scaled = z / np.linalg.norm(z, axis=1)[:, None]
    found = linprog(-scaled.sum(axis=0), A_ub=-scaled, b_ub=np.zeros(len(z)), bounds=(-1.0, 1.0), method="highs",
                    options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
    if found.status != 0:
        raise RuntimeError(f"the linear programme did not end: {found.message}")
    assert found.fun is not None
    return -float(found.fun) > GAIN * len(z)


def by_edges(z: Whole) -> bool | None:
    """Exact: whether the cone has an edge. None where z has too many coordinates or lacks full rank.

    The coordinates of a candidate are the signed minors of k - 1 constraints. All numbers here are whole and below
    4 * 6 * 1000^4 < 2^53, so float64 computes them exactly.
    """
    size = z.shape[1]
    if size > EDGES or np.linalg.matrix_rank(z) < size:
        return None
    chosen = z.astype(np.float64)[np.array(list(itertools.combinations(range(len(z)), size - 1)))]
    edges = np.stack([(-1) ** j * determinant(np.delete(chosen, j, axis=2)) for j in range(size)], axis=1)
    edges = edges[edges.any(axis=1)]
    margins = edges @ z.T.astype(np.float64)
    return bool(((margins >= 0).all(axis=1) | (margins <= 0).all(axis=1)).any())


def determinant(matrices: Array) -> Array:
    """Determinants (c,) of (c, k, k), by expansion along the first row: exact."""
    size = matrices.shape[1]
    if size == 1:
        return matrices[:, 0, 0]
    total = np.zeros(len(matrices))
    for j in range(size):
        total += (-1) ** j * matrices[:, 0, j] * determinant(np.delete(matrices[:, 1:], j, axis=2))
    return total


def judged(y: Whole, x: Whole, noise: NoiseModel) -> Verdict:
    """What mlefit says about a sample."""
    try:
        found = fit_rows(noise, y.astype(np.float64), x.astype(np.float64))
    except Separated:
        return Verdict.SEPARATED
    return Verdict.CERTIFIED if found.certified else Verdict.UNDECIDED


def check(noise: NoiseModel, classes: int, samples: int, seed: int) -> bool:
    """Print the lines of one model; whether every verdict is right."""
    counts: Counter[tuple[bool, Verdict]] = Counter()
    exact, disagreements, wrong = 0, [], []
    for number in range(samples):
        y, x = draw(np.random.default_rng([seed, classes, number]), classes)
        z = constraints(y, x, classes)
        separated, enumerated = by_programme(z), by_edges(z)
        if enumerated is not None:
            exact += 1
            if enumerated != separated:
                disagreements.append(number)
            separated = enumerated
        verdict = judged(y, x, noise)
        counts[separated, verdict] += 1
        if verdict is not (Verdict.SEPARATED if separated else Verdict.CERTIFIED):
            wrong.append(number)
    name = f"{noise.name}, {classes} classes"
    for separated in (True, False):
        said = " | ".join(str(counts[separated, verdict]) for verdict in Verdict)
        print(f"| {name} | {'separated' if separated else 'an estimate exists'} | {said} |", flush=True)
    notes = [f"{exact} of {samples} {name} samples were decided exactly."]
    if disagreements:
        notes.append(f"The programme disagrees with the enumeration on {disagreements}.")
    if wrong:
        notes.append(f"Wrong verdicts on {wrong}.")
    print("\n" + " ".join(notes) + "\n", file=sys.stderr, flush=True)
    return not (wrong or disagreements)


def main() -> None:
    parser = argparse.ArgumentParser(description="Separation, against independent decisions.")
    parser.add_argument("--samples", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print("| model | truth | " + " | ".join(verdict.value for verdict in Verdict) + " |\n" + "|" + " --- |" * 5)
    with one_thread():
        right = [check(noise, classes, given.samples, given.seed)
                 for noise, classes in ((Bernoulli(), 2), (Categorical().of("abc"), 3))]
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
