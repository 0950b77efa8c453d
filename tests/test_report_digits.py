"""Digits: a value is rounded by its error, and no number is too ugly to print."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlefit.numerals import numeral
from mlefit.report.digits import by_error, decimals, or_noise, percent, significant

ANY = st.one_of(st.none(), st.floats())


@pytest.mark.parametrize(("value", "error", "text"), [
    (1.0213, 0.0432, "1.021"),
    (-0.50712, 0.0203, "-0.507"),
    (1.23, 0.0996, "1.23"),                   # the error rounds up to 0.10: two digits of it end at the second decimal
    (12345.6, 430.0, "12350"),
    (44.0, 1000.0, "0"),
    (60.0, 1000.0, "100"),
    (3482258.635, 455478.5, "3.48e+06"),      # fixed notation would invent four zeros
    (455478.5, 455478.5, "460000"),
    (-3482258.6, 1e-3, "-3482258.6000"),
    (3e-5, 2e-5, "0.000030"),
    (4e-5, 1e-3, "0.0000"),
    (-4e-5, 1e-3, "0.0000"),
    (9.999e-5, 1e-7, "9.999e-05"),
    (1e-300, 1e-301, "1.00e-300"),
    (1e300, 1e298, "1.000e+300"),
    (1e300, 1e-300, "1.00000000000000e+300"),
    (1.5, 1e-30, "1.50000000000000"),         # as many digits as a double has
    (5.0, 1e300, "0"),
    (0.0, 0.1, "0.00"),
    (-0.0, 0.1, "0.00"),
    (0.0, 1e-300, "0"),
    (0.0, 0.0, "0"),
    (5e-324, 1e-10, "0"),
    (1.5, 0.0, "1.50000"),
    (1.5, None, "1.50000"),
    (1.5, math.nan, "1.50000"),
    (1.5, math.inf, "1.50000"),
    (None, 0.1, "-"),
    (math.nan, 0.1, "-"),
    (math.inf, 0.1, "-"),
])
def test_a_value_is_printed_to_two_digits_of_its_error(value: float | None, error: float | None, text: str) -> None:
    assert by_error(value, error) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.23711841, "0.23712"), (12345.67, "12346"), (123456.7, "123457"), (999999.97, "1.0000e+06"), (1e-4, "0.00010000"),
    (9.9e-5, "9.9000e-05"), (0.0, "0"), (-0.0, "0"), (1e300, "1.0000e+300"), (1e-300, "1.0000e-300"), (None, "-"),
])
def test_a_figure_has_five_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (-349.6571, "-349.66"), (-0.001, "0.00"), (1234567.891, "1234567.89"), (1e16, "1.00000e+16"), (None, "-"),
    (math.inf, "-"),
])
def test_criteria_show_differences_of_a_hundredth(value: float | None, text: str) -> None:
    assert decimals(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "< 1e-10"), (9.9e-11, "< 1e-10"), (1.2e-10, "1.2e-10"), (0.5, "0.50"), (1234.0, "1234"), (None, "-"),
])
def test_rounding_noise_has_no_digits(value: float | None, text: str) -> None:
    assert or_noise(value) == text


def test_levels_are_percentages() -> None:
    assert [percent(level) for level in (0.95, 0.9, 0.999, 0.975)] == ["95 %", "90 %", "99.9 %", "97.5 %"]


@given(ANY, ANY)
def test_any_two_doubles_print_in_a_cell(value: float | None, error: float | None) -> None:
    for text in (by_error(value, error), significant(value), decimals(value), or_noise(value)):
        assert 1 <= len(text) <= 24
        assert "nan" not in text
        assert "inf" not in text
        assert not (text.startswith("-") and text != "-" and float(text) == 0.0)


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e6))
def test_what_is_printed_is_within_a_twentieth_of_the_error(value: float, error: float) -> None:
    rounding = 0.0501 * error + 1e-13 * abs(value)    # half a unit of the error's second digit, and the double's own
    assert abs(float(by_error(value, error)) - value) <= rounding


@pytest.mark.parametrize(("value", "spelt"), [
    (-3.0, "-3"), (0.0, "0"), (-0.0, "0"), (3.5, "3.5"), (0.1, "0.1"), (1e5, "100000"), (2.0**53, "9007199254740992"), (1e22, "1e+22"),
    (float("inf"), "inf"), (float("nan"), "nan"),
])
def test_a_number_in_a_sentence_is_spelt_as_files_do(value: float, spelt: str) -> None:
    assert numeral(value) == spelt
