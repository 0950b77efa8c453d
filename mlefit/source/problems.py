"""What a pass found wrong, collected over all of its blocks and told in one message."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mlefit.errors import DataError
from mlefit.records import record
from mlefit.source.cells import shown
from mlefit.source.lines import has_point
from mlefit.source.written import reason

SHOWN_CELLS = 5     # cases a message names for one problem
SHOWN_COLUMNS = 5   # problems a message tells in full

_REMEDIES = {
    "percent": "Write percentages as plain numbers, without the percent sign.",
    "currency": "Remove the currency signs.",
    "thousands": "Remove the thousands separators.",
    "decimal comma": "For decimal commas add --decimal ,",
    "minus": "Write the sign before the number, as in -5: a hyphen, and no blank behind it.",
    "exponent": "Write powers of ten with e, as in 1.5e-3.",
    "unit": "Give all cells of the column one unit, or none, and one kind of separator at most.",
    "bound": "A bound is no number: write what it stands for, or use the column as categories: C() in a formula.",
    "about": "An approximation is no number: write the number alone, or use the column as categories: C() in a formula.",
    "mark": "Remove the marks, or use the column as categories: C() in a formula.",
    "date": "State that the column holds dates with --as COLUMN=date, or correct the cells.",
    "ragged": "Complete or delete these lines; a cell that contains the separator must stand in double quotes.",
    "names-again": "Delete these lines; files with the same columns can be named one after the other.",
    "nul": "The file is damaged or not a text table; export it again.",
    "encoding": "State the encoding, such as --encoding cp1252 or --encoding latin-1.",
    "day-or-month": "Write the dates as YYYY-MM-DD.",
    "type": "Leave the column out by naming the others with -x.",
}


TEXT = "Correct the cells, declare {}, or use the column as categories."


class Case(NamedTuple):
    """Where and what: data `row` and text `line`, both from 0 (None: there is none), of the input `label`."""

    row: int | None
    line: int | None
    text: str
    label: str = ""

    def moved(self, rows: int, lines: int, label: str) -> "Case":
        """The case seen from the whole input, `rows` data rows and `lines` lines further down."""
        return Case(
            None if self.row is None else self.row + rows, None if self.line is None else self.line + lines,
            self.text, label,
        )

    def words(self, with_label: bool) -> str:
        """`row 900 (line 901) "oops"`, counted from 1."""
        file = [self.label] if with_label else []
        line = [] if self.line is None else [f"line {self.line + 1}"]
        inside = ", ".join(file + line)
        if self.row is None:
            return f"{inside} {self.text}".lstrip()
        return f"row {self.row + 1}{f' ({inside})' if inside else ''} {self.text}"


@record(frozen=True)
class Finding:
    """One kind of problem (`code`) in one column, or in lines as such (None): `count` cases, the first in `cases`."""

    code: str
    column: str | None
    count: int
    cases: tuple[Case, ...]

    def moved(self, rows: int, lines: int, label: str) -> "Finding":
        """The finding seen from the whole input."""
        return replace(self, cases=tuple(case.moved(rows, lines, label) for case in self.cases))

    def __add__(self, other: "Finding") -> "Finding":
        return replace(self, count=self.count + other.count, cases=(self.cases + other.cases)[:SHOWN_CELLS])

    def words(self, with_label: bool) -> str:
        """The finding as half a sentence."""
        listed = ", ".join(case.words(with_label) for case in self.cases)
        more = self.count - len(self.cases)
        listed += f" and {more:,} more" if more > 0 else ""
        cells = "1 cell" if self.count == 1 else f"{self.count:,} cells"
        column = f"column {shown(self.column)}" if self.column is not None else ""
        if self.code == "not-a-number":
            return f"{cells} in {column} {'is not a number' if self.count == 1 else 'are not numbers'}: {listed}"
        if self.code == "too-large":
            return f"{cells} in {column} {'is' if self.count == 1 else 'are'} too large for a double: {listed}"
        if self.code == "not-a-date":
            return f"{cells} in {column} {'is not a date' if self.count == 1 else 'are not dates'}: {listed}"
        if self.code == "day-or-month":
            return f"no cell of {column} tells whether the day or the month comes first, or two tell otherwise: {listed}"
        lines = "1 line" if self.count == 1 else f"{self.count:,} lines"
        do = "does" if self.count == 1 else "do"
        return {
            "ragged": f"{lines} {do} not have as many fields as the first line: {listed}",
            "names-again": f"{lines} {'holds' if self.count == 1 else 'hold'} the column names again: {listed}",
            "nul": f"{lines} with NUL bytes: {listed}",
            "encoding": f"{lines} {'is' if self.count == 1 else 'are'} not UTF-8 text: {listed}",
            "type": f"{column} {listed}",
        }[self.code]

    def remedies(self) -> list[str]:
        """What to do, by the first cases."""
        if self.code == "not-a-date":
            return [f"Correct the cells, or declare a missing value with --na {self.cases[0].text}."]
        if self.code == "too-large":
            return ["The largest double is about 1.8e308: rescale the column."]
        if self.code != "not-a-number":
            return [_REMEDIES[self.code]]
        return [TEXT if why == "text" else _REMEDIES[why] for why in map(_why, self.cases)]

    def tokens(self) -> list[str]:
        """The texts that may stand for a missing value."""
        return [case.text for case in self.cases if self.code == "not-a-number" and _why(case) == "text"]


def _why(case: Case) -> str:
    text = case.text[1:-1]
    return "unit" if has_point(text) else reason(text)      # a number where the others have a unit


def merged(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of the same kind in the same column added up, in order of first appearance."""
    found: dict[tuple[str, str | None], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.column)
        found[key] = found[key] + finding if key in found else finding
    return list(found.values())


def refusal(findings: Sequence[Finding], labels: Sequence[str]) -> DataError:
    """All findings of a pass (not empty) as one error."""
    every = merged(findings)
    sentences = [finding.words(len(labels) > 1) for finding in every[:SHOWN_COLUMNS]]
    if len(every) > SHOWN_COLUMNS:
        sentences.append(f"the like in {len(every) - SHOWN_COLUMNS:,} more columns")
    told = every[:SHOWN_COLUMNS]
    remedies = dict.fromkeys(remedy for finding in told for remedy in finding.remedies())
    tokens = list(dict.fromkeys(f"--na {text}" for finding in told for text in finding.tokens()))
    missing = f"{'a missing value' if len(tokens) == 1 else 'missing values'} with {' '.join(tokens)}"
    prefix = f"{labels[0]}: " if len(labels) == 1 else ""
    return DataError(
        prefix + "; ".join(sentences) + ".", " ".join(list(remedies)[:2]).replace(TEXT, TEXT.format(missing)), code=every[0].code,
        columns=[finding.column for finding in every if finding.column is not None],
        rows=[case.row + 1 for finding in every for case in finding.cases if case.row is not None],
    )
