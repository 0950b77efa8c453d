"""Read: JSON of the schema `mlefit.model/1` -> a model. Everything in it is checked, and nothing of it is run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.design.predictors import Predictors
from mlefit.design.scaling import Scaling
from mlefit.design.terms import Offset
from mlefit.design.transform import RULES, Transform
from mlefit.errors import DataError, UsageError
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.saved import by_level, curve
from mlefit.saved.checked import Checked, bad
from mlefit.saved.factors import parsed, read
from mlefit.saved.model import MOST_ROOTS, Encoding, Errors, Saved, Training
from mlefit.saved.write import SCHEMA

OF_GROUPS = "mlefit.models/1"
LARGEST = 100 << 20     # bytes
LARGEST_SHAPE = 709.0   # of its logarithm: it and its inverse are doubles
MOST_TERMS = 20_000
MOST_LEVELS = 100_000


def load(path: str) -> Saved:
    """The model in a file. Raises DataError, exit 3, for what is none."""
    return from_dict(content(path), path)


def content(path: str) -> Any:
    """The JSON in a file of models. Raises DataError for what is none."""
    try:
        if Path(path).stat().st_size > LARGEST:
            raise DataError(f"{path}: expected a model of at most {LARGEST >> 20} MB", "check the path", code="bad-model")
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", "check the path", code="no-file") from None
    except ValueError:
        raise DataError(f"{path}: expected a model, found no text", "name a file that `mlefit fit --save` wrote",
                        code="bad-model") from None
    try:
        return json.loads(text, parse_constant=_none)
    except (ValueError, RecursionError):
        raise DataError(f"{path}: expected a model, found no JSON", "name a file that `mlefit fit --save` wrote",
                        code="bad-model") from None


def _none(constant: str) -> None:
    raise ValueError(constant)


def from_dict(value: Any, path: str = "model") -> Saved:
    """The model that a JSON object describes. Raises DataError with the key at fault."""
    top = Checked(value)
    schema = top.key("schema").value
    if schema == OF_GROUPS:
        raise DataError(f"{path}: expected one model, found the models of groups",
                        "`mlefit predict` and `mlefit show` take them", code="bad-model")
    if schema != SCHEMA:
        wrote = top.key("mlefit").value if isinstance(value, dict) else None
        by = f", written by mlefit {str(wrote)[:20]}" if isinstance(wrote, str) else ""
        raise DataError(f"{path}: expected the schema {SCHEMA}, found {str(schema)[:40]}{by}",
                        "name a file that `mlefit fit --save` wrote", code="bad-model")
    design, covariance = top.key("design"), top.key("covariance")
    columns = tuple(column.object() for column in design.key("columns").items(MOST_TERMS))
    names = [Checked(column).key("name").text() for column in columns]
    levels = _levels(design)
    asked = _law(design, levels)
    bent = design.key("curve").maybe()
    predictors = _predictors(design, names) if bent is None else curve.read(bent, columns, asked)
    noise = _limit(design, asked)
    encoding = _encoding(design, covariance, predictors, len(noise.predictors))
    count = sum(len(places) for places in encoding.kept)
    coefficients = _sized(covariance.key("coefficients"), count)
    free = _free(covariance.key("free"), noise, encoding)
    target = design.key("target").key("column").text()
    missing = tuple(token.text() for token in design.key("na").items(MOST_TERMS))
    fit = _fit(top.key("fit"))
    return Saved(fit, noise, target, predictors, columns, encoding, coefficients, free,
                 _errors(covariance, count, len(noise.shapes), encoding, predictors), _training(top.key("sample")), levels, missing,
                 _transform(design, noise), None if noise is asked else asked, _trials(design, noise, names))


def _limit(design: Checked, law: NoiseModel) -> NoiseModel:
    """The law that the one asked for has become, if it has; files of an earlier version do not say."""
    limit = design.key("limit").maybe()
    if limit is None or not limit.yes():
        return law
    if not law.nested:
        raise bad(limit.path, "false for this law", "true")
    return next(iter(law.nested.values())).law


def _transform(design: Checked, noise: NoiseModel) -> Transform | None:
    function = design.key("target").key("transform").maybe()
    if function is None:
        return None
    if noise.response.reads_levels:
        raise bad(function.path, "none for levels", str(function.value)[:40])
    if function.text() not in RULES:
        raise bad(function.path, "a function of the target", function.text()[:40])
    return Transform(function.text())


def _fit(value: Checked) -> Mapping[str, Any]:
    """The fit, with what predictions take from it."""
    level = value.key("model").key("level")
    if not 0.0 < level.number() < 1.0:
        raise bad(level.path, "a number between 0 and 1", f"{level.number():g}")
    value.key("model").key("se_used").text()
    data = value.key("data")
    digests = data.key("sha256").items()
    for digest in digests:
        if digest.maybe() is not None:
            digest.text()
    for name in ("etag", "size"):       # of objects of a store, since 0.2.0
        found = data.key(name).maybe()
        told = [] if found is None else found.items()
        if found is not None and len(told) != len(digests):
            raise bad(found.path, f"{len(digests)} items", str(len(told)))
        for one in told:
            if one.maybe() is not None:
                one.text() if name == "etag" else one.number()
    return value.object()


def _levels(design: Checked) -> tuple[str, ...]:
    levels = design.key("levels").maybe()
    return () if levels is None else tuple(level.text() for level in levels.items(MOST_LEVELS))


def _law(design: Checked, levels: tuple[str, ...]) -> NoiseModel:
    try:
        law = MODELS.find(design.key("law").text(), "")
    except UsageError as error:
        raise bad(design.key("law").path, "a model of mlefit", error.message) from None
    if law.response.reads_levels and (len(levels) < 2 or len(levels) > (law.response.most_levels or MOST_LEVELS)):
        raise bad(design.key("levels").path, "the levels of the target", str(len(levels)))
    scale = design.key("scale_terms").maybe()
    if scale is None:
        return law.of(levels)
    if law.with_scale is None:
        raise bad(scale.path, "none for this law", "terms")
    return law.with_scale


def _predictors(design: Checked, names: Sequence[str]) -> Predictors:
    terms = tuple(read(term, names) for term in design.key("terms").items(MOST_TERMS))
    scale = design.key("scale_terms").maybe()
    return Predictors(terms, design.key("intercept").yes(), _arithmetic(design.key("offset").maybe(), names),
                      None if scale is None else tuple(read(term, names) for term in scale.items(MOST_TERMS)))


def _arithmetic(value: Checked | None, names: Sequence[str]) -> Offset | None:
    """Arithmetic on columns, where there is any."""
    if value is None:
        return None
    factor = parsed(value, names)
    if factor.learns or factor.categories or factor.width != 1:
        raise bad(value.path, "arithmetic on columns", value.text()[:40])
    return Offset(factor)


def _trials(design: Checked, noise: NoiseModel, names: Sequence[str]) -> Offset | None:
    trials = _arithmetic(design.key("trials").maybe(), names)
    if (trials is not None) != noise.response.of_trials:
        wanted = "the trials of a row" if trials is None else f"none for {noise.name}"
        raise bad(design.key("trials").path, wanted, "none" if trials is None else trials.text[:40])
    return trials


def _encoding(design: Checked, covariance: Checked, predictors: Predictors, count: int) -> Encoding:
    width = predictors.width
    centre, scale = (_sized(covariance.key(name), width) for name in ("centre", "scale"))
    if (scale <= 0.0).any():
        raise bad(covariance.key("scale").path, "numbers > 0", "another")
    low, high = (_sized(design.key(name), width) for name in ("low", "high"))
    kept = []
    for places in design.key("kept").items(MOST_LEVELS):
        found = tuple(place.whole(0, max(width - 1, 0)) for place in places.items())
        if len(set(found)) < len(found):        # their order is that of the terms of a side
            raise bad(places.path, "places, each once", "one twice")
        kept.append(found)
    if len(kept) != count:
        raise bad(design.key("kept").path, f"{count} lists", str(len(kept)))
    scaling = Scaling(centre, scale, design.key("y_centre").number(), design.key("y_scale").positive())
    return Encoding(scaling, low, high, tuple(kept))


def _errors(covariance: Checked, count: int, shapes: int, encoding: Encoding, predictors: Predictors) -> Errors:
    df, critical = covariance.key("df").maybe(), covariance.key("critical").maybe()
    rank = len(encoding.kept[0])
    root, shape_root = _matrix(covariance.key("root"), count), _matrix(covariance.key("shape_root"), shapes)
    if root is not None and shape_root is not None and shapes and shape_root.shape[1] != root.shape[1]:
        raise bad(covariance.key("shape_root").path, f"{root.shape[1]} numbers a row, as in root", str(shape_root.shape[1]))
    return Errors(
        root, shape_root,
        _matrix(covariance.key("leverage_root"), rank), None if df is None else df.positive(),
        None if critical is None else critical.positive(),
        _by_level(covariance.key("by_level").maybe(), shapes, encoding, predictors))


def _by_level(value: Checked | None, shapes: int, encoding: Encoding, predictors: Predictors) -> by_level.ByLevel | None:
    if value is None:
        return None
    kept = encoding.kept
    if any(other != kept[0] for other in kept):
        raise bad(value.path, "none where predictors have columns of their own", "one")
    scaling = encoding.scaling
    layouts = {name: by_level.Layout.of(predictors, name, kept[0]) for name in predictors.categories}
    found = by_level.read(value, layouts, len(kept), shapes)
    layout = layouts[found.column]
    assert layout is not None
    own = slice(layout.first, layout.first + layout.factor.width)
    if (scaling.scale[own] != 1.0).any() or scaling.centre[own].any():
        raise bad("covariance.scale", "1 for each level of the factor, and a centre of 0", "another")
    return found


def _training(sample: Checked) -> Training:
    conformal = sample.key("conformal").maybe()
    scores = None if conformal is None else tuple(conformal.numbers()[:MOST_ROOTS])
    optional = {name: None if (found := sample.key(name).maybe()) is None else found.number()
                for name in ("residual_df", "rss", "leverage_max", "on_new_rows")}
    return Training(sample.key("n").whole(), sample.key("parameters").whole(), nll_mean=sample.key("nll_mean").number(),
                    nll_sd=sample.key("nll_sd").number(), conformal=scores, **optional)


def _free(value: Checked, noise: NoiseModel, encoding: Encoding) -> Array:
    """The logarithms of shapes, such that the shapes are doubles in the units of the search and of the response."""
    found = _sized(value, len(noise.shapes))
    unit = float(np.log(encoding.scaling.y_scale))
    for place, shape in enumerate(noise.shapes):
        worst = max(found[place], found[place] + shape.unit_power * unit, key=abs)
        if abs(worst) > LARGEST_SHAPE:
            raise bad(f"{value.path}[{place}]", f"a logarithm within {LARGEST_SHAPE:g} of 0", f"{worst:g}")
    return found


def _sized(value: Checked, size: int) -> Array:
    found = value.numbers()
    if len(found) != size:
        raise bad(value.path, f"{size} numbers", str(len(found)))
    return np.array(found)


def _matrix(value: Checked, rows: int) -> Array | None:
    """(rows, d), None where there is none."""
    if value.maybe() is None:
        return None
    found = [row.numbers() for row in value.items(MOST_ROOTS)]
    if len(found) != rows or len({len(row) for row in found}) > 1:
        raise bad(value.path, f"{rows} rows of one length", str(len(found)))
    return np.array(found).reshape(rows, len(found[0]) if found else 0)
