"""The groups as CSV: one row per parameter of each group behind its values; a group without an answer is one row that says why."""

import csv
from io import StringIO

from mlefit.report.csv import HEADER, number
from mlefit.report.groups import ByGroup, Group
from mlefit.report.report import Parameter
from mlefit.report.safety import inert

OWN = HEADER[:-1]       # without the status, which stands before them
BEHIND = ("message", "misfit", "misfit_p_value")
Row = tuple[str, ...]


def header(answer: ByGroup) -> Row:
    """The names of the columns: those of the file first, behind `group_` where another column is called so."""
    fixed = ("n", "status", *OWN, *BEHIND)
    return (*(inert(f"group_{name}" if name in fixed else name) for name in answer.by), *fixed)


def to_csv(answer: ByGroup) -> str:
    """With LF line ends and numbers in shortest form that reads back."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header(answer))
    classes: dict[str, str] = {}
    for group in answer.groups:
        writer.writerows(_rows(group, classes))
    return out.getvalue()


def _rows(group: Group, safe: dict[str, str]) -> list[Row]:
    """`safe`: names that were made harmless already."""
    key = (*(inert(value) for value in group.key), str(group.n), group.status)
    message = "" if group.error is None else inert(group.error.message)
    judged = ("" if group.misfit is None else ("no", "yes")[group.misfit], number(group.p_value))
    if not group.parameters:
        return [(*key, *[""] * len(OWN), message, *judged)]
    return [(*key, *_cells(p, safe), message, *judged) for p in group.parameters]


def _cells(p: Parameter, safe: dict[str, str]) -> Row:
    return (
        _harmless(p.class_ or "", safe), _harmless(p.name, safe), p.kind, p.state, number(p.estimate), number(p.std_error),
        number(p.ci_low), number(p.ci_high), p.limit or "", number(p.statistic), number(p.df), number(p.p_value),
        number(p.loss_estimate), number(p.gap_se),
    )


def _harmless(text: str, safe: dict[str, str]) -> str:
    if text not in safe:
        safe[text] = inert(text)
    return safe[text]
