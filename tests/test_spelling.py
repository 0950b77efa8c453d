"""Levels that a reader takes for one are different levels, and the report warns."""

import pytest

import mlefit
from mlefit.design.spelling import spellings


@pytest.mark.parametrize(("levels", "said"), [
    (["MALE", "Male", "female", "male"], '"MALE" and "Male" and "male" are one word but for capitals or blanks, and different levels'),
    (["New York", "NewYork", "LA"], '"New York" and "NewYork" are one word but for capitals or blanks, and different levels'),
    (["New York", "New\u00a0York"], r'"New York" and "New\xa0York" look alike, and are different levels'),
    (["caf\u00e9", "cafe\u0301", "bar"], r'"caf\xe9" and "cafe\u0301" look alike, and are different levels'),
    (["yes", "yes\u200b"], r'"yes" and "yes\u200b" look alike, and are different levels'),
    (["1", "01", "2"], '"1" and "01" are one number spelt in different ways, and different levels'),
    (["abc", "ABC", "def", "DEF", "ghi", "GHI", "jkl", "JKL"], '"abc" and "ABC"; "def" and "DEF"; "ghi" and "GHI" and 1 more are one '
     "word but for capitals or blanks, and different levels"),
])
def test_what_is_spelt_in_two_ways_is_told(levels: list[str], said: str) -> None:
    (warning,) = spellings({"g": tuple(levels)})
    assert (warning.code, warning.message, warning.columns) == ("spellings", f'column "g": {said}', ("g",))


@pytest.mark.parametrize("levels", [["AA", "Aa", "aa"], ["m", "M"], ["m2", "m\u00b2"], ["a b", "a c"], ["1.5", "2"], ["", "x"]])
def test_what_differs_is_not(levels: list[str]) -> None:
    assert list(spellings({"g": tuple(levels)})) == []


def test_levels_of_predictors_and_of_the_target_are_looked_at() -> None:
    table = {"g": ["north", "North", "south"] * 20, "y": ["lo", "hi", "mid", "hi", "lo"] * 12}
    found = mlefit.fit(table, target="y", features=["g"], kl=False).to_dict()["warnings"]
    assert [w["columns"] for w in found if w["code"] == "spellings"] == [["g"]]
    found = mlefit.fit({"x": list(range(60)), "y": ["left", "Left", "right"] * 20}, target="y", kl=False).to_dict()["warnings"]
    assert [w["columns"] for w in found if w["code"] == "spellings"] == [["y"]]
