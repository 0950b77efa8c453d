"""Rule: which of the fitted models to use, and how strongly that is said.

Models that the same data ask for form a group; groups are compared by their best members, by AIC. The default of the response,
if it has one, is kept where nothing in the data asks for more: where it is best, or less than MARGIN behind in AIC. A group is
recommended strongly only if it beats every other group, by likelihood ratio at NESTED or by Vuong's z at SEPARATE, and is not
itself rejected, at REJECTED, neither by the verdict of its KL nor by its smooth test. If it is rejected, none fits.
"""

from collections.abc import Callable
from typing import NamedTuple

from mlefit.report.comparison import Difference, Strength

MARGIN = 2.0
NESTED = 0.01
SEPARATE = 0.005
REJECTED = 0.01


class Contestant(NamedTuple):
    """What the rule needs of a fitted model. `rejected`: by its verdict or its smooth test."""

    model: str
    group: str
    aic: float
    p_values: tuple[float, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the model itself is found wrong."""
        return any(p <= REJECTED for p in self.p_values)


class Decision(NamedTuple):
    """The model, how strongly, and the groups' best models in order with the difference of each to the winner."""

    model: str
    strength: Strength
    rivals: tuple[Difference, ...]
    not_beaten: tuple[Difference, ...]


def best_of_groups(contestants: list[Contestant]) -> list[Contestant]:
    """The best member of each group, the best group first."""
    best: dict[str, Contestant] = {}
    for one in sorted(contestants, key=lambda c: c.aic):
        best.setdefault(one.group, one)
    return list(best.values())


def decide(
    contestants: list[Contestant], default: str | None, compared: Callable[[str, str], Difference],
    adequate: Callable[[str], tuple[float, ...]],
) -> Decision:
    """`compared(behind, better)` is their difference; `adequate(model)` the p-values of the model's own tests."""
    ranked = best_of_groups(contestants)
    winner = ranked[0]
    standard = next((c for c in contestants if c.model == default), None)
    kept = standard is not None and standard.aic - winner.aic < MARGIN
    if kept and standard is not None:
        winner = standard
    rivals = tuple(compared(c.model, winner.model) for c in ranked if c.group != winner.group)
    not_beaten = tuple(d for d in rivals if not beaten(d))
    if winner._replace(p_values=adequate(winner.model)).rejected:
        return Decision(winner.model, "none-fits", rivals, not_beaten)
    if kept:
        return Decision(winner.model, "keep", rivals, not_beaten)
    return Decision(winner.model, "lean" if not_beaten else "strong", rivals, not_beaten)


def beaten(behind: Difference) -> bool:
    """Whether chance alone would hardly put the model so far behind."""
    if behind.p_value is None or behind.within:
        return False
    return behind.p_value < (NESTED if behind.nested else SEPARATE)

