"""The detail of a report: every figure below the first screen, and the sentences about KL, as text that is safe to show.

The table and the Markdown page lay these out and add nothing. Figures are in the unit that the user chose: with bits,
cross-entropy, entropy and KL per row are divided by log 2; log-likelihoods stay in nats, as AIC and BIC need them.
"""

from typing import NamedTuple

from mlefit.report.digits import ABSENT, CRITERION_PLACES, ENTROPY_PLACES, NOISE, decimals, exponent, or_noise, significant
from mlefit.report.divergence import divergence
from mlefit.report.information import Holdout, Information
from mlefit.report.report import ABOUT, ALONE, Criteria, Report, Route
from mlefit.report.units import unit_of

SQUARED = {"McFadden": "McFadden's R2", "R1": "R1 (pseudo R2 of the loss)"}


class Figure(NamedTuple):
    """A whole-fit figure at the two optima; empty where it belongs to the first one alone."""

    label: str
    at_mle: str
    at_loss: str = ""


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
        squared = SQUARED.get(criteria.r_squared_kind) or ("R2" if criteria.r_squared_centred else "R2, uncentred")
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
    if criteria is not None:
        lines += [
            Figure("  expected by Takeuchi's criterion", figure(information.expected_tic)),
            Figure("  expected by Akaike's criterion", figure(information.expected_aic)),
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


def sentences(report: Report) -> list[str]:
    """The long form of KL, and what there is to say of new rows; then what the words mean."""
    lines = [] if report.information is None else divergence(report.information, report.model)
    if report.criteria is not None and report.criteria.on_new_rows_note == ALONE:
        lines.append(f"No cross-entropy is expected on new rows: {ALONE}.")
    return lines
