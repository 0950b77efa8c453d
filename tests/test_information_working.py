"""Rows as tests of a fit see them: one product of the design with itself, its factor, and what is read from them."""

from dataclasses import replace

import numpy as np
import pytest
from information_cases import sample_of

from mlefit.information.arranged import Arranged
from mlefit.information.products import factor, gram
from mlefit.information.runs import PROBES, Runs
from mlefit.information.working import Working
from mlefit.noise import MODELS
from mlefit.noise.gaussian import Gaussian


def rows_of(p: int, n: int = 400, law: str = "gaussian") -> Working:
    rng = np.random.default_rng(p)
    x = rng.normal(size=(n, p))
    eta = x[:, 0] - 0.5 * x[:, 1]
    y = eta + rng.normal(size=n) if law == "gaussian" else rng.poisson(np.exp(eta / 2)).astype(float)
    return Working.of(sample_of(Gaussian() if law == "gaussian" else MODELS[law], y, x), 0)


@pytest.mark.parametrize("law", ["gaussian", "poisson"])
def test_what_fitting_takes_is_that_of_a_qr_factorisation(law: str) -> None:
    rows = rows_of(5, law=law)
    (found,), (x,) = rows.pull, rows.designs
    weighted = x * np.sqrt(rows.weights[0, 0])[:, None]
    q = np.linalg.qr(weighted)[0]
    assert np.allclose(found.T @ found, np.eye(x.shape[1]), atol=1e-12)
    assert np.allclose(found @ found.T, q @ q.T, atol=1e-12)
    assert np.allclose(rows.leverage, np.square(q).sum(axis=1), atol=1e-12)


def test_a_design_that_is_near_to_singular_is_not_multiplied_with_itself() -> None:
    rows = rows_of(4)
    x = rows.designs[0].copy()
    x[:, 1] = x[:, 2] + 1e-7 * x[:, 1]
    near = replace(rows, designs=(x,))
    assert rows.factors[0] is not None
    assert near.factors[0] is None
    assert np.allclose(near.pull[0].T @ near.pull[0], np.eye(x.shape[1]), atol=1e-8)
    assert factor(np.array([[1.0, 2.0], [2.0, 1.0]])) is None
    assert factor(np.full((1, 1), np.nan)) is None


def test_the_information_of_added_columns_is_that_of_all_together() -> None:
    rows = rows_of(3, law="poisson")
    z = np.random.default_rng(9).normal(size=(rows.n, 2))
    whole = np.concatenate([rows.designs[0], z], axis=1)
    assert np.allclose(rows.widened([z]), rows.information([whole]), rtol=1e-12)
    assert np.allclose(gram(whole, rows.weights[0, 0]), whole.T @ (rows.weights[0, 0][:, None] * whole), rtol=1e-12)


def test_runs_of_many_columns_are_estimated_to_what_is_said() -> None:
    """The p-value by PROBES in single precision, beside that of the trace itself."""
    rows = rows_of(PROBES + 16, n=2000)
    values = rows.designs[0][:, 1]
    judged = Runs(rows, 0)
    (q,) = rows.pull
    order = np.argsort(values)
    e, along = rows.residuals[order][:, 0], q[order]
    t = e[:-1] * e[1:]
    expected = -float(e @ e) / judged.left * float(np.vdot(along[:-1], along[1:]))
    z = (t.sum() - expected) / np.sqrt(float(t @ t))
    from scipy.special import ndtri

    assert -ndtri(judged.p([Arranged.of(values)])[0]) == pytest.approx(z, abs=4 * np.sqrt(2 * q.shape[1] / (PROBES * rows.n)))


def test_a_row_and_its_copy_are_no_two_that_err_alike() -> None:
    rng = np.random.default_rng(12)
    x, weight = rng.normal(size=(600, 2)), rng.integers(1, 5, 600)
    y = x.sum(axis=1) + rng.normal(size=600)
    rows = Working.of(sample_of(Gaussian(), np.repeat(y, weight), np.repeat(x, weight, axis=0)), 0)
    alone = Working.of(sample_of(Gaussian(), y, x), 0)
    found, once = (Runs(one, 0).p([Arranged.of(one.designs[0][:, 1])])[0] for one in (rows, alone))
    assert 0.01 < found < 0.99
    assert once == pytest.approx(found, abs=0.2)


def test_rows_of_one_value_keep_the_order_that_is_drawn() -> None:
    rows = rows_of(3)
    tied = np.round(rows.designs[0][:, 1])
    judged = Runs(rows, 5)
    order = judged.shuffled[np.argsort(tied[judged.shuffled], kind="stable")]
    e = rows.residuals[order][:, 0]
    (q,) = rows.pull
    t = e[:-1] * e[1:]
    expected = -float(e @ e) / judged.left * float(np.vdot(q[order][:-1], q[order][1:]))
    from scipy.special import ndtr

    assert judged.p([Arranged.of(tied)])[0] == pytest.approx(float(ndtr(-(t.sum() - expected) / np.sqrt(float(t @ t)))), rel=1e-9)
