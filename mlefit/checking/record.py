"""Record: everything that is said of a saved model on new rows, as plain values under the keys of `mlefit.check/1`."""

from typing import Any, Literal, NamedTuple

from mlefit.checking.refit import Refit
from mlefit.report.json import plain
from mlefit.report.schema import headed, of

SCHEMA = "mlefit.check/1"
Verdict = Literal["holds", "drifted", "real but small", "too few rows"]


class CrossEntropy(NamedTuple):
    """Nats per row. `expected`: on new rows of the law that was fitted, from the figure for `source`; `allowed`: above what
    difference the alarm is given."""

    new: float
    std_error: float
    expected: float
    source: Literal["new rows", "rows fitted"]
    excess: float
    excess_error: float
    allowed: float

    @property
    def in_errors(self) -> float | None:
        """The excess in its standard errors; None where it has none."""
        return self.excess / self.excess_error if self.excess_error else None


class Unfamiliar(NamedTuple):
    """Rows with a new level or beyond the range fitted: how many, their share, the share `allowed`, and how many by cause."""

    rows: int
    share: float
    allowed: float
    causes: dict[str, int]


class Residuals(NamedTuple):
    """Mean and spread of the residuals, standard normal if the model is true, with their errors, how many are in the middle of the
    law at the `level` of the fit, and the mean of response less prediction, in its unit. None where a row is so far out that its
    residual is infinite."""

    bias: float | None
    bias_error: float
    spread: float | None
    spread_error: float
    inside: float
    level: float
    error: float | None


class Calibrated(NamedTuple):
    """How often an outcome came and how often the model said so; the difference in its standard errors."""

    outcome: str
    observed: float
    expected: float
    in_se: float


class Check(NamedTuple):
    """`alarm`: whether the default rule asks for exit 5, because of `reasons`. `p_value`: of the test that the verdict rests on,
    `tested` by it. `smallest_found`: nats per row of a change that these rows would show 9 times of 10."""

    version: str
    model: str
    noise: str
    source: tuple[str, ...]
    sha256: tuple[str | None, ...]
    fitted_rows: int
    rows_read: int
    rows_used: int
    n: float
    lost: dict[str, int]
    verdict: Verdict
    sentence: str
    alarm: bool
    reasons: tuple[str, ...]
    p_value: float | None
    tested: str
    smallest_found: float
    cross_entropy: CrossEntropy
    unfamiliar: Unfamiliar
    residuals: Residuals | None
    calibration: tuple[Calibrated, ...]
    refit: Refit
    notes: tuple[str, ...] = ()


def to_dict(check: Check) -> dict[str, Any]:
    """The check under the keys of the schema."""
    found: dict[str, Any] = plain(check)
    return {"schema": SCHEMA, "mlefit": found.pop("version"), **found}


def check_schema() -> dict[str, Any]:
    """The schema, made from the record."""
    keys = dict(of(Check)["properties"])
    del keys["version"]
    return headed(SCHEMA, keys)
