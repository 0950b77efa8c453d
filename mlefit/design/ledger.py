"""Ledger: how many rows were read, used and dropped, and why. Every output says so."""

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple, TypeVar

from mlefit.records import record

FIRST = 5           # rows named in a message
VISIBLE = 1e-6      # of the extent of whole numbers: what rounding takes of them below says nothing

N = TypeVar("N", int, float)


def add_counts(mine: Mapping[str, N], theirs: Mapping[str, N]) -> dict[str, N]:
    """Sums by key, keys in order of first appearance."""
    total = dict(mine)
    for key, count in theirs.items():
        total[key] = total[key] + count if key in total else count
    return total


class Rounded(NamedTuple):
    """Whole numbers beyond 2^53: the extent of the doubles nearest to them, and how far off these are at most."""

    low: float
    high: float
    off: float

    def __or__(self, other: "Rounded") -> "Rounded":
        return Rounded(min(self.low, other.low), max(self.high, other.high), max(self.off, other.off))

    @property
    def visible(self) -> bool:
        """Whether that is a part of how much they vary that may be seen in an answer."""
        return self.off > VISIBLE * (self.high - self.low)


@record(frozen=True)
class Ledger:
    """`dropped[column]` rows with a missing cell there (a row counts under each); `first` the first such rows, 1-based.

    Rows are counted from the first one accounted for here: where ledgers are added, those of the second move on.
    `tokens[column][token]`: non-empty cells of a text column that were taken as missing. `weightless` complete rows
    have weight 0, and are not used; nor are those of no trials, `untried`. `rounded`: by column, where it has whole numbers
    beyond 2^53 that are no doubles.
    """

    read: int = 0
    used: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    first: tuple[tuple[int, str], ...] = ()
    tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    weightless: int = 0
    untried: int = 0
    rounded: Mapping[str, Rounded] = field(default_factory=dict)

    def __add__(self, other: "Ledger") -> "Ledger":
        tokens = {
            column: add_counts(self.tokens.get(column, {}), other.tokens.get(column, {}))
            for column in (*self.tokens, *(c for c in other.tokens if c not in self.tokens))
        }
        return Ledger(
            self.read + other.read, self.used + other.used, add_counts(self.dropped, other.dropped),
            (self.first + tuple((self.read + row, column) for row, column in other.first))[:FIRST], tokens,
            self.weightless + other.weightless, self.untried + other.untried,
            {**self.rounded, **{c: self.rounded[c] | r if c in self.rounded else r for c, r in other.rounded.items()}},
        )
