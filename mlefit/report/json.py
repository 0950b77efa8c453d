"""JSON: schema `mlefit.fit/1` and `mlefit.error/1`. Full precision, nats, null where a number does not exist.

The text is valid UTF-8 whatever the names hold, and characters that a terminal would act on are JSON escapes.
"""

import json
import re
from dataclasses import asdict
from math import isfinite
from typing import Any

from mlefit.errors import MlefitError
from mlefit.report.report import SCHEMA, Report
from mlefit.report.safety import encodable, harmful

ERROR_SCHEMA = "mlefit.error/1"


def to_dict(report: Report) -> dict[str, Any]:
    """The report under the keys of `mlefit.fit/1`: only dict, list, str, int, float, bool and None."""
    fields = asdict(report)
    parameters = [
        {("class" if key == "class_" else key): value for key, value in parameter.items()}
        for parameter in fields["parameters"]
    ]
    result: dict[str, Any] = plain({
        "schema": SCHEMA, "mlefit": report.version, "status": report.status,
        "data": fields["data"], "model": fields["model"], "parameters": parameters,
        "routes": {"mle": fields["mle"], "loss": fields["loss"]},
        "agreement": fields["agreement"], "information": fields["information"], "criteria": fields["criteria"],
        "warnings": fields["warnings"], "run": fields["run"],
    })
    return result


def to_json(report: Report) -> str:
    """The report as one JSON object, with a final line break."""
    return dumps(to_dict(report))


def error_to_dict(error: MlefitError) -> dict[str, Any]:
    """An error under the keys of `mlefit.error/1`; `fit` is what is known of the fit, or None.

    What another command than `fit` knows stands under its own name, such as `proof`.
    """
    partial = getattr(error, "partial", None)
    known = {"proof": plain(partial)} if isinstance(partial, dict) else {}
    return {
        "schema": ERROR_SCHEMA, "exit": error.exit_code, "code": error.code,
        "message": encodable(error.message), "remedy": encodable(error.remedy),
        "columns": plain(error.columns), "rows": plain(error.rows),
        "fit": to_dict(partial) if isinstance(partial, Report) else None, **known,
    }


def error_to_json(error: MlefitError) -> str:
    """The error as one JSON object, with a final line break."""
    return dumps(error_to_dict(error))


def dumps(value: object) -> str:
    """Indented JSON with a final line break. Raises ValueError for NaN or infinity, which `plain` has removed."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return re.sub(r"[^\x20-\x7e\n]", lambda found: escaped(found[0]), text) + "\n"


def escaped(character: str) -> str:
    """A character that a terminal would act on as its JSON escape; any other as it is."""
    return json.dumps(character)[1:-1] if harmful(character) else character


def plain(value: Any) -> Any:
    """`value` with tuples as lists, strings that UTF-8 can hold, and None for numbers that are not finite."""
    if isinstance(value, dict):
        return {encodable(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
