"""Restated: the rows of one problem under another law, where both encode a response in the same way."""

from dataclasses import replace

from mlefit.inference.kinds import check_kind
from mlefit.noise.model import NoiseModel
from mlefit.problem.problem import Problem
from mlefit.problem.refusals import check_before
from mlefit.problem.stated import geometric
from mlefit.request import Request
from mlefit.sums.triangle import Triangle
from mlefit.sums.within import Within


def alike(problem: Problem, noise: NoiseModel) -> bool:
    """Whether rows gathered for the problem are those that the law would gather."""
    mine, columns = problem.prepared.noise, problem.prepared.roles.columns
    unit = columns.predictors.intercept or noise.one_unit
    same = mine.response == noise.response and mine.located == noise.located
    scaled = (noise.located or noise.scalable) and unit
    return same and scaled == columns.observed.scaled and (mine.compresses or not noise.compresses)


def restated(problem: Problem, request: Request, noise: NoiseModel) -> Problem:
    """The problem under `noise`, which encodes its rows alike; nothing is read. Raises as `stated` does."""
    prepared, observed = problem.prepared, problem.prepared.observed
    check_kind(request.se, request.intervals, noise, request.weights, request.weights_kind)
    moments = prepared.moments
    if observed.compresses and not noise.compresses:      # the triangle of [X y] begins with that of X
        width = moments.triangle.r.shape[1] - 1
        within = moments.within
        if within is not None:
            within = Within(within.weight, within.mean[:, :width], Triangle(within.triangle.r[:width, :width]))
        moments = replace(moments, triangle=Triangle(moments.triangle.r[:width, :width]), within=within)
    if not noise.compresses:        # sums of what the mean might lack are those of least squares
        prepared = prepared._replace(bends=None, border=None)
    told = replace(observed, model=noise.name, compresses=noise.compresses)
    roles = replace(prepared.roles, model=noise, columns=prepared.roles.columns._replace(observed=told), notes=())
    law = noise.of(prepared.levels).in_unit(prepared.scaling.y_scale)
    again = geometric(request, problem.source, prepared._replace(roles=roles, moments=moments, noise=law), problem.threads)
    check_before(again)
    return again
