"""Roles: which column is the response, which are predictors, and which model the response calls for.

Nothing is guessed silently: every choice that the user did not make is said in a note.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mlefit.design.encode import Columns
from mlefit.design.learn import columns_to_terms
from mlefit.design.terms import Offset
from mlefit.errors import DataError, UsageError
from mlefit.noise import find
from mlefit.noise.model import NoiseModel, Response
from mlefit.request import Request
from mlefit.source.source import Kind, Source

MANY_LEVELS = 50          # a text column with more levels than this and than n/10 is no predictor unless named
CATEGORICAL_LEVELS = 50   # a text response with more levels needs --model to be a response at all


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns in use, the model, the text of the right-hand side, and what was chosen for the user."""

    columns: Columns
    model: type[NoiseModel]
    formula: str
    features: tuple[str, ...]
    chosen: tuple[str, ...] = ()        # predictors that the user did not name
    notes: tuple[str, ...] = field(default=())


def choose_roles(source: Source, request: Request) -> Roles:
    """Raises UsageError for unknown or contradictory columns, DataError for a response that no model takes."""
    _known(source, [request.target, request.weights, *request.reference])
    offset = None
    if request.offset is not None:
        from mlefit.design.formula import parse_offset

        offset = parse_offset(request.offset, source.names, source.kinds)
    if request.formula is not None:
        return _from_formula(source, request, offset)
    target, notes = _target(source, request)
    taken = {target, request.weights, *(offset.numbers if offset else ())}
    chosen: tuple[str, ...] = ()
    if request.features is None:
        features, left_out = _all_others(source, taken)
        chosen = features
        if left_out:
            notes += [f"left out as predictors: {', '.join(left_out)}. Name them with -x to use them."]
    else:
        features = _named(source, request.features)
        for name in (target, request.weights):
            if name in features:
                raise _conflict(str(name), "target" if name == target else "weights")
    model, more = _model(source, target, request.model)
    categorical = [name for name in features if _is_category(source, name) or name in request.reference]
    columns = Columns(target, model.response is not Response.NUMBER, columns_to_terms(features, categorical),
                      request.intercept, request.weights, offset)
    _check_target(source, target, model)
    text = " + ".join(features) if features else "1"
    text += "" if request.intercept or not features else " - 1"
    return Roles(columns, model, text, features, chosen, tuple(notes + more))


def without(roles: Roles, names: Sequence[str], source: Source, request: Request) -> Roles:
    """The same roles without some of the chosen predictors."""
    features = tuple(name for name in roles.features if name not in names)
    again = choose_roles(source, replace(request, features=features, target=roles.columns.target,
                                         model=roles.model.name))
    note = f"left out as predictors: {', '.join(names)} (text with too many levels). Name them with -x to use them."
    return replace(again, chosen=features, notes=(*roles.notes, note))


def _from_formula(source: Source, request: Request, offset: Offset | None) -> Roles:
    from mlefit.design.formula import parse_formula

    if request.features is not None or request.target is not None or not request.intercept:
        raise UsageError(
            "--formula says which columns are used; --target, --features and --no-intercept say it a second time",
            'keep the formula alone; "- 1" in it drops the intercept', code="options-contradict",
        )
    unfit = {name for name, kind in source.kinds.items() if kind in (Kind.EMPTY, Kind.DATE)}
    others = {request.weights or "", *(offset.numbers if offset else ()), *unfit}
    formula = parse_formula(str(request.formula), source.names, source.kinds, categorical=request.reference,
                            exclude=others & set(source.names))
    model, notes = _model(source, formula.target, request.model)
    _check_target(source, formula.target, model)
    columns = Columns(formula.target, model.response is not Response.NUMBER, formula.terms, formula.intercept,
                      request.weights, offset)
    if request.weights in formula.columns:
        raise _conflict(str(request.weights), "weights")
    return Roles(columns, model, formula.text_rhs, formula.columns, (), tuple(notes))


def _conflict(name: str, role: str) -> UsageError:
    return UsageError(f'column "{name}" is the {role} and a predictor as well', "leave it out of the predictors",
                      code="role-conflict", columns=[name])


def unknown_column(name: str, names: Sequence[str]) -> UsageError:
    """The refusal of a column that the data does not have, with the nearest that it has."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=3, cutoff=0.5)
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UsageError(f'there is no column "{name}"', f"{hint}the columns are {listed}", code="unknown-column",
                      columns=[name])


def _known(source: Source, names: Sequence[str | None]) -> None:
    for name in names:
        if name is not None and name not in source.names:
            raise unknown_column(name, source.names)


def _target(source: Source, request: Request) -> tuple[str, list[str]]:
    if request.target is not None:
        return request.target, []
    by_name = [name for name in source.names if name in ("y", "target")]
    if by_name:
        name, why = by_name[0], "by its name"
    else:
        usable = [name for name in source.names if name != request.weights]
        name, why = usable[-1], "the last column"
    if request.features is not None and name in request.features:
        raise UsageError(f'the target would be column "{name}" ({why}), which --features names as a predictor',
                         "name the target with --target", code="no-target")
    return name, [f"target: {name} ({why}); --target names another."] if len(source.names) > 1 else []


def _named(source: Source, values: Sequence[str]) -> tuple[str, ...]:
    """A value that is a column's whole name is that column, else it is split at commas."""
    names: list[str] = []
    for value in values:
        names += [value] if value in source.names else [part.strip() for part in value.split(",") if part.strip()]
    _known(source, names)
    return tuple(dict.fromkeys(names))


def _is_category(source: Source, name: str) -> bool:
    return source.kinds[name] in (Kind.TEXT, Kind.BOOLEAN, Kind.DATE)


def _all_others(source: Source, taken: set[str | None]) -> tuple[tuple[str, ...], list[str]]:
    features, left_out = [], []
    for name in source.names:
        if name in taken:
            continue
        kind = source.kinds[name]
        if kind is Kind.EMPTY:
            left_out.append(f"{name} (no values)")
        elif kind is Kind.DATE:
            left_out.append(f"{name} (dates)")
        else:
            features.append(name)
    return tuple(features), left_out


def _model(source: Source, target: str, name: str | None) -> tuple[type[NoiseModel], list[str]]:
    """The model named, or the one that the response calls for."""
    if name is not None:
        base, _, options = name.partition(":")
        model = find(base)
        if options:
            raise UsageError(f'--model {name}: {base} has no option "{options}" yet', f"use --model {base}",
                             code="unknown-option")
        return model, []
    kind, distinct = source.kinds[target], source.distinct.get(target)
    few = 0 if distinct is None else len(distinct)
    if kind is Kind.BOOLEAN or few == 2:
        chosen, why = "bernoulli", "it has two levels"
    elif kind is Kind.NUMBER:
        chosen, why = "gaussian", "it is a column of numbers"
    elif kind is Kind.TEXT and 1 <= few <= CATEGORICAL_LEVELS:
        chosen, why = "categorical", f"it is text with {few} levels"
    else:
        raise DataError(
            f'column "{target}" holds {kind.value}'
            + (f" with more than {CATEGORICAL_LEVELS} levels" if kind is Kind.TEXT else "") + ": no model takes it as target",
            "name the response with --target, or the model with --model", code="no-model", columns=[target],
        )
    return find(chosen), [f'model: {chosen}, because of the target "{target}" ({why}); --model names another.']


def _check_target(source: Source, target: str, model: type[NoiseModel]) -> None:
    """Refuse before the long read what the first block shows already."""
    kind, distinct = source.kinds[target], source.distinct.get(target)
    if model.response is Response.NUMBER and kind in (Kind.TEXT, Kind.BOOLEAN, Kind.DATE):
        example = f", such as {distinct[0]!r}" if distinct else ""
        better = "bernoulli" if distinct is not None and len(distinct) == 2 else "categorical"
        remedy = ("turn it into a number, such as days since the first date" if kind is Kind.DATE
                  else f"use --model {better}, or name a column of numbers with --target")
        raise DataError(f'column "{target}": {model.name} needs numbers, found {kind.value}{example}', remedy,
                        code="target-not-numeric", columns=[target])
    if model.response is Response.BINARY and distinct is not None and len(distinct) > 2:
        raise three_levels(target, distinct)


def three_levels(target: str, levels: Sequence[str]) -> DataError:
    """The refusal of a binary response with more than two levels."""
    shown = ", ".join(levels[:6]) + (", ..." if len(levels) > 6 else "")
    return DataError(
        f'column "{target}": bernoulli needs two distinct values, found {len(levels)}: {shown}',
        "use --model categorical, or recode the column to two values", code="too-many-levels", columns=[target],
    )
