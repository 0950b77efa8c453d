"""Roles: which column is the response, which are predictors, and which model the response calls for.

Nothing is guessed silently: every choice that the user did not make is said in a note.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING

from mlefit.design.checks import check_groups, check_options, check_roles, check_target, unknown_columns
from mlefit.design.encode import Columns
from mlefit.design.known import Known, known_of
from mlefit.design.law import few_whole, model_of
from mlefit.design.learn import columns_to_terms
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.scale import Asked, check_scale, scale_of
from mlefit.design.terms import Offset
from mlefit.design.transform import Transform, transformed
from mlefit.errors import UsageError
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.request import Request
from mlefit.source.source import Kind, Source

if TYPE_CHECKING:
    from mlefit.design.curve import Curve

MANY_LEVELS = 50          # a text column with more levels than this and than n/10 is no predictor unless named
NAMED = 6                 # columns in a note
_ID = re.compile(r"(?i:id|.*[ ._-]id)|.*[a-z]I[Dd]")      # numbers that name what a row is about measure nothing


@record(frozen=True)
class Roles:
    """The columns in use, the model, the text of the right-hand side, and what was chosen for the user."""

    columns: Columns
    model: NoiseModel
    formula: str
    features: tuple[str, ...]
    chosen: tuple[str, ...] = ()        # predictors that the user did not name
    notes: tuple[str, ...] = field(default=())
    scale_formula: str | None = None    # the right-hand side of a scale that depends on predictors
    left_out: tuple[tuple[str, str], ...] = ()      # columns that could be predictors and are not, each with the reason
    curve: "Curve | None" = None        # a nonlinear mean: then the predictors are its columns


def choose_roles(source: Source, request: Request) -> Roles:
    """Raises UsageError for unknown or contradictory columns, DataError for a response that no model takes."""
    cluster, transform = cluster_of(request), None
    if request.target is not None:
        target, transform = transformed(request.target, source.names)
        request = replace(request, target=target)
    asked = None if request.law is None else MODELS.find(request.law, "--model: ")      # refused without a look at all rows
    named, excluded = _named(source, request.features)
    scale = Asked(None if request.scale_features is None else _split(source, request.scale_features), request.scale_formula)
    check_scale(scale, asked)
    request = replace(request, by=_split(source, request.by))
    _check_there(source, [request.target, *(named or ()), *excluded, *(scale.features or ()), request.weights, cluster, *request.by,
                          *request.reference, *request.levels, *(name for name, _ in request.read.types)])
    known = known_of(source, request)
    if request.mean is not None:
        from mlefit.design.of_mean import of_mean

        return of_mean(source, request, asked, scale, transform, known.trials)
    if request.formula is not None:
        return _from_formula(source, request, asked, known, scale, transform)
    target, notes = target_of(source, request, named or (), excluded)
    check_roles(target, request.weights, known.offset, named or (), known.trials)
    taken = {target, request.weights, cluster, *request.by, *excluded, *known.numbers}
    chosen, left_out = tuple[str, ...](), tuple[tuple[str, str], ...]()
    if named is None:
        features, left_out = _all_others(source, taken)
        chosen = features
        notes += left_out_note(left_out)
    else:
        features = named
    model, more = model_of(source, request, target, asked, transform)
    categorical = _categorical(source, request, features)
    terms = columns_to_terms(features, categorical, source.kinds)
    notes += _codes(source, [name for name in features if name not in categorical])
    text = (" + ".join(features) or "1") + ("" if request.intercept or not features else " - 1")
    mean = Predictors(terms, request.intercept, known.offset)
    columns, model, scale_text = columns_of(source, request, model, target, mean, scale, taken, transform, known.trials)
    return Roles(columns, model, text, features, chosen, tuple(notes + more), scale_text, left_out)


def left_out_note(left_out: Sequence[tuple[str, str]]) -> list[str]:
    """The note on columns that are no predictors, if there are any."""
    if not left_out:
        return []
    named = [f"{column} ({why})" for column, why in left_out[:NAMED]]
    more = f", {len(left_out) - NAMED} more (-o json has all)" if len(left_out) > NAMED else ""
    return [f"left out as predictors: {', '.join(named)}{more}; -x takes them."]


def columns_of(
    source: Source, request: Request, model: NoiseModel, target: str, mean: Predictors, asked: Asked, taken: set[str | None],
    transform: Transform | None = None, trials: Offset | None = None,
) -> tuple[Columns, NoiseModel, str | None]:
    """The columns with those of a scale, the law that has it, and its text. `taken`: columns that are no predictors. Checked."""
    exclude = {*(name for name in taken if name is not None), *source.counting}
    scale = scale_of(source, asked, model, mean.terms, mean.intercept,
                     _categorical(source, request, asked.features or ()), exclude)
    check_roles(target, request.weights, mean.offset, scale.columns)
    model, predictors = scale.law, replace(mean, scale=scale.terms)
    unmoved = not model.one_unit and any(p.log_unit and not predictors.constant(p.kind) for p in model.predictors)
    scaled = (model.located or model.scalable) and not unmoved
    observed = Observed(target, model.name, model.response, model.located, scaled, model.compresses, request.weights,
                        cluster_of(request), request.weights_kind, transform, trials)
    check_groups(request.by, observed, predictors)
    columns = Columns(predictors, observed, (request.beside[0], (*request.beside[1], *request.by)))
    check_target(source, target, model)
    check_options(source, request, columns, model)
    return columns, model, scale.text


def _categorical(source: Source, request: Request, names: Sequence[str]) -> set[str]:
    """Columns that are read as levels if they are predictors: those that the user says so of, and among `names` all."""
    return {*request.reference, *request.levels, *(name for name in names if _is_category(source, name))}


def cluster_of(request: Request) -> str | None:
    """The column of `--se cluster:COLUMN`."""
    kind, _, column = request.se.partition(":")
    return column if kind == "cluster" else None


def without(roles: Roles, names: Mapping[str, str], source: Source, request: Request) -> Roles:
    """The same roles without some of the chosen predictors, each with the reason why."""
    features = tuple(name for name in roles.features if name not in names)
    again = choose_roles(source, replace(request, features=features, target=roles.columns.observed.label,
                                         model=roles.model.spelt, loss=None, density=None))
    left_out = tuple(names.items())
    return replace(again, chosen=features, notes=(*roles.notes, *left_out_note(left_out)), left_out=(*roles.left_out, *left_out))


def _from_formula(
    source: Source, request: Request, asked: NoiseModel | None, known: Known, scale: Asked, transform: Transform | None,
) -> Roles:
    from mlefit.design.formula import parse_formula

    if request.features is not None or not request.intercept:
        raise UsageError(
            "--formula says which predictors are used; --features and --no-intercept say it a second time",
            'keep the formula alone; "- 1" in it drops the intercept', code="options-contradict",
        )
    others = {request.weights or "", cluster_of(request) or "", *request.by, *known.numbers, *source.counting}
    read = partial(parse_formula, str(request.formula), source.names, categorical={**request.reference, **request.levels},
                   exclude=others & set(source.names))
    if not source.complete:
        read({})        # what is no formula, whatever the columns hold, is refused without a look at all rows
    formula = read(source.kinds)
    own = None if formula.transform is None else Transform(formula.transform)
    if request.target is not None and (request.target, transform) != (formula.target, own):
        typed, said = (name if of is None else of.label(name) for name, of in (
            (request.target, transform), (formula.target, own)))
        raise UsageError(f'--target {typed}: the target of the formula is "{said}"',
                         "give one of them", code="options-contradict")
    check_roles(formula.target, request.weights, known.offset, formula.columns, known.trials)
    model, notes = model_of(source, request, formula.target, asked, own)
    mean = Predictors(formula.terms, formula.intercept, known.offset)
    columns, model, scale_text = columns_of(source, request, model, formula.target, mean, scale, {formula.target, *others}, own,
                                            known.trials)
    return Roles(columns, model, formula.text_rhs, formula.columns, (), tuple(notes), scale_text)


def _check_there(source: Source, names: Sequence[str | None]) -> None:
    """Raises UsageError for names of no column."""
    absent = dict.fromkeys(name for name in names if name is not None and name not in source.names)
    if absent:
        raise unknown_columns(list(absent), source.names)


def target_of(source: Source, request: Request, named: Sequence[str], excluded: Sequence[str]) -> tuple[str, list[str]]:
    """The target, and the notes on it where it was chosen. Raises UsageError where that is among the predictors `named`."""
    if request.target is not None:
        return request.target, []
    by_name = [name for name in source.names if name in ("y", "target") and name not in (*excluded, *request.by)]
    if by_name:
        name, why = by_name[0], "by its name"
    else:
        other = {request.weights, cluster_of(request), *request.by, *excluded, *source.counting}
        usable = [name for name in source.names if name not in other] or source.names
        name, why = usable[-1], "the last column"
    if name in named:
        raise UsageError(f'the target would be column "{name}" ({why}), which --features names as a predictor',
                         "name the target with --target", code="no-target")
    return name, [f"target: {name} ({why}); --target names another."] if len(source.names) > 1 else []


def _named(source: Source, values: Sequence[str] | None) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The predictors that are named, None for all that there are, and those that are left out: `-carb` is all but carb.

    Raises UsageError for both at once.
    """
    names = _split(source, values or ())
    excluded = [name[1:] for name in names if name.startswith("-") and name not in source.names]
    if not excluded:
        return None if values is None else names, ()
    if len(excluded) < len(names):
        used = next(name for name in names if not name.startswith("-") or name in source.names)
        raise UsageError(f'--features takes the column "{used}" and leaves out the column "{excluded[0]}"',
                         "name those to be used, or those to be left out", code="options-contradict")
    return None, tuple(dict.fromkeys(excluded))


def _split(source: Source, values: Sequence[str]) -> tuple[str, ...]:
    """A value that is a column's whole name is that column, else it is split at commas."""
    names: list[str] = []
    for value in values:
        names += [value] if value in source.names else [part.strip() for part in value.split(",") if part.strip()]
    return tuple(dict.fromkeys(names))


def _is_category(source: Source, name: str) -> bool:
    return source.kinds[name] in (Kind.TEXT, Kind.BOOLEAN)


def _all_others(source: Source, taken: set[str | None]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    features, left_out = [], []
    rows = "rows" if source.complete else "first rows"
    for name in source.names:
        if name in taken:
            continue
        kind = source.kinds[name]
        if kind is Kind.EMPTY:
            left_out.append((name, "no values"))
        elif kind is Kind.DATE:
            left_out.append((name, "dates"))
        elif name in source.counting:
            left_out.append((name, f"an index: it counts the {rows}"))
        elif kind is Kind.NUMBER and _ID.fullmatch(name):
            left_out.append((name, "named as an id"))
        else:
            features.append(name)
    return tuple(features), tuple(left_out)


def _codes(source: Source, numbers: Sequence[str]) -> list[str]:
    """The question whether columns of few whole numbers are codes of categories."""
    found = {name: count for name in numbers if (count := few_whole(source, name))}
    if not found:
        return []
    listed = ", ".join(f"{name} ({count})" for name, count in [*found.items()][:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    first = next(iter(found))
    return [f"few whole numbers, read as numbers: {listed}{more}. If they are categories: --as {first}=text, or C({first})."]
