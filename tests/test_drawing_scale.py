"""Scales: ends of axes, round ticks, and how they are written."""

from math import floor, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.drawing.scale import MINUS, Span, figure, span, ticks, written
from mlefit.picture.panel import Axis

NUMBERS = st.floats(-1e12, 1e12)


@given(NUMBERS, st.floats(1e-6, 1e12), st.integers(3, 8))
def test_ticks_are_round_few_within_the_axis_and_told_apart(low: float, length: float, most: int) -> None:
    ends = Span(low, low + length)
    if not ends.high - ends.low > 1e-9 * max(abs(ends.low), abs(ends.high)):
        return
    found = ticks(ends, most)
    slack = 1e-8 * (ends.high - ends.low) + 1e-11 * abs(ends.low)
    assert 1 <= len(found) <= most + 1
    assert all(ends.low - slack <= tick <= ends.high + slack for tick in found)
    if len(found) > 1:
        step = (found[-1] - found[0]) / (len(found) - 1)
        digits = step / 10.0 ** floor(log10(step) + 1e-9)
        assert min(abs(digits - one) for one in (1.0, 2.0, 2.5, 5.0)) < 1e-3
        labels = written(found)
        assert len(set(labels)) == len(labels)
        read = [float(label.replace(MINUS, "-")) for label in labels]
        assert np.allclose(read, found, rtol=1e-9, atol=1e-3 * step)


@pytest.mark.parametrize(("places", "labels"), [
    ([-2.5, 0.0, 2.5], ["−2.5", "0", "2.5"]),
    ([0.0, 0.01, 0.02], ["0", "0.01", "0.02"]),
    ([0.0, 10_000.0, 20_000.0], ["0", "10000", "20000"]),
    ([0.0, 2e6, 4e6], ["0", "2e6", "4e6"]),
    ([1e6, 1e6 + 0.2], ["1e6", "1.0000002e6"]),
    ([0.0, 2e-7], ["0", "2e-7".replace("-", MINUS)]),
    ([], []),
])
def test_ticks_are_written_with_the_digits_that_tell_them_apart(places: list[float], labels: list[str]) -> None:
    assert written(places) == labels


def test_a_mirrored_axis_counts_upwards_in_both_directions() -> None:
    assert written([-10.0, 0.0, 10.0], mirrored=True) == ["10", "0", "10"]


@pytest.mark.parametrize(("axis", "values", "ends"), [
    (Axis("x"), [1.0, 3.0], (1.0, 3.0)),
    (Axis("x", limits=(0.0, 1.0)), [5.0], (0.0, 1.0)),
    (Axis("x", limits=(1.0, 1.0)), [1.0, 2.0], (1.0, 2.0)),
    (Axis("x", limits=(0.0, float("nan"))), [1.0, 2.0], (1.0, 2.0)),
    (Axis("x", categories=("a", "b")), [9.0], (-0.5, 1.5)),
    (Axis("x", categories=()), [], (-0.5, 0.5)),
    (Axis("x", zero=True), [2.0, 3.0], (0.0, 3.0)),
    (Axis("x"), [], (0.0, 1.0)),
    (Axis("x"), [float("nan"), float("inf")], (0.0, 1.0)),
    (Axis("x"), [4.0, 4.0], (2.0, 6.0)),
    (Axis("x"), [0.0], (-1.0, 1.0)),
    (Axis("x"), [-1e308, 1e308], (-1e300, 1e300)),
])
def test_an_axis_ends_where_it_says_or_where_its_numbers_do(axis: Axis, values: list[float], ends: tuple[float, float]) -> None:
    assert span(axis, [np.array(values)]) == pytest.approx(ends)


def test_a_margin_is_free_at_either_end_but_not_below_zero_where_the_axis_begins_there() -> None:
    assert span(Axis("x"), [np.array([0.0, 10.0])], 0.1) == (-1.0, 11.0)
    assert span(Axis("x", zero=True), [np.array([5.0, 10.0])], 0.1) == (0.0, 11.0)


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0"), (0.0467, "0.0467"), (98.71, "98.7"), (33.2, "33.2"), (-3.0, "-3"), (12_345.6, "12346"), (2e7, "2e7"),
    (1.25e-9, "1.25e-9"),
])
def test_an_end_has_three_digits_and_whole_numbers_all(value: float, text: str) -> None:
    assert figure(value) == text
