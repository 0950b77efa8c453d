"""Many parameters: searches with Hessian products end where searches with Hessians do, and memory is asked about first."""

from typing import Any, NoReturn

import numpy as np
import pytest
from curvature_cases import elements

import mlefit
from mlefit import objective as objectives
from mlefit.criterion import implied_loss, likelihood
from mlefit.design.predictors import Predictors
from mlefit.errors import DataError
from mlefit.estimation import polish, routes
from mlefit.estimation.optimize import second_order
from mlefit.mean import Coordinates, LinearMean, jacobian
from mlefit.noise.categorical import Categorical
from mlefit.objective import Objective
from mlefit.pipeline import terms
from mlefit.rows.chunk import Chunk
from mlefit.source.options import ReadOptions
from mlefit.sums import curvature
from mlefit.sums.tally import Tally

pytestmark = pytest.mark.slow     # designs of hundreds of columns


def classes(levels: int, n: int, predictors: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, predictors))
    y = np.argmax(x @ (0.3 * rng.normal(size=(predictors, levels))) + rng.gumbel(size=(n, levels)), axis=1)
    return {**{f"x{j}": x[:, j] for j in range(predictors)}, "y": np.array([f"c{k:03d}" for k in y])}


def columns(count: int, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n, count))
    y = (x @ rng.normal(size=count) / np.sqrt(count) + rng.logistic(size=n) > 0).astype(int)
    return {**{f"x{j}": x[:, j] for j in range(count)}, "y": y}


@pytest.mark.parametrize(("model", "data"), [("categorical", classes(30, 1500, 3)), ("bernoulli", columns(60, 1200))])
def test_products_and_hessians_lead_to_the_same_answer(
    model: str, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = mlefit.fit(data, target="y", model=model, draws=0).to_dict()
    for module in (polish, routes):
        monkeypatch.setattr(module, "DENSE", 20)
    monkeypatch.setattr(curvature, "EIGENVALUES", 20)
    sparse = mlefit.fit(data, target="y", model=model, draws=0).to_dict()
    assert dense["routes"]["mle"]["method"] == "trust-exact"
    assert sparse["routes"]["mle"]["method"] == "trust-ncg"
    for fit in (dense, sparse):
        assert fit["agreement"]["agree"]
        assert max(route["edm"] for route in fit["routes"].values()) <= 1e-10
    for one, other in zip(dense["parameters"], sparse["parameters"], strict=True):
        assert other["estimate"] == pytest.approx(one["estimate"], abs=1e-9 * one["std_error"])
        assert other["std_error"] == pytest.approx(one["std_error"], rel=1e-6)


def test_the_search_with_products_forms_a_hessian_for_the_certificate_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (polish, routes, terms):
        monkeypatch.setattr(module, "DENSE", 20)
    formed = []
    original = objectives.Objective.tally

    def counted(self: Objective, theta: Any, chunk: Chunk, order: int) -> Any:
        formed.append(order == 2)
        return original(self, theta, chunk, order)

    monkeypatch.setattr(objectives.Objective, "tally", counted)
    mlefit.fit(classes(30, 1500, 3), target="y", model="categorical", draws=0)
    assert 2 <= sum(formed) <= 4        # one for each route, one at the answer, and one where a polish began too far out


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("route", ["likelihood", "loss"])
def test_one_product_of_all_classes_is_the_sum_over_pairs(
    route: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    n, r, noise = 700, 4, Categorical().of([str(k) for k in range(20)])
    x = np.asfortranarray(np.column_stack([np.ones(n), rng.normal(size=(n, r - 1))]))
    chunk = Chunk(rng.integers(0, 20, n).astype(float), x, rng.integers(1, 4, n).astype(float) if weighted else None)
    criterion = likelihood(noise) if route == "likelihood" else implied_loss(noise)
    objective = Objective(criterion, LinearMean(Coordinates.orthonormal(r), 19), 0)
    theta = 0.3 * rng.normal(size=objective.size)
    together = elements(objective.tally(theta, chunk, 2).curvature)
    monkeypatch.setattr(jacobian, "MANY_CLASSES", 100)
    by_pairs = elements(objective.tally(theta, chunk, 2).curvature)
    assert np.allclose(together, by_pairs, rtol=0.0, atol=1e-13 * n)
    v = rng.normal(size=objective.size)
    product = objective.product(theta, v, chunk).gradient
    assert product is not None
    assert np.allclose(together @ v, product, rtol=0.0, atol=1e-11 * n)


@pytest.fixture
def no_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise AssertionError("a row was encoded")

    for name in ("columns", "encode", "known"):
        monkeypatch.setattr(Predictors, name, fail)


@pytest.mark.usefixtures("no_encoding")
def test_a_factor_with_too_many_levels_is_refused_before_a_row_is_encoded() -> None:
    """Of a law that has columns for its levels."""
    g = [f"k{k}" for k in np.random.default_rng(1).permutation(np.arange(20_000) % 5_000)]
    with pytest.raises(DataError) as refused:
        mlefit.fit({"g": g, "y": np.arange(20_000.0)}, target="y", features=("g",), model="student-t:df=4",
                   read=ReadOptions(memory=10_000_000))
    assert str(refused.value) == (
        "too many parameters: the standard errors of 5,001 parameters need about 2.4 GB of memory, and 10.0 MB may be used\n"
        "leave out predictors or merge levels, or allow more with --memory")


@pytest.mark.usefixtures("no_encoding")
def test_the_classes_that_the_levels_are_learnt_with_count_before_a_row_is_encoded() -> None:
    """200 levels of g, and 80 classes, of which the first rows have one."""
    rows = np.arange(30_000)
    data = {"g": [f"k{k % 200}" for k in rows], "y": [f"c{max(0, k - 20_000) % 80}" for k in rows]}
    with pytest.raises(DataError) as refused:
        mlefit.fit(data, target="y", features=("g",), model="categorical", read=ReadOptions(memory=10_000_000))
    assert str(refused.value) == (
        "too many parameters: the standard errors of 15,800 parameters need about 24.0 GB of memory, and 10.0 MB may be used\n"
        "leave out predictors or merge levels, or allow more with --memory")


@pytest.mark.usefixtures("no_encoding")
def test_products_of_levels_are_counted_and_not_listed() -> None:
    """25 million columns, whose names alone would fill the memory."""
    rows = np.arange(20_000)
    data = {"g": [f"k{k % 5_000}" for k in rows], "h": [f"l{k // 4}" for k in rows], "y": rows}
    with pytest.raises(DataError) as refused:
        mlefit.fit(data, formula="y ~ g:h")
    assert refused.value.message.startswith("too many parameters: the standard errors of 25,000,002 parameters need about ")


@pytest.mark.usefixtures("no_encoding")
def test_memory_is_refused_before_it_runs_out() -> None:
    with pytest.raises(DataError) as refused:
        mlefit.fit(classes(30, 1500, 3), target="y", model="categorical", read=ReadOptions(memory=1_000_000))
    assert str(refused.value) == (
        "too many parameters: the standard errors of 116 parameters need about 1.3 MB of memory, and 1.0 MB may be used\n"
        "leave out predictors or merge levels, or allow more with --memory")


class _Overflowing:
    """A criterion of finite values and gradients whose second derivatives are no numbers."""

    order = 1

    def at(self, theta: Any, order: int) -> Tally:
        return Tally(1.0, self.value(theta))

    def value(self, theta: Any) -> float:
        return float(theta @ theta)

    def gradient(self, theta: Any) -> Any:
        return 2.0 * theta

    def product(self, theta: Any, direction: Any) -> Any:
        return np.full(theta.size, np.nan)


def test_products_that_are_no_numbers_end_the_search_where_it_is() -> None:
    theta, steps, method = second_order(_Overflowing(), np.ones(3))   # type: ignore[arg-type]    # what is used of a Memo
    assert theta.tolist() == [1.0, 1.0, 1.0]
    assert (steps, method) == (0, "trust-ncg")
