"""Loaded: a fitted model, or those of groups, as Python has them: a table in, a table of the same kind out."""

from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from mlefit.errors import DataError
from mlefit.records import record
from mlefit.report.report import Report
from mlefit.source.options import ReadOptions

if TYPE_CHECKING:
    from mlefit.saved.model import Saved
    from mlefit.saved.models import Models


@record(frozen=True)
class Model:
    """A fitted model without its data, from `mlefit.load` or a fit."""

    saved: "Saved"

    @property
    def report(self) -> Report:
        """The report of its fit."""
        from mlefit.saved.report import report_of

        return report_of(self.saved.fit)

    def predict(self, data: Any, *, interval: str = "law", level: float | None = None, seed: int = 0, score: bool = False) -> Any:
        """The columns that `mlefit predict` appends, with `flag`, a row for each row of `data`, in order.

        A pandas DataFrame, with the index of the one that was given; an Arrow table of an Arrow table, a polars frame of a polars
        frame. `interval`: law, conformal or none. Raises UsageError and DataError.
        """
        from mlefit.prediction.frame import predicted

        found = predicted(self.saved, _named(data), ReadOptions(na=self.saved.missing), interval,
                          self.saved.level if level is None else level, seed, score)
        return alike(data, found)

    def simulate(self, data: Any = None, *, rows: int | None = None, copies: int = 1, parameters: str = "fixed",
                 name: str | None = None, seed: int = 0) -> Any:
        """Responses drawn as `mlefit simulate` does: a row for each row of `data`, or `rows` of a model without predictors.

        A table as of `predict`. `copies` of them in columns NAME_1 and so on; `parameters` fixed, or drawn from their normal law
        first. The same seed gives a row the same number, whatever the rows before it. Raises UsageError and DataError.
        """
        from mlefit.options.values import choice
        from mlefit.prediction.frame import simulated
        from mlefit.prediction.simulate import Drawing

        drawn = choice(("fixed", "drawn"))("parameters", parameters) == "drawn"
        drawing = Drawing(copies, "drawn" if drawn else "fixed", name, seed)
        return alike(data, simulated(self.saved, _named(data), ReadOptions(na=self.saved.missing), rows, drawing))


@record(frozen=True)
class GroupModels:
    """The models of groups of rows, from `mlefit.load_groups` or fits with `by`."""

    models: "Models"

    def predict(self, data: Any, *, interval: str = "law", level: float | None = None, seed: int = 0, score: bool = False) -> Any:
        """As `Model.predict`, each row by the model of its group, which its own columns name."""
        from mlefit.prediction.frame import predicted_by_group

        first = self.models.first
        read = ReadOptions(na=first.missing)
        return alike(data, predicted_by_group(self.models, _named(data), read, interval, first.level if level is None else level,
                                              seed, score))


def load(path: "str | PathLike[str]") -> Model:
    """A model that `mlefit fit --save` or `Fit.save` has written. Raises DataError for what is none."""
    from mlefit.saved.read import load as read_model

    return Model(read_model(fspath(path)))


def load_groups(path: "str | PathLike[str]") -> GroupModels:
    """The models that `mlefit fit --by ... --save` or `Fits.save` has written. Raises DataError for what is none."""
    from mlefit.saved.models import Models, load_any

    found = load_any(fspath(path))
    if not isinstance(found, Models):
        raise DataError(f"{fspath(path)}: expected the models of groups, found one model", "mlefit.load takes it",
                        code="not-a-model")
    return GroupModels(found)


def alike(data: Any, columns: dict[str, Any]) -> Any:
    """Columns as a table of the kind of `data`; a number that is not there is null where that kind has nulls."""
    kind, room = type(data), type(data).__module__.partition(".")[0]
    if room == "polars":
        return kind(columns, nan_to_null=True)
    if room == "pyarrow" and hasattr(kind, "from_pydict"):
        from mlefit.source.arrow import of_floats

        return kind.from_pydict({
            name: values if isinstance(values, list) else of_floats(values) for name, values in columns.items()})
    import pandas as pd

    index = getattr(data, "index", None)        # a text or a list has a method of that name
    return pd.DataFrame(columns, index=None if callable(index) else index)


def _named(data: Any) -> Any:
    """A path as those that a source takes."""
    return (fspath(data),) if isinstance(data, (str, PathLike)) else data
