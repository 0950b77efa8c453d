"""Tabling: the table of residuals of laws that are known by quadrature, with a measured error.

Nodes, and places between them at which both directions are compared with what they stand for, are computed by the panels of each
law. The degree is the least with which no place tried is off by more than WITHIN; where none of the degrees does that, or laws
bend in numbers that differ, there is no table.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from mlefit.arrays import Array, Index, Mask
from mlefit.losses.chebyshev import coefficients, nodes, stretched
from mlefit.losses.tabled import Box, Tabled

WITHIN = 1e-9       # of z, in both directions
SMALL = 1e-11       # of a coefficient: it may be left out
FARTHEST = 8.5      # |z|: of all rows of 10^16 some are beyond
FEW = 100           # laws at nodes, up to which the last degree is tried
BETWEEN = (-1.0, -0.93, -0.37, 0.11, 0.71, 1.0)         # places tried, in the box
TRIED, NEARLY = 61, 0.999       # of them along z, and how far out
APART = 1e-6        # of z: bends that are nearer are one
NEAR = 0.05         # of z: a knot within it of a bend is of no use
WIDE = 2.0          # spreads: within them u is nearly a straight line, and the branch points of asinh are as far


class Degree(NamedTuple):
    """Nodes along v, f, and u or z, and where in z pieces end beside bends: those of a lower degree serve for shorter ones."""

    v: int
    w: int
    along: int
    knots: tuple[float, ...]


DEGREES = (Degree(10, 24, 36, (-3.0, 3.0)), Degree(12, 48, 60, (-3.0, 3.0)),
           Degree(16, 64, 60, (-6.0, -4.0, -2.5, -1.5, -0.7, 0.0, 0.7, 1.5, 2.5, 4.0, 6.0)))       # tried in turn


class Laws(Protocol):
    """The laws at one a and several f, by number: exact tails, and t with a mass `rest` below it, or above."""

    def log_cdf(self, t: Array, law: Index) -> Array:
        """log P(T <= t) (n,)."""

    def log_sf(self, t: Array, law: Index) -> Array:
        """log P(T > t) (n,)."""

    def with_mass(self, rest: Array, lower: Mask, law: Index) -> Array:
        """t (n,) with the mass `rest` (n,) below it where `lower`, else above it."""


Exact = Callable[[float, Array], Laws]      # the laws at v and several f, as a box has them
Bends = Callable[[Array], Array | None]     # where laws bend (k, b) at each f (k,); None where not all have as many


def tabled(exact: Exact, bends: Bends, box: Box) -> Tabled | None:
    """The table of the laws of a box; None where no degree is enough."""
    for degree in DEGREES:
        if degree is DEGREES[-1] and nodes(box.v, degree.v).size * nodes(box.w, degree.w).size > FEW:
            return None
        with np.errstate(all="ignore"):
            made = _made(exact, bends, box, degree)
            if made is None:
                return None
            shorter = replace(made, places=_shorter(made.places), forward=_shorter(made.forward), back=_shorter(made.back))
            error = _measured(shorter, exact)
        if error <= WITHIN:
            return replace(shorter, error=error)
    return None


def _shorter(found: Array) -> Array:
    """Without the last ones along each axis but the first, where these are too small to matter."""
    for axis in range(1, found.ndim):
        others = tuple(one for one in range(found.ndim) if one != axis)
        kept = np.flatnonzero(np.abs(found).max(axis=others) > SMALL)
        found = np.take(found, np.arange(int(kept[-1]) + 1 if kept.size else 1), axis=axis)
    return np.ascontiguousarray(found)


def z_of(laws: Laws, t: Array, law: Index) -> Array:
    """Phi^-1(P(T <= t)) (n,), by the nearer tail."""
    from scipy.special import ndtri_exp

    low, high = laws.log_cdf(t, law), laws.log_sf(t, law)
    return np.where(low < high, ndtri_exp(np.minimum(low, 0.0)), -ndtri_exp(np.minimum(high, 0.0)))


def t_of(laws: Laws, z: Array, law: Index) -> Array:
    """t (n,) at residuals z (n,)."""
    from scipy.special import ndtr

    return laws.with_mass(ndtr(-np.abs(z)), z <= 0.0, law)


def _made(exact: Exact, bends: Bends, box: Box, degree: Degree) -> Tabled | None:
    """The interpolant through the nodes; None where bends are not as many, or not as far out, in all laws."""
    v, w, along = nodes(box.v, degree.v), nodes(box.w, degree.w), nodes((-1.0, 1.0), degree.along)
    bent = bends(w)
    if bent is None:
        return None
    laws = [exact(float(one), w) for one in v]
    z_bent = [z_of(one, bent.ravel(), np.repeat(np.arange(w.size), bent.shape[1])).reshape(bent.shape) for one in laws]
    kept = _kept(z_bent)
    if kept is None:
        return None
    knots = _knots([one[:, kept] for one in z_bent], degree.knots)
    found = [_of_one_a(one, _Ends(z[:, kept], bent[:, kept]).among(one, knots), along) for one, z in zip(laws, z_bent, strict=True)]
    places, forward, back = (np.stack([one[k] for one in found], axis=1) for k in range(3))
    if not all(np.isfinite(part).all() for part in (places, forward, back)):
        return None
    return Tabled(box, coefficients(places), coefficients(forward), coefficients(back))


def _kept(z: Sequence[Array]) -> Index | None:
    """The bends (of K laws at each a, (K, b)) that lie within FARTHEST in all laws, if the others do in none."""
    every = np.concatenate(z)
    inside = np.abs(every) < FARTHEST - APART
    if not (inside.all(axis=0) | ~inside.any(axis=0)).all():
        return None
    kept = np.flatnonzero(inside.all(axis=0))
    apart = np.diff(every[:, kept], axis=1)
    return kept[np.append(True, (apart > APART).all(axis=0))] if kept.size else kept


def _knots(z: Sequence[Array], wanted: Sequence[float]) -> Array:
    """Those wanted that have no bend of any law near, and none on both sides."""
    every = np.concatenate(z)
    low, high = every.min(axis=0, initial=np.inf) - NEAR, every.max(axis=0, initial=-np.inf) + NEAR
    return np.array([-FARTHEST, *(knot for knot in wanted if not ((low < knot) & (knot < high)).any()), FARTHEST])


class _Ends(NamedTuple):
    """Ends (K, p + 1) of the pieces of K laws, in z and in t."""

    z: Array
    t: Array

    def among(self, laws: Laws, knots: Array) -> "_Ends":
        """With those at the knots, in order."""
        count = len(self.z)
        law = np.repeat(np.arange(count), knots.size)
        z = np.broadcast_to(knots, (count, knots.size))
        z, t = np.hstack([self.z, z]), np.hstack([self.t, t_of(laws, z.ravel(), law).reshape(z.shape)])
        order = np.argsort(z, axis=1, kind="stable")
        return _Ends(np.take_along_axis(z, order, 1), np.take_along_axis(t, order, 1))


def _of_one_a(laws: Laws, ends: _Ends, along: Array) -> tuple[Array, Array, Array]:
    """Places (q, K), residuals (p, K, J) and u (p, K, J) at the nodes of K laws."""
    count, p = len(ends.z), ends.z.shape[1] - 1
    every = np.arange(count)
    left, middle, right = (t_of(laws, np.full(count, z), every) for z in (-1.0, 0.0, 1.0))
    spread = WIDE * (right - left)
    u_ends = np.arcsinh((ends.t - middle[:, None]) / spread[:, None])
    each = np.tile(np.repeat(every, along.size), p)

    def within(ends: Array) -> Array:
        half = 0.5 * np.diff(ends, axis=1)
        return np.asarray((ends[:, :-1] + half).T[:, :, None] + half.T[:, :, None] * along)

    u, z = within(u_ends), within(ends.z)
    forward = z_of(laws, middle[each] + spread[each] * np.sinh(u.ravel()), each).reshape(u.shape)
    back = np.arcsinh((t_of(laws, z.ravel(), each) - middle[each]) / spread[each]).reshape(z.shape)
    return np.vstack([middle, np.log(spread), u_ends.T, ends.z.T]), forward, back


def _measured(made: Tabled, exact: Exact) -> float:
    """The largest error of a residual, in both directions, at places between the nodes; infinite where one is no number."""
    x, z = np.array(BETWEEN), np.linspace(-NEARLY, NEARLY, TRIED) * FARTHEST
    w = np.unique(stretched(made.box.w, x))
    law, z = np.repeat(np.arange(w.size), z.size), np.tile(z, w.size)
    worst = 0.0
    for v in np.unique(stretched(made.box.v, x[::2])).tolist():
        here = made.at(w[law], v)
        t = here.back_from(z)
        true, again = z_of(exact(v, w), t, law), here.residual(t)
        worst = max(worst, float(np.max(np.abs(np.concatenate([true - z, again - true])))))
    return worst if np.isfinite(worst) else np.inf
