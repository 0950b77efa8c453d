"""Again: what a pass has parsed, kept for the pass after it. Where terms learn from all rows, a file is gone through twice."""

from dataclasses import replace
from threading import Lock

from mlefit.source.batch import Place
from mlefit.source.part import Block, Parsed, Part, Wanted

LEVEL = 100     # bytes of a level's name, about


class Again:
    """Up to `room` bytes of what one pass parses. The next one is given each block once; what found no room is parsed again."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: dict[Place, Parsed] = {}
        self._first: Wanted | None = None
        self._giving = False
        self._lock = Lock()

    def serves(self, wanted: Wanted) -> bool:
        """Whether a pass that begins now is the first one, or the second one and finds what it wants."""
        if self._first is None:
            self._first = wanted._replace(kinds=dict(wanted.kinds), written=dict(wanted.written))
            return True
        first, self._giving = self._first, True
        return (not wanted.doubts.kinds and set(wanted.numbers) <= set(first.numbers)
                and set(wanted.categories) <= set(first.categories)
                and (wanted.kinds, wanted.written) == (first.kinds, first.written))

    def parse(self, part: Part, block: Block, place: Place, wanted: Wanted) -> Parsed:
        """The columns of a block of the part, as `Part.parse`."""
        found = self._kept.pop(place, None) if self._giving else None
        if found is not None:
            return found
        parsed = part.parse(block, wanted)
        size = _size(parsed)
        with self._lock:
            if not self._giving and size <= self._room:
                self._room -= size
                self._kept[place] = replace(parsed, profiles={})
        return parsed


def _size(parsed: Parsed) -> int:
    """Bytes, about."""
    numbers = sum(array.nbytes for array in (*parsed.numbers.values(), *parsed.rests.values()))
    return numbers + sum(codes.nbytes + LEVEL * len(levels) for codes, levels in parsed.categories.values())
