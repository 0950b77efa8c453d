"""The chain of bounds in samples of a true model: the same of many rows, whose draws are not projected."""

import numpy as np
import pytest
from information_cases import sample_of

from mlefit.information import chain, structure
from mlefit.information.reference import variables
from mlefit.information.working import Working
from mlefit.noise.gaussian import Gaussian


def test_draws_that_are_not_projected_show_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, n = np.random.default_rng(0), 4_000
    q = np.linalg.qr(rng.normal(size=(n, 30)))[0]
    uneven = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 4))]))[0][:, 1:] * np.sqrt(n)
    bases = chain.Bases(q[:, :5], q[:, 5:], uneven, True)
    projected = chain.null(n, bases, 200, 0)
    monkeypatch.setattr(chain, "PROJECTED", n - 1)
    plain = chain.null(n, bases, 200, 0)
    spread = float(projected.kl.std())
    assert plain.kl.size == 200
    assert plain.mean == pytest.approx(projected.mean, abs=0.3 * spread)
    assert float(plain.kl.std()) == pytest.approx(spread, rel=0.25)
    for name, centre in projected.centre.items():
        assert plain.centre[name] == pytest.approx(centre, abs=0.2 * spread)
    assert chain.null(n, bases, 3, 0).kl.tolist() == plain.kl[:3].tolist()      # a draw is its own


def test_what_the_mean_lacks_needs_no_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2_000, 3))
    sample = sample_of(Gaussian(), x.sum(axis=1) + 0.1 * x[:, 0] ** 2 + rng.normal(size=2_000), x)
    rows = Working.of(sample, 0)
    found = structure.structure(rows, variables(sample.design, None, sample.blocks), 0, 0)
    monkeypatch.setattr(structure, "PROJECTED", 1_000)
    again = structure.structure(rows, variables(sample.design, None, sample.blocks), 0, 0)
    assert found is not None
    assert again is not None
    assert (found.df, found.basis.shape, again.df, again.basis.shape) == (found.df, (2_000, found.df), found.df, (2_000, 0))
    assert again.gain == pytest.approx(found.gain, abs=1e-9)
