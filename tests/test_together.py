"""Fits without a row each, all at once, against one after the other."""

from typing import Any

import numpy as np
import pytest

from mlefit.api import request_of
from mlefit.execution import Engine
from mlefit.information.refitted import refitted
from mlefit.information.together import Costs, refits
from mlefit.pipeline.fitted import Fitted, fit
from mlefit.problem.stated import stated
from mlefit.rows.chunk import Chunk

N = 40


def data() -> dict[str, Any]:
    rng = np.random.default_rng(6)
    x, z = rng.normal(size=(2, N))
    eta = 0.3 + 0.5 * x - 0.3 * z
    return {"x": x, "z": z, "b": (eta + rng.logistic(size=N) > 0.0).astype(int), "count": rng.poisson(np.exp(eta)),
            "c": [f"c{k}" for k in np.digitize(eta + rng.logistic(size=N), [-0.5, 1.0])], "w": rng.integers(1, 3, N),
            "e": rng.uniform(0.0, 1.0, N), "won": rng.binomial(7, 0.4, N), "of": np.full(N, 7), "time": rng.exponential(np.exp(eta)),
            "size": rng.gamma(3.0, size=N)}


def found(formula: str, model: str, **options: Any) -> tuple[Fitted, Chunk]:
    with stated(request_of("fit", data(), None, None, {"formula": formula, "model": model, "kl": False, **options})) as problem:
        fitted = fit(problem)
        assert fitted.problem.prepared.store is not None
        (part,) = fitted.problem.prepared.store.parts
        return fitted, part.load()


CASES = [("b ~ x + z", "bernoulli", {}), ("count ~ x", "poisson", {"offset": "e"}), ("c ~ x + z", "categorical", {}),
         ("won ~ x", "binomial", {"trials": "of"}), ("time ~ x - 1", "exponential", {}), ("b ~ x", "bernoulli:link=probit", {})]


@pytest.mark.parametrize(("formula", "model", "options"), CASES)
def test_all_at_once_they_cost_what_each_costs(formula: str, model: str, options: dict[str, str]) -> None:
    fitted, rows = found(formula, model, **options)
    costs = refits(fitted.fit, fitted.objective, rows)
    assert isinstance(costs, Costs)
    assert costs.proven.mean() > 0.9
    for i in np.flatnonzero(costs.proven).tolist():
        own = refitted(fitted.fit, fitted.objective, Engine.of(rows), rows.part(i, i + 1), few=True)
        assert (costs.dearer[i], costs.judged[i]) == pytest.approx(own, rel=1e-9, abs=1e-13)


def test_a_row_that_stands_for_several_leaves_one_out() -> None:
    fitted, rows = found("count ~ x + z", "poisson", weights="w")
    costs = refits(fitted.fit, fitted.objective, rows)
    assert costs is not None
    for i in np.flatnonzero(costs.proven)[::5].tolist():
        own = refitted(fitted.fit, fitted.objective, Engine.of(rows), rows.part(i, i + 1), few=True)
        assert (costs.dearer[i], costs.judged[i]) == pytest.approx(own, rel=1e-9, abs=1e-13)


def test_laws_with_shapes_are_not_fitted_together() -> None:
    fitted, rows = found("size ~ x", "gamma")
    assert refits(fitted.fit, fitted.objective, rows) is None


def test_what_newton_steps_do_not_prove_is_left_to_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row without which the classes are nearly apart moves the plane by many standard errors."""
    rows = data()
    rows["b"], rows["x"] = (rows["x"] > 0.1).astype(int), np.where(np.arange(N) == 3, 4.0, rows["x"])
    rows["b"][3] = 0
    monkeypatch.setitem(globals(), "data", lambda: rows)
    fitted, chunk = found("b ~ x", "bernoulli")
    costs = refits(fitted.fit, fitted.objective, chunk)
    assert costs is None or not costs.proven[3]
