"""The nearest of some known words to one that is not among them: letter case does not count."""

from collections.abc import Iterable

LONGEST = 60        # characters that are compared


def nearest(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """At most `most` of the `known` words, the nearest first; `cutoff`: the share of letters that must be alike."""
    from difflib import get_close_matches

    folded: dict[str, list[str]] = {}
    for name in known:
        folded.setdefault(name.casefold()[:LONGEST], []).append(name)
    near = get_close_matches(word.casefold()[:LONGEST], folded, n=most, cutoff=cutoff)
    return [name for same in near for name in folded[same]][:most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean wt? ` before a remedy, or nothing."""
    near = nearest(word, known)
    return f"did you mean {near[0]}? " if near else ""
