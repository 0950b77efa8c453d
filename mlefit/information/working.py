"""Working: the rows of a fit as tests of it see them: scores, expected information and Pearson residuals.

With g (n, m) the score of a row by its predictors and A (n, m, m) its expectation of g g' under the law, columns C_a added up over
rows have the scores U_a = C_a'g_a and the information V_ab = C_a'(A_ab C_b) (Fisher). Where there are more rows than these, the
model is settled on them by steps with that information, so that their scores vanish.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from mlefit.arrays import Array
from mlefit.inference.moves import Projection, lengths
from mlefit.information.products import RANK, beside, factor, gram, of_simplex, parts
from mlefit.information.sample import Sample
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.sums.lapack import triangular

STEPS = 20          # of settling, each of which takes an error of order e to one of order e / sqrt(n)
SETTLED = 1e-4      # total nats that a further step may still gain
IMITATED = 8_000    # rows drawn from the law, so that moments which no fact gives are known to 1 %
MOST_SETS = 100     # of drawn rows


@record(frozen=True)
class Working:
    """Rows with `y` (n,), `designs` of each predictor, (n, r_a), `eta` (n, m) and `free` (s,); `parameters` counts all.
    `projection`: of the one design of a law whose rows all have one information, where it is known. `threads` may work.
    """

    noise: NoiseModel
    y: Array
    designs: tuple[Array, ...]
    eta: Array
    free: Array
    parameters: int
    seed: int
    projection: Projection | None = None
    threads: int = 1

    @classmethod
    def of(cls, sample: Sample, seed: int, threads: int = 1) -> "Working":
        """Those of a sample of weight 1."""
        rows = cls(sample.noise, sample.y, sample.designs, sample.eta, sample.free, sample.parameters, seed,
                   sample.projection, threads)
        return rows.settled() if sample.partial else rows

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.y.size)

    @cached_property
    def g(self) -> Array:
        """(n, m), minus the derivatives of the negative log-likelihood by the predictors."""
        return self.score[:, : self.eta.shape[1]]

    @cached_property
    def score(self) -> Array:
        """(n, m + s), the same by the predictors and the shapes."""
        return _scores(self.noise, self.y, self.eta, self.free)

    @cached_property
    def simplex(self) -> Array | None:
        """(n, m): probabilities p with A = diag(p) - p p', where the law has that form."""
        return self.noise.nll(self.y, self.eta, self.free, 2).simplex

    @cached_property
    def weights(self) -> dict[tuple[int, int], Array]:
        """A_ab (n,) for a <= b, by polarisation of E (d'g)^2."""
        m = self.eta.shape[1]
        units = np.eye(m)
        if self.simplex is not None:
            p = self.simplex
            return {(a, a): p[:, a] * (1.0 - p[:, a]) for a in range(m)}
        one = {(a, a): self.moments(units[a])[0] for a in range(m)}
        pairs = ((a, b) for a in range(m) for b in range(a + 1, m))
        return one | {(a, b): (self.moments(units[a] + units[b])[0] - one[a, a] - one[b, b]) / 2 for a, b in pairs}

    def moments(self, direction: Array) -> tuple[Array, Array]:
        """E (d'g)^2 and E (d'g)^4 (n,) in one direction d (m,)."""
        return self.noise.score_moments(np.broadcast_to(direction, self.eta.shape), self.eta, self.free)

    @cached_property
    def residuals(self) -> Array:
        """Pearson residuals (n, m): g over its standard deviation; 0 where the law has no spread left."""
        spread = np.sqrt(np.stack([self.weights[a, a] for a in range(self.eta.shape[1])], axis=1))
        return np.divide(self.g, spread, out=np.zeros_like(self.g), where=spread > 0.0)

    @cached_property
    def known(self) -> tuple[Array, ...]:
        """J_aa (r_a, r_a), the information of the design of each predictor alone."""
        if self.projection is not None:
            root = self.triangles[0]
            return (root.T @ root,)
        return tuple(gram(x, self.weights[a, a], self.threads) for a, x in enumerate(self.designs))

    @cached_property
    def factors(self) -> tuple[Array | None, ...]:
        """L_a of J_aa = L_a L_a', None where the design is too near to singular for a product of it with itself."""
        return tuple(factor(known) for known in self.known)

    @cached_property
    def triangles(self) -> tuple[Array, ...]:
        """R_a (r_a, r_a), upper, of J_aa = R_a'R_a."""
        if self.projection is not None:
            return (self.projection.r * np.sqrt(self.weights[0, 0][0]),)
        return tuple(np.asarray(np.linalg.qr(self._weighted(a), mode="r")) if lower is None else lower.T
                     for a, lower in enumerate(self.factors))

    def _weighted(self, predictor: int, part: slice = slice(None)) -> Array:
        """sqrt(A_aa) X_a of some rows."""
        return np.asarray(self.designs[predictor][part] * np.sqrt(self.weights[predictor, predictor][part])[:, None])

    @cached_property
    def pull(self) -> tuple[Array, ...]:
        """q_a (n, r_a) = sqrt(A_aa) X_a R_a^-1: what fitting takes of the residuals of each predictor."""
        return tuple(triangular(r, self._weighted(a).T, transposed=True).T for a, r in enumerate(self.triangles))

    def pulled(self, predictor: int, directions: Array) -> Array:
        """q_a v (n, k) of some v (r_a, k), without q_a."""
        along = self.designs[predictor] @ triangular(self.triangles[predictor], directions)
        return np.asarray(np.sqrt(self.weights[predictor, predictor])[:, None] * along)

    @property
    def constant(self) -> float:
        """|q'1|^2 / n of the first predictor: the share of a constant that its design holds."""
        root, r = np.sqrt(self.weights[0, 0]), self.triangles[0]
        return float(np.sum(np.square(triangular(r, self.designs[0].T @ root, transposed=True)))) / self.n

    @cached_property
    def leverage(self) -> Array:
        """h (n,) of the first predictor, the squared length of its q."""
        if self.projection is not None:
            return self.projection.leverage
        return np.concatenate([lengths(self.triangles[0], self._weighted(0, part)) for part in parts(self.n)])

    def information(self, columns: Sequence[Array]) -> Array:
        """V (P, P) of columns C_a (n, c_a), one block for each predictor, in their order."""
        ends = np.cumsum([0, *(c.shape[1] for c in columns)])
        if self.simplex is not None:
            return of_simplex(self.simplex, columns, ends)
        found = np.empty((ends[-1], ends[-1]))
        for (a, b), weight in self.weights.items():
            here, there = slice(ends[a], ends[a + 1]), slice(ends[b], ends[b + 1])
            if a == b:
                found[here, here] = self.known[a] if columns[a] is self.designs[a] else gram(columns[a], weight)
                continue
            found[here, there] = columns[a].T @ (weight[:, None] * columns[b])
            found[there, here] = found[here, there].T
        return found

    def widened(self, blocks: Sequence[Array], kind: type[np.floating] = np.float64) -> Array:
        """That of the one design X and blocks of columns z (n, c) added to it, (r + c, r + c): the part of X is known. Products are
        made in the precision of a `kind`."""
        across, own = beside(self.designs[0], blocks, self.weights[0, 0], kind, self.threads)
        return np.block([[self.known[0], across.T], [across, own]])

    @cached_property
    def imitated(self) -> tuple[tuple[Array, Array, Array], ...]:
        """Sets of rows of the law, each as u (n,), one in each n-th of (0, 1), its quantiles y at u, and their scores (n, m + s).

        What no fact tells is their average.
        """
        rng, found = np.random.default_rng([self.seed, self.n, 1]), []
        for _ in range(min(MOST_SETS, -(-IMITATED // self.n))):
            u = (rng.permutation(self.n) + rng.random(self.n)) / self.n
            y = self.noise.quantile(u, self.eta, self.free)
            score = _scores(self.noise, y, self.eta, self.free)
            found.append((u, y, np.where(np.isfinite(score), score, 0.0)))      # quantiles may be beyond the doubles
        return tuple(found)

    def with_shapes(self, columns: Sequence[Array]) -> Array:
        """The information (P + s, P + s) of columns and shapes: that of the shapes is the mean of products of scores."""
        own, s, m = self.information(columns), self.free.size, self.eta.shape[1]
        if not s or self.noise.compresses:      # of errors that are symmetric the shape is another matter
            return own
        known = np.zeros((len(own) + s, len(own) + s))
        known[: len(own), : len(own)] = own
        for _, _, score in self.imitated:
            shapes = score[:, m:]
            across = np.concatenate([c.T @ (score[:, a : a + 1] * shapes) for a, c in enumerate(columns)])
            known[: len(own), len(own) :] += across / len(self.imitated)
            known[len(own) :, len(own) :] += shapes.T @ shapes / len(self.imitated)
        known[len(own) :, : len(own)] = known[: len(own), len(own) :].T
        return known

    def settled(self) -> "Working":
        """The same family fitted to these rows alone, from the model at hand, which is close."""
        return climbed(self, [(x,) for x in self.designs], self.with_shapes(self.designs))

    def total(self) -> float:
        """Negative log-likelihood, nats."""
        return float(self.noise.nll(self.y, self.eta, self.free, 0).value.sum())


def climbed(rows: Working, columns: Sequence[tuple[Array, ...]], known: Array, steps: int = STEPS) -> Working:
    """The rows under a model with these columns C_a (n, c_a), in blocks, fitted by steps with one information matrix, which is
    `known`, halved until they gain.

    Any model bounds a divergence from below, so that a climb may end before the top.
    """
    blocks = [(a, block) for a, parts in enumerate(columns) for block in parts]
    ends = np.cumsum([block.shape[1] for _, block in blocks])
    solved = _solver(known)
    scale = float(rows.n) if rows.noise.compresses else 0.0
    at, value = rows, rows.total()
    for _ in range(steps):
        score = np.concatenate([c.T @ at.g[:, a] for a, c in blocks] + [at.score[:, rows.eta.shape[1] :].sum(axis=0)])
        shapes = score[ends[-1] :] / (2.0 * scale) if scale else np.empty(0)
        step = np.concatenate([solved(score[: ends[-1]]), shapes]) if scale else solved(score)
        if float(step @ score) < SETTLED:
            break
        while True:
            *own, last = np.split(step, ends)
            eta = at.eta.copy()
            for (a, c), b in zip(blocks, own, strict=True):
                eta[:, a] += c @ b
            new = Working(rows.noise, rows.y, rows.designs, eta, at.free + last, rows.parameters, rows.seed)
            with np.errstate(over="ignore", invalid="ignore"):
                reached = new.total()
            if reached < value:
                at, value = new, reached
                break
            step = step / 2.0
            if float(step @ score) < SETTLED:
                return at
    return at


def _solver(known: Array) -> Callable[[Array], Array]:
    """What multiplies a vector by the inverse, or the generalised one of what is near to singular."""
    if (lower := factor(known)) is not None:
        return lambda score: triangular(lower, triangular(lower, score, lower=True), lower=True, transposed=True)
    values, vectors = np.linalg.eigh(known)
    kept = values > RANK * values.max(initial=0.0)
    return lambda score: np.asarray((vectors[:, kept] / values[kept]) @ (vectors[:, kept].T @ score))


def _scores(noise: NoiseModel, y: Array, eta: Array, free: Array) -> Array:
    d1 = noise.nll(y, eta, free, 1).d1
    assert d1 is not None
    return -d1
