"""What is told of columns before all rows are seen, and whether it holds once they are."""

from collections.abc import Collection, Iterator, Mapping
from typing import Generic, TypeVar

from mlefit.source.part import Doubts
from mlefit.source.profile import Profile
from mlefit.source.source import Kind

T = TypeVar("T")


class Answers(Mapping[str, T], Generic[T]):
    """Answers by column, None where there is no answer. Whose answer was asked for is remembered in `asked`."""

    def __init__(self, answers: Mapping[str, T | None]) -> None:
        self.answers = dict(answers)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> T:
        answer = self.answers[name]
        self.asked.add(name)
        if answer is None:
            raise KeyError(name)
        return answer

    def __iter__(self) -> Iterator[str]:
        return (name for name, answer in self.answers.items() if answer is not None)

    def __len__(self) -> int:
        return sum(answer is not None for answer in self.answers.values())


class Knowledge:
    """The kinds, units and levels of columns: at first by the `heads` of the files, in the end by all of their rows.

    `sure`: columns of which the kind cannot change; `complete`: the heads are all rows.
    """

    def __init__(self, heads: Mapping[str, Profile], sure: Collection[str], complete: bool) -> None:
        self.kinds = Answers({name: profile.kind for name, profile in heads.items()})
        self.distinct = Answers({name: profile.distinct for name, profile in heads.items()})
        self.units = {name: profile.unit for name, profile in heads.items() if profile.unit is not None}
        self._unlisted = set() if complete else set(heads)
        self._unsure = self._unlisted.difference(sure)
        self._misread = self._misled = False

    def doubts(self, read: Collection[str] = ()) -> Doubts:
        """What was asked or is `read`, and is not yet sure."""
        levels = self.distinct.asked & self._unlisted
        return Doubts(frozenset(((self.kinds.asked | {*read}) & self._unsure) | levels), frozenset(levels))

    def learn(self, doubts: Doubts, profiles: Mapping[str, Profile]) -> bool:
        """All rows were seen; `profiles` has the doubtful columns that occur in a block. Whether any is read otherwise now."""
        changed = False
        for name in doubts.kinds:
            found, told = profiles.get(name, Profile()), self._choice(name)
            changed |= (found.kind, found.unit) != (self.kinds.answers[name], self.units.get(name))
            self.kinds.answers[name] = found.kind
            self.units.pop(name, None)
            if found.unit is not None:
                self.units[name] = found.unit
            if name in doubts.levels:
                self._misled |= found.distinct != self.distinct.answers[name]
                self.distinct.answers[name] = found.distinct
            self._misread |= self._choice(name) != told
        self._unsure -= doubts.kinds
        self._unlisted -= doubts.levels
        return changed

    def _choice(self, name: str) -> tuple[Kind | None, str | None, int | None]:
        """What the choice of a model and of its columns may hang on. Numbers that are more than two are many."""
        kind, levels = self.kinds.answers[name], self.distinct.answers[name]
        few = levels is not None and (kind is not Kind.NUMBER or len(levels) <= 2)
        return kind, self.units.get(name), len(levels or ()) if few else None

    def held(self, closely: bool) -> bool:
        """Whether nothing had to be corrected since the last call that the choice hangs on, `closely`: nothing at all."""
        held = not (self._misread or (closely and self._misled))
        self._misread = self._misled = False
        return held
