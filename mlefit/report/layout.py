"""Text laid out: columns, lines wrapped at blanks, names shortened in their middle, and colour that marks what to look at.

Widths are those of a terminal, where a Chinese character takes two cells. Red and magenta are read on light and on dark
backgrounds; nothing is said by colour alone.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len, chop_cells

Tone = Literal["plain", "look", "warn"]
CODES: dict[Tone, str] = {"plain": "", "look": "\x1b[1;31m", "warn": "\x1b[1;35m"}
RESET = "\x1b[0m"
GAP = 2             # blanks between columns
CUT = "…"
KEPT = 4            # cells at the beginning of texts that begin alike
SHORTEST = 3        # cells: a letter on either side of the cut


class Line(NamedTuple):
    """A line of text, of which the end may be a `command`; `tone` marks what a reader should look at first."""

    text: str = ""
    tone: Tone = "plain"
    command: str = ""


class Cells(NamedTuple):
    """A row of a table: a label with a tail that stays when it is shortened, and its numbers, empty where there is none."""

    label: str
    numbers: tuple[str, ...] = ()
    tone: Tone = "plain"
    tail: str = ""


def printed(lines: Iterable[Line], *, colour: bool) -> str:
    """The lines as text, each ending in a line break."""
    return "".join(f"{painted(line) if colour else line.text.rstrip()}\n" for line in lines)


def painted(line: Line) -> str:
    """A line with the codes of its tone."""
    text = line.text.rstrip()
    return f"{CODES[line.tone]}{text}{RESET}" if line.tone != "plain" and text else text


def room_of(text: str) -> int:
    """Cells that a text takes."""
    return cell_len(text)


def wrapped(text: str, width: int | None, hanging: int = 0) -> list[str]:
    """Lines of at most `width` cells, broken at blanks, all but the first behind `hanging` blanks.

    A word that no line can hold is shortened. None: nothing is broken.
    """
    if width is None or cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    line, empty = "", True
    for word in text.split(" "):
        room = width - (hanging if lines else 0)
        if not empty and cell_len(line) + 1 + cell_len(word) > room:
            lines.append(line)
            line, empty, room = "", True, width - hanging
        fits = shortened(word, room) if empty else word
        line, empty = (fits, False) if empty else (f"{line} {fits}", False)
    lines.append(line)
    return [lines[0], *(" " * hanging + line for line in lines[1:])]


def shortened(text: str, width: int | None) -> str:
    """The text, or its beginning and its end about a cut, so that it takes at most `width` cells."""
    if width is None or cell_len(text) <= width:
        return text
    room = max(width, SHORTEST) - 1
    tail = room // 2
    head = chop_cells(text, room - tail)[0]
    end = chop_cells(text[::-1], tail)[0][::-1]
    return f"{head}{CUT}{end}"


def told_apart(texts: Sequence[str], rooms: Sequence[int]) -> list[str]:
    """Each text shortened to its room; those that would read alike keep what comes where they begin to differ."""
    short = [shortened(text, room) for text, room in zip(texts, rooms, strict=True)]
    for label in {label for label in short if CUT in label and short.count(label) > 1}:
        places = [place for place, other in enumerate(short) if other == label]
        letters = enumerate(zip(*(texts[place] for place in places), strict=False))
        same = next((place for place, there in letters if len(set(there)) > 1), 0)
        for place in places:
            text, room = texts[place], max(rooms[place], SHORTEST + KEPT)
            tail = text[max(same - 1, KEPT) :]
            end = tail if cell_len(tail) <= room - KEPT - 1 else chop_cells(tail, room - KEPT - 2)[0] + CUT
            short[place] = chop_cells(text, KEPT)[0] + CUT + end
    return short


def padded(text: str, width: int) -> str:
    """The text and blanks up to `width` cells."""
    return text + " " * (width - cell_len(text))


def aligned(text: str, width: int) -> str:
    """The text at the right of `width` cells."""
    return " " * (width - cell_len(text)) + text


def apart(left: str, right: str, width: int) -> str | None:
    """Two texts at the ends of a line, None where they do not fit."""
    if not right:
        return left if cell_len(left) <= width else None
    room = width - cell_len(right)
    return padded(left, room) + right if cell_len(left) + GAP <= room else None


def widths(heads: Sequence[str], rows: Iterable[Cells]) -> list[int]:
    """Cells that each column of numbers takes; `heads` may be of several lines."""
    found = [max(map(cell_len, head.split("\n"))) for head in heads]
    for row in rows:
        for place, number in enumerate(row.numbers):
            found[place] = max(found[place], cell_len(number))
    return found


def grid(first: str, heads: Sequence[str], rows: Sequence[Cells], width: int | None = None) -> list[Line]:
    """A table: labels at the left, numbers at the right of their columns, heads at the bottom.

    A label reaches over the columns that are empty in its row. On a screen of `width` cells labels are shortened.
    """
    taken = widths(heads, rows)
    room = None if width is None else width - sum(taken) - GAP * len(taken)
    labels = [row.label + row.tail for row in rows]
    if room is not None:
        rooms = [room + _empty(row, taken) - cell_len(row.tail) for row in rows]
        cut = told_apart([row.label for row in rows], rooms)
        labels = [label + row.tail for label, row in zip(cut, rows, strict=True)]
    least = [cell_len(label) - _empty(row, taken) for row, label in zip(rows, labels, strict=True)]
    reach = max([cell_len(first), *least])
    lines = []
    parts = [head.split("\n") for head in heads]
    deep = max(map(len, parts), default=1)
    for level in range(deep):
        texts = [part[level - deep] if len(part) >= deep - level else "" for part in parts]
        lines.append(Line(_line(first if level == deep - 1 else "", reach, texts, taken)))
    for row, label in zip(rows, labels, strict=True):
        lines.append(Line(_line(label, reach, row.numbers, taken), row.tone))
    return lines


def _empty(row: Cells, taken: Sequence[int]) -> int:
    """Cells of the columns before the first number of a row."""
    first = next((place for place, number in enumerate(row.numbers) if number), len(taken))
    return sum(room + GAP for room in taken[:first])


def _line(label: str, reach: int, numbers: Sequence[str], taken: Sequence[int]) -> str:
    cells = [f"{' ' * GAP}{aligned(number, room)}" for number, room in zip(numbers, taken, strict=False)]
    right = "".join(cells)
    over = max(cell_len(label) - reach, 0)
    return (padded(label, reach) + right[over:]).rstrip()
