"""Columns: what a prediction appends, but for intervals and flags, each as one expression of the columns of the table."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.design.levels import Levels
from mlefit.design.tangent import Plane, Rest
from mlefit.errors import UsageError
from mlefit.exporting.chances import undone
from mlefit.exporting.factors import columns_total, of_offset, weighted
from mlefit.exporting.tree import ZERO, Call, Number, Text, Tree, of_node
from mlefit.expression.parse import Arithmetic
from mlefit.expression.scan import Typed, scan
from mlefit.expression.tree import Column, Node, Operation
from mlefit.expression.written import MEANS
from mlefit.prediction.appended import RATES, ZERO_SHARE, Plan, called, names, natural_shapes
from mlefit.saved.model import Saved

MOST = 100_000      # parts of a formula
TRIALS = "trials"   # the name in a formula that is no predictor


class Exported(NamedTuple):
    """The expressions by the names of their columns; the columns that are read as numbers, and the levels of those that are not."""

    columns: Mapping[str, Tree]
    numbers: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]


def exported(saved: Saved) -> Exported:
    """Raises UsageError for what has no closed form."""
    noise = saved.noise
    predictors = [_predictor(saved, k) for k in range(len(noise.predictors))]
    trees: dict[str, Tree] = {}
    for name, formula in _formulas(saved).items():
        trees[name] = _filled(parsed(formula), saved, predictors)
    shown = names(saved, Plan("none", saved.level))
    if "class" in shown:
        trees["class"] = _likeliest(saved, [trees[f"p_{level}"] for level in saved.levels])
    factors = [factor for term in saved.predictors.distinct for factor in term.factors]
    levels = {factor.column: factor.levels or () for factor in factors if isinstance(factor, Levels)}
    return Exported({name: trees[name] for name in shown if name in trees}, saved.numbers, levels)


def _formulas(saved: Saved) -> dict[str, str]:
    """Texts in eta, by the names of the columns."""
    noise, free = saved.noise, natural_shapes(saved)
    if noise.response.reads_levels:
        each = noise.probability_formulas(free)
        if each is None:
            raise _none(saved, "the probability of a level")
        return {f"p_{level}": each[saved.levels.index(level)] for level in noise.modelled}
    centre, median = noise.centre_formula(free), noise.median_formula(free)
    if saved.transform is not None:
        if median is None:
            raise _none(saved, "the median")
        return {**_transformed_mean(saved, free), "median": _back(saved.transform.function, median)}
    if centre is None:
        raise _none(saved, f"the {called(saved)}")
    found = {called(saved): centre}
    if noise.median_apart:
        if median is None:
            raise _none(saved, "the median")
        found["median"] = median
    return found if noise.zero_text is None else {**found, ZERO_SHARE: noise.zero_text}


def _transformed_mean(saved: Saved, free: Array) -> dict[str, str]:
    """E exp(rate T) of a location T = eta + e is exp(rate eta) E exp(rate e). Not of a root, nor where there is no mean."""
    noise, function = saved.noise, "" if saved.transform is None else saved.transform.function
    if function not in RATES or not noise.located or len(noise.predictors) > 1:
        return {}
    rate = RATES[function]
    mean = noise.exponential_mean(rate, np.zeros((1, 1)), free)
    if mean is None or not np.isfinite(mean[0]):
        return {}
    return {"mean": f"exp({rate!r} * eta) * {float(mean[0])!r}{' - 1' if function == 'log1p' else ''}"}


def _none(saved: Saved, what: str) -> UsageError:
    return UsageError(f"export: {what} of {saved.noise.spelt} cannot be exported",
                      "predict with `mlefit predict`", code="not-exportable")


def _back(function: str, t: str) -> str:
    """y of t."""
    return {"log": f"exp({t})", "log10": f"10 ** ({t})", "log1p": f"expm1({t})", "sqrt": f"max({t}, 0) ** 2"}[function]


def parsed(formula: str) -> Node:
    """The tree of a law's formula, whose names are predictors."""
    language = MEANS._replace(tokens=MOST, functions=(*MEANS.functions, "max"))
    typed = Typed("law", formula)
    arithmetic = Arithmetic(typed, scan(typed, (), language), {}, language)
    return arithmetic.node(arithmetic.syntax())


def _coefficients(saved: Saved, predictor: int) -> tuple[float, Array]:
    """The constant and the coefficients (p,) of a predictor, of columns less their centres, in natural units."""
    encoding, noise = saved.encoding, saved.noise
    of, scaling = noise.predictors[predictor], encoding.scaling
    places = encoding.kept[predictor]
    first = sum(len(each) for each in encoding.kept[:predictor])
    unit = scaling.y_scale**of.unit_power
    found = np.zeros(len(scaling.scale))
    for at, place in enumerate(places, start=first):
        found[place] = saved.coefficients[at] * unit / scaling.scale[place]
    constant = of.unit_power * scaling.y_centre + of.log_unit * float(np.log(scaling.y_scale))
    return constant, found


def _predictor(saved: Saved, predictor: int) -> Tree:
    plane = _plane(saved)
    if plane is not None and predictor == 0:
        return of_node(plane.node, dict(zip(plane.parameters, plane.theta, strict=True)))
    constant, coefficients = _coefficients(saved, predictor)
    offset = saved.predictors.offset if predictor == 0 else None
    return _linear(saved, constant, coefficients, None if offset is None else of_offset(offset.factor))


def _plane(saved: Saved) -> Plane | None:
    """That of a curve, where the predictor is one."""
    offset = saved.predictors.offset
    return offset.factor.plane if offset is not None and isinstance(offset.factor, Rest) else None


def _linear(saved: Saved, constant: float, coefficients: Array, known: Tree | None) -> Tree:
    """constant + sum_j b_j (x_j - c_j) + what is known."""
    predictors, centre = saved.predictors, saved.encoding.scaling.centre
    parts: list[Tree] = [Number(constant + (float(coefficients[0] * (1.0 - centre[0])) if predictors.intercept else 0.0))]
    for term, places in predictors.placed:
        here = slice(places.start, places.stop)
        if coefficients[here].any():
            parts += weighted(term, coefficients[here].tolist(), centre[here].tolist())
    return columns_total([*parts, *([] if known is None else [known])])


def _place(name: str) -> int:
    """Which predictor `eta`, `eta2`, ... is."""
    return int(name.removeprefix("eta") or 1) - 1


def _filled(node: Node, saved: Saved, predictors: list[Tree]) -> Tree:
    """The tree with predictors in the place of their names; a difference of two is one sum."""
    if isinstance(node, Operation):
        if node.name == "-" and all(isinstance(argument, Column) for argument in node.arguments):
            one, other = (_place(argument.name) for argument in node.arguments if isinstance(argument, Column))
            return _apart(saved, one, other)
        return undone(Call(node.name, tuple(_filled(argument, saved, predictors) for argument in node.arguments)))
    if not isinstance(node, Column):
        return Number(node.value)
    if node.name == TRIALS:
        assert saved.trials is not None
        return of_offset(saved.trials.factor)
    return predictors[_place(node.name)]


def _apart(saved: Saved, one: int | None, other: int | None) -> Tree:
    """The difference of two predictors; None: 0."""
    size = len(saved.encoding.scaling.scale)
    first, second = ((0.0, np.zeros(size)) if k is None else _coefficients(saved, k) for k in (one, other))
    offsets = [k for k in (one, other) if k == 0]
    known = None if saved.predictors.offset is None or not offsets else of_offset(saved.predictors.offset.factor)
    if known is not None and other == 0:
        known = Call("negative", (known,))
    return _linear(saved, first[0] - second[0], first[1] - second[1], known)


def _likeliest(saved: Saved, probabilities: list[Tree]) -> Tree:
    """The first level that no other is likelier than."""
    levels = saved.levels
    places = [None, *range(len(levels) - 1)]
    tree: Tree = Text(levels[-1])
    for k in range(len(levels) - 2, -1, -1):
        others = [j for j in range(len(levels)) if j != k]
        if saved.noise.by_predictor:
            conditions: list[Tree] = [Call("<=", (_apart(saved, places[j], places[k]), ZERO)) for j in others]
        else:
            conditions = [Call("<=", (probabilities[j], probabilities[k])) for j in others]
        tree = Call("where", (_all(conditions), Text(levels[k]), tree))
    return tree


def _all(conditions: list[Tree]) -> Tree:
    found = conditions[0]
    for condition in conditions[1:]:
        found = Call("and", (found, condition))
    return found
