"""The unit of the displays: entropies are kept in nats and shown in what the user chose."""

from math import log
from typing import Literal

from mlefit.report.information import Information


def unit_of(information: Information | None) -> tuple[str, float]:
    """The unit displayed and what turns nats into it."""
    unit: Literal["nats", "bits"] = "nats" if information is None else information.unit
    return unit, factor_of(unit)


def factor_of(unit: Literal["nats", "bits"]) -> float:
    """What turns nats into the unit."""
    return 1.0 / log(2.0) if unit == "bits" else 1.0
