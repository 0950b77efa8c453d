"""Names: which coefficient of the model a name of another program means.

    constant        (Intercept)  Intercept  const  _cons
    level b of g    g=b  gb  g_b  g.b  g[T.b]  C(g)[T.b]  C(g, Treatment(...))[T.b]  factor(g)b  g::b
    product         a:b  a*b  "a b"  a & b, in any order, of names of the above
    power           I(x^2)  I(x**2)  x^2

R, patsy and statsmodels, pandas.get_dummies and scikit-learn, and fixest write them so. Cuts of ordered levels, low|mid as polr
of R's MASS has them, stand for the constant and the gaps between them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product
from typing import NamedTuple

from mlefit.auditing.coefficients import Given
from mlefit.design.levels import Levels
from mlefit.design.predictors import Predictors
from mlefit.design.terms import Factor, Term
from mlefit.errors import DataError
from mlefit.noise.model import NoiseModel
from mlefit.options.near import did_you_mean

CONSTANT = "(Intercept)"
CONSTANTS = (CONSTANT, "intercept", "const", "constant", "_cons", "(constant)", "1")
WRITTEN = ("{g}={b}", "{g}{b}", "{g}_{b}", "{g}.{b}", "{g}[T.{b}]", "C({g})[T.{b}]", "C({g})[{b}]", "factor({g}){b}",
           "as.factor({g}){b}", "{g}::{b}", "{g}[{b}]")
JOINED = (":", "*", "&", "")      # between the factors of a product; scikit-learn has a blank
MOST_FACTORS = 3        # of a product whose order may be another
SHOWN = 12              # coefficients in a message


Place = tuple[int, int]     # predictor, column of the design


class Value(NamedTuple):
    """A coefficient or shape, and half a unit of its last digit."""

    value: float
    half: float


class Matched(NamedTuple):
    """What was given, by its place and by shape; `nothing`: places for which the program gave no number.

    `folded`: whether baselines or a reference class had coefficients of their own, which were taken off the others.
    """

    values: Mapping[Place, Value]
    nothing: frozenset[Place]
    shapes: Mapping[int, Value]
    folded: bool


def plain(name: str) -> str:
    """A name without blanks and quotes, powers as Python writes them."""
    bare = re.sub(r"[\s`]", "", name).replace("^", "**")
    bare = re.sub(r"C\(([^,()]+),Treatment(?:\([^()]*\))?\)", r"C(\1)", bare)
    return re.sub(r"^[A-Za-z0-9_]+__(?=.)", "", bare)      # num__x1 of a ColumnTransformer


def _of_factor(factor: Factor) -> Iterator[tuple[str, ...]]:
    """The ways in which the name of each column of a factor is written."""
    if isinstance(factor, Levels):
        for level in factor.levels or ():
            if level != factor.baseline:
                yield tuple(plain(form.format(g=factor.column, b=level)) for form in WRITTEN)
        return
    for label in factor.labels():
        name = plain(label)
        yield (name, name[2:-1]) if name.startswith("I(") else (name,)


def _of_term(term: Term) -> Iterator[frozenset[str]]:
    """The same of each column of a term, first factor fastest."""
    each = [[*_of_factor(factor)] for factor in term.factors]
    for columns in product(*reversed(each)):
        ways = [*reversed(columns)]
        orders = permutations(ways) if len(ways) <= MOST_FACTORS else (tuple(ways),)
        yield frozenset(sign.join(names) for order in orders for names in product(*order) for sign in JOINED)


def written(predictors: Predictors) -> list[frozenset[str]]:
    """The ways in which each column of the design is written, in lower case."""
    found = [frozenset(CONSTANTS)] if predictors.intercept else []
    found += [names for term in predictors.distinct for names in _of_term(term)]
    return [frozenset(name.lower() for name in names) for names in found]


def matched(given: Sequence[Given], predictors: Predictors, noise: NoiseModel, levels: Sequence[str]) -> Matched:
    """Each coefficient at its place. Raises DataError for names that are none of the model."""
    places = {name: place for place, names in reversed([*enumerate(written(predictors))]) for name in names}
    spelt = {plain(label): place for place, label in reversed([*enumerate(predictors.labels())])}      # sure
    places |= {label.lower(): place for label, place in spelt.items()} | spelt
    columns = [frozenset(_columns(predictors, noise, k)) for k in range(len(noise.predictors))]
    bases, values, nothing = _bases(predictors), dict[Place, Value](), set[Place]()
    shapes, beside = dict[int, Value](), list[tuple[int | None, str, Given]]()
    for one in _without_cuts(given, noise):
        name = plain(one.name)
        shape = next((k for k, s in enumerate(noise.shapes) if name == s.name or name.lower() == plain(s.name).lower()), None)
        own = shape is not None and name == noise.shapes[shape].name and name not in spelt
        name = name if name in spelt else name.lower()      # Vm and vm may be two
        if shape is not None and (own or one.shape or name not in places):
            if one.value is not None:
                shapes[shape] = Value(one.value, one.half)
            continue
        predictor = _predictor(one, noise, levels)
        if predictor is None or (name in bases and name not in places):
            beside.append((predictor, name, one))
        elif name not in places or places[name] not in columns[predictor]:
            raise _unknown(one, predictors)
        elif one.value is None:
            nothing.add((predictor, places[name]))
        else:
            values[predictor, places[name]] = Value(one.value, one.half)
    for predictor, name, one in sorted(beside, key=lambda each: each[0] is None):       # a class may have baselines of its own
        taken = _base(bases[name]) if predictor is not None else _reference(name, places, bases, noise)
        if taken is None:
            raise _unknown(one, predictors)
        _fold(values, predictor, one, taken, noise)
    return Matched(values, frozenset(nothing), shapes, bool(beside))


def _without_cuts(given: Sequence[Given], noise: NoiseModel) -> Sequence[Given]:
    """Cuts, as every program has them, as the constant and the shapes for which they stand. Raises DataError for other cuts."""
    named = {plain(one.name).lower(): one for one in given}
    cuts = [(name, named.get(plain(name).lower())) for name in noise.cuts]
    if not any(one for _, one in cuts):
        return given
    known = [(one.value, one.half) for _, one in cuts if one is not None and one.value is not None]
    if len(known) < len(cuts):
        absent = next(name for name, one in cuts if one is None or one.value is None)
        raise DataError(f'there is no value for "{absent}"', "give all cuts, or none and the constant", code="missing-coefficient")
    turned = next((k for k in range(1, len(known)) if known[k][0] <= known[k - 1][0]), None)
    if turned is not None:
        raise DataError(f'"{cuts[turned][0]}" is not above "{cuts[turned - 1][0]}"',
                        "cuts rise from the lowest level to the highest", code="bad-coefficients")
    (first, half), *_ = known
    gaps = [Given(shape.name, None, high - low, own + other)
            for shape, (low, other), (high, own) in zip(noise.shapes, known, known[1:], strict=False)]
    rest = [one for one in given if one not in [cut for _, cut in cuts]]
    return [*rest, Given(CONSTANT, None, -first, half), *gaps]


def _base(columns: tuple[int, ...]) -> dict[int, float]:
    """A coefficient of the baseline goes to the constant, and off its other levels."""
    return {0: 1.0, **dict.fromkeys(columns, -1.0)}


def _reference(
    name: str, places: Mapping[str, int], bases: Mapping[str, tuple[int, ...]], noise: NoiseModel
) -> dict[int, float] | None:
    """A coefficient of the reference class goes off those of all others."""
    moves = {places[name]: 1.0} if name in places else _base(bases[name]) if name in bases else None
    return None if moves is None else {place: -sign for place, sign in moves.items()}


def _fold(values: dict[Place, Value], predictor: int | None, one: Given, moves: Mapping[int, float], noise: NoiseModel) -> None:
    for k in range(len(noise.predictors)) if predictor is None else (predictor,):
        for place, sign in moves.items():
            old = values.get((k, place))
            if old is not None and one.value is not None:
                values[k, place] = Value(old.value + sign * one.value, old.half + one.half)


def _predictor(one: Given, noise: NoiseModel, levels: Sequence[str]) -> int | None:
    """Which predictor a coefficient is of, None for that of the reference class. Raises DataError."""
    classes = {each.class_: k for k, each in enumerate(noise.predictors)}
    if one.class_ in classes:
        return classes[one.class_]
    if len(noise.predictors) == 1 and levels and one.class_ == levels[-1]:
        return 0
    if len(noise.predictors) > 1 and levels and one.class_ == levels[0]:
        return None
    known = ", ".join(str(each) for each in classes if each is not None)
    what = "no class" if one.class_ is None else f'the class "{one.class_}"'
    raise DataError(f'"{one.name}" has {what}, expected {f"one of {known}" if known else "none"}',
                    "name the class of each coefficient in a column class", code="unknown-class")


def _columns(predictors: Predictors, noise: NoiseModel, predictor: int) -> tuple[int, ...]:
    """The columns that a predictor has."""
    sides = predictors.sides
    return sides[int(len(sides) > 1 and noise.predictors[predictor].kind == "scale")].places


def _bases(predictors: Predictors) -> dict[str, tuple[int, ...]]:
    """By the ways in which the baseline of a factor is written, the columns of its other levels; none without a constant."""
    found: dict[str, tuple[int, ...]] = {}
    for term, places in predictors.placed:
        factor = term.factors[0]
        if predictors.intercept and len(term.factors) == 1 and isinstance(factor, Levels) and factor.baseline is not None:
            columns = tuple(places)
            found |= {plain(form.format(g=factor.column, b=factor.baseline)).lower(): columns for form in WRITTEN}
    return found


def _unknown(one: Given, predictors: Predictors) -> DataError:
    labels = predictors.labels()
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return DataError(f'"{one.name}" is no coefficient of the model',
                     f"{did_you_mean(one.name, labels)}the coefficients are {', '.join(labels[:SHOWN])}{more}", code="unknown-name")
