"""Judge: from sums over the new rows to a verdict.

    alarm      cross-entropy above that expected on new rows by more than 3 standard errors of the difference of two samples, and
               by more than 0.01 nats; or more rows with new levels or out of range than 5 %, and than chance brings
    changed    the joint test of the refit rejects at 5 %; without a refit, bias or spread of residuals or the calibration does,
               each at its share of 5 %

Verdicts: `drifted` with an alarm, or changed by SMALL nats per row or more: a law may change and not become harder to predict, as
that of a rarer success. `real but small` if changed by less; else `holds`, unless a change of BIG nats would go unseen: `too few
rows`.
"""

from collections.abc import Sequence
from math import hypot, inf, isfinite, sqrt
from typing import Literal, NamedTuple

import numpy as np

from mlefit.checking.record import Calibrated, Check, CrossEntropy, Residuals, Unfamiliar, Verdict
from mlefit.checking.refit import Refit
from mlefit.checking.seen import Scored, Seen
from mlefit.inference.law import NORMAL
from mlefit.pipeline.finite import number
from mlefit.report.digits import by_error, decimals, p_value, percentage, significant
from mlefit.saved.model import Saved

ERRORS = 3.0        # standard errors of an excess that is an alarm,
NATS = 0.01         # and nats per row
SMALL = 0.001       # nats per row: a mean off by a twentieth of a standard deviation is 0.00125
SHARE = 0.05        # of rows with new levels or out of range
CHANCE = 0.00135    # of an alarm by chance: that of ERRORS
LEVEL = 0.05        # of the test whether anything has changed
FOUND = 0.9         # how often a change is to be found
BIG = 0.125         # nats per row: a mean off by half a standard deviation


QUIET = ("the new rows are neither harder to predict nor unfamiliar, and the default rule asks no more; --require 'p>0.0027' asks "
         "of any change.")


class Tested(NamedTuple):
    """The p-value of the test whether anything has changed, what it is of, and how much that is, nats per row."""

    p: float | None
    of: str
    size: float


def cross_entropy(saved: Saved, scored: Scored) -> CrossEntropy:
    """That of the new rows beside what is expected: where leave-one-out has no figure, p/n above the rows fitted, for p parameters
    are p/2n too good on these and p/2n too poor on others (Akaike 1974). The spread of a row is the larger of both: few rows show
    too little."""
    training, n = saved.training, effective(saved, scored)
    mean = scored.nll / scored.weight
    variance = scored.nll_square / scored.weight - mean * mean
    sd = sqrt(max(variance, 0.0)) if isfinite(variance) else inf
    wide = max(sd, training.nll_sd)
    source: Literal["new rows", "rows fitted"] = "rows fitted" if training.on_new_rows is None else "new rows"
    optimism = training.parameters / max(training.n, 1)
    expected = training.nll_mean + optimism if training.on_new_rows is None else training.on_new_rows
    error = hypot(wide / sqrt(n), training.nll_sd / sqrt(max(training.n, 1)))
    return CrossEntropy(mean, sd / sqrt(n), expected, source, mean - expected, error, max(ERRORS * error, NATS))


def unfamiliar(saved: Saved, seen: Seen) -> Unfamiliar:
    """The rows beside what chance brings: n rows leave 1/(n + 1) of their law beyond either end of the range of a column, and as
    much again is its standard deviation."""
    ends = 2 * sum(1 for term in saved.predictors.distinct if len(term.factors) == 1 and term.numbers)
    beyond = (ends + 3.0 * sqrt(ends)) / (saved.training.n + 1)
    causes = {flag: count for flag, count in seen.lost.items() if flag.startswith("new-level")}
    allowed = max(SHARE, _most(seen.rows, min(beyond, 1.0)) / max(seen.rows, 1))
    return Unfamiliar(seen.unfamiliar, seen.unfamiliar / max(seen.rows, 1), allowed, {**causes, **seen.outside})


def _most(n: int, p: float) -> int:
    """The least k that n rows exceed with probability at most CHANCE, where each is beyond with probability p."""
    from scipy.special import bdtrc

    k = np.arange(n + 1) if n <= 1000 else np.arange(int(n * p), int(n * p + 5.0 * sqrt(n * p) + 10.0))
    return int(k[np.argmax(bdtrc(k, n, p) <= CHANCE)])


def residuals(saved: Saved, scored: Scored) -> Residuals | None:
    """Those of a law of numbers that is meant as such. Both samples are in the errors."""
    if saved.noise.response.reads_levels or not saved.noise.assumed:
        return None
    n, before = effective(saved, scored), max(saved.training.n, 1)
    bias = number(scored.residual / scored.weight)
    square = number(scored.residual_square / scored.weight)
    spread = None if bias is None or square is None else sqrt(max(square - bias * bias, 0.0))
    one = sqrt(1.0 / n + 1.0 / before)
    return Residuals(bias, one, spread, one / sqrt(2.0), scored.inside / scored.weight, saved.level,
                     number(scored.error / scored.weight))


def calibration(saved: Saved, scored: Scored) -> tuple[Calibrated, ...]:
    """Of each level; of a working law, how often a response is at or below its prediction."""
    noise, more = saved.noise, 1.0 + scored.weight / max(saved.training.n, 1)
    if noise.response.reads_levels:
        names, places = noise.modelled, [saved.levels.index(level) for level in noise.modelled]
    elif noise.assumed:
        return ()
    else:
        names, places = ("at or below the prediction",), [0]
    counted = scored.weight / effective(saved, scored)       # weights that vary make errors larger
    return tuple(
        Calibrated(name, float(scored.observed[k] / scored.weight), float(scored.expected[k] / scored.weight),
                   float((scored.observed[k] - scored.expected[k]) / sqrt(max(scored.variance[k] * more * counted, 1e-300))))
        for name, k in zip(names, places, strict=True))


def tested(
    refit: Refit, of_residuals: Residuals | None, calibrated: Sequence[Calibrated], excess: CrossEntropy, unit: float,
) -> Tested:
    """By the refit, or by what the residuals say without one, z^2 `unit` / 2 nats, which is what the law would gain by the change
    of its mean, its spread or a share. `unit`: 1/n + 1/n_saved."""
    if refit.p_value is not None:
        return Tested(refit.p_value, "refit", refit.drift or 0.0)
    z = [one.in_se for one in calibrated]
    if of_residuals is not None:
        z += [] if of_residuals.bias is None else [of_residuals.bias / of_residuals.bias_error]
        z += [] if of_residuals.spread is None else [(of_residuals.spread - 1.0) / of_residuals.spread_error]
    if not z:
        return Tested(None, "nothing", 0.0)
    worst = max(map(abs, z))
    return Tested(min(1.0, len(z) * NORMAL.p_value(worst)), "residuals" if of_residuals is not None else "calibration",
                  max(excess.excess, 0.5 * unit * max(worst * worst - 1.0, 0.0)))


def smallest_found(saved: Saved, scored: Scored, parameters: int) -> float:
    """Nats per row, (1/n + 1/n_saved) lambda / 2, of the change that the joint test finds FOUND of the time."""
    from scipy.special import chdtri, chndtrinc

    critical = float(chdtri(parameters, LEVEL))
    away = float(chndtrinc(critical, parameters, 1.0 - FOUND))
    return 0.5 * away * (1.0 / effective(saved, scored) + 1.0 / max(saved.training.n, 1))


def reasons(entropy: CrossEntropy, strange: Unfamiliar) -> tuple[str, ...]:
    """Why there is an alarm; empty where there is none."""
    found = []
    if entropy.excess > entropy.allowed:
        far = "" if entropy.in_errors is None else f" ({decimals(entropy.in_errors, 1)} standard errors)"
        found.append(f"the cross-entropy is {significant(entropy.excess, 2)} nats per row above that expected on new rows{far}")
    if strange.share > strange.allowed:
        worst = max(strange.causes, key=lambda cause: strange.causes[cause])
        found.append(f"{percentage(strange.share)} of the rows have a new level or lie out of range, most of all {worst}")
    return tuple(found)


def verdict(why: Sequence[str], test: Tested, smallest: float) -> Verdict:
    """As the module says."""
    changed = test.p is not None and test.p < LEVEL
    if why or (changed and test.size >= SMALL and smallest <= BIG):
        return "drifted"
    if smallest > BIG:
        return "too few rows"
    return "real but small" if changed else "holds"


def sentence(found: Verdict, why: Sequence[str], test: Tested, refit: Refit, smallest: float) -> str:
    """The verdict in words."""
    worst = max(refit.parameters, key=lambda one: abs(one.in_se), default=None)
    moved = "" if worst is None else (f"; most of all {worst.name}{f' of {worst.class_}' if worst.class_ else ''}, by "
                                      f"{by_error(worst.difference, worst.std_error)} ({decimals(worst.in_se, 1)} s.e.)")
    p = f"p {p_value(test.p)}"
    if found == "drifted":
        return f"drifted: {' and '.join(why) or f'a change of {significant(test.size, 2)} nats per row ({p})'}{moved}"
    if found == "real but small":
        return f"real but small: a change of {significant(test.size, 2)} nats per row ({p}){moved}"
    seen = f"a change of {significant(smallest, 2)} nats per row would be found 9 times of 10"
    if found == "too few rows":
        return f"too few rows to tell: only {seen}"
    return f"holds: no change found ({p}); {seen}"


def judged(saved: Saved, seen: Seen, refit: Refit, place: str, source: tuple[tuple[str, ...], tuple[str | None, ...]],
           notes: tuple[str, ...], version: str) -> Check:
    """The whole record of rows of which one at least is scored."""
    scored, entropy, strange = seen.scored, cross_entropy(saved, seen.scored), unfamiliar(saved, seen)
    of_residuals, calibrated = residuals(saved, scored), calibration(saved, scored)
    unit = 1.0 / effective(saved, scored) + 1.0 / max(saved.training.n, 1)
    test = tested(refit, of_residuals, calibrated, entropy, unit)
    smallest = smallest_found(saved, scored, refit.df or saved.training.parameters)
    why = reasons(entropy, strange)
    found = verdict(why, test, smallest)
    return Check(
        version, place, saved.noise.spelt, *source, saved.training.n, seen.rows, scored.rows, scored.weight,
        {cause: count for cause, count in seen.lost.items() if count}, found, sentence(found, why, test, refit, smallest),
        bool(why), why, test.p, test.of, smallest, entropy, strange, of_residuals, calibrated, refit,
        notes if why or found != "drifted" else (*notes, QUIET))


def effective(saved: Saved, scored: Scored) -> float:
    """Rows that count: of sampling weights (sum w)^2 / sum w^2 (Kish 1965), else the sum of the weights."""
    sampled = saved.fit["data"].get("weights_kind") == "sampling"
    return scored.weight**2 / scored.weight_square if sampled else scored.weight
