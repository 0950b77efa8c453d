"""Whether a value of JSON is as its schema says."""

from typing import Any

KINDS = {"number": (int, float), "integer": int, "boolean": bool, "string": str, "null": type(None), "object": dict, "array": list}


def conforms(value: Any, schema: dict[str, Any], known: dict[str, Any], path: str = "") -> list[str]:
    """The paths at which a value is not as its schema says: the few words of JSON Schema that the schemas use."""
    if "$ref" in schema:
        return conforms(value, known[schema["$ref"]], known, path)
    if "allOf" in schema:
        return [wrong for part in schema["allOf"] for wrong in conforms(value, part, known, path)]
    if "anyOf" in schema:
        tried = [conforms(value, part, known, path) for part in schema["anyOf"]]
        return min(tried, key=len)
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return [path]
    kinds = schema.get("type", list(KINDS))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in kinds):
        return [path]
    found = []
    if isinstance(value, dict):
        found += [f"{path}.{name}".lstrip(".") for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            part = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            found += conforms(item, part, known, f"{path}.{name}".lstrip(".")) if part else []
    if isinstance(value, list):
        for place, item in enumerate(value):
            found += conforms(item, schema.get("items", {}), known, f"{path}[{place}]")
    return found


def complaints(answer: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """Where an answer is not as its schema says, and the keys of it that its schema does not know."""
    schema = known[answer["schema"]]
    unknown = sorted(set(answer) - set(schema["properties"]))
    return conforms(answer, schema, known) + unknown
