"""Effects and ratios: in the reader's unit, of a formula as a whole, with the standard error of the delta method."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import UsageError
from mlefit.report.effect import Effect
from mlefit.report.markdown import to_markdown

SAMPLES = Path(__file__).parents[1] / "sample_data"


def table(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    a, b, g = rng.normal(3.0, 1.0, rows), rng.uniform(1.0, 5.0, rows), rng.choice(["p", "q", "r"], rows)
    y = 1.0 + 0.5 * a - 0.2 * a**2 + 0.3 * b + (g == "q") + rng.normal(0.0, 0.5, rows)
    won = np.where(rng.random(rows) < 1.0 / (1.0 + np.exp(-(a - 3.0) - 0.5 * (g == "q"))), "yes", "no")
    return pd.DataFrame({"a": a, "b": b, "g": g, "y": y, "won": won, "count": rng.poisson(np.exp(0.2 * a))})


def effects(formula: str, model: str | None = None, **options: object) -> tuple[Effect, ...]:
    found = mlefit.fit(table(), formula=formula, model=model, effects=True, draws=0, **options).report.effects
    assert found is not None
    return found


def quartiles(column: str) -> tuple[float, float]:
    low, high = np.quantile(table()[column], [0.25, 0.75], method="inverted_cdf")
    return float(low), float(high)


def test_of_a_straight_line_it_is_the_coefficient_times_the_way() -> None:
    fit = mlefit.fit(table(), formula="y ~ b + g", effects=True, draws=0).report
    assert fit.effects is not None
    known = {p.name: p for p in fit.parameters}
    b, q, r = fit.effects
    low, high = quartiles("b")
    assert (b.predictor, b.from_, b.to, b.kind, b.class_) == ("b", low, high, "mean", None)
    assert [(e.predictor, e.from_, e.to) for e in (q, r)] == [("g", "p", "q"), ("g", "p", "r")]
    for effect, p, way in ((b, known["b"], high - low), (q, known["g=q"], 1.0), (r, known["g=r"], 1.0)):
        for mine, theirs in ((effect.estimate, p.estimate), (effect.std_error, p.std_error), (effect.ci_low, p.ci_low)):
            assert theirs is not None
            assert mine == pytest.approx(theirs * way, rel=1e-8)


def test_a_polynomial_and_an_interaction_move_as_a_whole() -> None:
    frame = table()
    fit = mlefit.fit(frame, formula="y ~ a + I(a**2) + a:b", effects=True, draws=0).report
    assert fit.effects is not None
    c = {p.name: p.estimate for p in fit.parameters}
    a, b = fit.effects
    low, high = quartiles("a")
    way = (high - low) * c["a"] + (high**2 - low**2) * c["I(a**2)"] + (high - low) * c["a:b"] * frame["b"].mean()
    assert a.estimate == pytest.approx(way, rel=1e-9)
    low, high = quartiles("b")
    assert b.estimate == pytest.approx((high - low) * c["a:b"] * frame["a"].mean(), rel=1e-9)


def test_of_a_logistic_regression_it_is_an_average_of_differences_with_the_error_of_the_delta_method() -> None:
    frame = table()
    fit = mlefit.fit(frame, formula="won ~ a + g", effects=True, draws=0).report
    assert fit.effects is not None
    beta = np.array([p.estimate for p in fit.parameters], dtype=float)
    x = np.stack([np.ones(400), frame["a"], frame["g"] == "q", frame["g"] == "r"], axis=1).astype(float)
    p = 1.0 / (1.0 + np.exp(-x @ beta))
    covariance = np.linalg.inv((x * (p * (1.0 - p))[:, None]).T @ x)

    def moved(column: int, value: float) -> tuple[float, np.ndarray]:
        z = x.copy()
        z[:, 2:] = 0.0 if column > 1 else z[:, 2:]
        z[:, column] = value
        q = 1.0 / (1.0 + np.exp(-z @ beta))
        return float(q.mean()), (q * (1.0 - q)) @ z / 400

    for effect, column, (low, high) in zip(fit.effects, (1, 2, 3), (quartiles("a"), (0.0, 1.0), (0.0, 1.0)), strict=True):
        (before, slope), (after, other) = moved(column, low), moved(column, high)
        assert (effect.kind, effect.class_) == ("probability", None)
        assert effect.estimate == pytest.approx(after - before, rel=1e-8)
        assert effect.std_error == pytest.approx(np.sqrt((other - slope) @ covariance @ (other - slope)), rel=1e-6)


def test_every_class_has_one_and_they_add_up_to_nothing() -> None:
    found = [e for e in effects("g ~ a + b", "categorical") if e.predictor == "a"]
    assert [e.class_ for e in found] == ["p", "q", "r"]
    assert sum(e.estimate or 0.0 for e in found) == pytest.approx(0.0, abs=1e-12)


def test_robust_errors_are_those_of_the_effect_too() -> None:
    (plain, *_), (robust, *_) = effects("y ~ b"), effects("y ~ b", se="hc3")
    assert plain.estimate == robust.estimate
    assert plain.std_error != robust.std_error


def test_where_a_term_has_no_value_there_is_no_effect() -> None:
    b = np.linspace(1.0, 9.0, 60)
    frame = pd.DataFrame({"a": b + 1.0, "b": b, "y": np.arange(60) % 7 + 0.1 * b})
    found = mlefit.fit(frame, formula="y ~ log(a - b + 0.01 * a) + b", effects=True, draws=0).report.effects
    assert found is not None
    assert (found[0].predictor, found[0].estimate) == ("a", None)


def test_a_number_whose_quartiles_are_one_goes_from_end_to_end() -> None:
    frame = pd.DataFrame({"x": [0.0] * 50 + [1.0] * 5, "y": np.random.default_rng(1).normal(size=55)})
    found = mlefit.fit(frame, target="y", effects=True, draws=0).report.effects
    assert found is not None
    assert (found[0].from_, found[0].to) == (0.0, 1.0)


def test_ratios_are_exp_of_the_coefficients_and_their_ends() -> None:
    positive = {**table(), "amount": np.exp(np.random.default_rng(2).normal(size=len(table()["count"])))}
    for formula, model, kind, more in (
        ("won ~ a + g", "bernoulli", "odds ratio", {}), ("count ~ a", "poisson", "rate ratio", {}),
        ("amount ~ a", "gamma", "ratio of means", {"scale_features": ["a"]}),
    ):
        fit = mlefit.fit(positive, formula=formula, model=model, exponentiate=True, draws=0, **more).report
        assert fit.ratios is not None
        means = [p for p in fit.parameters if p.kind == "mean" and p.name != "(Intercept)"]
        assert [(r.name, r.kind) for r in fit.ratios] == [(p.name, kind) for p in means]
        for ratio, p in zip(fit.ratios, means, strict=True):
            assert [ratio.estimate, ratio.ci_low, ratio.ci_high] == pytest.approx(
                [np.exp(value) for value in (p.estimate, p.ci_low, p.ci_high) if value is not None], rel=1e-14)


def test_a_hurdle_has_ratios_of_both_its_parts() -> None:
    fit = mlefit.fit(str(SAMPLES / "conversions.csv"), "visits", ["age"], "hurdle:poisson", exponentiate=True, draws=0)
    assert fit.report.ratios is not None
    known = {(p.name, p.class_): p.estimate for p in fit.report.parameters}
    assert [(r.name, r.class_, r.kind) for r in fit.report.ratios] == [("age", None, "rate ratio"), ("age", "y > 0", "odds ratio")]
    assert [np.log(r.estimate or 0.0) for r in fit.report.ratios] == pytest.approx([known["age", None], known["age", "y > 0"]])
    lines = str(fit).splitlines()
    assert [line.split("  ")[0] for line in lines if "ratio" in line and "age" in line] == ["rate ratio: age", "odds ratio, y > 0: age"]


@pytest.mark.parametrize("model", ["gaussian", "bernoulli:link=probit"])
def test_where_coefficients_are_no_logarithms_of_ratios_that_is_refused(model: str) -> None:
    with pytest.raises(UsageError) as refused:
        mlefit.fit(table(), formula="y ~ a" if model == "gaussian" else "won ~ a", model=model, exponentiate=True)
    assert str(refused.value) == (
        f"--exponentiate: the coefficients of {model.partition(':')[0]} are no logarithms of ratios\n"
        "leave it out; --effects shows what each predictor changes")


def test_both_stand_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["fit", str(SAMPLES / "conversions.csv"), "-q", "--effects", "--exponentiate", "--draws", "0"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "effects on the probability of converted=yes, averaged over rows\n" in text
    assert "channel      ad   email            14.6    9.3 to 19.9\n" in text
    assert "parameter       odds ratio     95 % interval\n" in text
    assert main([*command, "-o", "json"]) == 0
    assert '"effects": [\n    {\n      "predictor": "age",\n      "from": 32.0,\n      "to": 61.0,' in capsys.readouterr().out
    fit = mlefit.fit(SAMPLES / "conversions.csv", effects=True, exponentiate=True, draws=0)
    page = to_markdown(fit.report)
    assert "| channel | ad | email | 14.6 | 9.3 to 19.9 |" in page
    assert "| parameter | odds ratio | 95 % interval |" in page
