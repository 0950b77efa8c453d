"""The JSON schemas (draft 2020-12) of what `-o json` prints, made from the records that are printed.

Keys are never renamed or removed within a version; keys may be added, so that no schema forbids others.
"""

import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mlefit.report.json import ERROR_SCHEMA
from mlefit.report.report import SCHEMA, Report, Route

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {float: "number", int: "integer", bool: "boolean", str: "string", type(None): "null"}
OUTSIDE = ("version", "mle", "loss", "view", "sparkline")      # of a report: under another name, under `routes`, or not in the JSON


def schemas() -> dict[str, dict[str, Any]]:
    """Those of a fit and of an error by their names."""
    fit: dict[str, dict[str, Any]] = {
        **{name: of(hint) for name, hint in get_type_hints(Report).items() if name not in OUTSIDE},
        "routes": record({"mle": of(Route | None), "loss": of(Route | None)}),
    }
    texts, error = {"type": "array", "items": {"type": "string"}}, {"type": "string"}
    failure: dict[str, dict[str, Any]] = {
        "exit": {"enum": [1, 2, 3, 4, 130]}, "code": error, "message": error, "remedy": error,
        "columns": texts, "rows": {"type": "array", "items": {"type": "integer"}}, "fit": nullable({"$ref": SCHEMA}),
    }
    return {SCHEMA: headed(SCHEMA, fit), ERROR_SCHEMA: headed(ERROR_SCHEMA, failure, ("schema",))}


def headed(name: str, keys: Mapping[str, dict[str, Any]], first: tuple[str, ...] = ("schema", "mlefit")) -> dict[str, Any]:
    """The schema `name` of an object with these keys, behind those that say what it is."""
    head = {"schema": {"const": name}, "mlefit": {"type": "string"}}
    return {"$schema": DRAFT, "$id": name, **record({**{key: head[key] for key in first}, **keys})}


def of(hint: Any) -> dict[str, Any]:
    """The schema of a value of this type, as `plain` makes it. Raises TypeError for a type that no report holds."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if origin in (Union, types.UnionType):
        kinds = [of(kind) for kind in arguments]
        simple = all(kind.keys() == {"type"} for kind in kinds)
        return {"type": [kind["type"] for kind in kinds]} if simple else {"anyOf": kinds}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": of(arguments[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": of(arguments[1])}
    if isinstance(hint, type) and issubclass(hint, tuple):
        return record({name.rstrip("_"): of(kind) for name, kind in get_type_hints(hint).items()})
    raise TypeError(f"no schema of {hint}")


def record(keys: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """An object with these keys, all of them there."""
    return {"type": "object", "properties": dict(keys), "required": list(keys)}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def figures(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The paths of all numbers outside lists; `*` stands for the keys of a mapping."""
    kinds = schema.get("type", ())
    if {"number", "integer"} & ({kinds} if isinstance(kinds, str) else {*kinds}):
        yield path
    for part in schema.get("anyOf", ()):
        yield from figures(part, path)
    inner = dict(schema.get("properties", {}))
    if "additionalProperties" in schema:
        inner["*"] = schema["additionalProperties"]
    for name, part in inner.items():
        yield from figures(part, f"{path}.{name}" if path else name)
