"""All points of least loss of a factor: each level has its own, and no programme of all of them is wanted."""

from typing import Any

import numpy as np
import pytest

from mlefit.api import request_of
from mlefit.estimation import face
from mlefit.pipeline.run import run
from mlefit.report.report import Report

LEVELS = 24


def fitted(formula: str, rows: dict[str, Any]) -> Report:
    return run(request_of("fit", rows, None, None, {"kl": False, "formula": formula, "model": "quantile"}))


def rows() -> dict[str, Any]:
    """An even number of rows in each level but the first, so that a median of it is an interval."""
    rng = np.random.default_rng(1)
    g = np.concatenate([np.repeat(np.arange(LEVELS), 8), [0]])
    return {"g": [f"l{level:02d}" for level in g], "x": rng.normal(size=g.size), "y": rng.normal(size=g.size) + g % 5}


def test_medians_of_levels_are_the_middles_of_their_intervals() -> None:
    data = rows()
    y, g = np.array(data["y"]), np.array(data["g"])
    report = fitted("y ~ g - 1", data)
    said = next(warn.message for warn in report.warnings if warn.code == "not-unique")
    for p in report.parameters[:LEVELS]:
        own = np.sort(y[g == p.name.removeprefix("g=")])
        low, high = own[(own.size - 1) // 2], own[own.size // 2]
        assert p.estimate == pytest.approx(0.5 * (low + high), abs=1e-9)
        if p.name in ("g=l01", "g=l05"):
            assert f"{p.name} from {low:.6g} to {high:.6g}" in said
    assert "g=l00" not in said


@pytest.mark.parametrize("formula", ["y ~ g", "y ~ g + x"])
def test_parts_have_the_ranges_of_the_whole(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_parts = fitted(formula, rows())
    monkeypatch.setattr(face, "parts", lambda bounds, count: None)
    whole = fitted(formula, rows())
    assert by_parts.mle is not None
    assert whole.mle is not None
    assert by_parts.mle.loss == pytest.approx(whole.mle.loss, rel=1e-13)
    ranges = [next((w.message for w in one.warnings if w.code == "not-unique"), "").split("; ") for one in (by_parts, whole)]
    assert ranges[0] == ranges[1]


@pytest.mark.parametrize("loss", ["abs(r)", "max(0.75*r, -0.25*r)"])
def test_levels_of_a_typed_loss_with_corners_take_no_programme_either(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scipy.optimize.linprog", lambda *_, **__: pytest.fail("a programme of all levels"))
    data = rows()
    y, g = np.array(data["y"]), np.array(data["g"])
    report = run(request_of("fit", data, None, None, {"kl": False, "formula": "y ~ g - 1", "loss": loss}))
    for p in report.parameters[1:LEVELS]:
        own = np.sort(y[g == p.name.removeprefix("g=")])
        low, high = (own[3], own[4]) if loss == "abs(r)" else (own[5], own[6])
        assert low <= p.estimate <= high
        if loss == "abs(r)":
            assert p.estimate == pytest.approx(0.5 * (low + high), abs=1e-9)


def test_terms_of_a_typed_loss_with_corners_have_the_likelihood_ratio_of_two_fits() -> None:
    def of(formula: str) -> Report:
        return run(request_of("fit", rows(), None, None, {"kl": False, "formula": formula, "loss": "abs(r)"}))

    whole, without = of("y ~ g + x"), {"g": of("y ~ x"), "x": of("y ~ g")}
    assert whole.criteria.loglik is not None
    for term in whole.terms:
        less = without[term.term].criteria.loglik
        assert less is not None
        assert term.reason is None
        assert term.statistic == pytest.approx(2.0 * (whole.criteria.loglik - less), abs=1e-6)
