"""Arguments that several commands take: what the parser accepts and what `--help` says, once for all of them."""

from typing import Annotated

import typer

from mlefit.cli import options

Text = str | None
Texts = list[str] | None

Data = Annotated[Texts, typer.Argument(
    metavar="DATA", show_default=False, help="Tables with the same columns, or - for standard input.")]
ModelName = Annotated[Text, typer.Option(
    "-m", "--model", metavar="NAME", help="Noise model, see `mlefit models`. Default: by the target.")]
Target = Annotated[Text, typer.Option(
    "-t", "--target", metavar="COLUMN", help="Response. Default: a column y or target, else the last.")]
Features = Annotated[Texts, typer.Option(
    "-x", "--features", metavar="A,B,...", help="Predictors, or none. Repeatable. Default: all others.")]
Formula = Annotated[Text, typer.Option(
    "-f", "--formula", metavar="FORMULA", help='Instead of -t and -x: "y ~ a + C(g) + a:b".')]
NoIntercept = Annotated[bool, typer.Option("--no-intercept", help="No constant term.")]
Positive = Annotated[Text, typer.Option(
    "--positive", metavar="LEVEL", help="bernoulli: the level modelled. Default: the later one.")]
Reference = Annotated[Texts, typer.Option(
    "--reference", metavar="COLUMN=LEVEL", help="Baseline level of a categorical column. Repeatable.")]
Weights = Annotated[Text, typer.Option("--weights", metavar="COLUMN", help="Frequency weights.")]
Offset = Annotated[Text, typer.Option(
    "--offset", metavar="TERM", help="Added to the linear predictor: a column, or log(column).")]
Missing = Annotated[str, typer.Option(
    "--missing", parser=options.choice("--missing", ("drop", "error")), metavar="drop|error",
    help="Rows with a missing value: dropped and counted, or refused.")]
StandardErrors = Annotated[str, typer.Option(
    "--se", parser=options.standard_errors, metavar="KIND",
    help="Standard errors: model, ols, robust, hc3 or cluster:COLUMN.")]
Level = Annotated[float, typer.Option(
    "--level", parser=options.share("--level", "0.95"), metavar="P", help="Confidence level.")]
Bits = Annotated[bool, typer.Option("--bits", help="Entropies and KL in bits instead of nats.")]
Seed = Annotated[int, typer.Option(
    "--seed", parser=options.whole("--seed", 0), metavar="N", help="Seed of everything simulated.")]
Draws = Annotated[int | None, typer.Option(
    "--draws", parser=options.whole("--draws", 0), metavar="N",
    help="Draws of the KL null distribution; 0 simulates nothing. Default: by n.")]
Holdout = Annotated[float | None, typer.Option(
    "--holdout", parser=options.share("--holdout"), metavar="P",
    help="Keep this share of the rows out of the fit, and judge the fit on them.")]
Format = Annotated[str, typer.Option(
    "-o", "--output", parser=options.output, metavar="FORMAT", help="table, json, csv or markdown.")]
OutFile = Annotated[Text, typer.Option("--out", metavar="FILE", help="Write there instead of stdout.")]
Delimiter = Annotated[Text, typer.Option(
    "--delimiter", parser=options.delimiter, metavar="CHAR", help="Default: detected.")]
Encoding = Annotated[Text, typer.Option(
    "--encoding", parser=options.encoding, metavar="NAME", help="Default: detected.")]
Decimal = Annotated[Text, typer.Option(
    "--decimal", parser=options.choice("--decimal", (".", ",")), metavar="CHAR", help="Default: detected.")]
MissingTokens = Annotated[Texts, typer.Option(
    "--na", metavar="TOKEN", help="Means missing, besides the usual tokens. Repeatable.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first row is data.")]
Engine = Annotated[str, typer.Option(
    "--engine", parser=options.engine, metavar="NAME", help="auto, memory or stream.")]
Memory = Annotated[int | None, typer.Option(
    "--memory", parser=options.memory, metavar="SIZE", help="Memory to use at most, such as 200MB.")]
Threads = Annotated[int | None, typer.Option(
    "--threads", parser=options.whole("--threads", 1), metavar="N", help="Default: the cores there are.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes on stderr.")]
