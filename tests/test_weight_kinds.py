"""Weights of precision and of sampling: R's figures, what a factor on all of them changes, and what each refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_weights_and_offset import assert_same, figures

import mlefit
from mlefit.cli import main
from mlefit.errors import DataError, UsageError

CLAIMS: dict[str, Any] = json.loads((Path(__file__).parent / "reference" / "claims.json").read_text())
DATA: dict[str, Any] = CLAIMS["data"]
IN_R = (0, 1, 2, 4, 3)      # levels l, m, h there, and in level order here
ROUNDING = 1e-11


def claimed(target: str, model: str, kind: str, **options: Any) -> dict[str, Any]:
    y = list(map(str, DATA[target])) if model == "bernoulli" else DATA[target]
    table = {name: DATA[name] for name in ("x", "z", "a", kind)} | {target: y}
    return mlefit.fit(table, target, ["x", "z", "a"], model, reference={"a": "l"}, weights=kind, weights_kind=kind, draws=0,
                      **options).to_dict()


def in_order(fit: dict[str, Any], key: str) -> list[float]:
    return [fit["parameters"][place][key] for place in IN_R]


def test_precision_weights_are_those_of_weighted_least_squares() -> None:
    claim, fit = CLAIMS["precision"], claimed("y", "gaussian", "precision")
    for key in ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value"):
        assert in_order(fit, key) == pytest.approx(claim["t"][key], rel=ROUNDING), key
    for key in ("loglik", "aic", "bic"):
        assert fit["criteria"][key] == pytest.approx(claim[key], rel=ROUNDING), key
    sigma = fit["parameters"][-1]
    assert (sigma["estimate"], sigma["ci_low"], sigma["ci_high"]) == pytest.approx(
        tuple(claim["sigma"][key] for key in ("ml", "ci_low", "ci_high")), rel=ROUNDING)
    assert fit["criteria"]["on_new_rows"] == pytest.approx(claim["one_out"]["mean"], rel=ROUNDING)
    assert (fit["data"]["n"], fit["data"]["weights_kind"], fit["data"]["effective_n"]) == (120, "precision", None)
    assert fit["routes"]["mle"]["loglik"] == pytest.approx(claim["loglik"], rel=ROUNDING)


@pytest.mark.parametrize("kind", ["hc0", "hc1", "hc2", "hc3"])
def test_sandwiches_of_precision_weights_are_those_of_r(kind: str) -> None:
    fit = claimed("y", "gaussian", "precision", se=kind)
    assert in_order(fit, "std_error") == pytest.approx(CLAIMS["precision"][kind]["std_error"], rel=ROUNDING)


@pytest.mark.parametrize(("target", "model"), [("y", "gaussian"), ("b", "bernoulli"), ("k", "poisson")])
def test_sampling_weights_are_those_of_a_survey_program(target: str, model: str) -> None:
    claim, fit = CLAIMS["sampling"][model], claimed(target, model, "sampling")
    for key in ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value"):
        assert in_order(fit, key) == pytest.approx(claim[key], rel=1e-9), key
    assert {p["df"] for p in fit["parameters"] if p["kind"] == "mean"} == {claim["df"]}
    assert fit["data"]["effective_n"] == pytest.approx(CLAIMS["sampling"]["kish"], rel=ROUNDING)
    assert fit["data"]["n"] == 120
    criteria, known = fit["criteria"], fit["information"]
    assert [criteria[key] for key in ("aic", "bic", "null_loglik", "on_new_rows")] == [None] * 4
    assert [known[key] for key in ("entropy", "explained", "expected_tic", "expected_aic")] == [None] * 4
    assert known["kl"]["raw"] is None
    assert known["kl"]["reason"] == "with sampling weights the likelihood is not that of the rows"
    assert fit["model"]["se_used"] == "sampling"


def table(seed: int, n: int = 60) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=n), np.array(["a", "b", "c"])[rng.integers(0, 3, n)]
    return {"x": x, "g": g.tolist(), "w": rng.gamma(2.0, 1.0, n) + 0.1, "y": 3.0 + x + rng.normal(size=n),
            "two": np.array(["no", "yes"])[(x + rng.logistic(size=n) > 0.0).astype(int)].tolist()}


def fitted(data: dict[str, Any], kind: str = "precision", target: str = "y", **options: Any) -> dict[str, Any]:
    options = {"draws": 0, "weights": "w", "weights_kind": kind, **options}
    return mlefit.fit(data, target, ["x", "g"], **options).to_dict()


@pytest.mark.slow
@given(st.integers(0, 10_000), st.sampled_from([1e-6, 0.3, 7.0, 1e9]))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_a_factor_on_precision_weights_changes_sigma_by_its_root_and_nothing_else(seed: int, factor: float) -> None:
    data = table(seed)
    one, other = fitted(data), fitted({**data, "w": data["w"] * factor})
    for fit, unit in ((one, np.sqrt(factor)), (other, 1.0)):
        for key in ("estimate", "std_error", "ci_low", "ci_high", "loss_estimate"):
            fit["parameters"][-1][key] *= unit
        fit["criteria"]["rmse"] *= unit
        fit["criteria"]["rmse_on_new_rows"] *= unit
        fit["notes"] = []        # one of them says sigma
        for route in fit["routes"].values():
            route["loss"] *= unit**2
    assert_same(figures(one), figures(other))


@given(st.integers(0, 10_000), st.sampled_from(["y", "two"]), st.sampled_from([1e-6, 7.0, 1e9]))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_a_factor_on_sampling_weights_changes_nothing(seed: int, target: str, factor: float) -> None:
    data = table(seed)
    one, other = fitted(data, "sampling", target), fitted({**data, "w": data["w"] * factor}, "sampling", target)
    assert_same(figures(one), figures(other))


def test_equal_weights_of_precision_are_no_weights() -> None:
    data = table(1)
    plain, equal = fitted(data, "frequency", weights=None), fitted({**data, "w": np.ones(60)})
    for fit in (plain, equal):
        fit["data"].pop("weights_kind")
        fit["information"]["kl"] = None     # looks for structure in w as well
        fit["information"]["entropy"] = fit["information"]["entropy_method"] = None
        for route in fit["routes"].values():
            route["kl"] = None
    assert_same(figures(plain), figures(equal))


def test_equal_weights_of_sampling_have_the_errors_of_hc0_but_for_one_degree_of_freedom() -> None:
    data = {**table(2), "w": np.full(60, 17.5)}
    robust, sampled = fitted(data, "frequency", weights=None, se="hc0"), fitted(data, "sampling")
    for mine, other in zip(sampled["parameters"], robust["parameters"], strict=True):
        assert mine["estimate"] == pytest.approx(other["estimate"], rel=1e-10)
        assert mine["std_error"] == pytest.approx(other["std_error"] * np.sqrt(60.0 / 59.0), rel=1e-10)
    assert sampled["data"]["effective_n"] == pytest.approx(60.0, rel=1e-12)


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
def test_rows_of_weight_zero_are_counted_and_change_nothing(kind: str) -> None:
    data = {**table(3), "w": np.random.default_rng(3).integers(0, 3, 60)}
    there = data["w"] > 0
    rest = {name: [value for value, kept in zip(values, there, strict=True) if kept] for name, values in data.items()}
    mine, alone = fitted(data, kind), fitted(rest, kind)
    lost = int((~there).sum())
    assert (mine["data"]["rows_used"], mine["data"]["rows_dropped"], mine["data"]["zero_weight"]) == (60 - lost, lost, lost)
    assert mine["data"]["dropped"] == {}
    told = str(mlefit.fit(data, "y", ["x", "g"], weights="w", weights_kind=kind, draws=0)).splitlines()
    assert f"{60 - lost} of 60 rows used ({lost} dropped, of weight 0: {lost})" in told[1]
    mine["data"]["zero_weight"] = 0
    assert_same(figures(mine), figures(alone))


@pytest.mark.parametrize("kind", ["precision", "sampling"])
@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_any_engine_gives_the_same_answer(tmp_path: Path, kind: str, model: str) -> None:
    if (kind, model) == ("precision", "bernoulli"):
        return
    rng = np.random.default_rng(4)
    n = 30_000
    x, w = rng.normal(size=n), rng.gamma(2.0, 1.0, n) + 0.1
    y = x + rng.normal(size=n) / np.sqrt(w) if model == "gaussian" else (x + rng.logistic(size=n) > 0.0).astype(int)
    path = tmp_path / "t.csv"
    path.write_text("x,w,y\n" + "\n".join(f"{a!r},{b!r},{c}" for a, b, c in zip(x.tolist(), w.tolist(), y.tolist(), strict=True)))
    one, two = (
        mlefit.fit(path, "y", ["x"], model, weights="w", weights_kind=kind, holdout=0.2, draws=0, engine=engine, threads=threads)
        .to_dict() for engine, threads in (("memory", 1), ("stream", 2)))
    for fit in (one, two):
        fit["run"] = None
    assert one == two


def test_held_out_rows_of_precision_weights_have_a_variance_of_their_own() -> None:
    data = table(5, 400)
    fit = mlefit.fit(data, "y", ["x"], weights="w", weights_kind="precision", holdout=0.3, draws=0)
    held = fit.report.information.holdout if fit.report.information else None
    assert held is not None
    first, slope, sigma = (p.estimate for p in fit.report.parameters)
    assert first is not None
    assert slope is not None
    assert sigma is not None
    aside = np.random.default_rng([0, 0, 1]).random(400) < 0.3
    variance, error = sigma**2 / data["w"][aside], (data["y"] - first - slope * data["x"])[aside]
    each = 0.5 * (np.log(2.0 * np.pi * variance) + error**2 / variance)
    assert held.cross_entropy == pytest.approx(each.mean(), rel=1e-10)
    assert held.rmse == pytest.approx(np.sqrt(np.mean(data["w"][aside] * error**2)), rel=1e-10)
    y, w = data["y"][aside], data["w"][aside]
    about = w @ (y - w @ y / w.sum()) ** 2
    assert held.r_squared == pytest.approx(1.0 - w @ error**2 / about, rel=1e-9)
    assert held.std_error == pytest.approx(each.std() / np.sqrt(aside.sum()), rel=1e-9)
    assert held.n == aside.sum()


def test_the_error_of_held_out_rows_drawn_with_weights_is_that_of_a_weighted_mean() -> None:
    data = table(7, 600)
    fit = mlefit.fit(data, "y", ["x"], weights="w", weights_kind="sampling", holdout=0.4, draws=0)
    held = fit.report.information.holdout if fit.report.information else None
    assert held is not None
    first, slope, sigma = (p.estimate for p in fit.report.parameters)
    assert first is not None
    assert slope is not None
    assert sigma is not None
    aside = np.random.default_rng([0, 0, 1]).random(600) < 0.4
    error, w = (data["y"] - first - slope * data["x"])[aside], data["w"][aside]
    each = 0.5 * (np.log(2.0 * np.pi * sigma**2) + error**2 / sigma**2)
    mean = w @ each / w.sum()
    assert held.cross_entropy == pytest.approx(mean, rel=1e-10)
    assert held.std_error == pytest.approx(np.sqrt(w**2 @ (each - mean) ** 2) / w.sum(), rel=1e-8)


@pytest.mark.parametrize(("options", "message", "remedy"), [
    ({"weights_kind": "precision", "model": "bernoulli", "target": "two"},
     "--weights-kind precision: bernoulli has no variance sigma^2 that a weight could divide",
     "use --model gaussian, or --weights-kind frequency or sampling"),
    ({"weights_kind": "sampling", "weights": None}, "--weights-kind sampling: there are no weights",
     "name their column with --weights"),
    ({"weights_kind": "sampling", "se": "model"},
     "--se model takes weights for counts of rows, --weights-kind sampling says that they are none",
     "leave out --se, or use --se cluster:COLUMN for rows that were drawn together"),
])
def test_what_a_kind_of_weights_does_not_allow(options: dict[str, Any], message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        mlefit.fit(table(0), **{"target": "y", "features": ["x"], "weights": "w", **options})
    assert (refused.value.message, refused.value.remedy) == (message, remedy)


@pytest.mark.parametrize("kind", ["precision", "sampling"])
@pytest.mark.parametrize(("bad", "spelt"), [(-1.0, "-1"), (np.inf, "inf"), (1e31, "1e+31")])
def test_a_weight_that_is_none_is_refused_with_its_row(kind: str, bad: float, spelt: str) -> None:
    data = table(0)
    data["w"][3] = bad
    with pytest.raises(DataError) as refused:
        fitted(data, kind)
    assert refused.value.message == (
        f'column "w", row 4: a {kind} weight must be 0 or a number between 1e-30 and 1e+30, found {spelt}')
    assert refused.value.remedy == "drop or correct the row"


def counted(data: dict[str, Any], target: str, **options: Any) -> list[str]:
    fit = mlefit.fit(data, target, [name for name in data if name not in (target, "w")], weights="w", draws=0, **options)
    return [warning.message for warning in fit.report.warnings if warning.code == "weights-kind"]


def test_population_weights_taken_as_counts_are_doubted() -> None:
    rng = np.random.default_rng(6)
    x, w = rng.normal(size=50), rng.integers(10, 1_000, 50)
    (said,) = counted({"x": x, "w": w, "y": x + rng.normal(size=50)}, "y")
    assert said == (
        f'column "w": frequency weights take a row as {w.mean():.3g} rows on average, and errors are those of n = {w.sum():,} '
        "rows, but the numbers are fractional, unlike in a table of counts; --weights-kind precision is for a variance of "
        "sigma^2/w, --weights-kind sampling for rows that stand for w rows of a population")
    two = {"g": ["a", "b"] * 25, "w": w, "y": rng.integers(0, 2, 50)}
    (said,) = counted(two, "y", model="bernoulli")
    assert "but rows that are equal stand apart, unlike in a table of counts" in said


def test_a_table_of_counts_and_small_weights_are_not_doubted() -> None:
    rng = np.random.default_rng(7)
    counts = {"g": list("aabb"), "w": [120, 45, 80, 90], "y": ["no", "yes"] * 2}
    assert counted(counts, "y", model="bernoulli") == []
    assert counted({"dose": [0.5, 0.5, 1.5, 1.5], "w": [120, 45, 80, 90], "y": [0, 1, 0, 1]}, "y", model="bernoulli") == []
    assert counted({"x": [1, 2, 3, 4, 5, 6], "w": [20, 30, 40, 30, 20, 10], "y": [1, 1, 2, 3, 3, 5]}, "y", model="gaussian") == []
    x = rng.normal(size=50)
    assert counted({"x": x, "w": rng.integers(1, 4, 50), "y": x + rng.normal(size=50)}, "y") == []


@pytest.mark.parametrize(("model", "kind"), [("gaussian", "precision"), ("gaussian", "sampling"), ("gamma", "sampling"), ("poisson", "sampling")])
def test_the_proof_holds_for_weights_of_any_kind(
    model: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """And the option that a refusal of weights tells of is one that the command has."""
    rng = np.random.default_rng(9)
    x, w = rng.normal(size=120), rng.uniform(0.3, 5.0, 120)
    y = rng.poisson(np.exp(0.5 * x)) if model == "poisson" else rng.gamma(3.0, np.exp(0.3 * x))
    path = str(tmp_path / "w.csv")
    np.savetxt(path, np.column_stack([x, w, y]), delimiter=",", header="x,w,y", comments="")
    command = ["prove", path, "-t", "y", "-x", "x", "-m", model, "--weights", "w", "-q"]
    assert main(command) == 3
    told = capsys.readouterr().err
    assert f"--weights-kind {kind}" in told
    assert main([*command, "--weights-kind", kind]) == 0
    assert capsys.readouterr().out.endswith("claims hold on these 120 rows.\n")
