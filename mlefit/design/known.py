"""Known: what the user tells of rows beside their predictors: a part of the linear predictor, and how many trials they are."""

from typing import NamedTuple

from mlefit.design.terms import Offset
from mlefit.request import Request
from mlefit.source.source import Source


class Known(NamedTuple):
    """None for what is not told."""

    offset: Offset | None = None
    trials: Offset | None = None

    @property
    def numbers(self) -> frozenset[str]:
        """The columns that they need."""
        return frozenset[str]().union(*(one.numbers for one in self if one is not None))


def known_of(source: Source, request: Request) -> Known:
    """Raises UsageError for what is no column and no arithmetic on columns."""
    if request.offset is None and request.trials is None:
        return Known()
    from mlefit.design.formula import parse_offset

    offset = None if request.offset is None else parse_offset(request.offset, source.names, source.kinds)
    trials = None if request.trials is None else parse_offset(request.trials, source.names, source.kinds, "--trials")
    return Known(offset, trials)
