"""Nats as lengths: the distance of the model from the data beside what true models show, and where the nats of a row go.

Both are drawn from the report alone.
"""

import numpy as np

from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.picture.words import number
from mlefit.report.information import Information
from mlefit.report.misfit import misfit
from mlefit.report.report import Report

PER_ROW = "nats per row"
NOTHING = Layer("text", "reference", {}, "nothing to draw")


def kl(report: Report) -> Panel:
    """Ruler: the range of true models, what was measured, the misfit with its interval, and the smallest that would be seen."""
    information = report.information
    panel = Panel("kl", "Distance from the data", Axis(f"KL, {PER_ROW}", zero=True), Axis(""), (NOTHING,),
                  "The KL part was not asked for.", rows=report.data.rows_used)
    if information is None or information.kl.verdict_code == "off":
        return panel
    found, said = information.kl, misfit(information)
    sentence = f"Misfit: {said[0][1]}." if said else "Misfit: nothing is said of it."
    layers = []
    if found.null_low is not None and found.null_high is not None:
        layers.append(_span("envelope", found.null_low, found.null_high, 0.0, "true models of this size show"))
    if found.raw is not None and found.reason is None and found.bound != "saturated":
        layers.append(_mark("data", found.raw, 0.0, "measured"))
    if found.misfit is not None and found.ci_low is not None and found.bound != "saturated":
        high = max(found.misfit, found.ci_low) if found.ci_high is None else found.ci_high
        label = "misfit, at least" if found.bound == "lower" else f"misfit, {100 * report.model.level:.0f} %"
        layers.append(_span("data", max(0.0, found.ci_low), max(0.0, high), 1.0, label))
        layers.append(_mark("curve", max(0.0, found.misfit), 1.0, None))
    if found.detection_limit is not None and found.bound != "saturated":
        layers.append(_mark("reference", found.detection_limit, 2.0, "smallest misfit that would be seen"))
    layers = layers or [NOTHING]
    return Panel(
        "kl", "Distance from the data", Axis(f"KL, {PER_ROW}", zero=True), Axis(""), tuple(layers), sentence,
        p=found.verdict_p_value, size=found.shown, mark=found.verdict_code == "misfit", rows=found.n_used or report.data.rows_used)


def nats(report: Report) -> Panel | None:
    """One bar: explained + misfit + noise = the cross-entropy without predictors. None where there are no such parts."""
    information = report.information
    if information is None or information.explained is None or information.cross_entropy is None:
        return None
    rest = _noise(information)
    if rest is None or rest <= 0.0 or information.explained < 0.0:
        return None
    total, cross = information.cross_entropy + information.explained, information.cross_entropy
    least = " (at least)" if information.kl.bound == "lower" else ""
    layers = (_span("model", 0.0, rest, 0.0, "noise"), _span("warn", rest, cross, 0.0, f"misfit{least}"),
              _span("data", cross, total, 0.0, "explained by the predictors"))
    gain = max(0.0, cross - rest)
    about = "at least" if information.kl.bound == "lower" else "about"
    found = information.kl.verdict_code in ("misfit", "borderline")
    more = (f"what a better model could still gain is {about} {number(gain, 2)}" if gain > 0.0
            else "how much a better model could still gain is not told by the rows" if found
            else "no misfit was found that a better model could gain")
    said = f"The predictors take {number(information.explained)} nats per row off a model without them; {more}."
    return Panel("nats", "Where the nats go", Axis(PER_ROW, (0.0, total)), Axis(""), layers, said, rows=report.data.rows_used)


def _noise(information: Information) -> float | None:
    """What is left of the cross-entropy without the misfit."""
    shown = information.kl.shown
    return None if shown is None or information.cross_entropy is None else information.cross_entropy - shown


def _span(role: str, low: float, high: float, row: float, label: str | None) -> Layer:
    return Layer("span", role, {"low": np.array([low]), "high": np.array([high]), "row": np.array([row])}, label)  # type: ignore[arg-type]


def _mark(role: str, x: float, row: float, label: str | None) -> Layer:
    return Layer("mark", role, {"x": np.array([x]), "row": np.array([row])}, label)  # type: ignore[arg-type]
