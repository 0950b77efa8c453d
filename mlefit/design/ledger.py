"""Ledger: how many rows were read, used and dropped, and why. Every output says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST = 5    # rows named in a message


def add_counts(mine: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, int]:
    """Sums by key, keys in order of first appearance."""
    return {key: mine.get(key, 0) + theirs.get(key, 0) for key in (*mine, *(k for k in theirs if k not in mine))}


@dataclass(frozen=True, slots=True)
class Ledger:
    """`dropped[column]` rows with a missing cell there (a row counts under each); `first` the first such rows, 1-based.

    `tokens[column][token]`: non-empty cells of a text column that were taken as missing.
    """

    read: int = 0
    used: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    first: tuple[tuple[int, str], ...] = ()
    tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __add__(self, other: "Ledger") -> "Ledger":
        tokens = {
            column: add_counts(self.tokens.get(column, {}), other.tokens.get(column, {}))
            for column in (*self.tokens, *(c for c in other.tokens if c not in self.tokens))
        }
        return Ledger(
            self.read + other.read, self.used + other.used, add_counts(self.dropped, other.dropped),
            tuple(sorted(self.first + other.first)[:FIRST]), tokens,
        )
