"""Raster: sheets as PNG or PDF, by matplotlib's objects: no display, no global state, no date in the file.

Scales, ticks and cells are those of the other media; what matplotlib would choose by itself is chosen here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from mlefit.drawing.markup import brief
from mlefit.drawing.painted import painted
from mlefit.drawing.palette import PALETTE
from mlefit.drawing.svg import HEADS, MARK, columns
from mlefit.drawing.typeset import prose
from mlefit.errors import UsageError
from mlefit.picture.panel import Sheet
from mlefit.report.layout import wrapped
from mlefit.report.safety import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL = (4.6, 3.95)         # inches of a panel, its title and its sentence
HEAD, FOOT = 0.62, 0.5      # inches above and below the panels
HEADING, FEET = 0.22, 2     # inches of each further line of the title; lines of the foot that FOOT has room for
LEFT, RIGHT, TITLE, BELOW = 0.62, 0.45, 0.3, 0.5        # inches about a picture
LETTER, LINE = 0.074, 0.165     # inches of a letter of a sentence, and of its lines
LINES = 4                   # of a sentence: room below each panel
SETTINGS: Any = {"font.family": "DejaVu Sans", "pdf.fonttype": 42, "text.usetex": False, "axes.formatter.use_mathtext": False}


def check(option: str) -> None:
    """Raises UsageError when matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise UsageError(f"{option}: PNG and PDF need matplotlib, which is not installed",
                         'pip install "mlefit[plot]", or give a name that ends in .svg', code="missing-extra")


def sheet(found: Sheet, kind: Literal["png", "pdf"], size: tuple[float, float] = PANEL, dpi: int = 120) -> bytes:
    """The bytes of the file; `size` of a panel in inches, `dpi` of a PNG and of the cells in a PDF."""
    with _quiet():
        drawn = figure(found, size)
        title, said = shown(found.title), shown(" ".join(f"{one.title}: {one.sentence}" for one in found.panels))
        metadata: dict[str, str | None] = {"Title": title, "Description": said, "Software": None}
        if kind == "pdf":
            metadata = {"Title": title, "Subject": said, "CreationDate": None, "Producer": None, "Creator": "mlefit"}
        place = BytesIO()
        drawn.savefig(place, format=kind, dpi=dpi, facecolor=PALETTE["ground"].light, metadata=metadata)
    return place.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Settings that a user's own file cannot change, and no warning of letters that the font does not have."""
    import warnings

    import matplotlib as mpl

    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def figure(found: Sheet, size: tuple[float, float] = PANEL) -> "Figure":
    """The sheet as a figure of matplotlib."""
    from matplotlib.figure import Figure

    across = max(columns(len(found.panels)), 1)
    down = max(-(-len(found.panels) // across), 1)
    width = size[0] * across
    letters = int(width / 0.115)
    title = wrapped(brief(found.title, HEADS * letters), letters)
    foot = wrapped(prose(found.foot), int((width - 0.7) / LETTER))
    below = FOOT + LINE * max(0, len(foot) - FEET)
    height = size[1] * down + HEAD + HEADING * (len(title) - 1) + below
    drawn = Figure(figsize=(width, height))
    soft, ink = PALETTE["soft"].light, PALETTE["ink"].light
    drawn.text(0.35 / width, 1.0 - 0.2 / height, "\n".join(title), parse_math=False, fontsize=13, fontweight="bold", va="top",
               color=ink)
    drawn.text(0.35 / width, 0.12 / height, "\n".join(foot), parse_math=False, fontsize=8.5, va="bottom", color=soft)
    for place, panel in enumerate(found.panels):
        row, column = divmod(place, across)
        words = LINES * LINE
        box = (size[0] * column + LEFT, below + size[1] * (down - 1 - row) + words + BELOW,
               size[0] - LEFT - RIGHT, size[1] - TITLE - BELOW - words - 0.2)
        axes = drawn.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        painted(axes, panel)
        top, left = (box[1] + box[3] + 0.27) / height, (box[0] - 0.3) / width
        name = (MARK if panel.mark else "") + brief(panel.title, 48)
        drawn.text(left, top, name, parse_math=False, fontsize=10, fontweight="bold",
                   color=PALETTE["warn" if panel.mark else "ink"].light)
        said = "\n".join(wrapped(prose(panel.sentence), int((size[0] - 0.5) / LETTER)))
        drawn.text(left, (box[1] - BELOW) / height, said, parse_math=False, fontsize=8.8, va="top", color=ink)
    return drawn
