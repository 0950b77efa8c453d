"""Standard errors of quantiles: R's numbers, formulas written out, refits, and what cannot be asked for."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import ndtri
from test_quantiles import LOSS, OPTIONS, spread

import mlefit
from mlefit.errors import UsageError
from mlefit.inference.sparsity import hall_sheather

# R 4.2.2, quantreg 5.94: summary(rq(loss ~ air + water + acid, tau), se) of stackloss
SUMMARY_RQ = {
    (0.25, "iid"): [17.999625030252986, 0.20405156449966563, 0.5568510869758904, 0.23648578662703382],
    (0.25, "nid"): [4.674217862863414, 0.18547880637393924, 0.4073035453790428, 0.05179335695410532],
    (0.25, "ker"): [23.64182832315957, 0.37880021982084683, 0.8145334143902375, 0.32836237563556925],
    (0.5, "iid"): [10.627039919372162, 0.12047273862114519, 0.3287667782241236, 0.13962201382671213],
    (0.5, "nid"): [7.1416267869283265, 0.12693271531459271, 0.3417930015300642, 0.06041233134169535],
    (0.5, "ker"): [14.059736430163632, 0.24350274760575122, 0.5789433050212888, 0.18142169839523564],
    (0.9, "iid"): [4.319354786072674, 0.048966081251463726, 0.1336270840985001, 0.05674929408744928],
    (0.9, "nid"): [33.96596594613151, 0.7294129349763923, 0.649548901326715, 0.2881079313114146],
    (0.9, "ker"): [13.674517584438044, 0.1972707030371286, 0.5558690221634572, 0.17343319329216716],
}
ONE_SQRT_EPS = 3e-8     # R takes sqrt(eps) off every distance of planes, whatever the unit of the response


def errors(found: dict) -> np.ndarray:
    return np.array([p["std_error"] for p in found["parameters"]])


@pytest.mark.parametrize(("tau", "kind"), sorted(SUMMARY_RQ))
def test_stackloss_has_the_errors_of_r(tau: float, kind: str) -> None:
    found = mlefit.fit(LOSS, model=f"quantile:tau={tau}", se=kind, **OPTIONS).to_dict()
    exact = ONE_SQRT_EPS if kind == "nid" else 1e-12
    assert errors(found)[:4] == pytest.approx(SUMMARY_RQ[tau, kind], rel=exact)
    assert found["model"]["se_used"] == kind
    assert found["parameters"][0]["df"] == 17


@pytest.mark.parametrize("kind", ["auto", "robust"])
def test_nid_is_the_default_and_what_robust_means(kind: str) -> None:
    found = mlefit.fit(LOSS, model="quantile:tau=0.5", se=kind, **OPTIONS).to_dict()
    assert found["model"]["se_used"] == "nid"
    assert errors(found)[:4] == pytest.approx(SUMMARY_RQ[0.5, "nid"], rel=ONE_SQRT_EPS)


def test_the_law_taken_at_its_word() -> None:
    """laplace: b^2 (X'X)^-1, and b / sqrt(n) for b; R's numbers for the coefficients."""
    found = mlefit.fit(LOSS, model="laplace", se="model", **OPTIONS).to_dict()
    expected = [7.349766837661038, 0.08332014802596222, 0.22737838403255786, 0.0965639778166606, 2.003864734299517 / np.sqrt(21)]
    assert errors(found) == pytest.approx(expected, rel=1e-12)


def plane(x: np.ndarray, y: np.ndarray, tau: float) -> np.ndarray:
    """The primal programme: min tau 1'u + (1 - tau) 1'v, x b + u - v = y."""
    n, p = x.shape
    found = linprog(np.r_[np.zeros(p), np.full(n, tau), np.full(n, 1.0 - tau)], A_eq=np.hstack([x, np.eye(n), -np.eye(n)]), b_eq=y,
                    bounds=[(None, None)] * p + [(0, None)] * (2 * n), method="highs-ds")
    return found.x[:p]


def test_the_formulas_written_out() -> None:
    """nid and ker of rows that are spread unevenly, from planes of the primal programme; cluster from sums of scores in them."""
    data, tau, n = spread(250), 0.7, 250
    x = np.column_stack([np.ones(n), data["a"], data["c"]])
    b, h = plane(x, data["y"], tau), hall_sheather(0.7, 250)
    apart = x @ (plane(x, data["y"], tau + h) - plane(x, data["y"], tau - h))
    r = data["y"] - x @ b
    low, high = np.quantile(r, [0.25, 0.75])
    width = float(ndtri(tau + h) - ndtri(tau - h)) * min(float(r.std(ddof=1)), (high - low) / 1.34)
    group = np.arange(n) // 5
    score = np.where(r >= -1e-9, tau, tau - 1.0)[:, None] * x
    sums = np.stack([score[group == g].sum(axis=0) for g in range(50)])
    nid = (x.T * (2.0 * h / apart)) @ x
    middles = {"nid": (nid, tau * (1 - tau) * x.T @ x), "ker": ((x.T * np.exp(-0.5 * (r / width) ** 2)) @ x / (np.sqrt(2 * np.pi) * width),
               tau * (1 - tau) * x.T @ x), "cluster:g": (nid, sums.T @ sums * 50 / 49 * 249 / 247)}
    for kind, (bread, middle) in middles.items():
        found = mlefit.fit({**data, "g": group}, model=f"quantile:tau={tau}", target="y", features=["a", "c"], se=kind, draws=0).to_dict()
        half = np.linalg.inv(bread)
        assert errors(found)[:3] == pytest.approx(np.sqrt(np.diag(half @ middle @ half)), rel=1e-7), kind
    assert found["clusters"]["n"] == 50


def test_the_scale_has_the_error_of_its_rows() -> None:
    """log s: the standard deviation of loss / s over sqrt(n), whatever the law."""
    found = mlefit.fit(spread(250), model="quantile:tau=0.7", target="y", draws=0).to_dict()
    data = spread(250)
    b = [p["estimate"] for p in found["parameters"]]
    r = data["y"] - b[0] - b[1] * data["a"] - b[2] * data["c"]
    loss = r * (0.7 - (r < 0.0))
    assert errors(found)[3] == pytest.approx(float(loss.std()) / np.sqrt(250), rel=1e-9)


def test_the_bootstrap_is_seeded_and_like_nid() -> None:
    data = spread(150)
    first, again, other = (
        mlefit.fit(data, model="quantile:tau=0.5", target="y", se="bootstrap", seed=seed, draws=0).to_dict() for seed in (1, 1, 2))
    assert first["parameters"] == again["parameters"]
    assert first["parameters"] != other["parameters"]
    nid = errors(mlefit.fit(data, model="quantile:tau=0.5", target="y", draws=0).to_dict())
    assert (np.abs(np.log(errors(first) / nid)) < 0.35).all()


def test_joint_tests_follow_the_errors_and_laplace_has_likelihood_ratios() -> None:
    data = spread(200)
    data["g"] = np.array(["u", "v", "w"])[np.arange(200) % 3]
    options = {"target": "y", "features": ["a", "c", "g"], "draws": 0}
    robust = {term["term"]: term for term in mlefit.fit(data, model="laplace", **options).to_dict()["terms"]}
    assert (robust["g"]["kind"], robust["g"]["df"], robust["g"]["df2"]) == ("F", 2, 195)
    model = mlefit.fit(data, model="laplace", se="model", **options).to_dict()
    without = mlefit.fit(data, model="laplace", se="model", target="y", features=["a", "c"], draws=0).to_dict()
    ratio = {term["term"]: term for term in model["terms"]}["g"]
    assert ratio["kind"] == "chi2"
    assert ratio["statistic"] == pytest.approx(2.0 * (model["criteria"]["loglik"] - without["criteria"]["loglik"]), rel=1e-9)


def test_the_gap_between_the_routes_is_told_in_iid_errors() -> None:
    y = np.array([1.0, 2.0, 2.5, 5.0, 9.0, 9.5, 11.0, 14.0])
    found = mlefit.fit({"y": y}, model="laplace", target="y", se="iid", draws=0).to_dict()["parameters"][0]
    assert found["gap_se"] == pytest.approx(abs(found["estimate"] - found["loss_estimate"]) / found["std_error"], rel=1e-12)
    assert found["gap_se"] > 0.1


NAMED = "use --se nid, which is the default, iid, ker, bootstrap or cluster:COLUMN"


@pytest.mark.parametrize(("model", "options", "message", "remedy"), [
    *(("laplace", {"se": kind}, f"--se {kind} is for losses without corners, the model is laplace", NAMED)
      for kind in ("ols", "hc0", "hc3", "hac", "hac:2")),
    ("quantile:tau=0.2", {"se": "model"}, "--se model takes the law at its word, that of quantile is a working law", NAMED),
    ("laplace", {"intervals": "profile"}, "--intervals profile is for losses without corners, the model is laplace",
     "leave --intervals out: wald goes with --se nid, which is the default, iid, ker, bootstrap or cluster:COLUMN"),
    *(("gaussian", {"se": kind}, f"--se {kind} is for laplace, quantile, the model is gaussian", "use --se model or --se robust")
      for kind in ("nid", "iid", "ker", "bootstrap")),
    ("quantile:tau=1.5", {}, "--model: tau must lie strictly between 0 and 1, found \"1.5\"",
     "the options of quantile are tau=NUMBER (strictly between 0 and 1, default 0.5)"),
])
def test_what_cannot_be_asked_for(model: str, options: dict[str, str], message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        mlefit.fit(LOSS, model=model, target="loss", **options)
    assert str(caught.value) == f"{message}\n{remedy}"


def test_crossing_is_told() -> None:
    found = mlefit.fit(LOSS, model="quantile:tau=0.9", **OPTIONS).to_dict()
    said = {warning["code"]: warning["message"] for warning in found["warnings"]}
    assert said["crossing"] == ("quantiles on either side cross at 6 rows, which therefore count for nothing in the standard errors "
                                "(nid); --se iid or bootstrap do without")


def test_neighbours_that_resemble_each_other_are_not_sent_to_hac() -> None:
    rng = np.random.default_rng(5)
    e = np.zeros(2000)
    for i in range(1, 2000):
        e[i] = 0.8 * e[i - 1] + rng.normal()
    found = mlefit.fit({"x": rng.normal(size=2000), "y": e}, model="laplace", target="y", draws=0).to_dict()
    said = [warning["message"] for warning in found["warnings"] if warning["code"] == "dependence"]
    assert len(said) == 1
    assert said[0].startswith("rows that stand beside each other in the file resemble each other (correlation of their residuals 0.")
    assert said[0].endswith("), so intervals may be too short; --se cluster:COLUMN allows for it where a column says which rows belong "
                            "together")


def test_rows_in_folds_cost_what_refits_without_them_cost() -> None:
    """Ten refits by hand, of the rows that the figure deals to the others."""
    from mlefit.rows.keys import Stream, keys

    data, n = spread(120), 120
    found = mlefit.fit(data, model="quantile:tau=0.3", target="y", draws=0, seed=7).to_dict()
    fold = np.floor(10.0 * keys(7, Stream.FOLDS, (0, 0), 0, n)).astype(int)
    x, total = np.column_stack([np.ones(n), data["a"], data["c"]]), 0.0
    for k in range(10):
        b = plane(x[fold != k], data["y"][fold != k], 0.3)
        r = data["y"] - x @ b
        loss = r * (0.3 - (r < 0.0))
        s = float(loss[fold != k].mean())
        total += float(loss[fold == k].sum()) / s + int((fold == k).sum()) * np.log(s / 0.21)
    assert found["criteria"]["on_new_rows"] == pytest.approx(total / n, rel=1e-9)


def test_samples_have_their_true_parameters() -> None:
    rents = str(Path(__file__).parents[1] / "sample_data" / "rents.csv")
    upper = mlefit.fit(rents, model="quantile:tau=0.9", target="rent", features=["area"], draws=0).to_dict()
    commute = mlefit.fit(rents, model="laplace", target="commute", features=["distance"], draws=0).to_dict()
    for found, truth in ((upper, [216.094, 10.4142]), (commute, [12.0, 3.0, 2.5])):
        for parameter, value in zip(found["parameters"], truth, strict=False):
            assert abs(parameter["estimate"] - value) < 4.0 * parameter["std_error"]


@pytest.mark.slow
def test_the_figure_of_many_rows_is_that_of_all_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows far from the plane are one sum of each fold; held all at once they say the same."""
    from mlefit.information import folds

    data = spread(70_000)
    some = mlefit.fit(data, model="quantile:tau=0.3", target="y", draws=0).to_dict()
    monkeypatch.setattr(folds, "REACH", 1e6)
    all_ = mlefit.fit(data, model="quantile:tau=0.3", target="y", draws=0).to_dict()
    assert some["criteria"]["on_new_rows_note"] is None
    assert some["criteria"]["on_new_rows"] == pytest.approx(all_["criteria"]["on_new_rows"], rel=1e-12)


@pytest.mark.parametrize("se", ["nid", "cluster:who"])
def test_a_level_of_one_row_takes_no_errors_from_the_others(se: str) -> None:
    """Its row lies on all planes: it says nothing of the density, nor of any other coefficient."""
    rng = np.random.default_rng(3)
    x, who = rng.normal(size=121), np.arange(121) // 5
    data = {"x": x, "y": x + rng.normal(size=121), "g": [*np.resize(["a", "b", "c"], 120), "z"], "who": who}
    options = {"formula": "y ~ x + g", "model": "quantile:tau=0.5", "se": se, "kl": False}
    found = {p["name"]: p for p in mlefit.fit(data, **options).to_dict()["parameters"]}
    alone = mlefit.fit({name: values[:120] for name, values in data.items()}, **options).to_dict()
    assert (found["g=z"]["state"], found["g=z"]["std_error"]) == ("no-robust-error", None)
    for p in alone["parameters"][:-1]:
        assert found[p["name"]]["std_error"] == pytest.approx(p["std_error"], rel=0.1)      # of another bandwidth
