"""KL of classes whose predictors repeat: the deviance over 2 n, against frequencies of each pattern of predictors."""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.information.advice import of_patterns
from mlefit.information.patterns import Patterns
from mlefit.information.sample import Plan, Sample
from mlefit.information.simulated import simulated
from mlefit.information.verdict import Judged, Terms, conclude, simulations
from mlefit.information.working import Working
from mlefit.report.information import Information

STEPS = 8
SETTLED = 1e-4      # total nats that the next step may still gain
TINY = 1e-10        # eigenvalues, relative, that count as zero


def replicated(sample: Sample, patterns: Patterns, plan: Plan) -> Information:
    """deviance / (2 n) of the patterns; the null draws classes from the fitted probabilities of each and refits by steps."""
    noise, total = sample.noise, sample.cross_entropy_total
    classes = patterns.counts.shape[1]
    designs = tuple(x[patterns.row] for x in sample.designs)
    label = np.tile(np.arange(classes, dtype=np.float64), patterns.number)
    known = Working(noise, np.zeros(patterns.number), designs, sample.eta[patterns.row], sample.free, sample.parameters, plan.seed)
    m, free = len(designs), sample.free

    def scores(eta: Array, free: Array) -> Array:
        """(J, K, m + s), minus the derivatives of what each class costs in each pattern."""
        d1 = noise.nll(label, np.repeat(eta, classes, axis=0), free, 1).d1
        assert d1 is not None
        return -d1.reshape(patterns.number, classes, -1)

    root = np.sqrt(patterns.totals)[:, None]
    information = known.information([x * root for x in designs]) if not free.size else _with_shapes(
        designs, scores(known.eta, free), noise.probabilities(known.eta, free).T * patterns.totals[:, None])
    values, vectors = np.linalg.eigh(information)
    kept = values > TINY * values.max(initial=0.0)
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    ends = np.cumsum([x.shape[1] for x in designs])

    def log_probability(eta: Array, free: Array) -> Array:
        return -noise.nll(label, np.repeat(eta, classes, axis=0), free, 0).value.reshape(-1, classes)

    def fitted(counts: Array) -> Array:
        """log q (J, K) of the model fitted to the counts."""
        eta, free, log_q = known.eta, known.free, log_probability(known.eta, known.free)
        at = -float(np.sum(counts * log_q))
        for _ in range(STEPS if sample.parameters else 0):
            pooled = np.einsum("jk,jka->ja", counts, scores(eta, free))
            score = np.concatenate([*(x.T @ pooled[:, a] for a, x in enumerate(designs)), pooled[:, m:].sum(axis=0)])
            step = inverse @ score
            while float(step @ score) > SETTLED:
                *parts, by_shapes = np.split(step, ends)
                moved = eta + np.stack([x @ b for x, b in zip(designs, parts, strict=True)], axis=1)
                reached = log_probability(moved, free + by_shapes)
                if -float(np.sum(counts * reached)) < at:
                    eta, free, log_q, at = moved, free + by_shapes, reached, -float(np.sum(counts * reached))
                    break
                step = step / 2
            else:
                break
        return log_q

    def terms(counts: Array, log_q: Array) -> Array:
        frequency = counts / counts.sum(axis=1, keepdims=True)
        return np.log(np.where(counts > 0, frequency, 1.0)) - np.where(counts > 0, log_q, 0.0)

    def raw(counts: Array, log_q: Array) -> float:
        return float(np.sum(counts * terms(counts, log_q)) / counts.sum())

    log_q = fitted(patterns.counts) if sample.partial else log_probability(known.eta, known.free)
    probability = np.exp(log_q)
    probability /= probability.sum(axis=1, keepdims=True)
    rows = np.rint(patterns.totals).astype(np.int64)

    def draw(rng: np.random.Generator) -> float:
        counts = rng.multinomial(rows, probability).astype(np.float64)
        return raw(counts, fitted(counts))

    draws = simulations(patterns.counts.size, sample.parameters, plan.draws)
    chance = simulated(draw, raw(patterns.counts, log_q), draws, plan.seed)
    judged = Judged({}, None, f"the frequencies in each of {patterns.number} predictor patterns")
    if chance is not None:
        judged = judged._replace(p={"structure": chance.p}, part="structure", simulated=chance.values.size,
                                 exceeded=chance.exceeded, advice=of_patterns(sample))
    return conclude(
        total, Terms.of(terms(patterns.counts, log_q).ravel(), patterns.counts.ravel()), judged, chance=chance, level=plan.level,
        draws=draws, method=f"frequencies in {patterns.number} predictor patterns", upper=total,
    )


def _with_shapes(designs: Sequence[Array], scores: Array, expected: Array) -> Array:
    """The information (P + s, P + s) of coefficients and shapes: products of scores (J, K, m + s), as often as each class is
    `expected` (J, K)."""
    m, classes = len(designs), scores.shape[1]
    rows = [np.einsum("jk,jp->jkp", scores[:, :, a], x) for a, x in enumerate(designs)]
    columns = np.concatenate([*rows, scores[:, :, m:]], axis=2).reshape(len(scores) * classes, -1)
    return np.asarray(columns.T @ (expected.reshape(-1, 1) * columns))
