"""`explain --loss`: ten losses that everybody knows, each answered rightly, as golden files; and random ones, each in words.

MLEFIT_GOLDEN=write rewrites the files.
"""

import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.errors import MlefitError
from mlefit.noise import MODELS

GOLDEN = Path(__file__).parent / "golden"
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "losses"))
LOSSES = {
    "tukey": "where(abs(r) < 4.685, 1 - (1 - (r/4.685)**2)**3, 1)",
    "mape": "abs(y - f)/y",
    "smape": "2*abs(y - f)/(abs(y) + abs(f))",
    "hinge": "max(0, 1 - y*f)",
    "exponential": "exp(-y*f)",
    "rmsle": "sqrt(mean((log1p(y) - log1p(f))**2))",
    "msle": "(log1p(y) - log1p(f))**2",
    "linex": "exp(0.5*r) - 0.5*r - 1",
    "quantile": "max(0.9*r, -0.1*r)",
    "expectile": "where(r < 0, 0.1*r**2, 0.9*r**2)",
    "log-cosh": "log(cosh(r))",
}
SENTENCES = {       # what a loss of the machine learning libraries is, in a sentence
    "r**2": "this is the squared error: -m gaussian does it exactly",
    "abs(r)": "this is the absolute error: -m laplace does it exactly",
    "where(abs(r)<1.5,0.5*r**2,1.5*(abs(r)-0.75))": "this is the huber loss of delta = 1.5: -m huber:delta=1.5 does it exactly",
    "2*(exp(r)-r)": "this is the LINEX loss of b = 1: the log of a gamma variable: exp(b r) ~ gamma of shape 2 a and rate 2 a; errors of y "
                     "above f are punished exponentially, and the law is skewed",
    "0.5*log(cosh(r))": "this is the log-cosh loss of scale 1: a hyperbolic law; a = 2 is hyperbolic secant noise, a = 4 logistic noise",
    "4*(sqrt(1+(r/2)**2)-1)": "this is the pseudo-huber loss of delta = 2: a symmetric hyperbolic law; gaussian inside, exponential tails",
    "log(cosh(r))": "this is the log-cosh loss of scale 1: a hyperbolic law; a = 1 is hyperbolic secant noise, a = 2 logistic noise",
    "abs(r)-log(1+abs(r))": "this is the Fair loss of c = 1: (1 + |r|/c)^k exp(-k |r|/c), k a multiple of a; exponential tails",
    "max(0.9*r,-0.1*r)": "this is the pinball loss of tau = 0.9: -m quantile:tau=0.9 does it exactly; a working law",
    "where(r<0,0.1*r**2,0.9*r**2)": (
        "this is the expectile loss of tau = 0.9 (asymmetric squares): a split gaussian; f is its mode, and the expectile"),
    "max(abs(r)-0.5,0)": (
        "this is the epsilon-insensitive loss of support vector regression, epsilon = 0.5: a uniform core with exponential tails; "
        "flat for |r| < 0.5"),
    "max(abs(r)-0.5,0)**2": (
        "this is the squared epsilon-insensitive loss, epsilon = 0.5: a uniform core with gaussian tails; flat for |r| < 0.5"),
    "where(r<0,0.3,0.7)*where(abs(r)<1,0.5*r**2,abs(r)-0.5)": (
        "this is the quantile huber loss of tau = 0.7, bend 1: an asymmetric huber law; a smoothed quantile: f is not the "
        "tau-quantile exactly"),
    "exp(0.5*r)-0.5*r-1": (
        "this is the LINEX loss of b = 0.5: the log of a gamma variable: exp(b r) ~ gamma of shape a and rate a; errors of y above f "
        "are punished exponentially, and the law is skewed"),
    "abs(r)**1.5": "this is the power loss |r|^1.5: an exponential power law; p = 1 is laplace, p = 2 gaussian",
    "log(1+r**2)": (
        "this is the Cauchy loss of c = 1: student-t noise with its scale tied to c: df = 2 a - 1; -m student-t frees the scale"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_everybody_knows_is_answered(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["explain", "--loss", LOSSES[name]])
    captured = capsys.readouterr()
    said = f"exit {code}\n{captured.out}{captured.err}"
    place = GOLDEN / f"loss_{name}.txt"
    if os.environ.get("MLEFIT_GOLDEN") == "write":
        place.write_text(said, encoding="utf-8")
    assert said == place.read_text(encoding="utf-8")
    assert code in (0, 2, 4)
    assert max(map(len, captured.out.splitlines()), default=0) <= 80


@pytest.mark.parametrize("text", SENTENCES)
def test_a_loss_of_the_libraries_is_told_in_a_sentence(text: str) -> None:
    assert MODELS.find(f"loss:{text}", "").notes == (f"--loss: {SENTENCES[text]}.",)


def test_random_expressions_are_refused_in_words_or_are_laws() -> None:
    from random_losses import expression, outcome  # type: ignore[import-not-found]  # of benchmarks/losses

    rng = random.Random(3)      # noqa: S311  no secret
    found = [outcome(expression(rng)) for _ in range(150)]
    assert {"law", "formula", "no-noise-model"} <= set(found)


@pytest.mark.parametrize("text", ["(" * 60 + "r" + ")" * 60, "r+" * 400 + "r", "r" * 3000, "-" * 1000 + "r", "r**2" * 200,
                                  "abs(" * 51 + "r" + ")" * 51])
def test_deep_and_long_expressions_are_bounded(text: str) -> None:
    with pytest.raises(MlefitError) as caught:
        MODELS.find(f"loss:{text}", "")
    assert caught.value.exit_code == 2


def test_a_deep_loss_within_bounds_is_a_law() -> None:
    law = MODELS.find("loss:" + "(" * 40 + "r**2" + ")" * 40, "")
    assert np.isfinite(law.nll(np.ones(1), np.zeros((1, 1)), np.zeros(1), 0).value).all()
