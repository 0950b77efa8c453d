"""The entry: which estimate of KL(data || fitted model) the sample allows, and the estimate."""

import numpy as np

from mlefit.blas import one_thread
from mlefit.information.sample import Fitter, Plan, Sample
from mlefit.information.unknown import not_identifiable
from mlefit.noise.model import Measure
from mlefit.report.information import Information


def measure(sample: Sample, *, fit: Fitter, seed: int, draws: int | None, level: float = 0.95) -> Information:
    """KL(data || fitted model) in nats per row, by the estimator for this kind of response and predictors.

    `fit` refits the family. `draws` is the number of simulated data sets: None, chosen from n; 0, nothing is
    simulated, and what needs it is None. The same sample and seed give the same figures. Where KL cannot be known they
    say why; nothing is raised. BLAS is held to one thread: its sums depend on their number, and the
    products here are too narrow to gain from more.
    """
    with one_thread():
        return _estimate(sample, Plan(fit, seed, draws, level))


def _estimate(sample: Sample, plan: Plan) -> Information:
    numbers = (sample.eta, sample.free, np.array(sample.cross_entropy_total))
    if not all(np.all(np.isfinite(part)) for part in numbers):
        return not_identifiable(sample.cross_entropy_total, "the fitted model is not finite", sample.n)
    # One estimator runs, and start-up is a feature: the others are not loaded.
    if sample.noise.response.reads_levels:
        from mlefit.information.discrete import discrete

        return discrete(sample, plan)
    if sample.noise.measure is Measure.DENSITY and sample.predictor_free:
        from mlefit.information.continuous import continuous

        return continuous(sample, plan)
    if sample.noise.measure is Measure.DENSITY:
        from mlefit.information.regression import regression

        return regression(sample, plan)
    if sample.predictor_free:
        from mlefit.information.counts import counts

        return counts(sample, plan)
    return not_identifiable(sample.cross_entropy_total, "counts with predictors have no estimate yet", sample.n)
