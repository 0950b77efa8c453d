"""Losses of the machine learning libraries beside the ten that everybody knows: what is said of each, whole, and what else takes them."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from mlefit.cli import main
from mlefit.errors import MlefitError
from mlefit.noise import MODELS
from mlefit.pipeline import run
from mlefit.request import Request

NOT = "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). On y ~ gamma of shape 4 and mean 1 its "
STUDENT = "Nearest: -m student-t, whose loss grows as (df + 1) log|r|"
MASS = " tends to 1 as r -> -infinity: exp(-a loss) has infinite mass in that tail for every a, so it is no noise model"
CHANCE = "Minimising it is not maximum likelihood. Where label 1 has the chance 0.8 its minimiser is f = "
BERNOULLI = ". Nearest: -m bernoulli, whose loss is log(1+exp(-y*f)) of labels -1 and 1"
MOVED = 'write it in r, and g in the mean, such as --loss "log(cosh(r))" --mean "exp(a+b*x)"; chances of two labels: -m bernoulli'


def no_chances(labels: tuple[int, int], off: float) -> str:
    low, high = labels
    return (f"no a and no weights h of the labels {low} and {high} make h({low}) exp(-a loss) + h({high}) exp(-a loss) = 1 at every f; "
            f"at a = 1 the best are off by {off:g}: it is no noise model")


REFUSED = {
    "1-exp(-(r/0.3)**2/2)": (
        4, f"1-exp(-(r/0.3)**2/2) (the Welsch loss of c = 0.424264){MASS}", f"{NOT}minimiser is 0.833 (-17 % of the mean). {STUDENT}"),
    "(r/0.3)**2/(1+(r/0.3)**2)": (
        4, f"(r/0.3)**2/(1+(r/0.3)**2) (the Geman-McClure loss of c = 0.3){MASS}",
        f"{NOT}minimiser is 0.827 (-17 % of the mean). {STUDENT}"),
    "where(abs(r)<1.41,1-(1-(r/1.41)**2)**3,1)": (
        4, f"where(abs(r)<1.41,1-(1-(r/1.41)**2)**3,1... (Tukey's biweight of c = 1.41){MASS}",
        f"{NOT}minimiser is 0.906 (-9 % of the mean). {STUDENT}"),
    "where(y*f<-1,-4*y*f,max(0,1-y*f)**2)": (
        4, f"where(y*f<-1,-4*y*f,max(0,1-y*f)**2) (the modified huber loss): {no_chances((-1, 1), 0.089)}",
        f"{CHANCE}0.600: (f + 1)/2 is the chance{BERNOULLI}"),
    "-(0.9*y+0.05)*log(f)-(0.95-0.9*y)*log(1-f)": (
        4, "-(0.9*y+0.05)*log(f)-(0.95-0.9*y)*log(1-... (the log loss with labels smoothed by 0.1): " + no_chances((0, 1), 0.044),
        f"{CHANCE}0.770: f is 0.9 p + 0.05: undo it{BERNOULLI}"),
    "y*(1-f)**2+(1-y)*f**2": (
        4, f"y*(1-f)**2+(1-y)*f**2 (the Brier score): {no_chances((0, 1), 0.037)}",
        f"{CHANCE}0.800: f is the chance: a proper score, but no likelihood{BERNOULLI}"),
    "y*(1-f)+(1-y)*f": (
        4, f"y*(1-f)+(1-y)*f (the absolute error of a chance): {no_chances((0, 1), 0.036)}",
        f"{CHANCE}1.000: it drives every chance to 0 or 1{BERNOULLI}"),
    "(y-logistic(f))**2": (2, "--loss: (y-logistic(f))**2 is a function of y - g(f) alone, where g(f) is not f", MOVED),
    "abs(y-2*f)": (2, "--loss: abs(y-2*f) is a function of y - g(f) alone, where g(f) is not f", MOVED),
    "max(abs(y-exp(f))-1,0)": (2, "--loss: max(abs(y-exp(f))-1,0) is a function of y - g(f) alone, where g(f) is not f", MOVED),
    "1-sum((y-f)**2)/sum(y**2)": (
        2, '--loss, character 3: unknown function "sum"',
        "a loss is of one row: RMSE and RMSLE are rising functions of a mean loss and have its minimiser; write the loss of a row, such "
        "as r**2"),
}
ONE_MEASURE = "a function of log y - log f alone{}: a density in dy/y for every f"
LESS = ", less 1 log y, in which there is no f"
GAMMA = "in that variable this is the LINEX loss of b = 1, the gamma deviance: gamma noise of shape {}, with f its mean"
MODELLED = {
    "(log(y)-log(f))**2": (ONE_MEASURE.format(""), "in that variable this is the squared error, lognormal noise"),
    "abs(log(y)-log(f))": (ONE_MEASURE.format(""), "in that variable this is the absolute error, log-laplace noise"),
    "(log1p(y)-log1p(f))**2": (
        "a function of log(1+y) - log(1+f) alone: a density in dy/(1+y) for every f",
        "in that variable this is the squared error, lognormal noise of 1 + y, which gives mass to -1 < y < 0"),
    "2*(y/f-log(y/f)-1)": (ONE_MEASURE.format(""), GAMMA.format("2 a")),
    "abs(y-f)/f+log(f)": (ONE_MEASURE.format(LESS),),
    "((y-f)/f)**2+log(f)": (ONE_MEASURE.format(LESS),),
    "-y*log(f)-(1-y)*log(1-f)": ("the chances of the labels 0 and 1 at a = 1 alone (the log loss: f is the chance)",),
    "2*(y*log(y/f)-(y-f))": ("the chances of counts at a = 0.5 alone: poisson noise, whose mean is f",),
    "r**4": ("this is the power loss |r|^4: an exponential power law; p = 1 is laplace, p = 2 gaussian",),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_noise_model_is_refused_whole(text: str) -> None:
    with pytest.raises(MlefitError) as caught:
        MODELS.find(f"loss:{text}", "")
    assert (caught.value.exit_code, caught.value.message, caught.value.remedy) == REFUSED[text]


@pytest.mark.parametrize("text", MODELLED)
def test_what_is_one_is_said_whole(text: str) -> None:
    assert MODELS.find(f"loss:{text}", "").notes == tuple(f"--loss: {one}." for one in MODELLED[text])


@pytest.mark.parametrize(("text", "loss"), [
    ("1-exp(-(r/0.3)**2/2)", lambda r: 1.0 - np.exp(-((r / 0.3) ** 2) / 2.0)),
    ("(r/0.3)**2/(1+(r/0.3)**2)", lambda r: r**2 / (0.09 + r**2)),
    ("where(abs(r)<1.41,1-(1-(r/1.41)**2)**3,1)", lambda r: 1.0 - np.maximum(0.0, 1.0 - (r / 1.41) ** 2) ** 3),
])
def test_the_minimiser_told_is_that_of_another_quadrature(text: str, loss) -> None:    # type: ignore[no-untyped-def]
    law = stats.gamma(4, scale=0.25)

    def mean(f: float) -> float:
        y = np.linspace(0.0, 9.0, 4001)
        return float(integrate.simpson(loss(y - f) * law.pdf(y), x=y))

    best = optimize.minimize_scalar(mean, bounds=(0.4, 1.5), method="bounded").x
    told = re.search(r"minimiser is ([\d.]+)", REFUSED[text][2])
    assert told is not None
    assert float(told[1]) == pytest.approx(best, abs=6e-4)


def test_the_information_of_a_steep_loss_is_its_own(tmp_path: Path) -> None:
    """The reference is (a X' l'' X)^-1 at the fit, made elsewhere."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=2000)
    y = 1 + 2 * x + 0.7 * rng.standard_t(4, size=2000)
    np.savetxt(tmp_path / "d.csv", np.column_stack([x, y]), delimiter=",", header="x,y", comments="", fmt="%.17g")
    report = run(Request((str(tmp_path / "d.csv"),), target="y", features=("x",), loss="r**4", kl=False))
    assert report.parameters[0].std_error == pytest.approx(0.03567611, abs=1e-8)


GROWTH = (str(Path(__file__).parents[1] / "sample_data" / "growth.csv"), "-t", "grams", "--mean", "top/(1+exp(-(day-middle)/width))",
          "--start", "middle=20,width=5")


@pytest.mark.parametrize("law", [("--loss", "log(cosh(r))"), ("--density", "exp(-(y-f)**2/2)/sqrt(2*pi)")])
def test_a_curve_with_a_loss_is_predicted_and_drawn_from(law: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "m.json")
    assert main(["fit", *GROWTH, *law, "-q", "--no-kl", "--save", model]) == 0
    capsys.readouterr()
    assert main(["predict", model, GROWTH[0], "-q"]) == 0
    centre = [float(row["location"]) for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    assert main(["simulate", model, GROWTH[0], "--name", "drawn", "--copies", "50", "-q"]) == 0
    rows = [[float(row[f"drawn_{k}"]) for k in range(1, 51)] for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    away = np.array(rows) - np.array(centre)[:, None]
    assert abs(away.mean()) < 5.0 * away.std() / np.sqrt(away.size)


def test_a_curve_with_a_loss_is_pictured_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", *GROWTH, "--loss", "log(cosh(r))", "-o", "text", "-q"]) == 0
    assert capsys.readouterr().out.startswith("grams ~ top/(1+exp(-(day-middle)/width)), loss noise, log(cosh(r))\n")


@pytest.mark.parametrize("command", ["fit", "plot", "report"])
def test_a_curve_with_a_corner_is_refused_by_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, *GROWTH, "--loss", "abs(r)", "-q"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: --mean: abs(r) has a corner at a residual of 0: what certifies a curve are derivatives, everywhere\n"
        "use a loss without corners, such as log(cosh(r/S)), or a linear mean with -x\n")
