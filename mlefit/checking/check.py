"""Check: a saved model and new rows -> the record of whether it still holds."""

from functools import reduce
from operator import add

from mlefit.blas import one_thread
from mlefit.checking.judge import judged
from mlefit.checking.levels import Met, scaling_of
from mlefit.checking.record import Check
from mlefit.checking.refit import columns_of, error_kind, refit
from mlefit.checking.seen import Look
from mlefit.design.checks import unknown_columns
from mlefit.errors import DataError, UsageError
from mlefit.inference.kinds import needs_rows
from mlefit.machine import half_of_memory
from mlefit.prediction.predict import check_kinds
from mlefit.problem.gather import Keeping, Kept, Told
from mlefit.problem.prepare import DIAGNOSED, SAMPLE_ALONE, SAMPLE_PREDICTORS
from mlefit.problem.split import Split
from mlefit.rows.reservoir import Threshold
from mlefit.saved import curve
from mlefit.saved.model import Saved
from mlefit.source.reader import Reader
from mlefit.source.standing import standing
from mlefit.version import __version__


def check(saved: Saved, source: Reader, place: str, seed: int, threads: int, memory: int | None = None) -> Check:
    """What the rows of the source say of the model. Raises UsageError for columns that are not there, DataError without a row that
    can be scored."""
    weights, notes = _weights(saved, source)
    columns = columns_of(saved, weights)
    notes = (*source.said_of({*columns.numbers, *columns.categories}), *notes)
    absent = [name for name in (*columns.numbers, *columns.categories) if name not in source.names]
    if absent:
        raise unknown_columns(absent, source.names)
    check_kinds(saved, source)
    capacity = SAMPLE_PREDICTORS if columns.predictors.distinct else SAMPLE_ALONE
    told = Told(columns, scaling_of(saved), Split(seed), capacity)
    budget = memory or half_of_memory()
    suffice = columns.observed.compresses and not needs_rows(error_kind(saved, columns.observed))
    kept = Keeping(budget, DIAGNOSED if suffice else None).begun()
    look = Look(saved, weights, saved.level, seed, told, kept, Threshold(capacity), saved.errors.known)
    wanted = source.wanted(columns.numbers, columns.categories)
    with one_thread():
        try:
            seen = reduce(add, standing(source.parts, wanted, look.of, threads, texts=False))
        except DataError as refused:
            if refused.code != "bad-weight":
                raise
            kind = saved.fit["data"]["weights_kind"]
            raise DataError(refused.message, f"the fit had {kind} weights: drop or correct the row, or fit the model to others",
                            code=refused.code, columns=refused.columns, rows=refused.rows) from None
        if not seen.scored.rows:
            causes = ", ".join(f"{cause} {count}" for cause, count in seen.lost.most_common(3))
            none = "the only row cannot" if seen.rows == 1 else f"none of the {seen.rows} rows can"
            raise DataError(f"{none} be scored: {causes}", "check that the table has the columns of the model, and values in them",
                            code="no-rows")
        found = refit(saved, source, columns, seen.encoded, Kept(*kept), threads)
    if found.reason is None and curve.state(saved.predictors) is not None:
        notes = (*notes, "the refit of a curve is that of the plane that touches it at the saved parameters.")
    if found.reason is None and seen.encoded.moments is not None and seen.encoded.moments.within is not None:
        notes = (*notes, *Met.of(saved, seen.encoded.moments.within).notes(saved))
    if saved.fitted(source):
        notes = (*notes, "these are the rows of the fit; they cannot tell whether it holds on others.")
    return judged(saved, seen, found, place, (source.labels, source.digests()), notes, __version__)


def _weights(saved: Saved, source: Reader) -> tuple[str | None, tuple[str, ...]]:
    """The column of the weights that the fit had, and a note where it is not there. Raises UsageError for weights of precision."""
    data = saved.fit["data"]
    name = data.get("weights")
    if not isinstance(name, str):
        return None, ()
    if data.get("weights_kind") == "precision":
        raise UsageError("check: the fit had precision weights, and a row's share of its cross-entropy depends on them",
                         "score the rows with `mlefit predict --score`", code="not-built")
    if name not in source.names:
        return None, (f'the fit had weights in column "{name}", which is not there: each row counts once.',)
    return name, ()
