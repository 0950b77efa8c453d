"""Record: everything that is said of given coefficients, as plain values under the keys of `mlefit.audit/1`."""

from typing import Any, Literal, NamedTuple

from mlefit.auditing.penalty import Penalty
from mlefit.report.json import plain
from mlefit.report.schema import headed, of

SCHEMA = "mlefit.audit/1"
Finding = Literal["maximum", "maximum, rounded", "stopped early", "regularised", "the other outcome", "a local maximum",
                  "another model"]


class Audited(NamedTuple):
    """A parameter as it was given and at the maximum, natural units, shapes by their logarithms; `gradient` of the negative
    log-likelihood in total nats per unit, `pull` that per standard error."""

    name: str
    class_: str | None
    given: float
    maximum: float
    std_error: float
    distance: float
    gradient: float | None
    pull: float | None


class Audit(NamedTuple):
    """`edm` and `excess` in total nats, `distance` in standard errors. `shapes`: whether they were given, or are the best ones
    beside the coefficients. `n_minus_p`: whether the scale given is that of n - p."""

    version: str
    coefficients: str
    noise: str
    target: str
    formula: str
    source: tuple[str, ...]
    sha256: tuple[str | None, ...]
    n: float
    certified: bool
    finding: Finding
    sentence: str
    edm: float | None
    distance: float
    excess: float
    excess_per_row: float
    shapes: Literal["given", "the best beside the coefficients", "none"]
    n_minus_p: bool
    penalty: Penalty | None
    parameters: tuple[Audited, ...]
    notes: tuple[str, ...] = ()


def to_dict(audit: Audit) -> dict[str, Any]:
    """The audit under the keys of the schema."""
    found: dict[str, Any] = plain(audit)
    return {"schema": SCHEMA, "mlefit": found.pop("version"), **found}


def audit_schema() -> dict[str, Any]:
    """The schema, made from the record."""
    keys = dict(of(Audit)["properties"])
    del keys["version"]
    return headed(SCHEMA, keys)
