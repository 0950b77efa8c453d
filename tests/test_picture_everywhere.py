"""Pictures of more rows than are drawn: some of them are sums over all rows, and say so."""

from collections.abc import Sequence

import numpy as np
import pytest
from model_cases import NOISES, law, name_of
from model_cases import rows as rows_of

from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.picture.everywhere import Part
from mlefit.picture.json import to_dict
from mlefit.picture.panel import Layer, Panel, Sheet
from mlefit.picture.standing import GROUPS, Groups
from mlefit.pipeline.pictured import pictured
from mlefit.report.json import dumps
from mlefit.request import Request

N = 30_000
counts = [noise for noise in NOISES if noise.response.whole or noise.name == "gamma"]


def data(seed: int = 1, bend: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(N)
    eta = 0.5 + 0.4 * x + bend * x * x
    return {"x": x, "yes": np.where(rng.random(N) < 1.0 / (1.0 + np.exp(-eta)), "yes", "no"),
            "count": rng.poisson(np.exp(eta)).astype(float), "above": eta + rng.standard_normal(N)}


def sheet(target: str, model: str, of: dict[str, np.ndarray], **options: object) -> Sheet:
    table = {"x": of["x"], target: of[target]} | ({"k": of["k"]} if "k" in of else {})
    return pictured(Request(table, target=target, features=("x",), model=model, draws=0, **options),      # type: ignore[arg-type]
                    ("all",)).sheet


def panels(sheet: Sheet) -> dict[str, Panel]:
    return {panel.id: panel for panel in sheet.panels}


def layer(panel: Panel, kind: str, role: str) -> Layer:
    return next(one for one in panel.layers if (one.kind, one.role) == (kind, role))


@pytest.mark.slow
def test_calibration_is_that_of_all_rows() -> None:
    of = data()
    made = sheet("yes", "bernoulli", of)
    assert made.foot == "drawn from a random 20,000 of 30,000 rows, calibration from all; 199 data sets simulated, seed 0"
    found = panels(made)["calibration"]
    assert found.rows == N
    assert found.sentence.startswith("Predicted probabilities and observed shares agree within chance (p = ")
    assert found.sentence.endswith(", all 30,000 rows).")
    ten = layer(found, "interval", "data").numbers
    assert ten["x"].size == 10
    assert ten["y"].mean() == pytest.approx((of["yes"] == "yes").mean(), abs=2e-3)      # groups are nearly of one size
    assert ten["x"].mean() == pytest.approx((of["yes"] == "yes").mean(), abs=2e-3)


@pytest.mark.slow
def test_a_rootogram_hangs_the_counts_of_all_rows_from_what_is_expected_of_all() -> None:
    of = data()
    made = pictured(Request({"x": of["x"], "count": of["count"]}, target="count", model="poisson", draws=0), ("all",))
    assert ", rootogram and meanvar from all; " in made.sheet.foot
    found = panels(made.sheet)["rootogram"]
    assert found.rows == N
    assert "end within the envelope about 0 (p = " in found.sentence
    assert found.sentence.endswith(", all 30,000 rows).")
    bars = layer(found, "bars", "data").numbers
    seen, usual = np.square(bars["height"] - bars["base"]), np.square(bars["height"])
    most = seen.size - 1
    assert seen == pytest.approx(np.bincount(np.minimum(of["count"].astype(int), most)))
    constant, slope = (float(one.estimate or 0.0) for one in made.report.parameters)
    eta = (constant + slope * of["x"])[:, None]
    poisson, none = MODELS.find("poisson", ""), np.empty(0)
    each = [np.exp(-poisson.nll(np.full(N, float(k)), eta, none, 0).value).sum() for k in range(most)]
    assert usual == pytest.approx([*each, N - sum(each)], rel=1e-6)


@pytest.mark.slow
def test_successes_hang_from_what_is_expected_of_the_trials_of_all_rows() -> None:
    of, rng = data(9), np.random.default_rng(10)
    trials = rng.integers(1, 7, N).astype(float)
    some = rng.binomial(trials.astype(int), 1.0 / (1.0 + np.exp(0.5 - 0.8 * of["x"]))).astype(float)
    request = Request({"x": of["x"], "some": some, "n": trials}, target="some", trials="n", features=("x",), draws=0)
    made = pictured(request, ("all",))
    found = panels(made.sheet)["rootogram"]
    assert found.rows == N
    assert found.sentence.endswith(", all 30,000 rows).")
    bars = layer(found, "bars", "data").numbers
    assert np.square(bars["height"] - bars["base"]) == pytest.approx(np.bincount(some.astype(int)))
    constant, slope = (float(one.estimate or 0.0) for one in made.report.parameters)
    law_of, eta = MODELS.find("binomial", "").among(trials), (constant + slope * of["x"])[:, None]
    with np.errstate(invalid="ignore"):
        each = [np.exp(-law_of.nll(np.full(N, float(k)), eta, np.empty(0), 0).value) for k in range(6)]
    expected = [one[trials >= k].sum() for k, one in enumerate(each)]
    assert np.square(bars["height"])[:6] == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_variances_and_coverage_are_those_of_all_rows() -> None:
    of = data()
    made = pictured(Request({"x": of["x"], "count": of["count"]}, target="count", model="poisson", draws=0), ("all",))
    found = panels(made.sheet)["meanvar"]
    assert found.rows == N
    assert found.sentence.startswith("The variance follows the model's (p = ")
    assert found.sentence.endswith(", all 30,000 rows).")
    constant, slope = (float(one.estimate or 0.0) for one in made.report.parameters)
    mu = np.exp(constant + slope * of["x"])
    assert layer(found, "points", "data").numbers["y"].mean() == pytest.approx(np.square(of["count"] - mu).mean(), rel=0.05)
    covered = panels(sheet("above", "quantile:tau=0.9", of))["coverage"]
    assert covered.rows == N
    assert covered.sentence.startswith("Everywhere along the fitted quantile about 90 % lie below (p = ")
    assert covered.sentence.endswith(", all 30,000 rows).")
    assert layer(covered, "points", "data").numbers["y"].mean() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.slow
def test_what_is_wrong_everywhere_is_seen_in_all_rows() -> None:
    of = data(bend=0.2)
    found = panels(sheet("yes", "bernoulli", of))["calibration"]
    assert found.mark
    assert found.sentence.startswith("Where the model says 0.")
    assert found.sentence.endswith(" (p < 0.005, all 30,000 rows).")
    assert panels(sheet("above", "quantile", of))["coverage"].sentence.endswith(" lie below instead of 50 % (p < 0.005, all 30,000 rows).")
    wide = {**of, "count": np.random.default_rng(2).negative_binomial(2.0, 2.0 / (2.0 + np.exp(0.5 + 0.4 * of["x"]))).astype(float)}
    spread = panels(sheet("count", "poisson", wide))
    assert spread["meanvar"].mark
    assert spread["meanvar"].sentence.startswith("The variance is ")
    assert spread["meanvar"].sentence.endswith(" times the model's: overdispersed (p < 0.005, all 30,000 rows).")
    assert spread["rootogram"].sentence.startswith("Count 0 occurs ")


@pytest.mark.slow
@pytest.mark.parametrize(("target", "model"), [("yes", "bernoulli"), ("count", "poisson"), ("above", "quantile")])
def test_threads_and_engines_make_the_same_bytes(target: str, model: str) -> None:
    of = data(3)
    ways: Sequence[dict[str, object]] = ({"threads": 1}, {"threads": 3}, {"engine": "stream", "threads": 2})
    one, *others = (dumps(to_dict(sheet(target, model, of, **way))) for way in ways)
    assert all(other == one for other in others)


@pytest.mark.slow
def test_a_weight_of_k_counts_a_row_k_times() -> None:
    of, k = data(4), np.random.default_rng(5).integers(1, 4, N).astype(float)
    weighted = panels(sheet("count", "poisson", of | {"k": k}, weights="k"))["rootogram"]
    assert weighted.rows == k.sum()
    bars = layer(weighted, "bars", "data").numbers
    seen = np.square(bars["height"] - bars["base"])
    assert seen[0] == pytest.approx(k[of["count"] == 0.0].sum())
    assert seen.sum() == pytest.approx(k.sum())


@pytest.mark.slow
def test_a_slice_of_some_of_the_rows_is_one_curve_where_a_row_lies_on_the_fit() -> None:
    found = panels(sheet("above", "quantile", data()))["slice"]
    assert not found.mark
    assert found.sentence.startswith("NLL = ")


@pytest.mark.parametrize("noise", counts, ids=name_of)
def test_the_variance_is_that_of_the_law(noise: NoiseModel) -> None:
    _, eta, free = rows_of(noise, 8, n=10, size=1.0)
    for row in eta:
        y, predictors, p = law(noise, row, free)
        mean = noise.expected(predictors[:1], free)[0]
        said = noise.variance(predictors[:1], free)
        assert said is not None
        assert said[0] == pytest.approx(p @ np.square(y - mean), rel=1e-9)


@pytest.mark.parametrize("name", ["poisson", "hurdle"])
def test_few_places_stand_for_many_rows(name: str) -> None:
    noise, rng = MODELS.find(name, ""), np.random.default_rng(6)
    m = len(noise.predictors)
    eta = rng.normal(0.5, 0.6, (200_000, m))
    whole = Part(noise, np.zeros(len(eta)), eta, np.empty(0), np.ones(len(eta)))
    low, high = eta.min(axis=0), eta.max(axis=0)
    groups = Groups(low, (high - low) / (GROUPS if m == 1 else 64))
    places = groups.places(groups.sums(whole))
    assert places.rows.sum() == pytest.approx(len(eta))
    for count in (0.0, 1.0, 5.0):
        all_, some = (np.exp(-noise.nll(np.full(len(at), count), at, np.empty(0), 0).value) for at in (eta, places.eta))
        assert places.rows @ some == pytest.approx(all_.sum(), rel=1e-5)
