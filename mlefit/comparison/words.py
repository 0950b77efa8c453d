"""Words: the recommendation as sentences, each figure with its error and each claim with its test."""

from collections.abc import Sequence
from math import log

from mlefit.comparison.rule import Decision
from mlefit.report.comparison import Adequacy, Difference, Entry
from mlefit.report.digits import by_error, significant

INDISTINCT = 3      # models named in a sentence
FLOOR = 1e-10


def because(
    decision: Decision, entries: Sequence[Entry], against_default: Difference | None, default: str | None,
    own: Adequacy | None, of_default: Adequacy | None, alike: Sequence[Difference] = (),
) -> str:
    """Why this model, and how sure that is. `alike`: models of its group that are not beaten."""
    named = {entry.label: entry for entry in entries}
    if decision.strength == "keep":
        return f"nothing in these data asks for more than {decision.model}" if len(named) > 1 else "no other model is compared"
    reason = _asked_for(of_default, against_default, default)
    if decision.strength == "none-fits":
        fitted = sum(entry.fitted for entry in entries)
        which = decision.model if fitted == 1 else f"none of the {fitted} models fits; the least bad is {decision.model}, which"
        return f"{which} {_missed(named[decision.model], own)}"
    if decision.strength == "strong":
        rest = [d for d in decision.rivals if d.against == decision.model and d.model != default]
        largest = max((d.p_value or 0.0 for d in rest), default=0.0)
        worst = f"; every other group is behind as well (p {'' if largest < FLOOR else '<= '}{_p(largest)})" if rest else ""
        alone = "no other model is compared" if len(named) == 1 else f"{decision.model} fits best"
        return "; ".join((f"{reason or alone}{worst}", *_alike(alike)))
    return "; ".join((f"{decision.model} fits best", *_open(decision), *_alike(alike)))


def _open(decision: Decision) -> list[str]:
    """The rivals that are not beaten: those that are other laws, and those that contain the winner and gain nothing."""
    others = [d for d in decision.not_beaten if not d.within]
    larger = [d for d in decision.not_beaten if d.within]
    said = [_not_excluded(others)] if others else []
    if larger:
        verbs = "contains it and gains" if len(larger) == 1 else "contain it and gain"
        said.append(f"{_with_tests(larger)} {verbs} nothing that chance would not")
    return said


def _alike(members: Sequence[Difference]) -> list[str]:
    """The models that the same data ask for, of which the best is named."""
    return [f"of the same kind, {_not_excluded(members)}"] if members else []


def _not_excluded(behind: Sequence[Difference]) -> str:
    """Where one test, or the want of any, is that of all, it stands at the end."""
    each = {d.p_value for d in behind}
    if len(each) > 1:
        return f"{_with_tests(behind)} cannot be excluded"
    how = "these rows do not tell them apart" if None in each else f"p {_p_with_sign(behind[0].p_value or 0.0)}"
    return f"{_counted([d.model for d in behind])} cannot be excluded ({how})"


def _with_tests(behind: Sequence[Difference]) -> str:
    """Some models, each with the p-value of its test."""
    names = [f"{d.model} ({'not told apart by these rows' if d.p_value is None else f'p {_p_with_sign(d.p_value)}'})"
             for d in behind]
    return _counted(names)


def _counted(names: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(names) - INDISTINCT
    return _listed([*names[:INDISTINCT], *([f"{more} more"] if more > 0 else [])])


def costs(behind: Difference) -> str:
    """A model behind another: nats per row with their error, the test, and the rows that tell the two apart."""
    size = f"{by_error(behind.nats, behind.std_error)} +- {significant(behind.std_error, 2)} nats per row"
    test = "" if behind.p_value is None else f" ({behind.test}: p {_p_with_sign(behind.p_value)})"
    rows = rows_apart(behind.nats) if behind.nats > 0.0 else 0
    many = "a single row tells" if rows == 1 else f"about {rows:,} rows tell"
    apart = f"; {many} the two apart at odds of 20 to 1" if rows else ""
    return f"{behind.model} is worse by {size}{test}{apart}"


def rows_apart(nats: float) -> int:
    """ln 20 / nats, rounded up."""
    return int(-(-log(20.0) // nats))


def _asked_for(of_default: Adequacy | None, behind: Difference | None, default: str | None) -> str:
    """What the default costs, and what its residuals show."""
    if behind is None or default is None:
        return ""
    seen = "" if of_default is None or not of_default.findings else f"; residuals of {default}: {_seen(of_default)}"
    return costs(behind) + seen


def _missed(entry: Entry, own: Adequacy | None) -> str:
    """What the best model does not describe."""
    if own is not None and own.findings:
        return f"is not the law of its residuals: {_seen(own)}"
    verdict = None
    if entry.report is not None and entry.report.information is not None:
        verdict = entry.report.information.kl.verdict
    if verdict is None:
        return "is rejected by the smooth test of its residuals"
    return f"is itself found wrong ({verdict})"


def _seen(found: Adequacy) -> str:
    """The two directions that stand out most."""
    return ", ".join(finding.sentence for finding in found.findings[:2])


def _p(value: float) -> str:
    return f"< {FLOOR:.0e}" if value < FLOOR else significant(value, 2)


def _p_with_sign(value: float) -> str:
    return _p(value) if value < FLOOR else f"= {_p(value)}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
