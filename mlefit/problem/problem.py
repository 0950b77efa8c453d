"""Problem: what is known before any search, and the parts of the report that follow from it alone."""

import platform
from typing import Any, NamedTuple

import numpy as np

from mlefit.design.levels import Levels, one_number
from mlefit.existence.digits import DOUBTFUL, Digits, digits
from mlefit.existence.rank import ROUNDING, Geometry, conditioning
from mlefit.inference.kinds import kind_for, used
from mlefit.mean import Units
from mlefit.options.error_kind import ErrorKind
from mlefit.problem.prepare import Prepared
from mlefit.report.machine import Machine, Run
from mlefit.report.report import Data, Model, Parameter, Report, Warn
from mlefit.request import Request
from mlefit.source.source import Source
from mlefit.version import __version__

GROUPS = 3      # numbers of several spellings that a warning names


class Problem(NamedTuple):
    """The request, its data as numbers, and the geometry of the design."""

    request: Request
    source: Source
    prepared: Prepared
    shape: Geometry
    threads: int

    @property
    def n(self) -> float:
        """Rows, counted with their weights."""
        return self.shape.n

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the design columns, aliased ones included."""
        return self.prepared.predictors.labels()

    @property
    def units(self) -> Units:
        """How the kept columns and the response were encoded."""
        scaling, kept = self.prepared.scaling, list(self.shape.kept)
        intercept = self.prepared.predictors.intercept and 0 in kept
        return Units(scaling.centre[kept], scaling.scale[kept], intercept, scaling.y_centre, scaling.y_scale,
                     self.prepared.noise.predictors)

    @property
    def digits(self) -> Digits:
        """What the kept columns have lost."""
        moments = self.prepared.moments
        return digits(self.shape, moments.low[:-1], moments.high[:-1], self.units.intercept)

    @property
    def doubtful(self) -> bool:
        """Whether some column keeps so few digits that the answer is to be measured in twice the precision."""
        return bool((self.digits.lost > DOUBTFUL).any())

    @property
    def log_unit(self) -> float:
        """log s_y: what a density loses in nats per row when its response is multiplied by s_y; 0 where it was not."""
        return float(np.log(self.prepared.scaling.y_scale))

    @property
    def errors(self) -> ErrorKind:
        """The kind of standard errors in force."""
        return kind_for(self.request.se, self.request.intervals, self.prepared.noise, self.request.weights_kind)

    @property
    def log_density(self) -> float:
        """What a density loses in nats per row by the encoding: log s_y, less the mean of log w / 2 of precision weights."""
        return self.log_unit - 0.5 * self.prepared.moments.log_weight / self.n

    @property
    def n_params(self) -> int:
        """Every free parameter, shapes included."""
        noise = self.prepared.noise
        return len(noise.predictors) * len(self.shape.kept) + len(noise.shapes)

    def report(self, parameters: tuple[Parameter, ...], *, status: Any = "no estimate", **parts: Any) -> Report:
        """A report with everything that is known here; what `parts` do not give is None."""
        known: dict[str, Any] = {
            "mle": None, "loss": None, "agreement": None, "information": None, "criteria": None,
            "warnings": self.warnings(), "notes": self.notes(), **parts,
        }
        return Report(
            version=__version__, status=status, data=self._data(), model=self._model(), parameters=parameters,
            run=self._run(), **known,
        )

    def notes(self) -> tuple[str, ...]:
        """What was chosen or detected for the user, and which cells were taken as missing."""
        ledger = self.prepared.ledger
        missing = tuple(
            f'column "{column}": {count} cell{"" if count == 1 else "s"} "{token}" taken as missing. If it is a level, rename it.'
            for column, tokens in ledger.tokens.items() for token, count in tokens.items()
        )
        words = tuple(
            f'column "{column}": None is a level; --na None makes it missing.'
            for column, levels in self._levels().items() if "None" in levels
        )
        return (*self.source.notes, *self.prepared.roles.notes, *missing, *words)

    def _levels(self) -> dict[str, tuple[str, ...]]:
        """The levels of every column that is read as such."""
        observed, levels = self.prepared.observed, self.prepared.levels
        found = {} if observed.cluster is None else {observed.cluster: self.prepared.clusters}
        found |= {observed.target: levels} if levels else {}
        factors = (factor for term in self.prepared.predictors.terms for factor in term.factors if isinstance(factor, Levels))
        return found | {factor.column: factor.levels for factor in factors if factor.levels is not None}

    def warnings(self) -> tuple[Warn, ...]:
        """What is doubtful in the reading, collinear columns by name, and levels that are single or spelt in two ways."""
        read = set(self.prepared.roles.columns.numbers)
        found = [Warn(*caution) for caution in self.source.warnings if read.issuperset(caution.columns)]
        for j, others in self.shape.aliased.items():
            found.append(Warn("collinear", f"{self._determined(j, others)}; it was dropped", (self.labels[j],)))
        found += self._lost()
        near = conditioning(self.shape, self.units.intercept)
        if near.columns:
            names = tuple(self.labels[j] for j in near.columns)
            found.append(Warn("near-collinear", f"{', '.join(names)} are nearly collinear (condition number "
                              f"{near.number:.2g}): the data hardly tells their coefficients apart, and standard errors are up "
                              f"to {near.inflation:.2g} times those of unrelated predictors", names))
        for term in self.prepared.predictors.terms:
            for factor in term.factors:
                if isinstance(factor, Levels) and factor.levels is not None and len(factor.levels) < 2:
                    only = factor.levels[0] if factor.levels else "none"
                    found.append(Warn("one-level", f"{factor.column} has a single level ({only}) in the rows used; "
                                      "it has no coefficient", (factor.column,)))
        for column, levels in self._levels().items():
            groups = one_number(levels)
            if groups:
                shown = "; ".join(" and ".join(f'"{level}"' for level in group) for group in groups[:GROUPS])
                more = f" and {len(groups) - GROUPS} more" if len(groups) > GROUPS else ""
                found.append(Warn("spellings", f'column "{column}": {shown}{more} are one number spelt in different ways, '
                                  "and different levels", (column,)))
        return tuple(found)

    def _lost(self) -> list[Warn]:
        """The columns that keep few digits beside the others, each with these and how many they are."""
        found, own = list[Warn](), self.digits
        for j, lost, others in zip(self.shape.kept, own.lost, own.others, strict=True):
            if lost > DOUBTFUL:
                name, beside = self.labels[j], ", ".join(self.labels[k] for k in others)
                found.append(Warn("digits", f"{name} carries only about {round(-np.log10(lost))} digits beyond {beside}: its "
                                  "coefficient and standard error are exact to no more", (name,)))
        return found

    def _determined(self, j: int, others: tuple[int, ...]) -> str:
        """Why a column is aliased: what it is, or what determines it."""
        name, causes = self.labels[j], [self.labels[k] for k in others]
        scaling, moments = self.prepared.scaling, self.prepared.moments
        low, high = (float(end[j] * scaling.scale[j] + scaling.centre[j]) for end in (moments.low, moments.high))
        if 0.0 < moments.high[j] - moments.low[j] <= ROUNDING * moments.magnitude[j]:
            return f"{name} varies by no more than the rounding of its values, from {low!r} to {high!r}"
        if j in self.shape.silent:
            return f"{name} carries no digits beyond {', '.join(causes)}: the rest of it is the rounding of {high!r}"
        if causes not in ([], ["(Intercept)"]):
            return f"{name} is collinear: a combination of {', '.join(causes)}"
        if moments.constant(j) and low == 0.0:
            return f"{name} is zero in every row"
        return f"{name} is constant, which the intercept already is (collinear)"

    def _data(self) -> Data:
        ledger, request = self.prepared.ledger, self.request
        return Data(
            source=tuple(self.source.labels), sha256=self.source.digests() if request.read.digest else (),
            rows_read=ledger.read, rows_used=ledger.used, rows_dropped=ledger.read - ledger.used,
            dropped=dict(ledger.dropped), n=round(self.n), weights=request.weights, offset=request.offset,
            target=self.prepared.observed.target,
            features=self.prepared.roles.features, weights_kind=None if request.weights is None else request.weights_kind,
            zero_weight=ledger.weightless, effective_n=self._effective_n(),
        )

    def _effective_n(self) -> float | None:
        """(sum w)^2 / sum w^2 of sampling weights: as many rows of equal weights have means that vary as much (Kish 1965)."""
        moments = self.prepared.moments
        return moments.weight**2 / moments.weight_square if self.prepared.observed.sampling else None

    def _model(self) -> Model:
        noise, levels, target = self.prepared.noise, self.prepared.levels, self.prepared.observed.target
        reference = {
            factor.column: factor.baseline
            for term in self.prepared.predictors.terms for factor in term.factors
            if isinstance(factor, Levels) and factor.baseline is not None
        }
        if noise.response.takes_reference and levels:
            reference = {target: levels[0], **reference}
        return Model(
            noise=noise.name, loss=noise.loss_name, options=noise.stated, levels=levels or None,
            positive=levels[-1] if levels and noise.response.takes_positive else None, reference=reference,
            formula=self.prepared.roles.formula, se=self.request.se, level=self.request.level,
            se_used=used(self.errors, noise, self.n),
        )

    def _run(self) -> Run:
        import scipy

        store = self.prepared.store
        spilled = self.request.engine == "stream" or (store is not None and store.spilled)
        return Run(
            seed=self.request.seed, threads=None, engine=None, python=platform.python_version(), numpy=np.__version__,
            scipy=scipy.__version__, machine=Machine(self.threads, "stream" if spilled else "memory"),
        )
