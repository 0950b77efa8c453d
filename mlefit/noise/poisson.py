"""Poisson noise: y is a count with mean mu, eta = log mu. Its loss is half the Poisson deviance.

    q(y | eta)    = exp(-mu) mu^y / y!
    loss          = y log(y / mu) - y + mu
    cross-entropy = mean loss + mean [y - y log y + log y!]

Source: McCullagh and Nelder, Generalized Linear Models, section 6.2.
"""

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.noise import worked
from mlefit.noise.model import Derivatives, Measure, NoiseModel
from mlefit.noise.responses import COUNTS
from mlefit.noise.stable import poisson_counts
from mlefit.numerals import used

NEARBY = 4      # steps to a quantile from where the normal law has it
TERMS = 400     # of the series for a tail below the smallest double; each is at most the one before it times y / mu
EXAMPLE = (1.0, 2.0, 4.0, 4.0, 4.0)
TRIAL = 0.5     # how far off the worked example places a log rate
DERIVATION = """\
poisson: from the likelihood to the half Poisson deviance

  1  Model       y is a count with mean mu(x), eta = log mu linear:
                 q(y|x) = exp(-mu) mu^y / y!
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = sum_i [mu_i - y_i eta_i + log y_i!] / n. The last term has no
                 parameter in it. It stays: without it the likelihoods of two
                 models cannot be compared.
  4  Name        -log L / n is the cross-entropy CE of the empirical law and q
  5  Meaning     with p^(k|x) the frequencies of the rows that share x, CE =
                 H(p^) + KL(p^ || q), exactly; least CE is least KL
  6  Loss        CE = D / 2 + base: D / 2 = sum_i [y_i log(y_i / mu_i) - y_i +
                 mu_i] / n is half the deviance, base = sum_i [y_i - y_i log y_i
                 + log y_i!] / n a number of the data: a = 1
  7  Shapes      none: the variance is the mean. Counts that vary more than
                 their mean are not poisson, whatever the mean function.
  8  Limits      mu - y eta, the Poisson loss of some libraries, is D / 2 less a
                 number of the data: its minimum is at the same mu

"""


class Poisson(NoiseModel):
    """Counts whose variance is their mean."""

    name = "poisson"
    noun = "Poisson law"
    standard = True
    loss_name = "half Poisson deviance"
    aliases = ("pois", "count", "counts", "log-linear", "loglinear")
    support = "whole numbers >= 0"
    question = "counts that vary as much as their mean"
    centre_text = "exp(eta)"
    example = "mlefit fit sample_data/conversions.csv --target visits --features age,minutes --model poisson"
    ratio_name = "rate ratio"
    link_name = "log"
    measure = Measure.MASS
    response = COUNTS
    separable = True

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """None, or some: a rate may vanish only where all counts are 0."""
        return "0", "above 0"

    def nll(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """mu - y eta + log y!."""
        from scipy.special import gammaln

        log_mu = eta[:, 0]
        mu = np.exp(log_mu)
        value = mu - y * log_mu + gammaln(y + 1.0)
        if order == 0:
            return Derivatives(value)
        return Derivatives(value, (mu - y)[:, None], lambda v: mu[:, None] * v)

    def loss(self, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        """y [d + exp(-d) - 1] with d = log(y / mu), and mu where y = 0."""
        seen = y > 0.0
        d = np.log(np.where(seen, y, 1.0)) - eta[:, 0]
        mu = np.where(seen, y, 1.0) * np.exp(-d)
        value = np.where(seen, y * (d + np.expm1(-d)), mu)
        if order == 0:
            return Derivatives(value)
        slope = np.where(seen, y * np.expm1(-d), mu)
        return Derivatives(value, slope[:, None], lambda v: mu[:, None] * v)

    def affine(self, free: Array) -> tuple[float, float]:
        """The loss is the cross-entropy but for `base`."""
        return 1.0, 0.0

    def base(self, y: Array) -> Array:
        """y - y log y + log y!: what a model that knows every mean has left."""
        from scipy.special import gammaln, xlogy

        left: Array = y - xlogy(y, y) + gammaln(y + 1.0)
        return left

    def outcomes(self, y: Array) -> Mask:
        """A count above 0 keeps its rate from growing and from vanishing, a 0 from growing alone."""
        return np.stack([np.ones(y.size, bool), y > 0.0])

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """No rate where there is no event."""
        if value != 0.0:
            return None
        zeros = "one zero excludes" if n == 1 else f"{n:.0f} zeros exclude"
        return (f"every count is 0 in the {used(n)}, so the rate has no finite logarithm; {zeros} rates "
                f"above {3.0 / n:.3g} per row at 95 %", "use rows with events in them")

    def expected(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def variance(self, eta: Array, free: Array) -> Array:
        """mu."""
        return np.exp(eta[:, 0])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """d^2 mu and d^4 (mu + 3 mu^2)."""
        mu, square = np.exp(eta[:, 0]), np.square(direction[..., 0])
        return square * mu, square * square * (mu + 3.0 * mu * mu)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised upper gamma function at (y + 1, mu); its series where that is 0 in float64."""
        from scipy.special import pdtr

        mu = np.exp(eta[:, 0])
        with np.errstate(divide="ignore"):
            found = np.where(y < 0.0, -np.inf, np.log(pdtr(np.maximum(y, 0.0), mu)))
        far = np.flatnonzero(np.isneginf(found) & (y >= 0.0))
        total, term = np.ones(far.size), np.ones(far.size)
        for k in range(TERMS if far.size else 0):
            term = term * np.maximum(y[far] - k, 0.0) / mu[far]
            total += term
        found[far] = np.log(total) - self.nll(y[far], eta[far], free, 0).value
        return np.asarray(found)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """log of the regularised lower gamma function at (y + 1, mu); its series where that is 0 in float64."""
        from scipy.special import pdtrc

        mu = np.exp(eta[:, 0])
        with np.errstate(divide="ignore"):
            found = np.where(y < 0.0, 0.0, np.log(pdtrc(np.maximum(y, 0.0), mu)))
        far = np.flatnonzero(np.isneginf(found))
        total, term = np.ones(far.size), np.ones(far.size)
        for k in range(2, TERMS if far.size else 0):
            term = term * mu[far] / (y[far] + k)
            total += term
        found[far] = np.log(total) - self.nll(y[far] + 1.0, eta[far], free, 0).value
        return np.asarray(found)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The whole number at or above the real one that the normal law, or scipy, which takes long, says is near it."""
        from scipy.special import ndtri, pdtrik

        mu = np.exp(eta[:, 0])
        z = ndtri(u)
        with np.errstate(invalid="ignore", over="ignore"):
            y, settled = _near(u, mu, np.ceil(mu + np.sqrt(mu) * z + (z * z - 1.0) / 6.0 - 0.5))
        far = np.flatnonzero(~settled)
        if far.size:
            y[far], _ = _near(u[far], mu[far], np.ceil(pdtrik(u[far], mu[far])))
        return y

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """mu [d + exp(-d) - 1] with d the difference of the log rates."""
        d = eta[:, 0] - other_eta[:, 0]
        result: Array = np.exp(eta[:, 0]) * (d + np.expm1(-d))
        return result

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """Counts of mean mu."""
        return poisson_counts(rng, np.exp(eta[:, 0]))

    def derivation(self) -> str:
        """Half the Poisson deviance."""
        y, noise, none = np.array(EXAMPLE), self, np.empty(0)
        at_mean = np.full((y.size, 1), np.log(y.mean()))
        loss, base = float(noise.loss(y, at_mean, none, 0).value.mean()), float(noise.base(y).mean())
        best, off = worked.nll(noise, y, at_mean, none), worked.nll(noise, y, at_mean + TRIAL, none)
        return DERIVATION + worked.worked(
            f"y = {', '.join(f'{value:g}' for value in y)}",
            "(the first visits of conversions.csv), mu constant",
            f"mu = mean = {y.mean():.6f}, eta = {float(at_mean[0, 0]):.6f}",
            f"-log L / n = {best:.6f} from the law,",
            f"D / 2 + base = {loss:.6f} + {base:.6f}",
            f"eta off by {TRIAL:g}: -log L / n rises by {off - best:.6f}",
            f"= mu (exp({TRIAL:g}) - 1 - {TRIAL:g}) = {y.mean() * (np.expm1(TRIAL) - TRIAL):.6f}",
        )


def _near(u: Array, mu: Array, y: Array) -> tuple[Array, Mask]:
    """The least whole numbers with P(Y <= y) >= u as far as a few steps from y lead, and where they do (n,)."""
    from scipy.special import pdtr

    y = np.maximum(y, 0.0)
    for _ in range(NEARBY):
        below, above = pdtr(y, mu) < u, (y > 0.0) & (pdtr(np.maximum(y - 1.0, 0.0), mu) >= u)
        if not (below | above).any():
            break
        y = y + below - above
    return y, ~(below | above) & np.isfinite(y)
