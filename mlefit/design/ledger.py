"""Ledger: how many rows were read, used and dropped, and why. Every output says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

FIRST = 5    # rows named in a message

N = TypeVar("N", int, float)


def add_counts(mine: Mapping[str, N], theirs: Mapping[str, N]) -> dict[str, N]:
    """Sums by key, keys in order of first appearance."""
    total = dict(mine)
    for key, count in theirs.items():
        total[key] = total[key] + count if key in total else count
    return total


@dataclass(frozen=True, slots=True)
class Ledger:
    """`dropped[column]` rows with a missing cell there (a row counts under each); `first` the first such rows, 1-based.

    Rows are counted from the first one accounted for here: where ledgers are added, those of the second move on.
    `tokens[column][token]`: non-empty cells of a text column that were taken as missing. `weightless` complete rows
    have weight 0, and are not used.
    """

    read: int = 0
    used: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    first: tuple[tuple[int, str], ...] = ()
    tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    weightless: int = 0

    def __add__(self, other: "Ledger") -> "Ledger":
        tokens = {
            column: add_counts(self.tokens.get(column, {}), other.tokens.get(column, {}))
            for column in (*self.tokens, *(c for c in other.tokens if c not in self.tokens))
        }
        return Ledger(
            self.read + other.read, self.used + other.used, add_counts(self.dropped, other.dropped),
            (self.first + tuple((self.read + row, column) for row, column in other.first))[:FIRST], tokens,
            self.weightless + other.weightless,
        )
