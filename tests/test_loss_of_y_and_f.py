"""Losses in y and f: which are densities of y for every f, which are chances of labels, and why the others are neither."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from mlefit.cli import main
from mlefit.errors import NoEstimateError
from mlefit.expression.written import LOSSES, parse_written
from mlefit.losses.labels import labels
from mlefit.losses.structure import structure
from mlefit.noise import MODELS
from mlefit.pipeline import run
from mlefit.report.report import Report
from mlefit.request import Request

GOLDEN = {       # b0, b1, mean loss, a, cross-entropy: of a search without slopes with closed log Z too
    "y/f-log(y/f)-1": (0.8729533725, 2.0949733143, 0.1348438644, 3.8667778661, 1.6966018654),
    "(log(y)-log(f))**2": (0.7955971876, 1.7896777870, 0.2965188003, 1.6862337210, 1.7220751163),
    "(log1p(y)-log1p(f))**2": (0.9055183296, 1.7784247858, 0.1387199673, 3.6043837794, 1.7300172641),
}


@pytest.fixture(scope="module")
def positive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 rows whose mean is linear and whose errors are gamma of shape 4."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 2, 500)
    y = (1 + 2 * x) * rng.gamma(4, 0.25, 500)
    assert (x.sum(), y.sum()) == pytest.approx((536.2687187711, 1544.2962075979), abs=1e-9)
    place = tmp_path_factory.mktemp("loss") / "positive.csv"
    np.savetxt(place, np.column_stack([x, y]), delimiter=",", header="x,y", comments="", fmt="%.17g")
    return place


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """800 labels -1 and 1."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=800)
    y = np.where(rng.random(800) < expit(0.5 + x), 1, -1)
    assert (x.sum(), y.sum()) == pytest.approx((-7.9427583005, 164), abs=1e-9)
    place = tmp_path_factory.mktemp("loss") / "signs.csv"
    np.savetxt(place, np.column_stack([x, y, (y + 1) // 2]), delimiter=",", header="x,y,z", comments="", fmt="%.17g")
    return place


def fitted(place: Path, target: str = "y", **more: object) -> Report:
    return run(Request((str(place),), target=target, features=("x",), kl=False, **more))      # type: ignore[arg-type]


@pytest.mark.parametrize("text", GOLDEN)
def test_both_routes_find_the_reference_fit(positive: Path, text: str) -> None:
    report = fitted(positive, loss=text)
    b0, b1, a = (one.estimate for one in report.parameters)
    assert report.mle is not None
    assert report.agreement is not None
    assert report.agreement.agree
    assert (b0, b1, report.mle.loss, a, report.mle.nll) == pytest.approx(GOLDEN[text], rel=1e-9, abs=1e-9)
    for one in report.parameters:
        assert one.loss_estimate == pytest.approx(one.estimate, rel=1e-8)


def test_what_holds_no_f_of_a_loss_changes_no_fit(positive: Path) -> None:
    mine, other = fitted(positive, loss="y/f+log(f)"), fitted(positive, loss="y/f-log(y/f)-1")
    assert mine.mle is not None
    assert other.mle is not None
    assert mine.mle.nll == pytest.approx(other.mle.nll, rel=1e-12)
    assert mine.notes[0] == ("--loss: a function of log y - log f alone, less 1 log y, in which there is no f: a density in dy/y "
                             "for every f.")
    assert mine.notes[1] == ("--loss: in that variable this is the LINEX loss of b = 1, the gamma deviance: gamma noise of shape a, "
                             "with f its mean.")


SPARED = {      # what holds no f of a loss, and the loss that it leaves
    "f**2/2-y*f": ("y-f", "this is the squared error: -m gaussian does it exactly"),
    "f**2-2*y*f+exp(y)": ("y-f", "this is the squared error: -m gaussian does it exactly"),
    "y/f+log(f)+sin(y)": ("log", "in that variable this is the LINEX loss of b = 1, the gamma deviance: gamma noise of shape a, with f "
                                 "its mean"),
    "2*y/f+2*log(f)+sin(y)": ("log", "in that variable this is the LINEX loss of b = 1, the gamma deviance: gamma noise of shape 2 a, "
                                     "with f its mean"),
    "y/(2*f**2)-1/f": ("none", "this is the inverse gaussian deviance, times 0.5: inverse gaussian noise of shape a, with f its mean"),
    "(y-f)**2/(y*f**2)+exp(-y)": ("none", "this is the inverse gaussian deviance: inverse gaussian noise of shape 2a, with f its mean"),
}


@pytest.mark.parametrize("text", SPARED)
def test_a_loss_is_known_whatever_it_holds_beside_f(text: str) -> None:
    axis, sentence = SPARED[text]
    notes = MODELS.find(f"loss:{text}", "").notes
    assert notes[1] == f"--loss: {sentence}."
    assert notes[0] == {
        "y-f": "--loss: a function of y - f alone, less its value at f = y, in which there is no f.",
        "log": "--loss: a function of log y - log f alone, less its value at f = y, in which there is no f: a density in dy/y for every "
               "f.",
        "none": "--loss: exp(-a loss), less its value at f = y, in which there is no f, has the same mass in y^-1.5 dy at every f "
                "tried: a density in that base, as is looked at again where f is fitted.",
    }[axis]


def test_the_squares_without_their_constant_are_least_squares(positive: Path) -> None:
    mine, other = fitted(positive, loss="f**2-2*y*f"), fitted(positive, model="gaussian")
    assert mine.mle is not None
    assert other.mle is not None
    assert mine.mle.nll == pytest.approx(other.mle.nll, rel=1e-12)
    assert [one.estimate for one in mine.parameters[:2]] == pytest.approx([one.estimate for one in other.parameters[:2]], rel=1e-9)


def test_labels_have_their_chances_at_one_a(signs: Path) -> None:
    report = fitted(signs, loss="log(1+exp(-y*f))")
    assert report.mle is not None
    assert [one.estimate for one in report.parameters] == pytest.approx([0.4971293360, 0.9145250556], abs=1e-9)
    assert report.mle.nll == pytest.approx(0.5948912639, abs=1e-10)
    double, model = fitted(signs, loss="2*log(1+exp(-y*f))"), fitted(signs, "z", model="bernoulli")
    assert double.mle is not None
    assert model.mle is not None
    assert double.mle.loss == pytest.approx(2 * 0.5948912639, abs=1e-10)
    assert double.mle.nll == pytest.approx(model.mle.nll, rel=1e-12)
    assert double.notes[0] == ("--loss: the chances of the labels -1 and 1 at a = 0.5 alone (the logistic loss: f is the log odds).")


def test_labels_that_are_others_are_refused(signs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(signs), "-t", "z", "-x", "x", "--loss", "log(1+exp(-y*f))", "-q"]) == 3
    assert capsys.readouterr().err == ('mlefit: column "z", row 1: loss needs -1 or 1, found 0\n'
                                       "use --model gaussian, or drop the row\n")


def test_the_chances_of_labels_add_up_and_are_those_of_the_log_odds() -> None:
    law, f = MODELS.find("loss:log(1+exp(-y*f))", ""), np.array([[-3.0], [0.2], [5.0]])
    each = [np.exp(-law.nll(np.full(3, y), f, np.empty(0), 0).value) for y in (-1.0, 1.0)]
    assert each[0] + each[1] == pytest.approx(np.ones(3), rel=1e-13)
    assert each[1] == pytest.approx(expit(f[:, 0]), rel=1e-13)
    assert law.expected(f, np.empty(0)) == pytest.approx(np.tanh(f[:, 0] / 2), rel=1e-12)


AXES = {"(y-f)**2": "identity", "abs(y-f)": "identity", "abs(log(y/f))": "log", "(log1p(y)-log1p(f))**2": "log1p",
        "(log(y/(1-y))-log(f/(1-f)))**2": "logit", "abs(y-f)/y": "log"}


@pytest.mark.parametrize("text", AXES)
def test_a_loss_of_one_difference_is_known_as_such(text: str) -> None:
    found = structure(parse_written("--loss", text, ("y", "f"), LOSSES))
    assert found is not None
    assert found.axis.name == AXES[text]


@pytest.mark.parametrize("text", ["f-y*log(f)", "max(1-y*f,0)", "(y-f)**2/y"])
def test_a_loss_of_no_difference_is_known_as_such(text: str) -> None:
    assert structure(parse_written("--loss", text, ("y", "f"), LOSSES)) is None


@pytest.mark.parametrize("text", ["log(1+exp(-y*f))", "3*log(1+exp(-y*f))", "log(1+exp(f))-y*f", "-y*log(f)-(1-y)*log(1-f)"])
def test_proper_losses_of_labels_are_found_to_add_up(text: str) -> None:
    assert any(one.holds for one in labels(parse_written("--loss", text, ("y", "f"), LOSSES)))


NOT = "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). On y ~ gamma of shape 4 and mean 1 its "
CHANCE = "Minimising it is not maximum likelihood. Where label 1 has the chance 0.8 its minimiser is f = "
BERNOULLI = ". Nearest: -m bernoulli, whose loss is log(1+exp(-y*f)) of labels -1 and 1"
SIGNS = ("no a and no weights h of the labels -1 and 1 make h(-1) exp(-a loss) + h(1) exp(-a loss) = 1 at every f; at a = 1 the best "
         "are off by ")
CHANCES = ("no a and no weights h of the labels 0 and 1 make h(0) exp(-a loss) + h(1) exp(-a loss) = 1 at every f; at a = 1 the best "
           "are off by ")
GROWS = " as y grows beyond every f: exp(-a loss) has infinite mass there for every a, so it is no noise model"
REFUSED = {
    "abs(y-f)/y": ("no-noise-model", f"abs(y-f)/y tends to 1{GROWS}",
                   f"{NOT}minimiser is 0.669 (-33 % of the mean). Nearest: abs(log(y)-log(f)), the same near y = f"),
    "2*abs(y-f)/(abs(y)+abs(f))": (
        "no-noise-model", f"2*abs(y-f)/(abs(y)+abs(f)) tends to 2{GROWS}",
        f"{NOT}minimiser is 0.927 (-7 % of the mean). Nearest: abs(log(y)-log(f)), the same near y = f"),
    "((y-f)/y)**2": ("no-noise-model", f"((y-f)/y)**2 tends to 1{GROWS}",
                     f"{NOT}minimiser is 0.500 (-50 % of the mean). Nearest: (log(y)-log(f))**2, the same near y = f"),
    "100*abs(y-f)/(1+y)": (
        "no-noise-model", f"100*abs(y-f)/(1+y) tends to 100{GROWS}",
        f"{NOT}minimiser is 0.811 (-19 % of the mean). Nearest: abs(log1p(y)-log1p(f)), a multiple of it near y = f"),
    "log(1+y/f)": (
        "no-noise-model",
        "log(1+y/f): exp(-loss) has infinite mass in dy, and no base y^s dy makes it one number at all f: it is a density in none",
        f"{NOT.partition('On y')[0]}Nearest: a loss of y - f, or of log(y) - log(f)"),
    "abs(y-f)/(1+f)": (
        "no-noise-model",
        "abs(y-f)/(1+f): exp(-loss) has total mass 1.93, 2.79, 4.46 in dy at f = 0.5, 1, 2, and no base y^s dy makes it one number: "
        "it is a density in none", f"{NOT}minimiser is 1.040 (+4 % of the mean). Nearest: abs(y-f)/(1+f)+log1p(f), which is one"),
    "abs(y-f)/f": (
        "no-noise-model",
        "abs(y-f)/f: exp(-loss) has total mass 0.816, 1.63, 3.26 in dy at f = 0.5, 1, 2, and no base y^s dy makes it one number: it "
        "is a density in none", f"{NOT}minimiser is 1.168 (+17 % of the mean). Nearest: abs(y-f)/f+log(f), which is one"),
    "((y-f)/f)**2": (
        "no-noise-model",
        "((y-f)/f)**2: exp(-loss) has total mass 0.817, 1.63, 3.27 in dy at f = 0.5, 1, 2, and no base y^s dy makes it one number: it "
        "is a density in none", f"{NOT}minimiser is 1.250 (+25 % of the mean). Nearest: ((y-f)/f)**2+log(f), which is one"),
    "max(0,1-y*f)": ("no-noise-model", f"max(0,1-y*f) (the hinge loss): {SIGNS}0.13: it is no noise model",
                     f"{CHANCE}1.000: it gives a class and no chance: 0.8 and 0.99 look alike{BERNOULLI}"),
    "max(0,1-y*f)**2": ("no-noise-model", f"max(0,1-y*f)**2 (the squared hinge loss): {SIGNS}0.089: it is no noise model",
                        f"{CHANCE}0.600: (f + 1)/2 is the chance{BERNOULLI}"),
    "exp(-y*f)": ("no-noise-model", f"exp(-y*f) (the exponential loss of AdaBoost): {SIGNS}0.088: it is no noise model",
                  f"{CHANCE}0.693: f is half the log odds: 1/(1+exp(-2f)) is the chance{BERNOULLI}"),
    "-(1-f)**2*y*log(f)-f**2*(1-y)*log(1-f)": (
        "no-noise-model",
        f"-(1-f)**2*y*log(f)-f**2*(1-y)*log(1-f) (the focal loss of gamma = 2): {CHANCES}0.16: it is no noise model",
        f"{CHANCE}0.627: chances are pulled to 1/2{BERNOULLI}"),
    "2*y/sqrt(f)+2*sqrt(f)": (
        "not-proved",
        "2*y/sqrt(f)+2*sqrt(f) is A(f) - y B(f) + C(y), the loss of an exponential family: whether there is a base with which it is a "
        "density is not decided here; no power of y is one",
        "the exponential families that are fitted are -m gaussian, gamma, inverse-gaussian, poisson, negative-binomial and binomial; a "
        "Tweedie law lies between poisson and gamma"),
    "y*log(f)": (
        "no-noise-model",
        "y*log(f) is A(f) - y B(f) + C(y), which has one mass at every f, in whatever base, only where A is a convex function of B; at "
        "f = 1, 1.9, 4 it is none: it is a density in no base",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). Nearest: a loss of y - f, or of log(y) - log(f)"),
    "(y-f)**2/(2*f)+log(f)/2": (
        "no-noise-model",
        "(y-f)**2/(2*f)+log(f)/2: no base y^s dy makes exp(-a loss) a density at every a, but exp(-loss) has the same mass, 2.50663, over "
        "every number at every f > 0 tried: it is the loss of one density",
        'fit that density, which has no a to estimate: --density "exp(-((y-f)**2/(2*f)+log(f)/2))/2.50662827463"'),
    "y*log(y/f)+(1-y)*log((1-y)/(1-f))": (
        "no-noise-model",
        "y*log(y/f)+(1-y)*log((1-y)/(1-f)): exp(-loss) has total mass 0.717, 0.838, 0.788 between 0 and 1 in dy at f = 0.2, 0.5, 0.7, and "
        "no base (y(1-y))^s dy makes it one number: it is a density in none",
        "Minimising it is not maximum likelihood under any noise of the form exp(-a loss). Nearest: -m beta"),
    "log(1+exp(1-y*f))": ("no-noise-model", f"log(1+exp(1-y*f)) (a loss of the margin y f): {SIGNS}0.16: it is no noise model",
                          f"{CHANCE}2.154: it is no chance by itself{BERNOULLI}"),
    "(1-y*f)**2": ("no-noise-model", f"(1-y*f)**2 (a loss of the margin y f): {SIGNS}0.44: it is no noise model",
                   f"{CHANCE}0.600: (f + 1)/2 is the chance{BERNOULLI}"),
    "(6-y*f)**2": ("no-noise-model", f"(6-y*f)**2 (a loss of the margin y f): {SIGNS}0.84: it is no noise model",
                   f"{CHANCE}3.600: (0.167 f + 1)/2 is the chance{BERNOULLI}"),
    "exp(-3*y*f)": ("no-noise-model", f"exp(-3*y*f) (a loss of the margin y f): {SIGNS}0.11: it is no noise model",
                    f"{CHANCE}0.231: 6 f is the log odds{BERNOULLI}"),
    "max(0,6-y*f)": ("no-noise-model", f"max(0,6-y*f) (a loss of the margin y f): {SIGNS}0.56: it is no noise model",
                     f"{CHANCE}6.000: it gives a class and no chance: 0.6 and 0.99 look alike{BERNOULLI}"),
    "-y*f": ("no-noise-model", f"-y*f (a loss of the margin y f): {SIGNS}0.56: it is no noise model", CHANCE.replace(
        "its minimiser is f = ", "its mean does not rise again up to |f| = 1e+06, and no f of it tells the chance") + BERNOULLI),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_noise_model_is_refused_with_the_proof_and_what_it_does_instead(text: str) -> None:
    with pytest.raises(NoEstimateError) as caught:
        MODELS.find(f"loss:{text}", "")
    assert (caught.value.code, caught.value.message, caught.value.remedy) == REFUSED[text]


def test_what_looks_like_a_margin_at_some_f_and_is_no_number_at_others_is_no_loss_of_labels() -> None:
    with pytest.raises(NoEstimateError) as caught:
        MODELS.find("loss:sqrt(min(((f*1e-300)*(f-0.3)),((f**y)+f)))", "")
    assert caught.value.message.endswith(": exp(-loss) has infinite mass in dy, and no base y^s dy makes it one number at all f: it is a "
                                         "density in none")


@pytest.mark.parametrize("text", ["y/f-log(y/f)-1", "(log(y)-log(f))**2"])
def test_the_law_has_its_mean_quantiles_and_draws(text: str) -> None:
    law, free, f = MODELS.find(f"loss:{text}", ""), np.array([math.log(3.0)]), np.full((200_000, 1), 2.0)
    drawn = law.draw(np.random.default_rng(1), f, free)
    mean = law.expected(f[:1], free)[0]
    assert drawn.mean() == pytest.approx(mean, abs=5.0 * drawn.std() / math.sqrt(drawn.size))
    assert mean == pytest.approx(2.0 if "/" in text else 2.0 * math.exp(1.0 / 12.0), rel=1e-9)
    share = np.exp(law.log_cdf(drawn[:1000], f[:1000], free))
    assert law.quantile(share, f[:1000], free) == pytest.approx(drawn[:1000], rel=1e-9)
