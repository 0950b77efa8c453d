"""Rows taken as independent: neighbours in the file, rows of one group, rows that come again; and when nothing is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mlefit
from mlefit.arrays import Array
from mlefit.criterion import likelihood
from mlefit.diagnosis.dependence import Order, Serial
from mlefit.diagnosis.groups import Between
from mlefit.diagnosis.scored import Scoring
from mlefit.estimation.fit import fit_both
from mlefit.execution import Engine
from mlefit.mean import Coordinates, LinearMean
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel
from mlefit.objective import Objective
from mlefit.rows.chunk import Chunk
from mlefit.sums.tally import tree_sum

Table = dict[str, Any]
ROWS = 400
CODES = ("dependence", "groups", "repeated-rows")


def fit(columns: Any, model: str = "gaussian", **options: Any) -> dict[str, Any]:
    return mlefit.fit(columns, target="y", model=model, draws=0, **options).to_dict()


def told(columns: Any, model: str = "gaussian", **options: Any) -> list[str]:
    """The warnings of these kinds."""
    return [w["message"] for w in fit(columns, model, **options)["warnings"] if w["code"] in CODES]


def autoregressive(rng: np.random.Generator, correlation: float) -> Array:
    noise = rng.normal(size=ROWS)
    for i in range(1, ROWS):
        noise[i] = correlation * noise[i - 1] + np.sqrt(1.0 - correlation**2) * noise[i]
    return noise


def test_neighbours_that_resemble_each_other_shorten_what_varies_as_slowly() -> None:
    rng = np.random.default_rng(1)
    quick, noise = rng.normal(size=ROWS), autoregressive(rng, 0.4)
    assert told({"x": quick, "y": quick + noise}) == [
        "rows that stand beside each other in the file resemble each other (correlation of their residuals 0.48), so the interval "
        "of (Intercept), and of no other coefficient, is too short; if the file is in the order of time, use --se hac"]
    slow = autoregressive(rng, 0.9)
    assert told({"x": slow, "y": slow + noise}) == [
        "rows that stand beside each other in the file resemble each other (correlation of their residuals 0.48), so intervals are "
        "too short for (Intercept), x; if the file is in the order of time, use --se hac"]


def test_a_correlation_that_shortens_nothing_much_says_so() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=ROWS)
    e = rng.normal(size=ROWS)
    y = x + e + 0.3 * np.roll(e, 1) - 0.3 * np.roll(e, 2)       # neighbours alike, rows further apart the opposite
    assert told({"x": x, "y": y}) == [
        "rows that stand beside each other in the file resemble each other (correlation of their residuals 0.20), though no interval "
        "is much too short for it; if the file is in the order of time, use --se hac"]


def test_a_bend_in_what_the_file_is_sorted_by_is_told_in_both_readings() -> None:
    year = np.arange(ROWS) / ROWS
    y = np.sin(6.0 * year) + 0.3 * np.random.default_rng(4).normal(size=ROWS)
    (message,) = told({"year": year, "y": y})
    assert message == ("neighbours in year resemble each other (correlation of their residuals 0.62): a bend in year (structure), "
                       "or dependence (--se hac)")


@pytest.mark.parametrize("model", ["gaussian", "bernoulli", "categorical"])
def test_a_file_sorted_by_its_target_says_nothing_of_dependence(model: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS)
    y: Any = x + rng.normal(size=ROWS)
    y = y if model == "gaussian" else np.digitize(y, [0.0] if model == "bernoulli" else [-0.7, 0.7]).astype(str)
    order = np.argsort(y, kind="stable")
    found = fit({"x": x[order], "y": y[order]}, model)
    assert found["dependence"] == {"correlation": None, "p_value": None, "too_short": [],
                                   "reason": "the file is sorted by the target", "groups": []}
    assert not [w for w in found["warnings"] if w["code"] in CODES]
    assert abs(fit({"x": x, "y": y}, model)["dependence"]["correlation"]) < 0.15


def by_clinic(order: str) -> Table:
    rng = np.random.default_rng(6)
    clinic = np.arange(ROWS) % 20
    y = 0.5 * rng.normal(size=20)[clinic] + rng.normal(size=ROWS)
    rows = np.argsort(clinic, kind="stable") if order == "together" else np.arange(ROWS)
    names = np.array([f"c{k}" for k in range(20)])[clinic]
    return {"treated": (clinic < 10)[rows] * 1.0, "clinic": names[rows], "y": y[rows]}


@pytest.mark.parametrize("order", ["together", "in turns"])
def test_rows_of_one_clinic_are_no_independent_rows(order: str) -> None:
    found = fit(by_clinic(order), features=["treated"])
    assert [w["message"] for w in found["warnings"]] == [
        "clinic: rows that share it resemble each other, so intervals of what is constant within it are about 2.1 times too "
        "short: --se cluster:clinic, or make it a predictor"]
    bent = fit(by_clinic(order), mean="a+b*treated")
    assert [w["message"] for w in bent["warnings"]] == [        # a curve takes numbers alone
        found["warnings"][0]["message"].replace("make it a predictor", "a curve of each with --by clinic")]
    (group,) = found["dependence"]["groups"]
    assert (group["column"], group["levels"], group["df"], group["df2"]) == ("clinic", 20, pytest.approx(18), pytest.approx(380))


def test_how_much_too_short_intervals_are_by_groups_is_what_clusters_say() -> None:
    """Half of the variance is that of 400 groups of ten: 1 + 9/2 is the design effect, and F estimates 11."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(400), 10)
    t = (group % 2).astype(float)
    data = {"t": t, "g": [f"s{k}" for k in group], "y": rng.normal(size=400)[group] + rng.normal(size=4000)}
    by_model, by_cluster = (fit(data, features=["t"], se=se) for se in ("auto", "cluster:g"))
    (tested,) = by_model["dependence"]["groups"]
    assert tested["statistic"] == pytest.approx(11.0, rel=0.25)
    assert tested["design_effect"] == pytest.approx(5.5, rel=0.15)
    model, cluster = (next(p["std_error"] for p in found["parameters"] if p["name"] == "t") for found in (by_model, by_cluster))
    assert np.sqrt(tested["design_effect"]) == pytest.approx(cluster / model, rel=0.05)


def test_a_mean_that_no_constant_takes_is_no_likeness_of_rows() -> None:
    rng = np.random.default_rng(5)
    x, g = rng.normal(size=300), [f"s{k}" for k in range(30) for _ in range(10)]
    data = {"x": x, "g": g, "y": x + 5.0 + rng.normal(size=300)}
    found = fit(data, features=["x"], intercept=False)
    assert abs(found["dependence"]["correlation"]) < 0.2
    (group,) = found["dependence"]["groups"]
    assert group["p_value"] > 0.01
    assert {w["code"] for w in found["warnings"]}.isdisjoint({"dependence", "groups"})
    data["y"] = data["y"] + np.repeat(rng.normal(size=30), 10)
    assert [w["code"] for w in fit(data, features=["x"], intercept=False)["warnings"]] == ["groups"]


def test_groups_that_are_in_the_model_or_in_the_errors_are_not_asked() -> None:
    table = by_clinic("in turns")
    assert told(table, features=["treated"], se="cluster:clinic") == []
    assert told(table, features=["clinic"]) == []
    numbered = {**table, "clinic": np.arange(ROWS) % 20}
    assert len(told(numbered, features=["treated"])) == 1
    assert told(numbered, features=["treated", "clinic"]) == []     # a number in the model: its levels are structure


@pytest.mark.parametrize("column", [np.arange(ROWS), np.arange(ROWS) // 2, np.arange(ROWS) % 20 + 0.5, np.full(ROWS, 7)],
                         ids=["a level a row", "a level for two rows", "no whole numbers", "one level"])
def test_what_is_no_grouping_is_no_candidate(column: Array) -> None:
    assert fit({**by_clinic("in turns"), "clinic": column}, features=["treated"])["dependence"]["groups"] == []


@pytest.mark.parametrize(("cells", "groups"), [
    ({7: "c168"}, 1), ({7: "<3"}, 1), ({7: "1e999"}, 0), ({7: "c168", 8: "0.5"}, 0),
], ids=["a code", "a bound", "infinite", "no whole number"])
def test_cells_of_a_column_left_out_are_no_reason_to_refuse(cells: dict[int, str], groups: int, tmp_path: Path) -> None:
    """What is mostly numbers names groups by its whole numbers and its words alike."""
    table = by_clinic("in turns")
    clinic = [cells.get(i, str(i % 20)) for i in range(ROWS)]
    path = tmp_path / "t.csv"
    path.write_text("treated,clinic,y\n" + "".join(
        f"{t:g},{c},{y!r}\n" for t, c, y in zip(table["treated"], clinic, table["y"].tolist(), strict=True)))
    assert len(fit(str(path), features=["treated"])["dependence"]["groups"]) == groups


def test_groups_are_those_of_the_rows_fitted(tmp_path: Path) -> None:
    """A missing target, a missing group and a hold-out each leave the codes beside their rows."""
    table = by_clinic("in turns")
    lines = [f"{t:g},{c},{y!r}" for t, c, y in zip(table["treated"], table["clinic"], table["y"].tolist(), strict=True)]
    keys = np.random.default_rng([0, 0, 1]).random(ROWS)
    rows = [i for i in range(ROWS) if keys[i] >= 0.3 and i != 3]
    lines[3], lines[rows[7]] = "1,c3,", f"{table['treated'][rows[7]]:g},,{float(table['y'][rows[7]])!r}"
    path = tmp_path / "t.csv"
    path.write_text("treated,clinic,y\n" + "\n".join(lines) + "\n")
    found = fit(str(path), features=["treated"], holdout=0.3)
    alone = {name: [table[name][i] for i in rows] for name in table}
    alone["clinic"][7] = ""
    assert found["data"]["n"] == len(rows)
    again = fit(alone, features=["treated"])["dependence"]["groups"]
    assert [g["statistic"] for g in found["dependence"]["groups"]] == pytest.approx([g["statistic"] for g in again], rel=1e-9)
    assert len(again) == 1


def test_copies_are_counted_where_predictors_are_continuous() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=300)
    y = (x + rng.logistic(size=300) > 0).astype(int)
    copied = {"x": np.concatenate([x, x[:30]]), "y": np.concatenate([y, y[:30]])}
    assert told(copied, "bernoulli") == [
        "30 of 330 rows repeat an earlier row in every column used, which values of x do not by chance: if they are copies, all "
        "intervals are too short"]
    assert told({"x": x, "y": y}, "bernoulli") == []
    assert told({"x": np.round(x), "y": y}, "bernoulli") == []
    assert told({"x": np.concatenate([x, x[:30]]), "y": np.concatenate([y, 1 - y[:30]])}, "bernoulli") == []


def test_copies_of_measurements_are_counted_and_what_predictors_explain_is_no_copy() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=300)
    y = x + rng.normal(size=300)
    twice = {"x": np.concatenate([x, x]), "y": np.concatenate([y, y])}
    assert told(twice, "gaussian") == [
        "300 of 600 rows repeat an earlier row in every column used, which values of x do not by chance: if they are copies, all "
        "intervals are too short"]
    assert told({"x": x, "y": y}, "gaussian") == []
    coarse = np.round(rng.normal(size=3_000), 2)
    assert told({"x": coarse, "y": np.round(3.0 * coarse + rng.normal(size=3_000) / 10, 1)}, "gaussian") == []


def scoring_of(noise: NoiseModel, y: Array, x: Array) -> Scoring:
    mean = LinearMean(Coordinates.orthonormal(x.shape[1]), 1)
    both = fit_both(noise, mean, Engine.of(Chunk(y, x)))
    return Scoring.of(noise, Objective(likelihood(noise), mean, len(noise.shapes)), both.mle.theta, both.mle.curvature)


def white(n: int, seed: int) -> Array:
    x = np.column_stack([np.ones(n), np.random.default_rng(seed).normal(size=(n, 3))])
    return np.asfortranarray(np.linalg.qr(x)[0] * np.sqrt(n))


def test_the_correlation_of_neighbours_is_centred_and_cuts_do_not_matter() -> None:
    x = white(60, 8)
    y = x[:, 1] + np.random.default_rng(9).normal(size=60)
    scoring = scoring_of(Gaussian(), y, x)
    hat = x @ x.T / 60.0
    e = y - hat @ y
    found = tree_sum(Serial.of(rows) for k in range(0, 60, 7) for rows in scoring.scored(Chunk(y, x).part(k, min(k + 7, 60))))
    expected = float(e[:-1] @ e[1:]) / float(e @ e) + np.diagonal(hat, 1).sum() / 56.0
    assert found.correlation == pytest.approx(expected, rel=1e-9)
    steps = e[:-1] * e[1:]
    z = (steps.sum() + float(e @ e) / 56.0 * np.diagonal(hat, 1).sum()) / np.sqrt(steps @ steps)
    assert found.p_value == pytest.approx(stats.norm.sf(z), rel=1e-7)


def test_f_of_a_gaussian_is_that_of_added_levels_where_they_are_not_in_the_design() -> None:
    """Columns orthogonal to the levels, but for the constant: the adjusted F is the analysis of covariance."""
    n, code = 60, np.arange(60) % 6
    levels = np.eye(6)[code]
    inner = np.random.default_rng(10).normal(size=(n, 2))
    inner -= levels @ (levels.T @ inner) / 10.0
    x = np.asfortranarray(np.linalg.qr(np.column_stack([np.ones(n), inner]))[0] * np.sqrt(n))
    y = np.random.default_rng(11).normal(size=n)
    (rows,) = scoring_of(Gaussian(), y, x).scored(Chunk(y, x))
    group = Between.of(rows, code, 6).test("g")
    both = np.column_stack([x[:, 1:], levels])
    small, large = (float(np.linalg.lstsq(design, y, rcond=None)[1][0]) for design in (x, both))
    f = (small - large) / 5.0 / (large / 52.0)
    assert group is not None
    assert (group.statistic, group.df, group.df2) == pytest.approx((f, 5.0, 52.0), rel=1e-8)
    assert group.p_value == pytest.approx(stats.f.sf(f, 5, 52), rel=1e-7)


def test_pearson_residuals_of_a_bernoulli_law() -> None:
    x = white(80, 12)
    y = (x[:, 1] + np.random.default_rng(13).logistic(size=80) > 0).astype(float)
    scoring = scoring_of(Bernoulli(), y, x)
    (rows,) = scoring.scored(Chunk(y, x))
    p = 1.0 / (1.0 + np.exp(-x @ scoring.theta))
    assert -rows.residuals[:, 0] == pytest.approx((y - p) / np.sqrt(p * (1.0 - p)), rel=1e-8)
    root = np.sqrt(p * (1.0 - p))[:, None] * x
    assert np.square(rows.projections).sum(axis=(1, 2)) == pytest.approx(
        np.einsum("ij,jk,ik->i", root, np.linalg.inv(root.T @ root), root), rel=1e-7)


def test_the_order_of_columns_adds_up() -> None:
    columns = np.array([[1.0, 3.0, 0.0, 5.0], [2.0, 3.0, 1.0, 5.0], [2.0, 1.0, 0.0, 5.0], [4.0, 0.0, 2.0, 5.0]])
    whole, parts = Order.of(columns), tree_sum(Order.of(columns[k : k + 1]) for k in range(4))
    for order in (whole, parts):
        assert order.monotone.tolist() == [True, True, False, False]
        assert order.changes.tolist() == [2.0, 2.0, 3.0, 0.0]


def test_more_rows_than_are_kept_are_not_asked_and_the_reason_is_told() -> None:
    x = np.random.default_rng(15).normal(size=1_500_000)
    assert fit({"x": x, "y": x[::-1]})["dependence"] == {
        "correlation": None, "p_value": None, "too_short": [], "reason": "more rows than are looked at", "groups": []}
