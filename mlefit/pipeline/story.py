"""Story: what a page tells of a fit, from the request on."""

import re

import numpy as np

from mlefit.drawing.page.story import Story
from mlefit.inference.standard_errors import StandardErrors
from mlefit.picture.overview import Overview
from mlefit.picture.panel import Panel
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.pictured import overview_of, seen
from mlefit.pipeline.spreads import spreads
from mlefit.problem.prepare import Progress
from mlefit.report.parameters import explains
from mlefit.report.report import Report
from mlefit.request import Request

EFFECTS = 12        # on a page
LEVELS = 40         # of a column: a picture of more has no room for their names
EFFECT = "effect:"


def story(request: Request, progress: Progress | None = None) -> Story:
    """Fit, report, and everything that the page draws. Raises what `run` raises."""
    def drawn(found: Fitted, errors: StandardErrors, report: Report) -> Story:
        overview = overview_of(found, report, errors)
        return Story(
            report, spreads(found.problem), overview.sheet(), _panel(overview, "nats"), effects(overview, report),
            tuple(panel for panel in (_panel(overview, "slice"),) if panel is not None), _panel(overview, "surprise"))

    return seen(request, progress, drawn)


def _panel(overview: Overview, id_: str) -> Panel | None:
    return overview.panel(id_) if id_ in overview.ids else None


def effects(overview: Overview, report: Report) -> tuple[Panel, ...]:
    """Those of the EFFECTS columns whose terms explain most, the largest change first; columns of more levels than there is
    room for names are left out, and what is on the sheet."""
    absent = {f"{EFFECT}{variable.name}" for variable in overview.scene.variables if len(variable.named) > LEVELS}
    absent.update(overview.chosen())
    ids = [id_ for id_ in overview.ids if id_.startswith(EFFECT) and id_ not in absent]
    terms = dict.fromkeys(p.term or p.name for p in report.parameters if p.kind == "mean")
    strength = {term: explains(report, term) for term in terms}

    def most(id_: str) -> float:
        name = re.compile(rf"(?<!\w){re.escape(id_.removeprefix(EFFECT))}(?!\w)")
        return max((value for term, value in strength.items() if name.search(term)), default=0.0)

    chosen = sorted(ids, key=most, reverse=True)[:EFFECTS]
    return tuple(sorted((overview.panel(id_) for id_ in chosen), key=size, reverse=True))


def size(effect: Panel) -> float:
    """By how much the prediction changes, of the line or class that changes most."""
    lines = [layer.numbers["y"] for layer in effect.layers if layer.role == "model"]
    return max((float(np.ptp(y)) for y in lines if y.size), default=0.0)
