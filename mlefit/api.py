"""The Python door: `mlefit.fit(...)` and the object it returns. The only place, besides the sources, that knows pandas."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mlefit.loaded import GroupModels, Model, load, load_groups
from mlefit.options.declaration import checked, declared, signed
from mlefit.options.values import refused
from mlefit.pipeline import run
from mlefit.records import record
from mlefit.report.json import to_dict
from mlefit.report.report import Report
from mlefit.report.table import render_table
from mlefit.request import Request, options_by_name
from mlefit.source.options import ReadOptions, column_types

__all__ = ["Compared", "Fit", "Fits", "GroupModels", "Model", "compare", "fit", "load", "load_groups"]

if TYPE_CHECKING:
    import pandas as pd

    from mlefit.report.comparison import Comparison, Recommendation
    from mlefit.report.groups import ByGroup
    from mlefit.saved.model import Saved


@record(frozen=True)
class Fit:
    """A certified fit. `print(fit)` is the table of the command line, `report` every figure as plain values.

    `model` predicts, and is what `save` writes.
    """

    report: Report
    model: "Model"

    @property
    def parameters(self) -> "pd.DataFrame":
        """One row per parameter, with the columns of the JSON."""
        import pandas as pd

        return pd.DataFrame(self.to_dict()["parameters"])

    def to_dict(self) -> dict[str, Any]:
        """The JSON object `mlefit.fit/1`."""
        return to_dict(self.report)

    @property
    def detail(self) -> str:
        """The table with every figure, as `--detail` prints it."""
        return render_table(self.report, detail=True)

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the model there, for `mlefit predict` and `mlefit.load`. Raises OSError."""
        from mlefit.saved.write import to_json

        Path(path).write_text(to_json(self.model.saved), encoding="utf-8")

    def predict(self, data: Any, **options: Any) -> Any:
        """As `Model.predict`."""
        return self.model.predict(data, **options)

    def __str__(self) -> str:
        return render_table(self.report)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@record(frozen=True)
class Compared:
    """A comparison. `print(compared)` is the table of the command line, `comparison` every figure as plain values."""

    comparison: "Comparison"

    @property
    def recommendation(self) -> "Recommendation":
        """The model to use, how strongly, and why."""
        assert self.comparison.recommendation is not None
        return self.comparison.recommendation

    @property
    def models(self) -> "pd.DataFrame":
        """One row per model, with the columns of the CSV."""
        from io import StringIO

        import pandas as pd

        from mlefit.report.comparison_csv import to_csv

        return pd.read_csv(StringIO(to_csv(self.comparison)))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object `mlefit.compare/1`."""
        from mlefit.report.comparison_json import comparison_to_dict

        return comparison_to_dict(self.comparison)

    def __str__(self) -> str:
        from mlefit.report.comparison_table import render_comparison

        return render_comparison(self.comparison)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@record(frozen=True)
class Fits:
    """The fits of all groups of rows. `print(fits)` is the table of the command line, `answer` a line for each group.

    `complete` makes the whole report of each group, and its model, when they are first asked for.
    """

    answer: "ByGroup"
    complete: "Callable[[], tuple[ByGroup, tuple[tuple[tuple[str, ...], Saved], ...]]]"

    @property
    def models(self) -> "tuple[tuple[tuple[str, ...], Saved], ...]":
        """Of each group that has an answer its values and its model, which `save` writes."""
        return self.complete()[1]

    @property
    def by(self) -> list[dict[str, Any]]:
        """Of each group its values, `group`, its `fit` (`mlefit.fit/1`), and the `error` where it has no answer."""
        found: list[dict[str, Any]] = self.to_dict()["groups"]
        return found

    @property
    def parameters(self) -> "pd.DataFrame":
        """One row per parameter of each group, one of a group without an answer, with the columns of the CSV."""
        from io import StringIO

        import pandas as pd

        from mlefit.report.groups_csv import to_csv

        return pd.read_csv(StringIO(to_csv(self.answer)), dtype=dict.fromkeys(range(len(self.answer.by)), str))

    def to_dict(self) -> dict[str, Any]:
        """The JSON object `mlefit.by/1`."""
        from mlefit.report.groups_json import groups_to_dict

        return groups_to_dict(self.complete()[0])

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the models of all groups there, for `mlefit predict`. Raises OSError, and UsageError where there are too many."""
        from mlefit.saved.models import models_to_json

        Path(path).write_text(models_to_json(self.answer.by, self.models), encoding="utf-8")

    def predict(self, data: Any, **options: Any) -> Any:
        """As `GroupModels.predict`."""
        from mlefit.saved.models import models_of

        return GroupModels(models_of(self.answer.by, self.models)).predict(data, **options)

    def __str__(self) -> str:
        from mlefit.report.groups_table import render_groups

        return render_groups(self.answer)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


FIRST = ("data", "target", "features", "model")       # also by position
READING = tuple(option.name for option in declared(ReadOptions))


@overload
def fit(data: Any, target: str | None = None, features: Sequence[str] | None = None, model: str | None = None, *,
        by: str | Sequence[str], **options: Any) -> Fits: ...
@overload
def fit(data: Any, target: str | None = None, features: Sequence[str] | None = None, model: str | None = None, *,
        by: tuple[()] = (), **options: Any) -> Fit: ...
def fit(data: Any, target: str | None = None, features: Sequence[str] | None = None, model: str | None = None, *,
        by: str | Sequence[str] = (), **options: Any) -> Fit | Fits:
    """Fit a noise model by maximum likelihood and by least loss; the arguments are the options of `mlefit fit`.

    `data` is a path, a list of paths, a pandas DataFrame, an Arrow table or a mapping of columns. `features=[]` fits the
    target alone. How a file is read is said option by option, or at once by `read`. Raises the errors of the command line:
    UsageError, DataError, and NoEstimateError, whose `partial` is the Report of what is known; TypeError for a keyword that
    is no option. `by`: columns whose values divide the rows; each group has a fit, or says why it has none.
    """
    if by:
        from mlefit.groups.fit import fit_groups_at_once

        columns = (by,) if isinstance(by, str) else tuple(by)
        return Fits(*fit_groups_at_once(request_of("fit", data, target, features, {**options, "model": model, "by": columns})))
    kept: list[Saved] = []
    report = run(request_of("fit", data, target, features, {**options, "model": model}), keep=kept.append)
    return Fit(report, Model(kept[0]))


def compare(data: Any, target: str | None = None, features: Sequence[str] | None = None, models: Sequence[str] = (),
            formulas: Sequence[str] = (), folds: int | None = None, **options: Any) -> "Compared":
    """Fit several models, with each of several designs, to the same rows and judge them; further options are those of `fit`.

    Without `models`, all that the response admits; `formulas`, not target and features; new rows by `folds`. Raises as `fit` does.
    """
    from mlefit.comparison.compare import compare as comparison_of
    asked = request_of("compare", data, target, features, options)
    return Compared(comparison_of(asked, tuple(models), tuple(formulas), folds=folds))


def request_of(
    name: str, data: Any, target: str | None, features: Sequence[str] | None, options: Mapping[str, Any]
) -> Request:
    """The request of the function `name`. Raises TypeError for a keyword that is no option."""
    known = options_by_name()
    if unknown := sorted(options.keys() - known.keys() - {"read"}):
        raise TypeError(f"{name}() got an unexpected keyword argument '{unknown[0]}'")
    options = {name: value if name == "read" else checked(known[name], value) for name, value in options.items()}
    if isinstance(data, (str, PathLike)):
        data = (fspath(data),)
    elif isinstance(data, list | tuple) and all(isinstance(path, (str, PathLike)) for path in data):
        data = tuple(fspath(path) for path in data)
    reading = {name: options.pop(name) for name in READING if name in options}
    if isinstance(types := reading.get("types"), Mapping):
        reading["types"] = column_types("types", [f"{column}={kind}" for column, kind in types.items()])
    read = (options.pop("read", None) or ReadOptions())._replace(digest=True, **reading)
    reference = options.get("reference") or {}
    if not isinstance(reference, Mapping):
        raise refused("--reference", reference, "a mapping of columns to levels", 'such as reference={"site": "a"}')
    options["reference"] = dict(reference)
    orders = options.get("levels") or {}
    if not isinstance(orders, Mapping):
        raise refused("--levels", orders, "a mapping of columns to their levels", 'such as levels={"size": ["small", "large"]}')
    options["levels"] = {name: tuple(levels) for name, levels in orders.items()}
    features = None if features is None else (features,) if isinstance(features, str) else tuple(features)
    for option, text in (("--target", target), ("--model", options.get("model"))):
        if text is not None and not isinstance(text, str):
            raise refused(option, text, "text", "give one name in quotes")
    return Request(data=data, target=target, features=features, read=read, **options)


def keywords(record: Callable[..., Request]) -> Iterator[Parameter]:
    """The parameters of `fit` for a record of options: FIRST, then its other options by name, and `read`."""
    options = {option.name: option for option in declared(record)}
    for name in (*FIRST, *(name for name in options if name not in FIRST)):
        kind = Parameter.POSITIONAL_OR_KEYWORD if name in FIRST else Parameter.KEYWORD_ONLY
        yield Parameter(name, kind, default=options[name].default, annotation=options[name].type)
    yield Parameter("read", Parameter.KEYWORD_ONLY, default=None, annotation=ReadOptions | None)


signed(fit, keywords(Request))
