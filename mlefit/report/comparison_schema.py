"""The JSON schema of a comparison, `mlefit.compare/1`, made from the records that are printed."""

from typing import Any, get_type_hints

from mlefit.report.comparison import SCHEMA, Comparison, Entry
from mlefit.report.report import SCHEMA as FIT
from mlefit.report.schema import headed, of, record

OUTSIDE = ("version", "unit", "entries", "notes", "warnings")       # of a comparison: under another name, or not in the JSON
OUTSIDE_PLACE = ("report",)                             # of an entry: it stands beside `compared`


def comparison_schema() -> dict[str, Any]:
    """The schema. A model is its whole fit beside its place; without a fit it has its place alone, with the reason."""
    place = {name: of(hint) for name, hint in get_type_hints(Entry).items() if name not in OUTSIDE_PLACE}
    without = {**place, "code": {"type": "string"}, "reason": {"type": "string"}}
    models = {"anyOf": [
        {"allOf": [{"$ref": FIT}, record({"compared": record(place)})]},
        record({"compared": record(without)}),
    ]}
    texts = {"type": "array", "items": {"type": "string"}}
    figures = {name: of(hint) for name, hint in get_type_hints(Comparison).items() if name not in OUTSIDE}
    return headed(SCHEMA, {**figures, "models": {"type": "array", "items": models}, "order": texts})
