"""The law of a statistic estimate / standard error when the coefficient is 0: normal, Student's t, or fixed-b."""

from functools import lru_cache
from typing import NamedTuple, Protocol


class Law(Protocol):
    """A symmetric law. `df`: degrees of freedom where it is Student's t, else None."""

    @property
    def df(self) -> float | None:
        """Degrees of freedom."""

    def quantile(self, level: float) -> float:
        """x with P(|T| <= x) = level."""

    def p_value(self, t: float) -> float:
        """P(|T| > |t|)."""

    def __hash__(self) -> int: ...


class Student(NamedTuple):
    """Student's t, the normal law without `df`."""

    df: float | None = None

    def quantile(self, level: float) -> float:
        """The two-sided critical value at confidence `level`."""
        from scipy.special import ndtri, stdtrit

        tail = 0.5 * (1.0 - level)
        return float(-ndtri(tail)) if self.df is None else float(-stdtrit(self.df, tail))

    def p_value(self, t: float) -> float:
        """Twice the tail, which is 0 only where it underflows."""
        from scipy.special import ndtr, stdtr

        return 2.0 * float(ndtr(-abs(t)) if self.df is None else stdtr(self.df, -abs(t)))


NORMAL = Student()


@lru_cache(maxsize=4096)
def quantile(law: Law, level: float) -> float:
    """`law.quantile(level)`, found once for all coefficients that share a law."""
    return law.quantile(level)
