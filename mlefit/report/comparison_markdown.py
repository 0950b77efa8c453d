"""Markdown of a comparison: the table's content as GitHub tables, never wrapped, every name and cell escaped."""

from mlefit.report.comparison import Comparison
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
    side,
    unit,
    verdict,
    weight,
)
from mlefit.report.layout import Line
from mlefit.report.markdown import pipe_table
from mlefit.report.safety import code, markdown, prose, shown


def to_markdown(comparison: Comparison, *, sides: bool = False) -> str:
    """The comparison as Markdown, ending in a line break."""
    folded = by_folds(comparison)
    head = ("model", "parameters", "cross-entropy", "on new rows", *(["weight"] if folded else []),
            f"behind the best, {100.0 * comparison.level:g} %, {unit(comparison)}", "misfit", "verdict")
    fitted = [entry for entry in comparison.entries if entry.fitted]
    body = [(shown(entry.label), parameters(entry), cross_entropy(comparison, entry), new_rows(comparison, entry),
             *([weight(entry)] if folded else []), behind(comparison, entry), misfit(comparison, entry), verdict(entry))
            for entry in fitted]
    blocks = [f"## {markdown(line)}" for line in headline(comparison)]
    blocks.append(pipe_table(head, body, 1))
    if sides:
        rows = [(name, *(side(entry, name) for entry in fitted)) for name in names_of(fitted)]
        blocks.append(pipe_table(("parameter", *(shown(entry.label) for entry in fitted)), rows, 1))
    blocks += [_sentence(line) for line in sentences(comparison)]
    return "\n\n".join(blocks) + "\n"


def _sentence(line: Line) -> str:
    if line.command:
        return markdown(line.text.removesuffix(line.command)) + code(line.command)
    return f"**{prose(line.text)}**" if line.tone != "plain" else prose(line.text)
