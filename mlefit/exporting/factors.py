"""Factors: the columns of a design, written out: levels as choices, splines and polynomials as what they are of their argument."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from mlefit.arrays import Array
from mlefit.design.bases import Polynomial, Spline, Standardised
from mlefit.design.expression import Expression
from mlefit.design.levels import Levels
from mlefit.design.terms import Factor, Ones, Term
from mlefit.errors import UsageError
from mlefit.exporting.tree import ONE, ZERO, ByLevel, Call, Number, Tree, horner, less, of_node, times, total


def weighted(term: Term, weights: Sequence[float], centres: Sequence[float]) -> list[Tree]:
    """Summands of sum_j w_j (x_j - c_j) over the columns of a term."""
    if len(term.factors) == 1:
        return _one(term.factors[0], weights, centres)
    columns = [_columns(factor) for factor in term.factors]
    found = []
    for (weight, centre), parts in zip(zip(weights, centres, strict=True), product(*reversed(columns)), strict=True):
        if weight != 0.0:
            value = _times(tuple(reversed(parts)))
            found.append(times(weight, less(value, centre)))
    return found


def _times(parts: tuple[Tree, ...]) -> Tree:
    found = parts[0]
    for part in parts[1:]:
        found = Call("*", (found, part))
    return found


def _one(factor: Factor, weights: Sequence[float], centres: Sequence[float]) -> list[Tree]:
    """That of a term of one factor, its columns together where they share something."""
    shift = 0.0 - float(np.dot(weights, centres))
    if isinstance(factor, Levels):
        columns = (level for level in factor.levels or () if level != factor.baseline)
        values = dict.fromkeys(factor.levels or (), shift) | {level: w + shift for level, w in zip(columns, weights, strict=True)}
        return [ByLevel(factor.column, tuple((level, Number(value)) for level, value in values.items()))]
    if isinstance(factor, Spline):
        return [_spline(factor, np.concatenate([[0.0], weights])), Number(shift)]
    if isinstance(factor, Polynomial):
        return [horner(_powers(factor, np.array(weights)), _scaled(factor)), Number(shift)]
    return [times(weight, less(column, centre))
            for weight, centre, column in zip(weights, centres, _columns(factor), strict=True) if weight != 0.0]


def _columns(factor: Factor) -> list[Tree]:
    """Each design column of a factor."""
    if isinstance(factor, Levels):
        return [ByLevel(factor.column, tuple((level, ONE if level == shown else ZERO) for level in factor.levels or ()))
                for shown in factor.levels or () if shown != factor.baseline]
    if isinstance(factor, Polynomial):
        unit = np.eye(factor.degree)
        return [horner(_powers(factor, row), _scaled(factor)) for row in unit]
    if isinstance(factor, Spline):
        unit = np.eye(factor.df + 1)[1:]
        return [_spline(factor, row) for row in unit]
    if isinstance(factor, Standardised):
        centred = less(of_node(factor.argument.node), factor.mean or 0.0)
        return [centred if factor.deviation == 1.0 else Call("/", (centred, Number(factor.deviation)))]
    if isinstance(factor, Ones):
        return [ONE]
    if isinstance(factor, Expression):
        return [of_node(factor.node)]
    raise UsageError(f"export: {factor.text} reads dates, which each program writes in its own way",
                     "fit a column of numbers that is made of the dates first", code="not-exportable")


def of_offset(factor: Factor) -> Tree:
    """The known part of a predictor."""
    (column,) = _columns(factor)
    return column


def _scaled(factor: Polynomial) -> Tree:
    """z, between -1 and 1 in the rows fitted."""
    assert factor.state is not None
    return Call("/", (less(of_node(factor.argument.node), factor.state.centre), Number(factor.state.scale)))


def _powers(factor: Polynomial, weights: Array) -> list[float]:
    """The coefficients of 1, z, z^2, ... in a sum of the orthogonal polynomials."""
    state = factor.state
    assert state is not None
    size = len(state.alpha) + 1
    before, last = np.zeros(size), np.zeros(size)
    last[0] = 1.0 / state.beta[0]
    sums = np.zeros(size)
    for j, alpha in enumerate(state.alpha):
        shifted = np.concatenate([[0.0], last[:-1]])
        following = (shifted - alpha * last - (state.beta[j] * before if j else 0.0)) / state.beta[j + 1]
        before, last = last, following
        sums += weights[j] * last
    return [float(value) for value in sums]


def _spline(factor: Spline, coefficients: Array) -> Tree:
    """A sum of B-splines as the polynomial of each interval between knots, in the distance from the left one."""
    from scipy.interpolate import BSpline, PPoly

    pieces = PPoly.from_spline(BSpline(np.array(factor.knots), coefficients, factor.degree).tck)
    at = of_node(factor.argument.node)
    kept = np.flatnonzero(np.diff(pieces.x) > 0.0)
    found = [horner([float(c) for c in pieces.c[::-1, k]], less(at, float(pieces.x[k]))) for k in kept]
    tree = found[-1]
    for k, piece in zip(reversed(kept[:-1].tolist()), reversed(found[:-1]), strict=True):
        tree = Call("where", (Call("<", (at, Number(float(pieces.x[k + 1])))), piece, tree))
    return tree


def columns_total(parts: Sequence[Tree]) -> Tree:
    """Their sum, numbers added up first."""
    number = sum(part.value for part in parts if isinstance(part, Number))
    return total([Number(float(number)), *(part for part in parts if not isinstance(part, Number))])
