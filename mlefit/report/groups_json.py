"""The groups as JSON: `mlefit.by/1`, or one object a line for each of them."""

import json
from collections.abc import Iterator
from typing import Any

from mlefit.report.groups import SCHEMA, ByGroup, Group
from mlefit.report.json import dumps, escaped_all, plain, to_dict


def groups_to_dict(answer: ByGroup) -> dict[str, Any]:
    """The object of all groups."""
    found: dict[str, Any] = {
        "schema": SCHEMA, "mlefit": answer.version, "by": plain(answer.by), "data": plain(answer.data),
        "model": plain(answer.model), "without_answer": dict(answer.without), "warnings": plain(answer.warnings),
        "notes": plain(answer.notes), "groups": [group_to_dict(answer, group) for group in answer.groups],
    }
    return found


def group_to_dict(answer: ByGroup, group: Group) -> dict[str, Any]:
    """One group: its values, its fit as far as it is known, and why there is no answer, if there is none."""
    error = group.error
    return {
        "group": dict(zip(plain(answer.by), plain(group.key), strict=True)), "n": group.n, "status": group.status,
        "fit": None if group.report is None else to_dict(group.report),
        "error": None if error is None else {
            "code": error.code, "message": plain(error.message), "remedy": plain(error.remedy), "columns": plain(error.columns),
            "rows": plain(error.rows)},
        "misfit": None if group.misfit is None else {"found": group.misfit, "p_value": plain(group.p_value)},
    }


def to_json(answer: ByGroup) -> str:
    """One object with a final line break."""
    return dumps(groups_to_dict(answer))


def lines(answer: ByGroup) -> Iterator[str]:
    """One object a line for each group."""
    for group in answer.groups:
        yield escaped_all(json.dumps(group_to_dict(answer, group), ensure_ascii=False, allow_nan=False)) + "\n"
