"""Two parts: criteria of a response that is 0 by a chance of its own and follows a law where it is above."""

from collections.abc import Callable

import numpy as np

from mlefit.arrays import Array, block
from mlefit.noise.model import Derivatives, NoiseModel

Rows = Callable[[Array, Array, Array, int], Derivatives]        # (y, eta, free, order)


def weighed(law: NoiseModel) -> Rows:
    """a times the loss of a law, by eta and by its shape if it has one; a loss that contains the shapes as it is."""
    if law.loss_has_shapes or not law.shapes:
        return law.loss

    def rows(y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        found = law.loss(y, eta, free, order)
        (a, first, second), _ = law.weighing(np.broadcast_to(free[0], y.shape))
        if order == 0:
            return Derivatives(a * found.value)
        assert found.d1 is not None
        assert found.curvature is not None
        slope, curve = found.d1[:, 0], found.curvature
        d1 = np.column_stack([a * slope, first * found.value])

        def curvature(v: Array) -> Array:
            by_eta, by_shape = v[..., 0], v[..., 1]
            bent = curve(np.broadcast_to(by_eta[..., None], (y.size, 1)))[:, 0]
            return np.column_stack([a * bent + first * slope * by_shape, first * slope * by_eta + second * found.value * by_shape])

        return Derivatives(d1=d1, value=a * found.value, curvature=curvature)

    return rows


def costs(law: NoiseModel, y: Array, free: Array, order: int) -> Derivatives:
    """What the shapes of a law cost (n,), by them: c and base, or the cost of a loss that contains them; 0 where y is."""
    above = np.flatnonzero(y > 0.0)
    value, slope, bend = np.zeros(y.size), np.zeros((y.size, free.size)), np.zeros((y.size, free.size))
    if law.loss_has_shapes:
        own = law.cost(y[above], free, order)
        value[above] = own.value
        if order == 0:
            return Derivatives(value)
        assert own.d1 is not None
        slope[above] = own.d1
        if order == 2:
            assert own.curvature is not None
            bend[above] = own.curvature(np.ones(free.size))      # of one shape
    else:
        _, (c, first, second) = law.weighing(np.broadcast_to(free[0], above.shape))
        value[above], slope[above, 0], bend[above, 0] = c + law.base(y[above]), first, second
    return Derivatives(value, slope if order else None, (lambda v: bend * v) if order == 2 else None)


def joined(
    y: Array, eta: Array, law: Rows, zero: Callable[[Array, Array], tuple[Array, Array, Array]], free: Array, order: int,
) -> Derivatives:
    """A criterion of the rows above 0 and one of whether they are, of predictors eta (n, 2)."""
    above = np.flatnonzero(y > 0.0)
    value, slope, bend = zero((y > 0.0).astype(np.float64), eta[:, 1])
    own = law(y[above], eta[above, :1], free, order)
    total = value.copy()
    total[above] += own.value
    if order == 0:
        return Derivatives(total)
    assert own.d1 is not None
    width = own.d1.shape[1] + 1
    mine = [0, *range(2, width)]
    d1 = block(y.size, width)
    d1[...] = 0.0
    d1[:, 1] = slope
    d1[np.ix_(above, mine)] = own.d1
    inner = own.curvature
    if order == 1 or inner is None:
        return Derivatives(total, d1)

    def curvature(v: Array) -> Array:
        each = np.broadcast_to(v, (y.size, width))
        out = block(y.size, width)
        out[...] = 0.0
        out[:, 1] = bend * each[:, 1]
        out[np.ix_(above, mine)] = inner(each[np.ix_(above, mine)])
        return out

    return Derivatives(total, d1, curvature)
