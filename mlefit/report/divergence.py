"""KL(data || fitted model) in words: the verdict, what chance alone would show, where the misfit sits, and what to do.

A bound is said as a bound: "at least", by its lower confidence limit, and what would be missed is said of the directions looked at.
An estimate of a misfit may fall below 0, which no divergence can; it is shown as 0 beside what was measured. The JSON keeps it.
"""

from math import isfinite

from mlefit.report.digits import by_error, percent, significant
from mlefit.report.information import Divergence, Information
from mlefit.report.report import Model
from mlefit.report.safety import shown
from mlefit.report.units import unit_of

PARTS = {       # what the parts of a model are called
    "structure": "mean", "spread": "spread", "shape": "shape",
}
FOUND = ("misfit", "borderline", "negligible")      # codes of verdicts that found something
SMALLEST_P = 0.001
LEAST_P = 1e-300        # what is 0 is a number below the doubles


def divergence(information: Information, model: Model) -> list[str]:
    """How far the data is from the model, where, what a true model would show, what would go unseen, and the next step."""
    kl = information.kl
    unit, factor = unit_of(information)
    most = "" if kl.upper is None else f"at most {significant(kl.upper * factor, 3)} {unit} per row, the cross-entropy"
    if kl.verdict_code == "off":
        return []
    if kl.reason is not None:
        return [f"KL: not identifiable: {shown(kl.reason)}{f'; {most}' if most else ''}", *map(sentence, kl.flags)]
    if kl.bound == "saturated":
        return ["KL: 0 (saturated: cannot misfit)"]
    if kl.raw is None:
        return []
    say = Figures(kl, unit, factor)
    bound = " (<=)" if kl.bound == "lower" else ""
    method = information.entropy_method and f"Entropy of the data{bound}: {shown(information.entropy_method)}."
    ceiling = f"KL is {most}." if most and kl.bound == "lower" else ""
    steps = (f"Next: {ended(shown(step))}" for step in kl.advice)
    said = (verdict(kl, say, model), parts(kl, say), chance(kl, say, model), ceiling, method, *map(sentence, kl.flags), *steps)
    return [line for line in said if line]


class Figures:
    """Numbers of one divergence in the unit shown, all rounded by the widest range at hand, so that they compare."""

    def __init__(self, kl: Divergence, unit: str, factor: float) -> None:
        ranges = ((kl.ci_low, kl.ci_high), (kl.null_low, kl.null_high), (kl.ci_low, kl.misfit))
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

    def size(self, value: float) -> str:
        """A divergence, or 0 beside what was measured in its place."""
        measured = self(value)
        return measured if value >= 0.0 else f"0 (measured {measured})" if measured.strip("-0.") else "0"


def verdict(kl: Divergence, say: Figures, model: Model) -> str:
    """The one sentence: verdict, p, misfit with its interval, and what a misfit of this size is like."""
    found = kl.verdict_code in FOUND
    where = f" in the {PARTS.get(kl.part, shown(kl.part))}" if found and kl.part is not None and len(kl.part_p_values) > 1 else ""
    remarks = "; ".join(part for part in (probability(kl), _assumed(kl)) if part)
    head = "" if kl.verdict is None else f"{shown(kl.verdict)}{where}{f' ({remarks})' if remarks else ''}: "
    text = f"KL: {head}{_size(kl, say, model)}"
    if kl.resolution is not None:
        text += f", for the values as recorded, in steps of {kl.resolution:.6g}"
    if found and kl.bound != "lower" and kl.sd_equivalent and kl.rows_20to1:
        text += (
            f"; that is as far as a normal law whose mean is off by {significant(kl.sd_equivalent, 2)} standard deviations, and "
            f"about {whole(kl.rows_20to1)} rows tell data and model apart at odds of 20 to 1"
        )
    return f"{text}."


def _size(kl: Divergence, say: Figures, model: Model) -> str:
    """`at least 0.004 nats per row`, or `0.004 nats per row, 95 % interval 0 to 0.01`."""
    if kl.bound == "lower":
        low = kl.ci_low
        sided = f" (one-sided {percent(model.level)} limit)" if low is not None else ""
        return f"at least {say.clipped(low if low is not None else kl.raw or 0.0)} {say.unit} per row{sided}"
    value = kl.raw if kl.misfit is None else kl.misfit
    text = f"{say.size(value or 0.0)} {say.unit} per row"
    if kl.ci_low is not None and kl.ci_high is not None:
        text += f", {percent(model.level)} interval {say.clipped(kl.ci_low)} to {say.clipped(kl.ci_high)}"
    return text


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
        looked = f" in the directions looked at ({shown(kl.looked_at)})" if kl.bound == "lower" and kl.looked_at else ""
        text += f", and a misfit below {say(kl.detection_limit)} would be missed{n}{looked}"
    return f"{text}."


def parts(kl: Divergence, say: Figures) -> str:
    """The p-value of each part, and what it adds to the KL where that is above 0."""
    if len(kl.part_p_values) < 2:
        return ""
    each = []
    for name, p in kl.part_p_values.items():
        size = kl.parts.get(name, 0.0)
        each.append(f"{PARTS.get(name, shown(name))} p {_p(p)}" + (f" ({say(size)})" if size > 0.0 else ""))
    return f"By part: {', '.join(each)}."


def probability(kl: Divergence) -> str:
    """`p = 0.03`, `p <= 0.01` where no simulated data set reached the data, or nothing."""
    p = kl.verdict_p_value
    if p is None or not isfinite(p):
        return ""
    if kl.null is not None and kl.null.exceeded:
        return f"p <= {significant(p, 2)}"
    return f"p < {SMALLEST_P:g}" if p < SMALLEST_P else f"p = {significant(p, 2)}"


def _p(p: float) -> str:
    if p == 0.0:
        return f"< {LEAST_P:.0e}"
    return f"= {significant(p, 2)}" if p >= SMALLEST_P else f"= {p:.0e}"


def _assumed(kl: Divergence) -> str:
    """What a clean bill of health rests on: no part of the verdict sees dependence between rows."""
    return "rows taken as independent" if kl.verdict_code == "none" else ""


def whole(rows: float) -> str:
    """A number of rows to two digits, and never less than one."""
    return f"{max(1, round(rows, -max(0, len(str(int(rows))) - 2))):.0f}"


def sentence(flag: str) -> str:
    """A remark as a sentence of its own."""
    text = ended(shown(flag).rstrip("."))
    return f"{text[:1].upper()}{text[1:]}"


def ended(text: str) -> str:
    """With a full stop, unless it is a question."""
    return text if text.endswith("?") else f"{text}."
