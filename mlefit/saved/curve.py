"""The curve of a saved model: what was written, and its parameters where the fit ended. Its plane follows from both."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlefit.design.curve import OPTION, linked, names_in_order
from mlefit.design.predictors import Predictors
from mlefit.design.tangent import Plane, Rest
from mlefit.errors import UsageError
from mlefit.expression.written import MEANS, parse_written
from mlefit.noise.model import NoiseModel
from mlefit.saved.checked import Checked, bad

MOST = 200      # parameters


def state(predictors: Predictors) -> dict[str, Any] | None:
    """The text and the parameters of the curve whose plane the predictors are; None where they are none."""
    offset = predictors.offset
    if offset is None or not isinstance(offset.factor, Rest):
        return None
    plane = offset.factor.plane
    known = zip(plane.parameters, plane.theta, strict=True)
    return {"text": plane.text,
            "parameters": [{"name": name, "value": value, "held": name in plane.held} for name, value in known]}


def read(value: Checked, columns: Sequence[Mapping[str, Any]], noise: NoiseModel) -> Predictors:
    """The predictors of a curve about `columns` with their ranges. Raises DataError for what is no curve."""
    names = [one.key("name").text() for one in map(Checked, columns)]
    known = {one.key("name").text(): one.key("value").number() for one in value.key("parameters").items(MOST)}
    held = tuple(one.key("name").text() for one in value.key("parameters").items(MOST) if one.key("held").value is True)
    text = value.key("text").text()
    try:
        node = parse_written(OPTION, text, names, MEANS)
    except (UsageError, IndexError) as error:
        raise bad(value.key("text").path, "a mean", text[:40]) from error
    found = names_in_order(node)
    parameters = tuple(name for name in found if name not in names)
    extents = tuple((one.key("name").text(), one.key("min").number(), one.key("max").number())     # of trials there are none
                    for one in map(Checked, columns) if one.key("name").text() in found)
    if set(parameters) != known.keys() or noise.mean_link is None:
        raise bad(value.key("parameters").path, "the parameters of the mean", ", ".join(known)[:40])
    return Plane(text, linked(node, noise), parameters, tuple(known[name] for name in parameters), extents, held).predictors()
