"""Derivations: from the likelihood of each noise model to its loss, with a worked number computed by the model itself.

The steps that popular accounts get wrong are done right: the log of the normaliser stays; the cross-entropy is that of
the empirical law, in which equal rows share their frequencies, not of labels that are certain one by one; and samples
have no divergence from a density.
"""

from collections.abc import Callable, Mapping

import numpy as np

from mlefit.arrays import Array
from mlefit.errors import UsageError
from mlefit.noise import find
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel

MEASUREMENTS = (-2.25129, 0.96007, -4.86026, 1.03677, -0.37131)
CONVERSIONS = ("no", "yes", "no", "no", "yes", "yes", "no", "yes", "no", "yes", "yes", "yes")
SPECIES = (
    "birch", "alder", "alder", "birch", "birch", "cedar", "cedar", "birch", "cedar", "cedar", "alder", "cedar",
)
TRIAL = 0.5     # how far off the worked example places a mean

GAUSSIAN = """\
gaussian: from the likelihood to the mean squared error

  1  Model       y = f(x) + sigma e, e standard normal:
                 q(y|x) = exp(-(y - f)^2 / (2 sigma^2)) / (sigma sqrt(2 pi))
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = MSE / (2 sigma^2) + log(2 pi sigma^2) / 2
                 with MSE = sum_i (y_i - f_i)^2 / n. The second term is the log
                 of the normaliser. It stays: without it the best sigma is
                 infinite, and MSE / 2 is no cross-entropy.
  4  Name        -log L / n is the cross-entropy CE of the rows and q, in nats
  5  Meaning     for the law p that the rows come from, CE(p, q) = H(p) +
                 KL(p || q). H has no parameter in it: least CE is least KL. The
                 raw rows have no KL, since point masses against a density give
                 infinity: first the entropy has to be estimated.
  6  Loss        for any fixed sigma, CE = a MSE + c, a = 1 / (2 sigma^2) > 0:
                 the f of maximum likelihood is the f of least squares
  7  Sigma       dCE/dsigma = 0 at sigma^2 = MSE = RSS / n; RSS / (n - p) is
                 unbiased, and not the maximum
  8  Together    CE = log(2 pi e MSE) / 2. It may be negative, and changes with
                 the unit of y; KL does not.

"""

CLASSES = """\
  4  Name        -log L / n is the cross-entropy CE of the empirical law and q
  5  Meaning     the empirical law gives the rows that share x their class
                 frequencies p^(k|x), and CE = H(p^) + KL(p^ || q), exactly.
                 H(p^) = 0 only where every row has an x of its own. That is a
                 fact about the sample, not certainty of the class given x;
                 there KL = CE, which says nothing about the fit.
  6  Loss        CE is the {loss}: a = 1, c = 0,
                 no normaliser left to drop, no shape left to estimate
  7  Direction   KL(p^ || q), not KL(q || p^), which is infinite wherever a
                 class is missing from the sample
  8  Limits      0 <= KL <= CE. Without predictors q repeats the frequencies of
                 any sample: KL = 0, which is no evidence of a good model.

"""

BERNOULLI = """\
bernoulli: from the likelihood to the binary cross-entropy

  1  Model       y is 0 or 1, P(y = 1|x) = s = 1 / (1 + exp(-eta)), eta linear:
                 q(y|x) = s^y (1 - s)^(1 - y)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = -sum_i [y_i log s_i + (1 - y_i) log(1 - s_i)] / n
                 = sum_i [log(1 + exp(eta_i)) - y_i eta_i] / n
"""

CATEGORICAL = """\
categorical: from the likelihood to the categorical cross-entropy

  1  Model       y is one of K classes, eta_k linear, eta_0 = 0 for the
                 reference class: q(k|x) = exp(eta_k) / sum_j exp(eta_j)
  2  Likelihood  L = prod_i q(y_i|x_i): rows independent given x, x not modelled
  3  -log L / n  = sum_i [log sum_j exp(eta_ij) - eta_i,y_i] / n
                 The log of the sum is the normaliser. It stays.
"""


def derivation(name: str) -> str:
    """The derivation of a model of the registry, with its worked number. Raises UsageError for an unknown name."""
    try:
        model = find(name)
    except UsageError as error:     # it speaks of the option of the other commands
        raise UsageError(error.message.removeprefix("--model: "), error.remedy, code=error.code) from None
    return DERIVATIONS[model.name]()


def gaussian() -> str:
    """The mean squared error."""
    y, noise = np.array(MEASUREMENTS), Gaussian()
    at_mean = np.full((y.size, 1), y.mean())
    mse = float(noise.loss(y, at_mean, 0).value.mean())
    free = noise.implied_shapes(mse)
    a, c = noise.affine(free)
    best, off = nll(noise, y, at_mean, free), nll(noise, y, at_mean + TRIAL, free)
    return GAUSSIAN + worked(
        f"y = {', '.join(f'{value:g}' for value in y)}",
        "(the first rows of measurements.csv), f constant",
        f"f = mean = {y.mean():.6f}, MSE = {mse:.6f} = sigma^2",
        f"-log L / n = {best:.6f} from the density, a MSE + c = {a * mse + c:.6f},",
        f"log(2 pi e MSE) / 2 = {0.5 * np.log(2.0 * np.pi * np.e * mse):.6f}",
        f"f off by {TRIAL:g}: -log L / n rises by {off - best:.6f} = a {TRIAL:g}^2 = {a * TRIAL**2:.6f}",
    )


def bernoulli() -> str:
    """The binary cross-entropy."""
    y = np.array([float(level == "yes") for level in CONVERSIONS])
    share = float(y.mean())
    logit = float(np.log(share / (1.0 - share)))
    return BERNOULLI + CLASSES.format(loss="binary cross-entropy") + example(
        Bernoulli(), y, np.array([1.0 - share, share]), np.array([logit]),
        f"{round(y.sum())} yes and {round((1.0 - y).sum())} no (the first rows of conversions.csv)",
    )


def categorical() -> str:
    """The categorical cross-entropy."""
    levels = sorted(set(SPECIES))
    y = np.array([float(levels.index(level)) for level in SPECIES])
    share = np.bincount(y.astype(np.intp)) / y.size
    counts = ", ".join(f"{SPECIES.count(level)} {level}" for level in levels)
    return CATEGORICAL + CLASSES.format(loss="categorical cross-entropy") + example(
        Categorical(len(levels)), y, share, np.log(share[1:] / share[0]),
        f"{counts} (the first rows of species.csv)",
    )


def example(noise: NoiseModel, y: Array, share: Array, eta: Array, data: str) -> str:
    """Cross-entropy, entropy and KL of observed shares (K,): at their logits `eta` (K - 1,), and at equal chances."""
    free = np.empty(0)
    entropy = -float(share @ np.log(share))
    at_share = nll(noise, y, np.tile(eta, (y.size, 1)), free)
    even_eta = np.zeros((y.size, eta.size))
    even = nll(noise, y, even_eta, free)
    kl = float(share @ np.log(share * share.size))
    return worked(
        data,
        f"q = p^:  -log L / n = {at_share:.6f} = H(p^) = {entropy:.6f}, KL = 0",
        f"q = 1/{share.size}: -log L / n = {even:.6f} = loss = {float(noise.loss(y, even_eta, 0).value.mean()):.6f}",
        f"         = H(p^) + KL = {entropy:.6f} + {kl:.6f}",
    )


def nll(noise: NoiseModel, y: Array, eta: Array, free: Array) -> float:
    """Mean negative log-likelihood."""
    return float(noise.nll(y, eta, free, 0).value.mean())


def worked(*lines: str) -> str:
    """The worked number, under the derivation."""
    head, *rest = lines
    return "\n".join([f"  Worked         {head}", *(f"                 {line}" for line in rest)]) + "\n"


DERIVATIONS: Mapping[str, Callable[[], str]] = {
    "gaussian": gaussian, "bernoulli": bernoulli, "categorical": categorical,
}
