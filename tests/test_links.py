"""Probit and cloglog: the tails of their costs, R's answers, and separation that their own curvature does not show."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

import mlefit
from mlefit.errors import NoEstimateError
from mlefit.noise.links import LINKS

WT = (2.62, 2.875, 2.32, 3.215, 3.44, 3.46, 3.57, 3.19, 3.15, 3.44, 3.44, 4.07, 3.73, 3.78, 5.25, 5.424, 5.345, 2.2, 1.615, 1.835,
      2.465, 3.52, 3.435, 3.84, 3.845, 1.935, 2.14, 1.513, 3.17, 2.77, 3.57, 2.78)      # Motor Trend 1974: weight, and am
AM = (1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(("link", "constant", "slope", "loglik"), [
    ("probit", 6.7264063, -2.2577626, -9.5993650026), ("cloglog", 6.8766765, -2.5074319, -9.8989659),
])
def test_estimates_are_those_of_r(link: str, constant: float, slope: float, loglik: float) -> None:
    """glm(am ~ wt, binomial(link)) of R 4.2.2."""
    found = mlefit.fit({"wt": WT, "am": AM}, model=f"bernoulli:link={link}", target="am", draws=0)
    estimates = [p.estimate for p in found.report.parameters]
    assert estimates == pytest.approx([constant, slope], rel=2e-7)
    assert found.report.criteria is not None
    assert found.report.criteria.loglik == pytest.approx(loglik, rel=1e-8)
    assert found.to_dict()["model"]["options"] == {"link": link}


def test_the_normal_tail_keeps_its_digits() -> None:
    """-log Phi(t) for t >> 0 is Phi(-t); for t << 0 its second derivative tends to 1, by the series of both sides of FAR."""
    value, slope, bend = LINKS["probit"].success(np.array([30.0, -49.999999, -50.000001, -1e8]))
    density = math.exp(-450.0) / math.sqrt(2.0 * math.pi)
    assert value[0] == pytest.approx(float(ndtr(-30.0)), rel=1e-12)
    assert (-slope[0], bend[0]) == pytest.approx((density, 30.0 * density), rel=1e-12)
    assert bend[1] == pytest.approx(bend[2], rel=2e-10)
    assert bend[3] == 1.0 - 1e-16
    assert -slope[3] == pytest.approx(1e8, rel=1e-14)


def test_the_cost_of_cloglog_keeps_its_digits() -> None:
    eta = np.array([-40.0, -30.1, -29.9, math.log(20.0), math.log(800.0)])
    value, slope, bend = LINKS["cloglog"].success(eta)
    u = np.exp(eta)
    assert value[:3] == pytest.approx(-eta[:3] + u[:3] / 2.0, rel=1e-15)
    assert value[3] == pytest.approx(math.exp(-20.0) * (1.0 + math.exp(-20.0) / 2.0), rel=1e-15)
    assert -slope[:3] == pytest.approx(1.0 - u[:3] / 2.0, rel=1e-15)
    assert bend[:3] == pytest.approx(u[:3] / 2.0, rel=1e-12)
    assert -slope[3] == pytest.approx(20.0 / math.expm1(20.0), rel=1e-14)
    assert (value[4], slope[4], bend[4]) == (0.0, 0.0, 0.0)
    failure = LINKS["cloglog"].failure(np.array([710.0]))
    assert np.isposinf(failure[0]).all()


@pytest.mark.parametrize("link", ["probit", "cloglog"])
def test_separation_is_proven_where_the_curvature_vanishes_faster_than_the_slope(link: str) -> None:
    x = np.arange(40.0)
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "y": np.where(x > 19.5, "b", "a")}, model=f"bernoulli:link={link}", target="y", draws=0)
    assert caught.value.code == "separation"
    assert caught.value.message.startswith('the classes of "y" (modelled: b) are perfectly separated by x (+infinity)')


@pytest.mark.parametrize("link", ["probit", "cloglog"])
@pytest.mark.parametrize("g", ["a", "b"])
def test_a_level_with_one_outcome_is_infinite_and_the_others_are_those_without_its_rows(link: str, g: str) -> None:
    rng = np.random.default_rng(5)
    x, group = rng.normal(size=120), np.repeat(["p", "q", "r"], 40)
    y = np.where(group == "r", "ab".index(g), (rng.random(120) < 0.5).astype(int))
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "g": group, "y": y}, model=f"bernoulli:link={link}", target="y", draws=0)
    known = {p.name: p for p in caught.value.partial.parameters}     # type: ignore[attr-defined]
    assert known["g=r"].limit == ("-inf" if g == "a" else "+inf")
    kept = group != "r"
    others = mlefit.fit({"x": x[kept], "g": group[kept], "y": y[kept]}, model=f"bernoulli:link={link}", target="y", draws=0)
    for p in others.report.parameters:
        assert known[p.name].estimate == pytest.approx(p.estimate, rel=1e-7)
        assert known[p.name].std_error == pytest.approx(p.std_error, rel=1e-6)
