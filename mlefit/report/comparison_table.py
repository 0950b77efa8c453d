"""The table of a comparison: one row per model, the recommendation below, plain for a pipe and folded for a terminal.

A pipe has every column. On a terminal the verdicts lose words, then the columns that say least go, then names are shortened.
"""

from mlefit.report.comparison import Comparison, Entry
from mlefit.report.comparison_words import (
    behind,
    by_folds,
    cross_entropy,
    headline,
    misfit,
    names_of,
    new_rows,
    parameters,
    sentences,
    short,
    side,
    unit,
    verdict,
    weight,
)
from mlefit.report.layout import GAP, Cells, Line, grid, padded, printed, room_of, widths, wrapped
from mlefit.report.safety import shown

BLOCK = 5           # models side by side
NAME = 20           # cells to which the names of models may be shortened before another column goes
GO = ("parameters", "cross-entropy", "misfit", "on new rows")     # columns that go, in this order; the misfit is in the verdict


def render_comparison(comparison: Comparison, *, width: int | None = None, colour: bool = False, sides: bool = False) -> str:
    """The comparison as text, ending in a line break. `width`: columns of the terminal, None where nothing is to wrap.

    `sides`: with the parameters of all models side by side.
    """
    lines = [Line(part) for line in headline(comparison) for part in wrapped(line, width)]
    lines += [Line(), *_models(comparison, width)]
    for table in _sides(comparison, width) if sides else ():
        lines += [Line(), *table]
    lines.append(Line())
    lines += [Line(part, said.tone) for said in sentences(comparison) for part in _broken(said.text, width)]
    return printed(lines, colour=colour)


def _broken(text: str, width: int | None) -> list[str]:
    """Lines broken at blanks; a text with a word that no line can hold stays as it is, so that a command can be copied."""
    whole = width is not None and any(room_of(word) > width for word in text.split(" "))
    return [text] if whole else wrapped(text, width)


def _models(comparison: Comparison, width: int | None) -> list[Line]:
    """The table in the first form that leaves the names enough room, else in the narrowest."""
    names = max(room_of(shown(entry.label)) for entry in comparison.entries)
    form = _columns(comparison, cut=False, gone=())
    if width is not None and _room(form, width) < names:
        for count in range(len(GO) + 1):
            form = _columns(comparison, cut=True, gone=GO[:count])
            if _room(form, width) >= min(names, NAME):
                break
    return grid("model", *form, width)


def _room(form: tuple[list[str], list[Cells]], width: int) -> int:
    """Cells that are left for the names."""
    taken = widths(*form)
    return width - sum(taken) - GAP * len(taken)


def _columns(comparison: Comparison, *, cut: bool, gone: tuple[str, ...]) -> tuple[list[str], list[Cells]]:
    """Heads and rows without the columns that are gone; verdicts, at the left of theirs, in few words where they are `cut`."""
    named = {"parameters": "para-\nmeters", "cross-entropy": "cross-\nentropy", "on new rows": "on new\nrows",
             **({"weight": "weight"} if by_folds(comparison) else {}),
             "behind": f"behind the best,\n{100.0 * comparison.level:g} %, {unit(comparison)}", "misfit": "misfit",
             "verdict": "verdict"}
    heads, rows = list(named.values()), [_row(comparison, entry, cut) for entry in comparison.entries]
    wide = max(room_of(text) for text in (heads[-1], *(row[-1] for row in rows)))
    kept = [place for place, name in enumerate(named) if name not in gone]
    heads[-1] = padded(heads[-1], wide)
    return [heads[place] for place in kept], [
        Cells(shown(entry.label), tuple(padded(row[place], wide) if place == len(heads) - 1 else row[place] for place in kept))
        for entry, row in zip(comparison.entries, rows, strict=True)]


def _row(comparison: Comparison, entry: Entry, cut: bool) -> tuple[str, ...]:
    share = (weight(entry),) if by_folds(comparison) else ()
    if not entry.fitted:
        return "-", "-", "-", *("-" for _ in share), "-", "-", "no answer" if cut else f"no answer: {entry.code}"
    return (parameters(entry), cross_entropy(comparison, entry), new_rows(comparison, entry), *share, behind(comparison, entry),
            misfit(comparison, entry), short(entry) if cut else verdict(entry))


def _sides(comparison: Comparison, width: int | None) -> list[list[Line]]:
    """The parameters as rows and the models as columns, as many at a time as fit: estimate and standard error."""
    fitted = [entry for entry in comparison.entries if entry.fitted]
    tables = []
    while fitted:
        count = min(BLOCK, len(fitted))
        while count > 1 and width is not None and _room(_block(fitted[:count]), width) < NAME:
            count -= 1
        tables.append(grid("parameter", *_block(fitted[:count]), width))
        fitted = fitted[count:]
    return tables


def _block(entries: list[Entry]) -> tuple[list[str], list[Cells]]:
    return [shown(entry.label) for entry in entries], [
        Cells(name, tuple(side(entry, name) for entry in entries)) for name in names_of(entries)]
