"""The table of a comparison: one row per model, the recommendation below, plain for a pipe and wrapped for a terminal."""

from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlefit.report.comparison import Comparison, Entry
from mlefit.report.comparison_words import (
    behind,
    cross_entropy,
    headline,
    misfit,
    names_of,
    new_rows,
    parameters,
    sentences,
    side,
    unit,
    verdict,
)
from mlefit.report.safety import shown

WIDE = 10_000       # columns of a pipe: nothing wraps
BLOCK = 5           # models side by side


def render_comparison(comparison: Comparison, *, width: int | None = None, colour: bool = False, sides: bool = False) -> str:
    """The comparison as text, ending in a line break. `width`: columns of the terminal, None where nothing is to wrap.

    `sides`: with the parameters of all models side by side.
    """
    out = StringIO()
    console = Console(
        file=out, width=width or WIDE, force_terminal=colour, color_system="standard" if colour else None, no_color=not colour,
        markup=False, highlight=False, emoji=False, legacy_windows=False,
    )
    for line in headline(comparison):
        console.print(Text(line, overflow="fold"))
    console.print()
    console.print(_models(comparison))
    if sides:
        for table in _sides(comparison):
            console.print()
            console.print(table)
    console.print()
    for sentence in sentences(comparison):
        tone = "bold red" if sentence.tone != "plain" else ""
        console.print(Text(sentence.text, tone, overflow="fold"))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _models(comparison: Comparison) -> Table:
    table = _grid(("model", "", "cross-\nentropy", "on new\nrows", "behind the best", "misfit", "verdict"),
                  left=(0, 6))
    for entry in comparison.entries:
        if not entry.fitted:
            table.add_row(shown(entry.label), "", "-", "-", "-", "-", f"no answer: {entry.code}")
            continue
        table.add_row(shown(entry.label), parameters(entry), cross_entropy(comparison, entry), new_rows(comparison, entry),
                      behind(comparison, entry), misfit(comparison, entry), verdict(entry))
    table.columns[1].header = Text("para-\nmeters", justify="right")
    table.columns[4].header = Text(f"behind the best,\n{100.0 * comparison.level:g} %, {unit(comparison)}", justify="right")
    return table


def _grid(names: tuple[str, ...], left: tuple[int, ...]) -> Table:
    """Columns without lines; those of text on the left, those of numbers on the right."""
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for place, name in enumerate(names):
        side = "left" if place in left else "right"
        table.add_column(Text(name, justify=side), justify=side, no_wrap=True, vertical="bottom")  # type: ignore[arg-type]
    return table


def _sides(comparison: Comparison) -> list[Table]:
    """The parameters as rows and the models as columns, BLOCK models at a time: estimate and standard error."""
    fitted = [entry for entry in comparison.entries if entry.fitted]
    return [_block(fitted[start : start + BLOCK]) for start in range(0, len(fitted), BLOCK)]


def _block(entries: list[Entry]) -> Table:
    table = _grid(("parameter", *(shown(entry.label) for entry in entries)), left=(0,))
    for name in names_of(entries):
        table.add_row(name, *(side(entry, name) for entry in entries))
    return table
