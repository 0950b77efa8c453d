"""Factors of a design as values of JSON: what was learnt is written, and replayed when it is read, never learnt again.

Text of formulas goes through the same parser as that of a user: a file from a stranger holds no more than columns, numbers and
the functions of formulas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from mlefit.design.bases import Polynomial, Spline, Standardised
from mlefit.design.dates import Cycle, Days, Year
from mlefit.design.expression import Expression
from mlefit.design.levels import Levels
from mlefit.design.powers import Recurrence
from mlefit.design.syntax import Call
from mlefit.design.terms import CONSTANT, Factor, Ones, Term
from mlefit.errors import UsageError
from mlefit.expression.scan import Typed, scan
from mlefit.expression.tree import Column
from mlefit.saved.checked import Checked, bad

MOST_FACTORS = 50       # of one term


def state(factor: Factor) -> dict[str, Any]:
    """What a factor has learnt, beside the kind of it and its text."""
    if isinstance(factor, Levels):
        return {"kind": "levels", "column": factor.column, "levels": list(factor.levels or ()), "baseline": factor.baseline}
    if isinstance(factor, Polynomial):
        assert factor.state is not None
        return {"kind": "poly", "text": factor.label, "centre": factor.state.centre, "scale": factor.state.scale,
                "alpha": list(factor.state.alpha), "beta": list(factor.state.beta)}
    if isinstance(factor, Standardised):
        return {"kind": factor.how, "text": factor.label, "mean": factor.mean, "deviation": factor.deviation}
    if isinstance(factor, Spline):
        return {"kind": "bs", "text": factor.label, "knots": list(factor.knots)}
    if isinstance(factor, Days):
        return {"kind": "days", "column": factor.column, "first": factor.first}
    if isinstance(factor, Cycle):
        return {"kind": "cycle", "text": factor.label, "levels": list(factor.levels or ()), "baseline": factor.baseline}
    if isinstance(factor, Ones):
        return {"kind": "constant"}
    if isinstance(factor, Expression) and isinstance(factor.node, Column):
        return {"kind": "number", "column": factor.node.name}
    return {"kind": "expression", "text": factor.text}


def written(term: Term) -> dict[str, Any]:
    """A term: its name and its factors."""
    return {"name": term.text, "factors": [state(factor) for factor in term.factors]}


def read(value: Checked, names: Sequence[str]) -> Term:
    """The term of a file about the columns `names`. Raises DataError for what is none."""
    factors = value.key("factors").items(MOST_FACTORS)
    if not factors:
        raise bad(value.key("factors").path, "a factor at least", "none")
    term = Term(tuple(_factor(factor, names) for factor in factors))
    return CONSTANT if term.factors == CONSTANT.factors else term


def _factor(value: Checked, names: Sequence[str]) -> Factor:
    kind = value.key("kind").text()
    if kind == "constant":
        return CONSTANT.factors[0]
    if kind in ("levels", "number", "days"):
        column = value.key("column").one_of(names)
        if kind == "number":
            return Expression(column, Column(column))
        if kind == "days":
            return Days(column, value.key("first").number())
        return Levels(column, *_levels(value))
    factor = parsed(value.key("text"), names)
    if isinstance(factor, Polynomial) and kind == "poly":
        alpha, beta = (tuple(value.key(name).numbers()) for name in ("alpha", "beta"))
        if (len(alpha), len(beta)) != (factor.degree, factor.degree + 1):
            raise bad(value.key("alpha").path, f"{factor.degree} numbers", str(len(alpha)))
        return replace(factor, state=Recurrence(value.key("centre").number(), value.key("scale").positive(), alpha, beta))
    if isinstance(factor, Standardised) and kind == factor.how:
        return replace(factor, mean=value.key("mean").number(), deviation=value.key("deviation").positive())
    if isinstance(factor, Spline) and kind == "bs":
        knots = tuple(value.key("knots").numbers())
        if len(knots) != factor.df + factor.degree + 2 or any(a > b for a, b in pairwise(knots)):
            raise bad(value.key("knots").path, f"{factor.df + factor.degree + 2} numbers in order", str(len(knots)))
        return replace(factor, knots=knots)
    if isinstance(factor, Cycle) and kind == "cycle":
        levels, baseline = _levels(value)
        for level in value.key("levels").items():
            level.one_of(factor.names)
        return replace(factor, levels=levels, baseline=baseline)
    if isinstance(factor, Expression | Year) and kind == "expression":
        return factor
    raise bad(value.key("kind").path, "the kind of its text", kind)


def _levels(value: Checked) -> tuple[tuple[str, ...], str | None]:
    """The levels of a factor and its baseline, None where all have a column."""
    levels = tuple(level.text() for level in value.key("levels").items())
    baseline = value.key("baseline")
    return levels, None if baseline.value is None else baseline.one_of(levels)


def parsed(value: Checked, names: Sequence[str]) -> Factor:
    """The factor that a text of a formula stands for, without what it learns."""
    text = value.text()
    typed = Typed("formula", text)
    try:
        return Call(typed, scan(typed, names), {}).factor()
    except (UsageError, IndexError) as error:
        raise bad(value.path, "a term of a formula", text[:40]) from error


def columns_of(terms: Sequence[Term]) -> Mapping[str, str]:
    """The kind, `number`, `date` or `levels`, of every column that the terms need."""
    kinds: dict[str, str] = {}
    for term in terms:
        kinds |= dict.fromkeys(sorted(term.numbers), "number")
    for factor in (factor for term in terms for factor in term.factors):
        if isinstance(factor, Days | Cycle | Year):
            kinds[factor.column] = "date"
    for term in terms:
        kinds |= {name: "levels" for name in sorted(term.categories) if name not in kinds}
    return kinds
