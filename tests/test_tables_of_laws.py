"""Residuals and quantiles of laws of typed losses and densities, from tables and from panels, and what both stand for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from mlefit.arrays import Array, Index
from mlefit.losses.chebyshev import coefficients, nodes, polynomials
from mlefit.losses.inverted import inverted
from mlefit.losses.tabling import WITHIN
from mlefit.noise.any_density import AnyDensity
from mlefit.noise.based_loss import BasedLoss
from mlefit.noise.by_table import ByTable
from mlefit.noise.of_density import OfDensity
from mlefit.noise.of_loss import OfLoss
from mlefit.noise.tails import by_tails
from mlefit.prediction.intervals import of_new
from mlefit.prediction.score import quantile_residuals

NO_SHAPE = np.empty(0)
SMOOTH = ("log(cosh(r))", "exp(r)-r-1", "log(1+r**2)", "sqrt(1+r**2)-1")
BENT = ("abs(r)+0.1*r**2", "max(0.3*r,-0.7*r)", "max(abs(r)-0.5,0)", "abs(r)**1.5",
        "where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))")
LAWS = [*((OfLoss(text), np.array([0.6]), (0.0, 1.0)) for text in (*SMOOTH, *BENT)),
        (OfDensity("exp(-abs(y-f))/2"), NO_SHAPE, (-1.0, 1.0)),
        (BasedLoss("(y-f)**2/y"), np.array([0.4]), (0.5, 4.0)), (BasedLoss("(y-f)**2/(y*f**2)"), np.array([-0.7]), (0.3, 5.0)),
        (AnyDensity("f*exp(-f*y)"), NO_SHAPE, (0.2, 5.0)),
        (AnyDensity("exp(-where(y<f,(f-y)/2,2*(y-f)))*0.4"), NO_SHAPE, (-3.0, 3.0)),
        (AnyDensity("exp(-abs(y-f)/(1+exp(f)))/(2*(1+exp(f)))"), NO_SHAPE, (-2.0, 2.0)),
        (AnyDensity("exp(-abs(log(y)-log(f))*(1+f))*(1+f)/(2*y)"), NO_SHAPE, (0.3, 3.0))]


def rows_of(law: ByTable, free: Array, ends: tuple[float, float], n: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    eta = rng.uniform(*ends, n)[:, None]
    with np.errstate(all="ignore"):
        return law.draw(rng, eta, free), eta


@pytest.mark.parametrize(("law", "free", "ends"), LAWS, ids=[one[0].text for one in LAWS])
def test_residuals_and_quantiles_by_a_table_are_those_by_panels(law: ByTable, free: Array, ends: tuple[float, float]) -> None:
    y, eta = rows_of(law, free, ends, 400)
    quick = law.quick(eta, free)
    assert quick.near is not None
    assert quick.near.table is not None
    assert quick.near.table.error <= WITHIN
    z, u = np.random.default_rng(1).uniform(-8.0, 8.0, 400), np.random.default_rng(2).random(400)
    for moved in (free, free + 0.3, free - 0.4) if free.size else (free,):      # those that refits come to
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(quantile_residuals(quick, y, eta, moved, NO_SHAPE), by_tails(law, y, eta, moved), atol=2e-9)
            far = law.quantile(ndtr(-np.abs(z)), eta, moved)
            np.testing.assert_allclose(quantile_residuals(quick, far, eta, moved, NO_SHAPE), -np.abs(z), atol=2e-9)
            there = by_tails(law, quick.quantile(u, eta, moved), eta, moved)
        np.testing.assert_allclose(there, ndtri(u), atol=2e-9)


def test_beyond_its_box_a_table_is_not_asked() -> None:
    law, free = BasedLoss("(y-f)**2/y"), np.array([0.4])
    y, eta = rows_of(law, free, (1.0, 2.0), 50)
    quick = law.quick(eta, free)
    for place, shapes in ((np.full((50, 1), 30.0), free), (eta, free + 2.0)):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(quantile_residuals(quick, y, place, shapes, NO_SHAPE), by_tails(law, y, place, shapes), 1e-14)
            u = ndtr(y - 1.0)
            np.testing.assert_allclose(quick.quantile(u, place, shapes), law.quantile(u, place, shapes), 1e-13)
    far, one = np.full(1, 90.0), np.full((1, 1), 1.5)      # 8.5 standard deviations out a table ends
    with np.errstate(all="ignore"):
        z = quantile_residuals(quick, far, one, free, NO_SHAPE)
        np.testing.assert_allclose(z, by_tails(law, far, one, free), 1e-14)
    assert z[0] > 9.0


@pytest.mark.parametrize("text", ["(r**2-4)**2", "abs(r)**0.5"])
def test_where_no_polynomial_is_near_enough_there_is_no_table(text: str) -> None:
    law, free = OfLoss(text), np.array([0.2])
    y, eta = rows_of(law, free, (0.0, 1.0), 60)
    quick = law.quick(eta, free)
    assert quick.near is not None
    assert quick.near.table is None
    assert quick.residual(y, eta, free) is None
    np.testing.assert_array_equal(quantile_residuals(quick, y, eta, free, NO_SHAPE), by_tails(law, y, eta, free))


def test_a_table_of_exponential_waiting_times_is_their_law() -> None:
    law = AnyDensity("f*exp(-f*y)")
    y, eta = rows_of(law, NO_SHAPE, (0.1, 9.0), 500)
    true = np.where(eta[:, 0] * y < 0.7, ndtri(-np.expm1(-eta[:, 0] * y)), -ndtri(np.exp(-eta[:, 0] * y)))
    np.testing.assert_allclose(law.quick(eta, NO_SHAPE).residual(y, eta, NO_SHAPE), true, atol=1e-9)


def test_normalisers_along_a_are_those_of_the_quadrature() -> None:
    law = OfLoss("log(1+r**2)")         # a above 1/2 alone
    quick = law.quick(np.zeros((100, 1)), np.array([0.0]))
    assert quick.near is not None
    for a in (0.82, 1.0, 1.3):
        found, true = quick.near.normaliser(math.log(a - 0.5)), law.known.normaliser(a)
        assert found is not None
        np.testing.assert_allclose(found[:3], true[:3], rtol=1e-10, atol=1e-10)
    assert quick.near.normaliser(math.log(4.0 - 0.5)) is None


def test_panels_end_where_a_density_of_y_and_f_bends() -> None:
    law, f = AnyDensity("exp(-where(y<f,(f-y)/2,2*(y-f)))*0.4"), np.linspace(-3.0, 3.0, 90)
    for away in (-3.0, 0.0, 0.3):
        y = f + away
        true = np.where(away < 0.0, 0.8 * np.exp(away / 2.0), 1.0 - 0.2 * np.exp(-2.0 * away)) * np.ones(f.size)
        np.testing.assert_allclose(np.exp(law.log_cdf(y, f[:, None], NO_SHAPE)), true, rtol=1e-13)


@pytest.mark.parametrize("law", [AnyDensity("f*exp(-f*y)"), OfDensity("exp(-abs(y-f))/2")], ids=["y and f", "y - f"])
def test_quantiles_far_out_are_exact(law: ByTable) -> None:
    u = np.array([1e-30, 1e-17, 3e-14, 1e-10, 0.3, 0.5])
    with np.errstate(all="ignore"):
        y = law.quantile(u, np.ones((u.size, 1)), NO_SHAPE)
    true = 1.0 + np.log(2.0 * u) if law.located else -np.log1p(-u)
    np.testing.assert_allclose(y, true, rtol=1e-13)


def test_polynomials_through_nodes_are_the_function() -> None:
    x, along = nodes((0.0, 2.0), 20), np.linspace(0.0, 2.0, 33)
    found = coefficients(np.exp(x)[None, :])[0]
    np.testing.assert_allclose(found @ polynomials(along - 1.0, 20), np.exp(along), rtol=1e-14)
    assert nodes((1.0, 1.0), 20).tolist() == [1.0]


def test_intervals_of_many_rows_are_those_of_few() -> None:
    law, free = BasedLoss("(y-f)**2/y"), np.array([0.4])
    eta, se = np.linspace(0.5, 4.0, 600)[:, None], np.linspace(0.01, 0.1, 600)
    assert law.together is not None
    assert law.together < 600
    with np.errstate(all="ignore"):
        many = of_new(law, eta, se, free, 0.95)
        few = of_new(law, eta[510:516], se[510:516], free, 0.95)
    np.testing.assert_allclose(np.stack(many)[:, 510:516], np.stack(few), rtol=1e-13)


@settings(max_examples=40)
@given(st.floats(-3.0, 3.0), st.floats(1e-12, 1.0), st.floats(0.1, 40.0))
def test_a_mass_is_inverted_within_its_panel(low: float, share: float, steep: float) -> None:
    """Of exp(steep t), however much it changes in the panel."""
    lows, highs = np.array([low, low]), np.array([low + 1.0, low + 2.0])

    def up_to(t: Array, rows: Index) -> Array:
        return np.asarray(np.exp(steep * lows[rows]) * np.expm1(steep * (t - lows[rows])) / steep)

    mass = up_to(highs, np.arange(2))
    t = inverted(share * mass, mass, lows, highs, up_to, lambda t, _: steep * t)
    assert ((t >= lows) & (t <= highs)).all()
    assert up_to(t, np.arange(2)) == pytest.approx(share * mass, rel=1e-12 * (1.0 + 1.0 / (steep * share)))
    assert (lows.tolist(), highs.tolist()) == ([low, low], [low + 1.0, low + 2.0])      # what is given is not changed
