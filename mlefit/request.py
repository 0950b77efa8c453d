"""Request: what the user asked for, as plain values, before any data is read.

Every option of a fit is one field here, or one of `ReadOptions`: its type, its default, and beside them how it is said on the
command line. Commands and `mlefit.fit` are made from these (`mlefit.options.declaration`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Literal, get_args

from mlefit.errors import UsageError
from mlefit.escapes import shown
from mlefit.options import error_kind as error_kinds
from mlefit.options import pairs
from mlefit.options.declaration import Declared, Fields, Option, Section, declared
from mlefit.options.error_kind import FORMS
from mlefit.options.values import as_typed, choice, listed, refused, share, whole
from mlefit.options.weights_kind import WeightsKind
from mlefit.source.options import ReadOptions, size

ENGINES = ("auto", "memory", "stream", "dask")
Missing = Literal["drop", "error"]
Unit = Literal["nats", "bits"]
Intervals = Literal["wald", "profile"]



def columns(_option: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The values as typed: only the file can tell whether a comma belongs to a name. A lone `none` is no predictor."""
    return () if texts == ["none"] else tuple(texts)


def references(option: str, pairs: Sequence[str]) -> dict[str, str]:
    """COLUMN=LEVEL, split at the first equals sign; one level per column."""
    levels: dict[str, str] = {}
    for pair in pairs:
        column, equals, level = pair.partition("=")
        if not equals or not column or not level:
            raise refused(option, pair, "COLUMN=LEVEL", f"such as {option} site=a")
        if levels.setdefault(column, level) != level:
            raise UsageError(
                f'{option}: column "{shown(column)}" has two baseline levels, '
                f'"{shown(levels[column])}" and "{shown(level)}"', "give one of them", code="contradiction",
            )
    return levels


def orders(option: str, texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """COLUMN=A,B,C, split at the first equals sign and at commas; one order per column."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        column, equals, rest = text.partition("=")
        if not equals or not column or not rest:
            raise refused(option, text, "COLUMN=LEVEL,LEVEL,...", f"such as {option} size=small,medium,large")
        if found.setdefault(column, order(option, rest)) != order(option, rest):
            raise UsageError(f'{option}: column "{shown(column)}" has two orders', "give one of them", code="contradiction")
    return found


def order(option: str, text: str) -> tuple[str, ...]:
    """Levels, split at commas, two at least and none twice."""
    levels = tuple(level.strip() for level in text.split(","))
    if len(levels) < 2 or len(set(levels)) < len(levels) or not all(levels):
        raise refused(option, text, "two or more different levels with commas between", f"such as {option} low,medium,high")
    return levels


def one_order(option: str, texts: Sequence[str]) -> tuple[str, ...] | None:
    """The order of the levels of one column."""
    found = dict.fromkeys(order(option, text) for text in texts)
    if len(found) > 1:
        raise UsageError(f"{option} gives two orders", "give one of them", code="contradiction")
    return next(iter(found), None)


def engine_name(option: str, text: str) -> str:
    """How the data is visited: a word, or that of a cluster with an address or the file of a scheduler."""
    return text if text.startswith("dask:") and len(text) > len("dask:") else choice(ENGINES)(option, text)


@dataclass(frozen=True, slots=True)
class Request:
    """A fit to be made. None means "mlefit chooses and says so".

    `weights_kind`: with frequency weights a row counts several times; with those of precision its variance is sigma^2 / w; with
    those of sampling it stands for w rows of a population, of which it is one drawn.

    `data`: paths or `-`, or one table in memory. `features`: column names; the empty tuple fits the target alone. `se`: the
    kind of standard errors, one of `error_kind.FORMS`. `draws`: None, chosen from n; 0, nothing is simulated. `holdout`: the
    share of rows, chosen by `seed`, that the fit does not see. `by`: columns whose values divide the rows. `beside`, which
    only a comparison sets: columns of numbers and of categories in which a row must be complete although this model does not use
    them. `screen`: the answer is for a terminal, with a sparkline of the residuals.
    """

    data: Annotated[tuple[str, ...] | object, Option(
        "", metavar="DATA", help="Tables with the same columns, or - for standard input.", gather=as_typed)]
    model: Annotated[str | None, Option(
        "-m --model", metavar="NAME", help="Noise model, see `mlefit models`. Default: by the target.")] = None
    loss: Annotated[str | None, Option(
        "--loss", metavar="EXPR", help='Instead of -m: a loss in r = y - f, or in y and f, such as "log(cosh(r))".')] = None
    density: Annotated[str | None, Option(
        "--density", metavar="EXPR", help="Instead of -m: the density itself, in r = y - f or in y and f.")] = None
    target: Annotated[str | None, Option(
        "-t --target", metavar="COLUMN", help="Response. Default: a column y or target, else the last.")] = None
    features: Annotated[tuple[str, ...] | None, Option(
        "-x --features", metavar="A,B,...", help="Predictors, or none. Repeatable. Default: all others.",
        gather=columns)] = None
    formula: Annotated[str | None, Option(
        "-f --formula", metavar="FORMULA", help='Instead of -t and -x: "y ~ a + C(g) + a:b".')] = None
    mean: Annotated[str | None, Option(
        "--mean", metavar="EXPR", help='Any mean instead of -x: "a*exp(-b*x)". Names that are no columns are parameters.')] = None
    start: Annotated[dict[str, float], Option(
        "--start", metavar="A=1,B=2", help="Where the parameters of --mean begin. Repeatable.",
        gather=pairs.starts)] = field(default_factory=dict)
    start_only: Annotated[bool, Option(
        "--start-only", help="Report the minimum that --start leads to, even where a lower one exists.", given=True)] = False
    bounds: Annotated[dict[str, tuple[float, float]], Option(
        "--bounds", metavar="A=0:inf", help="Where parameters of --mean may lie. Repeatable.",
        gather=pairs.bounds)] = field(default_factory=dict)
    scale_features: Annotated[tuple[str, ...] | None, Option(
        "--scale-features", metavar="A,B,...", help="Predictors of the log of the scale or dispersion, or none. Repeatable.",
        gather=columns)] = None
    scale_formula: Annotated[str | None, Option(
        "--scale-formula", metavar="FORMULA", help='The same as a formula: "~ log(a) + C(g)".')] = None
    intercept: Annotated[bool, Option("--no-intercept", help="No constant term.", given=False)] = True
    positive: Annotated[str | None, Option(
        "--positive", metavar="LEVEL", help="bernoulli: the level modelled. Default: the later one.")] = None
    reference: Annotated[dict[str, str], Option(
        "--reference", metavar="COLUMN=LEVEL", help="Baseline level of a categorical column. Repeatable.",
        gather=references)] = field(default_factory=dict)
    levels: Annotated[dict[str, tuple[str, ...]], Option(
        "--levels", metavar="COLUMN=A,B,...", help="Order of the levels of a categorical column, the baseline first. Repeatable.",
        gather=orders)] = field(default_factory=dict)
    order: Annotated[tuple[str, ...] | None, Option(
        "--order", metavar="A,B,...", help="Order of the levels of the target.", gather=one_order)] = None
    weights: Annotated[str | None, Option("--weights", metavar="COLUMN", help="Weights of the rows.")] = None
    weights_kind: Annotated[WeightsKind, Option(
        "--weights-kind", metavar="KIND",
        help="frequency: weight k is the row k times; precision: variance sigma^2/w; sampling: rows of a population.",
        parse=choice(get_args(WeightsKind)))] = "frequency"
    offset: Annotated[str | None, Option(
        "--offset", metavar="TERM", help="Added to the linear predictor: a column, or log(column).")] = None
    trials: Annotated[str | None, Option(
        "--trials", metavar="TERM", help="binomial: the trials of each row, a column or a sum such as won+lost; the target counts "
        "successes.")] = None
    missing: Annotated[Missing, Option(
        "--missing", metavar="drop|error", help="Rows with a missing value: dropped and counted, or refused.",
        parse=choice(get_args(Missing)))] = "drop"
    se: Annotated[str, Option(
        "--se", metavar="KIND", help=f"Standard errors: {listed(FORMS)}.",
        parse=error_kinds.checked)] = "auto"
    intervals: Annotated[Intervals, Option(
        "--intervals", metavar="wald|profile", help="By standard errors, where these fail by likelihood ratio; or all by that.",
        parse=choice(get_args(Intervals)))] = "wald"
    level: Annotated[float, Option("--level", metavar="P", help="Confidence level.", parse=share("0.95"))] = 0.95
    unit: Annotated[Unit, Option("--bits", help="Entropies and KL in bits instead of nats.", given="bits")] = "nats"
    seed: Annotated[int, Option("--seed", metavar="N", help="Seed of everything simulated.", parse=whole(0))] = 0
    kl: Annotated[bool, Option("--no-kl", help="No KL part.", given=False)] = True
    draws: Annotated[int | None, Option(
        "--draws", metavar="N", help="Draws of the KL null distribution; 0 simulates nothing. Default: by n.",
        parse=whole(0))] = None
    holdout: Annotated[float | None, Option(
        "--holdout", metavar="P", help="Keep this share of the rows out of the fit, and judge the fit on them.",
        parse=share("0.2"))] = None
    by: Annotated[tuple[str, ...], Option(
        "--by", metavar="A,B,...", help="The same model for each group of rows, each value of these columns.",
        gather=columns)] = ()
    detail: Annotated[bool, Option(
        "--detail", help="Every figure: gaps, entropies, criteria, ranges of KL.", given=True, section=Section.ANSWER)] = False
    effects: Annotated[bool, Option(
        "--effects", help="What each predictor changes in the mean or in probabilities, from quartile to quartile or level to "
        "level.", given=True, section=Section.ANSWER)] = False
    exponentiate: Annotated[bool, Option(
        "--exponentiate", help="Odds, rate or mean ratios: exp of the coefficients.", given=True, section=Section.ANSWER)] = False
    sort: Annotated[bool, Option(
        "--sort", help="Predictors by what they explain.", given=True, section=Section.ANSWER)] = False
    engine: Annotated[str, Option(
        "--engine", metavar="NAME", help=f"{listed(ENGINES)}: processes here, or dask:ADDRESS, dask:FILE.json of a scheduler.",
        parse=engine_name, section=Section.RUN)] = "auto"
    partition: Annotated[int | None, Option(
        "--partition", metavar="SIZE", help="dask: of a file that a task reads, such as 500MB. Default: by what there is.",
        parse=size, section=Section.RUN)] = None
    insecure: Annotated[bool, Option(
        "--insecure", help="dask: a scheduler without encryption that is not on this machine.", given=True,
        section=Section.RUN)] = False
    read: Annotated[ReadOptions, Fields()] = field(default_factory=ReadOptions)
    threads: Annotated[int | None, Option(
        "--threads", metavar="N", help="Default: the cores there are.", parse=whole(1), section=Section.RUN)] = None
    beside: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    screen: bool = False

    @property
    def afar(self) -> bool:
        """Whether the rows are read and kept by the workers of a cluster."""
        return self.engine.partition(":")[0] == "dask"

    @property
    def law(self) -> str | None:
        """The noise model that is asked for, as the registry finds it; None where there is none. Raises UsageError for two."""
        given = {"--model": self.model, "--loss": self.loss, "--density": self.density}
        named = [option for option, text in given.items() if text is not None]
        if len(named) > 1:
            raise UsageError(f"{named[1]} is a noise model, so {named[0]} contradicts it", "give one of them", code="contradiction")
        if self.density is not None:
            return f"density:{self.density}"
        return self.model if self.loss is None else f"loss:{self.loss}"

    def orders(self, target: str) -> dict[str, tuple[str, ...]]:
        """The orders of levels by column, that of the target included. Raises UsageError where it has two."""
        if self.order is None:
            return self.levels
        if self.levels.get(target, self.order) != self.order:
            raise UsageError(f'--order and --levels name two orders of the target "{shown(target)}"', "give one of them",
                             code="contradiction", columns=[target])
        return {**self.levels, target: self.order}


@cache
def options_by_name() -> Mapping[str, Declared]:
    """The options of a fit by the names of their fields."""
    return {option.name: option for option in declared(Request)}
