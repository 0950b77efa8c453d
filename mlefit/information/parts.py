"""The judgement of a model in three parts, structure, spread and shape, each with a p-value of its own, and its KL from them.

With predictors KL is bounded from below by the chain of the parts (chain.py); without, it is cross-entropy less an entropy of the
same rows. Classes have structure alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlefit.arrays import Array
from mlefit.information import advice, cells, chain
from mlefit.information.density import METHODS, entropy_terms
from mlefit.information.everywhere import Everywhere
from mlefit.information.products import gram
from mlefit.information.reference import Variable, variables
from mlefit.information.resolution import Resolution, resolve
from mlefit.information.sample import Plan, Sample
from mlefit.information.shape import FINE, Residuals, shape
from mlefit.information.spread import Spread, spread
from mlefit.information.structure import Explained, Structure, structure
from mlefit.information.unknown import not_identifiable
from mlefit.information.verdict import BORDERLINE_P, ChiSquared, Judged, Terms, conclude, simulations
from mlefit.information.working import Working
from mlefit.noise.model import Measure
from mlefit.numerals import plural
from mlefit.report.information import Information
from mlefit.sums.lapack import inverted

LEAST_ROWS = 20             # below, chance is larger than any misfit
FREE_ROWS = 10              # beyond the parameters of least squares, whose laws are exact
ROWS_EACH = 3               # for each parameter of other laws
MOST_ALONE = 50_000         # rows without predictors: the entropy is then known to 0.0004 nats
MOST_ROWS = 20_000          # with predictors
LEAST_FREE = 1e-8           # of a row's residual that its leverage leaves, by which it is divided
EVENTS_EACH = 3             # rows of the rarest class for each coefficient, below which residuals of classes have no law
MANY = 8                    # predictors from which the looks begin with those of the largest |t|


def judge(sample: Sample, plan: Plan, everywhere: Everywhere | None) -> Information:
    """KL(data || model), with what was looked at and what each part found."""
    total = sample.cross_entropy_total
    alone = sample.predictor_free
    sample = sample.in_order().plain(MOST_ALONE, plan.seed) if alone else sample.plain(MOST_ROWS, plan.seed)
    n, levels = sample.n, sample.noise.response.reads_levels
    upper = total if levels else None
    free = sample.parameters + FREE_ROWS if sample.noise.compresses else ROWS_EACH * sample.parameters
    least = LEAST_ROWS if levels else max(LEAST_ROWS, free)
    if n < least:
        return not_identifiable(total, f"{n} rows are too few (at least {least})", n, upper=upper)
    each = sample.designs[0].shape[1]
    if levels and rarest(sample) < EVENTS_EACH * each:
        few = f"the rarest class has {plural(rarest(sample), 'row')}, too few for {each} coefficients (at least {EVENTS_EACH} each)"
        return not_identifiable(total, few, n, upper=upper)
    natural, seen = Resolution("smooth"), advice.Seen.of(sample)
    inside = natural
    if not sample.noise.measure.jumps:
        centre, scale = unit(sample)
        natural = inside = resolve(sample.y, scale)
        if sample.noise.located or sample.noise.scalable:       # no unit is left to matter
            sample, inside = sample.standard(centre, scale), natural.standard(centre, scale)
    if sample.noise.measure is Measure.MIXED:
        natural = inside = _above_zero(sample)
    rows = Working.of(sample, plan.seed, plan.threads)
    predictors = [] if alone else ordered(rows, sample)
    draws = simulations(n, sample.parameters, plan.draws)
    whole = [] if everywhere is None or alone else everywhere.looks(sample.design)
    structured = None if alone else structure(rows, predictors, draws, plan.seed, whole)
    if levels:
        return _of_levels(sample, plan, structured)
    return _marked(_of_numbers(sample, plan, rows, inside, predictors, structured, seen), natural, n, seen.lowest, sample)


def rarest(sample: Sample) -> int:
    """Rows of the rarest class."""
    return int(np.bincount(sample.y.astype(np.intp), minlength=len(sample.noise.outcome_names)).min())


def ordered(rows: Working, sample: Sample) -> list[Variable]:
    """The predictors, where there are many those of the largest |t| first."""
    found = variables(sample.design, sample.offset, sample.blocks, sample.trials, rows.threads)
    if len(found) <= MANY or not sample.design.shape[1] or sample.noise.response.reads_levels:
        return found        # of classes no spread is looked at, and the looks of the mean go by names
    weight = rows.weights[0, 0]
    shift = 0.0 if sample.offset is None else sample.offset
    pulled = sample.design.T @ (weight * (rows.eta[:, 0] - shift))
    b, variance = _wald(rows, sample, pulled)
    t = np.append(np.abs(b) / np.sqrt(variance), np.inf)        # the offset is number -1
    return sorted(found, key=lambda one: -float(t[one.place]))


def _wald(rows: Working, sample: Sample, pulled: Array) -> tuple[Array, Array]:
    """J^-1 of what the columns of the design have pulled, and the diagonal of J^-1, J their information."""
    if sample.design is rows.designs[0] and np.diagonal(r := rows.triangles[0]).all():
        root = inverted(r)
        return root @ (root.T @ pulled), np.square(root).sum(axis=1)
    known = gram(sample.design, rows.weights[0, 0], rows.threads)
    unit = np.sqrt(np.diagonal(known))
    unit[unit == 0.0] = 1.0
    inverse = np.linalg.pinv(known / np.outer(unit, unit), hermitian=True)
    return inverse @ (pulled / unit) / unit, np.abs(np.diagonal(inverse)) / unit**2


def _of_levels(sample: Sample, plan: Plan, found: Structure | None) -> Information:
    """Classes: the mean is the law."""
    total, n = sample.cross_entropy_total, sample.n
    if found is None:
        reason = f"rows are unique, and {n} of them are too few for a richer reference design"
        return not_identifiable(total, reason, n, upper=total)
    judged = Judged({"structure": found.p}, "structure", _mean(found, sample), advice.of_structure(found, sample), found.simulated,
                    found.exceeded)
    chance = ChiSquared(found.df, n)
    known = conclude(total, Terms.of(found.gain), judged, chance=chance, level=plan.level, bound="lower", upper=total,
                     method=f"design with {_reference(found)}", draws=found.simulated or None)
    raw = known.kl.raw
    known = known._replace(kl=known.kl._replace(parts={} if raw is None else {"structure": raw - chance.mean}))
    return known if found.explained is None else _sharper(known, found.explained, judged, sample, plan.level, total)


def _of_numbers(
    sample: Sample, plan: Plan, rows: Working, resolution: Resolution, predictors: Sequence[Variable],
    structured: Structure | None, seen: advice.Seen,
) -> Information:
    """Numbers: structure, spread, shape, as far as each exists; what is `seen` of them in natural units."""
    total, n = sample.cross_entropy_total, sample.n
    ends = resolution.cells(sample.y)
    at = rows if ends is None else cells.fitted(rows, *ends)
    shaped = resolution.kind != "none"
    residuals = Residuals.of(at, ends, plan.seed) if shaped else None
    spreading = spread(rows, _squares(rows, residuals), predictors) if predictors else None
    p: dict[str, float] = {}
    if structured is not None:
        p["structure"] = structured.p
    if spreading is not None:
        p["spread"] = spreading.p
    if residuals is not None:
        p["shape"] = shape(at, residuals, resolution)
    p = {name: value for name, value in p.items() if np.isfinite(value)}
    if not p:
        return not_identifiable(total, resolution.reason or "", n)
    judged = _judged(sample, p, structured, spreading, residuals, seen)
    fine = ends is None or resolution.step <= FINE       # cells lose less than 1 % of it
    explained = structured.explained if structured is not None and judged.part == "structure" and fine else None
    if sample.predictor_free and sample.noise.measure is not Measure.MIXED:
        terms, method = entropy_terms(at, ends, resolution, plan.seed)
        bases = chain.Bases(np.full((n, min(1, sample.parameters)), 1 / np.sqrt(n)), np.empty((n, 0)), np.empty((n, 0)), True)
        each: dict[str, Array] = {}
    else:
        each, bases = _chain(plan, rows, at, ends, structured, spreading, residuals)
        terms = sum(each.values(), np.zeros(n))
        method = f"{'residual spacings; ' if shaped else ''}reference: {_reference(structured)}"
    draws = chain.DRAWS if plan.draws is None else plan.draws
    chance = chain.null(n, bases, draws, plan.seed) if draws > 1 else None
    known = conclude(
        total, Terms.of(terms), judged, chance=chance, method=METHODS.get(method, method), level=plan.level, draws=draws,
        bound="estimate" if sample.predictor_free else "lower",
    )
    if each and known.kl.raw is not None and chance is not None:
        parts = {name: float(part.mean()) - chance.centre.get(name, 0.0) for name, part in each.items()}
        known = known._replace(kl=known.kl._replace(parts=parts))
    return known if explained is None else _sharper(known, explained, judged, sample, plan.level)


def _sharper(
    known: Information, explained: Explained, judged: Judged, sample: Sample, level: float, upper: float | None = None,
) -> Information:
    """The bound that the mean alone gives in the rows looked at, where it is above the chain's of a sample: both hold.

    The log ratio of two normal laws whose means are d standard deviations apart has mean d^2 / 2 and variance d^2, and that of
    any two laws that are as near.
    """
    assert known.cross_entropy is not None
    gain, df, n = explained
    alone = conclude(
        known.cross_entropy, Terms(gain, 2.0 * gain, float(n)), judged, chance=ChiSquared(df, n), level=level, bound="lower",
        upper=upper, method=f"reference: a mean that bends, of {_rows(n, sample)}")
    if known.kl.ci_low is not None and alone.kl.ci_low is not None and alone.kl.ci_low <= known.kl.ci_low:
        return known
    return alone._replace(kl=alone.kl._replace(parts={"structure": gain - df / (2 * n)}))


def _above_zero(sample: Sample) -> Resolution:
    """That of the responses above 0: the mass of 0 is one of the law's own, in which residuals are drawn at random."""
    scale = unit(sample)[1]
    found = resolve(sample.y[sample.y > 0.0], scale)
    if found.kind == "steps" and found.step > FINE * scale:
        return replace(found, kind="none", reason=f"values above 0 come in steps of {found.step:.6g}, coarse beside {scale:.3g}")
    return found


def unit(sample: Sample) -> tuple[float, float]:
    """Median of the medians of the rows, and of half the width in which two thirds of a row's law lie: its standard deviation."""
    low, middle, high = (sample.noise.quantile(np.full(sample.n, u), sample.eta, sample.free) for u in (0.16, 0.5, 0.84))
    return float(np.median(middle)) if sample.noise.located else 0.0, float(np.median(high / 2 - low / 2))


def _squares(rows: Working, residuals: Residuals | None) -> Array:
    """Squares of residuals that fitting has not shrunk."""
    free = np.maximum(1.0 - rows.leverage, LEAST_FREE)
    if rows.noise.compresses or residuals is None:
        return np.asarray(rows.residuals[:, 0] ** 2 / free)
    return np.asarray(residuals.z**2 / free)


def _chain(
    plan: Plan, rows: Working, at: Working, ends: tuple[Array, Array] | None, structured: Structure | None,
    spreading: Spread | None, residuals: Residuals | None,
) -> tuple[dict[str, Array], chain.Bases]:
    """The terms (n,) of the chain by name, and the bases of its null."""
    none = np.empty((rows.n, 0))
    each: dict[str, Array] = {}
    wider, added, gained = rows, none, 0
    if structured is not None and structured.df:
        each["structure"], wider, added = structured.gain, structured.wider, structured.basis
        gained = 0 if added.shape[1] else structured.df
    basis = none if spreading is None else spreading.basis
    if residuals is None:
        z = wider.residuals[:, 0]
    elif wider is rows:
        z = residuals.z
    else:
        moved = Working(at.noise, at.y, at.designs, at.eta + (wider.eta - rows.eta), at.free + (wider.free - rows.free),
                        at.parameters, at.seed)
        z = Residuals.of(moved, ends, plan.seed).z
    each |= chain.terms(z, basis, residuals is not None)
    fitted = rows.pull[0] if rows.n <= chain.PROJECTED else none
    return each, chain.Bases(fitted, added, basis, residuals is not None, gained)


def _judged(
    sample: Sample, p: dict[str, float], structured: Structure | None, spreading: Spread | None, residuals: Residuals | None,
    seen: advice.Seen,
) -> Judged:
    """The part with the smallest p, which is structure only where robust variances bear it out."""
    part = min(p, key=lambda name: p[name])
    if part == "structure" and structured is not None and not structured.of_mean and "spread" in p:
        part = "spread"
    looked = [*([_mean(structured, sample)] if structured else []), *(name for name in ("spread", "shape") if name in p)]
    judged, said = Judged(p, part, ", ".join(looked)), tuple[str, ...]()
    if judged.verdict_p > BORDERLINE_P:     # nothing is advised, and to look at all laws takes time
        return judged
    if part == "structure" and structured is not None:
        said = advice.of_structure(structured, sample)
    if part == "spread" and spreading is not None:
        said = advice.of_spread(spreading, sample, seen)
    if part == "shape" and residuals is not None:
        said = advice.of_shape(sample, residuals.z, seen)
    return judged._replace(advice=said)


def _rows(n: int, sample: Sample) -> str:
    """How the rows that were looked at are spoken of."""
    return "all rows" if n >= sample.rows_total else f"{n:,} rows"


def _mean(found: Structure, sample: Sample) -> str:
    whole = [kind for kind in found.kinds if kind in found.whole]
    rest = [kind for kind in found.kinds if kind not in found.whole]
    said = [*([f"{', '.join(whole)} of {_rows(found.looked, sample)}"] if whole else []), *([", ".join(rest)] if rest else [])]
    return f"mean ({'; '.join(said)})"


def _reference(found: Structure | None) -> str:
    """What the wider design is made of: splines hold the squares."""
    if found is None or not found.df:
        return "fitted design"
    kinds = [kind for kind in found.kinds if kind != "runs" and not (kind == "squares" and "splines" in found.kinds)]
    return " and ".join(kinds)


def _marked(known: Information, resolution: Resolution, n: int, lowest: float, sample: Sample) -> Information:
    """With the step of the cells, the values that fill one, and where the shape could not be looked at."""
    said = advice.of_atoms(resolution.atoms, n, lowest, sample)
    flags = (f"the shape is not looked at: {resolution.reason}",) if resolution.kind == "none" and known.kl.reason is None else ()
    first, steps = (said, ()) if known.kl.part is None else ((), said)
    return known._replace(kl=known.kl._replace(
        resolution=resolution.step or None, atoms=resolution.atoms, flags=(*known.kl.flags, *first, *flags),
        advice=(*steps, *known.kl.advice)))
