"""Sparkline: what was found above what the model expects, as two lines of bars of one character each, on one scale."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlefit.report.layout import Line

BLOCKS = "▁▂▃▄▅▆▇█"
LABEL = 10          # cells of the labels, as those of the sentences


class Sparkline(NamedTuple):
    """`labels` of the two lines; `found` and `model`, as many numbers of each, none negative."""

    labels: tuple[str, str]
    found: tuple[float, ...]
    model: tuple[float, ...]


def lines(sparkline: Sparkline) -> "list[Line]":
    """The two lines. Nothing is a blank; what is anything at all has a bar."""
    from mlefit.report.layout import Line  # with rich, which refusals do without

    largest = max((*sparkline.found, *sparkline.model), default=0.0)
    rows = zip(sparkline.labels, (sparkline.found, sparkline.model), strict=True)
    return [Line(f"{label:<{LABEL}}{''.join(bar(value, largest) for value in row)}") for label, row in rows]


def bar(value: float, largest: float) -> str:
    """The bar of a value."""
    if not value > 0.0 or not largest > 0.0:
        return " "
    return BLOCKS[min(int(value / largest * len(BLOCKS)), len(BLOCKS) - 1)]
