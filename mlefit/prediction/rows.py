"""Rows: new rows in the coordinates of a saved model, and what keeps some of them from a prediction.

Flags that leave a row without one: `missing:x`, `not-a-number:x`, `new-level:site=d`, `not-finite:log(x)`, `no-trials:n`. Flags
of doubt: `outside:x`, beyond the range of the rows fitted, and `far`, inside every range and still outside of those rows: of larger
leverage than any of them.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from mlefit.arrays import Array, Index, Mask, block
from mlefit.design.bases import Polynomial, Spline
from mlefit.design.complete import Used
from mlefit.design.tangent import Rest
from mlefit.design.terms import Term
from mlefit.mean import Encoding as Units1
from mlefit.mean import Units
from mlefit.noise.model import NoiseModel
from mlefit.prediction.design import Design
from mlefit.records import record
from mlefit.saved.model import Saved
from mlefit.source.batch import Batch

LEVERAGE = 1.0 + 1e-9       # times the largest of the rows fitted: more than rounding


@record(frozen=True)
class Rows:
    """Rows of a `batch` (n); `bad`: by column, cells that are no numbers."""

    saved: Saved
    batch: Batch
    bad: Mapping[str, Mask]

    @cached_property
    def lost(self) -> dict[str, Mask]:
        """By flag, the rows (n,) that have no prediction; a row counts under its first flag alone."""
        found: dict[str, Mask] = {}
        free = np.ones(self.batch.rows, bool)
        for flag, found_in in self._reasons():
            rows = found_in & free if flag.startswith("not-finite") else found_in
            if rows.any():
                found[flag] = found[flag] | rows if flag in found else rows
                free = free & ~rows
        return found

    def _reasons(self) -> Iterator[tuple[str, Mask]]:
        predictors, batch = self.saved.predictors, self.batch
        for name in self.saved.numbers:
            values = batch.numbers[name]
            if batch.extent(name).finite and name not in self.bad:
                continue
            wrong = self.bad.get(name, np.zeros(batch.rows, bool)) | np.isinf(values)
            yield f"not-a-number:{name}", wrong
            yield f"missing:{name}", np.isnan(values) & ~wrong
        for name in predictors.categories:
            yield f"missing:{name}", batch.categories[name].codes < 0
        for name, rows in predictors.unlearnt(batch).items():
            if name not in batch.categories:       # a part of a date
                yield f"new-level:{name}", rows
                continue
            category = batch.categories[name]
            for code in np.unique(category.codes[rows & (category.codes >= 0)]).tolist():
                yield f"new-level:{name}={category.levels[code]}", category.codes == code
        whole = np.ones(batch.rows, bool)
        for term in predictors.distinct:
            if term.plain is None and term.numbers:
                values = term.evaluate(batch, np.zeros(batch.rows, bool))
                yield f"not-finite:{term.text}", whole & ~np.isfinite(values).all(axis=1)
        if predictors.offset is not None and predictors.offset.factor.plain is None:
            yield f"not-finite:{predictors.offset.text}", ~np.isfinite(predictors.offset.evaluate(batch))
        trials = self.saved.trials
        if trials is not None:
            count = trials.evaluate(batch)
            yield f"not-finite:{trials.text}", ~np.isfinite(count)
            with np.errstate(invalid="ignore"):
                yield f"no-trials:{trials.text}", np.isfinite(count) & ~((count >= 1.0) & (count == np.rint(count)))

    @cached_property
    def known(self) -> Mask:
        """The rows (n,) that have a prediction."""
        lost = np.zeros(self.batch.rows, bool)
        for rows in self.lost.values():
            lost |= rows
        return ~lost

    @cached_property
    def design(self) -> Design:
        """The encoded design (k, p) of the rows that have a prediction."""
        return Design.of(self.saved, self._used)

    @cached_property
    def _used(self) -> Used:
        return Used.of(self.batch, self.known)

    @cached_property
    def eta(self) -> Array:
        """Predictors (k, m) in natural units, offset included."""
        return self.eta_at(self.saved.coefficients)

    def eta_at(self, coefficients: Array) -> Array:
        """As eta, by other encoded coefficients (P,)."""
        saved, places, at = self.saved, self.saved.encoding.kept, 0
        encoded = block(self.design.rows, len(places))
        for k, columns in enumerate(places):
            encoded[:, k] = self.design.summed(columns, coefficients[at : at + len(columns)])
            at += len(columns)
        eta = self.units.natural(encoded)
        known = saved.predictors.known(self._used)
        if known is not None:
            eta[:, 0] += known
        return eta

    @cached_property
    def law(self) -> NoiseModel:
        """The law of the rows that have a prediction (k,)."""
        trials = self.saved.trials
        return self.saved.noise.among(None if trials is None else trials.evaluate(self.batch)[self.known])

    @property
    def units(self) -> Units:
        """How the response was encoded."""
        scaling = self.saved.encoding.scaling
        return Units(tuple(Units1(np.zeros(0), np.ones(0), intercept=False) for _ in self.saved.encoding.kept),
                     scaling.y_centre, scaling.y_scale, self.saved.noise.predictors)

    def errors(self, predictor: int) -> Array | None:
        """Standard errors (k,) of a predictor; None where the model has kept none."""
        moved = self.rooted(predictor)
        if moved is None:
            return None
        power = self.saved.noise.predictors[predictor].unit_power
        return np.sqrt(squared(moved)) * self.saved.encoding.scaling.y_scale**power

    def rooted(self, predictor: int) -> Array | None:
        """K'z (k, d) of the rows: what of the root of the covariance they have, by level the part that others can share."""
        errors, places = self.saved.errors, self.saved.encoding.kept
        if errors.by_level is not None:
            columns, level = self.saved.layout, self._level
            assert columns is not None
            by = errors.by_level
            return np.concatenate([
                by.blocks[level, predictor].T,
                (self.times(columns.places, by.columns[predictor]) - by.inner[predictor][level]).T]).T
        if errors.root is None:
            return None
        first = sum(len(columns) for columns in places[:predictor])
        return self.times(places[predictor], errors.root[first : first + len(places[predictor])])

    @cached_property
    def _level(self) -> Index:
        """The place (k,) of each row's level among all of the factor that errors are by."""
        layout = self.saved.layout
        assert layout is not None
        used = self._used
        return layout.factor.index(used.batch, used.keep)[used.rows] if used.rows.size else np.zeros(0, np.intp)

    def times(self, places: tuple[int, ...], root: Array) -> Array:
        """Encoded columns of the rows times a matrix (r, d): (k, d), in an order that the number of rows does not change."""
        return self.design.times(places, root)

    @cached_property
    def doubted(self) -> dict[str, Mask]:
        """By flag, the rows (k,) whose prediction is beyond what the rows fitted can vouch for."""
        found: dict[str, Mask] = {}
        anywhere = np.zeros(self.design.rows, bool)
        for name, rows in self._outside():
            if rows.any():
                found[f"outside:{name}"] = found.get(f"outside:{name}", np.zeros_like(rows)) | rows
                anywhere |= rows
        leverage, largest = self._leverage, self.saved.training.leverage_max
        if leverage is not None and largest is not None:
            far = (leverage > LEVERAGE * largest) & ~anywhere
            if far.any():
                found["far"] = far
        return found

    @property
    def _leverage(self) -> Array | None:
        """(k,); None where the model has kept nothing that tells."""
        errors = self.saved.errors
        if errors.by_level is not None:
            columns, by = self.saved.layout, errors.by_level
            assert columns is not None
            white = self.times(columns.places, by.white) - by.inner_white[self._level]
            return squared(white) + np.square(by.element[self._level])
        return None if errors.leverage_root is None else squared(self.times(self.saved.encoding.kept[0], errors.leverage_root))

    def _outside(self) -> Iterator[tuple[str, Mask]]:
        encoding = self.saved.encoding
        offset = self.saved.predictors.offset
        if offset is not None and isinstance(offset.factor, Rest):
            for name, rows in offset.factor.plane.outside(self.batch.numbers):
                yield name, rows[self.known]
            return
        for term, places in self.saved.predictors.placed:
            if len(term.factors) == 1 and term.numbers:
                yield _called(term), self._beyond(term, places.start, encoding.low, encoding.high)

    def _beyond(self, term: Term, place: int, low: Array, high: Array) -> Mask:
        factor = term.factors[0]
        if isinstance(factor, Spline):      # whose columns may stay small beyond the knots
            values = factor.argument.values(self.batch)[self.known]
            return (values < factor.knots[0]) | (values > factor.knots[-1])
        columns = slice(place, place + (1 if isinstance(factor, Polynomial) else term.width))      # degree 1 is monotone
        x = self.design.part(columns)
        return np.asarray(((x < low[columns]) | (x > high[columns])).any(axis=1))


def squared(z: Array) -> Array:
    """The squared length (k,) of each row of z (k, d), column by column."""
    total = np.zeros(len(z))
    for column in z.T:
        total += column * column
    return total


def _called(term: Term) -> str:
    """The column that a term is made of, or its text where it is made of several."""
    return next(iter(term.numbers)) if len(term.numbers) == 1 else term.text
