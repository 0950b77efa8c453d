"""The JSON schema of a proof, `mlefit.proof/1`, made from the records that are printed."""

from typing import Any, get_type_hints

from mlefit.proof.proof import SCHEMA, Line
from mlefit.report.schema import headed, of, record


def proof_schema() -> dict[str, Any]:
    """The schema. A number of a finding is null where it is not finite."""
    numbers = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}
    line = record({**{name: of(hint) for name, hint in get_type_hints(Line).items()}, "numbers": numbers})
    return headed(SCHEMA, {
        "model": {"type": "string"}, "n": {"type": "number"}, "holds": {"type": "boolean"},
        "lines": {"type": "array", "items": line},
    })
