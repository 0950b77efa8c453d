"""JSON: schema `mlefit.fit/1` and `mlefit.error/1`. Full precision, nats, null where a number does not exist.

The text is valid UTF-8 whatever the names hold, and characters that a terminal would act on are JSON escapes.
"""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from mlefit.errors import MlefitError
from mlefit.report.report import SCHEMA, Report
from mlefit.report.safety import encodable, harmful

ERROR_SCHEMA = "mlefit.error/1"


def to_dict(report: Report) -> dict[str, Any]:
    """The report under the keys of `mlefit.fit/1`: only dict, list, str, int, float, bool and None."""
    result: dict[str, Any] = plain({
        "schema": SCHEMA, "mlefit": report.version, "status": report.status,
        "data": report.data, "model": report.model, "parameters": report.parameters,
        "routes": {"mle": report.mle, "loss": report.loss},
        "agreement": report.agreement, "information": report.information, "criteria": report.criteria,
        "warnings": report.warnings, "run": report.run,
        "notes": report.notes, "clusters": report.clusters, "terms": report.terms, "dependence": report.dependence,
        "effects": report.effects, "ratios": report.ratios,
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
    return escaped_all(text) + "\n"


def escaped_all(text: str) -> str:
    """JSON without a character that a terminal would act on."""
    return re.sub(r"[^\x20-\x7e\n]", lambda found: escaped(found[0]), text)


def escaped(character: str) -> str:
    """A character that a terminal would act on as its JSON escape; any other as it is."""
    return json.dumps(character)[1:-1] if harmful(character) else character


def plain(value: Any) -> Any:
    """`value` with records as objects, tuples as lists, strings that UTF-8 can hold, and None for what is not finite."""
    if isinstance(value, float):        # the usual values first: to ask whether something is a mapping takes long
        return value if isfinite(value) else None
    if isinstance(value, str):
        return encodable(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key.rstrip("_"): plain(item) for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {encodable(key): plain(item) for key, item in value.items()}
    return value
