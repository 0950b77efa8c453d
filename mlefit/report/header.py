"""What was modelled, from which rows, against which baselines: the lines above the parameter table."""

from collections.abc import Sequence

from mlefit.noise.options import typed
from mlefit.report.digits import significant
from mlefit.report.layout import GAP, Line, apart, room_of, shortened, wrapped
from mlefit.report.report import Report
from mlefit.report.safety import shown

NAMES = 6           # of a list; JSON has all
PAGE = 80           # cells of a page that has no width of its own
JOINT = "   "       # between the parts of a line


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f", ... ({len(names) - NAMES} more: -o json)" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def header(report: Report, width: int | None = None) -> list[Line]:
    """The title and the ledger: with a `width` in lines of at most that, the formula shortened to its first terms."""
    return [*_mark(report, width), *_title(report, width), *_ledger(report, width)]


def _mark(report: Report, width: int | None) -> list[Line]:
    """What stands above a partial report, so that nobody takes it for a fit."""
    if report.status == "ok":
        return []
    text = "No maximum-likelihood estimate: shown is what is known, not a fitted model."
    return [Line(line, "look") for line in wrapped(text, width)]


def _title(report: Report, width: int | None) -> list[Line]:
    source = listed([shown(name) for name in report.data.source])
    target, formula, law = shown(report.data.target), shown(report.model.formula), noise(report)
    spread = scale(report)
    line = apart(f"{source}: {target} ~ {formula}{spread}", law, width or PAGE)
    if line is not None:
        return [Line(line)]
    if width is None:
        return [Line(f"{source}: {target} ~ {formula}{spread}{' ' * GAP}{law}")]
    terms = split_terms(formula)
    below = [Line(line) for line in wrapped(law, width)]
    for count in range(len(terms), 0, -1):
        if count > NAMES and count < len(terms):
            continue
        rest = [] if count == len(terms) else [f"{len(terms) - count} more"]
        left = f"{source}: {target} ~ {' + '.join([*terms[:count], *rest])}{spread}"
        if room_of(left) <= width:
            return [Line(apart(left, law, width) or left), *([] if apart(left, law, width) else below)]
    left = f"{shortened(source, width // 3)}: {shortened(target, width // 4)} ~ {left.partition(' ~ ')[2]}"
    return [Line(shortened(left, width)), *below]


def noise(report: Report) -> str:
    """The law, its options, and its loss."""
    model = report.model
    options = ", ".join(f"{shown(k)}={shown(typed(v))}" for k, v in model.options.items())
    return f"{model.noise}{f' ({options})' if options else ''} noise, {model.loss}"


def scale(report: Report) -> str:
    """What the scale depends on, if it depends on anything."""
    name = next((p.class_ for p in report.parameters if p.kind == "scale"), None)
    return "" if name is None or report.model.scale_formula is None else f", {name} ~ {shown(report.model.scale_formula)}"


def split_terms(formula: str) -> list[str]:
    """The terms of a right-hand side: what stands between plus signs outside brackets."""
    terms, depth = [""], 0
    for place, letter in enumerate(formula):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and formula[place : place + 3] == " + ":
            terms.append("")
        terms[-1] += letter
    return [term.removeprefix(" + ").removeprefix("+ ").strip() for term in terms]


def _ledger(report: Report, width: int | None) -> list[Line]:
    """Rows at the left, and at the right or below them what they were coded against."""
    left, right = rows(report), JOINT.join(coding(report))
    line = apart(left, right, width or PAGE)
    if line is not None:
        return [Line(line)]
    return [Line(line) for text in (left, right) for line in wrapped(text, width)]


def rows(report: Report) -> str:
    """The row ledger: a row counts under every column in which it is missing, and once in the total."""
    held = report.information.holdout if report.information else None
    data = report.data
    missing = listed([f"{shown(name)}: {count}" for name, count in data.dropped.items() if count])
    why = f", missing in {missing}" if missing else ""
    why += f", of weight 0: {data.zero_weight}" if data.zero_weight else ""
    why += f", without a trial: {data.zero_trials}" if data.zero_trials else ""
    used = f"{data.rows_used} of {data.rows_read} rows used"
    ledger = f"{used} ({data.rows_dropped} dropped{why})" if data.rows_dropped else used
    if held is not None:
        ledger += f", {held.rows} of them held out of the fit"
        ledger += f" ({held.not_scored} not scored)" if held.not_scored else ""
    if data.weights is None:
        return ledger
    kind = "" if data.weights_kind in (None, "frequency") else f"{data.weights_kind} "
    effective = "" if data.effective_n is None else f" (Kish's effective n {significant(data.effective_n, 3)})"
    return f"{ledger}, {kind}weights: {shown(data.weights)}, n = {data.n}{effective}"


def coding(report: Report) -> list[str]:
    """The level modelled, the baseline levels, the trials, the offset and the kind of standard errors, where there are any."""
    data, model = report.data, report.model
    baseline = listed([f"{shown(column)}={shown(level)}" for column, level in model.reference.items()])
    parts = (
        f"level modelled: {shown(data.target)}={shown(model.positive)}" if model.positive is not None else "",
        f"baseline: {baseline}" if baseline else "",
        f"trials: {shown(data.trials)}" if data.trials is not None else "",
        f"offset: {shown(data.offset)}" if data.offset is not None else "",
        f"standard errors: {errors(report)}" if model.se != "auto" else "",
        ratios(report),
    )
    return [part for part in parts if part]


def ratios(report: Report) -> str:
    """The coefficients whose intervals are those of the profile likelihood, if any."""
    means = [p for p in report.parameters if p.interval in ("wald", "profile")]
    names = [shown(p.name) for p in means if p.interval == "profile"]
    if not names:
        return ""
    return "likelihood-ratio intervals" + ("" if len(names) == len(means) else f" for {listed(list(dict.fromkeys(names)))}")


def errors(report: Report) -> str:
    """The kind of standard errors, and what it takes the rows for."""
    kind, clusters = shown(report.model.se_used), report.clusters
    if clusters is not None:
        effective = significant(clusters.smallest_effective, 3)
        return f"{kind} ({clusters.n} clusters, effective number at least {effective})"
    return f"{kind} (rows taken in time order)" if kind.startswith("hac:") else kind
