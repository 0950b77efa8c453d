"""Groups: whether rows that share a level of a column which the model leaves out resemble each other.

One-way analysis of variance of Pearson residuals e, adjusted for the fit. With n_g rows, sums E_g of e and Q_g of what fitting
takes of them (q, scored.py) in group g, and m numbers e in a row,

    F = (sum |E_g|^2 / n_g) / d_B / ((sum e'e - sum |E_g|^2 / n_g) / d_W)
    d_B = m G - sum |Q_g|^2 / n_g,   d_W = m n - sum tr q'q - d_B

which are the degrees of freedom that independent rows have there after fitting: a predictor that is constant within the groups
takes one of them, one that does not vary between them takes none. The design effect of what is constant within the groups is the
mean square between them over that of all rows, which the model's errors are made of: 1 + (n_g - 1) ICC in groups of equal size
(Kish 1965, section 5.4). F, over the mean square within, is larger, and decides alone whether there is anything to say.
Numbers e of one row are not independent of each other, so p is that of d_B/m and d_W/m.
"""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from mlefit.arrays import Array, Index
from mlefit.design.levels import NUMERAL
from mlefit.diagnosis.scored import Scored, Scoring
from mlefit.errors import DataError
from mlefit.execution import Engine
from mlefit.problem.problem import Problem
from mlefit.problem.split import Split
from mlefit.records import record
from mlefit.report.report import Warn
from mlefit.report.tested import Group
from mlefit.rows.chunk import Chunk
from mlefit.source.batch import Batch, Category
from mlefit.source.source import Kind, Source
from mlefit.sums.tally import tree_sum

LEVEL = 1e-3            # of all candidates together
FACTOR = 1.25           # the root of F, which is that of standard errors where rows resemble each other little
CELLS = 1 << 17         # of the input, unused columns too: about 1 MB, which is kept as read, so that another look takes no time
ROWS_EACH = 3           # rows per level at least, on average
MISSING = -1


@record(frozen=True)
class Labelled:
    """The levels of some columns in rows that stand one after the other, piece by piece."""

    pieces: tuple[Mapping[str, Category], ...]

    def __add__(self, other: "Labelled") -> "Labelled":
        return Labelled(self.pieces + other.pieces)

    def column(self, name: str) -> tuple[Index, tuple[str, ...]]:
        """Codes (n,) that hold for all rows, MISSING where there is no level, and what they stand for."""
        known: dict[str, int] = {}
        codes = []
        for piece in self.pieces:
            mine, levels = piece[name]
            table = np.array([*(known.setdefault(level, len(known)) for level in levels), MISSING], dtype=np.intp)
            codes.append(table[mine])
        return np.concatenate(codes), tuple(known)


@record(frozen=True)
class Between:
    """Sums by group: rows (G,), e (G, m), q (G, m P); and over all rows with a group e'e and tr q'q."""

    rows: Array
    residual: Array
    taken: Array
    square: float
    total_taken: float

    @classmethod
    def of(cls, scored: Scored, codes: Index, groups: int) -> "Between":
        """Those of some rows with codes (n,)."""
        there = np.flatnonzero(codes != MISSING)
        code, e, q = codes[there], scored.residuals[there], scored.projections[there].reshape(there.size, -1)
        rows = np.bincount(code, minlength=groups).astype(np.float64)
        return cls(rows, _by_group(code, e, groups), _by_group(code, q, groups), float(np.vdot(e, e)), float(np.vdot(q, q)))

    def __add__(self, other: "Between") -> "Between":
        return Between(self.rows + other.rows, self.residual + other.residual, self.taken + other.taken,
                       self.square + other.square, self.total_taken + other.total_taken)

    def test(self, column: str, *, centred: bool = False) -> Group | None:
        """F with its degrees of freedom and p; None where the fit leaves nothing to compare.

        `centred`: about the mean of all, which no constant of the model has taken.
        """
        from scipy.special import fdtrc

        m, met = self.residual.shape[1], self.rows > 0.0
        rows = self.rows[met]
        between = float((np.square(self.residual[met]).sum(axis=1) / rows).sum())
        df = m * rows.size - float((np.square(self.taken[met]).sum(axis=1) / rows).sum())
        rest = m * float(rows.sum()) - self.total_taken - df
        mean = float(np.square(self.residual.sum(axis=0)).sum() / rows.sum()) if centred else 0.0
        between, square, df = between - mean, self.square - mean, df - (m if centred else 0)
        if not (df >= 1.0 and rest >= 1.0 and square > between):
            return None
        f = between / df / ((square - between) / rest)
        effect = between / df / (square / (df + rest))
        return Group(column, rows.size, f, df / m, rest / m, float(fdtrc(df / m, rest / m, f)), effect)


def _by_group(codes: Index, columns: Array, groups: int) -> Array:
    return np.stack([np.bincount(codes, column, groups) for column in columns.T], axis=1)


@record(frozen=True)
class Groups:
    """What was tested, whether the rows of some candidate's levels stand together in the file, and the warnings."""

    tested: tuple[Group, ...] = ()
    together: bool = False
    warnings: tuple[Warn, ...] = ()


def groups(problem: Problem, scoring: Scoring, rows: Engine | None) -> Groups:
    """The candidates tested. Not asked of weighted rows, and where the input is large or its rows are not kept."""
    prepared = problem.prepared
    large = prepared.ledger.read * len(problem.source.names) > CELLS
    names = () if rows is None or large or prepared.observed.weights is not None else tuple(_columns(problem))
    if rows is None or not names:
        return Groups()
    labelled = _labelled(problem, names)
    candidates = {name: column for name in names if (column := _candidate(problem, labelled, name)) is not None}
    tested, warnings = [], []
    for name, (codes, levels) in candidates.items():
        found = rows.sum(partial(_between, scoring, codes, len(levels))).test(name, centred=not prepared.predictors.intercept)
        if found is not None:
            tested.append(found)
            if found.p_value < LEVEL / len(candidates) and found.statistic >= FACTOR**2:
                warnings.append(_warning(found, bent=prepared.roles.curve is not None))
    return Groups(tuple(tested), any(_together(codes) for codes, _ in candidates.values()), tuple(warnings))


def _between(scoring: Scoring, codes: Index, count: int, chunk: Chunk) -> Between:
    slabs = scoring.scored(chunk)
    return tree_sum(
        Between.of(slab, codes[slab.chunk.first_row : slab.chunk.first_row + slab.chunk.rows], count) for slab in slabs)


def _warning(found: Group, *, bent: bool) -> Warn:
    """`bent`: of a curve, which takes numbers alone."""
    other = f"a curve of each with --by {found.column}" if bent else "make it a predictor"
    times = f"{np.sqrt(found.design_effect):.2g}"
    return Warn("groups", f"{found.column}: rows that share it resemble each other, so intervals of what is constant within it "
                f"are about {times} times too short: --se cluster:{found.column}, or {other}", (found.column,))


def _columns(problem: Problem) -> Iterator[str]:
    """Columns that the model does not use and that may name groups: text, and numbers that begin as whole ones."""
    source, used = problem.source, problem.prepared.roles.columns
    left = [name for name in source.names if name not in (*used.numbers, *used.categories, *source.counting)]
    head = _head(source, [name for name in left if source.kinds[name] is Kind.NUMBER])
    for name in left:
        kind = source.kinds[name]
        if kind is Kind.TEXT or (kind is Kind.NUMBER and (name not in head or _begins_whole(head[name]))):
            yield name


def _head(source: Source, numbers: list[str]) -> Mapping[str, Array]:
    """The first rows of columns that are mostly numbers; of none where a cell is no number, which no fit without them minds."""
    try:
        return source.head(numbers, ()).numbers if numbers else {}
    except DataError:
        return {}


def _begins_whole(first: Array) -> bool:
    return bool(np.all((first == np.rint(first)) | np.isnan(first)))


def _labelled(problem: Problem, names: tuple[str, ...]) -> Labelled:
    """The levels of columns in the rows fitted, in another pass."""
    columns, split = problem.prepared.roles.columns, Split(problem.request.seed, problem.request.holdout)

    def fitted(batch: Batch) -> Labelled:
        used, _ = columns.used(batch)
        aside = split.aside(batch)
        rows = used.rows if aside is None else used.rows[~aside[used.rows]]
        found = {name: batch.categories[name] for name in names}
        return Labelled(({name: Category(codes[rows], levels) for name, (codes, levels) in found.items()},))

    wanted = tuple(dict.fromkeys((*columns.categories, *names)))
    return tree_sum(problem.source.map(columns.numbers, wanted, fitted, problem.threads))


def _candidate(problem: Problem, labelled: Labelled, name: str) -> tuple[Index, tuple[str, ...]] | None:
    """Codes and levels of a column with 2 to n/3 levels; what is a number among them is whole if the column is mostly numbers."""
    codes, levels = labelled.column(name)
    met = np.unique(codes[codes != MISSING])
    whole = problem.source.kinds[name] is not Kind.NUMBER or all(_whole(levels[k]) for k in met.tolist())
    return (codes, levels) if whole and 2 <= met.size <= np.count_nonzero(codes != MISSING) / ROWS_EACH else None


def _whole(level: str) -> bool:
    return NUMERAL.fullmatch(level) is None or float(level).is_integer()


def _together(codes: Index) -> bool:
    """Whether the rows of each level stand together."""
    there = codes[codes != MISSING]
    return int(np.count_nonzero(np.diff(there))) == np.unique(there).size - 1
