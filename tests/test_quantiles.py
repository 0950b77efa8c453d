"""Least losses with corners: exact answers by brute force, faces, ties, weights, and the same bytes however rows are visited."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from elemental import least

import mlefit
from mlefit.cli import main
from mlefit.errors import NoEstimateError

STACKLOSS = np.array([      # Brownlee (1965), p. 454: air flow, water temperature, acid concentration, stack loss
    [80, 27, 89, 42], [80, 27, 88, 37], [75, 25, 90, 37], [62, 24, 87, 28], [62, 22, 87, 18], [62, 23, 87, 18], [62, 24, 93, 19],
    [62, 24, 93, 20], [58, 23, 87, 15], [58, 18, 80, 14], [58, 18, 89, 14], [58, 17, 88, 13], [58, 18, 82, 11], [58, 19, 93, 12],
    [50, 18, 89, 8], [50, 18, 86, 7], [50, 19, 72, 8], [50, 19, 79, 8], [50, 20, 80, 9], [56, 20, 82, 15], [70, 20, 91, 15]])
LOSS = dict(zip(("air", "water", "acid", "loss"), STACKLOSS.T.astype(float), strict=True))
OPTIONS = {"draws": 0, "target": "loss"}
# R 4.2.2, quantreg 5.94: rq(loss ~ air + water + acid, tau); the last is the sum of the check function
RQ = {0.25: ([-36.0, 0.5, 1.0, 0.0], 16.625),
      0.5: ([-39.68985507246377, 0.8318840579710145, 0.5739130434782609, -0.06086956521739131], 21.04057971014493),
      0.9: ([-58.543318649045524, 0.7929515418502202, 1.3054331864904551, 0.0381791483113069], 8.361674008810573)}


def estimates(found: dict, route: str = "estimate") -> np.ndarray:
    return np.array([p[route] for p in found["parameters"]])


def lattice(seed: int, n: int, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Few distinct numbers, so that rows repeat, planes pass through more rows than they must, and many are as good."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (n, p - 1)).astype(float)
    return np.column_stack([np.ones(n), x]), np.round(x.sum(axis=1) + rng.laplace(0.0, 1.5, n))


def table(x: np.ndarray, y: np.ndarray, **more: np.ndarray) -> dict[str, np.ndarray]:
    return {f"x{j}": x[:, j] for j in range(1, x.shape[1])} | {"y": y} | more


@pytest.mark.parametrize("tau", sorted(RQ))
def test_stackloss_is_that_of_r(tau: float) -> None:
    """At 0.25 eight rows lie on a plane of four coefficients, which is the only one all the same."""
    found = mlefit.fit(LOSS, model=f"quantile:tau={tau}", **OPTIONS).to_dict()
    beta, rho = RQ[tau]
    for route in ("estimate", "loss_estimate"):
        assert estimates(found, route)[:4] == pytest.approx(beta, rel=1e-13, abs=1e-13)
    assert found["routes"]["mle"]["loss"] == pytest.approx(rho / 21, rel=1e-14)
    assert found["criteria"]["loglik"] == pytest.approx(-21 * (1 + np.log(rho / 21 / (tau * (1 - tau)))), rel=1e-14)
    assert {route["certificate"]["kind"] for route in found["routes"].values()} == {"duality gap"}
    assert max(route["edm"] for route in found["routes"].values()) < 1e-13
    assert "not-unique" not in [warning["code"] for warning in found["warnings"]]


def test_laplace_is_the_median() -> None:
    """stackloss of section 11: b and the log-likelihood; the asymmetric law at 0.5 is the symmetric one."""
    laplace = mlefit.fit(LOSS, model="laplace", **OPTIONS).to_dict()
    median = mlefit.fit(LOSS, model="quantile", **OPTIONS).to_dict()
    assert estimates(laplace) == pytest.approx([*RQ[0.5][0], 2.003864734299517], rel=1e-13)
    assert laplace["criteria"]["loglik"] == pytest.approx(-50.15272213664892, rel=1e-14)
    assert estimates(median)[:4] == pytest.approx(estimates(laplace)[:4], rel=1e-14)
    assert median["parameters"][4]["estimate"] == pytest.approx(laplace["parameters"][4]["estimate"] / 2, rel=1e-14)
    assert median["criteria"]["loglik"] == pytest.approx(laplace["criteria"]["loglik"], rel=1e-14)
    for mine, theirs in zip(laplace["parameters"][:4], median["parameters"][:4], strict=True):
        assert mine["std_error"] == pytest.approx(theirs["std_error"], rel=1e-10)


@pytest.mark.parametrize(("seed", "n", "p", "tau"), [
    (seed, n, p, tau) for seed in range(6) for n, p in ((9, 1), (12, 2), (13, 3)) for tau in ("1/4", "1/2", "9/10")])
def test_ties_and_duplicates_are_solved_exactly(seed: int, n: int, p: int, tau: str) -> None:
    x, y = lattice(seed, n, p)
    if np.linalg.matrix_rank(x) < p or np.ptp(y) == 0.0:
        pytest.skip("columns that are combinations of others")
    share = Fraction(tau)
    expected = least(x, y, share)
    if expected.loss == 0:
        pytest.skip("an exact fit")
    found = mlefit.fit(table(x, y), model=f"quantile:tau={float(share)!r}", target="y", draws=0,
                       features=[f"x{j}" for j in range(1, p)]).to_dict()
    for route in ("mle", "loss"):
        assert found["routes"][route]["loss"] * n == pytest.approx(float(expected.loss), rel=1e-13)
        assert found["routes"][route]["edm"] <= 1e-10
    low, high = expected.ends()
    warnings = {warning["code"]: warning for warning in found["warnings"]}
    if not (high > low).any():
        assert "not-unique" not in warnings
        assert estimates(found)[:p] == pytest.approx(low, abs=1e-12)
        return
    names = ["(Intercept)", *(f"x{j}" for j in range(1, p))]
    ranges = [f"{name} from {a + 0.0:.6g} to {b + 0.0:.6g}" for name, a, b in zip(names, low, high, strict=True) if a < b]
    for one in ranges:
        assert one in warnings["not-unique"]["message"]
    assert found["agreement"]["agree"]
    assert ((estimates(found)[:p] >= low - 1e-12) & (estimates(found)[:p] <= high + 1e-12)).all()


def test_the_middle_of_a_median_interval(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("y\n1\n2\n5\n9\n")
    assert main(["fit", str(tmp_path / "t.csv"), "-m", "laplace", "-q"]) == 0
    out = capsys.readouterr().out
    assert "more answers than one have the least loss ((Intercept) from 2 to 5)" in out
    assert "both routes agree on the least loss, at points" in out
    assert "certified maximum (duality gap < 1e-10)" in out
    found = mlefit.fit({"y": [1.0, 2.0, 5.0, 9.0]}, model="laplace", target="y").to_dict()
    assert estimates(found) == pytest.approx([3.5, 2.75], rel=1e-15)


def test_weight_two_is_the_row_twice() -> None:
    x, y = lattice(3, 40, 3)
    weight = np.random.default_rng(4).integers(0, 3, 40).astype(float)
    once = mlefit.fit(table(x, y, w=weight), model="quantile:tau=0.3", target="y", features=["x1", "x2"], weights="w", draws=0)
    chosen = np.repeat(np.arange(40), weight.astype(int))
    often = mlefit.fit(table(x[chosen], y[chosen]), model="quantile:tau=0.3", target="y", features=["x1", "x2"], draws=0)
    mine, theirs = once.to_dict(), often.to_dict()
    assert estimates(mine) == pytest.approx(estimates(theirs), rel=1e-12)
    assert mine["criteria"]["loglik"] == pytest.approx(theirs["criteria"]["loglik"], rel=1e-13)
    assert [p["std_error"] for p in mine["parameters"]] == pytest.approx([p["std_error"] for p in theirs["parameters"]], rel=1e-10)


def spread(n: int, seed: int = 8) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.0, 1.0, n), rng.uniform(0.0, 3.0, n)
    return {"a": a, "c": b, "y": 1.0 + 2.0 * a - b + (0.5 + 0.4 * b) * rng.standard_t(3, n)}


def test_a_shuffled_file_has_the_same_answer_and_certificate() -> None:
    data = spread(4000)
    order = np.random.default_rng(9).permutation(4000)
    first, second = (
        mlefit.fit(rows, model="quantile:tau=0.8", target="y", draws=0).to_dict()
        for rows in (data, {name: values[order] for name, values in data.items()}))
    assert estimates(first) == pytest.approx(estimates(second), rel=1e-13)
    assert [p["std_error"] for p in first["parameters"]] == pytest.approx([p["std_error"] for p in second["parameters"]], rel=1e-9)
    assert max(found["routes"][route]["edm"] for found in (first, second) for route in ("mle", "loss")) <= 1e-10


def test_the_unit_and_the_origin_of_the_response_do_not_matter() -> None:
    data = spread(300)
    plain = mlefit.fit(data, model="laplace", target="y", draws=0).to_dict()
    moved = mlefit.fit({**data, "y": 1e6 * data["y"] + 1e7}, model="laplace", target="y", draws=0).to_dict()
    expected = estimates(plain) * 1e6 + np.array([1e7, 0.0, 0.0, 0.0])
    assert estimates(moved) == pytest.approx(expected, rel=1e-9)
    assert moved["criteria"]["loglik"] == pytest.approx(plain["criteria"]["loglik"] - 300 * np.log(1e6), rel=1e-9)


def test_an_offset_is_taken_off() -> None:
    data = spread(200)
    with_offset = mlefit.fit(data, model="quantile:tau=0.7", target="y", features=["c"], offset="a", draws=0).to_dict()
    without = mlefit.fit({"c": data["c"], "y": data["y"] - data["a"]}, model="quantile:tau=0.7", target="y", draws=0).to_dict()
    assert estimates(with_offset) == pytest.approx(estimates(without), rel=1e-11)


def test_one_wild_value_moves_nothing() -> None:
    data = spread(101)
    top = int(np.argmax(data["y"]))
    wild = {**data, "y": np.where(np.arange(101) == top, 1e30, data["y"])}
    tame, found = (mlefit.fit(rows, model="laplace", target="y", draws=0).to_dict() for rows in (data, wild))
    assert estimates(found)[:3] == pytest.approx(estimates(tame)[:3], rel=1e-9)


def test_threads_and_engines_give_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = spread(40_000)
    path = tmp_path / "rows.csv"
    np.savetxt(path, np.column_stack(list(data.values())), delimiter=",", header="a,c,y", comments="", fmt="%.6g")
    found = []
    for more in (["--threads", "1"], ["--threads", "3"], ["--engine", "stream", "--memory", "8MB"]):
        assert main(["fit", str(path), "-m", "quantile:tau=0.75", "-o", "json", "-q", *more]) == 0
        result = json.loads(capsys.readouterr().out)
        del result["run"]["machine"]
        found.append(result)
    assert found[0] == found[1] == found[2]


def test_rows_on_a_plane_have_no_scale() -> None:
    x = np.arange(5.0)
    with pytest.raises(NoEstimateError) as caught:
        mlefit.fit({"x": x, "y": 2.0 * x - 1.0}, model="laplace", target="y")
    assert str(caught.value) == (
        'the fit is exact: "y" is a linear function of the predictors ((Intercept) = -1, x = 2), so b = 0 and the likelihood is unbounded\n'
        "there is no noise to model; check whether a predictor was computed from the target")
    assert caught.value.code == "exact-fit"


def test_as_many_rows_as_coefficients_are_too_few() -> None:
    with pytest.raises(NoEstimateError, match="too few rows"):
        mlefit.fit({"x": [1.0, 2.0], "y": [1.0, 5.0]}, model="laplace", target="y")


def test_the_proof_holds(capsys: pytest.CaptureFixture[str]) -> None:
    sample = Path(__file__).parents[1] / "sample_data" / "rents.csv"
    assert main(["prove", str(sample), "-t", "commute", "-x", "distance", "-m", "laplace"]) == 0
    assert "4 of 4 claims hold on these 600 rows." in capsys.readouterr().out


def test_the_pseudo_r2_is_that_of_the_loss() -> None:
    found = mlefit.fit(LOSS, model="quantile:tau=0.25", **OPTIONS).to_dict()
    alone = mlefit.fit(LOSS, model="quantile:tau=0.25", features=[], **OPTIONS).to_dict()
    ratio = found["routes"]["mle"]["loss"] / alone["routes"]["mle"]["loss"]
    assert found["criteria"]["r_squared_kind"] == "R1"
    assert found["criteria"]["r_squared"] == pytest.approx(1.0 - ratio, rel=1e-12)
    assert found["information"]["kl"]["reason"] == (
        "quantile is a working law: it is right where its quantile is, whatever the shape of the rows")


@pytest.mark.slow
def test_many_rows_keep_their_certificate() -> None:
    """Rows beyond what is held at one time: a band near the plane, and one sum of all others whose rounding the dual vector bears."""
    data = spread(300_000)
    found = mlefit.fit(data, model="quantile:tau=0.9", target="y", draws=0, kl=False).to_dict()
    assert max(route["edm"] for route in found["routes"].values()) <= 1e-10
    below = (data["y"] < sum(p["estimate"] * data.get(p["name"], 1.0) for p in found["parameters"][:3])).mean()
    assert below == pytest.approx(0.9, abs=4 / 300_000)
