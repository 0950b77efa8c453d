"""JSON of a comparison, schema `mlefit.compare/1`: every fit whole, the order, the differences and the recommendation."""

from typing import Any

from mlefit.report.comparison import SCHEMA, Comparison, Entry
from mlefit.report.json import dumps, plain, to_dict


def to_json(comparison: Comparison) -> str:
    """One JSON object with a final line break."""
    return dumps(comparison_to_dict(comparison))


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """The object as dictionaries, lists, strings and numbers."""
    return {
        "schema": SCHEMA, "mlefit": comparison.version,
        "rows": comparison.rows, "held_out": comparison.held_out, "n": comparison.n,
        "target": plain(comparison.target), "level": comparison.level,
        "models": [_model(entry) for entry in comparison.entries],
        "order": list(comparison.order), "default": comparison.default,
        "differences": [plain(difference) for difference in comparison.differences],
        "adequacy": [plain(one) for one in comparison.adequacy],
        "recommendation": plain(comparison.recommendation), "remarks": [plain(remark) for remark in comparison.remarks],
    }


def _model(entry: Entry) -> dict[str, Any]:
    """The fit as `mlefit.fit/1`, beside it its place in the comparison."""
    fit = {} if entry.report is None else to_dict(entry.report)
    place = {
        "label": plain(entry.label), "model": entry.model, "formula": plain(entry.formula), "group": plain(entry.group),
        "code": entry.code, "reason": plain(entry.reason), "cells": plain(entry.cells),
        "held_out": plain(entry.held_out),
    }
    return {**fit, "compared": place}
