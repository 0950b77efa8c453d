"""Markdown: the table's content as GitHub tables, never wrapped, every name and cell escaped."""

import re
from collections.abc import Iterable, Iterator, Sequence

from mlefit.report.effect_table import effect_heads, effect_rows, effect_title, ratio_heads, ratio_rows
from mlefit.report.header import header
from mlefit.report.layout import Cells
from mlefit.report.parameters import columns, entries
from mlefit.report.report import Report
from mlefit.report.safety import markdown, prose
from mlefit.report.summary import closing, route_heads, routes, warnings
from mlefit.report.wording import figures, sentences


def to_markdown(report: Report) -> str:
    """The report as Markdown, ending in a line break; with the detail below if the report wishes."""
    first, *others = (line._replace(text=re.sub(" {2,}", "; ", line.text)) for line in header(report))
    blocks = [f"## {markdown(first.text)}" if first.tone == "plain" else f"**{markdown(first.text)}**"]
    blocks += [markdown(line.text) for line in others]
    blocks += [parameters(report)]
    if report.effects:
        blocks += [markdown(effect_title(report)), pipe_table(("predictor", *effect_heads(report)), _cells(effect_rows(report)))]
    if report.ratios:
        blocks.append(pipe_table(("parameter", *ratio_heads(report)), _cells(ratio_rows(report))))
    rows = routes(report)
    if rows:
        names = ("", *(head.replace("\n", " ") for head in route_heads(report)))
        blocks.append(pipe_table(names, ((row.label, *row.numbers) for row in rows)))
    for label, text, tone in (*closing(report), *warnings(report)):
        line = prose(f"{label}: {text}")
        blocks.append(f"**{line}**" if tone != "plain" else line)
    if report.view.detail:
        lines = ((figure.label.strip(), figure.at_mle, figure.at_loss) for figure in figures(report))
        blocks.append(pipe_table(("", "at the MLE", "at least loss"), lines))
        blocks += [prose(line) for line in sentences(report)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def parameters(report: Report) -> str:
    """The parameter table; a class is a line over its parameters."""
    heads, rows = columns(report, entries(report), gaps=report.view.detail)
    names = ("parameter", *(head.replace("\n", " ") for head in heads))
    return pipe_table(names, ((f"{row.label.strip()}{row.tail}", *row.numbers) for row in rows)) if rows else ""


def _cells(rows: Iterable[Cells]) -> Iterator[tuple[str, ...]]:
    return ((row.label, *row.numbers) for row in rows)


def pipe_table(head: Sequence[str], body: Iterable[Sequence[str]], names: int = 1) -> str:
    """A GitHub table: the first `names` columns are text, the others numbers, aligned right."""
    rule = ["---" if column < names else "---:" for column in range(len(head))]
    lines = [[markdown(cell) for cell in head], rule, *([markdown(" ".join(cell.split())) for cell in row] for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
