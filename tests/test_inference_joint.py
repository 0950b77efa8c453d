"""Joint tests against R (reference/make_claims.R), against a direct solution, and at the edge of singular."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mlefit.arrays import Array
from mlefit.inference.joint import Joint, chi_squared, clustered, f_test, wald

TERMS = {"x": [1], "z": [2], "a": [3, 4]}
KINDS = ("hc0", "hc1", "hc2", "hc3", "cluster", "hac0", "hac4", "hac14")


@cache
def claims() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "reference" / "claims.json").read_text()))


def design() -> Array:
    rows = claims()["data"]
    a = np.array(rows["a"])
    return np.column_stack([np.ones(len(a)), rows["x"], rows["z"], a == "m", a == "h"]).astype(float)


@pytest.mark.parametrize("model", ["gaussian", "bernoulli", "poisson"])
@pytest.mark.parametrize("kind", KINDS)
def test_wald_statistics_of_terms_are_those_of_r(model: str, kind: str) -> None:
    found = claims()[model]
    estimate = np.array(found["t" if model == "gaussian" else "z"]["estimate"])
    root = np.linalg.cholesky(np.array(found[kind]["covariance"]))
    for term, columns in TERMS.items():
        assert wald(estimate[columns], root[columns]) == pytest.approx(found[kind]["wald"][term], rel=1e-9)


@pytest.mark.parametrize("weights", ["gaussian", "precision", "frequency"])
def test_the_gaussian_f_is_that_of_the_refit_without_the_term(weights: str) -> None:
    """The F test of nested models is Wald's with the model covariance, n - p degrees of freedom."""
    x, found, rows = design(), claims()[weights], claims()["data"]
    w = np.array(rows[weights]) if weights in rows else np.ones(len(x))
    root = np.linalg.inv(np.linalg.cholesky(x.T @ (x * w[:, None]))).T * found["sigma"]["unbiased"]
    for place, (term, columns) in enumerate(TERMS.items()):
        w = wald(np.array(found["t"]["estimate"])[columns], root[columns])
        assert w is not None
        test = f_test(w, len(columns), found["df"])
        assert found["drop1"]["term"][place] == term
        assert test == (pytest.approx(found["drop1"]["f"][place], rel=1e-10), len(columns), found["df"],
                        pytest.approx(found["drop1"]["p_value"][place], rel=1e-9))


@pytest.mark.parametrize("model", ["bernoulli", "poisson"])
def test_likelihood_ratios_have_the_p_values_of_r(model: str) -> None:
    tests = claims()[model]["drop1"]
    for q, ratio, p in zip(tests["df"], tests["lr"], tests["p_value"], strict=True):
        assert chi_squared(ratio, q) == Joint(ratio, q, None, pytest.approx(p, rel=1e-10))


def test_one_coefficient_is_the_square_of_its_t() -> None:
    w = wald(np.array([-1.2]), np.array([[0.3, 0.4]]))
    assert w == pytest.approx(2.4**2)
    assert f_test(2.4**2, 1, 7.5).p_value == pytest.approx(2.0 * stats.t(7.5).sf(2.4), rel=1e-12)
    assert clustered(2.4**2, 1, 7.5) == f_test(2.4**2, 1, 7.5)
    assert f_test(5.0, 2, 1e9).p_value == pytest.approx(chi_squared(5.0, 2).p_value, rel=1e-7)


def test_with_a_covariance_from_few_clusters_t_squared_has_its_law() -> None:
    """W of a mean of m normal vectors with their own covariance, df = m - 1, rejects as often as it should."""
    rng = np.random.default_rng(1)
    q, m, samples = 3, 8, 4000
    rejected = 0
    for _ in range(samples):
        z = rng.normal(size=(m, q))
        mean = z.mean(axis=0)
        w = wald(mean, (z - mean).T / np.sqrt(m * (m - 1.0)))
        assert w is not None
        test = clustered(w, q, m - 1.0)
        assert test is not None
        rejected += test.p_value < 0.05
    assert rejected / samples == pytest.approx(0.05, abs=4.0 * np.sqrt(0.05 * 0.95 / samples))


def test_no_more_degrees_of_freedom_than_coefficients_is_no_test() -> None:
    assert clustered(10.0, 3, 3.0) is None
    assert clustered(10.0, 3, 2.9) is None
    assert clustered(10.0, 3, 3.5) is not None


def test_a_nearly_singular_block_keeps_its_digits() -> None:
    """b = V s with V = D R D, R of smallest eigenvalue 1e-10 and D from 1e-8 to 1e8: W = s'V s needs no inverse."""
    basis = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    root = np.diag([1e-8, 1.0, 1e8]) @ basis * np.array([1.0, 0.5, 1e-5])
    scores = np.array([1e8, 2.0, -3e-8])
    whitened = root.T @ scores
    assert wald(root @ whitened, root) == pytest.approx(float(whitened @ whitened), rel=1e-9)


def test_a_covariance_without_inverse_gives_no_statistic() -> None:
    rng = np.random.default_rng(3)
    assert wald(np.ones(3), rng.normal(size=(3, 2))) is None                    # two clusters, three coefficients
    row = rng.normal(size=(1, 4))
    assert wald(np.ones(2), np.concatenate([row, 2.0 * row])) is None           # the same column twice
    assert wald(np.ones(2), np.array([[1.0, 0.0], [0.0, 0.0]])) is None         # an error of zero


def test_p_values_underflow_late() -> None:
    assert 0.0 < f_test(1e5, 2, 100.0).p_value < 1e-100
    assert 0.0 < chi_squared(1300.0, 2).p_value < 1e-280
