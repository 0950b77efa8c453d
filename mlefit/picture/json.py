"""JSON of a sheet, schema `mlefit.panels/1`: the records as they are, null where a number is not finite."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from mlefit.arrays import Array
from mlefit.picture.panel import Axis, Kind, Layer, Panel, Role, Sheet
from mlefit.report.json import plain
from mlefit.report.schema import headed, nullable, record
from mlefit.version import __version__

SCHEMA = "mlefit.panels/1"


def to_dict(sheet: Sheet) -> dict[str, Any]:
    """Only dict, list, str, int, float, bool and None."""
    found: dict[str, Any] = plain({
        "schema": SCHEMA, "mlefit": __version__, "title": sheet.title, "foot": sheet.foot,
        "panels": [_panel(panel) for panel in sheet.panels], "tested": sheet.tested, "draws": sheet.draws, "seed": sheet.seed,
    })
    return found


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "id": panel.id, "title": panel.title, "sentence": panel.sentence, "p": panel.p, "size": panel.size, "mark": panel.mark,
        "rows": panel.rows, "drawn": panel.drawn, "x": _axis(panel.x), "y": _axis(panel.y),
        "right": None if panel.right is None else _axis(panel.right), "layers": [_layer(layer) for layer in panel.layers],
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {"title": axis.title, "limits": axis.limits, "categories": axis.categories, "zero": axis.zero, "mirrored": axis.mirrored}


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "kind": layer.kind, "role": layer.role, "label": layer.label, "strong": layer.strong, "spread": layer.spread,
        "axis": layer.axis, "numbers": {name: _numbers(values) for name, values in layer.numbers.items()},
    }


def _numbers(values: Array) -> list[Any]:
    found: list[Any] = np.asarray(values, dtype=np.float64).tolist()
    return found


def panels_schema() -> dict[str, Any]:
    """The schema."""
    text, number, flag = {"type": "string"}, {"type": ["number", "null"]}, {"type": "boolean"}
    whole = {"type": "integer"}
    axis = record({
        "title": text, "limits": nullable({"type": "array", "items": {"type": "number"}}),
        "categories": nullable({"type": "array", "items": text}), "zero": flag, "mirrored": flag,
    })
    numbers = {"type": "array", "items": {"anyOf": [number, {"type": "array", "items": number}]}}
    layer = record({
        "kind": {"enum": list(get_args(Kind))}, "role": {"enum": list(get_args(Role))}, "label": nullable(text), "strong": flag,
        "spread": flag, "axis": {"enum": ["left", "right"]}, "numbers": {"type": "object", "additionalProperties": numbers},
    })
    panel: Mapping[str, dict[str, Any]] = {
        "id": text, "title": text, "sentence": text, "p": number, "size": number, "mark": flag, "rows": whole, "drawn": whole,
        "x": axis, "y": axis, "right": nullable(axis), "layers": {"type": "array", "items": layer},
    }
    return headed(SCHEMA, {
        "title": text, "foot": text, "panels": {"type": "array", "items": record(panel)}, "tested": whole, "draws": whole,
        "seed": whole,
    })
