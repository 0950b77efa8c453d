"""What a saved model predicts of a law: the names of its columns, and intervals that hold."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import mlefit
from mlefit.noise import MODELS

SAMPLES = Path(__file__).parents[1] / "sample_data"


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50, 200])
def test_gaussian_intervals_cover(n: int) -> None:
    rng, hits, runs = np.random.default_rng(n), np.zeros(2), 400
    for _ in range(runs):
        x = rng.normal(size=(n, 3))
        y = 1 + x @ [1, 2, 3] + rng.normal(size=n)
        fit = mlefit.fit({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y}, target="y", kl=False)
        new = rng.normal(size=3)
        row = fit.predict({"a": [new[0]], "b": [new[1]], "c": [new[2]]}).iloc[0]
        mean = 1 + new @ [1, 2, 3]
        hits += (row["mean_low"] <= mean <= row["mean_high"], row["new_low"] <= mean + rng.normal() <= row["new_high"])
    assert hits / runs == pytest.approx([0.95, 0.95], abs=4 * np.sqrt(0.95 * 0.05 / runs))


def test_intervals_of_counts_are_whole_and_reach_the_level() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=400)
    fit = mlefit.fit({"x": x, "y": rng.poisson(np.exp(1 + 0.5 * x))}, target="y", model="poisson")
    found = fit.predict({"x": [-1.0, 0.0, 2.0]})
    rates = found["mean"].to_numpy()
    for end, share in (("new_low", 0.025), ("new_high", 0.975)):
        value = found[end].to_numpy()
        assert np.array_equal(value, np.rint(value))
        assert (np.abs(stats.poisson.ppf(share, rates) - value) <= 1).all()
    assert (found["mean_low"] > 0).all()


def test_intervals_of_a_skewed_law_are_its_quantiles_averaged_over_the_error() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=300)
    fit = mlefit.fit({"x": x, "y": np.exp(0.3 * x) * rng.gamma(3.0, size=300)}, target="y", model="gamma")
    row = fit.predict({"x": [0.4]}).iloc[0]
    saved = fit.model.saved
    k = float(np.exp(saved.free[0]))
    half = (np.log(row["mean_high"]) - np.log(row["mean_low"])) / 2 / stats.norm.ppf(0.975)
    eta = np.log(row["mean"]) + half * np.random.default_rng(0).normal(size=200_000)
    drawn = np.random.default_rng(1).gamma(k, np.exp(eta) / k)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([row["new_low"], row["new_high"]], rel=0.01)


@pytest.mark.parametrize(("model", "names"), [
    ("laplace", ["location", "location_low", "location_high", "new_low", "new_high", "flag"]),
    ("student-t", ["location", "location_low", "location_high", "new_low", "new_high", "flag"]),
    ("quantile:tau=0.9", ["q0.9", "q0.9_low", "q0.9_high", "flag"]),
    ("heteroscedastic-gaussian", ["mean", "mean_low", "mean_high", "new_low", "new_high", "flag"]),
])
def test_what_a_law_predicts_is_called_what_it_is(model: str, names: list[str]) -> None:
    fit = mlefit.fit(str(SAMPLES / "rents.csv"), "rent", ["area"], model, kl=False)
    found = fit.predict({"area": [60.0, 80.0]})
    assert list(found.columns) == names
    low, high = names[-3], names[-2]
    assert (found[low] < found[names[0]]).all()
    assert (found[names[0]] < found[high]).all()
    own = [next(float(p.estimate) for p in fit.report.parameters if p.name == name) for name in ("(Intercept)", "area")]
    assert found[names[0]].tolist() == pytest.approx([own[0] + own[1] * area for area in (60.0, 80.0)], rel=1e-10)


def test_a_skewed_mean_has_its_median_beside_it() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    fit = mlefit.fit({"x": x, "y": np.exp(1 + 0.3 * x + 0.8 * rng.normal(size=400))}, "y", ["x"], "lognormal")
    row = fit.predict({"x": [0.0]}).iloc[0]
    assert list(row.index) == ["mean", "median", "mean_low", "mean_high", "new_low", "new_high", "flag"]
    sigma = next(float(p.estimate) for p in fit.report.parameters if p.name == "sigma")
    assert row["mean"] / row["median"] == pytest.approx(np.exp(sigma**2 / 2), rel=1e-9)


@pytest.mark.parametrize("name", [name for name, law in MODELS.items() if law.with_scale is not None])
def test_a_scale_that_depends_on_predictors_is_kept(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    x, u = rng.normal(size=(2, 120))
    table = {"x": x, "u": u, "y": np.ceil(4.0 * np.exp(0.3 * x) * rng.gamma(3.0, size=120))}
    fit = mlefit.fit(table, "y", ["x", "u"], name, scale_features=["u", "x"], kl=False)      # whose terms stand in another order
    fit.save(tmp_path / "m.json")
    found = mlefit.load(tmp_path / "m.json").predict(table, score=True)
    assert found.equals(fit.predict(table, score=True))
    mle = fit.report.mle
    assert mle is not None
    assert found["nll"].mean() == pytest.approx(mle.nll, rel=1e-9)
