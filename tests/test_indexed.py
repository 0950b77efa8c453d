"""A factor of many levels without columns: every number that a fit says is that of the columns, and rows are kept anywhere."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusing import parameters

import mlefit
from mlefit.api import request_of
from mlefit.cli import main
from mlefit.design import indexing
from mlefit.errors import NoEstimateError
from mlefit.pipeline.run import run
from mlefit.problem import indexing as asked
from mlefit.saved.write import to_json

CLOSE = 1e-9        # standard errors
LEVELS, ROWS = 30, 1200


def rows(seed: int = 1, levels: int = LEVELS, count: int = ROWS) -> dict[str, Any]:
    """A factor g, numbers x and z that vary with it, responses of every kind, weights and exposures."""
    rng = np.random.default_rng(seed)
    g = rng.permutation(np.arange(count) % levels)
    effect, shift = rng.normal(0.0, 0.6, levels), rng.normal(size=levels)
    x, z = rng.normal(size=count) + shift[g], rng.normal(size=count) + 40.0
    eta = effect[g] + 0.4 * x - 0.2 * (z - 40.0)
    classes = np.stack([np.zeros(count), eta, -0.5 * eta + 0.3]) + rng.gumbel(size=(3, count))
    return {
        "g": [f"l{level:03d}" for level in g], "h": [f"h{k}" for k in rng.integers(0, 3, count)], "x": x, "z": z,
        "y": 1e3 + 5.0 * (eta + rng.normal(size=count)), "b": (eta + rng.logistic(size=count) > 0.0).astype(int),
        "count": rng.poisson(np.exp(0.5 * eta)), "c": [f"c{k}" for k in classes.argmax(axis=0)],
        "w": rng.integers(1, 4, count), "e": rng.uniform(0.0, 1.0, count),
        "size": np.exp(0.3 * eta) * rng.gamma(3.0, size=count), "spread": rng.poisson(np.exp(0.5 * eta) * rng.gamma(2.0, size=count)),
    }


def told(data: dict[str, Any], many: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    monkeypatch.setattr(indexing, "MANY", many)
    monkeypatch.setattr(asked, "WORK", 0.0)
    return run(request_of("fit", data, options.pop("target", None), options.pop("features", None), {"kl": False, **options}))


def refused(data: dict[str, Any], model: str, **options: Any) -> NoEstimateError:
    with pytest.raises(NoEstimateError) as found:
        run(request_of("fit", data, options.pop("target"), options.pop("features"), {"kl": False, "model": model}))
    return found.value


def check_alike(one: Any, other: Any) -> None:
    """Every parameter, route and test of two reports, by columns or by levels."""
    assert [(p.name, p.class_, p.state) for p in one.parameters] == [(p.name, p.class_, p.state) for p in other.parameters]
    for mine, q in zip(one.parameters, other.parameters, strict=True):
        if q.state != "ok" or q.std_error is None:
            continue
        p = mine
        if q.interval == "profile":         # of single coefficients, which are for the few
            p = mine._replace(ci_low=q.ci_low, ci_high=q.ci_high, statistic=q.statistic, p_value=q.p_value)
        for key in ("estimate", "loss_estimate", "std_error", "ci_low", "ci_high"):
            assert abs(getattr(p, key) - getattr(q, key)) <= CLOSE * q.std_error, (p.name, key)
        for key in ("statistic", "p_value"):
            if getattr(q, key) is not None:
                assert getattr(p, key) == pytest.approx(getattr(q, key), rel=1e-7, abs=1e-12)
    for route in ("mle", "loss"):
        for key in ("loglik", "nll", "loss"):
            assert getattr(getattr(one, route), key) == pytest.approx(getattr(getattr(other, route), key), rel=1e-11)
    assert one.status == other.status
    assert one.agreement.agree
    assert (one.criteria.aic, one.criteria.bic) == pytest.approx((other.criteria.aic, other.criteria.bic), rel=1e-11)
    assert (one.criteria.r_squared or 0.0) == pytest.approx(other.criteria.r_squared or 0.0, rel=1e-9)


MODELS = [("gaussian", "y"), ("bernoulli", "b"), ("poisson", "count"), ("categorical", "c"), ("bernoulli:link=probit", "b")]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), MODELS)
@pytest.mark.parametrize("options", [
    {"formula": "g + x + z"}, {"formula": "x + g + h + z - 1"}, {"formula": "g - 1 + x"}, {"formula": "g"},
    {"formula": "x + h + g", "weights": "w"}, {"formula": "g + poly(x, 2) + z", "offset": "e"},
    {"formula": "g + x", "reference": {"g": "l007"}}, {"formula": "x + g + z", "se": "model"},
    {"formula": "z + g + x", "se": "hc3", "weights": "w"}, {"formula": "z + x + h + g", "se": "hc1"}, {"formula": "g - 1", "se": "hc2"},
], ids=lambda options: options["formula"])
def test_levels_say_what_columns_say(
    model: str, target: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if model == "categorical":
        options = {key: value for key, value in options.items() if key != "offset"}
    options = {**options, "formula": f"{target} ~ {options['formula']}", "model": model}
    one, other = (told(rows(), many, monkeypatch, **options) for many in (20, 10**6))
    check_alike(one, other)
    assert [(term.term, term.df) for term in one.terms] == [(term.term, term.df) for term in other.terms]
    assert [term.df2 or 0.0 for term in one.terms] == pytest.approx([term.df2 or 0.0 for term in other.terms], rel=1e-9)
    if model == "gaussian" or options.get("se", "").startswith("hc"):
        assert [t.statistic for t in one.terms] == pytest.approx([t.statistic for t in other.terms], rel=1e-8)


@pytest.mark.slow
def test_what_takes_columns_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interactions and laws of more than a mean say what they said."""
    for options in ({"formula": "y ~ g*x"}, {"formula": "y ~ g + x", "model": "student-t"}):
        wanted = {"model": "gaussian", **options}
        one, other = (told(rows(count=400), many, monkeypatch, **wanted) for many in (20, 10**6))
        assert one.parameters == other.parameters


@pytest.mark.parametrize(("model", "target"), [("gaussian", "y"), ("categorical", "c")])
def test_rows_held_out_are_scored_by_their_levels(model: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows(count=3000)
    data["g"][:20] = [f"alone{k}" for k in range(20)] if model == "gaussian" else data["g"][:20]
    place = np.array([sum(map(ord, level)) for level in data["g"]])
    data["fixed"] = place**2 + 7.0
    whole = {"formula": f"{target} ~ x + g + fixed", "model": model, "holdout": 0.3, "seed": 3}
    one, other = (told(data, many, monkeypatch, **whole) for many in (20, 10**6))
    check_alike(one, other)
    for key in ("n", "not_scored", "cross_entropy", "std_error", "rmse", "accuracy"):
        mine, theirs = (getattr(report.information.holdout, key) for report in (one, other))
        assert mine == (None if theirs is None else pytest.approx(theirs, rel=1e-9)), key
    assert {p.name for p in one.parameters if p.state == "aliased"} == {"fixed"}
    assert (one.information.holdout.not_scored > 0) == (model == "gaussian")


@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_a_column_that_the_levels_determine_is_named(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    place = {level: k for k, level in enumerate(sorted(set(data["g"])))}
    data["fixed"] = [0.1 * place[level] ** 2 + 7.0 for level in data["g"]]
    data["moved"] = data["x"] + np.array(data["fixed"])
    target = "y" if model == "gaussian" else "b"
    found = told(data, 20, monkeypatch, formula=f"{target} ~ x + fixed + moved + g", model=model)
    assert [p.name for p in found.parameters if p.state == "aliased"] == ["fixed", "moved"]
    messages = [warn.message for warn in found.warnings if warn.code == "collinear"]
    assert messages == ["fixed is collinear: a combination of the levels of g; it was dropped",
                        "moved is collinear: a combination of x, the levels of g; it was dropped"]
    plain = told(data, 20, monkeypatch, formula=f"{target} ~ x + g", model=model)
    assert [p.estimate for p in found.parameters if p.state == "ok"] == pytest.approx([p.estimate for p in plain.parameters], rel=1e-9)


def test_levels_of_one_outcome_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    data = rows()
    level = np.array(data["g"])
    for name, outcome in (("l003", 0), ("l010", 1), ("l011", 1)):
        data["b"][level == name] = outcome
        data["count"][level == name] = 0
    found = refused(data, "bernoulli", target="b", features=["g", "x"])
    assert str(found).startswith(
        'quasi-complete separation of "b" by 3 levels of g (l003, l010, l011): no row is 0 in 2 of them, none is 1 in 1, so '
        "coefficients are infinite and no maximum-likelihood estimate exists")
    assert found.remedy == "merge these levels with others, drop their rows, or leave out g"
    assert found.code == "separation"
    assert found.exit_code == 4
    assert tuple(found.columns) == ("g=l003", "g=l010", "g=l011")
    known = parameters(found)
    assert [known[f"g={name}", None].limit for name in ("l003", "l010", "l011")] == ["-inf", "+inf", "+inf"]
    assert known["x", None].state == "ok"
    counts = refused(data, "poisson", target="count", features=["g", "x"])
    assert "no row is above 0 in 3 of them" in str(counts)


def test_a_baseline_of_one_outcome_leaves_no_contrast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    data = rows()
    level = np.array(data["g"])
    data["b"][(level == "l000") | (level == "l001")] = 1
    known = parameters(refused(data, "bernoulli", target="b", features=["g", "x"]))
    assert known["(Intercept)", None].limit == "+inf"
    assert known["g=l001", None].state == "diverges"
    assert known["g=l002", None].limit == "-inf"


def test_what_separates_beside_the_levels_is_found_with_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    data["x"] = data["x"] + 50.0 * data["b"]
    errors = []
    for many in (20, 10**6):
        monkeypatch.setattr(indexing, "MANY", many)
        errors.append(refused(data, "bernoulli", target="b", features=["g", "x"]))
    assert str(errors[0]) == str(errors[1])
    assert errors[0].code == "separation"


def test_an_exact_fit_is_refused_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    place = np.array([int(level[1:]) for level in data["g"]])
    data["y"] = 2.0 * data["x"] + place
    for many in (20, 10**6):
        monkeypatch.setattr(indexing, "MANY", many)
        found = refused(data, "gaussian", target="y", features=["g", "x"])
        assert found.code == "exact-fit"
        known = parameters(found)
        assert known["g=l005", None].estimate == pytest.approx(5.0)
        assert known["x", None].estimate == pytest.approx(2.0)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "target"), [("gaussian", "y"), ("bernoulli", "b")])
def test_rows_with_levels_say_the_same_wherever_they_are(
    model: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MANY", 20)
    data = rows(count=40_000)
    path = tmp_path / "rows.csv"
    names = ("g", "x", "z", "y", "b")
    lines = zip(*(data[name] for name in names), strict=True)
    path.write_text("\n".join([",".join(names), *(",".join(map(str, line)) for line in lines)]) + "\n")

    def said(*options: str) -> dict[str, Any]:
        command = ["fit", str(path), "-t", target, "-x", "g,x,z", "-m", model, "--no-kl", "-q", "-o", "json", *options]
        assert main(command) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**report, "run": {**report["run"], "machine": None}}

    kept = said("--engine", "memory", "--threads", "1")
    assert said("--engine", "memory", "--threads", "2") == kept
    assert said("--engine", "stream", "--memory", "1MB", "--threads", "1") == kept
    assert said("--engine", "stream", "--memory", "1MB", "--threads", "2") == kept


@pytest.mark.parametrize(("model", "target"), MODELS[:4])
def test_a_saved_model_is_that_of_columns(model: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, new = rows(), rows(seed=2, count=90)
    del new["y"], new["b"], new["count"]
    new["g"][3], new["x"][5] = "unheard", 12.0
    found = []
    for many in (20, 10**6):
        monkeypatch.setattr(indexing, "MANY", many)
        found.append(mlefit.fit(data, formula=f"{target} ~ x + g + poly(z, 2)", model=model, kl=False).model)
    models = [json.loads(to_json(one.saved)) for one in found]
    for key in ("columns", "terms", "kept", "intercept", "offset"):
        assert models[0]["design"][key] == models[1]["design"][key]
    scales = [np.array(one["covariance"]["scale"]) for one in models]      # of zeros and ones, of which any will do
    for key in ("low", "high"):
        low, other = (np.array(one["design"][key]) * scale for one, scale in zip(models, scales, strict=True))
        assert np.array_equal(low, other)
    kept = [place for places in models[0]["design"]["kept"] for place in places]
    mine, theirs = (np.array(one["covariance"]["coefficients"]) / scale[kept] for one, scale in zip(models, scales, strict=True))
    assert np.allclose(mine, theirs, rtol=1e-8, atol=1e-9)
    assert models[0]["covariance"]["root"] is None          # its covariance is in test_levels_used
    assert models[0]["sample"]["leverage_max"] == pytest.approx(models[1]["sample"]["leverage_max"], rel=1e-9)
    told = []
    for one, many in zip(found, (20, 10**6), strict=True):
        monkeypatch.setattr(indexing, "MANY", many)
        told.append(one.predict(new))
    assert list(told[0].columns) == list(told[1].columns)
    for name in told[0].columns:
        if name in ("flag", "class"):
            assert list(told[0][name]) == list(told[1][name])
        elif told[1][name].dtype == float:
            assert np.allclose(told[0][name], told[1][name], rtol=1e-9, equal_nan=True)
    flags = list(told[0]["flag"])
    assert "new-level:g=unheard" in flags[3]
    assert "outside:x" in flags[5]


def test_a_level_of_a_single_row_has_no_robust_error(monkeypatch: pytest.MonkeyPatch) -> None:
    data = rows()
    data["g"][5] = "single"
    one, other = (told(data, many, monkeypatch, formula="y ~ x + g", model="gaussian", se="hc3") for many in (20, 10**6))
    assert [(p.name, p.state) for p in one.parameters] == [(p.name, p.state) for p in other.parameters]
    assert [p.name for p in one.parameters if p.state == "no-robust-error"] == ["g=single"]
    check_alike(one, other)
    assert {term.term: term.reason for term in one.terms} == {term.term: term.reason for term in other.terms}


@pytest.mark.parametrize(("model", "target"), [("gaussian", "y"), ("bernoulli", "b")])
def test_a_screen_has_the_lines_of_the_residuals(model: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal asks for them, and there was a defect where a factor had no columns."""
    found = []
    for many in (20, 10**6):
        monkeypatch.setattr(indexing, "MANY", many)
        request = request_of("fit", rows(), None, None, {"formula": f"{target} ~ x + g", "model": model, "kl": False})
        found.append(run(replace(request, screen=True)))
    one, other = found
    assert one.sparkline is not None
    assert other.sparkline is not None
    assert one.sparkline.labels == other.sparkline.labels
    assert one.sparkline.found == pytest.approx(other.sparkline.found, abs=1e-9)
    assert one.sparkline.model == pytest.approx(other.sparkline.model, abs=1e-9)
