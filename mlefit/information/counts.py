"""KL of a non-saturated law of whole numbers without predictors: the plug-in on the values, G / (2 n)."""

import numpy as np

from mlefit.arrays import Array
from mlefit.information.advice import Seen, of_shape
from mlefit.information.sample import Plan, Sample
from mlefit.information.simulated import simulated
from mlefit.information.verdict import Judged, Terms, conclude, simulations
from mlefit.noise.model import NoiseModel
from mlefit.report.information import Information

MOST_ROWS = 200_000
STEPS = 20
SETTLED = 1e-6      # total nats that the next step may still gain


def counts(sample: Sample, plan: Plan) -> Information:
    """KL(data || model) = sum p^ log(p^ / q) over the distinct values, with a refitted multinomial null."""
    total = sample.cross_entropy_total
    sample = sample.plain(MOST_ROWS, plan.seed)
    n, noise = sample.n, sample.noise
    constant = bool(sample.designs[0].shape[1])

    def terms(y: Array, *, refit: bool) -> tuple[Array, Array]:
        values, frequency = np.unique(y, return_counts=True)
        weight = frequency.astype(np.float64)
        eta, free = sample.eta[:1], sample.free
        if refit and sample.parameters:
            eta, free = fitted(noise, values, weight, eta, free, constant)
        q = noise.nll(values, np.broadcast_to(eta, (values.size, eta.shape[1])), free, 0).value
        return np.log(weight / n) + q, weight

    def draw(rng: np.random.Generator) -> float:
        gain, weight = terms(noise.draw(rng, sample.eta, sample.free), refit=True)
        return float(weight @ gain / n)

    gain, weight = terms(sample.y, refit=sample.partial)
    draws = simulations(weight.size, sample.parameters, plan.draws)
    chance = simulated(draw, float(weight @ gain / n), draws, plan.seed)
    judged = Judged({}, None, "the frequency of each value")
    if chance is not None:
        advice = of_shape(sample, np.zeros(0), Seen(0.0))
        judged = judged._replace(p={"shape": chance.p}, part="shape", simulated=chance.values.size, exceeded=chance.exceeded,
                                 advice=advice)
    return conclude(total, Terms.of(gain, weight), judged, chance=chance, method="frequencies of the values", level=plan.level,
                    draws=draws, upper=total)


def fitted(
    noise: NoiseModel, y: Array, weight: Array, eta: Array, free: Array, constant: bool
) -> tuple[Array, Array]:
    """(eta (1, m), free) of one law for all rows by Newton's steps from the model at hand; `constant`: whether eta is free."""
    m = eta.shape[1]
    open_ = np.arange(0 if constant else m, m + free.size)
    units = np.eye(m + free.size)[open_]

    def value(eta: Array, free: Array) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return float(weight @ noise.nll(y, np.broadcast_to(eta, (y.size, m)), free, 0).value)

    at = value(eta, free)
    for _ in range(STEPS):
        rows = noise.nll(y, np.broadcast_to(eta, (y.size, m)), free, 2)
        assert rows.d1 is not None
        assert rows.curvature is not None
        gradient = (weight @ rows.d1)[open_]
        hessian = np.stack([weight @ np.broadcast_to(rows.curvature(unit), rows.d1.shape) for unit in units])[:, open_]
        step = -np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        if float(step @ gradient) > 0.0:
            step = -step
        while -float(step @ gradient) > SETTLED:
            whole = step @ units
            reached = value(eta + whole[:m], free + whole[m:])
            if reached < at:
                eta, free, at = eta + whole[:m], free + whole[m:], reached
                break
            step = step / 2
        else:
            break
    return eta, free
