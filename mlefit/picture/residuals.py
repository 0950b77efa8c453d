"""Residuals of data and of simulated data: z = Phi^-1(u), u uniform on [F(y-), F(y)] under the fitted law (Dunn and Smyth 1996).

Simulated data come from two nulls. Shapes are compared with data drawn from the fitted law. What moves along a predictor is
compared with the residuals' own values, reshuffled over the rows: "nothing moves, whatever the law". Both are refitted to, by
Newton steps from the fitted parameters, up to REFITTED rows; beyond, what a refit takes away is too little to be seen.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index, ascending
from mlefit.noise.model import NoiseModel
from mlefit.picture.partly import Partly
from mlefit.picture.ranked import errors_of
from mlefit.picture.refits import Refits
from mlefit.picture.scene import Scene
from mlefit.records import record

DRAWS = 199
REFITTED = 20_000   # rows
MANY = 200          # parameters from which larger sets are drawn from the law where they are not mapped back
INVERTED = 1_000    # rows up to which responses are mapped back by quantiles, where the law has no shorter way
FARTHEST = 8.0      # standard deviations at which such a residual is mapped back: the doubles below 1 end there
TOGETHER = 50_000   # rows of sets that are drawn at once
LAW, SHUFFLE, CHANCE, UNSEEN = 0, 1, 2, 3
NONE = np.empty(0)


@record(frozen=True, eq=False)
class Rows:
    """Responses (n,), the law fitted to them, `eta` (n, m) and `free` (s,), and their residuals `z` (n,), where they are wanted."""

    noise: NoiseModel
    y: Array
    eta: Array
    free: Array
    z: Array

    @cached_property
    def probabilities(self) -> Array:
        """Those (K, n) of the levels."""
        return self.noise.probabilities(self.eta, self.free)

    @cached_property
    def excess(self) -> Array:
        """(C, n): 1 for what is observed, less its probability, of each class; of two levels of the later one alone."""
        if len(self.probabilities) == 2:
            return np.asarray((self.y - self.probabilities[1])[None, :])
        return np.asarray((self.y == np.arange(len(self.probabilities))[:, None]) - self.probabilities)


class Residuals:
    """Those of the rows, and of data simulated for them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    @cached_property
    def observed(self) -> Rows:
        """The data."""
        scene, rng = self.scene, self.scene.rng(CHANCE, 0)
        if scene.cells is None:
            return self._rows(scene.y, scene.eta, scene.free, rng)
        z = in_cells(scene.noise, scene.cells, scene.eta, scene.free, rng.random(scene.n))
        return Rows(scene.noise, scene.y, scene.eta, scene.free, z)

    @cached_property
    def smooth(self) -> Array:
        """Responses (n,), those that are rounded spread over what they stand for."""
        from scipy.special import ndtr

        scene = self.scene
        if scene.cells is None:
            return scene.y
        return scene.noise.quantile(ndtr(np.clip(self.observed.z, -FARTHEST, FARTHEST)), scene.eta, scene.free)

    def drawn(self, *, responses: bool, residuals: bool) -> Iterator[Rows]:
        """DRAWS sets drawn from the law, and refitted. Without a refit their residuals are normal, whatever the law."""
        scene = self.scene
        needed = responses or self.refits
        responses_of = self._drawn() if needed else (scene.y for _ in range(DRAWS))
        for b, (y, eta, free) in enumerate(self._refitted(responses_of, LAW)):
            rng = scene.rng(CHANCE, b + 1)
            if not self.refits:
                yield Rows(scene.noise, y, eta, free, rng.standard_normal(scene.n) if residuals else NONE)
                continue
            yield self._rows(y, eta, free, rng) if residuals else Rows(scene.noise, y, eta, free, NONE)

    def _drawn(self) -> Iterator[Array]:
        """Responses (n,) of DRAWS sets drawn from the law, several sets at once where they are small."""
        scene, rng = self.scene, self.scene.rng(LAW)
        for law, eta, sets in self._repeated():
            yield from law.draw(rng, eta, scene.free).reshape(sets, scene.n)

    def _repeated(self) -> Iterator[tuple[NoiseModel, Array, int]]:
        """The law and its predictors for the rows of several sets, DRAWS in all: few rows cost a call as many do."""
        scene, left = self.scene, DRAWS
        most = max(1, TOGETHER // scene.n)
        while left:
            sets = min(most, left)
            rows = np.tile(np.arange(scene.n), sets)
            yield scene.noise.some(rows), scene.eta[rows], sets
            left -= sets

    @cached_property
    def scores(self) -> Array:
        """Normal scores (DRAWS + 1, n) of the ranks of the residuals: of the data, and of sets reshuffled."""
        first, rng = scores_of(self.observed.z), self.scene.rng(SHUFFLE)
        found = np.empty((DRAWS + 1, first.size))
        found[0] = first
        orders = np.stack([rng.permutation(first.size) for _ in range(DRAWS)])
        back = self._back(orders)
        if back is None:
            found[1:] = first[orders]
            return found
        for b, (y, eta, free) in enumerate(self._refitted(back, SHUFFLE)):
            ordered = self._ordered(y, eta)
            found[b + 1] = scores_of(self._rows(y, eta, free, self.scene.rng(SHUFFLE, b)).z if ordered is None else ordered)
        return found

    @cached_property
    def squares(self) -> Array:
        """Those of the scores."""
        return np.square(self.scores)

    @cached_property
    def below(self) -> Array:
        """(DRAWS + 1, n): 1 for a row below the fitted quantile, less the share of such rows: of the data, and of rows that fall so
        by chance. A row on it counts as its share."""
        scene, tau = self.scene, self.scene.share_below
        found = np.empty((DRAWS + 1, scene.n))
        error = scene.y - scene.eta[:, 0]
        found[0] = np.where(error < 0.0, 1.0 - tau, np.where(error > 0.0, -tau, 0.0))
        for b in range(DRAWS):
            found[b + 1] = (scene.rng(LAW, b).random(scene.n) < tau) - tau
        return found

    @property
    def refits(self) -> bool:
        """Whether simulated data are refitted: where these rows are all that the model was fitted to, or it has many levels."""
        scene = self.scene
        return scene.refits and (scene.total <= scene.n <= REFITTED or self._partly is not None)

    @cached_property
    def _partly(self) -> Partly | None:
        """What refits levels to some of the rows; None where these are all, or no level has few."""
        scene = self.scene
        return None if scene.n >= scene.total else scene.design.partly(scene.noise, scene.y, scene.eta, scene.free)

    @cached_property
    def _shapes(self) -> Array:
        """The shapes of refits to some of the rows."""
        assert self._partly is not None
        return self._partly.shapes(self._drawn(), self.scene.rng(UNSEEN))

    def _refitted(self, responses: Iterator[Array], stream: int) -> Iterator[tuple[Array, Array, Array]]:
        """Each response (n,), with the predictors and shapes of the law fitted to it, or those of the data."""
        scene = self.scene
        if not self.refits:
            return ((y, scene.eta, scene.free) for y in responses)
        if self._partly is None:
            return Refits(scene).each(responses)
        partly = self._partly
        return ((y, partly.refitted(y, scene.rng(UNSEEN, stream, draw)), self._shapes) for draw, y in enumerate(responses))

    def _back(self, orders: Index) -> Iterator[Array] | None:
        """From orders of the rows (B, n) to the responses (n,) that have their residuals in them; None: nothing is refitted.

        Of a law of y less its location, or of y over its scale, that is the order of these; else quantiles are taken.
        """
        scene, eta = self.scene, self.scene.eta[:, 0]
        if not self.refits:
            return None
        alike = self._ordered(self.smooth, scene.eta)
        if alike is None and scene.n > INVERTED:    # of many parameters a fit takes more from some rows than from others
            return self._drawn() if scene.design.parameters >= MANY else None
        if alike is None:
            return self._inverted(orders)
        if scene.noise.located:
            errors = errors_of(alike, scene.design.project, expected(scene.n)) if self._partly is None else alike
            return (eta + errors[order] for order in orders)
        with np.errstate(over="ignore", under="ignore"):
            scale = np.exp(eta)
            return (scale * alike[order] for order in orders)

    def _ordered(self, y: Array, eta: Array) -> Array | None:
        """What has one law in all rows, and so the order of their residuals (n,): y less its location, or y over its scale."""
        noise = self.scene.noise
        first, *others = noise.predictors
        if not others and noise.located and first.unit_power == 1:
            return np.asarray(y - eta[:, 0])
        if not others and not noise.located and first.log_unit == 1 and not any(shape.unit_power for shape in noise.shapes):
            with np.errstate(over="ignore", under="ignore"):
                return np.asarray(y / np.exp(eta[:, 0]))
        return None

    def _inverted(self, orders: Index) -> Iterator[Array]:
        """The responses by quantiles."""
        from scipy.special import ndtr

        scene, first = self.scene, 0
        u = ndtr(np.clip(self.observed.z, -FARTHEST, FARTHEST))
        for law, eta, sets in self._repeated():
            yield from law.quantile(u[orders[first : first + sets]].ravel(), eta, scene.free).reshape(sets, scene.n)
            first += sets

    def _rows(self, y: Array, eta: Array, free: Array, rng: np.random.Generator) -> Rows:
        chance = rng.random(y.size) if self.scene.discrete else np.empty(0)
        return Rows(self.scene.noise, y, eta, free, residuals_of(self.scene, y, eta, free, chance))


def residuals_of(scene: Scene, y: Array, eta: Array, free: Array, chance: Array) -> Array:
    """z (n,), finite: what no double can tell from 0 lies FAR out."""
    from mlefit.prediction.score import quantile_residuals

    return np.clip(np.nan_to_num(quantile_residuals(scene.noise, y, eta, free, chance)), -FAR, FAR)


def in_cells(noise: NoiseModel, cells: tuple[Array, Array], eta: Array, free: Array, chance: Array) -> Array:
    """z (n,) of responses of which the ends of cells are known: a random point of each cell, in the nearer tail."""
    from scipy.special import ndtri

    (a, b), (c, d) = ([np.exp(of(end, eta, free)) for end in cells] for of in (noise.log_cdf, noise.log_sf))
    z = np.where(a < 0.5, ndtri(a + chance * (b - a)), -ndtri(c - chance * (c - d)))
    return np.asarray(np.clip(np.nan_to_num(z), -FAR, FAR))


FAR = 1e8


def scores_of(z: Array) -> Array:
    """Phi^-1 of the ranks of z (n,) in (0, 1): what is left of residuals when their own shape is taken away."""
    ordered = ascending(z)
    found = np.empty(z.size)
    found[ordered] = expected(z.size)
    return found


def expected(n: int) -> Array:
    """The normal scores (n,) of n ranks."""
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(n) + 0.5) / n))
