"""CSV: one row per parameter, full precision, an empty cell where a number does not exist.

`status` repeats the status of the fit on every row, so that a partial result is marked wherever its rows go. A text
cell that a spreadsheet would execute is made inert; numbers, and our own `+inf` and `-inf`, never.
"""

import csv
from io import StringIO
from math import isfinite

from mlefit.report.report import Report
from mlefit.report.safety import inert

HEADER = (
    "class", "name", "kind", "state", "estimate", "std_error", "ci_low", "ci_high", "limit", "statistic", "df",
    "p_value", "loss_estimate", "gap_se", "status",
)


def to_csv(report: Report) -> str:
    """The parameters as CSV with LF line ends and the columns of HEADER."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for p in report.parameters:
        writer.writerow((
            inert(p.class_ or ""), inert(p.name), p.kind, p.state,
            number(p.estimate), number(p.std_error), number(p.ci_low), number(p.ci_high), p.limit or "",
            number(p.statistic), number(p.df), number(p.p_value), number(p.loss_estimate), number(p.gap_se),
            report.status,
        ))
    return out.getvalue()


def number(value: float | None) -> str:
    """The shortest text that reads back as the same number."""
    return "" if value is None or not isfinite(value) else repr(value)
