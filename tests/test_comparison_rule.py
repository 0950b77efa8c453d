"""The rule of a recommendation: keep, strong, lean, none fits."""

import pytest

from mlefit.comparison.rule import Contestant, Decision, best_of_groups, decide
from mlefit.report.comparison import Difference


def judged(
    aic: dict[str, float], groups: dict[str, str] | None = None, default: str | None = "plain", p: float = 0.5,
    apart: float | None = 1e-4, *, nested: bool = False, within: bool = False,
) -> Decision:
    """The decision where every rival is behind with p-value `apart`, and the winner's own tests have p-value `p`."""
    contestants = [Contestant(name, (groups or {}).get(name, name), value) for name, value in aic.items()]

    def compared(behind: str, better: str) -> Difference:
        return Difference(behind, better, 0.1, 0.01, 0.08, 0.12, "Vuong", None, None, apart, nested, within=within)

    return decide(contestants, default, compared, lambda _: (p,))


def test_the_best_of_each_group_stands_for_it() -> None:
    contestants = [Contestant("a", "g", 5.0), Contestant("b", "g", 3.0), Contestant("c", "h", 4.0)]
    assert [one.model for one in best_of_groups(contestants)] == ["b", "c"]


@pytest.mark.parametrize("behind", [0.0, 1.9])
def test_the_default_is_kept_where_nothing_asks_for_more(behind: float) -> None:
    assert judged({"plain": 100.0 + behind, "heavy": 100.0})[:2] == ("plain", "keep")


def test_a_default_two_units_behind_is_not_kept() -> None:
    assert judged({"plain": 102.1, "heavy": 100.0})[:2] == ("heavy", "strong")


@pytest.mark.parametrize(("apart", "nested", "strength"), [
    (0.004, False, "strong"), (0.006, False, "lean"), (0.006, True, "strong"), (0.02, True, "lean"), (None, False, "lean"),
])
def test_strong_needs_every_rival_beaten_at_its_own_level(apart: float | None, nested: bool, strength: str) -> None:
    assert judged({"plain": 110.0, "heavy": 100.0}, apart=apart, nested=nested).strength == strength


def test_members_of_the_winning_group_need_not_be_beaten() -> None:
    found = judged({"plain": 120.0, "t": 100.0, "laplace": 100.5}, {"t": "heavy", "laplace": "heavy"}, apart=0.001)
    assert found.strength == "strong"
    assert [rival.model for rival in found.rivals] == ["plain"]


def test_a_larger_model_that_gains_nothing_cannot_be_beaten() -> None:
    assert judged({"plain": 100.0, "larger": 101.0}, default=None, within=True).strength == "lean"


@pytest.mark.parametrize("default", ["plain", None])
def test_none_fits_where_the_winner_itself_is_rejected(default: str | None) -> None:
    assert judged({"plain": 100.0, "heavy": 120.0}, default=default, p=0.009)[:2] == ("plain", "none-fits")
    assert judged({"plain": 120.0, "heavy": 100.0}, default=default, p=0.009)[:2] == ("heavy", "none-fits")
