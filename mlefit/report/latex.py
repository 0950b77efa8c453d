"""LaTeX: the parameter table as a `tabular` of booktabs, every name and cell escaped; what was fitted stands in comments."""

import re
from collections.abc import Sequence

from mlefit.report.header import header
from mlefit.report.layout import Cells
from mlefit.report.parameters import columns, entries
from mlefit.report.report import Report
from mlefit.report.safety import shown
from mlefit.report.summary import closing, warnings

SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
EXPONENT = re.compile(r"(-?[0-9.]+)e([+-]?)0*([0-9]+)")
MINUS = re.compile(r"-(?=[0-9])")


def to_latex(report: Report) -> str:
    """A table for `\\usepackage{booktabs}`, ending in a line break."""
    heads, rows = columns(report, entries(report), gaps=report.view.detail)
    below = (*closing(report), *warnings(report))
    said = (*(line.text for line in header(report)), *(f"{label}: {text}" for label, text, _ in below))
    lines = [f"% {' '.join(shown(line).split())}" for line in said]
    lines += [rf"\begin{{tabular}}{{l{'r' * len(heads)}}}", r"\toprule"]
    lines += [_cells(["parameter", *(escaped(" ".join(head.split())) for head in heads)])]
    lines += [r"\midrule", *(_row(row) for row in rows), r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def _row(row: Cells) -> str:
    indent = len(row.label) - len(row.label.lstrip())
    label = rf"\hspace{{{indent / 2:g}em}}" * bool(indent) + escaped(row.label.strip() + row.tail)
    return _cells([label, *(number(" ".join(cell.split())) for cell in row.numbers)])


def _cells(texts: Sequence[str]) -> str:
    return " & ".join(texts) + r" \\"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(SPECIAL.get(letter, letter) for letter in shown(text))


def number(text: str) -> str:
    """A number, or a range of two, with minus signs and powers of ten as they are set."""
    told = EXPONENT.sub(lambda found: f"${found[1]}\\times 10^{{{found[2].strip('+')}{found[3]}}}$", text)
    parts = re.split(r"(\$[^$]*\$)", told)
    return "".join(part if place % 2 else MINUS.sub("$-$", part.replace("<", "$<$")) for place, part in enumerate(parts))
