"""Losses as mathematics: normalisers against closed forms, tails by germs, convexity, known losses, the law that each is."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, gammaln, kve

from mlefit.errors import NoEstimateError
from mlefit.expression.rewrite import rewritten
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.growth import Pace, tail
from mlefit.losses.loss import Loss
from mlefit.noise.known_loss import known
from mlefit.noise.read_loss import read_loss


def loss(text: str) -> Loss:
    return Loss(parse_written("--loss", text, ("r",), LOSSES))


CLOSED = {
    "r**2": lambda a: 0.5 * math.log(math.pi / a),
    "abs(r)": lambda a: math.log(2.0 / a),
    "max(0.3*r,-0.7*r)": lambda a: -math.log(0.21 * a),
    "max(abs(r)-0.5,0)": lambda a: math.log(1.0 + 2.0 / a),
    "log(cosh(r))": lambda a: (a - 1.0) * math.log(2.0) + betaln(a / 2, a / 2),
    "sqrt(1+r**2)-1": lambda a: math.log(2.0 * kve(1, a)),
    "log(1+r**2)": lambda a: betaln(0.5, a - 0.5),
    "exp(r)-r-1": lambda a: a + gammaln(a) - a * math.log(a),
    "abs(r)**0.3": lambda a: math.log(2.0) + gammaln(1.0 + 1.0 / 0.3) - math.log(a) / 0.3,
    "r**200": lambda a: math.log(2.0) + gammaln(1.005) - math.log(a) / 200,
    "abs(r)-log(1+abs(r))": lambda a: math.log(2.0) + a - (a + 1) * math.log(a) + gammaln(a + 1)
    + math.log(stats.gamma(a + 1).sf(a)),
}


@pytest.mark.parametrize("text", CLOSED)
def test_the_normaliser_is_that_of_the_closed_form(text: str) -> None:
    for a in (0.6, 1.0, 2.5, 40.0):
        found = loss(text).normaliser(a)
        assert found.log_z == pytest.approx(CLOSED[text](a), abs=3e-14)
        assert found.error < 1e-10


@pytest.mark.parametrize("text", ["log(cosh(r))", "log(1+r**2)", "exp(r)-r-1", "abs(r)+0.5*r**2", "(r-3)**2-5"])
def test_the_moments_are_the_derivatives_of_the_normaliser(text: str) -> None:
    one, a, h = loss(text), 1.7, 1e-3
    low, middle, high = (one.normaliser(a + step) for step in (-h, 0.0, h))
    assert middle.mean == pytest.approx((low.log_z - high.log_z) / (2 * h), rel=3e-6)
    assert middle.variance == pytest.approx((low.mean - high.mean) / (2 * h), rel=3e-6)
    assert one.a_of(middle.mean) == pytest.approx(a, rel=1e-12)


@pytest.mark.parametrize("mean", [1e-12, 1e-3, 1.0, 1e3, 1e12])
def test_a_is_found_over_all_sizes(mean: float) -> None:
    assert loss("r**2").a_of(mean) == pytest.approx(0.5 / mean, rel=1e-12)
    assert loss("abs(r)").a_of(mean) == pytest.approx(1.0 / mean, rel=1e-12)


def test_a_is_infinite_where_no_row_is_above_the_least_loss() -> None:
    assert loss("r**2+3").a_of(3.0) == math.inf


FAST, LOG, SLOW, FALLS, OPEN = Pace.FAST, Pace.LOGARITHM, Pace.SLOW, Pace.FALLS, Pace.UNKNOWN
TAILS = {
    "log(exp((r-1)**2)+exp((r+1)**2))": (FAST, FAST), "-log(0.5*exp(-(r-1)**2/2)+0.5*exp(-(r+1)**2/2))": (FAST, FAST),
    "-log(0.3*exp(-r**2/2)/sqrt(2*pi)+0.7*exp(-abs(r))/2)": (FAST, FAST), "max(r**2+r,r**2-r)": (FAST, FAST),
    "r**2+sin(r)**2": (FAST, FAST), "r**2+0.5*sin(r)*cos(r)": (FAST, FAST), "abs(r)*(2+sin(r))": (OPEN, OPEN),
    "r*(2*normal_cdf(r)-1)": (FAST, FAST), "normal_cdf(r)": (SLOW, SLOW), "-log(normal_cdf(r))": (FAST, OPEN),
    "r**2": (FAST, FAST), "log(cosh(r))": (FAST, FAST), "log(1+r**2)": (LOG, LOG), "r": (FALLS, FAST),
    "sqrt(log(1+r**2))": (SLOW, SLOW), "log(1+log(1+r**2))": (SLOW, SLOW), "(1+r**2)**0.001-1": (FAST, FAST),
    "1-exp(-r**2)": (SLOW, SLOW), "r**2*exp(r)": (SLOW, FAST), "sin(r)**2": (SLOW, SLOW), "abs(r)-sin(r)": (FAST, FAST),
    "log(1+r**2)-2*log(1+abs(r))": (OPEN, OPEN), "sqrt(1+r**2)-abs(r)": (OPEN, OPEN), "exp(1+log(1+abs(r)))-2*abs(r)": (OPEN, OPEN),
    "log(1+abs(r))*log(1+log(1+abs(r)))": (FAST, FAST), "abs(r)-log(1+abs(r))": (FAST, FAST), "exp(exp(abs(r)))": (FAST, FAST),
    "where(r<0,r**2,log(1+r))": (FAST, LOG), "min(r**2,9)": (SLOW, SLOW), "tanh(r)**2": (SLOW, SLOW), "exp(-r)": (FAST, SLOW),
    "abs(r)-log(1+exp(abs(r)))": (OPEN, OPEN), "log(exp(r)+exp(-r))": (FAST, FAST), "max(0.3*r,-0.7*r)": (FAST, FAST),
}


@pytest.mark.parametrize("text", TAILS)
def test_the_tails_are_decided_by_leading_terms_or_left_open(text: str) -> None:
    form = rewritten(loss(text).node)
    assert (tail(form, -1).pace, tail(form, 1).pace) == TAILS[text]


def test_the_range_of_a_follows_from_kappa() -> None:
    assert loss("log(1+r**2)").least_a == 0.5
    assert loss("where(r<0,3*log(1-r),log(1+r))").least_a == 1.0
    assert loss("abs(r)").least_a == 0.0


CONVEX = ["r**2", "log(cosh(r))", "sqrt(1+r**2)-1", "where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))", "exp(0.5*r)-0.5*r-1",
          "where(r<0,0.3*r**2,0.7*r**2)", "max(0.3*r,-0.7*r)", "max(abs(r)-0.5,0)", "abs(r)+0.5*r**2", "abs(r)**1.5",
          "abs(r)-log(1+abs(r))", "log(exp(r)+exp(-r))", "(r-3)**2-5", "log(1+exp(r))-r/2"]
BENT = ["log(1+r**2)", "abs(r)**0.5", "r**2*exp(r)", "(r**2-4)**2", "abs(r)-sin(r)", "where(r<0,1,r**2)", "min(r**2,9)"]


@pytest.mark.parametrize("text", CONVEX)
def test_convex_losses_are_proved_to_be(text: str) -> None:
    assert loss(text).convex
    assert loss(text).witness is None


@pytest.mark.parametrize("text", BENT)
def test_other_losses_are_refuted_by_three_points(text: str) -> None:
    one = loss(text)
    found = one.witness
    assert not one.convex
    assert found is not None
    left, middle, right = one.value(np.array(found))
    share = (found.b - found.a) / (found.c - found.a)
    assert found.a < found.b < found.c
    assert middle > left + share * (right - left)


def test_what_is_neither_proved_nor_refuted_is_neither() -> None:
    assert not loss("r**2/(1+abs(r))").convex
    assert loss("r**2/(1+abs(r))").witness is None


def test_corners_are_found_with_their_slopes() -> None:
    assert [one[:3] for one in loss("max(0.3*r,-0.7*r)").corners] == [(0.0, -0.7, 0.3)]
    assert [one[:3] for one in loss("max(abs(r)-0.5,0)").corners] == [(-0.5, -1.0, 0.0), (0.5, 0.0, 1.0)]
    assert loss("where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))").corners == []
    assert loss("where(r<0,0.3*r**2,0.7*r**2)").corners == []
    assert [one.jump for one in loss("where(r<0,1,r**2)").corners] == [-1.0]


def test_the_slopes_of_a_cusp_are_infinite() -> None:
    assert [one[:3] for one in loss("sqrt(abs(r))").corners] == [(0.0, -np.inf, np.inf)]
    assert [one[:3] for one in loss("abs(r)**0.95").corners] == [(0.0, -np.inf, np.inf)]
    assert [one[:3] for one in loss("sqrt(r**2)").corners] == [(0.0, -1.0, 1.0)]
    assert loss("abs(r)**1.05").corners == []


def test_where_a_second_derivative_does_not_exist_it_is_that_beside() -> None:
    value, slope, bend = loss("abs(r)**1.5").curve(np.array([0.0, 4.0]))
    assert value.tolist() == [0.0, 8.0]
    assert slope.tolist() == [0.0, 3.0]
    assert bend == pytest.approx([0.75 * 1e4, 0.375], rel=1e-12)


KNOWN = {
    "r**2/2+3": "the squared error", "sqrt(r**2)": "the absolute error", "max(r,-r)": "the absolute error",
    "log(exp(r)+exp(-r))": "the log-cosh loss of scale 1", "log(1+exp(r))-r/2": "the log-cosh loss of scale 2",
    "2*log(1+r**2/3)": "the Cauchy loss of c = 1.73205", "4*(sqrt(1+(r/2)**2)-1)": "the pseudo-huber loss of delta = 2",
    "max(0.9*r,-0.1*r)": "the pinball loss of tau = 0.9", "exp(-2*r)+2*r-1": "the LINEX loss of b = -2",
    "where(r<0,0.3*r**2,0.7*r**2)": "the expectile loss of tau = 0.7 (asymmetric squares)",
    "where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))": "the huber loss of delta = 1.345",
    "abs(r)-log(1+abs(r))": "the Fair loss of c = 1", "abs(r)**1.5": "the power loss |r|^1.5",
    "max(abs(r)-0.5,0)": "the epsilon-insensitive loss of support vector regression, epsilon = 0.5",
    "max(abs(r)-0.5,0)**2": "the squared epsilon-insensitive loss, epsilon = 0.5", "1-exp(-r**2/2)": "the Welsch loss of c = 1.41421",
    "r**2/(1+r**2)": "the Geman-McClure loss of c = 1",
    "where(abs(r)<4.685,1-(1-(r/4.685)**2)**3,1)": "Tukey's biweight of c = 4.685",
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_losses_are_recognised_in_any_form(text: str) -> None:
    found = known(loss(text))
    assert found is not None
    assert found.name == KNOWN[text]


@pytest.mark.parametrize("text", ["r**2+1e-6*abs(r)", "abs(r)+0.5*r**2", "(r-3)**2", "abs(r)-sin(r)", "abs(abs(r)-1)", "(r**2-1)**2"])
def test_near_misses_are_not(text: str) -> None:
    assert known(loss(text)) is None


LAWS = {
    ("r**2", 0.5): stats.norm(), ("abs(r)", 1.0): stats.laplace(), ("log(1+r**2)", 1.0): stats.cauchy(),
    ("log(1+r**2/0.5)", 0.75): stats.t(0.5), ("log(cosh(r))", 1.0): stats.hypsecant(), ("log(cosh(r/2))", 2.0): stats.logistic(),
}


@pytest.mark.parametrize(("text", "a"), LAWS)
def test_the_law_has_the_distribution_function_and_quantiles_of_its_name(text: str, a: float) -> None:
    law, table = LAWS[text, a], loss(text).table(a)
    share = np.array([1e-12, 1e-6, 0.01, 0.3, 0.7, 0.999, 1.0 - 1e-6])
    place = np.array([-30.0, -5.0, -1.0, -0.1, 0.2, 2.0, 9.0])
    assert table.error < 1e-13
    assert table.quantile(share) == pytest.approx(law.ppf(share), rel=1e-11)
    assert table.quantile(np.array([0.5])) == pytest.approx(0.0, abs=1e-14)
    assert table.log_cdf(place) == pytest.approx(law.logcdf(place), rel=1e-11)
    if text != "log(cosh(r))":          # scipy's hypsecant loses its upper tail
        assert table.log_sf(place) == pytest.approx(law.logsf(place), rel=1e-11)
    assert table.expected(lambda r: -table.log_density(r)) == pytest.approx(float(law.entropy()), rel=1e-9)


def test_the_law_has_its_power_tail_beyond_the_panels() -> None:
    table = loss("log(1+r**2)").table(1.0)
    far = np.array([1e100, 1e160])
    assert table.log_sf(far) == pytest.approx(-np.log(np.pi) - np.log(far), rel=1e-12)


REFUSED = {
    "where(abs(r)<4.685,1-(1-(r/4.685)**2)**3,1)": (
        "no-noise-model",
        "where(abs(r)<4.685,1-(1-(r/4.685)**2)**3... (Tukey's biweight of c = 4.685) tends to 1 as r -> -infinity: exp(-a loss) "
        "has infinite mass in that tail for every a, so it is no noise model",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). On y ~ gamma of shape 4 and mean 1 its "
        "minimiser is 0.989 (-1 % of the mean). Nearest: -m student-t, whose loss grows as (df + 1) log|r|"),
    "sqrt(log(1+r**2))": (
        "no-noise-model",
        "sqrt(log(1+r**2)) grows more slowly than every multiple of log|r| as r -> -infinity: exp(-a loss) has infinite mass in "
        "that tail for every a, so it is no noise model",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). On y ~ gamma of shape 4 and mean 1 its "
        "minimiser is 0.891 (-11 % of the mean). Nearest: -m student-t, whose loss grows as (df + 1) log|r|"),
    "r": (
        "unbounded-below",
        "r falls without end as r -> -infinity: it has no least value, and exp(-a loss) no finite mass",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). A loss must grow on both sides, such as "
        "abs(r) or r**2"),
    "log(abs(r))": (
        "unbounded-below",
        "log(abs(r)) falls to -infinity at r = 0: the fit that puts one row there has no bound on its likelihood",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). Add a constant inside the logarithm, "
        "such as log(1+abs(r))"),
    "sin(r)**2": (
        "no-noise-model",
        "sin(r)**2 stays bounded as r -> -infinity: exp(-a loss) has infinite mass in that tail for every a, so it is no noise model",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). On y ~ gamma of shape 4 and mean 1 its "
        "minimiser is 0.927 (-7 % of the mean). Nearest: -m student-t, whose loss grows as (df + 1) log|r|"),
    "abs(r)*(2+sin(r))": (
        "not-proved",
        "abs(r)*(2+sin(r)): its growth as r -> -infinity is not proved, so neither is a finite normaliser (slopes by log|r| at |r| = "
        "e^20, e^40, e^80, e^160, e^320: 4.71e+08, 1.08e+17, 5.35e+34, 2.88e+69, 1.89e+139)",
        "write it so that its leading term shows, such as abs(r) + log(1+abs(r))"),
    "r**2+cos(1000*r)": (
        "normaliser",
        "the normaliser of r**2+cos(1000*r) is not computed to 1e-10: its last halving still moved log Z by 0.03",
        "write it in fewer or wider pieces"),
    "log(r)": (
        "no-noise-model",
        "log(r) is no number at r = -1: a noise model has a density at every residual",
        "write a loss that is defined for all r, such as with abs(r)"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_noise_model_is_refused_with_the_proof(text: str) -> None:
    with pytest.raises(NoEstimateError) as caught:
        read_loss(text)
    assert (caught.value.code, caught.value.message, caught.value.remedy) == REFUSED[text]
