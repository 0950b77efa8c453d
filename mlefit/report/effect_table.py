"""Effects and ratios as tables: from and to, the change with its interval; or the ratio with its own."""

from mlefit.report.digits import by_error, percent, significant
from mlefit.report.effect import Effect
from mlefit.report.layout import Cells, Line, grid
from mlefit.report.report import Report
from mlefit.report.safety import shown

POINTS = 100.0      # of a probability


def effect_heads(report: Report) -> tuple[str, ...]:
    """Headings of the numbers."""
    points = any(effect.kind == "probability" for effect in report.effects or ())
    return ("from", "to", "change, points" if points else "change", f"{percent(report.model.level)} interval")


def effect_rows(report: Report) -> list[Cells]:
    """A row for each effect."""
    return [_effect(report, effect) for effect in report.effects or ()]


def _effect(report: Report, effect: Effect) -> Cells:
    unit = POINTS if effect.kind == "probability" else 1.0
    change, error, low, high = (
        None if value is None else value * unit for value in (effect.estimate, effect.std_error, effect.ci_low, effect.ci_high))
    interval = "" if low is None or high is None else f"{by_error(low, error)} to {by_error(high, error)}"
    class_ = "" if effect.class_ is None else f": {shown(report.data.target)}={shown(effect.class_)}"
    return Cells(f"{shown(effect.predictor)}{class_}", (_value(effect.from_), _value(effect.to), by_error(change, error), interval))


def _value(value: float | str) -> str:
    return shown(value) if isinstance(value, str) else f"{value:.5g}"


def effect_title(report: Report) -> str:
    """What changes."""
    target, positive = shown(report.data.target), report.model.positive
    if any(effect.kind == "probability" for effect in report.effects or ()):
        return f"effects on the probability of {target}{'' if positive is None else f'={shown(positive)}'}, averaged over rows"
    return f"effects on the mean of {target}, averaged over rows"


def ratio_rows(report: Report) -> list[Cells]:
    """A row for each ratio."""
    found, mixed = [], len({ratio.kind for ratio in report.ratios or ()}) > 1
    for ratio in report.ratios or ():
        class_ = "" if ratio.class_ is None else f"{shown(report.data.target)}={shown(ratio.class_)}: "
        class_ = f"{ratio.kind}{'' if ratio.class_ is None else f', {shown(ratio.class_)}'}: " if mixed else class_
        interval = "" if ratio.ci_low is None or ratio.ci_high is None else (
            f"{significant(ratio.ci_low, 4)} to {significant(ratio.ci_high, 4)}")
        found.append(Cells(f"{class_}{shown(ratio.name)}", (significant(ratio.estimate, 4), interval)))
    return found


def ratio_heads(report: Report) -> tuple[str, ...]:
    """Headings of the numbers."""
    kinds = {ratio.kind for ratio in report.ratios or ()}
    return (kinds.pop() if len(kinds) == 1 else "ratio", f"{percent(report.model.level)} interval")


def tables(report: Report, width: int | None) -> list[list[Line]]:
    """What was asked for beside the parameters."""
    found = []
    if report.effects:
        found.append([Line(effect_title(report)), *grid("predictor", effect_heads(report), effect_rows(report), width)])
    if report.ratios:
        found.append(grid("parameter", ratio_heads(report), ratio_rows(report), width))
    return found
