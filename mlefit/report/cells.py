"""The cells of the parameter table: each parameter by its error, safe to show, for the terminal, Markdown and LaTeX."""

from typing import NamedTuple

from mlefit.report.digits import ABSENT, by_error, or_noise, p_value
from mlefit.report.report import Parameter
from mlefit.report.safety import shown

VISIBLE_GAP = 1e-4      # standard errors: below it, routes that print differently lie on two sides of a rounding
MARK = "*"              # beside what differs between the routes


class Row(NamedTuple):
    """One parameter. Cells are empty where a number does not exist; `differs`: whether the routes print differently."""

    name: str
    estimate: str
    std_error: str
    ci_low: str
    ci_high: str
    p: str
    loss_estimate: str
    gap_se: str
    differs: bool


def row(p: Parameter) -> Row:
    """Estimate, interval and loss estimate to two digits of the standard error; the error to two digits of itself."""
    error = p.std_error
    estimate = by_error(p.estimate, error) if p.state in ("ok", "no-robust-error") else p.limit or p.state
    loss, low, high = blank(by_error(p.loss_estimate, error)), *ends(p)
    if p.state == "boundary":
        estimate = loss = "inf" if p.estimate is None else f"{p.estimate:g}"
    differs = loss not in ("", estimate) and (p.gap_se is None or abs(p.gap_se) > VISIBLE_GAP)
    return Row(
        shown(p.name), estimate,
        blank(by_error(error, error)), low, high, blank(p_value(p.p_value)), loss, blank(or_noise(p.gap_se)), differs,
    )


def ends(p: Parameter) -> tuple[str, str]:
    """Both ends of the interval. That of a likelihood ratio may have one alone; the other is where the parameter can go."""
    error = p.std_error
    if p.state == "boundary" and (p.ci_low is None) != (p.ci_high is None):
        return (by_error(p.ci_low, None, 3), "inf") if p.ci_high is None else ("0", by_error(p.ci_high, None, 3))
    low, high = blank(by_error(p.ci_low, error)), blank(by_error(p.ci_high, error))
    if p.interval == "profile" and low and not high:
        return low, "inf"
    return low, high


def blank(text: str) -> str:
    """Nothing instead of the dash of an absent number: a column of dashes would shout."""
    return "" if text == ABSENT else text
