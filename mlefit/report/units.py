"""The unit of the displays: entropies are kept in nats and shown in what the user chose."""

from math import log

from mlefit.report.information import Information


def unit_of(information: Information | None) -> tuple[str, float]:
    """The unit displayed and what turns nats into it."""
    bits = information is not None and information.unit == "bits"
    return ("bits", 1.0 / log(2.0)) if bits else ("nats", 1.0)
