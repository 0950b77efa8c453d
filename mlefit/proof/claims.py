"""The claims, one function each: what is compared, how far apart it is, and whether that is rounding."""

from collections.abc import Callable

import numpy as np

from mlefit.estimation.divergence import Cells, least_divergence
from mlefit.estimation.outcome import Outcome
from mlefit.estimation.routes import least_held_loss
from mlefit.pipeline.knowledge import information
from mlefit.pipeline.results import agreement
from mlefit.proof.material import POINTS, Material
from mlefit.proof.proof import Line
from mlefit.report.digits import or_noise, significant

ROUNDING = 1e-10        # nats per row, and relative error of a slope: sums of n terms leave about 1e-13
RIGHT = 1e-7            # radians: a wrong loss is off by far more
IDENTITY = 1e-12        # nats per row: a sum of two numbers
GAP = 1e-4              # standard errors, as for the two routes




def line(key: str, claim: str, holds: bool, finding: str, **numbers: float) -> Line:
    """A claim with its finding."""
    return Line(key, claim, "holds" if holds else "fails", finding, numbers)


def plain_zero(value: float) -> str:
    """Eight digits, and 0 for what is rounding."""
    return significant(value if abs(value) > ROUNDING else 0.0, 8)


def affine(material: Material) -> Line:
    """NLL = a loss + c: slope and intercept of the line through random parameter vectors, shapes held."""
    claim = "NLL per row is an affine function of the loss"
    y = np.array([nll.value / nll.weight for nll, _ in material.sweep])
    x = np.array([loss.value / loss.weight for _, loss in material.sweep])
    slope, constant = material.noise.affine(material.free)
    intercept = constant + material.mean_base
    found = float((x - x.mean()) @ (y - y.mean()) / ((x - x.mean()) @ (x - x.mean())))
    at_zero = float(y.mean() - found * x.mean())
    deviation = float(np.abs(y - slope * x - intercept).max())
    near = max(ROUNDING, material.rounding) * max(1.0, float(np.abs(y).max()))
    holds = (
        deviation <= near and abs(found - slope) <= near * abs(slope)
        and abs(at_zero - intercept) <= near * max(1.0, abs(intercept))
    )
    unit, moved = _units(material, slope)
    return line(
        "a", claim, holds,
        f"{POINTS} random vectors {material.rows_text}: slope {significant(found * unit, 8)} (theory "
        f"{significant(slope * unit, 8)}), intercept {plain_zero(at_zero + moved)} (theory "
        f"{plain_zero(intercept + moved)}), largest deviation {or_noise(deviation)} nats",
        slope=found * unit, slope_theory=slope * unit, intercept=at_zero + moved,
        intercept_theory=intercept + moved, largest_deviation=deviation,
    )


def _units(material: Material, slope: float) -> tuple[float, float]:
    """By what a slope is multiplied, and what is added to an intercept, to have them in natural units."""
    unit = float(np.exp(-material.noise.loss_power * material.log_unit))
    return unit, material.log_unit * (1.0 - slope * unit * material.noise.loss_log_unit)


def parallel(material: Material) -> Line:
    """The gradients of NLL and loss by the coefficients point the same way."""
    claim = "the gradients of NLL and loss are parallel"
    nll, loss = material.objectives
    largest = 0.0
    for first, second in material.sweep:
        a, b = nll.whitened(first).gradient, loss.whitened(second).gradient
        assert a is not None
        assert b is not None
        a, b = a[: material.size], b[: material.size]
        chord = float(np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b)))
        largest = max(largest, 2.0 * float(np.arcsin(min(0.5 * chord, 1.0))))
    return line(
        "b", claim, largest <= max(RIGHT, material.rounding),
        f"largest angle at the same {POINTS} vectors: {or_noise(largest)} radians", largest_angle=largest,
    )


def held(material: Material) -> Line | None:
    """At the shapes of the maximum, the least loss is at its coefficients: where the loss contains the shapes."""
    noise, found = material.noise, material.found
    if not noise.loss_has_shapes:
        return None
    best = found.fit.mle.theta[: material.size]
    end = least_held_loss(noise, found.mean, found.rows, material.free)
    step = np.append(end.theta - best, np.zeros(material.free.size))
    apart = np.abs(found.mean.moved(step[: material.size]))
    gap = float((apart / material.model_errors).max())
    return line(
        "h", "at the shapes of the maximum, least loss ends at its coefficients", gap <= GAP and end.outcome is Outcome.CERTIFIED,
        f"a search of its own from zero, shapes held: largest gap {or_noise(gap)} standard errors", largest_gap_se=gap,
    )


def routes(material: Material) -> Line:
    """Both searches are certified and end at the same parameters."""
    found = material.found
    agreed = agreement(found, material.numbers)
    gap = np.inf if agreed.max_gap_se is None else agreed.max_gap_se
    how = "" if found.certified else "; a search is not certified"
    return line(
        "=", "both routes end at the same parameters", agreed.agree and found.certified,
        f"largest gap {or_noise(gap)} standard errors, KL between the models {or_noise(agreed.kl_routes)} and "
        f"likelihood lost to the other route {or_noise(agreed.nll_excess)} nats per row{how}", max_gap_se=gap,
    )


def third_search(material: Material) -> Line:
    """Minimising the KL of the empirical law ends at the same parameters."""
    claim = "minimising KL(empirical law || model) ends at the same parameters"
    cells = material.cells
    if cells is None:
        return Line("c", claim, "none", "there is no such search for a density: the empirical law is a sum of point "
                    "masses, and its KL against a density is infinite whatever the parameters")
    theta, curvature, _ = material.optimum
    step = least_divergence(material.noise, material.found.mean, cells) - theta
    gap = float(np.sqrt(curvature.square(step)))     # no parameter is further apart
    return line(
        "c", claim, gap <= GAP,
        f"a third search, over {cells.occupied} distinct (x, y) cells {material.rows_text}: gap to the maximum of the "
        f"likelihood {or_noise(gap)} standard errors at most", largest_gap_se=gap,
    )


def identity(material: Material) -> Line:
    """Cross-entropy = entropy + KL."""
    claim = "cross-entropy = entropy + KL"
    cells = material.cells
    if cells is not None:
        theta, _, cross = material.optimum
        entropy, divergence = cells.entropy, cells.divergence(material.noise, material.found.mean, theta)
        what = (f"KL of the empirical law over distinct rows, {material.rows_text}: it counts chance as misfit, which the KL of a "
                "fit does not")
    else:
        known = information(material.found, None)
        if known.entropy is None or known.kl.raw is None or known.cross_entropy is None:
            return Line("d", claim, "none", f"the entropy of the data is not identifiable: {known.kl.reason}")
        cross, entropy, divergence = known.cross_entropy, known.entropy, known.kl.raw
        what = f"entropy from {known.entropy_method}"
        what += "; an upper bound, so that KL is a lower one" if known.kl.bound == "lower" else ""
    rest = abs(cross - entropy - divergence)
    return line(
        "d", claim, rest <= IDENTITY * max(1.0, abs(cross)),
        f"{plain_zero(cross)} = {plain_zero(entropy)} + {plain_zero(divergence)} nats per row, rest "
        f"{or_noise(rest)} ({what})", cross_entropy=cross, entropy=entropy, kl=divergence, rest=rest,
    )


def deviance(material: Material) -> Line:
    """2 n KL is the deviance, G, of the observed against the fitted counts."""
    claim = "2 n KL = deviance (G)"
    cells = material.cells
    if cells is None:
        return Line("e", claim, "none", "a density has no saturated likelihood to be compared with, so no deviance")
    theta, _, cross = material.optimum
    twice = 2.0 * cells.n * (cross - cells.entropy)
    g = likelihood_ratio(cells, material, theta)
    rest = abs(twice - g)
    return line(
        "e", claim, rest <= ROUNDING * max(1.0, 2.0 * cells.n * cross),
        f"2 n (cross-entropy - entropy) = {plain_zero(twice)}, G of the {cells.patterns} patterns by "
        f"scipy.stats.power_divergence = {plain_zero(g)}, difference {or_noise(rest)}",
        twice_n_kl=twice, g=g,
    )


def likelihood_ratio(cells: Cells, material: Material, theta: np.ndarray) -> float:
    """G = 2 sum observed log(observed / expected), by scipy."""
    from scipy.stats import power_divergence

    expected = cells.totals * np.exp(cells.log_probability(material.noise, material.found.mean, theta))
    empty = cells.n - float(expected.sum())     # what the model expects in all cells without a row
    observed = cells.counts
    if empty > 0.0:
        expected, observed = np.append(expected, empty), np.append(observed, 0.0)
    return float(power_divergence(observed, expected, lambda_="log-likelihood", axis=None).statistic)


def difference(material: Material) -> Line:
    """Where the routes must not agree with common practice: sigma from n or from n - p."""
    claim = "where answers must not agree, they do not"
    noise, found = material.noise, material.found
    if not noise.shapes:
        slope, constant = noise.affine(material.free)
        unit, moved = _units(material, slope)
        apart = constant + moved if material.mean_base == 0.0 else constant     # a constant of the data has the unit in it
        same = abs(slope * unit - 1.0) <= ROUNDING and abs(apart) <= ROUNDING
        loss = "the cross-entropy itself" if material.mean_base == 0.0 else "the cross-entropy but for a constant of the data"
        return line("f", claim, same, f"nowhere to differ: {noise.name} has no shape parameter, its loss is {loss}")
    if not noise.compresses:
        names = " and ".join(shape.name for shape in noise.shapes)
        return Line("f", claim, "none", f"mlefit prints no other estimate of {names} than the maximum, to differ from")
    n, p = found.fit.n, found.mean.size
    ratio = n / (n - p)
    nll, mle = material.objectives[0], found.fit.mle.theta
    theta = mle.copy()
    theta[material.size :] += 0.5 * np.log(ratio)
    total = found.rows.sum(lambda rows: nll.tally(theta, rows, 0))
    best = found.rows.sum(lambda rows: nll.tally(mle, rows, 0))
    cost = (total.value - best.value) / n
    theory = float(0.5 * (np.log(ratio) + 1.0 / ratio - 1.0))
    sigma = float(material.numbers.shapes[0])
    return line(
        "f", claim, abs(cost - theory) <= max(ROUNDING, material.rounding),
        f"both routes take sigma from RSS / n: {significant(sigma, 6)}. RSS / (n - p), p = {p}, which --se ols prints, "
        f"gives {significant(sigma * np.sqrt(ratio), 6)}: unbiased for sigma squared, not the maximum. It costs "
        f"{significant(cost, 3)} nats per row (theory {significant(theory, 3)})", cost=cost, cost_theory=theory,
    )


CLAIMS: tuple[Callable[[Material], Line | None], ...] = (
    routes, held, affine, parallel, third_search, identity, deviance, difference)
