"""No rows: the refusal of a table of which nothing can be fitted, whichever pass meets it first."""

from mlefit.design.ledger import Ledger
from mlefit.errors import DataError


def no_rows(ledger: Ledger) -> DataError:
    """Says why: there are none, all have missing values, or all weigh 0."""
    if ledger.read == 0:
        return DataError("the data has no rows", "check the file", code="no-rows")
    worst = ", ".join(f"{name} ({count})" for name, count in ledger.dropped.items())
    why, remedy = f"missing values in {worst}", "leave out the columns with missing values, or complete them"
    if not worst:
        why, remedy = (("no row has a trial", "use rows with trials") if ledger.untried
                       else ("every weight is 0", "use weights of which some are above 0"))
    return DataError(f"no complete rows remain of the {ledger.read} read: {why}", remedy, code="no-rows",
                     columns=list(ledger.dropped))
