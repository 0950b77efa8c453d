"""Seen: what new rows say of a saved model, as sums over blocks, and the rows encoded as the model encodes its own."""

from collections import Counter
from dataclasses import field, fields
from typing import NamedTuple, Self

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.complete import Used
from mlefit.design.encode import steps
from mlefit.errors import InBlockError
from mlefit.execution import Intake
from mlefit.inference.law import NORMAL, quantile
from mlefit.prediction.appended import Plan, natural_shapes
from mlefit.prediction.rows import Rows
from mlefit.prediction.score import chances, responses, scored
from mlefit.problem.gather import Gathered, Told, gathered
from mlefit.records import record
from mlefit.rows.reservoir import Reservoir, Threshold
from mlefit.saved.model import Saved
from mlefit.source.standing import Standing


@record(frozen=True)
class Scored:
    """Sums over the rows with a prediction and a response, each with its weight.

    `nll` in nats and its square; `residual`, standard normal if the model is true, and its square; `error`: response less
    prediction; `inside`: rows whose residual is in the middle of the law. `observed`, `expected` and `variance` (K,): how often
    each outcome came, how often the model said so, and the variance of the difference.
    """

    rows: int = 0
    weight: float = 0.0
    weight_square: float = 0.0
    nll: float = 0.0
    nll_square: float = 0.0
    residual: float = 0.0
    residual_square: float = 0.0
    error: float = 0.0
    inside: float = 0.0
    observed: Array = field(default_factory=lambda: np.zeros(0))
    expected: Array = field(default_factory=lambda: np.zeros(0))
    variance: Array = field(default_factory=lambda: np.zeros(0))

    def __add__(self, other: Self) -> Self:
        if not self.rows or not other.rows:
            return self if self.rows else other
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@record(frozen=True)
class Seen:
    """`rows` read; `lost`: those not scored, by cause; `outside`: those beyond the range fitted, by column; `unfamiliar`: those
    with a new level or out of range, each once. `encoded`: the rows scored, as a fit gathers them."""

    rows: int
    lost: Counter[str]
    outside: Counter[str]
    unfamiliar: int
    scored: Scored
    encoded: Gathered

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class Look(NamedTuple):
    """What every block is told: the model, the column of weights if any, the level of intervals, the seed of residuals, and how
    and where rows are encoded. `refit`: whether they are, since the model is fitted to them."""

    saved: Saved
    weights: str | None
    level: float
    seed: int
    told: Told
    kept: tuple[Intake, Intake]
    bar: Threshold
    refit: bool = True

    def of(self, found: Standing) -> Seen:
        """The rows of a block."""
        rows = Rows(self.saved, found.batch, found.bad)
        lost, keep = self._lost(rows, found.first)
        used, encoded = Used.of(found.batch, keep), Gathered(Reservoir(self.told.capacity))
        for step in steps(used, self.saved.predictors.width) if self.refit else ():
            encoded += gathered(self.told, self.kept, self.bar, step, found.batch.start + found.batch.rows)
        outside, unfamiliar = Counter[str](), np.zeros(found.batch.rows, bool)
        for flag, mask in rows.lost.items():
            if flag.startswith("new-level"):
                unfamiliar |= mask
        places = np.flatnonzero(rows.known)
        for flag, mask in rows.doubted.items():
            if flag.startswith("outside"):
                outside[flag] += int(mask.sum())
                unfamiliar[places[mask]] = True
        return Seen(found.batch.rows, lost, outside, int(unfamiliar.sum()), self._scored(rows, keep, found.first), encoded)

    def _lost(self, rows: Rows, first: int) -> tuple[Counter[str], Mask]:
        """How many rows are not scored, by cause, and which are. Raises DataError for what is no weight."""
        lost = Counter({flag: int(mask.sum()) for flag, mask in rows.lost.items()})
        y, batch, target = responses(rows), rows.batch, self.saved.target
        keep = rows.known & ~np.isnan(y)
        if self.saved.noise.response.reads_levels:
            empty = batch.categories[target].codes < 0
            other = "new-level"
        else:
            empty = np.isnan(batch.numbers[target])
            other = "impossible"
        for cause, mask in (("missing", empty), (other, ~empty)):
            lost[f"{cause}:{target}"] += int((rows.known & ~keep & mask).sum())
        if self.weights is not None:
            there = ~np.isnan(batch.numbers[self.weights])
            lost[f"missing:{self.weights}"] += int((keep & ~there).sum())
            try:
                weighs = self.told.columns.observed.counting(batch, keep & there)
            except InBlockError as error:
                raise error.told(first) from None
            lost[f"weight 0:{self.weights}"] += int((keep & there & ~weighs).sum())
            keep = weighs
        return +lost, keep

    def _scored(self, rows: Rows, keep: Mask, first: int) -> Scored:
        if not keep.any():
            return Scored()
        saved, among = self.saved, keep[rows.known]
        noise = rows.law.some(np.flatnonzero(among))
        w = np.ones(int(keep.sum())) if self.weights is None else rows.batch.numbers[self.weights][keep]
        y, eta, free = responses(rows)[keep], rows.eta[among], natural_shapes(saved)
        told, _ = scored(rows, Plan("none", self.level), {}, chances(self.saved.noise, self.seed, first, rows.batch.rows))
        nll, residual = told["nll"][keep], told["residual"][keep]
        inside = np.abs(residual) <= quantile(NORMAL, self.level)
        if noise.response.reads_levels:
            p = noise.probabilities(eta, free)
            came = np.arange(len(p))[:, None] == y
            error = 0.0
        else:
            centre = noise.centre(eta, free)
            p, came = np.exp(noise.log_cdf(centre, eta, free))[None], (y <= centre)[None]
            given = centre if saved.transform is None else saved.transform.back(noise.quantile(np.full(len(eta), 0.5), eta, free))
            error = float(w @ (rows.batch.numbers[saved.target][keep] - given))
        return Scored(
            len(w), float(w.sum()), float(w @ w), float(w @ nll), float(w @ nll**2), float(w @ residual),
            float(w @ residual**2), error, float(w @ inside), came @ w, p @ w, (p * (1.0 - p)) @ w,
        )
