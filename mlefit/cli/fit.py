"""`mlefit fit`: options to a request, the request to the pipeline, its report to where the user wants it."""

from typing import TYPE_CHECKING, Literal, cast

from mlefit.cli import arguments, options, output
from mlefit.cli.delivery import deliver
from mlefit.cli.progress import progress
from mlefit.errors import NoEstimateError, UsageError
from mlefit.machine import keep_freed_memory

if TYPE_CHECKING:
    from mlefit.request import Engine, Request


def fit(
    data: arguments.Data = None,
    model: arguments.ModelName = None,
    target: arguments.Target = None,
    features: arguments.Features = None,
    formula: arguments.Formula = None,
    no_intercept: arguments.NoIntercept = False,
    positive: arguments.Positive = None,
    reference: arguments.Reference = None,
    weights: arguments.Weights = None,
    offset: arguments.Offset = None,
    missing: arguments.Missing = "drop",
    se: arguments.StandardErrors = "model",
    level: arguments.Level = 0.95,
    bits: arguments.Bits = False,
    seed: arguments.Seed = 0,
    draws: arguments.Draws = None,
    holdout: arguments.Holdout = None,
    format_: arguments.Format = "table",
    out: arguments.OutFile = None,
    delimiter: arguments.Delimiter = None,
    encoding: arguments.Encoding = None,
    decimal: arguments.Decimal = None,
    na: arguments.MissingTokens = None,
    no_header: arguments.NoHeader = False,
    engine: arguments.Engine = "auto",
    memory: arguments.Memory = None,
    threads: arguments.Threads = None,
    quiet: arguments.Quiet = False,
) -> None:
    """Fit a noise model to a table, by both routes."""
    from mlefit.request import Request
    from mlefit.source.options import ReadOptions

    check_data("fit", data, formula, target, features)
    assert data is not None
    if out is not None:
        output.check(out, data)
    request = Request(
        data=tuple(data), model=model, target=target, features=chosen(features), formula=formula,
        intercept=not no_intercept, positive=positive, reference=options.references(reference or ()), weights=weights,
        offset=offset, missing=cast(Literal["drop", "error"], missing), se=se, level=level,
        unit="bits" if bits else "nats", seed=seed, draws=draws, holdout=holdout,
        read=ReadOptions(delimiter, encoding, decimal, tuple(na or ()), not no_header, memory, format_ == "json"),
        engine=cast("Engine", engine), threads=threads,
    )
    answer(request, format_, out, quiet)


def check_data(
    command: str, data: list[str] | None, formula: str | None, target: str | None, features: list[str] | None
) -> None:
    """Raises UsageError without DATA, and for a formula beside -t or -x."""
    if not data:
        raise UsageError("DATA is missing: expected the path of a table, or - for standard input",
                         f"such as `mlefit {command} data.csv`; `mlefit {command} --help` lists the options",
                         code="no-data")
    if formula is not None and (target is not None or features):
        raise UsageError("--formula names the target and the predictors, so -t and -x contradict it",
                         "give either -f, or -t and -x", code="contradiction")


def answer(request: "Request", format_: str, out: str | None, quiet: bool) -> None:
    """Run the request and deliver its report, a partial one too: then the error goes on to the exit code."""
    from mlefit.pipeline import run
    from mlefit.report.report import Report

    keep_freed_memory()
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
