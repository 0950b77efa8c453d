"""Pictured: which pictures a law has, and how a sentence calls it."""

from typing import ClassVar

FOR_NUMBERS = ("density", "qq", "fitted", "predictor", "order", "kl")
FOR_COUNTS = ("rootogram", "qq", "meanvar", "fitted", "predictor", "kl", "order")


class Pictured:
    """Facts for pictures of a fit.

    `panels`: the ids of those that the law has, in the order of looking, of which the first six are the sheet; `predictor` stands
    for the next worst one, `calibration` for that of the next rarest level. Those that every law has need not be named.
    """

    name: ClassVar[str]
    panels: ClassVar[tuple[str, ...]] = FOR_NUMBERS

    @property
    def noun(self) -> str:
        """The law in a sentence."""
        return f"{self.name.replace('-', ' ')} law"
