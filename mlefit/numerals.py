"""Numbers in a line of ours, as a file spells them: -3 and not -3.0."""

EXACT = 2**53       # whole numbers beyond it are not all doubles: their digits would claim too much


def numeral(value: float) -> str:
    """The shortest spelling that is read as this double; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) <= EXACT else repr(value)


def used(rows: float) -> str:
    """`41 rows used`, `one row used`."""
    return "one row used" if rows == 1 else f"{rows:.0f} rows used"


def plural(count: float, noun: str) -> str:
    """`1 row`, `41 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def have(count: float) -> str:
    """The verb of so many."""
    return "has" if count == 1 else "have"


def are(count: float) -> str:
    """The verb of so many."""
    return "is" if count == 1 else "are"
