"""Several factors of many levels without columns: every number that a fit says is that of the columns."""

from typing import Any

import numpy as np
import pytest
from refusing import parameters
from test_indexed import check_alike, refused, rows, told

from mlefit.api import request_of
from mlefit.design import indexing
from mlefit.errors import DataError
from mlefit.mean.indexed import Indexed
from mlefit.pipeline.fitted import Fitted, fit
from mlefit.pipeline.run import run
from mlefit.problem.stated import stated
from mlefit.sums.pairs import Pairs

FEW = 8         # levels from which factors are without columns here


def crossed_rows(**options: Any) -> dict[str, Any]:
    """With two more factors, the second of which moves the responses."""
    data, rng = rows(**options), np.random.default_rng(7)
    h, k = (rng.integers(0, count, len(data["g"])) for count in (12, 9))
    move = rng.normal(0.0, 0.5, 12)[h]
    data["y"], data["b"] = data["y"] + 5.0 * move, np.where(rng.uniform(size=h.size) < 0.2, (move > 0.0).astype(int), data["b"])
    return {**data, "h": [f"h{level:02d}" for level in h], "k": [f"k{level}" for level in k]}


MODELS = [("gaussian", "y"), ("bernoulli", "b"), ("poisson", "count"), ("categorical", "c")]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), MODELS)
@pytest.mark.parametrize("options", [
    {"formula": "x + g + h + z"}, {"formula": "h + g + k"}, {"formula": "g + x + h + k - 1"}, {"formula": "g + h", "weights": "w"},
    {"formula": "z + g + x + h", "se": "hc3"}, {"formula": "h + x + g + k", "offset": "e", "reference": {"h": "h04", "g": "l007"}},
], ids=lambda options: options["formula"])
def test_crossed_levels_say_what_columns_say(
    model: str, target: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if model == "categorical":
        options = {key: value for key, value in options.items() if key not in ("offset", "se")}
    options = {**options, "formula": f"{target} ~ {options['formula']}", "model": model}
    one, other = (told(crossed_rows(), many, monkeypatch, **options) for many in (FEW, 10**6))
    check_alike(one, other)
    assert [(term.term, term.df) for term in one.terms] == [(term.term, term.df) for term in other.terms]
    if model == "gaussian" or "se" in options:
        assert [t.statistic for t in one.terms] == pytest.approx([t.statistic for t in other.terms], rel=1e-8)
    assert one.criteria.on_new_rows == pytest.approx(other.criteria.on_new_rows, rel=1e-9)


@pytest.mark.parametrize("formula", ["y ~ g + h", "y ~ x + g + h + k", "y ~ h + g"])
def test_levels_that_others_determine_are_named_as_columns_are(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in three groups that share no level of either factor: a level of each but the baseline's has no coefficient."""
    data = crossed_rows()
    g = np.array([int(level[1:]) for level in data["g"]])
    h = np.array([int(level[1:]) for level in data["h"]])
    data["h"] = [f"h{3 * (a // 3) + b % 3:02d}" for a, b in zip(h, g, strict=True)]
    one, other = (told(data, many, monkeypatch, formula=formula, model="gaussian") for many in (FEW, 10**6))
    check_alike(one, other)
    names = ["g=l028", "g=l029"] if "h + g" in formula else ["h=h10", "h=h11"]
    assert [p.name for p in one.parameters if p.state == "aliased"] == names
    if "h + g" in formula:      # with columns after all, which have the other names
        assert one.warnings == other.warnings
        return
    assert [warn.message for warn in one.warnings if warn.code == "collinear"] == [
        f"h={level} is collinear: a combination of the levels of g, the levels of h"
        f"{', the levels of k' if 'k' in formula else ''}; it was dropped" for level in ("h10", "h11")]


def test_columns_that_both_determine_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = crossed_rows()
    data["both"] = [0.3 * int(g[1:]) + 2.0 * int(h[1:]) ** 2 for g, h in zip(data["g"], data["h"], strict=True)]
    one = told(data, FEW, monkeypatch, formula="y ~ x + g + both + h", model="gaussian")
    other = told(data, FEW, monkeypatch, formula="y ~ x + g + h", model="gaussian")
    assert [p.name for p in one.parameters if p.state == "aliased"] == ["both"]
    assert [p.estimate for p in one.parameters if p.state == "ok"] == pytest.approx([p.estimate for p in other.parameters], rel=1e-9)
    assert "both is collinear: a combination of the levels of g, the levels of h; it was dropped" in [w.message for w in one.warnings]


def test_rows_held_out_are_scored_by_all_their_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    data = crossed_rows(count=3000)
    for formula in ("y ~ x + g + h", "y ~ x + g + h + fixed"):
        data["fixed"] = [float(int(level[1:]) ** 2) for level in data["h"]]
        one, other = (told(data, many, monkeypatch, formula=formula, model="gaussian", holdout=0.3, seed=3) for many in (FEW, 10**6))
        check_alike(one, other)
        for key in ("n", "not_scored", "cross_entropy", "std_error", "rmse"):
            assert getattr(one.information.holdout, key) == pytest.approx(getattr(other.information.holdout, key), rel=1e-9), key


def found(formula: str, model: str) -> Fitted:
    request = request_of("fit", crossed_rows(), None, None, {"kl": False, "formula": formula, "model": model})
    with stated(request, index=True) as problem:
        assert problem.prepared.predictors.crossed
        return fit(problem)


@pytest.mark.parametrize(("formula", "model"), [("y ~ x + g + h + z", "gaussian"), ("count ~ g + h + x + k", "poisson"), ("b ~ g + h", "bernoulli")])
def test_leverages_that_are_looked_up_are_those_of_rows(formula: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", FEW)
    fitted = found(formula, model)
    mean, curvature = fitted.mean, fitted.fit.mle.curvature
    assert isinstance(mean, Indexed)
    for part in fitted.problem.prepared.store.parts if fitted.problem.prepared.store else ():
        chunk = part.load()
        level, size, x = mean.white(chunk)
        assert np.allclose(mean.hats(curvature, chunk), curvature.squares(level, size, x), rtol=1e-10)  # type: ignore[attr-defined]


def test_pairs_add_up_in_any_grouping() -> None:
    rng = np.random.default_rng(1)
    one, other, weight = rng.integers(0, 6, 300), rng.integers(0, 4, 300), rng.uniform(size=300)
    expected = np.zeros((6, 4))
    np.add.at(expected, (one, other), weight)
    parts = [Pairs.of(one[rows], other[rows], weight[rows], (6, 4)) for rows in (slice(0, 5), slice(5, 200), slice(200, 300))]
    for total in ((parts[0] + parts[1]) + parts[2], parts[0] + (parts[1] + parts[2])):
        assert np.allclose(total.whole, expected)
        assert np.allclose(total.scaled(2.0).whole, 2.0 * expected)
    assert parts[0].table is None
    assert parts[1].table is not None


def test_levels_of_one_outcome_are_named_of_either_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", FEW)
    data = crossed_rows()
    data["b"][np.isin(data["h"], ("h03", "h07"))] = 1
    error = refused(data, "bernoulli", target="b", features=["g", "h", "x"])
    assert str(error).startswith('quasi-complete separation of "b" by 2 levels of h (h03, h07): no row is 0 in 2 of them, so ')
    known = parameters(error)
    assert [known[f"h={name}", None].limit for name in ("h03", "h07")] == ["+inf", "+inf"]
    assert known["g=l003", None].state == known["h=h04", None].state == known["x", None].state == "ok"


def test_too_large_a_border_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", FEW)
    request = request_of("fit", crossed_rows(), None, None, {"formula": "y ~ x + g + h", "model": "gaussian", "memory": "20kB"})
    with pytest.raises(DataError) as caught:
        run(request)
    assert str(caught.value) == ("too many levels: the standard errors of 30 levels beside 13 other coefficients need about 37.4 kB of "
                                 "memory, and 20.0 kB may be used\nleave out predictors or merge levels, or allow more with --memory")
