"""Criterion: what a route minimises, as a function of rows: the negative log-likelihood, or the loss."""

from collections.abc import Callable

from mlefit.arrays import Array, block
from mlefit.noise.model import Derivatives, NoiseModel
from mlefit.rows.chunk import Chunk

Criterion = Callable[[Chunk, Array, Array, int], Derivatives]      # (rows, eta, free, order)


def likelihood(noise: NoiseModel) -> Criterion:
    """The criterion of the first route: the negative log-likelihood, shapes included."""

    def rows(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        return noise.among(chunk.trials).nll(chunk.y, eta, free, order)

    return rows


def implied_loss(noise: NoiseModel) -> Criterion:
    """The criterion of the second route: the textbook loss. Where that contains the shapes, their cost is added to it."""
    if not noise.loss_has_shapes:
        return _loss(noise)

    def both(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        loss, cost = noise.loss(chunk.y, eta, free, order), noise.cost(chunk.y, free, order)
        value = loss.value + cost.value
        if order == 0:
            return Derivatives(value)
        assert loss.d1 is not None
        assert cost.d1 is not None
        m = eta.shape[1]
        d1 = loss.d1.copy(order="K")
        d1[:, m:] += cost.d1
        if order == 1:
            return Derivatives(value, d1)

        def curvature(v: Array) -> Array:
            assert loss.curvature is not None
            assert cost.curvature is not None
            out = loss.curvature(v)
            out[:, m:] += cost.curvature(v[..., m:])
            return out

        return Derivatives(value, d1, curvature)

    return both


def held_loss(noise: NoiseModel, held: Array) -> Criterion:
    """The textbook loss as a function of the predictors alone, at shapes `held` (s,)."""
    if not noise.loss_has_shapes:
        return _loss(noise)

    def by_eta(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        found, m = noise.loss(chunk.y, eta, held, order), eta.shape[1]
        if found.d1 is None:
            return found

        def curvature(v: Array) -> Array:
            assert found.curvature is not None
            padded = block(chunk.rows, m + held.size)
            padded[:, :m], padded[:, m:] = v, 0.0
            return found.curvature(padded)[:, :m]

        return Derivatives(found.value, found.d1[:, :m], curvature)

    return by_eta


def _loss(noise: NoiseModel) -> Criterion:
    """The loss of a law whose loss has no shapes."""

    def rows(chunk: Chunk, eta: Array, free: Array, order: int) -> Derivatives:
        return noise.among(chunk.trials).loss(chunk.y, eta, free, order)

    return rows
