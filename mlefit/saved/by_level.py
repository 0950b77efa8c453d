"""By level: the root of a covariance where one factor has many levels, as numbers for each level, not for each two coefficients.

With x encoded columns of a row at level g, and a one of the m predictors,

    K_a' z = (C_g[a],  A_a' (x - x_g) - E_g[a]),    se(eta_a) = |K_a' z|

in which the first m elements are those of the level alone: rows of two levels have them at other places. The root of the leverage
is of the same kind, (e_g, W' (x - x_g)). It takes what levels times columns take, and a prediction of a row what its columns take.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.indexing import without_columns
from mlefit.design.levels import Levels
from mlefit.design.predictors import Predictors
from mlefit.records import record
from mlefit.saved.checked import Checked, bad


class Layout(NamedTuple):
    """Which of the coefficients of a predictor are the `columns` (d,), and which the levels `shown`, all but the `baseline`. The
    constant, where there is one, is the first; without one there is no baseline. `places` (d,): of the columns in the design;
    `first`: of the levels."""

    factor: Levels
    columns: Index
    shown: Index
    places: tuple[int, ...]
    first: int

    @classmethod
    def of(cls, predictors: Predictors, column: str, kept: Sequence[int]) -> "Layout | None":
        """That of the coefficients at places `kept`, none where the levels of the column are no such factor."""
        factor = next((one for one in without_columns(predictors, 1) if one.column == column), None)
        if factor is None:
            return None
        first = int(predictors.intercept)
        for term in predictors.terms:
            if term.factors == (factor,):
                break
            first += term.width
        head, places = int(predictors.intercept), np.array(kept, np.intp)
        inside = (places >= first) & (places < first + factor.width)
        columns = np.flatnonzero(~inside)[head:]
        whole = inside.sum() == factor.width and (factor.baseline is None) == (not head) and (not head or kept[:1] == (0,))
        return cls(factor, columns, np.flatnonzero(inside), tuple(places[columns].tolist()), first) if whole else None

    @property
    def baseline(self) -> int | None:
        """The place of the baseline among all levels."""
        return None if self.factor.baseline is None else (self.factor.levels or ()).index(self.factor.baseline)

    def told(self, levels: Array, columns: Array) -> Array:
        """The coefficients (k, ...) of what levels (L, ...) have when the columns are 0, and of the columns (d, ...)."""
        found, baseline = np.empty((len(self.columns) + len(levels), *levels.shape[1:])), self.baseline
        found[self.columns] = columns
        found[self.shown] = levels if baseline is None else np.delete(levels, baseline, axis=0) - levels[baseline]
        if baseline is not None:
            found[0] = levels[baseline]
        return found

    def taken(self, told: Array) -> tuple[Array, Array]:
        """The levels (L, ...) and columns (d, ...) of coefficients (k, ...)."""
        levels, baseline = told[self.shown], self.baseline
        if baseline is not None:
            levels = np.insert(levels + told[0], baseline, told[0], axis=0)
        return levels, told[self.columns]


@record(frozen=True, eq=False)
class ByLevel:
    """`blocks` (L, m, m) C, `columns` (m, d, q) A, `mean` (L, d) x_g, `extra` (L, m, q) E; of shapes `shapes` (s, q), which have no
    element of a level. `element` (L,) e and `white` (d, d) W of the leverage. `column`: that of the factor."""

    column: str
    mean: Array
    blocks: Array
    columns: Array
    extra: Array
    shapes: Array
    element: Array
    white: Array

    def state(self) -> dict[str, Any]:
        """The values of JSON. What is 0 throughout, as `extra` of least squares is, is None."""
        return {
            "column": self.column, "mean": self.mean.ravel().tolist(), "blocks": self.blocks.ravel().tolist(),
            "columns": self.columns.ravel().tolist(), "extra": self.extra.ravel().tolist() if self.extra.any() else None,
            "shapes": self.shapes.ravel().tolist(), "element": self.element.tolist(), "white": self.white.ravel().tolist(),
        }

    @property
    def width(self) -> int:
        """m + q: elements of the root that a row has."""
        return int(self.blocks.shape[1] + self.columns.shape[2])

    @cached_property
    def inner(self) -> Array:
        """(m, L, q): what the columns of a row are less, in the coordinates of the root."""
        return np.stack([self.mean @ self.columns[a] + self.extra[:, a] for a in range(len(self.columns))])

    @cached_property
    def inner_white(self) -> Array:
        """(L, d): the same of the leverage."""
        return self.mean @ self.white

    @property
    def of_shapes(self) -> Array:
        """(s, m + q)."""
        return np.concatenate([np.zeros((len(self.shapes), self.blocks.shape[1])), self.shapes], axis=1)

    def drawn(self, layout: Layout, rng: "np.random.Generator") -> tuple[Array, Array]:
        """Deviates (P,) and (s,) of coefficients and shapes from their normal law."""
        own, common = rng.standard_normal(self.blocks.shape[:2]), rng.standard_normal(self.columns.shape[2])
        levels = np.einsum("gae,ge->ag", self.blocks, own) - self.inner @ common
        return (np.concatenate([layout.told(*pair) for pair in zip(levels, self.columns @ common, strict=True)]),
                self.shapes @ common)


def read(value: Checked, layouts: Mapping[str, Layout | None], predictors: int, shapes: int) -> ByLevel:
    """That of a file, of a factor with one of the `layouts`. Raises DataError for what is none."""
    column = value.key("column")
    layout = layouts.get(column.text())
    if layout is None:
        raise bad(column.path, "a factor whose levels all have a coefficient", str(column.value)[:40])
    levels, d, m = len(layout.factor.levels or ()), len(layout.columns), predictors
    q = m * d + shapes

    def sized(name: str, *shape: int) -> Array:
        found = value.key(name).numbers()
        if len(found) != int(np.prod(shape)):
            raise bad(value.key(name).path, f"{int(np.prod(shape))} numbers", str(len(found)))
        return np.array(found).reshape(shape)

    extra = np.zeros((levels, m, q)) if value.key("extra").maybe() is None else sized("extra", levels, m, q)
    return ByLevel(column.text(), sized("mean", levels, d), sized("blocks", levels, m, m), sized("columns", m, d, q), extra,
                   sized("shapes", shapes, q), sized("element", levels), sized("white", d, d))
