"""Words of a page: the verdicts in a few words each, and the answer in three to five sentences made from its figures."""

from collections.abc import Iterator
from typing import NamedTuple

from mlefit.drawing.page.story import Story
from mlefit.drawing.typeset import typeset
from mlefit.report.cells import row
from mlefit.report.digits import NOISE, decimals, or_noise
from mlefit.report.header import noise
from mlefit.report.misfit import misfit
from mlefit.report.parameters import explains
from mlefit.report.report import Parameter, Report
from mlefit.report.safety import shown
from mlefit.report.summary import explained

DIFFER = ("The verdict and the pictures differ: the verdict is one test of all that the KL measures, a picture looks at one thing. "
          "The verdict stands; the pictures say where to look.")


class Chip(NamedTuple):
    """A verdict: `look` where a reader should."""

    name: str
    text: str
    look: bool = False


def chips(story: Story) -> Iterator[Chip]:
    """The verdicts: the optimum, both routes, the distance from the data, the pictures, what is explained."""
    report = story.report
    if story.judged is not None:
        yield Chip("on these rows", story.judged.verdict, look=story.judged.alarm)
    if report.status != "ok":
        yield Chip("answer", "no maximum-likelihood estimate", look=True)
    if report.mle is not None:
        certified = report.status == "ok"
        kind, edm = report.mle.certificate.kind, or_noise(report.mle.edm)
        yield Chip("optimum", f"certified ({kind} {typeset(edm)})" if certified else "not certified", look=not certified)
    if report.agreement is not None:
        yield Chip("two routes", "agree" if report.agreement.agree else "disagree", look=not report.agreement.agree)
    if report.information is not None and story.judged is None:
        kl = report.information.kl
        text = "not asked for" if kl.verdict_code == "off" else kl.verdict or "cannot be told"
        yield Chip("distance from the data", text, look=kl.verdict_code == "misfit")
    if story.sheet is not None and story.sheet.tested:
        marked = sum(panel.mark for panel in story.sheet.panels if panel.id != "kl")
        yield Chip("pictures", f"{marked} of {story.sheet.tested} to look at", look=marked > 0)
    criteria = report.criteria if story.judged is None and report.model.formula != "1" else None
    if criteria is not None and criteria.r_squared is not None:
        yield Chip(criteria.r_squared_kind, typeset(decimals(criteria.r_squared, 3)))


def sentences(story: Story) -> Iterator[str]:
    """In words: what was done, the strongest predictor, what is explained, the misfit, and the pictures; of a saved model what the
    new rows say of it."""
    report = story.report
    if story.judged is not None:
        yield from story.judged.sentences
        yield from _pictures(story)
        return
    if report.agreement is not None and report.mle is not None:
        yield _both(report)
    if report.status == "ok":
        yield from _strongest(report)
        yield from (f"The model {label} {shown(text)}." for label, text, _ in explained(report) if label == "explains")
    if report.information is not None:
        said = misfit(report.information)
        if said:
            yield f"Misfit: {said[0][1]}."
    yield from _pictures(story)


def _both(report: Report) -> str:
    """What was done, and how well the two answers agree."""
    assert report.agreement is not None
    gap, agree = report.agreement.max_gap_se, report.agreement.agree
    loss, law = report.model.loss, noise(report).partition(" noise, ")[0]
    done = (f"{loss[:1].upper()}{loss[1:]} was minimised and the {law} likelihood maximised, separately, over "
            f"{report.data.rows_used:,} rows")
    if gap is None:
        return f"{done}."
    near = f"to less than {NOISE:.0e} standard errors" if gap < NOISE else f"to {or_noise(gap)} standard errors"
    return f"{done}; the two sets of parameters {f'agree {near}' if agree else f'differ by {or_noise(gap)} standard errors'}."


def _strongest(report: Report) -> Iterator[str]:
    """The term that explains most, by its test."""
    terms = list(dict.fromkeys(p.term or p.name for p in report.parameters if _slope(p)))
    if not terms:
        if report.model.formula == "1":
            yield "The model has no predictors."
        return
    best = max(terms, key=lambda term: explains(report, term))
    own = [p for p in report.parameters if _slope(p) and (p.term or p.name) == best]
    if explains(report, best) == 0.0:
        return
    only = "The only predictor" if len(terms) == 1 else f"Of the {len(terms)} terms, the one that explains most"
    if len(own) == 1:
        cells = row(own[0])
        ends = f" ({cells.ci_low} to {cells.ci_high})" if cells.ci_low and cells.ci_high else ""
        yield f"{only} is {shown(best)}: its coefficient is {cells.estimate}{ends}."
    else:
        yield f"{only} is {shown(best)}, with {len(own)} coefficients."


def _slope(p: Parameter) -> bool:
    return p.kind == "mean" and p.name != "(Intercept)" and p.state in ("ok", "no-robust-error")


def _pictures(story: Story) -> Iterator[str]:
    """How many pictures are marked, and whether they and the verdict of the KL say the same."""
    if story.sheet is None or not story.sheet.tested:
        return
    panels = [panel for panel in story.sheet.panels if panel.id != "kl"]
    marked = [panel for panel in panels if panel.mark]
    pictures = f"{story.sheet.tested} picture{'' if story.sheet.tested == 1 else 's'} tested"
    if marked:
        are = "is" if len(marked) == 1 else "are"
        yield f"{len(marked)} of {pictures} {are} marked, first {marked[0].title}: {marked[0].sentence}"
    else:
        yield f"None of {pictures} is marked."
    information = None if story.judged is not None else story.report.information
    if information is None or information.kl.verdict_code not in ("none", "misfit"):
        return
    if bool(marked) != (information.kl.verdict_code == "misfit"):
        yield DIFFER
