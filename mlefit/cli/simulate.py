"""`mlefit simulate`: responses drawn from a saved model, behind the rows of a table or alone."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

from mlefit import machine
from mlefit.cli import arguments, output
from mlefit.cli.messages import say
from mlefit.cli.predict import CAUSES, with_missing
from mlefit.errors import UsageError
from mlefit.numerals import are
from mlefit.options.declaration import Fields, Option
from mlefit.options.values import as_typed, choice, whole
from mlefit.report.safety import shown
from mlefit.source.options import ReadOptions

if TYPE_CHECKING:
    from mlefit.prediction.simulate import Simulator
    from mlefit.saved.model import Saved

PARAMETERS = ("fixed", "drawn")


def simulate(
    read: Annotated[ReadOptions, Fields()],
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    data: Annotated[tuple[str, ...], Option(
        "", metavar="DATA", help="Tables with the columns of the model, or - for standard input.", gather=as_typed)] = (),
    rows: Annotated[int | None, Option(
        "-n --rows", metavar="ROWS", help="That many rows of a model without predictors, and no DATA.", parse=whole(1))] = None,
    copies: Annotated[int, Option(
        "--copies", metavar="K", help="Draw each row so often, into columns NAME_1 to NAME_K.", parse=whole(1))] = 1,
    parameters: Annotated[str, Option(
        "--parameters", metavar="fixed|drawn", help="Those of the fit, or drawn from their normal law, each copy anew.",
        parse=choice(PARAMETERS))] = "fixed",
    name: Annotated[str | None, Option("--name", metavar="NAME", help="Of the drawn column. Default: that of the target.")] = None,
    seed: Annotated[int, Option("--seed", metavar="N", help="Same seed, same numbers.", parse=whole(0))] = 0,
    out: arguments.OutFile = None,
    quiet: arguments.Quiet = False,
    threads: arguments.Threads = None,
) -> None:
    """Draw responses from a saved model."""
    from mlefit.prediction.simulate import Drawing, Simulator
    from mlefit.saved.read import load
    from mlefit.source.opening import opened

    saved = load(model)
    check(saved, data, rows)
    inputs = () if rows is not None else data or ("-",)
    if out is not None:
        output.check(out, (model, *inputs))
    drawing = Drawing(copies, "drawn" if parameters == "drawn" else "fixed", name, seed)
    if rows is not None:
        alone = Simulator(saved, None, drawing)
        output.stream((alone.header(), alone.alone(rows)), out)
        return
    with closing(opened(inputs, with_missing(read, saved))) as source:
        simulator = Simulator(saved, source, drawing)
        output.stream((simulator.header(), simulator.blocks(threads or machine.threads())), out)
        if not quiet:
            tell(simulator)


def check(saved: "Saved", data: tuple[str, ...], rows: int | None) -> None:
    """Raises UsageError unless the predictors come from DATA, or there are none and the number of rows is told."""
    needed = [*saved.numbers, *saved.predictors.categories]
    if rows is not None and data:
        raise UsageError("-n is for a model alone, DATA has its own rows", "leave out one of them", code="options-contradict")
    if rows is not None and needed:
        kind = "column" if saved.trials is not None and needed[0] in saved.trials.numbers else "predictor"
        raise UsageError(f"the model needs the {kind} {shown(needed[0])}, and -n has no {kind}s",
                         "give a table: mlefit simulate MODEL.json DATA", code="options-contradict")
    if rows is None and not data and not needed:
        raise UsageError("the model has no predictors, and the number of rows is missing", "such as -n 100", code="no-rows")


def tell(simulator: "Simulator") -> None:
    """On stderr: how unusual cells are read, and the rows that could not be drawn."""
    told, saved = simulator.told, simulator.saved
    if simulator.source is not None:
        for said in simulator.source.said_of({*saved.numbers, *saved.predictors.categories}):
            say(f"note: {shown(said)}")
    if told.lost:
        causes = ", ".join(f"{shown(flag)} {count:,}" for flag, count in told.lost.most_common(CAUSES))
        more = f" and {len(told.lost) - CAUSES} more" if len(told.lost) > CAUSES else ""
        say(f"note: {told.without:,} of {told.rows:,} rows {are(told.without)} not drawn: {causes}{more}.")
