"""What coefficients mean in the reader's unit: effects on the mean or on probabilities, and ratios."""

from typing import Literal, NamedTuple


class Effect(NamedTuple):
    """The change of the mean of the response, or of the probability of a class, averaged over rows, when `predictor` goes from
    one value to another and all else stays. None where a term has no value there.
    """

    predictor: str
    from_: float | str
    to: float | str
    class_: str | None
    kind: Literal["mean", "probability"]
    estimate: float | None = None
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


class Multiplied(NamedTuple):
    """exp(coefficient) with its interval: `kind` says what it multiplies, such as the odds."""

    name: str
    class_: str | None
    kind: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
