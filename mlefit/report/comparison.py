"""Comparison: everything that is said about several models of one response, as plain values.

Field names are those of the JSON schema `mlefit.compare/1`; None stands where a number does not exist. Figures are nats per
row unless said.
"""

from typing import Literal, NamedTuple

from mlefit.report.report import Report

SCHEMA = "mlefit.compare/1"
Strength = Literal["keep", "strong", "lean", "none-fits"]
Test = Literal["likelihood ratio", "likelihood ratio, boundary", "F", "Vuong"]


class Cells(NamedTuple):
    """A density refitted as the masses of cells of width `step`, for which whole numbers stand: its cross-entropy and AIC there."""

    step: float
    cross_entropy: float
    aic: float


class HeldOut(NamedTuple):
    """Under the fits to the other `folds`: cross-entropy of all rows, how much that is behind the best model with the paired
    standard error, and the stacking weight of the model. None where a fold has no fit, with the `reason`."""

    folds: int
    cross_entropy: float | None = None
    behind: float | None = None
    std_error: float | None = None
    weight: float | None = None
    reason: str | None = None


class Entry(NamedTuple):
    """A model in its place, under a `label` of its own. `model`: as -m takes it; `formula`: where designs are compared.

    `group`: models that the same data ask for. Without an answer it has a `code` and a `reason`, and `report` is what is known.
    `cells`: of a density beside models of counts; `report` has the fit to the values then.
    """

    label: str
    model: str
    formula: str | None = None
    group: str = ""
    report: Report | None = None
    code: str | None = None
    reason: str | None = None
    cells: Cells | None = None
    held_out: HeldOut | None = None

    @property
    def cross_entropy(self) -> float | None:
        """Nats per row, that of cells where these count."""
        if self.cells is not None:
            return self.cells.cross_entropy
        return None if self.report is None or self.report.mle is None else self.report.mle.nll

    @property
    def on_new_rows(self) -> float | None:
        """By folds or of the rows held out, if asked for, else by leave-one-out; of cells with what the density loses there."""
        report = self.report
        if self.held_out is not None:
            return self.held_out.cross_entropy
        value = None if report is None or report.criteria is None else report.criteria.on_new_rows
        if report is not None and report.information is not None and report.information.holdout is not None:
            value = report.information.holdout.cross_entropy
        fitted = None if report is None or report.mle is None else report.mle.nll
        if value is None or self.cells is None or fitted is None:
            return value
        return value - fitted + self.cells.cross_entropy

    @property
    def tic(self) -> float | None:
        """2 NLL + 2 tr(J^-1 K), that of the values."""
        report = self.report
        if report is None or report.information is None or report.information.expected_tic is None:
            return None
        return 2.0 * report.data.n * report.information.expected_tic

    @property
    def weight(self) -> float | None:
        """The share of the model in the best mixture, by folds."""
        return None if self.held_out is None else self.held_out.weight

    @property
    def aic(self) -> float | None:
        """2 k + 2 NLL."""
        if self.cells is not None:
            return self.cells.aic
        return None if self.report is None or self.report.criteria is None else self.report.criteria.aic

    @property
    def fitted(self) -> bool:
        """Whether it takes part."""
        return self.report is not None and self.code is None


class Difference(NamedTuple):
    """How much a model is behind another, mean of the paired differences over rows, with its interval.

    `statistic` is the likelihood ratio 2 (L - L'), with `df` extra parameters, or Vuong's z; `p_value`, one-sided, of no
    difference. `indistinguishable`: on these rows the two laws are one but for the noise of the estimates, and there is no z.
    `within`: the model contains the one that it is behind, and p is that of what it gains.
    """

    model: str
    against: str
    nats: float
    std_error: float
    low: float
    high: float
    test: Test
    statistic: float | None
    df: int | None
    p_value: float | None
    nested: bool
    indistinguishable: bool = False
    within: bool = False


class Finding(NamedTuple):
    """A direction in which the residuals of a model leave its law, `value` standard deviations; a sentence that says it."""

    direction: str
    value: float
    sentence: str


class Adequacy(NamedTuple):
    """Smooth test of a model's own residuals: its p-value, how it was made, and the directions that stand out."""

    model: str
    statistic: float
    df: int
    p_value: float
    draws: int | None
    findings: tuple[Finding, ...] = ()


class Wild(NamedTuple):
    """Rows that alone speak against every model, counted in the file (`whole`) or among those used, their values of `column`, None
    where an offset has been taken off; the model that the others do not reject, and the p-value of its smooth test there."""

    rows: tuple[int, ...]
    whole: bool
    column: str
    values: tuple[float, ...] | None
    model: str
    p_value: float


class Recommendation(NamedTuple):
    """The model to use, how strongly, and why. `cost_nats`: what the default loses per row against it, None without a default.

    `summary`: where no model of numbers fits, the command of one that says where they lie whatever their law. `wild`: the rows
    without which one fits.
    """

    model: str
    strength: Strength
    because: str
    loss: str
    cost_nats: float | None
    next: str
    label: str = ""
    summary: str | None = None
    wild: Wild | None = None


class Comparison(NamedTuple):
    """`entries` in the order of the table, those without an answer last. `differences` to the best, and between its rivals.

    `notes` and `warnings`: those of every fit, which are of the table. `held_out`: so many of the `rows` are in no fit. `remarks`:
    what is to be kept in mind with all differences.
    """

    version: str
    target: str
    rows: int
    n: int
    level: float
    unit: Literal["nats", "bits"]
    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...]
    adequacy: tuple[Adequacy, ...]
    recommendation: Recommendation | None
    default: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    held_out: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def steps(self) -> float | None:
        """The width of the cells whose masses all models are; None where they are densities, or some are counts."""
        known = {None if entry.cells is None else entry.cells.step for entry in self.entries if entry.fitted}
        return known.pop() if len(known) == 1 else None

    @property
    def order(self) -> tuple[str, ...]:
        """The models in the order of the table."""
        return tuple(entry.label for entry in self.entries)

    def behind(self, label: str) -> Difference | None:
        """The difference of a model to the best."""
        best = self.entries[0].label
        return next((d for d in self.differences if d.model == label and d.against == best), None)
