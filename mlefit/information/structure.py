"""Structure: what the mean lacks. The p-value is that of the smallest of some looks, times their number (Bonferroni).

Looks: squares, splines and products of the predictors, cells of few values and of pairs of factors (reference.py), by the score
statistic of the added columns, and runs along each number. Looks of one kind count as one, each with the number of its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlefit.arrays import Array
from mlefit.information.added import Bordered, Tested
from mlefit.information.chain import PROJECTED
from mlefit.information.reference import FEW, MOST_COLUMNS, Look, Variable, looks
from mlefit.information.runs import ENOUGH, Runs
from mlefit.information.simulated import REACHED, STREAM
from mlefit.information.working import Working, climbed
from mlefit.records import record

ROWS_PER_COLUMN = 20    # added columns are at most n / 20 per predictor of the model
EXACT_ROWS = 5          # of least squares, whose F holds for any number
EVENTS = 2.0            # of the rarest class per added column from which chi-squared is the law of the score statistic
SPARSE = 5.0            # from which a likelihood ratio is worth what it says
STRUCTURE_P = 0.05      # of the form with robust variances, above which it is not the mean that errs
SPANNED = 1e-10         # of the largest eigenvalue: what of added columns the fitted ones leave
LEVEL_WITH = 1e-9       # relative: a drawn statistic that is the observed one but for rounding has reached it
OWN = 1e-7              # of the largest eigenvalue: directions of added columns that have digits of their own


class Seen(NamedTuple):
    """A look, the places of its columns among all, and its test."""

    look: Look
    places: np.ndarray
    tested: Tested


class Explained(NamedTuple):
    """What a look takes of the squares of all `n` rows, as the `gain` in nats of each, with `df` columns."""

    gain: float
    df: int
    n: int


@record(frozen=True)
class Structure:
    """`p` of the smallest look, what it was and which variable it blames; `kinds` of all looks. `robust`: hc3's p of it.

    `wider`: rows under the richer design, and `gain` (n,) in nats what it gains in each; `df` columns are new. `whole`: kinds that
    were looked at beyond the sample, in `looked` rows; `explained`: what the smallest look gains in them, if it is one of these.
    """

    p: float
    kind: str
    name: str
    robust: float
    kinds: tuple[str, ...]
    simulated: int
    exceeded: bool
    gain: Array
    wider: Working
    basis: Array
    df: int
    whole: frozenset[str] = frozenset()
    looked: int = 0
    explained: Explained | None = None

    @property
    def of_mean(self) -> bool:
        """Whether the look is not moved by spread alone."""
        return self.robust <= STRUCTURE_P


def structure(
    rows: Working, predictors: Sequence[Variable], draws: int, seed: int, whole: Sequence[Look] = ()
) -> Structure | None:
    """The part, None where nothing can be looked at. `draws`: data sets simulated where classes are too rare for a law.

    `whole`: looks at all rows, where they are more than these, instead of those of their kinds.
    """
    found = [*whole, *looks(predictors, most_columns(rows), {look.kind for look in whole})]
    bordered = Bordered(rows, [look.columns for look in found]) if found else None
    ends = np.cumsum([0, *(look.columns.shape[1] for look in found)])
    places = [np.arange(ends[k], ends[k + 1]) for k in range(len(found))]
    seen = [] if bordered is None else [Seen(look, at, _tested(bordered, look, at)) for look, at in zip(found, places, strict=True)]
    p: dict[str, list[tuple[float, Seen | str]]] = {}
    simulated, exceeded = 0, False
    for one in seen:
        value = one.tested.p
        rare = bordered is not None and events(rows) < EVENTS * one.tested.df / len(bordered.means)
        if rare and bordered is not None and one.look.whole is None and one.tested.df and draws:
            value, simulated, exceeded = _bootstrap(rows, bordered, one, draws, seed)
        if one.tested.df:
            p.setdefault(one.look.kind, []).append((value, one))
    if rows.n - sum(x.shape[1] for x in rows.designs) >= ENOUGH:
        along = [(one.arranged, one.name) for one in predictors if one.arranged is not None and one.distinct >= FEW * rows.n]
        if along:
            found_runs = Runs(rows, seed).p([arranged for arranged, _ in along])
            p["runs"] = [(value, name) for value, (_, name) in zip(found_runs, along, strict=True)]
    if not p:
        return None
    least = {kind: min(values, key=lambda value: value[0]) for kind, values in p.items()}
    adjusted = {kind: least[kind][0] * len(values) for kind, values in p.items()}
    kind = min(adjusted, key=lambda one: adjusted[one])
    found_p = min(1.0, adjusted[kind] * len(p))
    blamed, robust, explained = least[kind][1], 0.0, None       # runs have robust variances by themselves
    if isinstance(blamed, Seen):
        assert bordered is not None
        if blamed.look.whole is not None:
            explained = Explained(*blamed.look.whole.gain(blamed.tested))
        if rows.eta.shape[1] == 1 and found_p <= STRUCTURE_P:
            robust = bordered.robust(blamed.places, blamed.tested)
        blamed = _blamed(bordered, blamed)
    gain, wider, basis, df = _gain(rows, bordered, seen)
    looked = max((look.whole.rows for look in whole if look.whole is not None), default=0)
    return Structure(found_p, kind, blamed, robust, tuple(p), simulated, exceeded, gain, wider, basis, df,
                     frozenset(look.kind for look in whole), looked, explained)


def _tested(bordered: Bordered, look: Look, places: np.ndarray) -> Tested:
    """The test of a whole look, in all rows where that can be."""
    return bordered.test(places) if look.whole is None else look.whole.test(np.arange(places.size))


def most_columns(rows: Working) -> int:
    """How many columns a look may add: fewer than there are events of the rarest class."""
    m, p = rows.eta.shape[1], rows.designs[0].shape[1]
    most = (rows.n - p) // EXACT_ROWS if rows.noise.compresses else rows.n // (ROWS_PER_COLUMN * m)
    return int(min(most, MOST_COLUMNS // m, events(rows)))


def events(rows: Working) -> float:
    """Rows of the rarest class; of a law of numbers, all."""
    if not rows.noise.response.reads_levels:
        return float(rows.n)
    return float(np.bincount(rows.y.astype(np.intp), minlength=len(rows.noise.outcome_names)).min())


def _blamed(bordered: Bordered, seen: Seen) -> str:
    """The variables of the look whose own columns have the smallest p."""
    names = dict.fromkeys(seen.look.names)
    if len(names) == 1:
        return next(iter(names))
    whole = seen.look.whole

    def alone(name: str) -> float:
        chosen = np.array([k for k, other in enumerate(seen.look.names) if other == name], dtype=np.intp)
        tested = bordered.test(seen.places[chosen]) if whole is None else whole.test(chosen)
        return tested.p if tested.p > 0.0 else -tested.statistic        # of what is beyond the doubles, the larger

    return min(names, key=alone)


def _bootstrap(rows: Working, bordered: Bordered, seen: Seen, draws: int, seed: int) -> tuple[float, int, bool]:
    """p of the statistic among those of responses drawn from the model, whose scores are taken less what fitting takes.

    Sequentially, to ten draws that reach it (Besag and Clifford 1991).
    """
    m, c = len(bordered.means), bordered.width
    places = (seen.places[:, None] * m + np.arange(m)).ravel()
    inverse = np.linalg.pinv(bordered.bracket[np.ix_(places, places)], rcond=SPANNED, hermitian=True)
    reached = 0
    for index in range(draws):
        y = rows.noise.draw(np.random.default_rng([seed, index, STREAM]), rows.eta, rows.free)
        d1 = rows.noise.nll(y, rows.eta, rows.free, 1).d1
        assert d1 is not None
        score = bordered.pulled(-d1).reshape(c * m)
        fitted = np.concatenate([x.T @ -d1[:, a] for a, x in enumerate(rows.designs)])
        left = (score - bordered.taken[:, : fitted.size] @ fitted)[places]
        reached += float(left @ inverse @ left) >= seen.tested.statistic * (1.0 - LEVEL_WITH)
        if reached == REACHED:
            return reached / (index + 1), index + 1, False
    return (reached + 1) / (draws + 1), draws, not reached


def _gain(rows: Working, bordered: Bordered | None, seen: Sequence[Seen]) -> tuple[Array, Working, Array, int]:
    """What squares, splines and products together gain in each row, the rows under them, and an orthonormal basis (n, df)."""
    none = np.empty((rows.n, 0))
    if bordered is None:
        return np.zeros(rows.n), rows, none, 0
    chosen: list[int] = []
    kinds = {one.look.kind for one in seen}
    for one in seen:        # splines hold the squares, but where they do not fit
        if not (one.look.kind == "squares" and "splines" in kinds) and len(chosen) + one.places.size <= most_columns(rows):
            chosen += one.places.tolist()
    tested = bordered.test(np.array(chosen, dtype=np.intp))
    if not tested.df:
        return np.zeros(rows.n), rows, none, 0
    picked = np.array(chosen)
    if rows.noise.compresses and rows.n > PROJECTED:        # no draws are projected, so that no basis is wanted
        wider, basis = _closer(rows, rows.eta + bordered.moved(picked)[:, None]), none
    elif rows.noise.compresses:
        z = bordered.efficient(picked)
        z *= np.sqrt(rows.weights[0, 0])[:, None]
        values, vectors = np.linalg.eigh(z.T @ z / rows.n)
        kept = values > OWN * values.max()
        basis = z @ (vectors[:, kept] / np.sqrt(values[kept] * rows.n))
        eta = rows.eta + (basis @ (basis.T @ rows.residuals)) / np.sqrt(rows.weights[0, 0])[:, None]
        wider = _closer(rows, eta)
    else:
        added = bordered.some(picked).T
        columns = [(x, added) if a in bordered.means else (x,) for a, x in enumerate(rows.designs)]
        wider, basis = climbed(rows, columns, bordered.with_some(picked), CLIMB), none
    gain = rows.noise.nll(rows.y, rows.eta, rows.free, 0).value - rows.noise.nll(rows.y, wider.eta, wider.free, 0).value
    if rows.noise.response.reads_levels and events(rows) < SPARSE * tested.df and gain.sum() > tested.statistic / 2:
        gain = gain * (tested.statistic / 2 / gain.sum())
    return gain, wider, basis, tested.df


def _closer(rows: Working, eta: Array) -> Working:
    """The rows of least squares with other predictors (n, 1)."""
    free = rows.noise.implied_shapes(float(np.mean((rows.y - eta[:, 0]) ** 2)), 0.0)
    return Working(rows.noise, rows.y, rows.designs, eta, free, rows.parameters, rows.seed)


CLIMB = 6       # steps of the richer design: any model bounds from below
