"""`fit --loss EXPR`: reference fits, each found by another program too, and what a loss of one's own has in common with a model.

The reference numbers were made twice, the second time from losses and slopes written by hand, `scipy.optimize.root` on the joint
score and QUADPACK; both agreed to all digits shown.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.comparison.compare import compare
from mlefit.errors import NoEstimateError
from mlefit.noise.read_loss import read_loss
from mlefit.pipeline import run
from mlefit.report.report import Report
from mlefit.request import Request

GOLDEN = {       # b0, b1, mean loss, a, cross-entropy
    "r**2": (0.9635507034, 2.0044682623, 1.0050843983, 0.4974706610, 1.4214742914),
    "log(cosh(r))": (0.9664395913, 1.9962994090, 0.3366893720, 1.8462312113, 1.3641641050),
    "sqrt(1+r**2)-1": (0.9671118158, 1.9959304443, 0.3192335564, 1.9729994057, 1.3644761626),
    "where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))": (
        0.9622511380, 1.9999167328, 0.4206474316, 1.3599082122, 1.3686841308),
    "log(1+r**2)": (0.9738029325, 1.9902862270, 0.4591178763, 1.7877062532, 1.3616557394),
    "exp(0.5*r)-0.5*r-1": (1.2672126731, 2.0276032125, 0.1521509502, 3.4439519196, 1.5419070084),
    "where(r<0,0.3*r**2,0.7*r**2)": (1.2682931213, 2.0099526747, 0.4635872772, 1.0785455611, 1.4469891736),
    "r**4": (1.0528206967, 2.0743031681, 7.7474319318, 0.0322687572, 1.7032892906),
}
CORNERED = {
    "max(0.3*r,-0.7*r)": (0.5697588489, 2.0042886004, 0.3217315913, 3.1081809403, 1.4266100998),
    "max(abs(r)-0.5,0)": (0.9686514338, 1.9954921727, 0.3440852816, 1.6100790215, 1.3614508958),
    "abs(r)+0.5*r**2": (0.9720917429, 1.9934819763, 1.2209642484, 0.5902905930, 1.3826261190),
    "abs(r)": (0.9787439169, 1.9843331610, 0.7182496039, 1.3922736533, 1.3622090480),
}


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2000 rows about a line, with errors of a t law with 4 degrees of freedom."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=2000)
    y = 1 + 2 * x + 0.7 * rng.standard_t(4, size=2000)
    assert x.sum() == pytest.approx(55.321544065762, abs=1e-11)
    assert y.sum() == pytest.approx(2037.991686059045, abs=1e-9)
    place = tmp_path_factory.mktemp("loss") / "heavy.csv"
    np.savetxt(place, np.column_stack([x, y, 1e6 * y, 1e-6 * y]), delimiter=",", header="x,y,large,small", comments="", fmt="%.17g")
    return place


def fitted(place: Path, **more: object) -> Report:
    return run(Request((str(place),), target=str(more.pop("target", "y")), features=("x",), kl=False, **more))      # type: ignore[arg-type]


def numbers(report: Report) -> tuple[float, ...]:
    b0, b1, a = (one.estimate for one in report.parameters)
    assert report.mle is not None
    return tuple(float(x) for x in (b0, b1, report.mle.loss, a, report.mle.nll) if x is not None)


@pytest.mark.parametrize("text", [*GOLDEN, *CORNERED])
def test_both_routes_find_the_reference_fit(heavy: Path, text: str) -> None:
    report = fitted(heavy, loss=text)
    assert numbers(report) == pytest.approx({**GOLDEN, **CORNERED}[text], rel=1e-9, abs=1e-9)
    for one in report.parameters:
        assert one.loss_estimate == pytest.approx(one.estimate, rel=1e-9)
    assert report.agreement is not None
    assert report.agreement.agree
    assert report.mle is not None
    assert report.mle.certificate.kind == ("EDM" if text in GOLDEN else "subgradient")


def test_standard_errors_are_those_of_the_information(heavy: Path) -> None:
    for text, b0, a in (("log(cosh(r))", 0.02011676, 0.04856205), ("log(1+r**2)", 0.01792119, 0.03510604)):
        report = fitted(heavy, loss=text)
        assert report.parameters[0].std_error == pytest.approx(b0, abs=1e-8)
        assert report.parameters[2].std_error == pytest.approx(a, abs=1e-8)
    assert fitted(heavy, loss="r**2").parameters[2].std_error == pytest.approx(0.01573140, abs=1e-8)
    for text, b0 in (("log(cosh(r))", 0.01919812), ("log(1+r**2)", 0.01897208), ("r**4", 0.10068825)):
        assert fitted(heavy, loss=text, se="hc0").parameters[0].std_error == pytest.approx(b0, abs=1e-8)


@pytest.mark.parametrize(("loss", "model"), [
    ("r**2", "gaussian"), ("where(abs(r)<1.345,0.5*r**2,1.345*(abs(r)-0.6725))", "huber:delta=1.345"), ("abs(r)", "laplace"),
    ("max(0.3*r,-0.7*r)", "quantile:tau=0.3"),
])
def test_a_known_loss_has_the_likelihood_of_its_model(heavy: Path, loss: str, model: str) -> None:
    mine, theirs = fitted(heavy, loss=loss), fitted(heavy, model=model)
    assert mine.criteria is not None
    assert theirs.criteria is not None
    assert mine.criteria.loglik == pytest.approx(theirs.criteria.loglik, rel=1e-12)
    assert mine.parameters[1].estimate == pytest.approx(theirs.parameters[1].estimate, rel=1e-9)
    assert mine.criteria.aic == pytest.approx(theirs.criteria.aic, rel=1e-12)
    assert any(note.startswith("--loss: this is the ") and f": -m {model} does it exactly" in note for note in mine.notes)


@pytest.mark.parametrize(("target", "unit", "entropy"), [("large", 1e6, 15.1799867205), ("small", 1e-6, -12.4510343954)])
def test_a_loss_in_the_unit_of_the_response_is_the_same_fit(heavy: Path, target: str, unit: float, entropy: float) -> None:
    report = fitted(heavy, loss=f"sqrt(1+(r/{unit})**2)-1", target=target)
    b0, b1, loss, a, ce = numbers(report)
    assert (b0 / unit, b1 / unit, loss, a) == pytest.approx(GOLDEN["sqrt(1+r**2)-1"][:4], rel=1e-8)
    assert ce == pytest.approx(entropy, abs=1e-9)


def test_a_loss_plus_a_number_and_times_a_number_is_the_same_fit(heavy: Path) -> None:
    report = fitted(heavy, loss="3*log(cosh(r))+5")
    b0, b1, loss, a, ce = numbers(report)
    one = GOLDEN["log(cosh(r))"]
    assert (b0, b1, (loss - 5.0) / 3.0, 3.0 * a, ce) == pytest.approx(one, rel=1e-8)


def test_a_loss_that_is_not_convex_is_the_best_of_several_searches(heavy: Path) -> None:
    report = fitted(heavy, loss="log(1+r**2)")
    assert report.mle is not None
    assert report.loss is not None
    assert report.mle.certificate.starts > 1
    assert report.loss.certificate.starts > 1


def test_it_is_saved_and_predicts(heavy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model.json"
    assert main(["fit", str(heavy), "-t", "y", "-x", "x", "--loss", "log(cosh(r))", "-q", "--no-kl", "--save", str(model)]) == 0
    assert '"law": "loss:log(cosh(r))"' in model.read_text()
    capsys.readouterr()
    assert main(["predict", str(model), str(heavy), "-q"]) == 0
    head, first, *rest = capsys.readouterr().out.splitlines()
    assert head.split(",")[4:] == ["location", "location_low", "location_high", "new_low", "new_high", "flag"]
    assert len(rest) == 1999
    x, _, _, _, location, *_, new_low, new_high = map(float, first.split(",")[:-1])
    b0, b1, _, a, _ = GOLDEN["log(cosh(r))"]
    assert location == pytest.approx(b0 + b1 * x, rel=1e-6)
    reach = read_loss("log(cosh(r))").loss.table(a).quantile(np.array([0.975]))[0]
    assert (new_high - new_low) / 2.0 == pytest.approx(reach, rel=1e-3)


def test_rows_of_a_loss_with_corners_are_refused_where_they_are_too_many(heavy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlefit.estimation.cornered.NUMBERS", 1000)
    with pytest.raises(NoEstimateError) as caught:
        fitted(heavy, loss="abs(r)")
    assert caught.value.message == ("the loss has corners, so that its rows are held in memory: 2000 rows of 2 columns are too many")
    assert caught.value.remedy == "take a sample of the rows, or a loss without corners"


def test_a_loss_with_a_cusp_is_refused(heavy: Path) -> None:
    with pytest.raises(NoEstimateError) as caught:
        fitted(heavy, loss="log(1+sqrt(abs(r)))")
    assert caught.value.message == ("the loss has a cusp, as its slope is infinite at a residual of 0: every 2 rows that a fit goes "
                                    "through are a minimum of their own, and none can be shown to be the least")
    assert caught.value.remedy == "use a loss with a slope everywhere or a corner, such as abs(r) or log(1 + abs(r))"


@pytest.mark.parametrize("p", [1.2, 1.5, 1.9])
def test_powers_between_the_absolute_and_the_squared_error_start_where_they_have_no_curvature(p: float, tmp_path: Path) -> None:
    """Both searches begin at a median, on which a row lies. Checked: the slopes balance, and a = 1 / (p times the mean loss)."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(61).round(3)
    y = (1.0 + 0.5 * x + rng.standard_t(5, 61)).round(4)
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True)))
    report = fitted(tmp_path / "rows.csv", loss=f"abs(r)**{p}")
    b0, b1, a = (float(one.estimate) for one in report.parameters)
    r = y - b0 - b1 * x
    slopes = p * np.sign(r) * np.abs(r) ** (p - 1.0)
    assert abs(slopes.sum()) < 1e-6
    assert abs(slopes @ x) < 1e-6
    assert a == pytest.approx(1.0 / (p * np.mean(np.abs(r) ** p)), rel=1e-9)
    assert report.agreement.agree


@pytest.mark.slow
def test_losses_are_compared_with_models_on_one_scale(heavy: Path) -> None:
    request = Request((str(heavy),), target="y", features=("x",))
    found = compare(request, ("loss:max(abs(r)-0.5,0)", "loss:log(cosh(r))", "gaussian"))
    entropy = {one.label: None if one.report is None or one.report.mle is None else one.report.mle.nll for one in found.entries}
    assert entropy["loss:max(abs(r)-0.5,0)"] == pytest.approx(CORNERED["max(abs(r)-0.5,0)"][4], rel=1e-9)
    assert entropy["loss:log(cosh(r))"] == pytest.approx(GOLDEN["log(cosh(r))"][4], rel=1e-9)
    assert entropy["gaussian"] == pytest.approx(GOLDEN["r**2"][4], rel=1e-9)
    with pytest.raises(NoEstimateError, match="infinite mass"):
        compare(request, ("gaussian", "loss:1-exp(-r**2)"))
    assert [one.label for one in found.entries] == ["loss:max(abs(r)-0.5,0)", "loss:log(cosh(r))", "gaussian"]


@pytest.mark.slow
def test_a_law_with_a_threshold_in_units_of_y_is_the_same_in_a_comparison(heavy: Path) -> None:
    alone = fitted(heavy, model="huber:delta=1.345")
    found = compare(Request((str(heavy),), target="y", features=("x",)), ("gaussian", "huber:delta=1.345"))
    beside = next(one for one in found.entries if one.label == "huber:delta=1.345")
    assert alone.criteria is not None
    assert beside.report is not None
    assert beside.report.criteria is not None
    assert beside.report.criteria.loglik == pytest.approx(alone.criteria.loglik, rel=1e-12)


def test_all_points_of_least_loss_are_told_as_those_of_the_model_that_is_the_same() -> None:
    place = Path(__file__).parents[1] / "sample_data" / "deliveries.csv"
    request = Request((str(place),), target="minutes", features=("km", "vehicle"), kl=False)
    mine, theirs = (run(replace(request, **law)) for law in ({"loss": "abs(r)"}, {"model": "laplace"}))      # type: ignore[arg-type]
    told = [[warning.message for warning in report.warnings if warning.code == "not-unique"] for report in (mine, theirs)]
    assert told[0] == told[1]
    assert len(told[0]) == 1
    assert mine.agreement is not None
    assert mine.agreement.agree
    assert [one.estimate for one in mine.parameters[:4]] == pytest.approx([one.estimate for one in theirs.parameters[:4]], abs=0.02)


def test_a_loss_in_a_unit_where_it_acts_as_another_one_is_fitted_and_said_to(heavy: Path) -> None:
    large, small = (fitted(heavy, loss="log(cosh(r))", target=target) for target in ("large", "small"))
    assert large.mle is not None
    assert small.mle is not None
    assert large.mle.nll - np.log(1e6) == pytest.approx(1.36220905, abs=1e-8)        # that of the absolute error is 1.36220905
    assert small.mle.nll + np.log(1e6) == pytest.approx(1.4214742914, abs=1e-8)     # that of the squared error
    told = [next(warning.message for warning in report.warnings if warning.code == "unit") for report in (large, small)]
    assert told == [
        "100 % of the residuals are beyond the bend of the loss: in this unit of y it acts as the absolute error, and standard errors, "
        "which the others alone make, are not to be used; with r/S in the place of r, S near 5.2e+05, it is itself",
        "100 % of the residuals are within the bend of the loss: in this unit of y it acts as the squared error; with r/S in the place "
        "of r, S near 5.16e-07, it is itself",
    ]


def test_a_loss_that_pushes_away_from_between_its_wells_is_fitted(heavy: Path) -> None:
    report = fitted(heavy, loss="(r-0.5)**2*(r+0.5)**2")
    assert report.mle is not None
    assert report.agreement is not None
    assert report.agreement.agree
    x, y = np.loadtxt(heavy, delimiter=",", skiprows=1)[:, :2].T
    b0, b1 = (float(one.estimate or 0.0) for one in report.parameters[:2])
    r = y - b0 - b1 * x
    slope = 4.0 * r * (r * r - 0.25)
    assert np.abs([slope.mean(), (slope * x).mean()]).max() < 1e-9
    assert report.mle.loss == pytest.approx(float(np.mean((r * r - 0.25) ** 2)), rel=1e-12)
