"""Scales: words that have an order everywhere, by which levels of text may be ordered ones."""

from collections.abc import Iterable

SCALES = tuple(tuple(word.strip() for word in line.split(",")) for line in """
very low, low, rather low, medium, moderate, mid, middle, normal, average, rather high, high, very high
very small, small, medium, moderate, large, very large
none, no, minimal, slight, mild, low, medium, moderate, high, marked, severe, very severe
never, almost never, rarely, seldom, sometimes, occasionally, often, frequently, usually, very often, almost always, always
very poor, poor, fair, average, good, very good, excellent, outstanding
very bad, bad, average, neutral, good, very good
strongly disagree, disagree, somewhat disagree, neutral, neither agree nor disagree, somewhat agree, agree, strongly agree
very dissatisfied, dissatisfied, neutral, satisfied, very satisfied
very unlikely, unlikely, neutral, likely, very likely
worse, same, unchanged, some, better, marked
beginner, novice, basic, elementary, intermediate, advanced, expert
bronze, silver, gold, platinum
cold, cool, mild, warm, hot
first, second, third, fourth, fifth
xs, s, m, l, xl, xxl
""".strip().splitlines())
FEWEST = 3      # levels of one scale


def ordered(levels: Iterable[str]) -> tuple[str, ...]:
    """The levels in the order of a scale that has them all; none where there is no such scale, or where it is no news."""
    found = {" ".join(level.replace("_", " ").replace("-", " ").split()).casefold(): level for level in levels}
    if len(found) < FEWEST or any("," in level for level in found.values()):
        return ()
    scale = next((words for words in SCALES if found.keys() <= set(words)), ())
    return tuple(found[word] for word in scale if word in found)
