"""What is told of columns before all rows are seen, and whether it holds once they are."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

from mlefit.source.part import Doubts
from mlefit.source.profile import Profile
from mlefit.source.source import Kind

if TYPE_CHECKING:
    from mlefit.source.writing import Writing

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
    """The kinds, writings and levels of columns: at first by the `heads` of the files, in the end by all of their rows.

    `sure`: columns of which the kind cannot change; `complete`: the heads are all rows; `stated`: kinds that the user has
    given, whatever the cells are.
    """

    def __init__(
        self, heads: Mapping[str, Profile], sure: Collection[str], complete: bool,
        stated: Mapping[str, Kind] = MappingProxyType({}),
    ) -> None:
        self._stated = stated
        self.kinds = Answers({name: self._kind(name, profile) for name, profile in heads.items()})
        self.distinct = Answers({name: profile.distinct_as(self._kind(name, profile)) for name, profile in heads.items()})
        self.written = {name: profile.writing for name, profile in heads.items() if profile.writing is not None}
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
            kind, writing = self._kind(name, found), found.writing
            changed |= (kind, writing) != (self.kinds.answers[name], self.written.get(name))
            self.kinds.answers[name] = kind
            self.written.pop(name, None)
            if writing is not None:
                self.written[name] = writing
            if name in doubts.levels:
                levels = found.distinct_as(kind)
                self._misled |= levels != self.distinct.answers[name]
                self.distinct.answers[name] = levels
            self._misread |= self._choice(name) != told
        self._unsure -= doubts.kinds
        self._unlisted -= doubts.levels
        return changed

    def _kind(self, name: str, found: Profile) -> Kind:
        """The kind that the user has given, or that of the cells; a column without values has none to give."""
        return self._stated.get(name, found.kind) if found.cells else found.kind

    def _choice(self, name: str) -> "tuple[Kind | None, Writing | None, int | None]":
        """What the choice of a model and of its columns may hang on. Numbers that are more than two are many."""
        kind, levels = self.kinds.answers[name], self.distinct.answers[name]
        few = levels is not None and (kind is not Kind.NUMBER or len(levels) <= 2)
        return kind, self.written.get(name), len(levels or ()) if few else None

    def held(self, closely: bool) -> bool:
        """Whether nothing had to be corrected since the last call that the choice hangs on, `closely`: nothing at all."""
        held = not (self._misread or (closely and self._misled))
        self._misread = self._misled = False
        return held
