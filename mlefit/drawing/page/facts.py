"""Facts of a page: both routes side by side, and the whole result as data."""

import json

from mlefit.drawing.typeset import typeset
from mlefit.report.digits import CRITERION_PLACES, ENTROPY_PLACES, decimals, or_noise, significant
from mlefit.report.json import to_dict
from mlefit.report.report import Report, Route
from mlefit.report.units import unit_of

RECORD = ("data", "model", "run")       # what is printed of it


def routes(report: Report) -> list[tuple[str, str, str]]:
    """What is said of each route, a line each."""
    if report.mle is None or report.loss is None:
        return []
    unit, factor = unit_of(report.information)
    loss = report.model.loss

    def cross(route: Route) -> str:
        return decimals(None if route.nll is None else route.nll * factor, ENTROPY_PLACES)

    both = (report.mle, report.loss)
    lines: list[tuple[str, list[str]]] = [
        ("method", [route.method for route in both]),
        ("steps", [str(route.iterations) for route in both]),
        (loss[:1].upper() + loss[1:], [significant(route.loss, 6) for route in both]),
        ("log-likelihood", [decimals(route.loglik, CRITERION_PLACES) for route in both]),
        (f"cross-entropy, {unit} per row", [cross(route) for route in both]),
        (f"{report.mle.certificate.kind}, nats of all rows", [or_noise(route.edm) for route in both]),
    ]
    if report.agreement is not None:
        lines.append((f"cost against the maximum, {unit} per row", ["0", or_noise(
            None if report.agreement.nll_excess is None else report.agreement.nll_excess * factor)]))
        lines.append(("largest gap between the two, s.e.", ["", or_noise(report.agreement.max_gap_se)]))
    return [(name, typeset(a), typeset(b)) for name, (a, b) in lines]


def record(report: Report) -> str:
    """What was read, modelled and run, as indented JSON to look at."""
    whole = to_dict(report._replace(parameters=()))
    return json.dumps({key: whole[key] for key in RECORD}, indent=1, ensure_ascii=False, allow_nan=False)


def data(report: Report) -> str:
    """The whole `mlefit.fit/1` as it stands in a script element."""
    return in_script(to_dict(report))


def in_script(value: object) -> str:
    """Compact JSON without the characters that could end a script element, or begin one."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
