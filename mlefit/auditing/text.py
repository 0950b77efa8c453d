"""Text: an audit as a table for readers."""

from mlefit.auditing.record import Audit
from mlefit.report.digits import by_error, or_noise, significant
from mlefit.report.layout import Cells, Line, grid, printed, wrapped
from mlefit.report.safety import shown


def to_text(audit: Audit, width: int | None = None, *, colour: bool = False) -> str:
    """The audit, ending in a line break; `width`: columns of the terminal, None where nothing is to wrap."""
    head = (f"{audit.coefficients} on {', '.join(audit.source)}: {audit.target} ~ {audit.formula}, {audit.noise} noise, "
            f"{audit.n:,.0f} rows")
    lines = [Line(part) for part in wrapped(shown(head), width)]
    rows = [Cells(shown(one.name) if one.class_ is None else f"{shown(one.name)} [{shown(one.class_)}]", (
        by_error(one.given, one.std_error), by_error(one.maximum, one.std_error), significant(one.std_error, 2),
        or_noise(one.distance), or_noise(one.pull)), "look" if abs(one.distance) > LOOK else "plain") for one in audit.parameters]
    lines += [Line(), *grid("parameter", ("given", "maximum", "s.e.", "away, s.e.", "gradient x s.e."), rows, width), Line()]
    shapes = f"; shapes: {audit.shapes}" if audit.shapes != "none" else ""
    figures = (f"distance  {or_noise(audit.distance)} s.e. from the maximum (EDM {or_noise(audit.edm)} nats), "
               f"excess {or_noise(audit.excess)} nats in all, {or_noise(audit.excess_per_row)} per row{shapes}")
    lines += [Line(part) for part in wrapped(figures, width, 10)]
    tone = "plain" if audit.certified else "warn"
    lines += [Line(part, tone) for part in wrapped(shown(f"finding   {audit.sentence}"), width, 10)]  # type: ignore[arg-type]
    return printed(lines, colour=colour)


LOOK = 1.0      # standard errors from which a parameter is marked
