"""What the derivations of several laws share: steps that they have in common, and the layout of a worked number."""

import numpy as np

from mlefit.arrays import Array
from mlefit.noise.model import NoiseModel

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


def shares(noise: NoiseModel, y: Array, share: Array, eta: Array, even_eta: Array, data: str) -> str:
    """Cross-entropy, entropy and KL of observed shares (K,): at their predictors `eta` (K - 1,), and at equal chances."""
    free = np.empty(0)
    entropy = -float(share @ np.log(share))
    at_share = nll(noise, y, np.tile(eta, (y.size, 1)), free)
    equal = np.tile(even_eta, (y.size, 1))
    even = nll(noise, y, equal, free)
    kl = float(share @ np.log(share * share.size))
    return worked(
        data,
        f"q = p^:  -log L / n = {at_share:.6f} = H(p^) = {entropy:.6f}, KL = 0",
        f"q = 1/{share.size}: -log L / n = {even:.6f} = loss = {float(noise.loss(y, equal, free, 0).value.mean()):.6f}",
        f"         = H(p^) + KL = {entropy:.6f} + {kl:.6f}",
    )


def nll(noise: NoiseModel, y: Array, eta: Array, free: Array) -> float:
    """Mean negative log-likelihood."""
    return float(noise.nll(y, eta, free, 0).value.mean())


def worked(*lines: str) -> str:
    """The worked number, under the derivation."""
    head, *rest = lines
    return "\n".join([f"  Worked         {head}", *(f"                 {line}" for line in rest)]) + "\n"
