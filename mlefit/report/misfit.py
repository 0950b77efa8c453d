"""The fit line of the first screen: does the model fit, in which part not, and what to do next.

Only the bound or the misfit is said, never the raw estimate; `divergence` says the rest under `--detail`.
"""

from mlefit.report.digits import NOISE, p_value, significant
from mlefit.report.information import Divergence, Information, VerdictCode
from mlefit.report.layout import Tone
from mlefit.report.safety import shown
from mlefit.report.units import unit_of

PARTS = {"structure": "mean", "spread": "spread", "shape": "shape"}      # in words for somebody who has not read the method
TONES: dict[VerdictCode, Tone] = {"misfit": "look", "borderline": "warn"}
Said = tuple[str, str, Tone]


def misfit(information: Information) -> list[Said]:
    """Label, text and tone of each line: the verdict, and the next step where one is called for."""
    kl = information.kl
    if kl.verdict_code == "off":
        return []
    if kl.reason is not None:
        return [("misfit", f"cannot be told: {shown(kl.reason)}", "plain"), *_next(kl)]
    if kl.bound == "saturated":
        return [("misfit", "none possible: the model has a parameter for every value (KL = 0)", "plain")]
    if kl.verdict is None:
        return []
    if kl.verdict_code == "none":
        return [("misfit", f"none found{_looked_at(kl)} ({_p(kl)}rows taken as independent)", "plain")]
    word = "found" if kl.verdict == "misfit" else shown(kl.verdict.removeprefix("misfit, "))
    where = f", in the {PARTS.get(kl.part, shown(kl.part))}" if kl.part is not None else ""
    remarks = "; ".join(part for part in (_interval(information), _p(kl).removesuffix("; ")) if part)
    told = "" if kl.shown is None else f": {size(information)}"
    text = f"{word}{where}{told}{f' ({remarks})' if remarks else ''}"
    return [("misfit", text, TONES.get(kl.verdict_code, "plain")), *_next(kl)]


def _next(kl: Divergence) -> list[Said]:
    return [("next", shown(step), "plain") for step in kl.advice[:1]]


def _looked_at(kl: Divergence) -> str:
    """The parts that were judged."""
    parts = [PARTS.get(part, shown(part)) for part in kl.part_p_values or kl.parts]
    return f" in {', '.join(parts)}" if parts else ""


def _p(kl: Divergence) -> str:
    if kl.verdict_p_value is None:
        return ""
    at_most = "<= " if kl.null is not None and kl.null.exceeded else ""
    return f"p {at_most}{p_value(kl.verdict_p_value)}; "


def size(information: Information) -> str:
    """How large it is: a lower bound, or the misfit."""
    unit, _ = unit_of(information)
    at_least = "at least " if information.kl.bound == "lower" else ""
    return f"KL {at_least}{least(information)} {unit} per row"


def _interval(information: Information) -> str:
    """The interval of an estimate."""
    kl, (_, factor) = information.kl, unit_of(information)
    if kl.bound == "lower" or kl.ci_low is None or kl.ci_high is None:
        return ""
    return f"{_clipped(kl.ci_low * factor)} to {_clipped(kl.ci_high * factor)}"


def least(information: Information, more: float = 0.0) -> str:
    """What stands in the column KL: the lower bound, where the estimate is one, else the misfit; and what a route adds to it."""
    figure, (_, factor) = information.kl.shown, unit_of(information)
    return "-" if figure is None or information.kl.reason is not None else _clipped((figure + more) * factor)


def _clipped(value: float) -> str:
    """Two digits of what cannot be below 0, nor be told from it below the rounding noise."""
    return "0" if value < NOISE else significant(value, 2)
