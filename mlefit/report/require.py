"""Requirements: `NAME OP NUMBER` on a figure of the JSON, read once before the data and judged on the report.

NAME is a path such as `criteria.bic`, or one of SHORT; a figure that does not exist meets no requirement. What is typed is
taken apart, never evaluated.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mlefit.errors import UsageError
from mlefit.options.near import did_you_mean
from mlefit.options.values import listed, refused
from mlefit.report.json import to_dict
from mlefit.report.report import SCHEMA, Report
from mlefit.report.safety import shown
from mlefit.report.schema import figures, schemas

SHORT = {
    "kl": "information.kl.misfit", "r2": "criteria.r_squared", "n": "data.n", "aic": "criteria.aic", "rmse": "criteria.rmse",
    "accuracy": "criteria.accuracy", "auc": "criteria.auc",
}
OPERATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}
FORM = re.compile(r"\s*([^\s<>=!]+)\s*(<=|>=|!=|<|>|=)\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")
EXAMPLE = "kl<0.05"
PATHS = {"fit": "criteria.bic", "check": "cross_entropy.new"}


class Figures(NamedTuple):
    """What may be required: figures of the objects of a `schema`, by their paths or in `short`; `example`, and the `name` of the
    schema as `mlefit schema` takes it."""

    schema: Callable[[], Mapping[str, Any]]
    short: Mapping[str, str]
    example: str
    name: str


FIT = Figures(lambda: schemas()[SCHEMA], SHORT, EXAMPLE, "fit")


class Requirement(NamedTuple):
    """`text` as typed, and what it says: the figure at `path`, compared with `number`."""

    text: str
    path: tuple[str, ...]
    operation: str
    number: float

    def failure(self, answer: Mapping[str, Any]) -> str | None:
        """Why an answer does not meet it, in one line; None where it does."""
        value: Any = answer
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        where = ".".join(self.path)
        if value is None:
            return f'requirement "{shown(self.text)}" does not hold: there is no {shown(where)}'
        if OPERATIONS[self.operation](value, self.number):
            return None
        return f'requirement "{shown(self.text)}" does not hold: {shown(where)} is {value:.6g}'


def requirement(option: str, text: str, of: Figures = FIT) -> Requirement:
    """What a text requires. Raises UsageError for another form, and for a name that is no figure of the JSON."""
    found = FORM.fullmatch(text)
    if found is None:
        raise refused(option, text, f"NAME OP NUMBER with OP one of {', '.join(OPERATIONS)}", f"such as {option} '{of.example}'")
    name, operation, number = found.groups()
    path = of.short.get(name, name)
    known = set(figures(of.schema()))
    parent, _, _ = path.rpartition(".")
    if path not in known and f"{parent}.*" not in known:
        near = did_you_mean(name, [*of.short, *sorted(path for path in known if "*" not in path)])
        raise UsageError(
            f'{option}: "{shown(name)}" is no figure of the JSON',
            f"{near}{listed(list(of.short))}, or a path of `mlefit schema` such as {PATHS[of.name]}", code="unknown-figure")
    return Requirement(text.strip(), tuple(path.split(".")), operation, float(number))


def failures(report: Report, required: tuple[Requirement, ...]) -> tuple[str, ...]:
    """A line for each requirement that the report does not meet."""
    answer = to_dict(report) if required else {}
    found = (one.failure(answer) for one in required)
    return tuple(line for line in found if line is not None)
