"""Checks of roles: what the names and the first rows of the table show already is refused before the long read."""

import re
import shlex
from collections.abc import Sequence

from mlefit.design.encode import Columns
from mlefit.design.levels import NUMERAL, in_order, listed, match
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.terms import Offset
from mlefit.errors import DataError, UsageError
from mlefit.noise import MODELS, called_for
from mlefit.noise.model import NoiseModel
from mlefit.noise.responses import Content
from mlefit.request import Request
from mlefit.source.source import Kind, Source

LISTED = 12               # columns in a message, and
LONGEST_NAME = 60         # characters of one
ALL = ("all", ".", "*")   # what other tools call all columns


def unknown_columns(absent: Sequence[str], names: Sequence[str]) -> UsageError:
    """The refusal of columns that the data does not have, all at once, with the nearest that it has."""
    from mlefit.options.near import nearest

    hints = []
    for name in absent[:LISTED]:
        parts = [part for part in re.split(r"[+\s;&]+", name) if part]
        if len(parts) > 1 and all(part in names for part in parts):
            hints.append(f"did you mean {','.join(parts)}? ")
            continue
        if name in ALL:
            hints.append("without -x all other columns are predictors; ")
            continue
        near = nearest(name, names, 3, 0.5)
        of = f" for {_short(name)}" if len(absent) > 1 else ""
        hints += [f"did you mean {' or '.join(map(_short, near))}{of}? "] if near else []
    more = f", nor {len(absent) - LISTED} more" if len(absent) > LISTED else ""
    others = "".join(f', nor "{_short(name)}"' for name in absent[1:LISTED]) + more
    known = ", ".join(map(_short, names[:LISTED])) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    return UsageError(f'there is no column "{_short(absent[0])}"{others}', f"{''.join(hints)}the columns are {known}",
                      code="unknown-column", columns=absent)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "..."


def check_roles(
    target: str, weights: str | None, offset: Offset | None, features: Sequence[str], trials: Offset | None = None
) -> None:
    """Raises UsageError when one column plays two parts that exclude each other."""
    added = frozenset() if offset is None else offset.numbers
    whole = None if trials is None or trials.factor.plain is None else trials.factor.plain
    for name, role, other, clash in (
        (target, "target", "a predictor", target in features),
        (target, "target", "the weights", target == weights),
        (target, "target", "part of the offset", target in added),
        (weights, "weights", "a predictor", weights in features),
        (target, "target", "the number of all trials", target == whole),
    ):
        if clash:
            raise UsageError(f'column "{name}" is the {role} and {other} as well', "give it one role",
                             code="role-conflict", columns=[str(name)])


def check_groups(by: Sequence[str], observed: Observed, predictors: Predictors) -> None:
    """Raises UsageError when a column that divides the rows plays another part as well: within a group it does not vary."""
    parts = ((observed.target, "the target"), (observed.weights, "the weights"), (observed.cluster, "the clusters"),
             *((name, "a predictor") for name in (*predictors.numbers, *predictors.categories)))
    for name, role in parts:
        if name in by:
            raise UsageError(f'column "{name}" makes the groups and is {role} as well', "give it one role",
                             code="role-conflict", columns=[str(name)])


def check_options(source: Source, request: Request, columns: Columns, model: NoiseModel) -> None:
    """Raises UsageError for a --positive, --reference or --offset that the model or the column cannot use."""
    target = columns.observed.target
    _check_trials(request, model)
    _check_order(source, request, columns, model)
    _check_of_mean(request)
    if request.exponentiate and not model.ratios:
        raise UsageError(
            f"--exponentiate: the coefficients of {model.name} are no logarithms of ratios",
            "leave it out; --effects shows what each predictor changes", code="options-contradict")
    if request.weights is None and request.weights_kind != "frequency":
        raise UsageError(f"--weights-kind {request.weights_kind}: there are no weights", "name their column with --weights",
                         code="options-contradict")
    if columns.observed.precision and any(predictor.kind == "scale" for predictor in model.predictors):
        raise UsageError(
            f"--weights-kind precision: the scale of {model.name} has predictors of its own already",
            "put the logarithm of the weights into --scale-formula, or use --weights-kind frequency or sampling",
            code="options-contradict")
    if columns.observed.precision and not model.compresses:
        takes = MODELS.names(lambda other: other.compresses)
        raise UsageError(
            f"--weights-kind precision: {model.name} has no variance sigma^2 that a weight could divide",
            f"use --model {takes}, or --weights-kind frequency or sampling", code="options-contradict")
    if columns.predictors.offset is not None and not model.one_mean:
        alone = MODELS.names(lambda other: other.response.takes_positive and other.one_mean)
        raise UsageError(
            f"--offset: {model.name} has one linear predictor per class, and an offset would have to name the class it "
            f"belongs to", f"leave --offset out, or use --model {alone} for one class against the rest",
            code="options-contradict")
    if request.positive is not None and not model.response.takes_positive:
        other = model.response.takes_reference
        remedy = f"--reference {target}=LEVEL chooses the reference class" if other else "leave it out"
        takes = MODELS.names(lambda other: other.response.takes_positive)
        raise UsageError(f"--positive is for {takes}, the model is {model.name}", remedy, code="options-contradict")
    coded = {*columns.predictors.categories, *((target,) if columns.observed.reads_levels else ())}
    for name, level in request.reference.items():
        if name == target and model.response.takes_positive:
            raise UsageError(f"--reference {name}={level}: the two levels of a {model.name} target need no baseline",
                             "--positive LEVEL chooses the level modelled", code="options-contradict", columns=[name])
        if name not in coded:
            raise UsageError(f'--reference {name}={level}: column "{name}" is not a categorical column of the model',
                             "name a predictor or a categorical target", code="unknown-reference", columns=[name])
        known_level(f"--reference {name}={level}", level, source, name)
    for name in request.orders(target):
        if name not in coded:
            said = "--order" if name == target and request.order else f"--levels {name}=..."
            raise UsageError(f'{said}: column "{name}" is not a categorical column of the model',
                             "name a predictor or a categorical target", code="unknown-reference", columns=[name])
    if request.positive is not None:
        known_level("--positive", request.positive, source, target)


def _check_order(source: Source, request: Request, columns: Columns, model: NoiseModel) -> None:
    target = columns.observed.target
    if not model.response.ordered:
        return
    if not columns.predictors.intercept:
        raise UsageError(f"{model.name} has a constant for every cut between its levels, which no option takes out",
                         "leave --no-intercept and - 1 out", code="options-contradict")
    if target in request.reference:
        raise UsageError(f"--reference {target}={request.reference[target]}: the levels of {model.name} stand in an order and none "
                         "of them is a baseline", "--order LOW,...,HIGH says another order", code="options-contradict",
                         columns=[target])
    levels = source.distinct.get(target) if source.complete else None
    if source.kinds[target] in (Kind.TEXT, Kind.BOOLEAN) and target not in request.orders(target):
        from mlefit.design.scales import ordered

        known = ",".join(ordered(levels or ()))
        order = f"--order {shlex.quote(known)}" if known else "--order LOW,...,HIGH"
        raise UsageError(f'column "{target}": {model.name} needs to know the order of levels that are no numbers',
                         f"{order} says it{'' if levels is None else '; ' + listed(in_order(levels))}",
                         code="no-order", columns=[target])


def _check_trials(request: Request, model: NoiseModel) -> None:
    if request.trials is not None and not model.response.of_trials:
        takes = MODELS.names(lambda other: other.response.of_trials)
        raise UsageError(f"--trials {request.trials}: {model.name} counts no successes among trials",
                         f"leave it out, or use --model {takes}", code="options-contradict")


def _check_of_mean(request: Request) -> None:
    """Raises UsageError for an option of `--mean` without that."""
    option = "--start" if request.start else "--bounds" if request.bounds else "--start-only" if request.start_only else None
    if request.mean is None and option is not None:
        raise UsageError(f"{option} is for the parameters of a mean", "give the mean with --mean, or leave it out",
                         code="options-contradict")


def known_level(option: str, typed: str, source: Source, name: str) -> None:
    """Raises UsageError when the first rows are the whole table and column `name` has no such level in it."""
    levels = source.distinct.get(name) if source.complete else None
    if levels is not None and not _may_be(typed, levels):
        raise unknown_level(option, typed, in_order(levels), name)


def _may_be(typed: str, levels: Sequence[str]) -> bool:
    """Whether a level is meant, or some spelling of a number among them: those of a column of numbers are not known yet."""
    numbers = [float(level) for level in levels if NUMERAL.fullmatch(level)]
    return match(typed, levels) is not None or (NUMERAL.fullmatch(typed) is not None and float(typed) in numbers)


def unknown_level(option: str, typed: str, levels: Sequence[str], name: str) -> UsageError:
    """The refusal of a level that the column does not have."""
    return UsageError(f'{option}: column "{name}" has no level "{typed}"', listed(levels), code="unknown-level",
                      columns=[name])


def check_numbers(source: Source, target: str, function: str) -> None:
    """Refuse a function of a column without numbers."""
    kind, distinct = source.kinds[target], source.distinct.get(target)
    if kind not in (Kind.TEXT, Kind.BOOLEAN, Kind.DATE):
        return
    example = f", such as {distinct[0]!r}" if distinct else ""
    better = "" if kind is Kind.DATE else f"{target} itself, whose levels have models, or "
    raise DataError(f'column "{target}": {function} needs numbers, found {kind.value}{example}',
                    f"name {better}a column of numbers", code="target-not-numeric", columns=[target])


def check_target(source: Source, target: str, model: NoiseModel) -> None:
    """Refuse before the long read what the first rows show already."""
    kind, distinct = source.kinds[target], source.distinct.get(target)
    if not model.response.reads_levels and kind in (Kind.TEXT, Kind.BOOLEAN, Kind.DATE):
        example = f", such as {distinct[0]!r}" if distinct else ""
        two = distinct is not None and len(distinct) == 2
        better = "" if kind is Kind.DATE else called_for(Content.TWO_LEVELS if two else Content.LEVELS).name
        if model.response.of_trials:        # laws of levels count no trials
            raise DataError(f'column "{target}": {model.name} needs numbers of successes, found {kind.value}{example}',
                            "leave --trials out, or name a column of counts with --target", code="target-not-numeric",
                            columns=[target])
        raise model.response.not_numbers(model.name, target, kind.value, example, better)
    most = model.response.most_levels
    if most is not None and distinct is not None and len(distinct) > most:
        raise model.response.too_many_levels(model.name, target, distinct)
