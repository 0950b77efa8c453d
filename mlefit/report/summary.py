"""The first screen below the parameter table: both routes, what the model explains, whether it fits, and the proof."""

from collections.abc import Iterator

from mlefit.report.cells import MARK
from mlefit.report.digits import CRITERION_PLACES, ENTROPY_PLACES, decimals, or_noise, percentage, significant
from mlefit.report.information import Holdout
from mlefit.report.layout import GAP, Cells, Line, Tone, grid, padded, room_of, widths, wrapped
from mlefit.report.misfit import Said, least, misfit
from mlefit.report.report import Criteria, Report, Route
from mlefit.report.safety import shown
from mlefit.report.units import unit_of

LABEL = 10          # cells of the word before each sentence
COLUMN = 14         # cells in which the name of a loss is wrapped
DEEPEST = 3         # lines of a heading
PSEUDO = {"McFadden": ("McFadden's R2", "log-likelihood"), "R1": ("R1", "the loss (R1)")}
ROUTES = ("maximum likelihood", "least loss")


def route_heads(report: Report) -> tuple[str, ...]:
    """Headings of the two routes' figures: the loss by its name where that is short, log-likelihood, entropies."""
    loss = "\n".join(wrapped(report.model.loss, COLUMN))
    head = (loss if loss.count("\n") < DEEPEST else "loss", "log-likelihood", "cross-entropy")
    if report.information is None or not told(report):
        return head
    return (*head, "KL, at least" if report.information.kl.bound == "lower" else "KL")


def told(report: Report) -> bool:
    """Whether there is anything to say of KL."""
    return report.information is not None and report.information.kl.verdict_code != "off"


def routes(report: Report) -> list[Cells]:
    """Loss, log-likelihood, cross-entropy and KL of both routes; what differs visibly is marked."""
    if report.mle is None or report.loss is None:
        return []
    excess = report.agreement.nll_excess if report.agreement else None
    first, second = _route(report, report.mle, 0.0), _route(report, report.loss, excess or 0.0)
    if report.agreement is not None and not report.agreement.agree:
        second = tuple(b + (MARK if a != b else "") for a, b in zip(first, second, strict=True))
    return [Cells(label, numbers) for label, numbers in zip(ROUTES, (first, second), strict=True)]


def _route(report: Report, route: Route, excess: float) -> tuple[str, ...]:
    _, factor = unit_of(report.information)
    cross = None if route.nll is None else route.nll * factor
    numbers = (significant(route.loss), decimals(route.loglik, CRITERION_PLACES), decimals(cross, ENTROPY_PLACES))
    return (*numbers, least(report.information, excess)) if report.information is not None and told(report) else numbers


def route_table(report: Report) -> list[Line]:
    """Both routes, a line each; the unit stands over the columns that have one."""
    rows, heads = routes(report), route_heads(report)
    if not rows:
        return []
    lines = grid("", heads, rows)
    unit, _ = unit_of(report.information)
    span = sum(room + GAP for room in widths(heads, rows)[2:]) - GAP
    deep = max(head.count("\n") for head in heads)
    width = room_of(lines[deep].text)
    over = padded(lines[0].text if deep else "", width - span) + f" {unit} per row ".center(span, "-")
    return [Line(over), *lines[min(1, deep):]]


def closing(report: Report) -> list[Said]:
    """Label, sentence and tone of each line below the routes."""
    found = [*profiled(report), *explained(report)]
    if report.information is not None:
        found += misfit(report.information)
    return [*found, *proof(report)]


def profiled(report: Report) -> Iterator[Said]:
    """What the least loss is where the loss contains the shapes, so that it has a minimum for each value of them."""
    names = [shown(p.name) for p in report.parameters if p.kind == "shape"]
    if report.model.shape_cost is None or report.loss is None or not names:
        return
    each, it = ("it", "the value itself costs") if len(names) == 1 else ("them", "the values themselves cost")
    yield "loss", (
        f"this loss contains {' and '.join(names)}: for each value of {each} the loss has its own minimum; shown is the lowest "
        f"after adding what {it}, {report.model.shape_cost}"), "plain"


def explained(report: Report) -> Iterator[Said]:
    """What the model explains, in units people know, on these rows and on new ones."""
    criteria = report.criteria
    if criteria is None:
        return
    share = _share(report, criteria)
    text = "; ".join(part for part in (share, *_on_rows(criteria, _of(report)), _entropy(report, criteria)) if part)
    if text:
        yield "explains" if share else "judged", text, "plain"
    if report.information is not None and report.information.holdout is not None:
        yield from _held_out(report.information.holdout, unit_of(report.information)[1], _of(report))


def _held_out(held: Holdout, factor: float, of: str) -> Iterator[Said]:
    """The figures of the rows held out."""
    entropy = "" if held.cross_entropy is None else f"cross-entropy {decimals(held.cross_entropy * factor, 4)}"
    squared = "" if held.r_squared is None else f"R2 {decimals(held.r_squared, 3)}"
    figures = "; ".join(part for part in (*known(held, of), squared, entropy) if part)
    if figures:
        yield "held out", f"{held.rows - held.not_scored} rows: {figures}", "plain"


def _share(report: Report, criteria: Criteria) -> str:
    """What the predictors explain; without predictors, nothing."""
    squared = criteria.r_squared
    if squared is None or report.model.formula == "1":
        return ""
    if criteria.r_squared_kind != "R2":
        name, what = PSEUDO[criteria.r_squared_kind]
        if squared < 0.0:
            return f"less than the intercept alone ({name} {decimals(squared, 3)})"
        return f"{percentage(squared)} of {what}"
    if not criteria.r_squared_centred:
        return f"{percentage(squared)} of the sum of squares (R2, uncentred)"
    if squared < 0.0:
        return f"less than the intercept alone (R2 {decimals(squared, 3)})"
    return f"{percentage(squared)} of the variance{_of(report)} (R2)"


def _of(report: Report) -> str:
    """What is said of figures in the unit of a function of a column: ` of log(price)`."""
    return "" if report.data.transform is None else f" of {shown(report.data.target)}"


def known(judged: Criteria | Holdout, of: str = "") -> Iterator[str]:
    """The figures people know, of the rows fitted or held out; `of`: what the target is a function of, ` of log(price)`."""
    if judged.rmse is not None:
        yield f"typical error {significant(judged.rmse, 3)}{of}"
    if judged.accuracy is not None:
        yield f"accuracy {percentage(judged.accuracy)}"
    if judged.auc is not None:
        yield f"AUC {decimals(judged.auc, 2)}"


def _on_rows(criteria: Criteria, of: str) -> Iterator[str]:
    """The figures people know, on these rows and as expected on new ones."""
    new = (
        None if criteria.rmse_on_new_rows is None else significant(criteria.rmse_on_new_rows, 3),
        None if criteria.accuracy_on_new_rows is None else percentage(criteria.accuracy_on_new_rows),
    )
    expected = next((f", {figure} on new rows" for figure in new if figure is not None), "")
    first, *others = [*known(criteria, of), ""]
    yield first + expected if first else ""
    yield from others


def _entropy(report: Report, criteria: Criteria) -> str:
    """What new rows should have, where no figure in the reader's unit is known for them."""
    if criteria.on_new_rows is None or {criteria.rmse_on_new_rows, criteria.accuracy_on_new_rows} != {None}:
        return ""
    _, factor = unit_of(report.information)
    return f"cross-entropy {decimals(criteria.on_new_rows * factor, 4)} on new rows"


def proof(report: Report) -> Iterator[Said]:
    """Whether the routes agree, by how much, and how far both are from the maximum."""
    if report.agreement is None:
        return
    agree, certified = report.agreement.agree, report.status == "ok"
    gap = or_noise(report.agreement.max_gap_se)
    edm = max((route.edm for route in (report.mle, report.loss) if route and route.edm is not None), default=None)
    steps = [route.refinement for route in (report.mle, report.loss) if route and route.refinement is not None]
    measured = f", a step in twice the precision {or_noise(max(steps))} s.e." if steps else ""
    verdict = f"both routes agree (gap {gap} s.e.)" if agree else f"the routes disagree by {gap} s.e., where marked {MARK}"
    if agree and any(warning.code == "not-unique" for warning in report.warnings):
        verdict = f"both routes agree on the least loss, at points {gap} s.e. apart"
    kind = "EDM" if report.mle is None else report.mle.certificate.kind
    best = "certified maximum"
    if report.mle is not None and not report.mle.certificate.unique:
        starts = report.mle.certificate.starts
        best = f"{f'best of {starts} searches, ' if starts > 1 else ''}a local maximum is certified"
    maximum = best if certified else "not certified"
    tone: Tone = "plain" if agree and certified else "look"
    yield "proof", f"{verdict}; {maximum} ({kind} {or_noise(edm)}{measured})", tone


def warnings(report: Report, most: int | None = None) -> list[Said]:
    """A line for each warning; of more than `most` the first ones, and how many more there are."""
    found = report.warnings if most is None else report.warnings[:most]
    lines: list[Said] = [("warning", shown(warning.message), "warn") for warning in found]
    if len(found) < len(report.warnings):
        lines.append(("warning", f"{len(report.warnings) - len(found)} more: --detail", "warn"))
    return lines


def laid_out(said: list[Said], width: int | None) -> list[Line]:
    """Label and sentence, wrapped behind the label."""
    lines = []
    for label, text, tone in said:
        lines += [Line(line, tone) for line in wrapped(f"{label:<{LABEL}}{text}", width, LABEL)]
    return lines
