"""A comparison on a page: its table, and what is recommended; and tables of rows."""

import re
from typing import NamedTuple

import numpy as np

from mlefit.drawing.typeset import typeset
from mlefit.picture.panel import Panel
from mlefit.report import comparison_words as words
from mlefit.report.comparison import Comparison
from mlefit.report.digits import significant
from mlefit.report.safety import shown


class Told(NamedTuple):
    """A table with its headings, and sentences."""

    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    sentences: tuple[str, ...]
    title: str = ""


def told(comparison: Comparison | None) -> Told | None:
    """The table of the models in their order, and what to use."""
    if comparison is None:
        return None
    behind = f"behind the best, {words.unit(comparison)}"
    heads = ("model", "parameters", "cross-entropy", "on new rows", behind, "misfit", "verdict")
    lines = []
    for entry in comparison.entries:
        if entry.fitted:
            figures = (words.parameters(entry), words.cross_entropy(comparison, entry), words.new_rows(comparison, entry),
                       words.behind(comparison, entry), words.misfit(comparison, entry))
            lines.append((shown(entry.label), *map(typeset, figures), words.verdict(entry)))
    said = tuple(line.text[:1].upper() + line.text[1:] for line in words.sentences(comparison))
    return Told(heads, tuple(lines), said, re.sub(" {2,}", "; ", words.headline(comparison)[0]))


def rows_of(panel: Panel | None) -> Told | None:
    """A table of rows: the cells of a panel, its columns and rows by name."""
    if panel is None:
        return None
    values = next((np.atleast_2d(layer.numbers["values"]) for layer in panel.layers if layer.kind == "cells"), np.empty((0, 0)))
    names = panel.y.categories or tuple(str(place + 1) for place in range(len(values)))
    cells = [[typeset(significant(value, 4)) for value in row] for row in values.tolist()]
    lines = tuple((shown(name), *row) for name, row in zip(names, cells, strict=True))
    return Told((panel.y.title or "row of the file", *(panel.x.categories or ())), lines, (panel.sentence,), panel.title)
