"""Write: a model as JSON of the schema `mlefit.model/1`. The same fit gives the same bytes: there is no time in it."""

from typing import Any

from mlefit.arrays import Array
from mlefit.report.json import dumps, plain
from mlefit.saved import curve
from mlefit.saved.factors import written
from mlefit.saved.model import Saved
from mlefit.version import __version__

SCHEMA = "mlefit.model/1"


def to_json(saved: Saved) -> str:
    """One JSON object with a final line break, its numbers in shortest form that reads back."""
    return dumps(to_dict(saved))


def to_dict(saved: Saved) -> dict[str, Any]:
    """The object as dictionaries, lists, strings and numbers."""
    predictors, encoding, errors = saved.predictors, saved.encoding, saved.errors
    bent = curve.state(predictors)
    labels = predictors.labels()
    return {
        "schema": SCHEMA, "mlefit": __version__, "fit": plain(saved.fit),
        "design": {
            "intercept": predictors.intercept, "columns": plain(saved.columns),
            "terms": [] if bent else [plain(written(term)) for term in predictors.terms], "curve": plain(bent),
            "scale_terms": None if predictors.scale is None else [plain(written(term)) for term in predictors.scale],
            "offset": plain(None if bent or predictors.offset is None else predictors.offset.text),
            "trials": plain(None if saved.trials is None else saved.trials.text),
            "target": {"column": plain(saved.target), "transform": None if saved.transform is None else saved.transform.function},
            "law": (saved.limit_of or saved.noise).spelt, "limit": saved.limit_of is not None,
            "levels": plain(list(saved.levels)) if saved.levels else None,
            "kept": [list(places) for places in encoding.kept],
            "low": _row(encoding.low), "high": _row(encoding.high),
            "y_centre": encoding.scaling.y_centre, "y_scale": encoding.scaling.y_scale, "na": list(saved.missing),
        },
        "covariance": {
            "kind": saved.fit["model"]["se_used"],
            "order": [plain(labels[j]) for places in encoding.kept for j in places],
            "centre": _row(encoding.scaling.centre), "scale": _row(encoding.scaling.scale),
            "coefficients": _row(saved.coefficients), "free": _row(saved.free), "df": errors.df,
            "critical": saved.critical(saved.level, errors.df),
            "root": _rows(errors.root), "shape_root": _rows(errors.shape_root), "leverage_root": _rows(errors.leverage_root),
            **({} if errors.by_level is None else {"by_level": errors.by_level.state()}),
        },
        "sample": plain(saved.training),
    }


def _row(values: Array) -> list[float]:
    return [float(value) for value in values]


def _rows(values: Array | None) -> list[list[float]] | None:
    return None if values is None else [_row(row) for row in values]
