"""The resolution of a column of numbers: smooth, rounded to a lattice, or not comparable with a density at all.

A sample with ties has no spacings. Rounding explains ties when all values lie on a lattice v0 + k step and there are
no more ties than the lattice makes; a value far more frequent than its neighbours (zeros, censoring, 999) is an atom,
whose KL to any density is infinite; ties that no lattice explains are copied rows.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlefit.arrays import Array

CELLS_FROM = 20            # rows per distinct value from which the plug-in on cells beats jitter (KL.md table 4)
ATOM_SHARE, ATOM_ROWS, ATOM_PEAK = 0.02, 10, 5.0    # an atom: share of the rows, count, times its neighbours' count
RARE = 0.01                # share of tied rows that leaves the spacings what they are
COARSE = 2.0               # standard deviations per step beyond which the shape of the law is rounded away
RESOLVED = 100.0           # a step this many rounding errors wide is a step
WRITTEN = 4.0              # and this many units of the last decimal, where values are rounded to one
DECIMALS = 12              # decimals that are tried


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a column is to be compared with a density; `step` and `origin` describe its lattice, in natural units."""

    kind: Literal["smooth", "cells", "jitter", "none"]
    step: float = 0.0
    origin: float = 0.0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A lattice origin + k step in the units of the residuals; `origin` is one number, or one per row."""

    step: float
    origin: float | Array

    def index(self, z: Array) -> Array:
        """The whole number k of the nearest lattice point."""
        return np.rint((z - self.origin) / self.step)

    def round(self, z: Array) -> Array:
        """The nearest lattice points."""
        return self.origin + self.step * self.index(z)

    def jitter(self, z: Array, rng: np.random.Generator) -> Array:
        """Spread evenly over the cells: the lattice width is the only one that leaves the entropy what it was."""
        return z + self.step * (rng.random(z.size) - 0.5)

    @property
    def log_narrowing(self) -> float:
        """log sigma before rounding, for a sigma of 1 fitted to the rounded data (Sheppard's correction).

        Rounding adds step^2 / 12 to the variance; without this the null would carry it twice and reject at large n.
        """
        return 0.5 * float(np.log1p(-(self.step**2) / 12))


def resolve(ordered: Array, spread: float) -> Resolution:
    """The resolution of the ordered values (n,); `spread` is the standard deviation of the fitted law.

    Below half of `spread` a lattice step makes neighbouring cells of a smooth law about equally frequent, which is
    what the test for atoms relies on.
    """
    n = ordered.size
    values, counts = np.unique(ordered, return_counts=True)
    if values.size == 1:
        return Resolution("none", reason="the column is constant")
    if values.size == n:
        return Resolution("smooth")
    step = lattice_step(values)
    if step is not None and step > COARSE * spread:
        return Resolution("none", reason=f"the resolution {step:.12g} is coarser than {COARSE:g} standard deviations")
    if step is None or step <= spread / 2:
        around = np.pad(counts, 2, constant_values=1)      # two on each side: chance peaks beside one empty cell
        neighbours = np.max([around[:-4], around[1:-3], around[3:-1], around[4:]], axis=0)
        atom = (counts >= ATOM_SHARE * n) & (counts >= ATOM_ROWS) & (counts > ATOM_PEAK * neighbours)
        if np.any(atom):
            worst = int(np.argmax(np.where(atom, counts, 0)))
            held = f"the value {values[worst]:.12g} holds {counts[worst]} of {n} rows"
            return Resolution("none", reason=f"{held} (an atom), and no density has one")
    if step is None and np.array_equal(values, values.astype(np.float32)):
        step = float(np.finfo(np.float32).eps) * float(np.max(np.abs(values)))
    tied_pairs = float(np.sum(counts * (counts - 1.0)) / 2)
    for known in (step, _converted_step(values)):
        if known is not None and tied_pairs <= 10 * (1 + _expected_pairs(ordered, known)):
            return Resolution("cells" if n >= CELLS_FROM * values.size else "jitter", known, float(values[0]))
    tied_rows = int(counts[counts > 1].sum())
    if tied_rows <= RARE * n:
        return Resolution("smooth")
    return Resolution("none", reason=f"{tied_rows} of {n} rows repeat a value to full precision (copied rows)")


def _converted_step(values: Array) -> float | None:
    """The step of a lattice in another unit that was written to a number of decimals: whole pounds in kilograms, feet in metres.

    A value may then lie off its lattice by half of the last decimal, so two of them by one.
    """
    for decimals in range(DECIMALS):
        if np.array_equal(np.round(values, decimals), values):
            return lattice_step(values, 10.0**-decimals, WRITTEN)
    return None


def lattice_step(values: Array, rounding: float | None = None, resolved: float = RESOLVED) -> float | None:
    """The largest step of which all gaps of the ordered distinct values are multiples; None if rounding hides it.

    Euclid's algorithm on all gaps at once, with the rounding error of each quotient carried along; the last division of
    the range by a whole number removes what error the step has collected. `rounding`: the error of a gap, by default that of
    float64; a step is at least `resolved` times as wide.
    """
    if rounding is None:
        rounding = 4 * float(np.finfo(float).eps) * float(np.max(np.abs(values)))
    gaps = np.diff(values)
    step, error = float(gaps.min()), rounding
    while step > resolved * rounding:
        multiple = np.rint(gaps / step)
        if error * multiple.max() > step / 4:
            return None
        remainder = np.abs(gaps - multiple * step)
        allowed = rounding + multiple * error
        beyond = remainder > allowed
        if not np.any(beyond):
            span = float(values[-1] - values[0])
            return float(f"{span / float(multiple.sum()):.12g}")
        smallest = int(np.argmin(np.where(beyond, remainder, np.inf)))
        step, error = float(remainder[smallest]), float(allowed[smallest])
    return None


def _expected_pairs(ordered: Array, step: float) -> float:
    """Tied pairs that rounding makes, n^2 step (integral of f^2) / 2, the integral from the quartiles."""
    n = ordered.size
    quartiles = float(ordered[(3 * n) // 4] - ordered[n // 4])
    return float("inf") if quartiles <= 0 else n * n * 0.25 * (step / quartiles)
