"""`mlefit fit`: options to a request, the request to the pipeline, its report to where the user wants it."""

from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from mlefit.cli import options, output
from mlefit.cli.delivery import deliver
from mlefit.cli.progress import progress
from mlefit.errors import NoEstimateError, UsageError

if TYPE_CHECKING:
    from mlefit.request import Engine, Request

Text = str | None
Texts = list[str] | None


def fit(  # noqa: PLR0917 - one parameter per option of the contract
    data: Annotated[Texts, typer.Argument(
        metavar="DATA", show_default=False, help="Tables with the same columns, or - for standard input.")] = None,
    model: Annotated[Text, typer.Option(
        "-m", "--model", metavar="NAME", help="Noise model, see `mlefit models`. Default: by the target.")] = None,
    target: Annotated[Text, typer.Option(
        "-t", "--target", metavar="COLUMN", help="Response. Default: a column y or target, else the last.")] = None,
    features: Annotated[Texts, typer.Option(
        "-x", "--features", metavar="A,B,...", help="Predictors, or none. Repeatable. Default: all others.")] = None,
    formula: Annotated[Text, typer.Option(
        "-f", "--formula", metavar="FORMULA", help='Instead of -t and -x: "y ~ a + C(g) + a:b".')] = None,
    no_intercept: Annotated[bool, typer.Option("--no-intercept", help="No constant term.")] = False,
    positive: Annotated[Text, typer.Option(
        "--positive", metavar="LEVEL", help="bernoulli: the level modelled. Default: the later one.")] = None,
    reference: Annotated[Texts, typer.Option(
        "--reference", metavar="COLUMN=LEVEL", help="Baseline level of a categorical column. Repeatable.")] = None,
    weights: Annotated[Text, typer.Option("--weights", metavar="COLUMN", help="Frequency weights.")] = None,
    offset: Annotated[Text, typer.Option(
        "--offset", metavar="TERM", help="Added to the linear predictor: a column, or log(column).")] = None,
    missing: Annotated[str, typer.Option(
        "--missing", parser=options.choice("--missing", ("drop", "error")), metavar="drop|error",
        help="Rows with a missing value: dropped and counted, or refused.")] = "drop",
    se: Annotated[str, typer.Option(
        "--se", parser=options.standard_errors, metavar="KIND",
        help="Standard errors: model, ols, robust, hc3 or cluster:COLUMN.")] = "model",
    level: Annotated[float, typer.Option(
        "--level", parser=options.probability, metavar="P", help="Confidence level.")] = 0.95,
    bits: Annotated[bool, typer.Option("--bits", help="Entropies and KL in bits instead of nats.")] = False,
    seed: Annotated[int, typer.Option(
        "--seed", parser=options.whole("--seed", 0), metavar="N", help="Seed of everything simulated.")] = 0,
    draws: Annotated[int | None, typer.Option(
        "--draws", parser=options.whole("--draws", 0), metavar="N",
        help="Draws of the KL null distribution; 0 simulates nothing. Default: by n.")] = None,
    format_: Annotated[str, typer.Option(
        "-o", "--output", parser=options.output, metavar="FORMAT", help="table, json, csv or markdown.")] = "table",
    out: Annotated[Text, typer.Option("--out", metavar="FILE", help="Write there instead of stdout.")] = None,
    delimiter: Annotated[Text, typer.Option(
        "--delimiter", parser=options.delimiter, metavar="CHAR", help="Default: detected.")] = None,
    encoding: Annotated[Text, typer.Option(
        "--encoding", parser=options.encoding, metavar="NAME", help="Default: detected.")] = None,
    decimal: Annotated[Text, typer.Option(
        "--decimal", parser=options.choice("--decimal", (".", ",")), metavar="CHAR", help="Default: detected.")] = None,
    na: Annotated[Texts, typer.Option(
        "--na", metavar="TOKEN", help="Means missing, besides the usual tokens. Repeatable.")] = None,
    no_header: Annotated[bool, typer.Option("--no-header", help="The first row is data.")] = False,
    engine: Annotated[str, typer.Option(
        "--engine", parser=options.engine, metavar="NAME", help="auto, memory or stream.")] = "auto",
    memory: Annotated[int | None, typer.Option(
        "--memory", parser=options.memory, metavar="SIZE", help="Memory to use at most, such as 200MB.")] = None,
    threads: Annotated[int | None, typer.Option(
        "--threads", parser=options.whole("--threads", 1), metavar="N", help="Default: the cores there are.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No notes on stderr.")] = False,
) -> None:
    """Fit a noise model to a table, by both routes."""
    from mlefit.request import Request
    from mlefit.source.options import ReadOptions

    if not data:
        raise UsageError("DATA is missing: expected the path of a table, or - for standard input",
                         "such as `mlefit fit data.csv`; `mlefit fit --help` lists the options", code="no-data")
    if formula is not None and (target is not None or features):
        raise UsageError("--formula names the target and the predictors, so -t and -x contradict it",
                         "give either -f, or -t and -x", code="contradiction")
    if out is not None:
        output.check(out, data)
    request = Request(
        data=tuple(data), model=model, target=target, features=chosen(features), formula=formula,
        intercept=not no_intercept, positive=positive, reference=options.references(reference or ()), weights=weights,
        offset=offset, missing=cast(Literal["drop", "error"], missing), se=se, level=level,
        unit="bits" if bits else "nats", seed=seed, draws=draws,
        read=ReadOptions(delimiter, encoding, decimal, tuple(na or ()), not no_header, memory),
        engine=cast("Engine", engine), threads=threads,
    )
    answer(request, format_, out, quiet)


def answer(request: "Request", format_: str, out: str | None, quiet: bool) -> None:
    """Run the request and deliver its report, a partial one too: then the error goes on to the exit code."""
    from mlefit.pipeline import run
    from mlefit.report.report import Report

    try:
        with progress(quiet) as show:
            report = run(request, show)
    except NoEstimateError as error:
        if isinstance(error.partial, Report) and format_ != "json":    # as JSON it is part of the error
            deliver(error.partial, format_, out, quiet)
        raise
    deliver(report, format_, out, quiet)


def chosen(features: list[str] | None) -> tuple[str, ...] | None:
    """The values as typed: only the file can tell whether a comma belongs to a name. A lone `none` is no predictor."""
    if not features:
        return None
    return () if features == ["none"] else tuple(features)
