"""Response: what a fit needs of a row besides its predictors, and a prediction does not."""

from functools import partial

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.complete import Used
from mlefit.design.ledger import FIRST
from mlefit.design.terms import Offset
from mlefit.design.transform import Transform
from mlefit.errors import DataError, InBlockError
from mlefit.noise.responses import Response
from mlefit.numerals import numeral
from mlefit.options.weights_kind import WeightsKind
from mlefit.records import record
from mlefit.source.batch import Batch

LARGEST = 1e30           # weights beyond it, or below its inverse, leave no room for the squares of what they multiply
WHOLE_LIMIT = 2.0**53    # beyond this float64 no longer tells whole numbers apart


@record(frozen=True)
class Observed:
    """The column `target` and how it is read, the column of `weights` and their kind, and that of groups of rows, `cluster`.

    `response` says how the target is read and what is refused, in the name of `model`. `located`: offsets are taken off the
    numbers, which may be shifted. `scaled`: they may be scaled. `compresses`: sums of squares of [X y] stand for
    the rows. `transform`: of the numbers in the column, of which the law is then one of. `trials`: those of each row, of which
    the numbers in the column are the successes.
    """

    target: str
    model: str
    response: Response
    located: bool
    scaled: bool
    compresses: bool
    weights: str | None = None
    cluster: str | None = None
    weights_kind: WeightsKind = "frequency"
    transform: Transform | None = None
    trials: Offset | None = None

    @property
    def label(self) -> str:
        """The target as the report names it."""
        return self.target if self.transform is None else self.transform.label(self.target)

    @property
    def precision(self) -> bool:
        """Whether rows have weights by which their variance is divided."""
        return self.weights is not None and self.weights_kind == "precision"

    @property
    def sampling(self) -> bool:
        """Whether rows have weights that say how many rows of a population they stand for."""
        return self.weights is not None and self.weights_kind == "sampling"

    @property
    def repeated(self) -> str | None:
        """The column of weights that say how often a row occurred."""
        return self.weights if self.weights_kind == "frequency" else None

    @property
    def reads_levels(self) -> bool:
        """Whether the target is read as levels, not as numbers."""
        return self.response.reads_levels

    def values(self, used: Used) -> tuple[Array, tuple[str, ...]]:
        """The response (n,), as it is in the file or transformed, and the levels that its codes stand for. Raises InBlockError."""
        if self.reads_levels:
            return _codes(used, self.target)
        name, cells = self.target, used.cells(used.batch.numbers[self.target])
        used.magnitude(name, cells, frozenset((name,)))
        if self.transform is not None:
            self._check_transform(self.transform, used, cells)
            name, cells = self.label, self.transform.values(cells)
        refused = self.response.refused(cells)
        if refused is not None:
            place = int(np.flatnonzero(refused)[0])
            row = used.batch.start + int(used.rows[place]) + 1
            raise InBlockError(partial(_refused, self.response, self.model, name, row, float(cells[place])))
        trials = self.tried(used)
        if trials is not None and (cells > trials).any():
            place = int(np.flatnonzero(cells > trials)[0])
            row = used.batch.start + int(used.rows[place]) + 1
            raise InBlockError(partial(_too_many, self.model, name, row, float(cells[place]), float(trials[place])))
        return cells, ()

    def tried(self, used: Used) -> Array | None:
        """The trials (n,) of the rows, None where rows have none."""
        return None if self.trials is None else used.cells(self.trials.evaluate(used.batch))

    def _check_transform(self, transform: Transform, used: Used, cells: Array) -> None:
        refused = transform.refused(cells)
        if refused is not None:
            place = int(np.flatnonzero(refused)[0])
            row = used.batch.start + int(used.rows[place]) + 1
            raise InBlockError(partial(_no_transform, transform, self.target, row, float(cells[place])))

    def log_slope(self, used: Used) -> Array | None:
        """log |dt/dy| (n,) of a transformed response, which `values` has checked."""
        return None if self.transform is None else self.transform.log_slope(used.cells(used.batch.numbers[self.target]))

    def rest(self, used: Used) -> Array | None:
        """What is to be added to a response of whole numbers beyond 2^53, as it is in the file."""
        return None if self.transform is not None else used.rest(self.target)

    def groups(self, used: Used) -> tuple[Array | None, tuple[str, ...]]:
        """The codes (n,) of the clusters, and what they stand for."""
        return (None, ()) if self.cluster is None else _codes(used, self.cluster)

    def weight(self, used: Used) -> Array | None:
        """The weights (n,) of any kind, None where there are none."""
        return None if self.weights is None else used.cells(used.batch.numbers[self.weights])

    def having_trials(self, batch: Batch, keep: Mask) -> Mask:
        """The rows of `keep` with one trial at least. Raises InBlockError for what is no number of trials."""
        if self.trials is None:
            return keep
        trials = self.trials.evaluate(batch)
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero(keep & ~((trials >= 0.0) & (trials <= WHOLE_LIMIT) & (trials == np.rint(trials))))
            if bad.size:
                rows = tuple(batch.start + int(row) + 1 for row in bad[:FIRST])
                raise InBlockError(partial(_bad_trials, self.trials.text, tuple(sorted(self.trials.numbers)), rows,
                                           float(trials[bad[0]])))
            return keep & (trials > 0.0)

    def counting(self, batch: Batch, keep: Mask) -> Mask:
        """The rows of `keep` that count: all but those of weight 0. Raises InBlockError for what is no weight."""
        if self.weights is None:
            return keep
        weight = batch.numbers[self.weights]
        with np.errstate(invalid="ignore"):
            fit = (weight >= 0.0) & (weight <= WHOLE_LIMIT) & (weight == np.rint(weight)) if self.repeated else (
                (weight == 0.0) | ((weight >= 1.0 / LARGEST) & (weight <= LARGEST)))
            bad = np.flatnonzero(keep & ~fit)
            if bad.size:
                rows = tuple(batch.start + int(row) + 1 for row in bad[:FIRST])
                raise InBlockError(partial(_bad_weight, self.weights, self.weights_kind, rows, float(weight[bad[0]])))
            return keep & (weight > 0.0)


def _codes(used: Used, name: str) -> tuple[Array, tuple[str, ...]]:
    category = used.batch.categories[name]
    return used.cells(category.codes.astype(np.float64)), category.levels


def _refused(response: Response, model: str, column: str, row: int, value: float, before: int) -> DataError:
    return response.refusal(model, column, before + row, value)


def _too_many(model: str, column: str, row: int, value: float, trials: float, before: int) -> DataError:
    return DataError(
        f'column "{column}", row {before + row}: {model} needs 0 <= successes <= trials, found {numeral(value)} of '
        f"{numeral(trials)}", "check that --target names the successes and --trials all trials, a column or a sum such as WON+LOST",
        code="bad-response", columns=[column], rows=[before + row])


def _bad_trials(text: str, columns: tuple[str, ...], rows: tuple[int, ...], value: float, before: int) -> DataError:
    return DataError(
        f"--trials {text}, row {before + rows[0]}: the number of trials must be a whole number >= 0, found {numeral(value)}",
        "drop or correct the row", code="bad-trials", columns=columns, rows=[before + row for row in rows])


def _no_transform(transform: Transform, column: str, row: int, value: float, before: int) -> DataError:
    return transform.refusal(column, before + row, value)


def _bad_weight(column: str, kind: WeightsKind, rows: tuple[int, ...], value: float, before: int) -> DataError:
    remedy = "drop or correct the row"
    if kind == "frequency":
        wanted, remedy = "a whole number >= 0", f"frequency weights count how often a row occurred; {remedy}"
        if value > 0.0 and value != round(value, 0):
            remedy = ("frequency weights count how often a row occurred; --weights-kind precision is for a variance of sigma^2/w, "
                      "--weights-kind sampling for rows that stand for w rows of a population")
    else:
        wanted = f"0 or a number between {1.0 / LARGEST:g} and {LARGEST:g}"
    return DataError(
        f'column "{column}", row {before + rows[0]}: a {kind} weight must be {wanted}, found {numeral(value)}', remedy,
        code="bad-weight", columns=(column,), rows=[before + row for row in rows],
    )
