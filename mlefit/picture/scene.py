"""Scene: rows with the fitted law on them. A fit makes one, and so does a saved model with new rows; all pictures come from it."""

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.errors import DataError
from mlefit.escapes import shown
from mlefit.noise.model import Measure, NoiseModel
from mlefit.picture.designed import Designed
from mlefit.picture.everywhere import Everywhere
from mlefit.records import record
from mlefit.report.report import Report

LEAST = 1e-100      # of the size of the largest response, and its inverse the most
PICTURES = 19       # what the random numbers are for, beside those of other rooms


NAMED = 200         # levels below which each is a bin of its own, and has its name on an axis


class Variable(NamedTuple):
    """A column of the file that the model uses: numbers (n,), or the places (n,) of its `levels`, in their order."""

    name: str
    values: Array
    levels: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The levels, where each is told for itself; of more, neighbours in their order are told together, as numbers are."""
        return self.levels if len(self.levels) < NAMED else ()

    @property
    def axis(self) -> str:
        """The title of an axis."""
        return self.name if len(self.levels) == len(self.named) else f"{self.name}: {len(self.levels):,} levels in their order"


@record(frozen=True, eq=False)
class Scene:
    """Rows of weight 1 under the fitted law, in natural units.

    `y` (n,), `eta` (n, m), `free` (s,); the `design` of each predictor in some basis; `variables` of the file; `row` (n,) in
    the file; the rows are a random part of `total`. `levels`: of the response. `plain`: one law holds for all rows. `refits`: the
    model was fitted to these rows, so that simulated ones are refitted. `reason`: why nothing can be tested, None where rows are
    draws of the law if it is true. `cells`: the ends (n,) of what a rounded response stands for, None where responses are
    smooth; `coarse`: why its shape cannot be told. `stretch` (n,): the root of a precision that y and eta were multiplied by,
    once `moved` had been taken off. `curved`: the mean is no sum of terms. `everywhere`: sums over all rows, where these are some
    of them and the others can be visited.
    """

    noise: NoiseModel
    y: Array
    eta: Array
    free: Array
    design: Designed
    variables: tuple[Variable, ...]
    row: Array
    total: int
    target: str
    levels: tuple[str, ...]
    plain: bool
    report: Report
    seed: int
    refits: bool = True
    reason: str | None = None
    cells: tuple[Array, Array] | None = None
    coarse: str | None = None
    stretch: Array | None = None
    moved: float = 0.0
    curved: bool = False
    everywhere: Everywhere | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.y.size)

    @property
    def classes(self) -> int:
        """Levels of the response; 0 of numbers."""
        return len(self.levels)

    @property
    def discrete(self) -> bool:
        """Whether some responses have a probability, so that their residual is drawn from a cell."""
        return self.noise.measure is not Measure.DENSITY

    @cached_property
    def prediction(self) -> Array:
        """What the model predicts (n,), of a law of numbers."""
        centre = self.noise.centre(self.eta, self.free)
        return centre if self.stretch is None else np.asarray(centre / self.stretch + self.moved)

    @property
    def response(self) -> Array:
        """y (n,) as it stands in the file, or its function that is modelled."""
        return self.y if self.stretch is None else np.asarray(self.y / self.stretch + self.moved)

    @property
    def share_below(self) -> float:
        """The share of responses below the location of a law whose loss has slopes: what it claims where it claims no shape."""
        below, above = self.noise.slopes
        return above / (below + above)

    def rng(self, *stream: int) -> np.random.Generator:
        """Random numbers of their own for each stream, which depend on the seed alone."""
        return np.random.default_rng([self.seed, PICTURES, *stream])

    def take(self, rows: Index) -> "Scene":
        """The rows of these indices."""
        return replace(
            self, noise=self.noise.some(rows), y=self.y[rows], eta=self.eta[rows], row=self.row[rows],
            design=self.design.take(rows), stretch=None if self.stretch is None else self.stretch[rows],
            cells=None if self.cells is None else (self.cells[0][rows], self.cells[1][rows]),
            variables=tuple(one._replace(values=one.values[rows]) for one in self.variables))


def rounded(smooth: Scene) -> Scene:
    """With the cells that rounded responses stand for, as the KL part sees them. Raises DataError where numbers have no squares."""
    from mlefit.information.resolution import resolve

    _check(smooth)
    if smooth.discrete or smooth.stretch is not None:
        return smooth
    known = resolve(smooth.y, float(np.std(smooth.y - smooth.prediction)))
    return replace(smooth, cells=known.cells(smooth.y), coarse=known.reason)


def _check(scene: Scene) -> None:
    """Raises DataError for responses whose squares, or theirs over each other, no double holds."""
    size = 0.0 if scene.classes else float(np.abs(scene.response).max(initial=0.0))
    if size and not LEAST < size < 1.0 / LEAST:
        raise DataError(f'column "{shown(scene.report.data.target)}": pictures need the squares of its numbers, which reach '
                        f"{size:.0e}, and no double holds those", "multiply the column by a power of ten", code="no-squares")
