"""The noise model of a loss of two labels that a user wrote in y and f: q(y | f) = h(y) exp(-a l(y, f)), which adds up to 1.

    cross-entropy = a * mean loss + mean(-log h(y))

a and h are those with which it adds up at every f; nothing but f is left to be estimated. y is the number in the file, -1 and 1 or
0 and 1; f is linear, or where the loss says so a chance.
"""

from dataclasses import dataclass

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.expression.jets import jet
from mlefit.losses.labels import LINE, Labels
from mlefit.noise.of_one_a import LINEAR, OfOneA
from mlefit.noise.read_loss import labelled
from mlefit.noise.responses import Response


@dataclass(frozen=True)
class OfLabels(OfOneA):
    """`text`: the loss as typed, without blanks."""

    support = "two labels, as numbers"
    question = "what a loss of labels says of their chances"
    example = 'mlefit fit sample_data/deliveries.csv -t minutes -x km --loss "log(cosh(r))"'

    @property
    def found(self) -> Labels:
        """a and h."""
        found = labelled(self.text)
        assert found is not None        # else it is no such law
        return found

    @property
    def a(self) -> float:
        """That of the law."""
        return self.found.a

    @property
    def response(self) -> Response:
        """The two labels."""
        return Response(values=self.found.labels)

    @property
    def everywhere(self) -> bool:
        """Unless f is a chance."""
        return not self.found.unit

    @property
    def begins(self) -> bool:
        """Where f is a chance."""
        return self.found.unit

    @property
    def logistic(self) -> bool:
        """Whether f is a multiple of log odds: then labels may be separated."""
        low, high = (self._log_chance(np.full(LINE.size, y), LINE) for y in self.found.labels)
        odds = high - low
        return not self.found.unit and bool(np.abs(odds - odds[0] / LINE[0] * LINE).max() <= LINEAR * np.abs(odds).max())

    @property
    def separable(self) -> bool:  # type: ignore[override]  # a fact of the loss
        """Where f is log odds."""
        return self.logistic

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """The labels."""
        return tuple(f"{y:g}" for y in self.found.labels)

    def outcomes(self, y: Array) -> Mask:
        """The label itself."""
        return np.stack([y == label for label in self.found.labels])

    def _log_chance(self, y: Array, f: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(-self.a * jet(self.node, {"y": y, "f": f}, (), 0).value - self.base(y))

    def base(self, y: Array) -> Array:
        """-log h(y)."""
        low, high = -np.log(self.found.h)
        return np.asarray(np.where(y == self.found.labels[1], high, low))

    def _second(self, eta: Array) -> Array:
        """The chance (n,) of the second label."""
        return np.exp(self._log_chance(np.full(len(eta), self.found.labels[1]), eta[:, 0]))

    def score_moments(self, direction: Array, eta: Array, free: Array) -> tuple[Array, Array]:
        """Over both labels."""
        p, square = self._second(eta), np.square(direction[..., 0])
        each = [np.square(self.a * self._curve(np.full(len(eta), y), eta[:, 0])[1]) for y in self.found.labels]
        return square * ((1.0 - p) * each[0] + p * each[1]), square * square * ((1.0 - p) * each[0] ** 2 + p * each[1] ** 2)

    def log_cdf(self, y: Array, eta: Array, free: Array) -> Array:
        """The chance of the first label between both."""
        low, high = self.found.labels
        first = self._log_chance(np.full(len(eta), low), eta[:, 0])
        return np.where(y < low, -np.inf, np.where(y < high, first, 0.0))

    def log_sf(self, y: Array, eta: Array, free: Array) -> Array:
        """The chance of the second label between both."""
        low, high = self.found.labels
        second = self._log_chance(np.full(len(eta), high), eta[:, 0])
        return np.where(y < low, 0.0, np.where(y < high, second, -np.inf))

    def below(self, y: Array) -> Array:
        """The first label, or less than it."""
        low, high = self.found.labels
        return np.where(y > low, low, low - (high - low))

    def quantile(self, u: Array, eta: Array, free: Array) -> Array:
        """The first label up to its chance."""
        low, high = self.found.labels
        return np.asarray(np.where(u <= 1.0 - self._second(eta), low, high))

    def expected(self, eta: Array, free: Array) -> Array:
        """Over both labels."""
        low, high = self.found.labels
        return np.asarray(low + (high - low) * self._second(eta))

    def divergence(self, eta: Array, free: Array, other_eta: Array, other_free: Array) -> Array:
        """Over both labels."""
        total = np.zeros(len(eta))
        for y in self.found.labels:
            mine, other = (self._log_chance(np.full(len(eta), y), at[:, 0]) for at in (eta, other_eta))
            total += np.where(np.isneginf(mine), 0.0, np.exp(mine) * (mine - other))
        return np.maximum(total, 0.0)

    def draw(self, rng: "np.random.Generator", eta: Array, free: Array) -> Array:
        """By a uniform number."""
        return self.quantile(rng.uniform(size=len(eta)), eta, free)

    @property
    def notes(self) -> tuple[str, ...]:
        """a and h, and which loss it is."""
        from mlefit.noise.known_labels import known_labels

        known = known_labels(self.node)
        named = "" if known is None else f" ({known.name}: {known.word})"
        return (f"--loss: the chances of the labels {' and '.join(self.outcome_names)} at a = {self.a:.6g} alone{named}.",)

    def derivation(self) -> str:
        """From the loss to the chances."""
        from mlefit.noise.explained_loss import step

        low, high = self.outcome_names
        weights = ", ".join(f"h({name}) = {h:.6g}" for name, h in zip((low, high), self.found.h, strict=True))
        lines = [f"{self.text}: from the loss to its noise model", "",
                 *step(1, "Loss", f"l(y, f) of the labels {low} and {high}"),
                 *step(2, "Model", "q(y|x) = h(y) exp(-a l(y, f)), which must add up to 1 at every f"),
                 *step(3, "Normaliser", f"it does at a = {self.a:.6g} alone, with {weights}"),
                 *step(4, "-log L / n", "= a m - mean log h(y), m = mean loss: the f of least loss is that of maximum likelihood, "
                       "and nothing else is left to estimate"),
                 *(line for note in self.notes for line in step(5, "Known", note.removeprefix("--loss: "))), "",
                 f"  chance of {high} at f"]
        points = np.array([0.1, 0.3, 0.5, 0.7, 0.9]) if self.found.unit else np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
        lines += [f"{f:>10.4g}  {'#' * round(50 * p)} {p:.4f}"
                  for f, p in zip(points, self._second(points[:, None]), strict=True)]
        return "\n".join(lines) + "\n"
