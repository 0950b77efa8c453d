"""Starts: where the searches for a maximum begin.

A law with one maximum is searched once, from the constant or from zero. Where there may be several maxima, least absolute
deviations, least squares and exact fits to a few rows each give a start: with outliers in one place, one of them is near the
highest maximum more often than hundreds of random points are (Rousseeuw and Leroy 1987, Robust Regression, chapter 5). Some
rounds of reweighted least squares bring most of them together, and those that meet are searched from once.
"""

from contextlib import suppress
from itertools import islice
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.execution import Execution
from mlefit.mean import MeanFunction
from mlefit.noise.model import NoiseModel
from mlefit.records import record
from mlefit.rows.chunk import Chunk, choose, join
from mlefit.sums.lapack import solved
from mlefit.sums.tally import Tally

ROWS = 5000         # that the starts are made from, and PER_COLUMN for each column
PER_COLUMN = 20
ELEMENTAL = 10      # exact fits to as many rows as there are columns
KEPT = 3            # of them, those with the least median error
ENDS, MOST_ENDS = (0.5, 0.25, 0.125), 4     # of the rows, at one end of a column of the scale, and of such fits for each share
REWEIGHTED = 25     # rounds of reweighted least squares towards least absolute deviations
HALVINGS = 30       # of the way from a start where the loss is finite to one where it is not
SMALLEST = 1e-6     # of the mean error: errors below it weigh as this
APPROACH = 6        # rounds of reweighted least squares, at the shapes of a start, after which starts may have met
MANY = 64           # columns from which a singular value decomposition takes ten times as long
MET = 0.1           # of a scale: planes that nowhere differ by more are one


class Start(NamedTuple):
    """A point (P,) to begin from, and how many starts have met there."""

    point: Array
    met: int = 1


@record(frozen=True)
class Some:
    """Every `step`-th row, counted from the first."""

    parts: tuple[Chunk, ...]

    @classmethod
    def of(cls, chunk: Chunk, step: int) -> "Some":
        """Those of a chunk."""
        first = -chunk.first_row % step
        return cls((choose(chunk, np.arange(first, chunk.rows, step)),) if first < chunk.rows else ())

    def __add__(self, other: "Some") -> "Some":
        return Some((*self.parts, *other.parts))


def some_rows(execution: Execution, columns: int) -> Chunk:
    """Rows in even steps through all, enough of them for so many columns."""
    count = execution.sum(lambda chunk: Tally(float(chunk.rows), 0.0)).weight
    step = max(1, int(count // max(ROWS, PER_COLUMN * columns)))
    return join(execution.sum(lambda chunk: Some.of(chunk, step)).parts)


def starts(
    noise: NoiseModel, mean: MeanFunction, execution: Execution, seed: int, near: Array | None = None, times: int = 1
) -> list[Start]:
    """Where to begin. `seed` chooses the rows that are fitted exactly, `times` as often as usual; `near` (m r,): coordinates of
    the mean that are known to be a good start, in the place of least squares."""
    rows = some_rows(execution, mean.size)
    found = _coefficients(noise, mean, rows, seed, near, times)
    if not noise.everywhere:
        found = [_inside(noise, mean, rows, coef) for coef in found]
    begun = [(coef, noise.starting_shapes(rows.y, mean.eta(coef, rows))) for coef in found]
    if len(found) <= 2 or not noise.located or mean.predictors > 1:
        return [Start(np.concatenate([coef, free])) for coef, shapes in begun for free in shapes]
    kinds = range(len(begun[0][1]))
    return [one for j in kinds for one in _met(noise, mean, rows, [(coef, shapes[j]) for coef, shapes in begun], j)]


def _met(noise: NoiseModel, mean: MeanFunction, rows: Chunk, begun: list[tuple[Array, Array]], place: int) -> list[Start]:
    """Starts with shapes of one kind, that of `place`, where reweighting has brought them: those that met there once."""
    found: list[tuple[Array, Start]] = []
    for coef, free in begun:
        near = _approached(noise, mean, rows, coef, free)
        eta = mean.eta(near, rows)
        reach = MET * float(np.median(np.abs(rows.y - eta[:, 0])))
        same = next((k for k, (other, _) in enumerate(found) if np.abs(eta - other).max() <= reach), None)
        if same is None:
            found.append((eta, Start(np.concatenate([near, noise.starting_shapes(rows.y, eta)[place]]))))
        else:
            found[same] = found[same][0], found[same][1]._replace(met=found[same][1].met + 1)
    return [start for _, start in found]


def _approached(noise: NoiseModel, mean: MeanFunction, rows: Chunk, coef: Array, free: Array) -> Array:
    """Coordinates after some rounds of least squares with the weights -dloss/dr / r that the loss gives errors at these shapes,
    0 where it pushes away, as between two wells."""
    x = mean.coordinates.part(0).white(rows)
    wanted = rows.y if rows.offset is None else rows.y - rows.offset
    held = free if noise.loss_has_shapes else np.empty(0)
    for _ in range(APPROACH):
        eta = mean.eta(coef, rows)
        error = rows.y - eta[:, 0]
        slope = noise.loss(rows.y, eta, held, 1).d1
        assert slope is not None
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = -slope[:, 0] / error
        weight = np.where(np.isfinite(weight), weight, np.nanmax(weight, initial=0.0, where=np.isfinite(weight)))
        weight = np.maximum(weight, 0.0)
        coef = _fitted(x, wanted, weight if rows.weight is None else weight * rows.weight)
    return coef


def least_squares(noise: NoiseModel, mean: MeanFunction, execution: Execution) -> Array | None:
    """Coordinates (m r,) near which a search may begin, of a law that says so."""
    if not mean.columned:
        return None
    rows = some_rows(execution, mean.size)
    return None if noise.starting_predictor(rows.y) is None else _coefficients(noise, mean, rows, 0, None)[0]


def _coefficients(
    noise: NoiseModel, mean: MeanFunction, rows: Chunk, seed: int, near: Array | None, times: int = 1
) -> list[Array]:
    """Coordinates (m r,) of the mean."""
    wanted = noise.starting_predictor(rows.y)
    if wanted is None:
        return [np.zeros(mean.size) if near is None else near]
    if rows.offset is not None:
        wanted = wanted - rows.offset
    if not mean.columned:       # rows of each level are too few here to say more than their mean
        return [mean.coordinates.nearest(np.full((rows.rows, mean.predictors), float(wanted.mean())), rows)]
    x = mean.coordinates.part(0).white(rows)
    rest = np.zeros(mean.size - x.shape[1])
    weight = np.ones(rows.rows) if rows.weight is None else rows.weight
    first = _fitted(x, wanted, weight) if near is None else near[: x.shape[1]]
    found = [first]
    usual = noise.begins and (noise.located or not noise.everywhere)
    if not noise.log_concave and (usual or times > 1):
        rng = np.random.default_rng(seed)
        drawn = [rng.choice(len(x), x.shape[1], replace=False, p=weight / weight.sum()) for _ in range(times * ELEMENTAL)]
        exact = [np.asarray(np.linalg.lstsq(x[few], wanted[few])[0]) for few in drawn]
        exact.sort(key=lambda coef: float(np.median(np.abs(wanted - x @ coef))))
        found += [_least_absolute(x, wanted, weight, first), *exact[: times * KEPT]]
    spread = [noise.starting_scale(wanted - x @ coef) for coef in found]
    if not any(spread):
        return [np.append(coef, rest) for coef in found]
    z = mean.coordinates.part(1).white(rows)
    first_only = [scales if k == 0 else scales[:1] for k, scales in enumerate(spread)]
    begun = [(coef, scale) for coef, scales in zip(found, first_only, strict=True) for scale in scales]
    if noise.drifts is None:    # a scale that may run off is told by where the search from all rows ends
        begun += [(coef, noise.starting_scale(wanted - x @ coef)[-1]) for coef in _at_ends(x, wanted, weight, z, times)]
    return [np.append(coef, _fitted(z, scale, weight)) for coef, scale in begun]


def _at_ends(x: Array, y: Array, weight: Array, z: Array, times: int) -> list[Array]:
    """Fits to the rows at either end along columns z (n, k) of the scale, a half of them each, or with `times` a quarter and an
    eighth, too: where the scale is steep, one end decides the mean."""
    found = []
    for share in ENDS[: 1 if times == 1 else None]:
        ends = (sign * column > np.quantile(sign * column, 1.0 - share) for column in z.T for sign in (1.0, -1.0))
        enough = islice((end for end in ends if end.sum() > x.shape[1]), MOST_ENDS)
        found += [_fitted(x[end], y[end], weight[end]) for end in enough]
    return found


def _inside(noise: NoiseModel, mean: MeanFunction, rows: Chunk, coef: Array) -> Array:
    """These coordinates where the loss is finite at all rows; else as far on the way to them from the mean response as it is."""
    centre = mean.coordinates.nearest(np.full((rows.rows, mean.predictors), float(rows.y.mean())), rows)
    for halvings in range(HALVINGS):
        point = centre + 0.5**halvings * (coef - centre)
        if np.isfinite(noise.loss(rows.y, mean.eta(point, rows), np.empty(0), 0).value).all():
            return np.asarray(point)
    return centre


def _fitted(x: Array, y: Array, weight: Array) -> Array:
    """Weighted least squares. Many columns are white and the answer only a start: their products serve, if they have a factor."""
    root = np.sqrt(weight)
    rows, wanted = x * root[:, None], y * root
    if x.shape[1] >= MANY:
        with suppress(np.linalg.LinAlgError):
            return solved(rows.T @ rows, rows.T @ wanted)
    return np.asarray(np.linalg.lstsq(rows, wanted)[0])


def _least_absolute(x: Array, y: Array, weight: Array, start: Array) -> Array:
    """Close to least absolute deviations: least squares with weights 1 / |error|, again and again."""
    coef = start
    for _ in range(REWEIGHTED):
        error = np.abs(y - x @ coef)
        smallest = SMALLEST * float(error.mean())
        if smallest == 0.0:
            break
        coef = _fitted(x, y, weight / np.maximum(error, smallest))
    return coef
