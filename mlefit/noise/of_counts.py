"""The noise model of a loss of counts that a user wrote in y and f: q(y | f) = h(y) exp(-a l(y, f)), which adds up to 1.

    cross-entropy = a * mean loss + mean(-log h(y))

a and h are those with which it adds up at every f; nothing but f is left to be estimated. The law is poisson, or negative binomial
of a given size, with a mean that the loss says; tails, quantiles and draws are those of that law.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.expression.jets import jet
from mlefit.losses.counts import LINE, Counted
from mlefit.noise.model import NoiseModel
from mlefit.noise.negative_binomial import NegativeBinomial
from mlefit.noise.of_one_a import LINEAR, OfOneA
from mlefit.noise.poisson import Poisson
from mlefit.noise.read_loss import counts_of
from mlefit.noise.responses import COUNTS, Response

POINTS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)     # counts of the picture
NEAR_ZERO = 1e-100


@dataclass(frozen=True)
class OfCounts(OfOneA):
    """`text`: the loss as typed, without blanks."""

    support = "whole numbers >= 0"
    question = "what a loss of counts says of their chances"
    example = 'mlefit fit sample_data/deliveries.csv -t parcels -x km --loss "exp(f) - y*f"'
    response: Response = COUNTS

    @property
    def found(self) -> Counted:
        """a, and which law it is."""
        found = counts_of(self.text)
        assert found is not None        # else it is no such law
        return found

    @property
    def a(self) -> float:
        """That of the law."""
        return self.found.a

    @property
    def everywhere(self) -> bool:
        """Whether f may be any number."""
        return self.found.everywhere

    @property
    def begins(self) -> bool:
        """Where f must be above 0."""
        return not self.found.everywhere

    @property
    def log_concave(self) -> bool:
        """Where f is the log of a poisson mean, or a multiple of it."""
        return self.separable and self.found.poisson

    @property
    def separable(self) -> bool:  # type: ignore[override]  # a fact of the loss
        """Where f is the log of the mean, or a multiple of it: then that may run away."""
        if not self.found.everywhere:
            return False
        log_mean, slope = self._log_mean(LINE)
        return self.found.poisson and bool(np.ptp(slope) <= LINEAR * np.abs(slope).max()) and bool(np.isfinite(log_mean).all())

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """As of counts."""
        return self._law.outcome_names

    def outcomes(self, y: Array) -> Mask:
        """As of counts."""
        return self._law.outcomes(y)

    def without_maximum(self, value: float, n: float) -> tuple[str, str] | None:
        """As of counts."""
        return self._law.without_maximum(value, n)

    @property
    def _law(self) -> NoiseModel:
        return Poisson() if self.found.poisson else NegativeBinomial()

    @property
    def _free(self) -> Array:
        return np.empty(0) if self.found.poisson else np.array([-math.log(self.found.size)])

    def _log_mean(self, f: Array) -> tuple[Array, Array]:
        return self.found.log_mean(self.node, f)

    def _eta(self, eta: Array) -> Array:
        return self._log_mean(eta[:, 0])[0][:, None]

    @cached_property
    def _least(self) -> float:
        """The least count at which the loss is a number: y log y has at 0 the limit that it has near it."""
        with np.errstate(all="ignore"):
            zero = jet(self.node, {"y": np.zeros(1), "f": np.full(1, self.found.origin)}, (), 0).value
        return 0.0 if np.isfinite(zero).all() else NEAR_ZERO

    def _met(self, y: Array) -> Array:
        return np.maximum(y, self._least)

    def base(self, y: Array) -> Array:
        """-log h(y): what the likelihood has beyond the loss, at whatever f."""
        at = np.full(y.shape, self.found.origin)
        with np.errstate(all="ignore"):
            own = self._law.nll(y, self._eta(at[:, None]), self._free, 0).value
            return np.asarray(own - self.a * self._curve(y, at)[0])

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """Those of the law, by the chain rule."""
        log_mean, slope = self._log_mean(eta[:, 0])
        return self._law.score_moments(direction * slope[:, None], log_mean[:, None], self._free)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self._law.log_cdf(y, self._eta(eta), self._free)

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self._law.log_sf(y, self._eta(eta), self._free)

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """That of the law."""
        return self._law.quantile(u, self._eta(eta), self._free)

    def expected(self, eta: Array, free: Array) -> Array:
        """The mean."""
        return np.asarray(np.exp(self._eta(eta)[:, 0]))

    def variance(self, eta: Array, free: Array) -> Array | None:
        """That of the law."""
        return self._law.variance(self._eta(eta), self._free)

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """That of the law."""
        return self._law.divergence(self._eta(eta), self._free, self._eta(other_eta), self._free)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """By the law."""
        return self._law.draw(rng, self._eta(eta), self._free)

    @property
    def _words(self) -> str:
        return "poisson noise" if self.found.poisson else f"negative binomial noise of size {self.found.size:.6g}"

    @property
    def _mean_words(self) -> str:
        f = np.array([0.5, 1.5, 2.5])
        mean = np.exp(self._log_mean(f)[0])
        ratio, power = mean / f, mean / np.exp(f)
        for name, factor in (("f", ratio), ("exp(f)", power)):
            if np.ptp(factor) <= LINEAR * factor[0]:
                return name if abs(factor[0] - 1.0) <= LINEAR else f"{factor[0]:.6g} {name}"
        return f"{mean[0]:.6g}, {mean[1]:.6g} and {mean[2]:.6g} at f = 0.5, 1.5 and 2.5"

    @property
    def notes(self) -> tuple[str, ...]:
        """a, and which law it is."""
        return (f"--loss: the chances of counts at a = {self.a:.6g} alone: {self._words}, whose mean is {self._mean_words}.",)

    def derivation(self) -> str:
        """From the loss to the chances."""
        from mlefit.noise.explained_loss import step

        lines = [f"{self.text}: from the loss to its noise model", "",
                 *step(1, "Loss", "l(y, f) of counts y = 0, 1, 2, ..."),
                 *step(2, "Model", "q(y|x) = h(y) exp(-a l(y, f)), which must add up to 1 at every f"),
                 *step(3, "Normaliser", f"l = A(f) - y B(f) + C(y), and it does at a = {self.a:.6g} alone with every h(y) "
                       f"above 0: {self._words}, whose mean is {self._mean_words}"),
                 *step(4, "-log L / n", "= a m - mean log h(y), m = mean loss: the f of least loss is that of maximum likelihood, "
                       "and nothing else is left to estimate"), "", "  chance of y at f = 1"]
        y = np.array(POINTS)
        chance = np.exp(-self.nll(y, np.ones((y.size, 1)), np.empty(0), 0).value)
        lines += [f"{count:>10.4g}  {'#' * round(50 * p)} {p:.4f}" for count, p in zip(y, chance, strict=True)]
        return "\n".join(lines) + "\n"
