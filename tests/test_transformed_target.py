"""A transformed target, `log(price)`: parameters of log(price), likelihood and entropy of price itself."""

import json
import math

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.errors import DataError, UsageError
from mlefit.report.report import Report

FUNCTIONS = {"log": np.log, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt}


def houses(n: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    size = rng.uniform(1.0, 4.0, n)
    return {"size": size, "price": np.exp(1.0 + 0.5 * size + 0.3 * rng.normal(size=n)), "w": rng.integers(1, 4, n), "o": 0.1 * size}


def fitted(data: dict[str, np.ndarray], target: str = "log(price)", **options: object) -> Report:
    return mlefit.fit(data, target=target, **{"features": ["size"], "draws": 0, **options}).report


def loglik(report: Report) -> float:
    assert report.criteria is not None
    assert report.criteria.loglik is not None
    return report.criteria.loglik


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("weights", [None, "w"])
def test_the_fit_is_that_of_the_column_transformed_and_the_likelihood_has_the_jacobian(function: str, weights: str | None) -> None:
    data = houses()
    found = fitted(data, f"{function}(price)", weights=weights)
    plain = fitted({**data, "t": FUNCTIONS[function](data["price"])}, "t", weights=weights)
    assert [p.estimate for p in found.parameters] == pytest.approx([p.estimate for p in plain.parameters], rel=1e-12)
    assert [p.std_error for p in found.parameters] == pytest.approx([p.std_error for p in plain.parameters], rel=1e-10)
    step = 1e-5 * data["price"]
    slope = (FUNCTIONS[function](data["price"] + step) - FUNCTIONS[function](data["price"] - step)) / (2.0 * step)
    w = np.ones(300) if weights is None else data["w"]
    jacobian = float(w @ np.log(slope))
    assert loglik(found) == pytest.approx(loglik(plain) + jacobian, rel=1e-9)
    assert found.criteria is not None
    assert plain.criteria is not None
    assert found.criteria.aic == pytest.approx(plain.criteria.aic - 2.0 * jacobian, rel=1e-9)
    assert found.criteria.on_new_rows == pytest.approx(plain.criteria.on_new_rows - jacobian / w.sum(), rel=1e-8)
    assert found.information is not None
    assert plain.information is not None
    assert found.information.kl.raw == pytest.approx(plain.information.kl.raw, abs=1e-12)
    assert found.information.entropy == pytest.approx(plain.information.entropy - jacobian / w.sum(), rel=1e-8)
    assert found.information.explained == pytest.approx(plain.information.explained, rel=1e-9)


def test_it_is_a_lognormal_model_of_the_column() -> None:
    data = houses()
    assert loglik(fitted(data)) == pytest.approx(loglik(fitted(data, "price", model="lognormal")), rel=1e-12)


def test_a_formula_says_the_same() -> None:
    data = houses()
    one, other = fitted(data), mlefit.fit(data, formula="log(price) ~ size", draws=0).report
    assert [p.estimate for p in one.parameters] == [p.estimate for p in other.parameters]
    assert (other.data.target, other.data.transform) == ("log(price)", "log")
    same = mlefit.fit(data, formula="log(price) ~ size", target="log(price)", draws=0).report
    assert same.parameters == other.parameters
    with pytest.raises(UsageError) as caught:
        mlefit.fit(data, formula="log(price) ~ size", target="price")
    assert caught.value.message == '--target price: the target of the formula is "log(price)"'


def test_offsets_precision_and_held_out_rows_are_in_the_unit_of_the_column() -> None:
    data = houses()
    moved = fitted(data, offset="o")
    assert moved.parameters[1].estimate == pytest.approx(fitted(data).parameters[1].estimate - 0.1, rel=1e-9)
    assert loglik(moved) == pytest.approx(loglik(fitted(data)), rel=1e-12)
    weighed = [fitted(data | {"t": np.log(data["price"])}, target, weights="w", weights_kind="precision")
               for target in ("log(price)", "t")]
    assert loglik(weighed[0]) == pytest.approx(loglik(weighed[1]) - float(np.log(data["price"]).sum()), rel=1e-11)
    for options in ({}, {"offset": "o"}, {"model": "gamma"}):
        held = [fitted(data | {"price": data["price"] * scale}, holdout=0.3, **options).information for scale in (3.0, 3000.0)]
        assert held[0] is not None
        assert held[1] is not None
        assert held[0].holdout is not None
        assert held[1].holdout is not None
        if options != {"model": "gamma"}:       # the unit moves the constant and nothing else
            assert held[1].holdout.cross_entropy == pytest.approx(held[0].holdout.cross_entropy + math.log(1000.0), rel=1e-9)
        assert held[0].holdout.cross_entropy == pytest.approx(held[0].cross_entropy, abs=6.0 * held[0].holdout.std_error)


def test_the_screen_says_of_what_its_figures_are(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    command = ["fit", "sample_data/repairs.csv", "-t", "log(cost)", "-x", "age,shop", "-q", "--draws", "0"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "log(cost) ~ age + shop" in text
    assert "of the variance of log(cost) (R2)" in text
    assert " of log(cost)" in text.split("typical error")[1][:20]
    assert main([*command, "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert (data["target"], data["transform"]) == ("log(cost)", "log")


@pytest.mark.parametrize(("target", "value", "sentence"), [
    ("log(price)", 0.0, "log(price) needs numbers > 0, found 0"), ("sqrt(price)", 0.0, "sqrt(price) needs numbers > 0, found 0"),
    ("log1p(price)", -1.5, "log1p(price) needs numbers > -1, found -1.5"), ("log10(price)", -2.0, "log10(price) needs numbers > 0, found -2"),
])
def test_a_number_without_a_value_is_refused_with_its_row(target: str, value: float, sentence: str) -> None:
    data = houses()
    data["price"][6] = value
    with pytest.raises(DataError) as caught:
        fitted(data, target)
    assert caught.value.message == f'column "price", row 7: {sentence}'
    assert caught.value.remedy == "drop the row, or model the column itself"


def test_levels_have_no_function_and_a_column_of_that_name_wins() -> None:
    data = houses()
    for model in ("bernoulli", "binomial"):     # which without trials is bernoulli
        with pytest.raises(UsageError) as caught:
            fitted(data, model=model)
        assert caught.value.message == "--target log(price): bernoulli takes levels, of which there is no function"
    named = {"size": data["size"], "log(price)": data["price"]}
    assert mlefit.fit(named, target="log(price)", draws=0).report.data.transform is None
    with pytest.raises(UsageError) as caught:
        fitted(data, "log(cost)")
    assert caught.value.message.startswith('there is no column "cost"')
