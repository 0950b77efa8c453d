"""Germs: the leading term of an expression as t = |r| grows, in exact rules, or nothing.

    c exp(G) t^p (log t)^q (log log t)^s,   G a germ that grows or none

`known` is False where further factors are hidden: below exp(G) whatever is smaller than G in the exponent, without G a factor
t^o(1); only the sign of c is known then. `bounded`: nothing but a bound is known, as of a sine. `exact`: it is
the whole expression, so that exp of it is known. Each rule holds for every
expression with these leading terms; where the leading terms cancel, or do not tell, `Unknown` is raised: a germ is a proof.
Source: Hardy, Orders of Infinity (1910).
"""

import math
from dataclasses import replace

from mlefit.records import record

EQUAL = 1e-12       # relative: constants that differ by less cancel


class Unknown(Exception):  # noqa: N818  a finding, not a defect
    """The leading terms do not tell."""


@record(frozen=True)
class Germ:
    """A leading term; `constant` c with no other part is a limit."""

    c: float
    p: float = 0.0
    q: float = 0.0
    s: float = 0.0
    exponent: "Germ | None" = None
    known: bool = True
    bounded: bool = False
    exact: bool = False

    @property
    def grows(self) -> bool:
        """Whether its size goes to infinity."""
        if self.exponent is not None:
            return self.exponent.c > 0.0
        return self._sure(self.p > 0.0, (self.p, self.q, self.s) > (0.0, 0.0, 0.0)) and not self.bounded

    @property
    def vanishes(self) -> bool:
        """Whether it goes to 0."""
        if self.bounded:
            return False
        if self.c == 0.0:
            return True
        if self.exponent is not None:
            return self.exponent.c < 0.0
        return self._sure(self.p < 0.0, (self.p, self.q, self.s) < (0.0, 0.0, 0.0))

    def _sure(self, by_power: bool, by_all: bool) -> bool:
        if self.known or self.p != 0.0:
            return by_power if self.p != 0.0 else by_all
        raise Unknown

    def __neg__(self) -> "Germ":
        return replace(self, c=-self.c)

    def __add__(self, other: "Germ") -> "Germ":
        total = _total(self, other)
        if total is None:
            raise Unknown
        return total

    def __sub__(self, other: "Germ") -> "Germ":
        return self + -other

    def __mul__(self, other: "Germ") -> "Germ":
        if (self.c == 0.0 and not self.bounded) or (other.c == 0.0 and not other.bounded):
            return Germ(0.0)
        if self.bounded or other.bounded:
            if not (self.bounded or not self.grows) or not (other.bounded or not other.grows):
                raise Unknown
            return Germ(0.0, bounded=True)
        exponent, known = self.exponent or other.exponent, self.known and other.known
        if self.exponent is not None and other.exponent is not None:
            exponent = _total(self.exponent, other.exponent)
            alike = known and self.exponent.exact and other.exponent.exact and _same(self.exponent, other.exponent)
            if exponent is None and not alike:
                raise Unknown
            if exponent is not None and not exponent.grows:
                raise Unknown
            known = alike
        return Germ(_finite(self.c * other.c), self.p + other.p, self.q + other.q, self.s + other.s, exponent, known,
                    exact=self.exact and other.exact and known)

    def leads_as(self, other: "Germ") -> bool:
        """Whether both go to infinity with the same leading term, so that any mean of them does too."""
        return (self.exponent is None and other.exponent is None and self.known and other.known and self.grows
                and _same(self, other) and abs(self.c - other.c) <= EQUAL * abs(self.c))

    def power(self, k: float) -> "Germ":
        """This germ to a constant power."""
        if self.bounded and k == round(k) and k > 0.0:
            return self
        if self.bounded or self.c == 0.0 or (self.c < 0.0 and k != round(k)):
            raise Unknown
        if k == 0.0:
            return Germ(1.0)
        sign = 1.0 if self.c > 0.0 or k % 2.0 == 0.0 else -1.0
        exponent = None if self.exponent is None else replace(self.exponent, c=self.exponent.c * k)
        return Germ(sign * _finite(abs(self.c) ** k), self.p * k, self.q * k, self.s * k, exponent, self.known, exact=self.exact)


def _finite(value: float) -> float:
    if value == 0.0 or not math.isfinite(value):
        raise Unknown
    return value


def _total(one: Germ, other: Germ) -> Germ | None:
    """The germ of a sum; None where the leading terms cancel. Raises Unknown."""
    if one.bounded or other.bounded:
        rest = other if one.bounded else one
        if not rest.bounded and rest.c != 0.0 and rest.grows:
            return replace(rest, exact=False)
        if rest.bounded or rest.c == 0.0 or not rest.grows:
            return Germ(0.0, bounded=True)
    if one.c == 0.0:
        return other
    if other.c == 0.0:
        return one
    order = larger(one, other)
    if order != 0:
        return replace(one if order > 0 else other, exact=False)
    c = one.c + other.c
    if not (one.known and other.known):
        if one.c * other.c < 0.0:
            raise Unknown
        return replace(one, c=c, known=False, exact=False)
    if abs(c) <= EQUAL * max(abs(one.c), abs(other.c)):
        return None
    return replace(one, c=c, exact=one.exact and other.exact)


def larger(one: Germ, other: Germ) -> int:
    """1 where `one` grows faster, -1 where `other` does, 0 where their orders are equal. Raises Unknown."""
    mine, theirs = one.exponent, other.exponent
    if mine is not None and theirs is not None:
        difference = _total(mine, -theirs)
        if difference is None or not difference.grows:
            if difference is None and mine == theirs and _same(one, other):
                return 0
            raise Unknown
        return 1 if difference.c > 0.0 else -1
    if mine is not None:
        return 1 if mine.c > 0.0 else -1
    if theirs is not None:
        return -1 if theirs.c > 0.0 else 1
    if one.p != other.p:
        return 1 if one.p > other.p else -1
    if not (one.known and other.known):
        if _same(one, other) and one.c * other.c > 0.0:
            return 0
        raise Unknown
    left, right = (one.q, one.s), (other.q, other.s)
    return (left > right) - (left < right)


def _same(one: Germ, other: Germ) -> bool:
    return (one.p, one.q, one.s) == (other.p, other.q, other.s)


def logarithm(germ: Germ) -> Germ:
    """log of a positive germ."""
    if germ.bounded or germ.c <= 0.0:
        raise Unknown
    if germ.exponent is not None:
        return germ.exponent
    if germ.p != 0.0:
        return Germ(germ.p, 0.0, 1.0)
    if not germ.known:
        raise Unknown
    if germ.q != 0.0:
        return Germ(germ.q, 0.0, 0.0, 1.0)
    if germ.s != 0.0 or abs(germ.c - 1.0) < EQUAL:      # log log log t, and what is left of log(1 + o(1))
        raise Unknown
    return Germ(math.log(germ.c))


def exponential(germ: Germ) -> Germ:
    """exp of a germ."""
    if germ.bounded:
        raise Unknown
    if germ.vanishes:
        return Germ(1.0)
    if not germ.grows:
        return Germ(_finite(math.exp(germ.c)) if germ.c < 700.0 else _finite(math.inf))
    if germ.exponent is None and germ.p == 0.0:
        if (germ.q, germ.s) == (1.0, 0.0):
            return Germ(1.0, germ.c, known=False)
        if germ.q <= 1.0 and (germ.q, germ.s) < (1.0, 0.0):
            raise Unknown
    return Germ(1.0, exponent=germ, known=germ.exact, exact=germ.exact)
