"""What a reader is told about a report: header, figures and sentences, as text that is safe to show.

The table and the Markdown page lay these out and add nothing. Figures are in the unit that the user chose: with bits,
cross-entropy, entropy and KL per row are divided by log 2; log-likelihoods stay in nats, as AIC and BIC need them.
"""

from typing import Literal, NamedTuple

from mlefit.noise.options import typed
from mlefit.report.digits import ABSENT, NOISE, decimals, exponent, or_noise, percent, significant
from mlefit.report.divergence import divergence
from mlefit.report.information import Holdout, Information
from mlefit.report.report import ABOUT, ALONE, Criteria, Report, Route
from mlefit.report.safety import shown
from mlefit.report.units import unit_of

Tone = Literal["plain", "good", "alarm"]
CRITERION_PLACES = 2      # AIC differences of 0.01 are visible
ENTROPY_PLACES = 5        # entropies per row, which add up in the table


class Sentence(NamedTuple):
    """A line of prose; `tone` marks what a reader should look at first."""

    text: str
    tone: Tone = "plain"


class Figure(NamedTuple):
    """A whole-fit figure at the two optima; empty where it belongs to the first one alone."""

    label: str
    at_mle: str
    at_loss: str = ""


def title(report: Report) -> str:
    """The noise model, its loss and where the data came from."""
    model = report.model
    options = ", ".join(f"{shown(k)}={shown(typed(v))}" for k, v in model.options.items())
    noise = f"{model.noise} ({options})" if options else model.noise
    return f"{noise} noise, {model.loss}: {', '.join(shown(s) for s in report.data.source)}"


def header(report: Report) -> list[str]:
    """What was modelled, from which rows, against which baselines."""
    scale = next((p.class_ for p in report.parameters if p.kind == "scale"), None)
    spread = "" if scale is None or report.model.scale_formula is None else f", {scale} ~ {shown(report.model.scale_formula)}"
    return [f"{shown(report.data.target)} ~ {shown(report.model.formula)}{spread}", rows(report), *coding(report)]


def rows(report: Report) -> str:
    """The row ledger: a row counts under every column in which it is missing, and once in the total."""
    held = report.information.holdout if report.information else None
    data = report.data
    missing = ", ".join(f"{shown(name)}: {count}" for name, count in data.dropped.items() if count)
    why = f", missing in {missing}" if missing else ""
    why += f", of weight 0: {data.zero_weight}" if data.zero_weight else ""
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
    """The level modelled, the baseline levels, the offset and the kind of standard errors, where there are any."""
    data, model = report.data, report.model
    baseline = ", ".join(f"{shown(column)}={shown(level)}" for column, level in model.reference.items())
    parts = (
        f"level modelled: {shown(data.target)}={shown(model.positive)}" if model.positive is not None else "",
        f"baseline: {baseline}" if baseline else "",
        f"offset: {shown(data.offset)}" if data.offset is not None else "",
        f"standard errors: {errors(report)}" if model.se != "auto" else "",
        ratios(report),
    )
    line = "   ".join(part for part in parts if part)
    return [line] if line else []


def ratios(report: Report) -> str:
    """The coefficients whose intervals are those of the profile likelihood, if any."""
    means = [p for p in report.parameters if p.interval in ("wald", "profile")]
    names = [shown(p.name) for p in means if p.interval == "profile"]
    if not names:
        return ""
    return "likelihood-ratio intervals" + ("" if len(names) == len(means) else f" for {', '.join(dict.fromkeys(names))}")


def errors(report: Report) -> str:
    """The kind of standard errors, and what it takes the rows for."""
    kind, clusters = shown(report.model.se_used), report.clusters
    if clusters is not None:
        effective = significant(clusters.smallest_effective, 3)
        return f"{kind} ({clusters.n} clusters, effective number at least {effective})"
    return f"{kind} (rows taken in time order)" if kind.startswith("hac:") else kind


def class_heading(report: Report, name: str) -> str:
    """The heading over the parameters of one class of a categorical target; the header names the baseline."""
    return f"{shown(report.data.target)}={shown(name)}"


def figures(report: Report) -> list[Figure]:
    """Loss, likelihood, the entropies per row and the criteria. Lines without any figure are left out."""
    mle, loss, criteria = report.mle, report.loss, report.criteria
    lines = [
        Figure(report.model.loss, *(significant(r.loss) if r else ABSENT for r in (mle, loss))),
        Figure("log-likelihood", *(decimals(r.loglik, CRITERION_PLACES) if r else ABSENT for r in (mle, loss))),
        *entropies(report.information, mle, loss),
        *apart(report),
        *generalization(report.information, criteria),
    ]
    if criteria is not None:
        squared = "McFadden's R2" if criteria.r_squared_kind != "R2" else "R2" if criteria.r_squared_centred else "R2, uncentred"
        if criteria.r_squared is not None and criteria.r_squared < 0.0:
            squared += ": worse than the intercept alone"
        alone = Figure("log-likelihood of the intercept alone", decimals(criteria.null_loglik, CRITERION_PLACES))
        predictors = report.model.formula != "1"      # without them the model is the intercept
        lines += [
            *([Figure(squared, decimals(criteria.r_squared, 4))] if predictors else []),
            *familiar(criteria),
            Figure(f"AIC of {report.data.n} rows", decimals(criteria.aic, CRITERION_PLACES)),
            Figure(f"BIC of {report.data.n} rows", decimals(criteria.bic, CRITERION_PLACES)),
            *([alone] if predictors else []),
        ]
    return [line for line in lines if {line.at_mle, line.at_loss} - {ABSENT, ""}]


def familiar(judged: Criteria | Holdout) -> list[Figure]:
    """The figures people know, of the rows fitted or held out."""
    indent = "  " if isinstance(judged, Holdout) else ""
    return [
        Figure(f"{indent}root mean square error", significant(judged.rmse)),
        Figure(f"{indent}accuracy", decimals(judged.accuracy, 4)),
        Figure(f"{indent}AUC", decimals(judged.auc, 4)),
    ]


def entropies(information: Information | None, mle: Route | None, loss: Route | None) -> list[Figure]:
    """Cross-entropy = entropy of the data + KL at both optima, with as many decimals that the sum can be checked."""
    unit, factor = unit_of(information)
    told = [route.nll if route else None for route in (mle, loss)]
    told += [information.kl.raw, information.entropy] if information else []
    sizes = [1 - exponent(value * factor, 2) for value in told if value is not None and abs(value) >= NOISE]
    places = max(ENTROPY_PLACES, *sizes) if sizes else ENTROPY_PLACES

    def figure(value: float | None) -> str:
        return decimals(None if value is None else value * factor, places)

    at = [figure(route.nll if route else None) for route in (mle, loss)]
    lines = [Figure(f"NLL per row = cross-entropy, {unit}", *at)]
    if information is not None and information.entropy is not None:
        above, below = (" (<=)", " (>=)") if information.kl.bound == "lower" else ("", "")
        lines += [
            Figure(f"  = entropy of the data{above}", figure(information.entropy), figure(information.entropy)),
            Figure(f"  + KL(data || model){below}", *(figure(r.kl if r else None) for r in (mle, loss))),
        ]
    return lines


def apart(report: Report) -> list[Figure]:
    """What the parameters of least loss cost, and how far their model is from the maximum likelihood model."""
    agreement = report.agreement
    if agreement is None or agreement.kl_routes is None:
        return []
    _, factor = unit_of(report.information)
    cost = None if agreement.nll_excess is None else agreement.nll_excess * factor
    return [
        Figure("  excess over the MLE", "", or_noise(cost)),
        Figure("  KL(model at the MLE || this one)", "", or_noise(agreement.kl_routes * factor)),
    ]


def generalization(information: Information | None, criteria: Criteria | None) -> list[Figure]:
    """What the predictors are worth, and the cross-entropy of new rows: expected, by leave-one-out, and on those held out."""
    if information is None:
        return []
    unit, factor = unit_of(information)

    def figure(value: float | None) -> str:
        return per_row(None if value is None else value * factor)

    about = ", about" if criteria is not None and criteria.on_new_rows_note == ABOUT else ""
    lines = [
        Figure(f"explained by the predictors, {unit}", figure(information.explained)),
        Figure(f"cross-entropy expected on new rows{about}", figure(criteria.on_new_rows if criteria else None)),
    ]
    held = information.holdout
    if held is not None:
        lines += [
            Figure(f"cross-entropy of {held.rows - held.not_scored} held-out rows", figure(held.cross_entropy)),
            Figure("  its standard error", figure(held.std_error)),
            *familiar(held),
            Figure("  R2", decimals(held.r_squared, 4)),
        ]
    return lines


def per_row(value: float | None) -> str:
    """As many decimals as figures that add up have; two significant digits of one that is too small for them."""
    small = value is not None and 0.0 < abs(value) < 10.0 ** (1 - ENTROPY_PLACES)
    return significant(value, 2) if small else decimals(value, ENTROPY_PLACES)


def mark(report: Report) -> list[Sentence]:
    """What stands above a partial report, so that nobody takes it for a fit."""
    text = "No maximum-likelihood estimate: what is shown is what is known, not a fitted model."
    return [] if report.status == "ok" else [Sentence(text, "alarm")]


def sentences(report: Report) -> list[Sentence]:
    """KL, the certificate, and the warnings, in this order."""
    lines = [] if report.information is None else divergence(report.information, report.model)
    if report.criteria is not None and report.criteria.on_new_rows_note == ALONE:
        lines.append(f"No cross-entropy is expected on new rows: {ALONE}.")
    warnings = [Sentence(f"Warning: {shown(warning.message)}", "alarm") for warning in report.warnings]
    return [*(Sentence(line) for line in lines), *status(report), *warnings]


def status(report: Report) -> list[Sentence]:
    """Whether the routes agree, by how much, and how far both are from the maximum."""
    if report.agreement is None:
        return []
    agree, certified = report.agreement.agree, report.status == "ok"
    verdict = "Both routes agree" if agree else "The routes disagree"
    maximum = "Certified maximum" if certified else "Not certified"
    edm = max((route.edm for route in (report.mle, report.loss) if route and route.edm is not None), default=None)
    steps = [route.refinement for route in (report.mle, report.loss) if route and route.refinement is not None]
    measured = f", a step in twice the precision {or_noise(max(steps))} standard errors" if steps else ""
    tone: Tone = "good" if agree and certified else "alarm"
    return [
        Sentence(f"{verdict}: largest gap {or_noise(report.agreement.max_gap_se)} standard errors.", tone),
        Sentence(f"{maximum}: EDM {or_noise(edm)} nats{measured}.", tone),
    ]


def interval_heading(report: Report) -> str:
    """The heading of the confidence interval."""
    return f"{percent(report.model.level)} interval"
