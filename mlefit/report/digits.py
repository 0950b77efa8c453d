"""How numbers are printed: a value is rounded by its standard error, so that every digit shown means something.

    by_error       a value to two digits of its error      1.0213 +- 0.0432  ->  1.021
    significant    a figure without an error               0.237118...       ->  0.23712
    decimals       a figure compared by differences        -349.6571         ->  -349.66
    or_noise       a figure that should be zero            3e-17             ->  < 1e-10
    p_value        a probability                           2.9e-7            ->  3e-7
    percentage     a share                                 0.95312           ->  95.3 %

Fixed notation wherever a reader can take it in; scientific below 1e-4, and where the integer part grows too long.
Rounding never leaves a minus sign before zero. A number that does not exist (None, infinite, NaN) prints as a dash.
"""

from math import isfinite

ABSENT = "-"
NOISE = 1e-10            # below this a gap or a certificate is rounding noise: its digits say nothing
SMALLEST_FIXED = -4      # power of ten: 0.00012 can still be read; 0.000012 is miscounted
LARGEST_FIXED = 6        # likewise for the zeros of a large rounded value
MOST_PLACES = 6          # as many decimals may begin with zeros, such as 0.000030 +- 0.000020
CRITERION_PLACES = 2     # AIC differences of 0.01 are visible
ENTROPY_PLACES = 5       # entropies per row, which add up in the table
SMALLEST_P = 1e-3        # below it a p is a power of ten
LARGEST_EXACT = 1e15     # beyond it, decimals of a double are invented
MEANINGFUL = 15          # significant decimal digits that every double carries


def exponent(value: float, digits: int) -> int:
    """The power of ten of the first digit, after rounding to `digits` significant digits (0.0999 to two: -1)."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2])


def significant(value: float | None, digits: int = 5) -> str:
    """`digits` significant digits, trailing zeros kept."""
    if value is None or not isfinite(value):
        return ABSENT
    if value == 0.0:
        return "0"
    power = exponent(value, digits)
    if SMALLEST_FIXED <= power < LARGEST_FIXED:
        return f"{value:.{max(digits - 1 - power, 0)}f}"
    return f"{value:.{digits - 1}e}"


def by_error(value: float | None, error: float | None, digits: int = 6) -> str:
    """`value` rounded to two digits of `error`; that many significant digits when there is no error to go by."""
    if value is None or not isfinite(value):
        return ABSENT
    if error is None or not isfinite(error) or error <= 0.0:
        return significant(value, digits)
    places = 1 - exponent(error, 2)                       # decimals of the second digit of the error
    power = exponent(value, MEANINGFUL) if value else 0
    if value == 0.0 or power < -places - 1:               # less than a tenth of the last place: nothing of it is left
        return f"{0.0:.{places}f}" if 0 < places <= MOST_PLACES else "0"
    if places < 0 and power < LARGEST_FIXED:
        return unsigned_zero(f"{round(value, places):.0f}")
    known = min(places, MEANINGFUL - 1 - power)           # a double has no more, however small the error
    if 0 <= known <= MOST_PLACES or (known > MOST_PLACES and power >= SMALLEST_FIXED):
        return unsigned_zero(f"{value:.{known}f}")
    return f"{value:.{max(power + known, 0)}e}"


def decimals(value: float | None, places: int = 2) -> str:
    """A fixed number of decimals, so that differences between runs can be read off."""
    if value is None or not isfinite(value):
        return ABSENT
    if abs(value) >= LARGEST_EXACT:
        return significant(value, 6)
    return unsigned_zero(f"{value:.{places}f}")


def or_noise(value: float | None) -> str:
    """Two significant digits, or `< 1e-10`."""
    if value is None or not isfinite(value):
        return ABSENT
    return f"< {NOISE:.0e}" if abs(value) < NOISE else significant(value, 2)


def p_value(value: float | None) -> str:
    """Two significant digits; one of a p below 0.001; `< 1e-10`."""
    if value is None or not isfinite(value):
        return ABSENT
    if value < NOISE:
        return f"< {NOISE:.0e}"
    if value < SMALLEST_P:
        mantissa, _, power = f"{value:.0e}".partition("e")
        return f"{mantissa}e{int(power)}"
    return significant(value, 2)


def percentage(share: float) -> str:
    """A share in percent with one decimal, as many as it takes where it is nearly all of it."""
    text = f"{100.0 * share:.1f} %"
    if 0.0 < share < 1.0 and text in ("100.0 %", "0.0 %"):
        return "> 99.9 %" if share > 0.5 else "< 0.1 %"
    return f"{unsigned_zero(text[:-2])} %"


def percent(level: float) -> str:
    """A confidence level as it is spoken of: 0.95 is 95 %."""
    return f"{100.0 * level:.10g} %"


def unsigned_zero(text: str) -> str:
    """A value that was rounded to zero has no sign: -0.00 is 0.00."""
    return text.lstrip("-") if not text.strip("-0.") else text
