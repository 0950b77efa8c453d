"""Pictures beside hundreds of columns: sums of many sets at once, and refits of several sets together."""

from typing import cast

import numpy as np
import pytest

from mlefit.noise import MODELS
from mlefit.picture import bins as of_bins
from mlefit.picture import refits
from mlefit.picture.bins import bins
from mlefit.picture.designed import Columns
from mlefit.picture.refits import Refits
from mlefit.picture.scene import Scene, Variable
from mlefit.report.report import Report


@pytest.mark.parametrize("values", ["spread", "tied", "few"])
def test_sums_of_many_sets_are_those_of_each(values: str) -> None:
    rng = np.random.default_rng(1)
    x = {"spread": rng.normal(size=900), "tied": np.round(rng.normal(size=900), 1), "few": rng.integers(0, 5, 900).astype(float)}[values]
    own, rows = bins(Variable("x", x)), rng.normal(size=(of_bins.MANY, 900))
    assert own.sums(rows) == pytest.approx(np.stack([own.sums(row) for row in rows]), rel=1e-12, abs=1e-12)
    assert own.sums(rows[:3]) == pytest.approx(own.sums(rows)[:3], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("digits", [16, 2, 1])
def test_bins_of_equal_counts_have_the_medians_of_their_rows(digits: int) -> None:
    x = np.round(np.random.default_rng(2).normal(size=700), digits)
    own = bins(Variable("x", x))
    assert sum(own.sizes) == 700
    assert np.array_equal(own.centre, [np.median(x[own.place == j]) for j in range(own.number)])
    assert (np.diff(own.cuts(x)) > 0.0).all()       # ties stay together


@pytest.mark.parametrize("alike", [0.0, 0.9999])
def test_the_least_squares_fit_is_that_of_a_factorisation_however_it_is_made(alike: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 4))
    x[:, 3] = alike * x[:, 0] + np.sqrt(1.0 - alike**2) * x[:, 3]
    v = rng.normal(size=300)
    assert Columns((x,)).project(v) == pytest.approx(x @ np.linalg.lstsq(x, v)[0], rel=1e-10, abs=1e-10)
    assert Columns((np.empty((300, 0)),)).project(v) == pytest.approx(np.zeros(300))


@pytest.mark.parametrize(("law", "shapes"), [("gaussian", 1), ("bernoulli", 0), ("negative-binomial", 1), ("student-t", 2)])
def test_sets_that_are_refitted_together_end_where_each_would(law: str, shapes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    n = 240
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    noise = MODELS.find(law, "").of(("no", "yes") if law == "bernoulli" else ())
    eta, free = (x @ np.array([0.4, 0.3, -0.2, 0.1]))[:, None], np.full(shapes, 0.5)
    shown = Scene(noise, noise.draw(rng, eta, free), eta, free, Columns((x,)), (), np.arange(n) + 1.0, n, "y",
                  noise.outcome_names, False, cast(Report, None), 0)
    responses = [noise.draw(rng, eta, free) for _ in range(7)]
    together = list(Refits(shown).each(iter(responses)))
    monkeypatch.setattr(refits, "NUMBERS", 1)
    alone = list(Refits(shown).each(iter(responses)))
    assert len(together) == len(alone) == 7
    for (y, found, own), (other_y, other, other_own) in zip(together, alone, strict=True):
        assert np.array_equal(y, other_y)
        assert found == pytest.approx(other, rel=1e-10, abs=1e-10)
        assert own == pytest.approx(other_own, rel=1e-10, abs=1e-10)
        assert float(noise.nll(y, found, own, 0).value.sum()) < float(noise.nll(y, eta, free, 0).value.sum())
