"""Options of a law: `-m NAME:option=value,...`, what they may be, and where they are told."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from two_predictors import Spread

import mlefit
from mlefit.cli import main
from mlefit.errors import UsageError
from mlefit.noise import MODELS
from mlefit.noise.model import Shape
from mlefit.noise.options import Choice, Number


@dataclass(frozen=True)
class Optional(Spread):
    """A law with an option of each kind, of which one changes a fact."""

    link: str = "identity"
    df: float | None = None
    k: float | None = 1.345
    delta: float | None = None

    name = "optional"
    options = (
        Choice("link", ("identity", "log")), Number("df", 0.0, default="estimated"), Number("k", 0.0, 10.0, "1.345"),
        Number("delta", 0.0, instead_of="k"),
    )
    presets = {"loglaw": "link=log", "cauchylaw": "df=1"}      # noqa: RUF012 - a test's

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return () if self.df else (Shape("df"),)


LISTED = ("the options of optional are link=identity|log, df=NUMBER (above 0, default estimated), "
          "k=NUMBER (strictly between 0 and 10, default 1.345), delta=NUMBER (above 0)")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "optional", Optional())


def test_options_are_fields_and_facts_may_follow_from_them() -> None:
    plain, found = MODELS.find("optional", ""), MODELS.find("optional:df=4, link=log", "")
    assert (plain, found) == (Optional(), Optional("log", 4.0))
    assert [shape.name for shape in plain.shapes] == ["df"]
    assert found.shapes == ()
    assert (plain.stated, found.stated) == ({"k": 1.345}, {"link": "log", "df": 4.0, "k": 1.345})
    assert MODELS.find(found.spelt, "") == found
    assert found.spelt == "optional:link=log,df=4,k=1.345"
    assert MODELS.find("optional:log", "") == Optional("log")


@pytest.mark.parametrize(("options", "sentence"), [
    ("", 'link must be identity or log, found ""'),
    ("sd=3", 'optional has no option "sd"'),
    ("link=logit", 'link must be identity or log, found "logit"'),
    ("df=0", 'df must lie above 0 (1e-100 to 1e+100), found "0"'),
    ("df=1e200", 'df must lie above 0 (1e-100 to 1e+100), found "1e200"'),
    ("df=inf", 'df must lie above 0 (1e-100 to 1e+100), found "inf"'),
    ("df=1_0", 'df must lie above 0 (1e-100 to 1e+100), found "1_0"'),
    ("df=four", 'df must lie above 0 (1e-100 to 1e+100), found "four"'),
    ("k=10", 'k must lie strictly between 0 and 10, found "10"'),
    ("df=3,df=4", "df is given twice"),
    ("k=1,delta=2", "delta stands instead of k, found both"),
])
def test_what_is_no_option_is_refused_with_those_that_are(options: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        MODELS.find(f"optional:{options}", "--model: ")
    assert str(caught.value) == f"--model: {sentence}\n{LISTED}"
    assert caught.value.code == "unknown-option"


def test_a_word_that_fixes_options_is_offered_with_them() -> None:
    with pytest.raises(UsageError, match="did you mean optional:df=1"):
        MODELS.find("cauchylow", "")


def test_a_word_that_fixes_options_is_taken_with_them_and_others() -> None:
    assert MODELS.find("cauchylaw", "") == MODELS.find("optional:df=1", "")
    assert MODELS.find("CauchyLaw:k=2", "") == MODELS.find("optional:df=1,k=2", "")
    assert MODELS.renamed("cauchylaw:k=2") == ("model: cauchylaw is called optional:df=1 here.",)
    assert MODELS.renamed("optional:df=1") == ()


def test_options_in_force_are_told_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.linspace(0.0, 1.0, 50)
    table = {"x": x, "y": x + np.random.default_rng(1).normal(size=50)}
    found = mlefit.fit(table, model="optional:df=4", target="y", draws=0)
    assert found.to_dict()["model"]["options"] == {"df": 4.0, "k": 1.345}
    assert "optional (df=4, k=1.345) noise" in str(found)
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    assert "\noptional:df=NUMBER (above 0, default estimated)\n" in listed
    assert "\nloglaw is optional:link=log\n" in listed
    assert main(["models", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["models"][-1]
    assert told["options"][0] == "link=identity|log"
    assert told["presets"] == {"loglaw": "link=log", "cauchylaw": "df=1"}
    assert main(["explain", "optional:tau=2"]) == 2
    assert capsys.readouterr().err == f'mlefit: optional has no option "tau"\n{LISTED}\n'
