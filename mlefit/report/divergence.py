"""KL(data || fitted model) in words: the verdict, what chance alone would show, and where the misfit sits.

An estimate of a misfit may fall below 0, which no divergence can; it is shown as 0, and so are the ends of its
interval. The JSON keeps what was estimated.
"""

from math import isfinite

from mlefit.report.digits import by_error, percent, significant
from mlefit.report.information import Divergence, Information
from mlefit.report.report import Model
from mlefit.report.safety import shown
from mlefit.report.units import unit_of

PARTS = {       # parts of a lower bound, in words for somebody who has not read the method
    "structure": "structure missing from the mean", "shape": "shape of the errors", "spread": "uneven spread",
}
DETECTED = ("misfit", "borderline", "detectable")       # how the verdicts begin that found something
UNDETECTED = "no misfit"
SMALLEST_P = 0.001


def divergence(information: Information, model: Model) -> list[str]:
    """How far the data is from the model, what a true model would show, and what would go unseen; one line each."""
    kl = information.kl
    unit, factor = unit_of(information)
    most = "" if kl.upper is None else f"at most {significant(kl.upper * factor, 3)} {unit} per row, the cross-entropy"
    if kl.verdict_code == "off":
        return []
    if kl.reason is not None:
        return [f"KL: not identifiable: {shown(kl.reason)}{f'; {most}' if most else ''}"]
    if kl.bound == "saturated":
        return ["KL: 0 (saturated: cannot misfit)"]
    if kl.raw is None:
        return []
    say = Figures(kl, unit, factor)
    bound = " (<=)" if kl.bound == "lower" else ""
    method = information.entropy_method and f"Entropy of the data{bound}: {shown(information.entropy_method)}."
    ceiling = f"KL is {most}." if most and kl.bound == "lower" else ""
    said = (verdict(kl, say, model), chance(kl, say, model), parts(kl, say), ceiling, method, *map(sentence, kl.flags))
    return [line for line in said if line]


class Figures:
    """Numbers of one divergence in the unit shown, all rounded by the widest range at hand, so that they compare."""

    def __init__(self, kl: Divergence, unit: str, factor: float) -> None:
        ranges = ((kl.ci_low, kl.ci_high), (kl.null_low, kl.null_high))
        widths = [high - low for low, high in ranges if low is not None and high is not None]
        self.unit = unit
        self.factor = factor
        self.width = max(widths) * factor if widths else None

    def __call__(self, value: float) -> str:
        """A figure as it is."""
        return significant(value * self.factor, 2) if self.width is None else by_error(value * self.factor, self.width)

    def clipped(self, value: float) -> str:
        """A figure that cannot be below 0."""
        return self(value) if value > 0.0 else "0"


def verdict(kl: Divergence, say: Figures, model: Model) -> str:
    """The one sentence: verdict, p, misfit with its interval, and what a misfit of this size is like."""
    least = ">= " if kl.bound == "lower" else ""
    value = kl.raw if kl.misfit is None else kl.misfit
    remarks = "; ".join(part for part in (probability(kl.verdict_p_value), _assumed(kl)) if part)
    head = "" if kl.verdict is None else f"{shown(kl.verdict)}{f' ({remarks})' if remarks else ''}: "
    text = f"KL: {head}{least}{say.clipped(value or 0.0)} {say.unit} per row"
    if kl.ci_low is not None and kl.ci_high is not None:
        text += f", {percent(model.level)} interval {say.clipped(kl.ci_low)} to {say.clipped(kl.ci_high)}"
    if kl.resolution is not None:
        text += f", at resolution {kl.resolution:g}"
    if kl.verdict is not None and kl.verdict.startswith(DETECTED) and kl.sd_equivalent and kl.rows_20to1:
        at_least, at_most = ("at least ", "at most ") if kl.bound == "lower" else ("", "about ")
        text += (
            f"; that is {at_least}as far as a normal law whose mean is off by {significant(kl.sd_equivalent, 2)} "
            f"standard deviations, and {at_most}{whole(kl.rows_20to1)} rows tell data and model apart at odds of 20 "
            "to 1"
        )
    return f"{text}."


def chance(kl: Divergence, say: Figures, model: Model) -> str:
    """What was measured before the mean of a true model was taken off, and what such a model shows."""
    if kl.null_low is None or kl.null_high is None or kl.raw is None:
        return ""
    text = (
        f"Measured {say(kl.raw)}; data from a true {model.noise} model of this size show "
        f"{say(kl.null_low)} to {say(kl.null_high)}"
    )
    if kl.detection_limit is not None:
        n = "" if kl.n_used is None else f" at n = {kl.n_used}"
        text += f", and a misfit below {say(kl.detection_limit)} would be missed{n}"
    return f"{text}."


def parts(kl: Divergence, say: Figures) -> str:
    """Where a misfit sits. A misfit of 0 has no parts: what the estimates show is chance."""
    if len(kl.parts) < 2 or not kl.misfit or kl.misfit <= 0.0:
        return ""
    return f"Of which {', '.join(f'{PARTS.get(name, shown(name))} {say(part)}' for name, part in kl.parts.items())}."


def probability(p: float | None) -> str:
    """`p = 0.03`, or nothing."""
    if p is None or not isfinite(p):
        return ""
    return f"p < {SMALLEST_P:g}" if p < SMALLEST_P else f"p = {significant(p, 2)}"


def _assumed(kl: Divergence) -> str:
    """What a clean bill of health rests on: no part of the verdict sees dependence between rows."""
    return "rows taken as independent" if kl.verdict is not None and kl.verdict.startswith(UNDETECTED) else ""


def whole(rows: float) -> str:
    """A number of rows to two digits, and never less than one."""
    return f"{max(1, round(rows, -max(0, len(str(int(rows))) - 2))):.0f}"


def sentence(flag: str) -> str:
    """A remark as a sentence of its own."""
    text = shown(flag).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
