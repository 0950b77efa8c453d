"""Export: the program of a saved model in a language."""

from mlefit.exporting.columns import exported
from mlefit.exporting.jq import Jq
from mlefit.exporting.language import Language
from mlefit.exporting.miller import Miller
from mlefit.exporting.python import Python
from mlefit.exporting.sql import DuckDb, Postgres, Sqlite
from mlefit.saved.model import Saved

LANGUAGES: dict[str, type[Language]] = {
    "sql": DuckDb, "sql:duckdb": DuckDb, "sql:sqlite": Sqlite, "sql:postgres": Postgres, "python": Python, "jq": Jq, "mlr": Miller,
}


def program(saved: Saved, to: str, table: str) -> str:
    """Raises UsageError for what a language lacks, and for names that it cannot quote."""
    return LANGUAGES[to]().program(exported(saved), table)
