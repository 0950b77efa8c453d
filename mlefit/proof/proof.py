"""Proof: the lines of a proof as plain values, and their renderings as text and JSON."""

from dataclasses import asdict, field
from textwrap import wrap
from typing import Any, Literal

from mlefit.records import record
from mlefit.report.json import plain
from mlefit.report.safety import shown

SCHEMA = "mlefit.proof/1"
MARKS = {"holds": "holds", "fails": "FAILS", "none": "-"}
INDENT = 11


@record(frozen=True)
class Line:
    """One claim. `state` is none where the claim has no meaning for this model; then `finding` says why."""

    key: str
    claim: str
    state: Literal["holds", "fails", "none"]
    finding: str
    numbers: dict[str, float] = field(default_factory=dict)


@record(frozen=True)
class Slice:
    """NLL per row (nats) and mean loss along one coefficient, in natural units, with the optimum of each route."""

    label: str
    loss_name: str
    value: tuple[float, ...]
    nll: tuple[float, ...]
    loss: tuple[float, ...]
    at_mle: float
    at_loss: float


@record(frozen=True)
class Proof:
    """The proof on one data set. `heading` says what was fitted to which rows."""

    version: str
    model: str
    heading: tuple[str, ...]
    notes: tuple[str, ...]
    n: int
    lines: tuple[Line, ...]
    slice: Slice | None = None

    @property
    def holds(self) -> bool:
        """Whether no line fails."""
        return all(line.state != "fails" for line in self.lines)

    @property
    def failed(self) -> tuple[str, ...]:
        """Keys of the lines that fail."""
        return tuple(line.key for line in self.lines if line.state == "fails")


def to_text(proof: Proof, width: int | None = None) -> str:
    """One mark, claim and finding per line of the proof; wrapped at `width` columns, or not at all."""
    lines = [shown(line) for line in proof.heading]
    for line in proof.lines:
        lines += ["", f"{MARKS[line.state]:<7}({line.key}) {line.claim}"]
        text = shown(line.finding)
        lines += [" " * INDENT + part for part in ([text] if width is None else wrap(text, max(width - INDENT, 20)))]
    held = sum(line.state == "holds" for line in proof.lines)
    asked = sum(line.state != "none" for line in proof.lines)
    lines += ["", f"{held} of {asked} claims hold on these {proof.n} rows."]
    return "\n".join(lines) + "\n"


def to_dict(proof: Proof) -> dict[str, Any]:
    """The proof under the keys of `mlefit.proof/1`."""
    result: dict[str, Any] = plain({
        "schema": SCHEMA, "mlefit": proof.version, "model": proof.model, "n": proof.n, "holds": proof.holds,
        "lines": [asdict(line) for line in proof.lines],
    })
    return result
