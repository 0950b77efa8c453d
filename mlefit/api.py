"""The Python door: `mlefit.fit(...)` and the object it returns. The only place, besides the sources, that knows pandas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal

from mlefit.pipeline import run
from mlefit.report.json import to_dict
from mlefit.report.report import Report
from mlefit.report.table import render_table
from mlefit.request import Engine, Request
from mlefit.source.options import ReadOptions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Fit:
    """A certified fit. `print(fit)` is the table of the command line, `report` every figure as plain values."""

    report: Report

    @property
    def parameters(self) -> "pd.DataFrame":
        """One row per parameter, with the columns of the JSON."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["parameters"])

    def to_dict(self) -> dict[str, Any]:
        """The JSON object `mlefit.fit/1`."""
        return to_dict(self.report)

    def __str__(self) -> str:
        return render_table(self.report)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def fit(
    data: Any,
    target: str | None = None,
    features: Sequence[str] | None = None,
    model: str | None = None,
    *,
    formula: str | None = None,
    intercept: bool = True,
    positive: str | None = None,
    reference: Mapping[str, str] | None = None,
    weights: str | None = None,
    offset: str | None = None,
    missing: Literal["drop", "error"] = "drop",
    se: str = "model",
    level: float = 0.95,
    unit: Literal["nats", "bits"] = "nats",
    seed: int = 0,
    draws: int | None = None,
    holdout: float | None = None,
    read: ReadOptions | None = None,
    engine: Engine = "auto",
    threads: int | None = None,
) -> Fit:
    """Fit a noise model by maximum likelihood and by least loss; the arguments are the options of `mlefit fit`.

    `data` is a path, a list of paths, a pandas DataFrame, an Arrow table or a mapping of columns. `features=[]` fits the
    target alone. Raises the errors of the command line: UsageError, DataError, and NoEstimateError, whose `partial` is
    the Report of what is known.
    """
    if isinstance(data, (str, PathLike)):
        data = (fspath(data),)
    elif isinstance(data, list | tuple) and all(isinstance(path, (str, PathLike)) for path in data):
        data = tuple(fspath(path) for path in data)
    return Fit(run(Request(
        data=data, model=model, target=target, features=None if features is None else tuple(features), formula=formula,
        intercept=intercept, positive=positive, reference=dict(reference or {}), weights=weights, offset=offset,
        missing=missing, se=se, level=level, unit=unit, seed=seed, draws=draws, holdout=holdout,
        read=(read or ReadOptions())._replace(digest=True), engine=engine, threads=threads,
    )))
