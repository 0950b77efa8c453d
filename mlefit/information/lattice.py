"""Lattices: the step of which all values of a column are multiples, through the rounding with which they were written."""

import numpy as np

from mlefit.arrays import Array

RESOLVED = 100.0            # a step this many rounding errors wide is a step
WRITTEN = 4.0               # and this many units of the last decimal, where values are rounded to one
DECIMALS = 12               # decimals that are tried
FRACTIONS = (60, 12, 100, 16, 7, 24)        # of one unit: minutes, months, hundredths, sixteenths, days, hours
SINGLE = float(np.finfo(np.float32).eps)


def step_of(values: Array) -> float | None:
    """The step of the ordered distinct values (n,), in doubles, in single precision, or written to some decimals."""
    largest = float(np.max(np.abs(values)))
    with np.errstate(over="ignore"):    # a number beyond single precision is none of it
        single = values.astype(np.float32).astype(np.float64)
    if np.array_equal(values, single):
        step = lattice_step(values, 2.0 * SINGLE * largest, WRITTEN)
        if step is not None:
            return step
    step = lattice_step(values)
    written = None if step is None else _written(values, step)
    return step if written is None else written


def _written(values: Array, step: float) -> float | None:
    """A wider step, of values that were written to some decimals, which are `step` apart: k / 60, or pounds in kilograms."""
    decimals = next((d for d in range(DECIMALS) if np.array_equal(np.round(values, d), values)), None)
    if decimals is None:
        return None
    unit = 10.0**-decimals
    for parts in FRACTIONS:
        fraction = 1.0 / parts
        if fraction > WRITTEN * unit and np.all(np.abs(values - np.rint(values * parts) / parts) <= 0.51 * unit):
            return fraction
    return _converted(values, unit)


def _converted(values: Array, unit: float) -> float | None:
    """The step of a lattice in another unit, from its smallest gaps and then over ever longer stretches of the values.

    A value may lie off its lattice by half of the last decimal.
    """
    gaps = np.diff(values)
    least = float(gaps.min())
    if least < (WRITTEN - 1.0) * unit or values.size < 8:
        return None
    step, away = float(gaps[gaps < 1.5 * least].mean()), values - values[0]
    length = 4
    while True:
        known = away[:length]
        multiple = np.rint(known / step)
        step = float(multiple @ known / (multiple @ multiple))
        if float(np.abs(known - multiple * step).max()) > 1.01 * unit:
            return None
        if length >= values.size:
            apart = multiple - multiple.mean()      # the first value is rounded too
            return float(f"{apart @ known / (apart @ apart):.12g}")
        length *= 2


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
