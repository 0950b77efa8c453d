"""The entry: which estimate of KL(data || fitted model) the sample allows, and the estimate."""

from typing import TYPE_CHECKING

import numpy as np

from mlefit.blas import one_thread
from mlefit.information.patterns import group, tabulate
from mlefit.information.sample import Plan, Sample
from mlefit.information.unknown import not_identifiable
from mlefit.noise.model import Measure
from mlefit.report.information import Divergence, Information

if TYPE_CHECKING:
    from mlefit.information.everywhere import Everywhere

REPLICATED = 5           # rows per pattern of predictors from which classes have frequencies in each
SATURATED = "saturated: cannot misfit"


def measure(
    sample: Sample, *, seed: int, draws: int | None, level: float = 0.95, everywhere: "Everywhere | None" = None, threads: int = 1
) -> Information:
    """KL(data || fitted model) in nats per row, by the estimator for this kind of response and predictors.

    `draws` is the number of simulated data sets: None, chosen from n; 0, nothing is simulated, and what needs it is None. The
    same sample and seed give the same figures. `everywhere`: sums over all rows, where these are some of them.
    Where KL cannot be known they say why; nothing is raised. BLAS is held to one thread: its sums depend on their number.
    """
    with one_thread(), np.errstate(all="ignore"):       # what is not finite is met where it is looked at
        try:
            return _estimate(sample, Plan(seed, draws, level, threads), everywhere)
        except np.linalg.LinAlgError:
            return not_identifiable(sample.cross_entropy_total, "its sums are beyond the doubles", sample.n)


def _estimate(sample: Sample, plan: Plan, everywhere: "Everywhere | None") -> Information:
    numbers = (sample.eta, sample.free, np.array(sample.cross_entropy_total))
    if not all(np.all(np.isfinite(part)) for part in numbers):
        return not_identifiable(sample.cross_entropy_total, "the fitted model is not finite", sample.n)
    # One estimator runs, and start-up is a feature: the others are not loaded.
    if sample.noise.response.reads_levels:
        found = _repeated(sample, plan)
        if found is not None:
            return found
    elif sample.noise.measure is Measure.MASS and sample.predictor_free:
        from mlefit.information.counts import counts

        return counts(sample, plan)
    from mlefit.information.parts import judge

    return judge(sample, plan, everywhere)


def _repeated(sample: Sample, plan: Plan) -> Information | None:
    """Classes whose predictors repeat; None where nearly every row has predictors of its own."""
    columns = [*sample.design.T, *([] if sample.offset is None else [sample.offset])] or [np.zeros(sample.y.size)]
    pattern = group(columns, sample.n / REPLICATED)
    if pattern is None:
        return None
    patterns = tabulate(pattern, sample.y, sample.weight, len(sample.noise.outcome_names))
    total = sample.cross_entropy_total
    if patterns.number == sample.designs[0].shape[1]:
        kl = Divergence(raw=0.0, misfit=0.0, bound="saturated", verdict=SATURATED, verdict_code="saturated", n_used=sample.n,
                        upper=total)
        return Information("nats", total, total, "frequencies of the classes", kl)
    from mlefit.information.replicated import replicated

    return replicated(sample, patterns, plan)
