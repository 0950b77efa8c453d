"""Text: a check as a table for readers."""

from collections.abc import Iterator

from mlefit.checking.record import Check
from mlefit.report.digits import by_error, decimals, p_value, percentage, significant
from mlefit.report.layout import Cells, Line, Tone, grid, printed, wrapped
from mlefit.report.safety import shown

FIGURES = ("new rows", "expected", "difference", "s.e.", "in s.e.")
MOST = 12           # parameters in the table, those that moved farthest
LEAST = 3           # of them on a terminal that has no room


def to_text(check: Check, width: int | None = None, height: int | None = None, *, colour: bool = False) -> str:
    """The check, ending in a line break; `width`, `height`: of the terminal, None where nothing is to wrap or to fold."""
    most = min(MOST, len(check.refit.parameters))
    lines = _lines(check, width, most)
    while height is not None and len(lines) >= height and most > LEAST:       # the last line is the shell's
        most = max(LEAST, most - (len(lines) - height + 1))
        lines = _lines(check, width, most)
    return printed(lines, colour=colour)


def _lines(check: Check, width: int | None, most: int) -> list[Line]:
    """The lines, with `most` parameters at most."""
    head = f"{', '.join(check.source)}: does {check.model} hold?"
    lost = f" (not scored: {', '.join(f'{cause} {count:,}' for cause, count in check.lost.items())})" if check.lost else ""
    said = [head, f"{check.noise} noise, fitted to {check.fitted_rows:,} rows; {check.rows_used:,} of {check.rows_read:,} new rows "
            f"scored{lost}"]
    lines = [Line(part) for text in said for part in wrapped(shown(text), width)]
    lines += [Line(), *grid("", FIGURES, list(figures(check)), width), Line()]
    if check.refit.reason is not None:
        lines += [Line(part) for part in wrapped(shown(f"refit     none: {check.refit.reason}"), width, 10)]
    else:
        lines += [*grid("parameter", ("saved", "refit", "difference", "s.e.", "in s.e."), list(_parameters(check, most)), width),
                  *[Line(part) for part in wrapped(_joint(check, most), width, 10)]]
    tone: Tone = "plain" if check.verdict == "holds" else "warn" if check.alarm else "look"
    return [*lines, Line(), *(Line(part, tone) for part in wrapped(shown(f"verdict   {check.sentence}"), width, 10))]


def figures(check: Check) -> Iterator[Cells]:
    """The figures under their headings, a line each."""
    entropy, strange, residuals = check.cross_entropy, check.unfamiliar, check.residuals
    yield Cells("cross-entropy, nats per row", (
        by_error(entropy.new, entropy.excess_error), by_error(entropy.expected, entropy.excess_error),
        by_error(entropy.excess, entropy.excess_error), significant(entropy.excess_error, 2),
        decimals(entropy.in_errors, 1)), "warn" if entropy.excess > entropy.allowed else "plain")
    if residuals is not None:
        for name, value, error, wanted in (("bias of residuals, sd", residuals.bias, residuals.bias_error, 0.0),
                                           ("spread of residuals, sd", residuals.spread, residuals.spread_error, 1.0)):
            away = None if value is None else value - wanted
            yield Cells(name, (by_error(value, error), significant(wanted, 2), by_error(away, error), significant(error, 2),
                               decimals(None if away is None else away / error, 1)))
        yield Cells(f"inside the middle {100.0 * residuals.level:g} %", (
            percentage(residuals.inside), percentage(residuals.level), "", "", ""))
    for one in check.calibration:
        yield Cells(f"share of {shown(one.outcome)}", (percentage(one.observed), percentage(one.expected), "", "",
                                                       decimals(one.in_se, 1)))
    yield Cells("new levels, out of range", (
        percentage(strange.share), f"<= {percentage(strange.allowed)}", "", "", ""),
        "warn" if strange.share > strange.allowed else "plain")


def _parameters(check: Check, most: int) -> Iterator[Cells]:
    far = sorted(check.refit.parameters, key=lambda one: -abs(one.in_se))[:most]
    for one in check.refit.parameters:
        if one in far:
            name = shown(one.name) if one.class_ is None else f"{shown(one.name)} [{shown(one.class_)}]"
            yield Cells(name, (
                by_error(one.saved, one.std_error), by_error(one.refit, one.std_error), by_error(one.difference, one.std_error),
                significant(one.std_error, 2), decimals(one.in_se, 1)))


def _joint(check: Check, most: int) -> str:
    refit = check.refit
    more = len(refit.parameters) - most
    law = f"chi-squared on {refit.df}" if refit.df2 is None else f"F on {refit.df} and {refit.df2:.0f}"
    told = f"joint     p {p_value(refit.p_value)} ({law}); KL(refit || saved) {significant(refit.kl, 2)} nats per row, "
    rest = f"; {more} parameter{'' if more == 1 else 's'} more: -o json" if more > 0 else ""
    return f"{told}{significant(refit.drift, 2)} beyond chance{rest}"
