"""From the table to numbers: roles, levels and learnt terms, and the one pass that gathers everything."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from threading import Thread
from typing import NamedTuple, TypeVar

from mlefit.arrays import Array
from mlefit.design.bends import Bends
from mlefit.design.encode import Columns, scaling_of
from mlefit.design.ledger import Ledger
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.roles import Roles, choose_roles
from mlefit.design.scaling import Scaling
from mlefit.errors import DataError, MlefitError
from mlefit.execution import Store
from mlefit.inference.kinds import check_kind
from mlefit.machine import half_of_memory
from mlefit.noise.model import NoiseModel
from mlefit.problem.gather import Gathered, Keeping, Kept, Moments, Told, gather, misjudged
from mlefit.problem.indexing import indexed
from mlefit.problem.learning import learnt
from mlefit.problem.levels import level_names, ordered_levels
from mlefit.problem.names import check_names, shape_notes
from mlefit.problem.no_rows import no_rows
from mlefit.problem.size import check_border, check_size
from mlefit.problem.split import Split
from mlefit.request import Request
from mlefit.rows.chunk import Chunk
from mlefit.rows.piece import Ranks
from mlefit.rows.seen import Seen
from mlefit.source.batch import Batch
from mlefit.source.source import Source
from mlefit.sums.border import Border

Progress = Callable[[str, float | None], None]
T = TypeVar("T")

MEGABYTE = 10**6
LONG = 1 << 24               # bytes: from here on reading takes longer than an import
DIAGNOSED = 1 << 22          # numbers (34 MB) up to which rows are kept for diagnosis where the fit needs their sums alone
SAMPLE_ALONE = 200_000       # rows for the KL part without predictors (one number each)
SAMPLE_PREDICTORS = 20_000   # with predictors, and for the start of both searches


class Aside(NamedTuple):
    """The `share` of the rows that the fit does not see, in `store`.

    `unscored` others have no prediction: by column in `unlearnt`, so many have a level that is in no row fitted.
    `jacobian`: sum of log |dt/dy| over those in `store`.
    """

    share: float
    store: Store
    unscored: int
    unlearnt: Mapping[str, int]
    jacobian: float


class Prepared(NamedTuple):
    """Everything that later rooms need of the input.

    `levels`: of a response read as levels, the reference or negative first; `level_weights`: what the rows fitted with each
    weigh, in order of first appearance; `clusters`: the levels of the cluster column. `moments`: sums over the rows fitted;
    `sample`: some of them at random, in the units of `scaling`; `store`: all of them, None where their sums are enough and
    they are more than DIAGNOSED numbers.
    `written` (n, k): of a curve, the columns of the sample as they are in the file; `sample` has those of its plane then.
    `aside`: the rows put aside, if asked for; `seen`: the cells of the sample as they stand in the file, likewise. `border`: sums
    of the columns that the mean might lack, `bends`, over the rows `looked` at, where they are more than the sample.
    """

    roles: Roles
    ledger: Ledger
    moments: Moments
    scaling: Scaling
    sample: Chunk
    store: Store | None
    noise: NoiseModel
    levels: tuple[str, ...]
    level_weights: Mapping[str, float]
    clusters: tuple[str, ...]
    aside: Aside | None = None
    seen: Seen | None = None
    written: Array | None = None
    bends: Bends | None = None
    border: Border | None = None
    looked: Moments | None = None

    @property
    def centred(self) -> bool:
        """Whether the mean of the response is what a fit is compared with: there is a constant, or a curve."""
        return self.predictors.intercept or self.roles.curve is not None

    @property
    def predictors(self) -> Predictors:
        """The predictors with all terms learnt."""
        return self.roles.columns.predictors

    @property
    def observed(self) -> Observed:
        """The target and what else belongs to a row."""
        return self.roles.columns.observed


def prepare(
    source: Source, request: Request, threads: int, keep_rows: bool, progress: Progress | None, *, seen: bool = False,
    index: bool = False,
) -> Prepared:
    """Choose, learn, gather; again where the last rows have shown columns to be other than the first ones did.

    `seen`: keep the cells of the sample, too; `index`: a factor of many levels may do without columns. Raises UsageError and
    DataError for what cannot be modelled, the latter before the work on it.
    """
    if progress is not None:
        source.watch = partial(reading, progress, source.size)
    return standing(source, threads, lambda: gathered(
        source, request, learned(source, chosen(source, request), request, threads, index=index), threads, keep_rows, seen=seen))


def standing(source: Source, threads: int, make: Callable[[], T]) -> T:
    """What is made of a source once the kinds that it tells hold for all rows."""
    while True:
        try:
            made = make()
        except MlefitError:
            if source.stands(threads, closely=True):
                raise
        else:
            if source.stands(threads):
                return made


def chosen(source: Source, request: Request) -> Roles:
    """The roles by the kinds that the source tells by now."""
    roles = choose_roles(source, request)
    check_kind(request.se, request.intervals, roles.model, request.weights, request.weights_kind)
    return roles


def learned(source: Source, roles: Roles, request: Request, threads: int, *, index: bool = False) -> Roles:
    """The roles with levels, polynomials and knots of the source. `index`: as in `prepare`.

    Raises DataError and UsageError for what they cannot be."""
    roles, known, rows = learnt(source, roles, request, threads)
    roles = indexed(roles, request, _law(roles, known), rows) if index else roles
    check_size(_parameters(roles, known), request.read.memory)
    check_border(roles.columns.predictors, len(_law(roles, known).predictors), request.read.memory)
    check_names(roles)
    return replace(roles, notes=(*roles.notes, *shape_notes(roles)))


def gathered(
    source: Source, request: Request, roles: Roles, threads: int, keep_rows: bool, known: tuple[str, ...] = (), *,
    seen: bool = False
) -> Prepared:
    """The rows of a source by roles that are learnt. `known`: the levels of the response in order, where they are known."""
    columns = roles.columns

    def one_pass(scaling: Scaling) -> tuple[Gathered, Kept]:
        capacity = SAMPLE_PREDICTORS if columns.predictors.distinct else SAMPLE_ALONE
        told = Told(columns, scaling, Split(request.seed, request.holdout), capacity, seen, bends)
        sums_suffice = columns.observed.compresses and not keep_rows and not columns.predictors.crossed
        return gather(source, told, Keeping(_budget(request), DIAGNOSED if sums_suffice else None), threads)

    if source.size is None or source.size > LONG:
        # Half of the start-up is this import, and a long read leaves the interpreter idle.
        Thread(target=import_module, args=("scipy.optimize",), daemon=True).start()
    head = source.head(columns.numbers, columns.categories)
    scaling = scaling_of(columns, head)
    bends = _bends(source, request, roles, scaling, head)
    met, kept = one_pass(scaling)
    better = None if met.moments is None else misjudged(met.moments, scaling)
    if better is not None:
        scaling = better
        bends = _bends(source, request, roles, scaling, head)
        met, kept = one_pass(scaling)
    names = {level: level for level in met.levels} if known else level_names(met.levels, roles.model)
    met = replace(met, levels=_renamed(met.levels, names))
    if request.holdout is not None:
        _check_holdout(met, request.holdout, kept.aside.rows + met.unscored, columns)
    moments, unit = _checked(met, request), 1.0
    if columns.observed.sampling:       # the rows fitted weigh 1 on average
        unit = moments.rows / moments.weight
        moments = moments.scaled(unit)
        met = replace(met, levels={level: weight * unit for level, weight in met.levels.items()})
    levels = tuple(level for level in known if level in met.levels) or ordered_levels(met.levels, roles, request)
    places = {name: place for place, name in enumerate(levels)}
    ranks = Ranks({level: places[name] for level, name in names.items()},
                  {cluster: rank for rank, cluster in enumerate(met.clusters)}, unit)
    aside = None
    if request.holdout is not None:
        aside = Aside(request.holdout, kept.aside.store(ranks), met.unscored, met.unlearnt,
                      met.aside_jacobian)
    return Prepared(
        roles, met.ledger, moments, scaling, met.reservoir.sample(ranks),
        kept.fitted.store(ranks) if kept.fitted.complete else None, roles.model.of(levels).in_unit(scaling.y_scale), levels,
        met.levels, tuple(met.clusters), aside, met.reservoir.cells(), bends=bends, border=met.border, looked=met.looked,
    )


def _bends(source: Source, request: Request, roles: Roles, scaling: Scaling, head: Batch) -> Bends | None:
    """What the mean of least squares might lack, where it will be asked and rows are more than the sample."""
    observed = roles.columns.observed
    few = source.complete and head.rows <= SAMPLE_PREDICTORS
    if few or not (request.kl and observed.compresses) or observed.precision or observed.sampling or roles.curve is not None:
        return None
    return Bends.of(roles.columns, scaling, head)


def _renamed(weights: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """The weights of levels by their names, added up where a name stands for several spellings."""
    found: dict[str, float] = {}
    for level, weight in weights.items():
        found[names[level]] = found.get(names[level], 0.0) + weight
    return found


def reading(progress: Progress, size: int | None, rows: int, read: int) -> None:
    """Say how far the reading is."""
    of = "" if size is None else f" of {size / MEGABYTE:,.0f}"
    progress(f"reading: {rows:,} rows, {read / MEGABYTE:,.0f}{of} MB", read / size if size else None)


def _budget(request: Request) -> int | None:
    """Bytes of encoded rows that stay in memory; the rest is spilled, with the same results."""
    if request.engine == "memory" or request.afar:
        return None
    if request.engine == "stream":
        return 0
    return request.read.memory or half_of_memory()


def _law(roles: Roles, levels: int) -> NoiseModel:
    """That of the roles with `levels` levels of the response."""
    return roles.model.of([str(level) for level in range(max(levels, 2))] if roles.columns.observed.reads_levels else ())


def _parameters(roles: Roles, levels: int) -> int:
    """At most so many parameters that need a matrix, of a response with `levels` levels; as far as these are known, at least."""
    columns, noise = roles.columns, _law(roles, levels)
    sides = columns.predictors.sides
    own = len(sides) > 1
    coefficients = sum(len(sides[int(own and predictor.kind == "scale")].places) for predictor in noise.predictors)
    absent = columns.predictors.width - columns.predictors.columns_wide     # of which a Hessian has no matrix
    return coefficients - absent * len(noise.predictors) + len(noise.shapes)


def _check_holdout(gathered: Gathered, share: float, held: int, columns: Columns) -> None:
    """Raises DataError when one side of the split is empty, or a level of the response is held out as a whole."""
    rows, target = gathered.ledger.used, columns.observed.target
    if rows and held in (0, rows):
        what = "none" if held == 0 else "all"
        raise DataError(f"--holdout {share:g}: {what} of the {rows} rows used fall into the hold-out",
                        "use another share, another --seed, or more rows", code="holdout")
    absent = [level for level, weight in gathered.levels.items() if weight == 0.0]
    if absent:
        raise DataError(f'--holdout {share:g}: every row of column "{target}" with level '
                        f'"{absent[0]}" is held out, so the fit cannot know it',
                        "use a smaller share, another --seed, or more rows",
                        code="holdout", columns=[target])


def _checked(gathered: Gathered, request: Request) -> Moments:
    """The sums over the rows fitted. Raises DataError where there are none, and for missing values that must not be."""
    check_missing(gathered.ledger, request)
    if gathered.moments is None:
        raise no_rows(gathered.ledger)
    return gathered.moments


def check_missing(ledger: Ledger, request: Request) -> None:
    """Raises DataError for missing values that must not be."""
    if request.missing == "error" and ledger.first:
        row, name = ledger.first[0]
        listed = ", ".join(f"row {r} ({c})" for r, c in ledger.first)
        raise DataError(f'column "{name}", row {row}: a value is missing, and --missing error was asked for; the first are '
                        f"{listed}", "complete the rows, or use --missing drop", code="missing",
                        columns=list(ledger.dropped), rows=[r for r, _ in ledger.first])
