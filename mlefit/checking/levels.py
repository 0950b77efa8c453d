"""Levels: the saved model and a refit where one factor has many levels, each of which has a number of its own in both.

Both covariances are by level (`saved.by_level`): of the levels g, and of columns and shapes,

    V = [[D, 0], [0, 0]] + F F',    D_g = C_g C_g' of both, block by block,    F the rest of the roots of both, side by side

and d' V^-1 d = min |D^-1/2 (d_a - F_a f)|^2 + |f|^2 over f with F_b f = d_b, a least squares problem with a row for each level.
Levels that are not in the new rows are left out. Where their baseline is, the first one met takes its place.
"""

from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.checking.coordinates import Common, Shapes
from mlefit.design.predictors import Predictors
from mlefit.design.scaling import Scaling
from mlefit.design.terms import Term
from mlefit.errors import NoEstimateError
from mlefit.pipeline.fitted import Fitted
from mlefit.pipeline.saving import encoded_in
from mlefit.problem.gather import Moments
from mlefit.rows.chunk import Chunk
from mlefit.saved.by_level import ByLevel, Layout
from mlefit.saved.model import Errors, Saved
from mlefit.sums.within import Within


def with_levels(saved: Saved) -> Predictors:
    """The predictors, in which the factor that errors are by has no columns."""
    layout = saved.layout
    return saved.predictors if layout is None else replace(saved.predictors, indexed=layout.factor)


def scaling_of(saved: Saved) -> Scaling:
    """How the columns of these predictors are encoded, of which those of the factor are the last."""
    if saved.layout is None:
        return saved.encoding.scaling
    places, scaling = list(with_levels(saved).sides[0].places), saved.encoding.scaling
    centre, scale = np.empty_like(scaling.centre), np.empty_like(scaling.scale)
    centre[places], scale[places] = scaling.centre, scaling.scale
    return scaling._replace(centre=centre, scale=scale)


class Met(NamedTuple):
    """The levels that new rows have, `places` (L',) among those of the saved model, and the `predictors` with these alone."""

    places: Index
    predictors: Predictors
    numbers: Index

    @classmethod
    def of(cls, saved: Saved, within: Within) -> Self:
        """Those with a weight."""
        layout = saved.layout
        assert layout is not None
        places, factor = np.flatnonzero(within.weight > 0.0), layout.factor
        levels = tuple((factor.levels or ())[place] for place in places.tolist())
        baseline = factor.baseline if factor.baseline in (None, *levels) else levels[0]
        fewer = replace(factor, levels=levels, baseline=baseline)
        terms = tuple(Term((fewer,)) if term.factors == (factor,) else term for term in saved.predictors.terms)
        numbers = np.zeros(within.weight.size, np.intp)
        numbers[places] = np.arange(places.size)
        return cls(places, replace(saved.predictors, terms=terms, indexed=fewer), numbers)

    def notes(self, saved: Saved) -> tuple[str, ...]:
        """That levels are told beside another one than in the model, if they are."""
        old, now = saved.layout, self.predictors.indexed
        if old is None or now is None or now.baseline == old.factor.baseline:
            return ()
        return (f"the new rows have no {now.column}={old.factor.baseline}: the levels of {now.column} are compared beside "
                f"{now.column}={now.baseline}.",)

    def moments(self, whole: Moments) -> Moments:
        """The sums over the rows, without the other levels."""
        assert whole.within is not None
        within, width = whole.within, self.predictors.width
        low, high = (np.append(end[:width], end[-1]) for end in (whole.low, whole.high))      # all levels have the same ends
        return replace(whole, within=Within(within.weight[self.places], within.mean[self.places], within.triangle),
                       magnitude=whole.magnitude[:width], low=low, high=high)

    def scaling(self, whole: Scaling) -> Scaling:
        """The encoding, without theirs."""
        width = self.predictors.width
        return whole._replace(centre=whole.centre[:width], scale=whole.scale[:width])


class Part(NamedTuple):
    """Of one predictor: what levels (L',) and columns (d',) have, and their rows of F (L', q) and (d', q)."""

    levels: Array
    columns: Array
    by_level: Array
    by_column: Array


def common_by_level(saved: Saved, found: Fitted, own: Errors, met: Met) -> Common:
    """As `checking.coordinates.common`. Raises NoEstimateError likewise."""
    noise, before, now = found.fit.noise, saved.errors.by_level, own.by_level
    assert before is not None
    assert now is not None
    shapes = Shapes.of(saved, found)
    before, now = (replace(root, shapes=root.shapes * wider) for root, wider in zip((before, now), shapes.wider, strict=True))
    predictors = replace(met.predictors, indexed=None)
    kept = encoded_in(found.problem).kept[0]
    layout, old = Layout.of(predictors, now.column, kept), saved.layout
    assert layout is not None
    assert old is not None
    size = found.mean.size
    told = found.mean.told(found.fit.mle.theta[:size])
    each = len(saved.coefficients) // len(now.columns)
    mine, fresh = list[Part](), list[Part]()
    for a in range(len(now.columns)):
        mine.append(_reduced(_part(saved.coefficients[a * each : (a + 1) * each], before, old, a), saved, found, met, old, layout))
        fresh.append(_part(told[a * len(kept) : (a + 1) * len(kept)], now, layout, a))
    statistic, df = _joint(mine, fresh, (before, now), met.places, shapes.refit - shapes.saved)
    names, values, errors = _natural(saved, found, layout, predictors, mine, fresh, (before, now), met.places, shapes)
    parameters = len(told) + len(shapes.refit)

    def predicted(chunk: Chunk) -> Array:
        assert chunk.level is not None
        columns = chunk.x[:, list(_plain(layout.places, layout))]
        return np.stack([part.levels[chunk.level] + columns @ part.columns for part in mine], axis=1)

    apart = None
    if noise.compresses:
        levels, columns = fresh[0].levels - mine[0].levels, fresh[0].columns - mine[0].columns
        inside = np.linalg.solve(now.white, columns) if columns.size else columns
        square = float(np.sum(np.square((levels + now.mean @ columns) / now.element)) + inside @ inside)
        apart = float(np.sqrt(square / found.fit.n))
    return Common(statistic, df, names, *values, errors, parameters, predicted, *shapes[:2], apart)


def _plain(places: tuple[int, ...], layout: Layout) -> tuple[int, ...]:
    """Places of columns where the levels have none."""
    return tuple(place if place < layout.first else place - layout.factor.width for place in places)


def _part(told: Array, root: ByLevel, layout: Layout, predictor: int) -> Part:
    levels, columns = layout.taken(told)
    return Part(levels, columns, -root.inner[predictor], root.columns[predictor])


def _reduced(part: Part, saved: Saved, found: Fitted, met: Met, old: Layout, new: Layout) -> Part:
    """Of the saved model what the new rows tell: a column that is constant there belongs to the levels."""
    labels, moments = found.problem.labels, found.problem.prepared.moments
    before, now = _plain(old.places, old), _plain(new.places, new)
    fresh = [j for j in now if j not in before]
    if fresh:
        raise NoEstimateError(f"{labels[fresh[0]]} had no coefficient of its own in the rows fitted, and has one in the new rows",
                              code="collinear")
    levels, by_level = part.levels[met.places], part.by_level[met.places]
    for at, j in enumerate(before):
        if j in now:
            continue
        if not moments.constant(j):
            raise NoEstimateError(f"{labels[j]} is determined by other columns in the new rows", code="collinear")
        levels = levels + part.columns[at] * moments.low[j]
        by_level = by_level + part.by_column[at] * moments.low[j]
    shown = [before.index(j) for j in now]
    return Part(levels, part.columns[shown], by_level, part.by_column[shown])


def _joint(
    mine: list[Part], fresh: list[Part], roots: tuple[ByLevel, ByLevel], places: Index, shapes: Array
) -> tuple[float, int]:
    """d' V^-1 d, and how many of the differences have an error."""
    before, now = roots
    own = (before.blocks[places], now.blocks)
    half = np.linalg.cholesky(own[0] @ own[0].transpose(0, 2, 1) + own[1] @ own[1].transpose(0, 2, 1))
    d_a = np.stack([new.levels - old.levels for old, new in zip(mine, fresh, strict=True)], axis=1)
    f_a = np.stack([np.concatenate([old.by_level, new.by_level], axis=1) for old, new in zip(mine, fresh, strict=True)], axis=1)
    d_b = np.concatenate([*(new.columns - old.columns for old, new in zip(mine, fresh, strict=True)), shapes])
    f_b = np.concatenate([*(np.concatenate([old.by_column, new.by_column], axis=1) for old, new in zip(mine, fresh, strict=True)),
                          np.concatenate([before.shapes, now.shapes], axis=1)])
    scale = np.linalg.norm(f_b, axis=1)
    told = scale > 0.0
    if not all(np.isfinite(part).all() for part in (half, d_a, f_a, d_b, f_b)):
        raise FloatingPointError
    d_b, f_b = d_b[told] / scale[told], f_b[told] / scale[told, None]
    white = np.linalg.solve(half, np.concatenate([d_a[:, :, None], f_a], axis=2)).reshape(d_a.size, -1)
    first = np.linalg.lstsq(f_b, d_b, rcond=None)[0] if d_b.size else np.zeros(f_a.shape[2])
    basis = np.linalg.qr(f_b.T, mode="complete")[0][:, d_b.size :]
    rows = np.concatenate([white[:, 1:] @ basis, basis])
    wanted = np.concatenate([white[:, 0] - white[:, 1:] @ first, -first])
    left = wanted - rows @ np.linalg.lstsq(rows, wanted, rcond=None)[0] if basis.size else wanted
    return float(left @ left), d_a.size + d_b.size


def _natural(
    saved: Saved, found: Fitted, layout: Layout, predictors: Predictors, mine: list[Part], fresh: list[Part],
    roots: tuple[ByLevel, ByLevel], places: Index, shapes: Shapes,
) -> tuple[tuple[tuple[str, str | None], ...], tuple[Array, Array], Array]:
    """Names, both values and the errors of their differences, in natural units; shapes by their logarithms."""
    noise, scaling, old, labels = found.fit.noise, saved.encoding.scaling, saved.layout, predictors.labels()
    assert old is not None
    columns = [old.places[_plain(old.places, old).index(j)] for j in _plain(layout.places, layout)]
    away, scale = scaling.centre[columns] / scaling.scale[columns], scaling.scale[columns]
    log_unit = float(np.log(scaling.y_scale))
    kept = np.empty(len(layout.columns) + len(mine[0].levels), np.intp)
    kept[layout.columns] = layout.places
    kept[layout.shown] = np.arange(layout.first, layout.first + layout.factor.width)
    if layout.baseline is not None:
        kept[0] = 0
    names, values, errors = list[tuple[str, str | None]](), (list[Array](), list[Array]()), list[Array]()
    for a, of in enumerate(noise.predictors):
        unit = scaling.y_scale**of.unit_power
        by = np.ones(len(kept))
        by[layout.columns] = 1.0 / scale
        constant = of.unit_power * scaling.y_centre + of.log_unit * log_unit
        for found_, part in zip(values, (mine[a], fresh[a]), strict=True):
            found_.append(_uncentred(layout.told(part.levels, part.columns), layout, away) * by * unit)
            if layout.baseline is not None:
                found_[-1][0] += constant
        root = _uncentred(np.concatenate([layout.told(part.by_level, part.by_column) for part in (mine[a], fresh[a])], axis=1),
                          layout, away)
        square = np.square(roots[0].blocks[places, a]).sum(axis=1) + np.square(roots[1].blocks[:, a]).sum(axis=1)
        alone = layout.told(square, np.zeros(len(layout.columns)))
        if layout.baseline is not None:     # of a difference the squares add up
            alone[layout.shown] += 2.0 * square[layout.baseline]
        errors.append(np.sqrt(np.square(root).sum(axis=1) + alone) * by * unit)
        names += [(labels[j], of.class_) for j in kept.tolist()]
    shift = np.array([shape.unit_power for shape in noise.shapes]) * log_unit
    names += [(f"log {shape.name}", None) for shape in noise.shapes]
    of_shapes = np.hypot(*(np.linalg.norm(root.shapes, axis=1) for root in roots))
    return (tuple(names), (np.concatenate([*values[0], shapes.saved + shift]), np.concatenate([*values[1], shapes.refit + shift])),
            np.concatenate([*errors, of_shapes]))


def _uncentred(told: Array, layout: Layout, away: Array) -> Array:
    """Coefficients (k, ...) of columns that are not less their centre: their constant is another."""
    if layout.baseline is None:
        return told
    found = told.copy()
    found[0] -= np.tensordot(away, told[layout.columns], axes=1)
    return found
