"""Groups: the same model for each group of rows, as plain values. The renderers print it and compute nothing."""

from collections import Counter
from typing import Literal, NamedTuple

from mlefit.errors import MlefitError
from mlefit.report.report import Data, Model, Parameter, Report, Warn

SCHEMA = "mlefit.by/1"


class Group(NamedTuple):
    """One fit. `key`: the value of each column that divides the rows; `n` of the rows fitted, of those used where none were.

    `error`: why there is no answer; its parameters and figures are then none. `report`: the whole fit, where it was asked for.
    `p_value`: of the verdict on its misfit, and whether that is a `misfit` among those of all groups; None without draws.
    """

    key: tuple[str, ...]
    n: int
    parameters: tuple[Parameter, ...] = ()
    cross_entropy: float | None = None
    error: MlefitError | None = None
    report: Report | None = None
    p_value: float | None = None
    misfit: bool | None = None

    @property
    def status(self) -> str:
        """`ok`, or the code of why there is no answer."""
        return "ok" if self.error is None else self.error.code


class ByGroup(NamedTuple):
    """All groups, in level order. `data` and `model` are those of the whole file; `names` of the parameters of a group, class by
    class, aliased ones included."""

    version: str
    by: tuple[str, ...]
    data: Data
    model: Model
    groups: tuple[Group, ...]
    names: tuple[tuple[str | None, str], ...]
    warnings: tuple[Warn, ...] = ()
    notes: tuple[str, ...] = ()
    unit: Literal["nats", "bits"] = "nats"

    @property
    def without(self) -> Counter[str]:
        """How many groups have no answer, by code."""
        return Counter(group.status for group in self.groups if group.error is not None)

    @property
    def summary(self) -> str | None:
        """How many groups have no answer, and why; None where all have one."""
        without = self.without
        if not without:
            return None
        causes = ", ".join(f"{code.replace('-', ' ')} {count:,}" for code, count in without.most_common())
        verb = "has" if without.total() == 1 else "have"
        return f"{without.total():,} of {len(self.groups):,} groups {verb} no answer: {causes}"
