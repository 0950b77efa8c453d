"""Numbers in a line of ours, as a file spells them: -3 and not -3.0."""

EXACT = 2**53       # whole numbers beyond it are not all doubles: their digits would claim too much


def numeral(value: float) -> str:
    """The shortest spelling that is read as this double; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) <= EXACT else repr(value)
