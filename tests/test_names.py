"""Names: parameters that would share one are refused, and the column to rename is named."""

from typing import Any

import numpy as np
import pytest

import mlefit
from mlefit.errors import UsageError

RNG = np.random.default_rng(1)
X = RNG.normal(size=(3, 30))
G = ["a", "b", "c"] * 10


@pytest.mark.parametrize(("data", "options", "message", "column"), [
    ({"sigma": X[0]}, {}, 'two parameters would be called "sigma": those of "sigma" and the shape of gaussian noise', "sigma"),
    ({"g": G, "g=b": X[0]}, {}, 'two parameters would be called "g=b": those of "g" and "g=b"', "g=b"),
    ({"(Intercept)": X[0]}, {}, 'two parameters would be called "(Intercept)": those of the intercept and "(Intercept)"',
     "(Intercept)"),
    ({"a": X[0], "b": X[1], "a:b": X[2]}, {"formula": "y ~ a:b + `a:b`"},
     'two parameters would be called "a:b": those of "a:b" and "a:b"', "a:b"),
])
def test_two_parameters_of_one_name_are_refused(data: Any, options: Any, message: str, column: str) -> None:
    target = {} if "formula" in options else {"target": "y"}
    with pytest.raises(UsageError) as refused:
        mlefit.fit({**data, "y": X.sum(axis=0)}, draws=0, **target, **options)
    assert refused.value.message == message
    assert refused.value.remedy == f"rename the column {column}, or name other predictors with -x"
    assert (refused.value.code, refused.value.columns) == ("same-name", (column,))


def test_a_column_called_like_the_shape_of_another_law_is_a_column() -> None:
    y = (X[0] + RNG.logistic(size=30) > 0.0).astype(int)
    fit = mlefit.fit({"sigma": X[0], "y": y}, "y", model="bernoulli", draws=0).to_dict()
    assert [p["name"] for p in fit["parameters"]] == ["(Intercept)", "sigma"]


def test_a_row_whose_offset_is_no_number_is_named() -> None:
    with pytest.raises(mlefit.MlefitError) as refused:
        mlefit.fit({"x": X[0], "e": [1.0, 0.0, *[2.0] * 28], "y": [0, 1] * 15}, "y", ["x"], "bernoulli", offset="log(e)")
    assert refused.value.message == 'term "log(e)", row 2: expected a finite number, found -inf (e = 0)'
