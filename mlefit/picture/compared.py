"""Compared: how far the models of a comparison are behind the best, as dots and intervals on one scale with 0."""

import re

import numpy as np

from mlefit.picture.panel import Axis, Layer, Panel, Sheet
from mlefit.picture.words import number
from mlefit.report import comparison_words as words
from mlefit.report.comparison import Comparison
from mlefit.report.digits import percent
from mlefit.report.units import factor_of

MOST = 12           # models in the picture


def behind(comparison: Comparison) -> Panel | None:
    """The differences to the best; None where only one model has an answer."""
    found = [(entry.label, comparison.behind(entry.label)) for entry in comparison.entries[1:] if entry.fitted]
    known = [(label, one) for label, one in found if one is not None][:MOST]
    if not known:
        return None
    factor, layers = factor_of(comparison.unit), [Layer("vrule", "reference", {"x": np.zeros(1)})]
    for row, (label, one) in enumerate(known):
        place = {"row": np.array([float(row)])}
        layers.append(Layer("span", "data", {"low": np.array([one.low * factor]), "high": np.array([one.high * factor]), **place},
                            label))
        layers.append(Layer("mark", "data", {"x": np.array([one.nats * factor]), **place}))
    best, (last, far) = comparison.entries[0].label, known[-1]
    sentence = (f"{last} is {number(far.nats * factor)} ({number(far.low * factor)} to {number(far.high * factor)}) "
                f"{words.unit(comparison)} behind {best}.")
    title = f"Behind {best}, with {percent(comparison.level)} intervals"
    across = Axis(words.unit(comparison), zero=True)
    return Panel("compare", title, across, Axis(""), tuple(layers), sentence, rows=comparison.rows)


def sheet(comparison: Comparison, seed: int) -> Sheet:
    """The picture between what was compared and what to use; without a picture where there is nothing beside one model."""
    panel, said = behind(comparison), words.sentences(comparison)
    title = re.sub(" {2,}", "; ", words.headline(comparison)[0])
    return Sheet(title, said[0].text if said else "", () if panel is None else (panel,), 0, 0, seed)
