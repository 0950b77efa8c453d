"""Numbers as people write them: with a unit, a bound, a mark, percent or currency signs; and dates."""

import re
from collections.abc import Collection
from functools import cache

from mlefit.source.cells import NUMBER

_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?i:am|pm|z)?(?:[+-]\d{2}:?\d{2})?"
_DAY = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]*\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}})"
)
_DIGIT = re.compile("[0-9]")
DATE = rf"(?:{_DAY}(?:[T ]\s*{_TIME})?|{_TIME})"
_LOOSE = r"[+-]?[0-9][0-9.,'\u2019\u202f]*(?:[eE][+-]?[0-9]+)?|[+-]?[.,][0-9]+"      # a number, with separators
_WORD = r"(?:[^\W\d_]|[°‰'\"′″])(?:[^\W\d_]|[°.·*/]|\^?-?[23](?![0-9])|[²³⁻¹])*"     # a unit such as kg, °C, km/h, m2
_UNIT = rf"({_LOOSE})\s*({_WORD})"
NUMERIC = (         # meant as numbers, whatever the column
    "percent", "currency", "thousands", "decimal comma", "minus", "exponent", "about", "mark")
BOUND = "bound"     # meant as a number among numbers; among 18-24, and where there is nothing else, the end of a scale of bins

# Units of one quantity on a line, as `unit` gives them. Cells with several of them are quantities and no categories, and
# no number can be read of them all without a conversion.
_QUANTITIES = tuple(frozenset(line.split()) for line in """
km m dm cm mm µm μm um nm in inche inch ft feet yd mi mile '
t kg g mg µg μg ug mcg ng lb oz
l L dl dL cl cL ml mL µl μl µL μL ul uL gal
s sec min h hr hour d day w wk week mo month y yr year ms µs us ns
C F °C °F K
k K M B G T mn bn mio tn
kB KB MB GB TB kb Mb Gb KiB MiB GiB
V mV kV µV μV
A mA µA μA
W mW kW MW GW
J kJ MJ cal kcal Wh kWh MWh
Hz kHz MHz GHz
Pa hPa kPa MPa bar mbar psi mmHg atm
mol mmol µmol μmol nmol
ng/mL ng/ml µg/mL ug/mL µg/L ug/L mg/dL mg/dl mg/L mg/l g/dL g/L g/l mmol/L mmol/l µmol/L umol/L nmol/L
m/s km/h kmh kph mph kn
m2 m² km2 km² cm2 cm² ha ft2 ft²
ppm ppb ppt
EUR USD GBP CHF JPY CNY AUD CAD SEK NOK DKK PLN
""".strip().splitlines())


@cache
def _written() -> dict[str, re.Pattern[str]]:
    """Numbers written for people, by the name of what a computer does not read, and dates; the first that fits tells.

    Made when a cell that is no number is met: to compile them takes as long as to read a small file.
    """
    return {name: re.compile(pattern) for name, pattern in {
        "percent": rf"(?:{NUMBER})\s*%",
        "currency": r"[+-]?\s*(?:[$€£¥]|[A-Z]{3}\s)\s*[+-]?[0-9][0-9.,' ]*|[+-]?[0-9][0-9.,' ]*\s*[$€£¥]",
        "thousands": r"[+-]?[0-9]{1,3}(?:([,.'\u2019 \u00a0\u202f_])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?",
        "decimal comma": r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?",
        "date": DATE,
        "minus": rf"[\u2212\u2012\u2013\u2014\ufe63\uff0d]\s*(?:{_LOOSE})|[+-]\s+(?:{_LOOSE})|[0-9][0-9.,]*[.,][0-9]{{2}}-",
        "exponent": r"[+-]?(?:[0-9]+[.][0-9]*|[.][0-9]+)[dD][+-]?[0-9]+|[+-]?[0-9]+[dD][+-][0-9]+",
        "bound": rf"(?:[<>≤≥]=?\s*(?:{_LOOSE})\s*(?:{_WORD}|%)?|(?:{_LOOSE})\s*\+)",
        "about": rf"(?:(?:[~≈]=?|(?i:ca\.?|circa|about|approx\.?))\s*(?:{_LOOSE})\s*(?:{_WORD}|%)?"
                 rf"|(?:{_LOOSE})\s*(?:±|\+/-)\s*(?:{_LOOSE})\s*(?:{_WORD}|%)?)",
        "mark": rf"(?:{_LOOSE})\s*(?:[*†‡§#!?]{{1,3}}|\[\w\])|[*†‡§](?:{_LOOSE})|\((?:{_LOOSE})\)",
        "unit": rf"(?!(?:{NUMBER})$)(?:{_UNIT})",
    }.items()}


def reason(text: str) -> str:
    """Why `text` is not a number: percent, currency, thousands, decimal comma, date, minus, exponent, bound, about, mark, unit
    or text."""
    if not _DIGIT.search(text):
        return "text"
    return next((name for name, pattern in _written().items() if pattern.fullmatch(text)), "text")


def number_part(cell: str) -> str:
    """The number of a cell that is one with a unit, else the cell."""
    found = _written()["unit"].fullmatch(cell)
    return cell if found is None else found[1]


def unit(text: str) -> str | None:
    """The unit of a number with one, without the s of a plural (`day` of `2 days`); None for any other cell."""
    if reason(text) != "unit":
        return None
    found = _written()["unit"].fullmatch(text)
    assert found is not None
    return found[2].removesuffix("s") if len(found[2]) > 2 else found[2]


def are_quantities(units: Collection[str]) -> bool:
    """Whether these are known units of one quantity, as kg and g are, and not what stands behind a code such as 12A."""
    return bool(units) and any(kind.issuperset(units) for kind in _QUANTITIES)
