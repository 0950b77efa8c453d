"""CSV of a comparison: one line per model, full precision, an empty cell where a number does not exist."""

import csv
from io import StringIO

from mlefit.report.comparison import Comparison
from mlefit.report.csv import number
from mlefit.report.safety import inert

HEADER = ("model", "group", "parameters", "cross_entropy", "on_new_rows", "aic", "behind", "behind_low", "behind_high",
          "test", "p_value", "misfit", "verdict", "recommended", "code", "tic", "weight")


def to_csv(comparison: Comparison) -> str:
    """The models in the order of the table, with LF line ends and the columns of HEADER."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    told = comparison.recommendation
    for entry in comparison.entries:
        report = entry.report if entry.fitted else None
        criteria = None if report is None else report.criteria
        kl = None if report is None or report.information is None else report.information.kl
        behind = comparison.behind(entry.label)
        writer.writerow((
            entry.model, entry.group, criteria.n_params if criteria else "",
            number(entry.cross_entropy if report else None), number(entry.on_new_rows if report else None),
            number(entry.aic if report else None),
            *((number(behind.nats), number(behind.low), number(behind.high), behind.test, number(behind.p_value))
              if behind else ("", "", "", "", "")),
            number(kl.misfit if kl else None), inert((kl.verdict if kl else None) or ""),
            told.strength if told is not None and told.label == entry.label else "", entry.code or "",
            number(entry.tic if report else None), number(entry.weight),
        ))
    return out.getvalue()
