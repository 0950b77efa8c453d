"""The resolution of a column of numbers: smooth, or known to a step, in cells of which a density has a mass.

A sample with ties has no spacings. Rounding explains ties when all values lie on a lattice and there are no more ties than the
lattice makes. Values that people prefer (ages that end in 0 or 5, prices in thousands) are heaps: cells of their step hold them
and their neighbours alike. A single value that holds many rows (zeros, a top code) is an atom, a cell of its own on the lattice.
No step is ever widened to hide a value.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from mlefit.arrays import Array
from mlefit.information.lattice import step_of
from mlefit.records import record
from mlefit.report.information import Atom

ATOM_SHARE, ATOM_ROWS, ATOM_PEAK = 0.02, 10, 5.0    # an atom: share of the rows, count, times its neighbours' count
MOST_ATOMS = 2              # more of them are heaps, or a lattice that is too fine
RARE = 0.01                 # share of tied rows that leaves the spacings what they are
TIES = 10.0                 # times as many tied pairs as a lattice makes are not its own
HEAPED, SURE = 1.5, 5.0     # times its share of rows, and standard deviations beyond, that make a heap
COARSE = 2.5                # standard deviations to which heaps are looked for
FINE = 10.0                 # cells in a standard deviation, of values that are smooth but for an atom
ROUNDING = 1e-6             # relative: steps are told from values written in decimals


@record(frozen=True)
class Resolution:
    """How a column is to be compared with a density. Cells of width `step` have their centres at `origin` + k step.

    `reason`: why there are no cells, which is to say no shape.
    """

    kind: Literal["smooth", "steps", "none"]
    step: float = 0.0
    origin: float = 0.0
    atoms: tuple[Atom, ...] = ()
    reason: str | None = None

    def cells(self, y: Array) -> tuple[Array, Array] | None:
        """The ends (n,) of the cells of the responses; None where they are smooth."""
        if self.kind != "steps":
            return None
        centre = self.origin + np.rint((y - self.origin) / self.step) * self.step
        return centre - self.step / 2, centre + self.step / 2

    def standard(self, centre: float, scale: float) -> "Resolution":
        """The cells of a response in another unit."""
        return replace(self, step=self.step / scale, origin=(self.origin - centre) / scale)


def resolve(y: Array, spread: float) -> Resolution:
    """The resolution of responses (n,); `spread` is the standard deviation of the fitted law."""
    values, counts = np.unique(y, return_counts=True)
    n = y.size
    if values.size == 1:
        return Resolution("none", reason="the column is constant")
    if not 0.0 < spread < np.inf:
        return Resolution("none", reason=f"the fitted law has a standard deviation of {spread:g}")
    if values.size == n:
        return Resolution("smooth")
    single = _single(values, counts, n)
    atoms = tuple(_atom(values, counts, int(place)) for place in single) if single.size <= MOST_ATOMS else ()
    apart = np.delete(np.arange(values.size), single) if atoms else np.arange(values.size)
    rest, weight = values[apart], counts[apart]
    if rest.size < 2:
        return Resolution("none", reason="nearly all rows have one value", atoms=atoms)
    step = step_of(values) if rest.size < values.size else step_of(rest)
    if step is None and int(weight[weight > 1].sum()) <= RARE * n:
        if not atoms:
            return Resolution("smooth")
        return Resolution("steps", _decade(spread / FINE), 0.0, atoms)
    width = _coarse(rest, weight, step, spread)
    if width is None or width > spread:
        known = step if width is None else width
        said = "their ties" if known is None else f"steps of {known:.6g}"
        return Resolution("none", reason=f"values come in {said}, coarser than a standard deviation of {spread:.3g}", atoms=atoms)
    if step is None or width > step:
        return Resolution("steps", width, 0.0, atoms)
    away = values - values[0]
    origin = float(values[0] + np.mean(away - np.rint(away / step) * step))
    return Resolution("steps", width, origin, atoms)


def _single(values: Array, counts: np.ndarray, n: int) -> np.ndarray:
    """The places of values with far more rows than those around them: two on each side, as chance peaks beside one empty cell."""
    around = np.pad(counts, 2, constant_values=1)
    neighbours = np.max([around[:-4], around[1:-3], around[3:-1], around[4:]], axis=0)
    enough = (counts >= ATOM_SHARE * n) | (values == 0.0)
    enough[[0, -1]] = True
    return np.flatnonzero(enough & (counts >= ATOM_ROWS) & (counts > ATOM_PEAK * neighbours))


def _atom(values: Array, counts: np.ndarray, place: int) -> Atom:
    value = float(values[place])
    ends = {0: "lowest", values.size - 1: "highest"}
    where: Literal["zero", "lowest", "highest", "between"] = "zero" if value == 0.0 else ends.get(place, "between")  # type: ignore[assignment]
    return Atom(value, int(counts[place]), where)


def _coarse(values: Array, counts: np.ndarray, step: float | None, spread: float) -> float | None:
    """The width of cells that hold every heap: the step itself, or 1, 2 or 5 times a power of ten; None where there is none."""
    n, width = float(counts.sum()), step
    if width is not None:
        for wider in _decades(width, COARSE * spread):
            ratio = wider / width
            if abs(ratio - round(ratio)) > ROUNDING:
                continue
            share, base = (_at_multiples(values, counts, one, step or one) for one in (wider, width))
            expected = base / ratio
            if share > HEAPED * expected and share - expected > SURE * np.sqrt(max(expected * (1.0 - 1.0 / ratio), 1.0)):
                width = wider
    pairs = float(np.sum(counts * (counts - 1.0)) / 2)
    if width is not None and (width > (step or 0.0) or pairs <= TIES * (1 + _expected_pairs(values, counts, width))):
        return width
    fits = (wider for wider in _decades(step or 0.0, spread) if pairs <= TIES / 2 * (1 + _expected_pairs(values, counts, wider)))
    return next(fits, None) if n > 0 else None


def _at_multiples(values: Array, counts: np.ndarray, width: float, step: float) -> float:
    """Rows at multiples of `width`, within a quarter of a step; the value with most of them is left out, as it is no heap alone."""
    there = counts[np.abs(values - np.rint(values / width) * width) <= step / 4.0]
    return float(there.sum() - there.max(initial=0))


def _decades(above: float, to: float) -> list[float]:
    """1, 2 and 5 times powers of ten beyond `above` and up to `to`, in order."""
    last = int(np.floor(np.log10(to)))
    first = last - 12 if above <= 0.0 else int(np.floor(np.log10(above)))
    powers = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 2, 5)]
    return [power for power in powers if above * (1.0 + ROUNDING) < power <= to]


def _decade(at_most: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most so much."""
    return _decades(at_most / 10.0, at_most)[-1]


def _expected_pairs(values: Array, counts: np.ndarray, step: float) -> float:
    """Tied pairs that rounding makes, n^2 step (integral of f^2) / 2, the integral from the quartiles."""
    above = np.cumsum(counts)
    n = float(above[-1])
    low, high = (values[int(np.searchsorted(above, share * n))] for share in (0.25, 0.75))
    width = float(high - low)
    return float("inf") if width <= 0.0 else n * n * 0.25 * (step / width)
