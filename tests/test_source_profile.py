"""Profiles: counts of cells add up over any cut of a column, and decide its kind as a look at every cell does."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.source.cells import BOOLEANS
from mlefit.source.knowledge import Knowledge
from mlefit.source.profile import DISTINCT, SEVERAL, Profile, of_texts, of_values
from mlefit.source.source import Kind

NUMBERS = ["1", "2.5", " -3e4 ", "+7", ".5", "inf"]
WRITTEN = ["12 %", "$5", "1,234,567", "5*"]
BOUNDS = ["<0.5", "65+"]
DATES = ["2020-01-02", "1/2/2020 10:30", "10:45", "Jan 3, 2021"]
BOOLS = ["true", "F", "yes", "No"]
WORDS = ["a", "id001", "b c", "1-2b"]
MISSING = ["", "NA", "  ", ".", "null"]
KINDS = [NUMBERS, WRITTEN, BOUNDS, DATES, BOOLS, WORDS]
cells = st.lists(st.sampled_from([*(cell for kind in KINDS for cell in kind), *MISSING]), max_size=40)


def profile(column: Sequence[str], na: tuple[str, ...] = (), decimal: str = ".") -> Profile:
    return of_texts(pa.array(column, pa.string()).dictionary_encode(), decimal, na, True)


@settings(max_examples=300, deadline=None)
@given(column=cells, cut=st.integers(0, 40))
def test_profiles_of_pieces_add_up_to_that_of_the_whole(column: list[str], cut: int) -> None:
    assert profile(column[:cut]) + profile(column[cut:]) == profile(column)


@settings(max_examples=300, deadline=None)
@given(cells)
def test_the_kind_is_that_of_the_majority_of_cells(column: list[str]) -> None:
    present = [cell for cell in column if cell not in MISSING]
    numbers = sum(cell in NUMBERS + WRITTEN for cell in present)
    numbers += sum(cell in BOUNDS for cell in present) if numbers > sum(cell in WORDS for cell in present) else 0
    dates = sum(cell in DATES for cell in present)
    if not present:
        expected = Kind.EMPTY
    elif all(cell.lower() in BOOLEANS for cell in present):
        expected = Kind.BOOLEAN
    elif dates > len(present) / 2:
        expected = Kind.DATE
    else:
        expected = Kind.TEXT if len(present) - numbers > len(present) / 2 else Kind.NUMBER
    assert profile(column).kind is expected


@pytest.mark.parametrize(("column", "na", "kind", "unit", "levels"), [
    (["1", "1.0", "01", "2"], (), Kind.NUMBER, None, ("1", "2")),
    (["Yes", "no", "NO"], (), Kind.BOOLEAN, None, ("yes", "no")),
    (["Yes", "no", "maybe"], (), Kind.TEXT, None, ("Yes", "no", "maybe")),
    (["None", "a", "b"], (), Kind.TEXT, None, ("None", "a", "b")),
    (["None", "1", "2"], (), Kind.NUMBER, None, ("1", "2")),
    (["-999.0", "a", "b"], ("-999",), Kind.TEXT, None, ("a", "b")),
    (["2020-01-01", "a"], ("2020-01-01",), Kind.TEXT, None, ("a",)),
    (["12 kg", "13 kg"], (), Kind.NUMBER, "kg", ("12 kg", "13 kg")),
    (["12 kg", "700 g"], (), Kind.NUMBER, None, ("12 kg", "700 g")),
    (["12 kg", "13"], (), Kind.NUMBER, None, ("12 kg", "13")),
    (["12A", "12B", "13C"], (), Kind.TEXT, None, ("12A", "12B", "13C")),
    ([], (), Kind.EMPTY, None, ()),
])
def test_kinds_units_and_levels(
    column: list[str], na: tuple[str, ...], kind: Kind, unit: str | None, levels: tuple[str, ...]
) -> None:
    found = profile(column, na)
    assert (found.kind, found.unit, found.distinct) == (kind, unit, levels)


def test_text_by_type_is_text_but_for_written_numbers() -> None:
    column = pa.array(["1", "2", "NA", "", "2020-01-01", "true"]).dictionary_encode()
    assert of_texts(column, ".", (), True, typed=True) == Profile(others=5, levels=("1", "2", "NA", "2020-01-01", "true"))
    assert of_texts(pa.array(["1 kg", "2 kg"]).dictionary_encode(), ".", (), True, typed=True).unit == "kg"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, -3.0, float("nan")]), max_size=30))
def test_values_have_the_profile_of_their_texts(column: list[float]) -> None:
    texts = profile(["NA" if np.isnan(value) else repr(value) for value in column])
    values = of_values(np.array(column), True)
    assert (values.cells, values.kind, values.distinct) == (texts.cells, texts.kind, texts.distinct)


@pytest.mark.parametrize("count", [DISTINCT, DISTINCT + 1, SEVERAL, SEVERAL + 1, 5 * SEVERAL])
def test_levels_are_listed_while_they_are_few(count: int) -> None:
    values = np.tile(np.arange(float(count)), 3)
    whole = tuple(str(value) for value in range(count)) if count <= DISTINCT else None
    assert of_values(values, True).distinct == whole
    assert profile([f"w{value}" for value in range(count)]).distinct == (
        None if whole is None else tuple(f"w{value}" for value in range(count))
    )
    assert of_values(values, False).distinct is None


def test_knowledge_holds_until_rows_contradict_what_was_asked() -> None:
    known = Knowledge({"x": profile(["1", "2"]), "y": profile(["0", "1"]), "z": profile([""])}, (), complete=False)
    assert known.doubts().kinds == frozenset()              # nobody has asked
    assert known.kinds["x"] is Kind.NUMBER
    assert known.distinct["y"] == ("0", "1")
    doubts = known.doubts(("z",))
    assert (doubts.kinds, doubts.levels) == ({"x", "y", "z"}, {"y"})
    assert known.learn(doubts, {"x": profile(["1", "b", "c"]), "y": profile(["0", "1", "2"]), "z": profile([""])})
    assert not known.held(False)
    assert known.held(True)                                 # told once
    assert known.kinds["x"] is Kind.TEXT
    assert known.distinct["y"] == ("0", "1", "2")
    assert known.doubts(("x", "y", "z")).kinds == frozenset()


def test_more_of_many_numbers_is_no_other_choice_but_other_levels_to_tell() -> None:
    for closely in (False, True):
        known = Knowledge({"y": profile(["1", "2", "3"])}, (), complete=False)
        assert known.distinct["y"] == ("1", "2", "3")
        assert not known.learn(known.doubts(), {"y": profile(["1", "2", "3", "4"])})
        assert known.held(closely) is not closely
