"""Report: the report of a saved fit, from its JSON back to the records that the renderers print."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mlefit.errors import DataError
from mlefit.report.groups import ByGroup, Group
from mlefit.report.report import Report

NESTED = {"mle": "routes", "loss": "routes"}        # fields of the report that stand under another key


def report_of(fit: Mapping[str, Any]) -> Report:
    """The report. Raises DataError where the object is none."""
    try:
        fit = dict(fit)
        routes = fit.get("routes") or {}
        flat = {**fit, "version": fit.get("mlefit"), **{name: routes.get(name) for name in NESTED}}
        found = _record(Report, flat)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"model file, key fit: expected the object of a fit, found another ({str(error)[:60]})",
                        "save the model again with `mlefit fit ... --save FILE`", code="bad-model") from None
    assert isinstance(found, Report)
    return found


def by_group_of(by: tuple[str, ...], fits: Iterable[tuple[tuple[str, ...], Any]]) -> ByGroup:
    """The fits of groups as one answer; groups without an answer have left no model. Raises DataError where an object is none."""
    groups = []
    for key, fit in fits:
        report = report_of(fit)
        cross = None if report.information is None else report.information.cross_entropy
        groups.append(Group(key, report.data.n, report.parameters, cross, report=report))
    reports = [group.report for group in groups if group.report is not None]
    every, dropped = [report.data for report in reports], Counter[str]()
    for data in every:
        dropped.update(data.dropped)
    read, used = sum(data.rows_read for data in every), sum(data.rows_used for data in every)
    whole = every[0]._replace(rows_read=read, rows_used=used, rows_dropped=read - used, dropped=dict(dropped), n=used)
    fullest = max(groups, key=lambda group: len(group.parameters)).parameters
    return ByGroup(reports[0].version, by, whole, reports[0].model, tuple(groups), tuple((p.class_, p.name) for p in fullest))


def _record(type_: Any, value: Mapping[str, Any]) -> Any:
    """A named tuple of what an object holds; keys that it does not know are left, absent ones keep their default."""
    hints, arguments = get_type_hints(type_), {}
    for field in type_._fields:
        key = field.rstrip("_")
        if key in value:
            arguments[field] = _value(hints[field], value[key])
    return type_(**arguments)


def _any(types: Sequence[Any], value: Any) -> Any:
    """A value as the first of some types that it can be."""
    for one in types[:-1]:
        try:
            return _value(one, value)
        except TypeError:
            continue
    return _value(types[-1], value)


def _value(type_: Any, value: Any) -> Any:
    """A value of JSON as the type that a field has. Raises TypeError for what cannot be one."""
    origin, inner = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return None if value is None else _any([one for one in inner if one is not NoneType], value)
    if origin is Literal:
        if value not in inner:
            raise TypeError(f"{value!r} is none of {inner}")
        return value
    if origin is tuple:
        each = inner[:1] * len(value) if inner[1:] == (Ellipsis,) else inner
        return tuple(_value(one, item) for one, item in zip(each, value, strict=True))
    if origin in (dict, Mapping):
        return MappingProxyType({str(key): _value(inner[1], item) for key, item in value.items()})
    if hasattr(type_, "_fields"):
        return _record(type_, value)
    if type_ is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, type_):
        raise TypeError(f"{value!r} is no {type_.__name__}")
    return value
