"""New rows: the hold-out is a seeded split that the fit never sees, and TIC says what new rows should cost."""

from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.errors import DataError
from mlefit.pipeline import run
from mlefit.report.information import Information
from mlefit.report.report import Report
from mlefit.request import Request

Table = dict[str, list[object]]


def regression(n: int, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 1e3 + 20.0 * x + 5.0 * rng.laplace(size=n)
    return {"x": list(map(float, x)), "y": list(map(float, y))}


def told(report: Report) -> Information:
    assert report.information is not None
    return report.information


def fit(data: object, **more: object) -> Report:
    return run(Request(data, draws=0, **more))      # type: ignore[arg-type]


def test_held_out_rows_are_scored_by_the_fit_of_the_others() -> None:
    data = regression(1_000)
    report = fit(data, target="y", holdout=0.3)
    held = told(report).holdout
    assert held is not None
    assert (report.data.rows_used, report.data.n + held.n, held.rows) == (1_000, 1_000, held.n)
    assert abs(held.n - 300) < 4 * np.sqrt(1_000 * 0.3 * 0.7)
    first, slope, sigma = (p.estimate for p in report.parameters)
    keys = np.random.default_rng([0, 0, 1]).random(1_000)
    aside = keys < 0.3
    x, y = np.array(data["x"], float), np.array(data["y"], float)
    line = np.polyfit(x[~aside], y[~aside], 1)
    assert (slope, first) == pytest.approx(tuple(line), rel=1e-9)
    assert sigma is not None
    z = (y[aside] - np.polyval(line, x[aside])) / sigma
    each = 0.5 * z**2 + np.log(sigma) + 0.5 * np.log(2.0 * np.pi)
    assert held.cross_entropy == pytest.approx(each.mean(), rel=1e-9)
    assert held.std_error == pytest.approx(each.std() / np.sqrt(held.n), rel=1e-9)


def test_the_split_follows_the_seed_and_not_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    data = regression(3_000)
    path.write_text("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in zip(data["x"], data["y"], strict=True)))
    one, again, other = (
        told(fit((str(path),), holdout=0.2, seed=seed, engine=engine, threads=threads)).holdout
        for seed, engine, threads in ((1, "memory", 1), (1, "stream", 2), (2, "memory", 1))
    )
    assert one == again
    assert one != other


def test_a_fit_with_held_out_rows_has_the_same_bits_for_any_engine(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(40_000, 3))
    y = np.where(rng.random(40_000) < 1.0 / (1.0 + np.exp(-x[:, 0])), "yes", "no")
    path = tmp_path / "t.csv"
    rows = zip(x.tolist(), y, strict=True)
    path.write_text("a,b,c,y\n" + "\n".join(f"{a!r},{b!r},{c!r},{z}" for (a, b, c), z in rows))
    one, two = (
        fit((str(path),), holdout=0.2, engine=engine, threads=threads)
        for engine, threads in (("memory", 1), ("stream", 2))
    )
    assert one.parameters == two.parameters
    assert one.information == two.information


def test_classes_and_weights_are_held_out_too() -> None:
    rng = np.random.default_rng(4)
    kind = [("a", "b", "c")[k] for k in rng.integers(0, 3, 600)]
    data = {"x": rng.normal(size=600), "w": rng.integers(0, 3, 600), "kind": kind}
    report = fit(data, target="kind", features=("x",), weights="w", holdout=0.5)
    held = told(report).holdout
    assert held is not None
    assert held.n > held.rows
    assert report.data.n + held.n == int(np.sum(data["w"]))
    assert held.cross_entropy == pytest.approx(np.log(3.0), abs=0.05)


@pytest.mark.parametrize(("data", "share", "message"), [
    ({"y": [1.0, 2.0, 4.0]}, 1e-6, "--holdout 1e-06: none of the 3 rows used fall into the hold-out"),
    ({"y": [1.0, 2.0, 4.0]}, 0.999999, "--holdout 0.999999: all of the 3 rows used fall into the hold-out"),
    ({"y": ["a", "b"] * 9 + ["c"]}, 0.9999,
     '--holdout 0.9999: all of the 19 rows used fall into the hold-out'),
])
def test_a_split_with_an_empty_side_is_refused(data: Table, share: float, message: str) -> None:
    with pytest.raises(DataError) as refused:
        fit(data, target="y", holdout=share)
    assert refused.value.message == message
    assert refused.value.remedy == "use another share, another --seed, or more rows"


def test_a_class_that_is_only_held_out_is_refused() -> None:
    keys = np.random.default_rng([0, 0, 1]).random(30)
    kind = ["a", "b"] * 15
    kind[int(np.argmin(keys))] = "c"
    with pytest.raises(DataError) as refused:
        fit({"x": list(range(30)), "y": kind}, target="y", model="categorical", holdout=0.3)
    assert refused.value.message == (
        '--holdout 0.3: every row of column "y" with level "c" is held out, so the fit cannot know it'
    )
    assert refused.value.remedy == "use a smaller share, another --seed, or more rows"


def test_the_trace_of_takeuchi_is_the_textbook_one() -> None:
    """For the mean and sigma of one law, tr(J^-1 K) = 1 + (kurtosis - 1) / 2."""
    y = np.random.default_rng(6).laplace(size=2_000) * 7.0 + 100.0
    known = told(fit({"y": y}, target="y", features=()))
    z = (y - y.mean()) / y.std()
    trace = 1.0 + (np.mean(z**4) - 1.0) / 2.0
    assert known.cross_entropy is not None
    assert known.expected_tic == pytest.approx(known.cross_entropy + trace / 2_000, rel=1e-12)
    assert known.expected_aic == pytest.approx(known.cross_entropy + 2.0 / 2_000, rel=1e-12)
    assert known.explained is None


@pytest.mark.slow
def test_tic_foretells_the_held_out_cross_entropy_on_average() -> None:
    """Over 60 samples of laplace noise the optimism 2 x tr / (2 n) is met within 3 standard errors."""
    rests = []
    for seed in range(60):
        known = told(fit(regression(200, seed), target="y", holdout=0.5))
        assert known.holdout is not None
        assert known.holdout.cross_entropy is not None
        assert known.expected_tic is not None
        rests.append(known.holdout.cross_entropy - known.expected_tic)
    assert abs(np.mean(rests)) < 3.0 * np.std(rests) / np.sqrt(60)


def test_what_the_predictors_explain_is_a_difference_of_likelihoods() -> None:
    report = mlefit.fit(regression(500), "y", draws=0).report
    assert report.criteria is not None
    assert report.criteria.null_loglik is not None
    assert report.criteria.loglik is not None
    gain = (report.criteria.loglik - report.criteria.null_loglik) / 500
    assert told(report).explained == pytest.approx(gain, rel=1e-12)
    assert report.criteria.r_squared == pytest.approx(1.0 - np.exp(-2.0 * gain), rel=1e-9)     # the gaussian identity
    assert told(fit(regression(500), target="y", intercept=False)).explained is None
    assert report.agreement is not None
    assert report.agreement.kl_routes == pytest.approx(0.0, abs=1e-15)


def with_a_rare_level(rare: str, seed: int = 0) -> tuple[Table, np.ndarray]:
    """Rows of which those with g=`rare` are all held out, and the mask of those held out."""
    rng = np.random.default_rng(3)
    aside = np.random.default_rng([seed, 0, 1]).random(200) < 0.3
    g = np.array(["b", "c", "d"])[rng.integers(0, 3, 200)]
    g[np.flatnonzero(aside)[[2, 5, 7]]] = rare
    effect = {"a": 9.0, "b": 0.0, "c": 1.0, "d": 2.0, "z": 9.0}
    y = np.array([effect[level] for level in g]) + rng.normal(size=200)
    return {"g": g.tolist(), "y": y.tolist()}, aside


@pytest.mark.parametrize("rare", ["a", "z"])
def test_held_out_rows_with_a_level_that_no_row_fitted_has_are_counted_and_not_scored(rare: str) -> None:
    data, aside = with_a_rare_level(rare)      # `a` would be the baseline of the levels of all rows
    report = fit(data, target="y", holdout=0.3)
    held = told(report).holdout
    assert held is not None
    assert (held.rows, held.not_scored, held.n) == (aside.sum(), 3, aside.sum() - 3)
    assert [p.name for p in report.parameters] == ["(Intercept)", "g=c", "g=d", "sigma"]
    assert [p.state for p in report.parameters] == ["ok"] * 4
    g, y = np.array(data["g"]), np.array(data["y"], float)
    scored = aside & (g != rare)
    means = {level: y[~aside & (g == level)].mean() for level in "bcd"}
    error = y[scored] - np.array([means[level] for level in g[scored]])
    assert held.rmse == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-9)
    (warning,) = [warning for warning in report.warnings if warning.code == "not-scored"]
    assert warning.message == (f"3 of {held.rows} rows held out are not scored: their level of a predictor is in no row of the "
                               "fit (g: 3)")
    assert warning.columns == ("g",)


def test_where_no_row_held_out_can_be_scored_there_are_no_figures() -> None:
    aside = np.random.default_rng([0, 0, 1]).random(60) < 0.1
    g = np.where(aside, "z", np.array(["a", "b"] * 30))
    report = fit({"g": g.tolist(), "y": np.random.default_rng(2).normal(size=60).tolist()}, target="y", holdout=0.1)
    held = told(report).holdout
    assert held is not None
    assert held == (0.1, aside.sum(), 0, None, None, aside.sum(), None, None, None, None, None)


def test_knots_and_polynomials_are_learnt_from_the_rows_fitted_alone() -> None:
    data = regression(300)
    data["y"] = [float(np.sin(x)) + y / 100.0 for x, y in zip(data["x"], data["y"], strict=True)]   # type: ignore[arg-type, operator]
    aside = np.random.default_rng([0, 0, 1]).random(300) < 0.3
    rest = {name: [v for v, out in zip(values, aside, strict=True) if not out] for name, values in data.items()}
    mine, alone = (fit(table, formula="y ~ bs(x, df=6)", holdout=share) for table, share in ((data, 0.3), (rest, None)))
    for one, other in zip(mine.parameters, alone.parameters, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=1e-9)


def test_held_out_rows_that_break_the_relation_of_a_column_without_a_coefficient_are_not_scored() -> None:
    rng = np.random.default_rng(8)
    n = 200
    aside = np.random.default_rng([0, 0, 1]).random(n) < 0.3
    a, b = rng.normal(size=(2, n)) + 1e3
    twice, fixed = a + 0.25 * b, np.full(n, 5.0)
    out = np.flatnonzero(aside)
    twice[out[:4]] += 3.0
    fixed[out[3:5]] = 7.0
    y = a - b + rng.normal(size=n)
    report = fit({"a": a.tolist(), "b": b.tolist(), "twice": twice.tolist(), "fixed": fixed.tolist(), "y": y.tolist()},
                 target="y", holdout=0.3)
    assert [p.state for p in report.parameters] == ["ok", "ok", "ok", "aliased", "aliased", "ok"]
    held = told(report).holdout
    assert held is not None
    assert (held.rows, held.not_scored, held.n) == (aside.sum(), 5, aside.sum() - 5)
    (warning,) = [warning for warning in report.warnings if warning.code == "not-scored"]
    assert warning.message == (
        f"5 of {held.rows} rows held out are not scored: a column that others determine in the rows fitted, and so has no "
        "coefficient, is not what they say there (twice: 4, fixed: 2)")
    first, one, two = (p.estimate for p in report.parameters[:3])
    error = (y - (first + one * a + two * b))[out[5:]]      # type: ignore[operator]
    assert held.rmse == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-8)


def test_columns_that_stay_combinations_are_no_reason_not_to_score() -> None:
    rng = np.random.default_rng(9)
    n = 300
    a, b = np.round(1e6 + rng.normal(size=(2, n)), 3)
    table = {"a": a.tolist(), "b": b.tolist(), "s": (a + b).tolist(), "t": (0.1 * a).tolist(), "y": rng.normal(size=n).tolist()}
    report = fit(table, target="y", holdout=0.5)
    held = told(report).holdout
    assert held is not None
    assert [p.state for p in report.parameters].count("aliased") == 2
    assert held.not_scored == 0
