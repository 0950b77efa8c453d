"""The JSON schema of a saved model, `mlefit.model/1`, as `write` writes it."""

from typing import Any

from mlefit.report.report import SCHEMA as FIT
from mlefit.report.schema import headed, nullable, of, record
from mlefit.saved.model import Training
from mlefit.saved.read import OF_GROUPS
from mlefit.saved.write import SCHEMA

TEXT, NUMBER, TRUTH = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
NO_TEXT, NO_NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"]}


def array(items: dict[str, Any]) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": items}


def kinds(known: dict[str, dict[str, Any]], shared: dict[str, Any]) -> dict[str, Any]:
    """An object whose `kind` says which keys it has beside those that all share."""
    return {"anyOf": [record({**shared, "kind": {"const": kind}, **keys}) for kind, keys in known.items()]}


LEVELS = {"levels": array(TEXT), "baseline": NO_TEXT}
MOMENTS = {"text": TEXT, "mean": NUMBER, "deviation": NUMBER}
FACTOR = kinds({
    "constant": {}, "number": {"column": TEXT}, "expression": {"text": TEXT}, "days": {"column": TEXT, "first": NUMBER},
    "levels": {"column": TEXT, **LEVELS}, "cycle": {"text": TEXT, **LEVELS}, "center": MOMENTS, "scale": MOMENTS,
    "poly": {"text": TEXT, "centre": NUMBER, "scale": NUMBER, "alpha": array(NUMBER), "beta": array(NUMBER)},
    "bs": {"text": TEXT, "knots": array(NUMBER)},
}, {})
RANGE = {"min": NO_NUMBER, "max": NO_NUMBER}
COLUMN = kinds({"number": RANGE, "date": RANGE, "levels": {"levels": array(TEXT), "reference": NO_TEXT}}, {"name": TEXT})
PARAMETER = record({"name": TEXT, "value": NUMBER, "held": TRUTH})
TERMS = array(record({"name": TEXT, "factors": array(FACTOR)}))


def model_schema() -> dict[str, Any]:
    """The schema. Coefficients, ranges and roots are in the encoded units of the search."""
    return headed(SCHEMA, _keys())


def models_schema() -> dict[str, Any]:
    """That of the models of groups: the keys of a design stand where they are the same for all, or in each model."""
    keys = _keys()
    design = {"type": "object", "properties": keys["design"]["properties"]}
    group = {"type": "object", "additionalProperties": TEXT}
    return headed(OF_GROUPS, {
        "by": array(TEXT), "design": design, "models": array(record({**keys, "group": group, "design": design})),
    })


def _keys() -> dict[str, dict[str, Any]]:
    numbers, matrix = array(NUMBER), nullable(array(array(NUMBER)))
    design = {
        "intercept": TRUTH, "columns": array(COLUMN), "terms": TERMS, "scale_terms": nullable(TERMS), "offset": NO_TEXT,
        "trials": NO_TEXT, "curve": nullable(record({"text": TEXT, "parameters": array(PARAMETER)})),
        "target": record({"column": TEXT, "transform": NO_TEXT}), "law": TEXT, "limit": TRUTH, "levels": nullable(array(TEXT)),
        "kept": array(array({"type": "integer"})), "low": numbers, "high": numbers, "y_centre": NUMBER, "y_scale": NUMBER,
        "na": array(TEXT),
    }
    by_level = record({
        "column": TEXT, **dict.fromkeys(("mean", "blocks", "columns"), numbers), "extra": nullable(numbers),
        **dict.fromkeys(("shapes", "element", "white"), numbers)})
    covariance = {
        "kind": TEXT, "order": array(TEXT), "centre": numbers, "scale": numbers, "coefficients": numbers, "free": numbers,
        "df": NO_NUMBER, "critical": NO_NUMBER, "root": matrix, "shape_root": matrix, "leverage_root": matrix,
    }
    errors = record(covariance)
    errors["properties"]["by_level"] = by_level     # only where there is a factor of many levels
    return {"fit": {"$ref": FIT}, "design": record(design), "covariance": errors, "sample": of(Training)}
