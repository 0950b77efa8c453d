"""Scored: the models of a contest with what the rows of each fold cost under the fits to the other folds."""

from collections.abc import Sequence

import numpy as np

from mlefit.arrays import Array
from mlefit.comparison.contest import Fit
from mlefit.comparison.costs import weights
from mlefit.comparison.folds import dealt, held_out, stacked
from mlefit.errors import UsageError
from mlefit.problem.prepare import Progress
from mlefit.report.comparison import HeldOut


def scored(fits: Sequence[Fit], folds: int, seed: int, progress: Progress | None) -> list[Fit]:
    """The fits, the best first, with HeldOut in their entries. Raises UsageError where rows are fewer than folds."""
    if not fits:
        return []
    assert fits[0].found is not None
    problem = fits[0].found.problem
    rows = problem.prepared.ledger.used
    if folds > rows:
        raise UsageError(f"--folds {folds}: {rows} rows make no {folds} folds", f"give --folds {min(10, rows)} or fewer",
                         code="folds")
    fold, weight = dealt(rows, folds, seed), weights(problem)
    each = [_held_out(fit, fold, folds, progress) for fit in fits]
    known = [costs for costs in each if not isinstance(costs, str)]
    shares = iter(stacked(known, weight).tolist() if known else ())
    best = each[0]
    entries = [HeldOut(folds, reason=costs) if isinstance(costs, str) else _told(costs, best, weight, folds, next(shares))
               for costs in each]
    return [fit._replace(entry=fit.entry._replace(held_out=held)) for fit, held in zip(fits, entries, strict=True)]


def _held_out(fit: Fit, fold: Array, folds: int, progress: Progress | None) -> Array | str:
    found = fit.found
    assert found is not None
    if found.curved is not None:
        return "a curve is not refitted by folds"

    def told(k: int) -> None:
        if progress is not None:
            progress(f"{fit.entry.label}: fold {k} of {folds}", None)

    return held_out(found, fold, fit.celled, told)


def _told(costs: Array, best: Array | str, weight: Array | None, folds: int, share: float) -> HeldOut:
    """Of held-out costs (n,), beside those of the best model."""
    w = np.ones(costs.size) if weight is None else weight
    mean, n = float(w @ costs / w.sum()), float(w.sum())
    if isinstance(best, str) or best is costs:
        return HeldOut(folds, mean, weight=share)
    d = costs - best
    behind = float(w @ d) / n
    return HeldOut(folds, mean, behind, float(np.sqrt(w @ np.square(d - behind)) / n), share)
