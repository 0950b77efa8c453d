"""Terminal: a sheet as text, in braille dots or, where there is no Unicode, in ASCII; no colour is needed to read it.

Bands are dotted outlines, for a filled one would hide the rest. Panels along x are drawn without their single points. As many
panels stand beside each other as the width holds, each with its title above and its sentence below.
"""

from collections.abc import Callable
from dataclasses import replace

from mlefit.drawing.chart import COLUMNS, chart
from mlefit.drawing.markup import brief
from mlefit.drawing.scale import MINUS
from mlefit.picture.panel import Axis, Panel, Sheet
from mlefit.report.layout import CUT, padded, room_of, wrapped
from mlefit.report.safety import shown

PLAIN_CUT = "~"         # in ASCII, where a name was shortened
BETWEEN = 3             # blanks between panels
SMALLER = 46            # cells of pictures that are made smaller so that one more stands beside them
LEAST = 24              # cells of the narrowest picture
LABELS = 12             # cells that are kept for the ticks at the left
EMPTY = "\u2800"        # an empty cell as wide as the braille ones: some fonts give these another width than the blank
MARKS = {True: "* ", False: "◆ "}     # before the title of a panel that is marked


def drawn(sheet: Sheet, width: int, ascii: bool = False, pipe: bool = False) -> str:
    """The sheet in lines of at most `width` cells, ending in a line break.

    `ascii`: with ASCII alone. `pipe`: nobody looks at it in a terminal; empty cells are blanks, and lines do not end in them.
    """
    said, blank = in_ascii if ascii else shown, " " if pipe or ascii else EMPTY
    panels = [_said(panel, said) for panel in sheet.panels]
    blocks, room, across = _blocks(panels, width, ascii, blank)
    lines = [*wrapped(said(sheet.title), width), ""]
    for start in range(0, len(blocks), across):
        row = blocks[start : start + across]
        deep = max(map(len, row))
        tall = [[*block, *[""] * (deep - len(block))] for block in row]
        lines += [(" " * BETWEEN).join(padded(line, room) for line in beside) for beside in zip(*tall, strict=True)]
        lines.append("")
    lines += wrapped(said(sheet.foot), width)
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    return text.replace(CUT, PLAIN_CUT) if ascii else text


def _blocks(panels: list[Panel], width: int, plain: bool, blank: str) -> tuple[list[list[str]], int, int]:
    """The panels as lines, the cells of the widest, and how many stand beside each other: one more where smaller ones fit."""
    def made(cells: int) -> tuple[list[list[str]], int]:
        blocks = [_block(panel, cells, plain, blank) for panel in panels]
        return blocks, max((room_of(line) for block in blocks for line in block), default=0)

    cells = max(LEAST, min(COLUMNS, width - LABELS))
    blocks, room = made(cells)
    across = max(1, (width + BETWEEN) // (room + BETWEEN))
    smaller = cells - room + (width - BETWEEN * across) // (across + 1)
    if smaller >= SMALLER and len(panels) > across:
        blocks, room = made(smaller)
        across = max(1, (width + BETWEEN) // (room + BETWEEN))
    return blocks, room, across


def in_ascii(words: str) -> str:
    """A text with all else than ASCII as escapes."""
    return shown(words.replace(MINUS, "-")).encode("ascii", "backslashreplace").decode("ascii")


def _said(panel: Panel, said: Callable[[str], str]) -> Panel:
    """The panel with all its texts as they are shown."""
    return replace(
        panel, title=said(panel.title), sentence=said(panel.sentence), x=_axis(panel.x, said), y=_axis(panel.y, said),
        layers=tuple(replace(layer, label=None if layer.label is None else said(layer.label)) for layer in panel.layers))


def _axis(axis: Axis, said: Callable[[str], str]) -> Axis:
    names = None if axis.categories is None else tuple(map(said, axis.categories))
    return replace(axis, title=said(axis.title), categories=names)


def _block(panel: Panel, cells: int, plain: bool, blank: str) -> list[str]:
    """Title, picture and sentence."""
    picture = chart(panel, cells, plain, blank)
    room = max(cells, *map(room_of, picture))
    title = (MARKS[plain] if panel.mark else "") + panel.title
    sentence = wrapped(panel.sentence, room - 2)
    return [brief(title, room), *picture, *(f"  {line}" for line in sentence)]
