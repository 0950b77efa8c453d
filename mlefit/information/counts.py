"""KL of a non-saturated law of whole numbers without predictors: the plug-in on the values, G / (2 n)."""

import numpy as np

from mlefit.arrays import Array
from mlefit.information.null import Draw, draws_for, simulate
from mlefit.information.sample import Plan, Sample
from mlefit.information.verdict import conclude
from mlefit.report.information import Information

MOST_ROWS = 200_000


def counts(sample: Sample, plan: Plan) -> Information:
    """KL(data || model) = sum p^ log(p^ / q) over the distinct values, with a refitted multinomial null."""
    total = sample.cross_entropy_total
    sample = sample.take_sorted().plain(MOST_ROWS, plan.seed)
    n = sample.n

    def terms(y: Array, *, refit: bool) -> tuple[Array, Array]:
        values, frequency = np.unique(y, return_counts=True)
        weight = frequency.astype(np.float64)
        eta, free = sample.eta[: values.size], sample.free
        if refit and sample.parameters:
            eta, free, _ = plan.fit(values, sample.x[: values.size], weight, None)
        return np.log(weight / n) + sample.noise.nll(values, eta, free, 0).value, weight

    def draw(rng: np.random.Generator) -> Draw:
        gain, weight = terms(sample.noise.draw(rng, sample.eta, sample.free), refit=True)
        return Draw(float(weight @ gain / n), None, {})

    gain, weight = terms(sample.y, refit=sample.partial)
    count = draws_for(n) if plan.draws is None else plan.draws
    null = simulate(draw, count, plan.seed, normal=False) if count else None
    return conclude(
        total, gain, weight=weight, null=null, method="frequencies of the values", level=plan.level, draws=count,
        upper=total,
    )
