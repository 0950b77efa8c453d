"""`mlefit predict`: a saved model on the rows of a table, each as it stands with its prediction behind it."""

import sys
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

from mlefit import machine
from mlefit.cli import arguments, output
from mlefit.cli.delivery import is_terminal
from mlefit.cli.messages import say
from mlefit.errors import UsageError
from mlefit.numerals import are, have, plural
from mlefit.options.declaration import Fields, Option, Section
from mlefit.options.values import as_typed, choice, listed, share, whole
from mlefit.report.digits import significant
from mlefit.report.safety import shown
from mlefit.source.options import ReadOptions

if TYPE_CHECKING:
    from mlefit.prediction.predict import Asked, Form, Predictor, Told
    from mlefit.saved.model import Saved
    from mlefit.saved.models import Models
    from mlefit.source.reader import Reader

Intervals = Literal["law", "conformal", "none"]
Missing = Literal["keep", "error"]
FORMATS = ("csv", "json", "jsonl", "parquet")
CAUSES = 5          # named on stderr


def columns(_option: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Names, split at commas."""
    return tuple(name for text in texts for name in text.split(",") if name)


def predict(
    read: Annotated[ReadOptions, Fields()],
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    data: Annotated[tuple[str, ...], Option(
        "", metavar="DATA", help="Tables with the columns of the model, or - for standard input.", gather=as_typed)] = (),
    prefix: Annotated[str, Option("--prefix", metavar="TEXT", help="Put before the names of the new columns.")] = "",
    only: Annotated[bool, Option("--only", help="The new columns alone, with those of --id.", given=True)] = False,
    ids: Annotated[tuple[str, ...], Option(
        "--id", metavar="A,B,...", help="Columns kept with --only. Repeatable.", gather=columns)] = (),
    level: Annotated[float | None, Option(
        "--level", metavar="P", help="Confidence level. Default: that of the fit.", parse=share("0.95"))] = None,
    interval: Annotated[Intervals | None, Option(
        "--interval", metavar="law|conformal|none", help="Intervals by the law, by rows held out at the fit, or none.",
        parse=choice(get_args(Intervals)))] = None,
    missing: Annotated[Missing, Option(
        "--missing", metavar="keep|error", help="Rows that have no prediction: kept, empty and flagged, or refused.",
        parse=choice(get_args(Missing)))] = "keep",
    score: Annotated[bool, Option("--score", help="The target is there: append what each row costs.", given=True)] = False,
    format_: Annotated[str | None, Option(
        "-o --output", metavar="FORMAT", help=f"{listed(FORMATS)}. Default: by the suffix of --out, else csv.",
        parse=partial(arguments.output_format, formats=FORMATS), section=Section.ANSWER)] = None,
    digits: Annotated[int | None, Option(
        "--digits", metavar="N", help="Significant digits. Default: all.", parse=whole(1))] = None,
    seed: arguments.Chance = 0,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
    threads: arguments.Threads = None,
) -> None:
    """Predict the rows of a table by a saved model."""
    from mlefit.prediction.predict import Asked
    from mlefit.saved.models import Models, load_any
    from mlefit.source.arrow import use_the_systems_memory
    from mlefit.source.opening import opened

    found = load_any(model)
    saved = found.first if isinstance(found, Models) else found
    if ids and not only:
        raise UsageError("--id names columns that are kept with --only", "add --only, or leave out --id",
                         code="options-contradict")
    inputs = data or ("-",)
    if out is not None:
        output.check(out, (model, *inputs))
    wanted = interval or ("none" if len(saved.noise.modelled) > 1 else "law")
    said = level if level is not None else saved.level
    form = cast("Form", arguments.form(format_, out, FORMATS))
    if form == "parquet" and out is None and is_terminal(sys.stdout):
        raise UsageError("-o parquet is no text for a terminal", "use --out FILE.parquet, or a pipe", code="options-contradict")
    use_the_systems_memory()
    asked = Asked(prefix, ids if only else None, wanted, said, digits, score, missing == "error", seed, form)
    with closing(opened(inputs, with_missing(read, saved)._replace(flowing=True))) as source:
        predictor = predictor_of(found, source, asked)
        output.stream((predictor.header(), predictor.blocks(threads or machine.threads())), out)
        if not quiet:
            tell(predictor.told, predictor)


def predictor_of(found: "Saved | Models", source: "Reader", asked: "Asked") -> "Predictor":
    """The model, or the models of groups, about to meet a table."""
    from mlefit.prediction.predict import Predictor
    from mlefit.saved.models import Models

    if isinstance(found, Models):
        from mlefit.prediction.by_group import GroupPredictor

        return GroupPredictor(found, source, asked)
    return Predictor(found, source, asked)


def with_missing(read: ReadOptions, saved: "Saved") -> ReadOptions:
    """The words for what is missing are those of the fit, and those given here."""
    return read._replace(na=tuple(dict.fromkeys((*saved.missing, *read.na))), digest=True)


def tell(told: "Told", predictor: "Predictor") -> None:
    """On stderr: what became of the rows, and what their responses say."""
    for said in predictor.source.said_of({*predictor.saved.numbers, *predictor.saved.predictors.categories}):
        say(f"note: {shown(said)}")
    for what, rows, counted in (
        (f"{have(told.without)} no prediction", told.without, told.lost),
        (f"{are(told.beyond)} beyond the rows fitted", told.beyond, told.doubted),
        (f"{have(told.unscored)} no score", told.unscored, told.unjudged),
    ):
        if counted:
            causes = ", ".join(f"{shown(flag)} {count:,}" for flag, count in counted.most_common(CAUSES))
            more = f" and {len(counted) - CAUSES} more" if len(counted) > CAUSES else ""
            say(f"note: {rows:,} of {told.rows:,} rows {what}: {causes}{more}.")
    if predictor.saved.fitted(predictor.source):
        say("note: these are the rows of the fit; their errors flatter the model.")
    if told.score.n:
        judged, below, above = told.score.judged, told.score.below, told.score.above
        inside = (f"; {100.0 * (judged - below - above) / judged:.1f} % fell inside their interval, {100.0 * below / judged:.1f} % "
                  f"below it and {100.0 * above / judged:.1f} % above") if judged else ""
        error = f" +- {significant(told.score.error, 2)}" if told.score.n > 1 else ""
        say(f"note: cross-entropy {significant(told.score.mean)}{error} nats per row of {plural(told.score.n, 'row')}; "
            f"{significant(told.score.fitted / told.score.n)} in the rows fitted{inside}.")
