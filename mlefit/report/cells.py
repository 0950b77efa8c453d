"""The cells of the parameter table: each parameter by its error, safe to show, for the terminal and for Markdown."""

from typing import NamedTuple

from mlefit.report.digits import ABSENT, by_error, or_noise
from mlefit.report.report import Parameter, Report
from mlefit.report.safety import shown


class Row(NamedTuple):
    """One parameter. Cells are empty where a number does not exist."""

    name: str
    class_: str | None
    estimate: str
    std_error: str
    ci_low: str
    ci_high: str
    loss_estimate: str
    gap_se: str


def parameter_rows(report: Report) -> list[Row]:
    """The parameters in the order of the report."""
    return [row(parameter) for parameter in report.parameters]


def row(p: Parameter) -> Row:
    """Estimate, interval and loss estimate to two digits of the standard error; the error to two digits of itself."""
    error = p.std_error
    estimate = by_error(p.estimate, error) if p.state in ("ok", "no-robust-error") else p.limit or p.state
    return Row(
        shown(p.name), p.class_, estimate,
        blank(by_error(error, error)), blank(by_error(p.ci_low, error)), blank(by_error(p.ci_high, error)),
        blank(by_error(p.loss_estimate, error)), blank(or_noise(p.gap_se)),
    )


def blank(text: str) -> str:
    """Nothing instead of the dash of an absent number: a column of dashes would shout."""
    return "" if text == ABSENT else text
