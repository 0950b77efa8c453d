"""Losses and densities of y and f that are of no difference: fitted where their mass is the same at every f, in some base."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from model_cases import second, stencil
from scipy import stats
from scipy.optimize import minimize

from mlefit.cli import main
from mlefit.errors import NoEstimateError
from mlefit.noise import MODELS
from mlefit.pipeline import run
from mlefit.report.report import Report
from mlefit.request import Request

RNG = np.random.default_rng(41)
N = 300
X = RNG.uniform(0.0, 2.0, N)
MEAN = 1.0 + 2.0 * X
POSITIVE = RNG.wald(MEAN, 6.0)
RATE = RNG.gamma(1.0, 1.0 / (0.5 + X))
SHARE = RNG.beta(6.0 * (0.2 + 0.3 * X), 6.0 * (0.8 - 0.3 * X))
INVERSE_GAUSSIAN = "(y-f)**2/(y*f**2)"
WRITTEN = {     # the law at a (or as it is), of f
    f"loss:{INVERSE_GAUSSIAN}": lambda f, a: stats.invgauss(f / (2 * a), scale=2 * a),
    "loss:f*y-log(f)": lambda f, a: stats.gamma(a, scale=1 / (a * f)),
    "density:f*exp(-f*y)": lambda f, a: stats.expon(scale=1 / f),
    "density:exp(-f)*exp(-y*exp(-f))": lambda f, a: stats.expon(scale=np.exp(f)),
    "density:exp(-y**2/(2*f**2))/(f*sqrt(2*pi))": lambda f, a: stats.norm(0, f),
    "density:1/(pi*f*(1+(y/f)**2))": lambda f, a: stats.cauchy(0, f),
    "density:f*y**(f-1)": lambda f, a: stats.beta(f, 1),
    "density:sqrt(3/(2*pi*y**3))*exp(-3*(y-f)**2/(2*f**2*y))": lambda f, a: stats.invgauss(f / 3, scale=3),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("base") / "d.csv"
    np.savetxt(place, np.column_stack([X, POSITIVE, RATE, SHARE, 1e6 * POSITIVE, np.arange(N) % 2]), delimiter=",",
               header="x,y,t,s,big,half", comments="", fmt="%.17g")
    return str(place)


def fitted(place: str, target: str = "y", **more: object) -> Report:
    return run(Request((place,), target=target, kl=False, **{"features": ("x",), **more}))      # type: ignore[arg-type]


@pytest.mark.parametrize("spelt", WRITTEN)
def test_the_law_is_that_of_the_reference(spelt: str) -> None:
    law, a = MODELS.find(spelt, ""), 1.7
    free = np.full(len(law.shapes), math.log(a))
    f, u = np.repeat([0.3, 0.8, 1.0, 2.5], 5), np.tile([1e-9, 0.02, 0.4, 0.77, 0.999], 4)
    eta, theirs = f[:, None], WRITTEN[spelt](f, a)
    y = theirs.ppf(u)
    assert law.quantile(u, eta, free) == pytest.approx(y, rel=1e-9)
    assert -law.nll(y, eta, free, 0).value == pytest.approx(theirs.logpdf(y), rel=1e-10)
    assert law.log_cdf(y, eta, free) == pytest.approx(np.log(u), rel=1e-8)
    assert law.log_sf(y, eta, free) == pytest.approx(np.log1p(-u), rel=1e-8, abs=1e-14)
    middle = theirs.mean() if np.isfinite(theirs.mean()).all() else theirs.median()
    assert law.expected(eta, free) == pytest.approx(middle, rel=1e-8, abs=1e-12)
    drawn = law.draw(np.random.default_rng(3), np.full((4000, 1), 0.8), free)
    assert stats.kstest(drawn, WRITTEN[spelt](0.8, a).cdf).pvalue > 1e-3


@pytest.mark.parametrize("spelt", [*WRITTEN, "loss:(y-f)**2/y", "loss:log(1+(y-f)**2/y)",
                                   "loss:(y-f)**2/(y*(1-y)*f**2*(1-f)**2)"])
def test_derivatives_scores_and_divergences_are_those_of_the_likelihood(spelt: str) -> None:
    law, rng = MODELS.find(spelt, "").in_unit(0.5 if spelt.startswith("loss:(y-f)**2/y") else 1.0), np.random.default_rng(2)
    f, free = rng.uniform(0.2, 0.8, 40), np.full(len(law.shapes), 0.9)
    y = law.quantile(rng.uniform(0.05, 0.95, 40), f[:, None], free)
    point = np.column_stack([f, np.tile(free, (40, 1))])
    whole, loss = law.nll(y, f[:, None], free, 2), law.loss(y, f[:, None], free, 2)
    each = [stencil(lambda points, order=order: _at(law, y, points, order), point) for order in (0, 1)]
    scale = 1.0 + max(np.abs(part).max() for part in (whole.d1, second(whole, point.shape[1])))
    assert np.abs(whole.d1 - each[0]).max() <= 1e-8 * scale
    assert np.abs(second(whole, point.shape[1]) - each[1]).max() <= 1e-8 * scale
    a, c = law.affine(free)
    assert whole.value == pytest.approx(a * loss.value + c + law.base(y), rel=1e-12)
    apart = law.divergence(f[:, None], free, f[:, None] + 1e-3, free)
    assert apart == pytest.approx(0.5e-6 * law.score_moments(np.ones((40, 1)), f[:, None], free)[0], rel=0.02)
    many = rng.uniform(0.2, 0.8, 200)[:, None]
    assert law.divergence(many, free, many + 0.01, free)[:64] == pytest.approx(
        law.divergence(many[:64], free, many[:64] + 0.01, free), rel=1e-7)


def _at(law, y, points, order):  # type: ignore[no-untyped-def]
    found = [law.nll(y[i : i + 1], points[i : i + 1, :1], points[i, 1:], order) for i in range(len(points))]
    return np.concatenate([one.value if order == 0 else one.d1 for one in found])


def test_both_routes_find_the_maximum_of_the_closed_likelihood(data: str) -> None:
    report = fitted(data, loss=INVERSE_GAUSSIAN)
    theirs = minimize(lambda p: -float(np.mean(stats.invgauss.logpdf(POSITIVE, (p[0] + p[1] * X) / np.exp(p[2]), scale=np.exp(p[2])))),
                      [1.0, 2.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000})
    assert report.mle is not None
    assert report.agreement is not None
    assert report.agreement.agree
    assert report.mle.nll == pytest.approx(theirs.fun, abs=1e-11)
    assert [one.estimate for one in report.parameters] == pytest.approx([theirs.x[0], theirs.x[1], np.exp(theirs.x[2]) / 2], rel=1e-6)
    for one in report.parameters:
        assert one.loss_estimate == pytest.approx(one.estimate, rel=1e-8)
    assert report.notes == (
        "--loss: exp(-a loss) has the same mass in y^-1.5 dy at every f tried: a density in that base, as is looked at again where f is "
        "fitted.",
        "--loss: this is the inverse gaussian deviance: inverse gaussian noise of shape 2a, with f its mean.")


def test_a_constant_is_the_model_of_that_name(data: str) -> None:
    for text, model in ((INVERSE_GAUSSIAN, "inverse-gaussian"), ("f*y-log(f)", "gamma")):
        mine, theirs = fitted(data, loss=text, features=()), fitted(data, model=model, features=())
        assert mine.mle is not None
        assert theirs.mle is not None
        assert mine.mle.nll == pytest.approx(theirs.mle.nll, rel=1e-12)


def test_the_unit_of_the_response_moves_nothing_else(data: str) -> None:
    mine, big = fitted(data, loss=INVERSE_GAUSSIAN), fitted(data, "big", loss=INVERSE_GAUSSIAN)
    assert big.mle is not None
    assert mine.mle is not None
    assert big.mle.nll == pytest.approx(mine.mle.nll + math.log(1e6), rel=1e-12)
    assert [one.estimate for one in big.parameters] == pytest.approx([1e6 * float(one.estimate or 0.0) for one in mine.parameters], rel=1e-8)


def test_what_holds_no_f_changes_no_fit(data: str) -> None:
    mine, other = fitted(data, loss=INVERSE_GAUSSIAN), fitted(data, loss=f"{INVERSE_GAUSSIAN}+2*log(y)")
    assert mine.mle is not None
    assert other.mle is not None
    assert other.mle.nll == pytest.approx(mine.mle.nll, rel=1e-12)
    assert other.notes[0] == ("--loss: exp(-a loss), less 2 log y, in which there is no f, has the same mass in y^-1.5 dy at "
                              "every f tried: a density in that base, as is looked at again where f is fitted.")


@pytest.mark.parametrize(("spelt", "note"), [
    ("loss:(y-f)**2/y", "--loss: this is a deviance of 1/y: reciprocal inverse gaussian noise, that is 1/y is inverse gaussian of "
                        "mean 1/f and shape 2a."),
    ("loss:2*(f*y-log(f))", "--loss: this is the gamma loss of a rate, times 2: gamma noise of shape 2a and mean 1/f."),
    ("loss:(y-f)**2/(y*(1-y)*f**2*(1-f)**2)", "--loss: this is the simplex deviance: simplex noise of dispersion 1/(2a), with f its "
                                               "mean."),
])
def test_known_losses_are_named(spelt: str, note: str) -> None:
    assert MODELS.find(spelt, "").notes[1] == note


def test_a_rate_is_fitted_by_its_density(data: str) -> None:
    report = fitted(data, "t", density="f*exp(-f*y)")
    theirs = minimize(lambda p: float(np.mean((p[0] + p[1] * X) * RATE - np.log(np.abs(p[0] + p[1] * X)))), [1.0, 1.0],
                      method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    assert report.mle is not None
    assert report.mle.nll == pytest.approx(theirs.fun, abs=1e-12)
    assert [one.estimate for one in report.parameters] == pytest.approx(list(theirs.x), rel=1e-6)
    assert report.notes == ("--density: it integrates to 1 over y > 0 at every f > 0 tried.",)


def test_predictions_are_of_the_mean_where_f_is_no_location(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "m.json")
    assert main(["fit", data, "-t", "t", "-x", "x", "--density", "f*exp(-f*y)", "--save", model, "-q", "--no-kl"]) == 0
    capsys.readouterr()
    assert main(["predict", model, data, "-q"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    b0, b1 = (float(one.estimate or 0.0) for one in fitted(data, "t", density="f*exp(-f*y)").parameters)
    f = b0 + b1 * X
    assert [float(row["mean"]) for row in rows] == pytest.approx(list(1.0 / f), rel=1e-6)


REFUSED = {
    "density:y**(f-1)*exp(-y)": (
        "normaliser", "y**(f-1)*exp(-y) integrates to 1.77245, 1 and 1 over y > 0 at f = 0.5, 1 and 2: a density of y integrates to 1 "
                      "at every f", "divide it by its integral over y, which is a function of f"),
    "density:2*f*exp(-f*y)": ("normaliser", "2*f*exp(-f*y) integrates to 2 over y > 0 at every f > 0 tried, not to 1", "divide it by 2"),
    "density:where(y<f,1/f,0)": (
        "not-built", "where(y<f,1/f,0) is 0 at y = 0.301 where f = 0.3: one row there makes the likelihood 0, and such densities are "
                     "not fitted here", "write a density that is above 0 at every y"),
    "density:exp(f*cos(y))": (
        "normaliser", "exp(f*cos(y)): no finite integral over y is found, on every number, on y > 0 or between 0 and 1, at f that are "
                      "any numbers, above 0 or between 0 and 1", "write a density of y that integrates to 1 at every f"),
    "density:(1+2*f*sin(y))*exp(-y)": ("no-noise-model", "(1+2*f*sin(y))*exp(-y) is negative in places: no density is",
                                       "correct its sign"),
    "loss:(y-f)**2/y**1.0001": (
        "not-proved", "(y-f)**2/y**1.0001: in y^-0.500035 dy the log of its mass differs by 1e-05 between f: too much for rounding, too "
                      "little for a proof that it is no density", "write it as a loss of y - f or of log(y) - log(f)"),
}


@pytest.mark.parametrize("spelt", REFUSED)
def test_what_is_no_density_is_refused(spelt: str) -> None:
    with pytest.raises(NoEstimateError) as caught:
        MODELS.find(spelt, "")
    assert (caught.value.code, caught.value.message, caught.value.remedy) == REFUSED[spelt]


def test_the_mass_is_looked_at_again_at_the_fitted_f(data: str) -> None:
    text = "exp(-y/f)/f*(1+((f-0.3)*(f-0.5)*(f-1)*(f-2)*(f-4))**2)"
    with pytest.raises(NoEstimateError) as caught:
        fitted(data, density=text)
    assert caught.value.code == "normaliser"
    assert caught.value.message.startswith("-log density: at the fitted f the log of its mass is off by ")
    assert caught.value.message.endswith(": what was fitted there is no density")
    assert caught.value.remedy == "write it so that its mass is the same at every f"


def test_the_derivation_tells_the_base_and_the_law(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--loss", INVERSE_GAUSSIAN]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[6] == "  3  Model       q(y|x) = exp(-a l(y, f)) / Z(a) in y^-1.5 dy, a > 0"
    at = stats.invgauss(0.5, scale=2.0)
    assert [float(q) for q in told[-1].split()[1:]] == pytest.approx(at.ppf([0.001, 0.025, 0.25, 0.5, 0.75, 0.975, 0.999]), rel=1e-3)
    assert main(["explain", "density:f*exp(-f*y)"]) == 0
    assert "1  Model       q(y|x) is the density as written; it integrates to 1 over y >" in capsys.readouterr().out


COMMANDS = [
    ["fit", "--se", "robust"], ["fit", "--by", "half"], ["fit", "--holdout", "0.2"], ["fit", "--intervals", "profile"],
    ["fit", "--se", "cluster:half"], ["prove"],
]


@pytest.mark.slow
def test_pictures_are_drawn(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", data, "-t", "t", "-x", "x", "--density", "f*exp(-f*y)", "-q"]) == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("law", [("y", "--loss", INVERSE_GAUSSIAN), ("t", "--density", "f*exp(-f*y)"),
                                 ("s", "--density", "exp(-(log(y/(1-y))-f)**2/2)/(sqrt(2*pi)*y*(1-y))")], ids=lambda law: law[2])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_takes_it(law: tuple[str, ...], command: list[str], data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command[0], data, "-t", law[0], "-x", "x", *law[1:], *command[1:], "-q"]) == 0, capsys.readouterr()
    assert "Traceback" not in capsys.readouterr().err


def test_what_is_exported_is_f_where_that_is_a_location(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "m.json")
    assert main(["fit", data, "-t", "y", "-x", "x", "--loss", INVERSE_GAUSSIAN, "--save", model, "-q", "--no-kl"]) == 0
    capsys.readouterr()
    assert main(["predict", model, data, "-q"]) == 0
    predicted = [float(row["location"]) for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    assert main(["export", model, "--to", "python"]) == 0
    told: dict = {}
    exec(capsys.readouterr().out, told)     # noqa: S102  the program that mlefit wrote
    of = told["predict"]
    assert [of({"x": x})["location"] for x in X[:20].tolist()] == pytest.approx(predicted[:20], rel=1e-12)
    assert MODELS.find("density:f*exp(-f*y)", "").centre_formula(np.empty(0)) is None
