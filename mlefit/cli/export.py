"""`mlefit export`: a saved model as an expression of SQL, Python, jq or Miller."""

from typing import Annotated

from mlefit.cli import arguments, output
from mlefit.options.declaration import Option
from mlefit.options.values import choice

LANGUAGES = ("sql", "sql:duckdb", "sql:sqlite", "sql:postgres", "python", "jq", "mlr")


def export(
    model: Annotated[str, Option("", metavar="MODEL.json", help="A model that `mlefit fit --save` wrote.")],
    to: Annotated[str, Option(
        "--to", metavar="LANGUAGE", help="sql[:duckdb|sqlite|postgres], python, jq or mlr; sql is that of DuckDB.",
        parse=choice(LANGUAGES))],
    table: Annotated[str, Option("--table", metavar="NAME", help="Of SQL: the table with the rows.")] = "data",
    out: arguments.OutFile = None,
) -> None:
    """Export a saved model as an expression."""
    from mlefit.exporting.export import program
    from mlefit.saved.read import load

    if out is not None:
        output.check(out, (model,))
    output.write(program(load(model), to, table), out)
