"""KL of a two-level or categorical response, whose entropy given the predictors is at least 0: 0 <= KL <= CE.

With repeated predictor patterns the saturated model is known: KL = deviance / (2 n), judged by a refitted bootstrap.
With (nearly) unique rows the deviance says nothing (the saturated likelihood is 1 whatever the data); there a declared
richer reference design r gives KL >= E log(r / q), judged by chi-squared / (2 n).
"""


import numpy as np

from mlefit.arrays import Array
from mlefit.errors import NoEstimateError
from mlefit.information.chi_squared import ChiSquared
from mlefit.information.null import Draw, simulate
from mlefit.information.patterns import Patterns, group, tabulate
from mlefit.information.reference import ROWS_PER_COLUMN, varying, widen
from mlefit.information.sample import Plan, Sample
from mlefit.information.unknown import not_identifiable
from mlefit.information.verdict import conclude
from mlefit.report.information import Divergence, Information

REPLICATED = 5           # rows per pattern from which the saturated entropy is worth its bootstrap (KL.md section 5)
MOST_ROWS = 20_000       # for the two fits of the reference design
FEW_CELLS = 2_000        # a draw on so few cells costs little, whatever n
SATURATED = "saturated: cannot misfit"


def discrete(sample: Sample, plan: Plan) -> Information:
    """KL(data || model) of classes: saturated, by patterns, or bounded from below by a richer design."""
    total, n = sample.cross_entropy_total, sample.n
    columns = [*sample.design.T, *([] if sample.offset is None else [sample.offset])] or [np.zeros(sample.y.size)]
    pattern = group(columns, n / REPLICATED)
    if pattern is None:
        return _against_reference(sample, plan)
    patterns = tabulate(pattern, sample.y, sample.weight, len(sample.noise.outcome_names))
    if patterns.number == sample.x.shape[1]:
        kl = Divergence(raw=0.0, misfit=0.0, bound="saturated", verdict=SATURATED, verdict_code="saturated", n_used=n, upper=total)
        return Information("nats", total, total, "frequencies of the classes", kl)
    return _by_patterns(sample, patterns, plan)


def _by_patterns(sample: Sample, patterns: Patterns, plan: Plan) -> Information:
    """deviance / (2 n) of the patterns; the null draws classes from the fitted probabilities of each pattern."""
    noise, total = sample.noise, sample.cross_entropy_total
    x, offset = sample.x[patterns.row], None if sample.offset is None else sample.offset[patterns.row]
    classes = patterns.counts.shape[1]
    pattern_of, class_of = (part.ravel() for part in np.indices(patterns.counts.shape))
    label, known = class_of.astype(np.float64), sample.eta[patterns.row]

    def refit(counts: Array) -> tuple[Array, Array]:
        seen = np.flatnonzero(counts.ravel() > 0)
        rows = pattern_of[seen]
        eta, free, _ = plan.fit(label[seen], x[rows], counts.ravel()[seen], None if offset is None else offset[rows],
                                near=(known[rows], sample.free))
        each = np.empty((patterns.number, eta.shape[1]))
        each[rows] = eta
        return each, free

    def log_probability(eta: Array, free: Array) -> Array:
        return -noise.nll(label, eta[pattern_of], free, 0).value.reshape(-1, classes)

    def terms(counts: Array, log_q: Array) -> Array:
        frequency = counts / counts.sum(axis=1, keepdims=True)
        return np.log(np.where(counts > 0, frequency, 1.0)) - np.where(counts > 0, log_q, 0.0)

    eta, free = known, sample.free
    if sample.partial and sample.parameters:
        try:
            eta, free = refit(patterns.counts)
        except NoEstimateError:
            return not_identifiable(total, "the sampled rows separate the classes", sample.n, upper=total)
    fitted = log_probability(eta, free)
    probability = np.exp(fitted)
    probability /= probability.sum(axis=1, keepdims=True)
    rows = np.rint(patterns.totals).astype(np.int64)

    def draw(rng: np.random.Generator) -> Draw:
        counts = rng.multinomial(rows, probability).astype(np.float64)
        log_q = log_probability(*refit(counts)) if sample.parameters else fitted
        return Draw(float(np.sum(counts * terms(counts, log_q)) / counts.sum()), None, {})

    count = (199 if patterns.counts.size <= FEW_CELLS else 99) if plan.draws is None else plan.draws
    null = simulate(draw, count, plan.seed, normal=False) if count else None
    return conclude(
        total, terms(patterns.counts, fitted).ravel(), weight=patterns.counts.ravel(), null=null, level=plan.level,
        draws=count, method=f"frequencies in {patterns.number} predictor patterns", upper=total,
    )


def _against_reference(sample: Sample, plan: Plan) -> Information:
    """The gain of a richer design of the same family, a lower bound; both designs are fitted to the same rows."""
    total = sample.cross_entropy_total
    sample = sample.plain(MOST_ROWS, plan.seed)
    noise, n = sample.noise, sample.n
    wider = widen(sample.x, varying(sample.design, sample.offset), n // (ROWS_PER_COLUMN * len(noise.predictors)))
    if wider.columns.shape[1] == 0:
        return not_identifiable(
            total, f"rows are unique, and {n} of them are too few for a richer reference design", n, upper=total
        )
    try:
        eta, free = sample.eta, sample.free
        if sample.partial and sample.parameters:
            eta, free, _ = plan.fit(sample.y, sample.x, None, sample.offset, near=(eta, free))
        rich = np.concatenate([sample.x.T, wider.columns.T]).T
        rich_eta, rich_free, _ = plan.fit(sample.y, rich, None, sample.offset, near=(eta, free))
    except NoEstimateError:
        return not_identifiable(total, "the richer reference design separates the classes", n, upper=total)
    terms = noise.nll(sample.y, eta, free, 0).value - noise.nll(sample.y, rich_eta, rich_free, 0).value
    null = ChiSquared(wider.columns.shape[1] * len(noise.predictors), n)
    found = conclude(
        total, terms, null=null, level=plan.level, bound="lower", upper=total, method=f"design with {wider.label}",
    )
    raw = found.kl.raw
    return found._replace(kl=found.kl._replace(parts={} if raw is None else {wider.label: raw - null.mean}))
