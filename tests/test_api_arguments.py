"""Arguments of the Python door that have the wrong type."""

from typing import Any

import numpy as np
import pytest

import mlefit

TABLE = {"age": np.arange(30.0), "y": np.random.default_rng(1).normal(size=30)}


def test_the_name_of_one_predictor_is_no_list_of_letters() -> None:
    assert mlefit.fit(TABLE, "y", "age", kl=False).to_dict()["data"]["features"] == ["age"]


@pytest.mark.parametrize(("options", "sentence"), [
    ({"target": 1}, '--target: expected text, found "1"'), ({"target": "y", "model": ["huber"]}, "--model: expected text, found \"['huber']\""),
])
def test_names_are_text(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(mlefit.MlefitError) as caught:
        mlefit.fit(TABLE, **options)
    assert str(caught.value) == f'{sentence}\ngive one name in quotes'
