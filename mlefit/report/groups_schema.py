"""The JSON schema of the fits of groups, `mlefit.by/1`, made from the records that are printed."""

from typing import Any

from mlefit.report.groups import SCHEMA
from mlefit.report.report import SCHEMA as FIT
from mlefit.report.report import Data, Model, Warn
from mlefit.report.schema import headed, nullable, of, record

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}


def groups_schema() -> dict[str, Any]:
    """The schema. A group is its values, its fit as far as it is known, and why there is no answer; a line of `-o jsonl` is one."""
    texts = {"type": "array", "items": TEXT}
    error: dict[str, dict[str, Any]] = {
        "code": TEXT, "message": TEXT, "remedy": TEXT, "columns": texts, "rows": {"type": "array", "items": NUMBER}}
    group: dict[str, dict[str, Any]] = {
        "group": {"type": "object", "additionalProperties": TEXT}, "n": NUMBER, "status": TEXT,
        "fit": nullable({"$ref": FIT}), "error": nullable(record(error)),
        "misfit": nullable(record({"found": {"type": "boolean"}, "p_value": of(float | None)})),
    }
    return headed(SCHEMA, {
        "by": texts, "data": of(Data), "model": of(Model),
        "without_answer": {"type": "object", "additionalProperties": NUMBER}, "warnings": of(tuple[Warn, ...]), "notes": texts,
        "groups": {"type": "array", "items": record(group)},
    })
