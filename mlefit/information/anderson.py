"""Anderson and Darling's A^2 of the probabilities u = F(y | x), and its law when the parameters of F have been fitted.

    A^2 = -n - (1/n) sum_i (2 i - 1) [log u_(i) + log(1 - u_(n+1-i))] = int W(t)^2 dt,   u = 1 / (1 + exp(-t))

W is the empirical process of u, asymptotically normal with covariance

    K(s, t) = min(s, t) - s t - c(s)'J^-1 c(t),   c(s) = E 1{u <= s} score,   J = E score score'    (Durbin 1973)

so that A^2 is a sum of chi-squared variables, whose weights are the eigenvalues of K on a grid of t, which is dense enough when it
is even. c and J are averages over rows drawn from the fitted law, whatever the law is. For least squares with a constant the law
is Stephens' (1986, table 4.9, mean and variance unknown).
"""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array
from mlefit.information.working import Working
from mlefit.noise.model import NoiseModel

GRID = np.linspace(-8.0, 8.0, 65)       # of logits: beyond lies a thousandth of the integral
BATCH = 4096                            # rows whose indicators on the grid are in memory at once
EIGEN = 1e-12


def anderson_darling(log_cdf: Array, log_survival: Array) -> float:
    """A^2 of log u and log(1 - u) (n,), in any order."""
    n = log_cdf.size
    order = np.argsort(log_cdf - log_survival)
    return float(-n - np.dot(2 * np.arange(n) + 1, log_cdf[order] + log_survival[order[::-1]]) / n)


def stephens(squared: float, n: int) -> float:
    """p of A^2 of n standardised normal residuals."""
    a = squared * (1.0 + 0.75 / n + 2.25 / n**2)
    if a >= FAR:
        return float(np.exp(1.2937 - 5.709 * FAR + 0.0186 * FAR**2 - (a - FAR) * 5.3))
    if a >= 0.6:
        return float(np.exp(1.2937 - 5.709 * a + 0.0186 * a * a))
    if a >= 0.34:
        return float(np.exp(0.9177 - 4.279 * a - 1.38 * a * a))
    if a >= 0.2:
        return float(1.0 - np.exp(-8.318 + 42.796 * a - 59.938 * a * a))
    return float(1.0 - np.exp(-13.436 + 101.14 * a - 223.73 * a * a))


FAR = 10.0      # where the formula of the tail begins to bend up


def uniform(noise: NoiseModel, y: Array, eta: Array, free: Array, share: Array) -> tuple[Array, Array]:
    """log u and log(1 - u) (n,) with u = F(y), at this share of the jump of F where that has one (Dunn and Smyth 1996)."""
    log_cdf, log_survival = noise.log_cdf(y, eta, free), noise.log_sf(y, eta, free)
    if not noise.measure.jumps:
        return log_cdf, log_survival
    before = noise.below(y)
    return between(noise.log_cdf(before, eta, free), noise.log_sf(before, eta, free), log_cdf, log_survival, share)


def between(
    low_cdf: Array, low_survival: Array, high_cdf: Array, high_survival: Array, share: Array
) -> tuple[Array, Array]:
    """log u and log(1 - u) (n,) of u at a share of the way between two values of F, each told by both its logs."""
    with np.errstate(divide="ignore"):
        one, other = np.log(share), np.log1p(-share)
    return np.logaddexp(low_cdf + other, high_cdf + one), np.logaddexp(low_survival + other, high_survival + one)


def fitted_law(rows: Working, scores: Callable[[Array], Array] | None = None) -> Array:
    """The weights (k,) of the chi-squared variables of A^2 under the fitted law, largest first.

    `scores`: those (n, m + s) of responses (n,) that are known to cells alone.
    """
    u = 1.0 / (1.0 + np.exp(-GRID))
    m = rows.eta.shape[1]
    size = sum(x.shape[1] for x in rows.designs) + rows.free.size
    shared, square = np.zeros((size, GRID.size)), np.zeros((size, size))
    for each_u, y, known in rows.imitated:
        score = known if scores is None else scores(y)
        for start in range(0, rows.n, BATCH):
            part = slice(start, start + BATCH)
            each = np.concatenate([(x[part].T * score[part, a]) for a, x in enumerate(rows.designs)] + [score[part, m:].T])
            shared += each @ (each_u[part, None] <= u)
            square += each @ each.T
    total = rows.n * len(rows.imitated)
    values, vectors = np.linalg.eigh(square / total)
    kept = values > EIGEN * values.max(initial=0.0)
    taken = (vectors[:, kept] / np.sqrt(values[kept])).T @ (shared / total)
    covariance = np.minimum(u[:, None], u) - np.outer(u, u) - taken.T @ taken
    found = np.linalg.eigvalsh(covariance * (GRID[1] - GRID[0]))[::-1]
    return np.asarray(np.maximum(found, 0.0))


def upper_tail(weights: Array, squared: float) -> float:
    """P(sum w_j chi2_1 > squared), by the chi-squared law of the same first three cumulants (Imhof 1961, after Pearson)."""
    from scipy.special import gammaincc

    first, second, third = (float(np.sum(weights**k)) for k in (1, 2, 3))
    df = second**3 / third**2
    scale = third / second
    return float(gammaincc(df / 2, max(squared - first + scale * df, 0.0) / (2 * scale)))
