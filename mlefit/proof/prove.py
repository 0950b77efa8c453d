"""prove: Request -> Proof. The fit of the pipeline, and every claim tested on it."""

from dataclasses import replace

import numpy as np

from mlefit.estimation.outcome import Outcome
from mlefit.pipeline.fitted import fit, not_certified
from mlefit.problem.indexing import ColumnsWanted
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.stated import made_of
from mlefit.proof.claims import CLAIMS
from mlefit.proof.material import Material
from mlefit.proof.proof import Proof, Slice
from mlefit.report.header import header
from mlefit.request import Request
from mlefit.version import __version__

SLICE_ERRORS, SLICE_POINTS = 4.0, 81


def prove(request: Request, progress: Progress | None = None, *, with_slice: bool = False) -> Proof:
    """Fit as `run` does, then test every claim.

    Raises UsageError and DataError as `run` does, and NoEstimateError where there is no maximum to prove anything of.
    """
    asked = replace(request, draws=0, holdout=None)
    return made_of(lambda problem: _proved(problem, request, progress, with_slice=with_slice), asked, progress, keep_rows=True,
                   index=not with_slice)      # a slice is along a column


def _proved(problem: Problem, request: Request, progress: Progress | None, *, with_slice: bool) -> Proof:
    found = fit(problem, progress)
    if found.wants_columns:
        raise ColumnsWanted
    if found.fit.mle.outcome is not Outcome.CERTIFIED:
        raise not_certified(found.problem, found.fit)
    material = Material(found, request.seed)
    report = found.problem.report((), status="ok")
    lines = []
    for number, claim in enumerate(CLAIMS):
        if progress is not None:
            progress("proving", number / len(CLAIMS))
        found_line = claim(material)
        if found_line is not None:
            lines.append(found_line)
    return Proof(
        __version__, found.fit.noise.name, tuple(line.text for line in header(report)), report.notes, round(found.problem.n),
        tuple(lines), along(material) if with_slice else None,
    )


def along(material: Material) -> Slice:
    """Both criteria along the last coefficient of the first predictor; the others stay at the maximum."""
    found, numbers = material.found, material.numbers
    nll, loss = material.objectives
    coordinates = found.mean.part(0)
    j = coordinates.rank - 1
    centre, error = float(numbers.mle[j]), float(numbers.std_error[j])
    values = centre + error * np.linspace(-SLICE_ERRORS, SLICE_ERRORS, SLICE_POINTS)
    direction = np.zeros(material.size)
    direction[: j + 1] = coordinates.triangle[: j + 1, j] / found.problem.units.unit(0)[j]
    unit = np.exp(material.log_unit * found.fit.noise.loss_power)
    height, depth = [], []
    for value in values:
        gamma = found.fit.mle.theta[: material.size] + direction * (value - centre)
        total = material.tally(nll, np.append(gamma, material.free), 0)
        other = material.tally(loss, gamma, 0)
        height.append(float(total.value / total.weight) + material.log_unit)
        depth.append(float(other.value / other.weight * unit))
    return Slice(
        found.problem.labels[coordinates.kept[j]], found.fit.noise.loss_name, tuple(map(float, values)), tuple(height),
        tuple(depth), centre, float(numbers.loss[j]),
    )
