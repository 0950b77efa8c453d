"""What a reader is told about a comparison: headline, cells and sentences, as text that is safe to show."""

import re
from collections.abc import Sequence

from mlefit.report.comparison import Comparison, Entry, Recommendation, Wild
from mlefit.report.digits import ABSENT, NOISE, by_error, decimals, or_noise, significant
from mlefit.report.information import FAR, RIGHT
from mlefit.report.layout import Line
from mlefit.report.parameters import shape_name
from mlefit.report.report import Parameter
from mlefit.report.safety import shown
from mlefit.report.units import factor_of

PLACES = 4          # of cross-entropies, whose differences are read off
SEEN = 0.5e-4       # nats: a difference of two of them
LIMIT = {"lower": ">= "}
SHARE = 2           # of a mixture
UNKNOWN = "not identifiable"
INFINITE = {"+inf": "inf", "-inf": "-inf"}
COMPARE = re.compile(r" \(mlefit compare[^)]*\)")
MODEL = re.compile(r"-m ([\w:=.-]+)")
BRIEF = {"no misfit detected": "none detected", UNKNOWN: "not known"}


def unit(comparison: Comparison) -> str:
    """As figures are shown."""
    return f"{comparison.unit} per row"


def headline(comparison: Comparison) -> list[str]:
    """What was modelled, on which rows."""
    first = next(entry.report for entry in comparison.entries if entry.report is not None)
    fitted, held = comparison.rows - comparison.held_out, comparison.held_out
    weighted = "" if comparison.n == fitted else f", n = {comparison.n:,} with their weights"
    unseen = f"; {held:,} more are held out" if held else ""
    designs = len({entry.formula for entry in comparison.entries}) > 1
    asked = shown(comparison.target) + ("" if designs else f" ~ {shown(first.model.formula)}")
    cells = "" if comparison.steps is None else f", as masses of cells of {comparison.steps:g}"
    return [f"{asked}   {fitted:,} rows, the same for all models{cells}{weighted}{unseen}"]


def parameters(entry: Entry) -> str:
    """How many."""
    assert entry.report is not None
    return str(entry.report.criteria.n_params) if entry.report.criteria else ABSENT


def cross_entropy(comparison: Comparison, entry: Entry) -> str:
    """Of the rows fitted."""
    return _per_row(comparison, entry.cross_entropy)


def new_rows(comparison: Comparison, entry: Entry) -> str:
    """By leave-one-out, by folds or of rows held out."""
    return _per_row(comparison, entry.on_new_rows)


def by_folds(comparison: Comparison) -> bool:
    """Whether new rows are those of folds."""
    return any(entry.held_out is not None for entry in comparison.entries)


def weight(entry: Entry) -> str:
    """The share of the model in the best mixture."""
    return decimals(entry.weight, SHARE)


def behind(comparison: Comparison, entry: Entry) -> str:
    """The difference to the best with its interval."""
    found = comparison.behind(entry.label)
    if found is None:
        return ABSENT
    if abs(found.nats) < NOISE:
        return or_noise(found.nats)
    factor = factor_of(comparison.unit)
    low, high, nats = (by_error(value * factor, found.std_error * factor) for value in (found.low, found.high, found.nats))
    return f"{nats} ({low} to {high})"


def misfit(comparison: Comparison, entry: Entry) -> str:
    """The KL of the model, a lower bound where it is one."""
    assert entry.report is not None
    known = entry.report.information
    if known is None:
        return ABSENT
    kl, factor = known.kl, factor_of(comparison.unit)
    value = kl.ci_low if kl.bound == "lower" else kl.misfit
    if value is None:
        return ABSENT
    return f"{LIMIT.get(kl.bound, '')}{significant(max(value, 0.0) * factor, 2)}"


def verdict(entry: Entry) -> str:
    """In words, without the reason where there is none."""
    assert entry.report is not None
    known = entry.report.information
    if known is None:
        return ABSENT
    return UNKNOWN if known.kl.reason and known.kl.verdict_code == "not-identifiable" else known.kl.verdict or ABSENT


def short(entry: Entry) -> str:
    """The verdict in the fewest words, under its head."""
    said = verdict(entry)
    return BRIEF.get(said, said.removeprefix("misfit, "))


def sentences(comparison: Comparison) -> list[Line]:
    """The recommendation, what it costs not to follow it, the next command, and why models have no answer."""
    told = comparison.recommendation
    lines = []
    if told is not None:
        words = {"keep": "keep", "strong": "use", "lean": "lean to"}.get(told.strength)
        lead = "" if words is None else f"{words} {shown(told.label)}: "
        lines += [
            Line(f"{lead}{shown(told.because)}.", "look" if words is None else "plain"),
            *(_mended(comparison, told) if words is None else [Line(f"its loss: {told.loss}."), _typed("next", told.next)]),
        ]
    lines += [Line(f"{shown(entry.label)}: {shown(entry.reason)}") for entry in comparison.entries if entry.reason]
    return [*lines, *_on_new_rows(comparison), *_unknown(comparison), *(Line(f"{shown(remark)}.") for remark in comparison.remarks)]


def _mended(comparison: Comparison, told: Recommendation) -> list[Line]:
    """What would mend the least bad of models none of which fits: a term, a spread that varies, another law, or none at all."""
    report = next(entry.report for entry in comparison.entries if entry.label == told.label)
    steps = () if report is None or report.information is None else report.information.kl.advice
    if told.wild is not None:       # what may be the misfit is known to be; what would help without it is told
        steps = tuple(step.partition(RIGHT)[2] if step.startswith(FAR) else step for step in steps)
    lines = [] if told.wild is None else [Line(_without(told.wild), "look")]
    lines += [Line(f"what would help: {shown(step)}") for step in _untried(steps, comparison)]
    lines += [_typed("a summary that assumes no law", told.summary)] if told.summary else []
    return [*lines, _typed(f"{shown(told.label)} all the same ({told.loss})", told.next)]


def _typed(lead: str, command: str) -> Line:
    """A command after what it is for."""
    return Line(f"{lead}: {shown(command)}", command=shown(command))


def _without(wild: Wild) -> str:
    """The rows that alone speak against every model, and what to do."""
    many = len(wild.rows) > 1
    rows = f"row{'s' if many else ''} {_and([f'{row:,}' for row in wild.rows])}{'' if wild.whole else ' of those used'}"
    values = "" if wild.values is None else f" ({shown(wild.column)} = {_and([f'{value:.6g}' for value in wild.values])})"
    them, mend = (("them", "Correct the values, or drop the rows if they are mistakes, and compare again.") if many else
                  ("it", "Correct the value, or drop the row if it is a mistake, and compare again."))
    return (f"it is {rows}{values} that no model holds: without {them} {shown(wild.model)} is not rejected "
            f"(p {significant(wild.p_value, 2)}). {mend}")


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _untried(steps: Sequence[str], comparison: Comparison) -> list[str]:
    """The steps without the word of this command, but for those that name only models which are in the table."""
    tried = {entry.model for entry in comparison.entries}
    short = [COMPARE.sub("", step) for step in steps]
    named = [set(MODEL.findall(step)) for step in short]
    return [step for step, models in zip(short, named, strict=True)
            if "mlefit compare" not in step and not (models and models <= tried)]


def _on_new_rows(comparison: Comparison) -> list[Line]:
    """What new rows are, if not one at a time, and which model they put first, where that is another one."""
    first, factor = comparison.entries[0], factor_of(comparison.unit)
    lines = []
    if by_folds(comparison):
        folds = next(entry.held_out.folds for entry in comparison.entries if entry.held_out is not None)
        lines.append(Line(f"on new rows: by {folds} folds; weight: the share of each model in the mixture that does best there."))
        lines += [Line(f"{shown(entry.label)} on new rows: {entry.held_out.reason}") for entry in comparison.entries
                  if entry.held_out is not None and entry.held_out.reason is not None]
    elif comparison.held_out:
        lines.append(Line(f"on new rows: on the {comparison.held_out:,} rows held out."))
    known = [(value, entry) for entry in comparison.entries if entry.fitted and (value := entry.on_new_rows) is not None]
    least, best = min(known, key=lambda one: one[0], default=(0.0, first))
    ahead = (first.on_new_rows or 0.0) - least
    if first.on_new_rows is not None and ahead > SEEN:
        lines.append(Line(f"on new rows {shown(best.label)} is ahead of {shown(first.label)} by {significant(ahead * factor, 2)} "
                          f"{unit(comparison)}."))
    return lines


def _unknown(comparison: Comparison) -> list[Line]:
    """Why the misfit is not known, of the best model of which it is not, and of how many."""
    models = [entry for entry in comparison.entries if entry.fitted and verdict(entry) == UNKNOWN]
    if not models:
        return []
    best = models[0]
    assert best.report is not None
    assert best.report.information is not None
    of = f" for {len(models)} models" if len(models) > 1 else ""
    return [Line(f"misfit not identifiable{of}; {shown(best.label)}: {shown(best.report.information.kl.reason or '')}")]


def names_of(entries: Sequence[Entry]) -> list[str]:
    """The parameters of all models, each once, in the order of the first that has it."""
    return list(dict.fromkeys(name for entry in entries if entry.report is not None for name, _ in _named(entry.report.parameters)))


def side(entry: Entry, name: str) -> str:
    """Estimate and standard error of a parameter, empty where the model has none of this name."""
    assert entry.report is not None
    for own, p in _named(entry.report.parameters):
        if own == name:
            error = "" if p.std_error is None else f" ({significant(p.std_error, 2)})"
            return f"{INFINITE[p.limit] if p.limit else by_error(p.estimate, p.std_error)}{error}"
    return ""


def _named(parameters: Sequence[Parameter]) -> list[tuple[str, Parameter]]:
    """Each parameter with its name, a shape that is called as a parameter of the mean told apart from it."""
    means = {p.name for p in parameters if p.kind == "mean"}
    return [(_name(p.class_, shape_name(p) if p.kind == "shape" and p.name in means else p.name), p) for p in parameters]


def _name(class_: str | None, name: str) -> str:
    return shown(name) if class_ is None else f"{shown(class_)}: {shown(name)}"


def _per_row(comparison: Comparison, value: float | None) -> str:
    return decimals(None if value is None else value * factor_of(comparison.unit), PLACES)
