"""Story: what a page tells of a saved model on new rows: whether it holds, its pictures on them, and the rows that surprise."""

from mlefit.blas import one_thread
from mlefit.checking.check import check
from mlefit.checking.text import FIGURES, figures
from mlefit.drawing.page.story import Judged, Story
from mlefit.picture.overview import Overview
from mlefit.picture.used import scene_of
from mlefit.saved.model import Saved
from mlefit.source.reader import Reader


def story(saved: Saved, source: Reader, place: str, seed: int, threads: int, memory: int | None = None) -> Story:
    """The rows are read twice, for the check and for the pictures. `place`: the name of the model. Raises what `check` raises."""
    found = check(saved, source, place, seed, threads, memory)
    with one_thread():
        overview = Overview(scene_of(saved, source, seed, threads))
        surprise = overview.panel("surprise") if "surprise" in overview.ids else None
        sheet = overview.sheet(tuple(panel for panel in overview.chosen() if panel != "kl"))
    read = f"{found.rows_used:,} of {found.rows_read:,} new rows can be scored by a model of {found.fitted_rows:,} rows."
    said = tuple(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in (found.sentence, *found.notes))
    lines = tuple((cells.label, *cells.numbers) for cells in figures(found))
    judged = Judged(place, found.source, found.verdict, found.alarm, (read, *said), ("", *FIGURES), lines)
    return Story(overview.scene.report, sheet=sheet, surprise=surprise, judged=judged)
