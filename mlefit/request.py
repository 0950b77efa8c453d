"""Request: what the user asked for, as plain values, before any data is read."""

from dataclasses import dataclass, field
from typing import Literal

from mlefit.source.options import ReadOptions

Engine = Literal["auto", "memory", "stream"]


@dataclass(frozen=True, slots=True)
class Request:
    """A fit to be made. Field for field the options of `mlefit fit`; None means "mlefit chooses and says so".

    `data`: paths or `-`, or one table in memory. `features`: column names; the empty tuple fits the target alone. `se`:
    model, ols, robust, hc3 or cluster:COLUMN. `draws`: None, chosen from n; 0, nothing is simulated. `holdout`: the
    share of rows, chosen by `seed`, that the fit does not see.
    """

    data: tuple[str, ...] | object
    model: str | None = None
    target: str | None = None
    features: tuple[str, ...] | None = None
    formula: str | None = None
    intercept: bool = True
    positive: str | None = None
    reference: dict[str, str] = field(default_factory=dict)
    weights: str | None = None
    offset: str | None = None
    missing: Literal["drop", "error"] = "drop"
    se: str = "model"
    level: float = 0.95
    unit: Literal["nats", "bits"] = "nats"
    seed: int = 0
    draws: int | None = None
    holdout: float | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    engine: Engine = "auto"
    threads: int | None = None
