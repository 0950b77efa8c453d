"""Markdown: the table's content as GitHub tables, never wrapped, every name and cell escaped."""

from collections.abc import Iterable, Sequence

from mlefit.report.cells import parameter_rows
from mlefit.report.report import Report
from mlefit.report.safety import markdown, shown
from mlefit.report.wording import figures, header, interval_heading, mark, sentences, title


def to_markdown(report: Report) -> str:
    """The report as Markdown, ending in a line break."""
    blocks = [f"## {markdown(title(report))}"]
    blocks += [f"**{markdown(sentence.text)}**" for sentence in mark(report)]
    blocks += [markdown(line) for line in header(report)]
    blocks += [parameters(report), figure_block(report)]
    blocks += [
        f"**{markdown(sentence.text)}**" if sentence.tone == "alarm" else markdown(sentence.text)
        for sentence in sentences(report)
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def parameters(report: Report) -> str:
    """The parameter table, with a column for the class where there are classes."""
    rows = parameter_rows(report)
    classes = any(row.class_ is not None for row in rows)
    names = ["class", "parameter"] if classes else ["parameter"]
    head = (*names, "maximum likelihood", "s.e.", interval_heading(report), "least loss", "gap (s.e.)")
    body = (
        (
            *([shown(row.class_ or "")] if classes else []), row.name, row.estimate, row.std_error,
            f"{row.ci_low} to {row.ci_high}" if row.ci_low and row.ci_high else "", row.loss_estimate, row.gap_se,
        )
        for row in rows
    )
    return pipe_table(head, body, len(names)) if rows else ""


def figure_block(report: Report) -> str:
    """The whole-fit figures at both optima."""
    lines = figures(report)
    return pipe_table(("", "at the MLE", "at least loss"), ((f.label.strip(), f.at_mle, f.at_loss) for f in lines), 1)


def pipe_table(head: Sequence[str], body: Iterable[Sequence[str]], names: int) -> str:
    """A GitHub table: the first `names` columns are text, the others numbers, aligned right."""
    rule = ["---" if column < names else "---:" for column in range(len(head))]
    lines = [[markdown(cell) for cell in head], rule, *([markdown(cell) for cell in row] for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
