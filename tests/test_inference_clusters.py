"""`--se cluster:COLUMN` against the formula written out, and the laws it must keep."""

import numpy as np
import pytest

import mlefit
from mlefit.arrays import Array

GROUPS = 25
ROWS = 400


def sample() -> tuple[dict[str, object], Array]:
    rng = np.random.default_rng(11)
    group = rng.integers(0, GROUPS, ROWS)
    x = rng.normal(size=ROWS) + rng.normal(size=GROUPS)[group]
    y = 1.0 + 2.0 * x + rng.normal(size=GROUPS)[group] + rng.normal(size=ROWS)
    hit = rng.random(ROWS) < 1.0 / (1.0 + np.exp(-0.5 * x - rng.normal(size=GROUPS)[group]))
    data = {"x": x, "group": np.array([f"g{i}" for i in group]), "y": y, "hit": hit.astype(int)}
    return data, group.astype(float)


def sandwich(x: Array, score: Array, curvature: Array, group: Array) -> Array:
    """H^-1 (sum s s' G/(G-1) (n-1)/(n-p)) H^-1, s the sum of the scores of a group, as standard errors."""
    design = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.inv(design.T @ (design * curvature[:, None]))
    sums = np.array([(design * score[:, None])[group == k].sum(axis=0) for k in np.unique(group)])
    middle = sums.T @ sums * (len(sums) / (len(sums) - 1.0)) * (len(x) - 1.0) / (len(x) - 2.0)
    return np.sqrt(np.diagonal(inverse @ middle @ inverse))


def test_gaussian_errors_are_the_clustered_sandwich() -> None:
    data, group = sample()
    fit = mlefit.fit(data, "y", ["x"], "gaussian", se="cluster:group", draws=0)
    x, y = np.asarray(data["x"]), np.asarray(data["y"])
    design = np.column_stack([np.ones_like(x), x])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    expected = sandwich(x, residual, np.ones_like(x), group)
    assert fit.parameters["std_error"][:2].to_numpy() == pytest.approx(expected, rel=1e-10)


def test_bernoulli_errors_are_the_clustered_sandwich() -> None:
    data, group = sample()
    fit = mlefit.fit(data, "hit", ["x"], "bernoulli", se="cluster:group", draws=0)
    x, y = np.asarray(data["x"]), np.asarray(data["hit"])
    p = 1.0 / (1.0 + np.exp(-(fit.parameters["estimate"][0] + fit.parameters["estimate"][1] * x)))
    expected = sandwich(x, y - p, p * (1.0 - p), group)
    assert fit.parameters["std_error"].to_numpy() == pytest.approx(expected, rel=1e-8)


def test_one_row_per_cluster_is_the_hc1_sandwich() -> None:
    data, _ = sample()
    data["row"] = [f"r{i}" for i in range(ROWS)]
    robust = mlefit.fit(data, "hit", ["x"], "bernoulli", se="hc1", draws=0).parameters
    single = mlefit.fit(data, "hit", ["x"], "bernoulli", se="cluster:row", draws=0).parameters
    assert single["std_error"].to_numpy() == pytest.approx(robust["std_error"].to_numpy(), rel=1e-10)
    assert single["df"].to_numpy() == pytest.approx(robust["df"].to_numpy(), rel=1e-10)


@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_threads_and_engine_change_no_bit(model: str) -> None:
    data, _ = sample()
    target = "y" if model == "gaussian" else "hit"
    first = mlefit.fit(data, target, ["x"], model, se="cluster:group", draws=0, threads=1, engine="memory")
    second = mlefit.fit(data, target, ["x"], model, se="cluster:group", draws=0, threads=2, engine="stream")
    assert first.to_dict()["parameters"] == second.to_dict()["parameters"]


def test_a_single_cluster_is_refused() -> None:
    data, _ = sample()
    data["all"] = ["one"] * ROWS
    with pytest.raises(mlefit.DataError) as refused:
        mlefit.fit(data, "y", ["x"], "gaussian", se="cluster:all", draws=0)
    assert str(refused.value) == (
        "--se cluster: the rows used form a single cluster, expected at least two\nuse --se robust, or name another column"
    )


def test_an_unknown_cluster_column_is_refused() -> None:
    data, _ = sample()
    with pytest.raises(mlefit.UsageError, match='there is no column "grup"'):
        mlefit.fit(data, "y", ["x"], "gaussian", se="cluster:grup", draws=0)


def test_what_each_cluster_determines_of_a_law_whose_rows_bend_as_they_are_is_no_other_coefficient() -> None:
    """Gamma noise with a factor whose levels are the clusters: the curvature of a row is y / mu, its expectation 1."""
    rng = np.random.default_rng(0)
    group, x = np.repeat(np.arange(12), 20), rng.normal(size=240)
    y = rng.gamma(2.0, np.exp(0.3 * x + 0.1 * group) / 2.0)
    names = np.array([f"l{k:02}" for k in group])
    found = mlefit.fit({"x": x, "g": names, "c": names, "y": y}, target="y", features=("x", "g"), model="gamma", se="cluster:c")
    told = {parameter.name: parameter for parameter in found.report.parameters}
    assert [name for name, parameter in told.items() if parameter.std_error is not None] == ["x", "k"]
    design = np.column_stack([np.ones(240), x, *(group == k for k in range(1, 12))])
    coefficients = np.array([parameter.estimate for parameter in found.report.parameters[:13]])
    ratio = y / np.exp(design @ coefficients)
    bread = np.linalg.inv(design.T @ (ratio[:, None] * design))
    scores = np.stack([(design * (ratio - 1.0)[:, None])[group == k].sum(axis=0) for k in range(12)])
    error = np.sqrt((bread @ scores.T @ scores @ bread)[1, 1] * 12 / 11 * 239 / 227)
    assert told["x"].std_error == pytest.approx(error, rel=1e-8)
