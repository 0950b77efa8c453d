"""Huber noise: values of other programs, both kinds of threshold, the limit chain and exact fits."""

import math
import re

import numpy as np
import pytest
from refusing import refused
from well_known import STACKLOSS

import mlefit
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.huber import Huber
from mlefit.report.report import Report


def fitted(data: object, target: str, model: str = "huber", **options: object) -> Report:
    return mlefit.fit(data, target=target, model=model, draws=0, **options).report


def estimates(report: Report) -> list[float]:
    return [p.estimate for p in report.parameters if p.estimate is not None]


def test_a_threshold_of_scales_as_vgam_has_it() -> None:
    """R's VGAM: vglm(loss ~ ., huber2(k = 1.345)); errors from the observed information at 60 digits."""
    found = fitted(STACKLOSS, "loss")
    assert estimates(found)[:4] == pytest.approx([-40.98929924, .83349904, .90729125, -.12668029], rel=1e-6)
    assert estimates(found)[4] == pytest.approx(2.305698518300473, rel=1e-9)
    assert found.mle is not None
    assert found.mle.loglik == pytest.approx(-51.63409839745, abs=1e-8)
    assert [p.std_error for p in found.parameters[:4]] == pytest.approx(
        [8.6135336081107, .11394056782425449, .31117420330026424, .11183652756115427], rel=1e-6)
    assert found.model.loss == "Huber loss, threshold 1.345 s"
    assert estimates(fitted(STACKLOSS, "loss", "huber:k=1.345")) == pytest.approx(estimates(found), rel=1e-12)


@pytest.mark.parametrize(("delta", "wanted"), [
    (1.345, [-38.39238252538202, .8362760890479248, .6872026092389347, -.10800754777665986]),
    (3.0, [-40.8903670441871, .832720779266698, .8965604180955052, -.1248811206651938]),
])
def test_a_threshold_in_units_of_y_is_the_huber_loss_of_libraries(delta: float, wanted: list[float]) -> None:
    """Minimisers of sum H_delta(r) at 60 digits."""
    found = fitted(STACKLOSS, "loss", f"huber:delta={delta}")
    assert estimates(found)[:4] == pytest.approx(wanted, rel=1e-8)
    assert found.model.loss == f"Huber loss, threshold {delta:g} in units of y"
    assert found.loss is not None
    if delta == 1.345:
        assert found.loss.loss == pytest.approx(2.060209514857735, rel=1e-10)


def test_a_threshold_in_units_of_y_follows_them() -> None:
    moved = {**STACKLOSS, "loss": [1000.0 * value for value in STACKLOSS["loss"]]}
    one, other = fitted(STACKLOSS, "loss", "huber:delta=2"), fitted(moved, "loss", "huber:delta=2000")
    assert estimates(other) == pytest.approx(1000.0 * np.array(estimates(one)), rel=1e-9)


def test_a_wide_threshold_is_gaussian_a_narrow_one_laplace() -> None:
    rng = np.random.default_rng(1)
    y, eta, free = rng.normal(size=40), rng.normal(size=(40, 1)), np.array([0.2])
    assert Huber(k=30.0).nll(y, eta, free, 0).value == pytest.approx(Gaussian().nll(y, eta, free, 0).value, rel=1e-13)
    k, s = 1e-6, math.exp(-13.0)
    laplace = np.abs(y - eta[:, 0]) * k / s + math.log(2.0 * s / k)
    assert Huber(k=k).nll(y, eta, np.array([-13.0]), 0).value == pytest.approx(laplace, rel=1e-6)


@pytest.mark.parametrize("law", [Huber(), Huber(delta=2.0)])
def test_the_divergence_is_that_of_panels_between_all_corners(law: Huber) -> None:
    free, other = np.array([0.3]), np.array([-0.4])
    for moved in (0.0, 0.7, -3.0):
        z, w = np.polynomial.legendre.leggauss(40)
        corners = [k * np.exp(t) + at for t, at in ((0.3, 0.0), (-0.4, moved)) for k in (law._threshold(np.exp(t)),)]
        mirror = [at - k * np.exp(t) for t, at in ((0.3, 0.0), (-0.4, moved)) for k in (law._threshold(np.exp(t)),)]
        ends = np.unique(np.concatenate([corners, mirror, np.linspace(-60.0, 60.0, 121)]))
        half = 0.5 * np.diff(ends)[:, None]
        y = (0.5 * (ends[1:] + ends[:-1])[:, None] + half * z).ravel()
        mine = law.nll(y, np.zeros((y.size, 1)), free, 0).value
        theirs = law.nll(y, np.full((y.size, 1), moved), other, 0).value
        expected = float(((half * w).ravel() * np.exp(-mine)) @ (theirs - mine))
        found = law.divergence(np.zeros((1, 1)), free, np.full((1, 1), moved), other)
        assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("law", [Huber(delta=1e-6), Huber(delta=1e6)])
def test_the_divergence_takes_as_few_panels_at_every_threshold(law: Huber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tails of a threshold of k scales, k tiny, are flat: they are laplace's of a scale of s / k; of a large one they are no part."""
    rows = []
    nll = Huber.nll
    monkeypatch.setattr(Huber, "nll", lambda law, y, *rest: rows.append(y.size) or nll(law, y, *rest))
    found = law.divergence(np.zeros((1, 1)), np.array([0.3]), np.zeros((1, 1)), np.array([-0.4]))
    ratio = {1e-6: np.exp(2 * 0.7), 1e6: np.exp(0.7)}[law.delta or 0.0]      # of the scales s / k = s^2 / delta, or s
    expected = {1e-6: ratio - 1.0 - np.log(ratio), 1e6: 0.5 * (ratio**2 - 1.0) - np.log(ratio)}[law.delta or 0.0]
    assert found == pytest.approx(expected, rel=1e-5)
    assert max(rows) < 2000


def test_fewer_rows_within_the_threshold_than_coefficients_determine_no_maximum() -> None:
    """Rows beyond it only pull: along one direction the likelihood is flat."""
    rows = {"x": [-1.2068, 0.1314, -0.2310, 0.2913, 0.9284, -0.5242], "g": list("ddbddb"), "y": [-0.5, -0.5, 0.0, 0.0, 0.5, 1.0]}
    with pytest.raises(mlefit.MlefitError) as caught:
        fitted(rows, "y")
    assert (caught.value.exit_code, caught.value.code) == (4, "not-converged")


def test_an_exact_line_is_refused() -> None:
    x = np.arange(40.0)
    for model in ("huber", "huber:delta=1"):
        with pytest.raises(mlefit.MlefitError) as caught:
            fitted({"x": x, "y": 1.0 + 2.0 * x}, "y", model)
        assert (caught.value.exit_code, caught.value.code) == (4, "exact-fit")


def test_both_thresholds_are_refused_together_and_below_zero() -> None:
    for model, message in (("huber:k=1,delta=2", "--model: delta stands instead of k, found both"),
                           ("huber:k=0", '--model: k must lie above 0 (1e-100 to 1e+100), found "0"')):
        with pytest.raises(mlefit.MlefitError) as caught:
            fitted(STACKLOSS, "loss", model)
        assert (caught.value.exit_code, caught.value.message) == (2, message)


def test_a_threshold_far_beyond_every_error_is_the_normal_law_in_its_scores_too() -> None:
    """Its fourth power would be no number; of y near 1e-150 a threshold of 1 is such a one."""
    tiny = {name: [1e-150 * value for value in values] if name == "loss" else values for name, values in STACKLOSS.items()}
    far, normal = (fitted(tiny, "loss", law) for law in ("huber:delta=1", "huber:k=1000"))
    assert estimates(far) == pytest.approx(estimates(normal), rel=1e-9)
    square, fourth = Huber(k=1e100).score_moments(np.array(2.0)[None], np.zeros((1, 1)), np.array([0.0]))
    assert (float(square), float(fourth)) == pytest.approx((4.0, 48.0), rel=1e-14)


def test_a_threshold_far_below_every_error_is_reached_by_way_of_larger_ones() -> None:
    """The law is all but that of absolute errors, whose location and likelihood it has."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    data = {"x": x, "y": 1.0 + x + rng.standard_t(3, size=200)}
    plain = fitted(data, "y", "laplace", kl=False)
    for delta in (1e-4, 1e-7):
        near = fitted(data, "y", f"huber:delta={delta}", kl=False)
        assert near.agreement.agree                                                     # type: ignore[union-attr]
        assert estimates(near)[:2] == pytest.approx(estimates(plain)[:2], abs=5 * delta)
        assert near.mle.loglik == pytest.approx(plain.mle.loglik, abs=1e3 * delta)      # type: ignore[union-attr]


@pytest.mark.parametrize(("law", "within"), [("huber:delta=1e-13", "1e-13"), ("huber:delta=1e-40", "1e-40"), ("huber:k=1e-8", None)])
def test_a_threshold_below_the_rounding_of_the_rows_is_told_as_absolute_errors(law: str, within: str | None) -> None:
    """Their Hessian has nothing in it; no columns are collinear, and no row is fitted exactly."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    error = refused({"x": x, "y": 1.0 + x + rng.standard_t(3, size=200)}, law)
    assert error.code == "not-converged"
    said = re.search(r"; [01] of 200 residuals lie where the loss bends, within (.*), and beyond it is that of absolute errors$", error.message)
    assert said is not None
    assert within in (None, said[1])
    assert re.fullmatch(r"use -m laplace, whose loss that is, or a threshold among the residuals, half of which are within [\d.]+", error.remedy)
