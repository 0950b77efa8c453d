"""The roles of `--mean`: its columns are read as they are, and the law is one of which an expression can be the mean."""

from dataclasses import replace

from mlefit.design.checks import check_roles
from mlefit.design.curve import check_law, read_curve
from mlefit.design.law import model_of
from mlefit.design.learn import columns_to_terms
from mlefit.design.predictors import Predictors
from mlefit.design.roles import Roles, columns_of, target_of
from mlefit.design.scale import Asked
from mlefit.design.terms import CONSTANT, Offset
from mlefit.design.transform import Transform
from mlefit.errors import UsageError
from mlefit.noise.model import NoiseModel
from mlefit.request import Request
from mlefit.source.source import Source


def of_mean(
    source: Source, request: Request, asked: NoiseModel | None, scale: Asked, transform: Transform | None, trials: Offset | None,
) -> Roles:
    """Raises UsageError for an expression that is none, options that say the mean a second time, and laws without such a mean."""
    _check_alone(request, scale)
    curve = read_curve(str(request.mean), request.start, request.bounds, source.names, source.kinds)
    target, notes = target_of(source, request, (), ())
    check_roles(target, request.weights, None, curve.columns, trials)
    model, more = model_of(source, request, target, asked, transform)
    check_law(model)
    terms = columns_to_terms(curve.columns, (), source.kinds)
    if request.weights_kind == "precision":     # in whitened rows the constant is the root of the weight
        terms = (*terms, CONSTANT)
    mean = Predictors(terms, intercept=False)
    columns, model, _ = columns_of(source, request, model, target, mean, scale, {target}, transform, trials)
    columns = columns._replace(observed=replace(columns.observed, located=False, scaled=False))     # a curve has units of its own
    return Roles(columns, model, curve.text, curve.columns, notes=tuple(notes + more), curve=curve)


def _check_alone(request: Request, scale: Asked) -> None:
    if scale.option is not None:
        raise UsageError(f"{scale.option}: beside --mean the scale is one number for all rows", f"leave {scale.option} out",
                         code="options-contradict")
    second = ("--features" if request.features is not None else "--formula" if request.formula is not None else
              "--no-intercept" if not request.intercept else "--offset" if request.offset is not None else None)
    if second is not None:
        raise UsageError(f"--mean says what the mean is; {second} says it a second time",
                         f"leave {second} out: the expression can hold what it says", code="options-contradict")
