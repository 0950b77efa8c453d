"""Curve: what `--mean` says, an expression of columns and parameters, and where its parameters begin.

Every name that is no column is a parameter. Parameters in which the expression is linear once the others are known need no
start: they are then one least squares fit (variable projection, Golub and Pereyra 1973).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from mlefit.errors import UsageError
from mlefit.expression.jets import jet
from mlefit.expression.scan import short
from mlefit.expression.tree import Node, Operation, columns_of
from mlefit.expression.written import MEANS, parse_written
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.options.near import did_you_mean, nearest
from mlefit.options.values import refused
from mlefit.records import record
from mlefit.source.source import Kind

OPTION = "--mean"


@record(frozen=True)
class Curve:
    """`node`: the expression, of `columns` and `parameters` in order of appearance. `start`: of some of the parameters."""

    text: str
    node: Node
    columns: tuple[str, ...]
    parameters: tuple[str, ...]
    start: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Places of parameters in all of which together the expression is linear, those without a start first."""
        values = dict.fromkeys((*self.columns, *self.parameters), 1.0)
        bent = set(jet(self.node, values, self.parameters).hessian)
        chosen: list[int] = []
        for i in sorted(range(len(self.parameters)), key=lambda i: self.parameters[i] in self.start):
            if not any((min(i, j), max(i, j)) in bent for j in (*chosen, i)):
                chosen.append(i)
        return tuple(sorted(chosen))

    def predictor(self, noise: NoiseModel) -> Node:
        """The predictor of a law whose mean, location or probability this is."""
        return linked(self.node, noise)


def linked(node: Node, noise: NoiseModel) -> Node:
    """The predictor of a law of which `node` is the mean."""
    return node if noise.mean_link == "identity" else Operation(str(noise.mean_link), (node,))


def read_curve(
    text: str, start: Mapping[str, float], bounds: Mapping[str, tuple[float, float]], names: Sequence[str],
    kinds: Mapping[str, Kind],
) -> Curve:
    """The curve about the columns `names`. Raises UsageError for what is none, and for starts that are not its own."""
    node = parse_written(OPTION, text, names, MEANS)
    found = names_in_order(node)
    columns = tuple(name for name in found if name in names)
    parameters = tuple(name for name in found if name not in names)
    if not isinstance(start, Mapping):      # as Python may give it
        raise refused("--start", start, "NAME=NUMBER", "such as --start a=1,b=0.1")
    for name, value in start.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused("--start", f"{name}={value}", "NAME=NUMBER", "such as --start a=1,b=0.1")
    for option, given in (("--start", start), ("--bounds", bounds)):
        for name in given:
            if name in names:
                raise UsageError(f'{option} {name}=...: "{name}" is a column, and no parameter', "rename the parameter in --mean",
                                 code="options-contradict", columns=[name])
            if name not in parameters:
                raise UsageError(f'{option} {name}=...: --mean has no parameter "{name}"',
                                 f"{did_you_mean(name, parameters)}its parameters are {', '.join(parameters)}",
                                 code="unknown-parameter")
    if not parameters:
        raise UsageError(f'--mean: "{short(text)}" has no parameter: every name in it is a column',
                         "name what is to be estimated, as a and b in a*exp(-b*x)", code="no-parameters")
    if not columns:
        near = {name: nearest(name, names) for name in parameters}
        told = "; ".join(f"did you mean {found[0]} for {name}?" for name, found in near.items() if found)
        raise UsageError(f'--mean: "{short(text)}" holds no column', told or f"the columns are {', '.join(names)}",
                         code="no-column")
    unfit = next((name for name in columns if kinds[name] is not Kind.NUMBER), None)
    if unfit is not None:
        raise UsageError(f'--mean needs numbers, column "{unfit}" holds {kinds[unfit].value}',
                         "code its levels as numbers in the file", code="not-numbers", columns=[unfit])
    curve = Curve(text, node, columns, parameters, start, bounds)
    _check_start(curve, names)
    return curve


def _check_start(curve: Curve, names: Sequence[str]) -> None:
    """Raises UsageError for parameters without a start that need one, and starts outside of their bounds."""
    linear = {curve.parameters[i] for i in curve.linear}
    absent = [name for name in curve.parameters if name not in curve.start and name not in linear]
    if absent:
        near = [(name, nearest(name, [other for other in names if other not in curve.columns])) for name in absent]
        asked = "".join(f"did you mean the column {found[0]} for {name}? " for name, found in near if found)
        raise UsageError(
            f"--mean: {', '.join(absent)} {'needs a start' if len(absent) == 1 else 'need starts'}: only parameters in which the "
            f"mean is linear can do without",
            f"{asked}add --start {','.join(f'{name}=1' for name in absent)}, with values near the answer", code="no-start")
    for name, (low, high) in curve.bounds.items():
        at = curve.start.get(name)
        if at is not None and not low <= at <= high:
            raise UsageError(f"--start {name}={at:g} is not within --bounds {name}={low:g}:{high:g}", "move one of them",
                             code="options-contradict")


def takes_curve(noise: NoiseModel) -> bool:
    """Whether an expression can be the mean of a law, and its criteria have derivatives everywhere."""
    return noise.mean_link is not None and noise.smooth and not noise.corners


def check_law(noise: NoiseModel) -> None:
    """Raises UsageError for a law of which no expression can be the mean."""
    if takes_curve(noise):
        return
    if noise.corners:
        places = ", ".join(f"{corner.place:.6g}" for corner in noise.corners)
        raise UsageError(
            f"--mean: {noise.loss_name} has a corner at a residual of {places}: what certifies a curve are derivatives, everywhere",
            "use a loss without corners, such as log(cosh(r/S)), or a linear mean with -x", code="options-contradict")
    if not noise.smooth:
        raise UsageError(
            f"--mean: the loss of {noise.name} has a corner where a row is met: what certifies a curve are derivatives, everywhere",
            f"{noise.rounded or ''}or a linear mean with -x", code="options-contradict")
    raise UsageError(f"--mean: {noise.name} has no single mean that an expression could be",
                     f"use --model {MODELS.names(takes_curve)}", code="options-contradict")


def names_in_order(node: Node) -> tuple[str, ...]:
    """The names in a tree, each once, in order of appearance."""
    if isinstance(node, Operation):
        return tuple(dict.fromkeys(name for part in node.arguments for name in names_in_order(part)))
    return tuple(columns_of(node))
