"""Problem: what is known before any search, and the parts of the report that follow from it alone."""

import platform
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from mlefit.design.levels import Levels
from mlefit.existence.digits import DOUBTFUL, Digits, digits
from mlefit.existence.rank import ROUNDING, Geometry, conditioning
from mlefit.inference.kinds import kind_for, used
from mlefit.mean import Encoding, Units
from mlefit.numerals import numeral
from mlefit.options.error_kind import ErrorKind
from mlefit.problem.afar import cautions, worked
from mlefit.problem.prepare import Prepared
from mlefit.records import record
from mlefit.report.machine import Run
from mlefit.report.report import Data, LeftOut, Model, Parameter, Report, Warn
from mlefit.report.view import View
from mlefit.request import Request
from mlefit.source.source import Source
from mlefit.source.version import etags, sizes
from mlefit.version import __version__

COARSE = 1e-9   # of a column's extent: where its values are rounded to more, that it is a combination of others is said as far


@record(frozen=True, eq=False)
class Problem:
    """The request, its data as numbers, and the geometry of the design of each right-hand side: the mean's first."""

    request: Request
    source: Source
    prepared: Prepared
    shapes: tuple[Geometry, ...]
    threads: int

    @property
    def shape(self) -> Geometry:
        """That of the mean, and of all predictors where they have one design."""
        return self.shapes[0]

    def side(self, predictor: int) -> int:
        """Which right-hand side a predictor has."""
        own = len(self.shapes) > 1 and self.prepared.noise.predictors[predictor].kind == "scale"
        return int(own)

    @property
    def indexed(self) -> bool:
        """Whether a factor has levels and no columns."""
        return self.shape.grouping is not None

    @property
    def n(self) -> float:
        """Rows, counted with their weights."""
        return self.shape.n

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the design columns, aliased ones included."""
        return self.prepared.predictors.labels()

    @property
    def scaled(self) -> bool:
        """Whether a scale depends on predictors."""
        return any(predictor.kind == "scale" for predictor in self.prepared.noise.predictors)

    @cached_property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients that are estimated, predictor after predictor."""
        noise, labels = self.prepared.noise, self.labels
        return tuple(labels[j] for k in range(len(noise.predictors)) for j in self.shapes[self.side(k)].kept)

    def named(self, predictor: int) -> Iterator[tuple[int, str]]:
        """The places and names of the columns of a predictor, aliased ones included."""
        labels = self.labels
        return ((j, labels[j]) for j in self.prepared.predictors.sides[self.side(predictor)].places)

    def aliased(self, predictor: int, place: int) -> bool:
        """Whether a column has no coefficient of its own in a predictor."""
        return place in self.shapes[self.side(predictor)].aliased

    def in_cuts(self, place: int) -> bool:
        """Whether a column is the constant that is shown as part of cut points."""
        return place == 0 and bool(self.prepared.noise.cuts)

    @property
    def shown_shapes(self) -> tuple[str, ...]:
        """The names of the shapes as they are shown."""
        return self.prepared.noise.cuts or tuple(shape.name for shape in self.prepared.noise.shapes)

    @cached_property
    def encodings(self) -> tuple[Encoding, ...]:
        """How the kept columns of each right-hand side were encoded."""
        scaling, found = self.prepared.scaling, []
        for side, shape in zip(self.prepared.predictors.sides, self.shapes, strict=True):
            kept = list(shape.kept)
            constant = side.intercept and kept[:1] == [side.places[0]]
            found.append(Encoding(scaling.centre[kept], scaling.scale[kept], constant))
        return tuple(found)

    @cached_property
    def units(self) -> Units:
        """How the designs and the response were encoded."""
        scaling, noise, encodings = self.prepared.scaling, self.prepared.noise, self.encodings
        if len(encodings) > 1:
            encodings = tuple(encodings[self.side(k)] for k in range(len(noise.predictors)))
        return Units(encodings, scaling.y_centre, scaling.y_scale, noise.predictors)

    @cached_property
    def digits(self) -> tuple[Digits, ...]:
        """What the kept columns of each right-hand side have lost."""
        moments = self.prepared.moments
        return tuple(digits(shape.within, moments.low[:-1], moments.high[:-1], encoding.intercept and not self.indexed)
                     for shape, encoding in zip(self.shapes, self.encodings, strict=True))

    @property
    def doubtful(self) -> bool:
        """Whether some column keeps so few digits that the answer is to be measured in twice the precision."""
        return self.prepared.roles.curve is None and any(bool((own.lost > DOUBTFUL).any()) for own in self.digits)

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
        """What a density loses in nats per row by the encoding: log s_y, less the means of log w / 2 of precision weights and of
        log |dt/dy| of a transformed response."""
        return self.log_unit - (0.5 * self.prepared.moments.log_weight + self.prepared.moments.jacobian) / self.n

    @property
    def n_params(self) -> int:
        """Every free parameter, shapes included."""
        return len(self.coefficients) + len(self.prepared.noise.shapes)

    def report(self, parameters: tuple[Parameter, ...], *, status: Any = "no estimate", **parts: Any) -> Report:
        """A report with everything that is known here; what `parts` do not give is None."""
        known: dict[str, Any] = {
            "mle": None, "loss": None, "agreement": None, "information": None, "criteria": None,
            "warnings": self.warnings, "notes": self.notes(), **parts,
        }
        return Report(
            version=__version__, status=status, data=self._data(), model=self._model(), parameters=self._of_terms(parameters),
            run=self._run(), view=View(self.request.detail, self.request.sort), **known,
        )

    def _of_terms(self, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        """Each with the term it belongs to."""
        terms = dict(zip(self.labels, self.prepared.predictors.terms_of_columns(), strict=True))
        return tuple(p if p.kind == "shape" else p._replace(term=terms.get(p.name)) for p in parameters)

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
        read = {*self.prepared.roles.columns.numbers, *self.prepared.roles.columns.categories}
        remarks = tuple(remark.message for remark in self.source.remarks if read.issuperset(remark.columns))
        return (*self.source.notes, *remarks, *self.prepared.roles.notes, *missing, *words)

    def _levels(self) -> dict[str, tuple[str, ...]]:
        """The levels of every column that is read as such."""
        observed, levels = self.prepared.observed, self.prepared.levels
        found = {} if observed.cluster is None else {observed.cluster: self.prepared.clusters}
        found |= {observed.target: levels} if levels else {}
        factors = (factor for term in self.prepared.predictors.distinct for factor in term.factors if isinstance(factor, Levels))
        return found | {factor.column: factor.levels for factor in factors if factor.levels is not None}

    @cached_property
    def warnings(self) -> tuple[Warn, ...]:
        """What is doubtful in the reading, collinear columns by name, and levels that are single or spelt in two ways."""
        read = set(self.prepared.roles.columns.numbers)
        found = [Warn(*caution) for caution in cautions(self.source) if read.issuperset(caution.columns)]
        designs = () if self.prepared.roles.curve is not None else zip(self.shapes, self.encodings, self.digits, strict=True)
        for shape, encoding, own in designs:
            constant = encoding.intercept and not self.indexed
            found += (warn for warn in self._of_design(shape.within, constant, own) if warn not in found)
        found += self._of_arithmetic()
        for factor in dict.fromkeys(factor for term in self.prepared.predictors.distinct for factor in term.factors):
            if isinstance(factor, Levels) and factor.levels is not None and len(factor.levels) < 2:
                only = factor.levels[0] if factor.levels else "none"
                found.append(Warn("one-level", f"{factor.column} has a single level ({only}) in the rows used; "
                                  "it has no coefficient", (factor.column,)))
        if levels := self._levels():
            from mlefit.design.spelling import spellings

            found += spellings(levels)
        return tuple(found)

    def _of_arithmetic(self) -> Iterator[Warn]:
        """Terms that take the nearest doubles of whole numbers which are fitted exactly where they stand alone."""
        for term in self.prepared.predictors.distinct:
            for column in sorted(term.numbers) if term.plain is None else ():
                rounded = self.prepared.ledger.rounded.get(column)
                if rounded is not None and rounded.visible:
                    off, wide = f"{rounded.off:g}", f"{rounded.high - rounded.low:g}"
                    yield Warn("digits", f"{term.text}: {column} has whole numbers beyond 2^53, of which arithmetic takes the "
                               f"nearest double, off by up to {off} where they vary by {wide}; subtract a constant from {column} "
                               "in the file", (column,))

    def _of_design(self, shape: Geometry, intercept: bool, own: Digits) -> Iterator[Warn]:
        """What is doubtful in one design: aliased columns, those that keep few digits beside others, near dependencies."""
        for j, others in shape.aliased.items():
            yield Warn("collinear", f"{self._determined(shape, j, others)}; it was dropped", (self.labels[j],))
        for j, lost in zip(shape.kept, own.lost, strict=True):
            if lost > DOUBTFUL:
                name, beside = self.labels[j], ", ".join(self.labels[k] for k in own.others[j])
                yield Warn("digits", f"{name} carries only about {round(-np.log10(lost))} digits beyond {beside}: its "
                           "coefficient and standard error are exact to no more", (name,))
        near = conditioning(shape, intercept)
        if near is not None:
            names = tuple(self.labels[j] for j in near.columns)
            yield Warn("near-collinear", f"{', '.join(names)} are nearly collinear (condition number "
                       f"{near.number:.2g}): the data hardly tells their coefficients apart, and standard errors are up "
                       f"to {near.inflation:.2g} times those of unrelated predictors", names)

    def _determined(self, shape: Geometry, j: int, others: tuple[int, ...]) -> str:
        """Why a column is aliased: what it is, or what determines it."""
        name, causes = self.labels[j], [self.labels[k] for k in others]
        scaling, moments = self.prepared.scaling, self.prepared.moments
        low, high = (float(end[j] * scaling.scale[j] + scaling.centre[j]) for end in (moments.low, moments.high))
        if 0.0 < moments.high[j] - moments.low[j] <= ROUNDING * moments.magnitude[j]:
            return f"{name} varies by no more than the rounding of its values, from {numeral(low)} to {numeral(high)}"
        if j in shape.silent:
            return f"{name} carries no digits beyond {', '.join(causes)}: the rest of it is the rounding of {numeral(high)}"
        factor = self.prepared.predictors.indexed
        if factor is not None:
            causes += [f"the levels of {one.column}" for one in (factor, *self.prepared.predictors.crossed)]
        if causes not in ([], ["(Intercept)"]):
            coarse = ROUNDING * moments.magnitude[j] > COARSE * (moments.high[j] - moments.low[j])
            but = f", but for the rounding of values up to {max(-low, high):.3g}" if coarse else ""
            return f"{name} is collinear: a combination of {', '.join(causes)}{but}"
        if moments.constant(j) and low == 0.0:
            return f"{name} is zero in every row"
        return f"{name} is constant, which the intercept already is (collinear)"

    def _data(self) -> Data:
        ledger, request, transform = self.prepared.ledger, self.request, self.prepared.observed.transform
        return Data(
            source=tuple(self.source.labels), sha256=self.source.digests() if request.read.digest else (),
            rows_read=ledger.read, rows_used=ledger.used, rows_dropped=ledger.read - ledger.used,
            dropped=dict(ledger.dropped), n=round(self.n), weights=request.weights, offset=request.offset,
            target=self.prepared.observed.label, features=self.prepared.roles.features,
            weights_kind=None if request.weights is None else request.weights_kind, size=sizes(self.source.versions),
            zero_weight=ledger.weightless, effective_n=self._effective_n(), zero_trials=ledger.untried,
            left_out=tuple(LeftOut(column, why) for column, why in self.prepared.roles.left_out),
            transform=None if transform is None else transform.function, etag=etags(self.source.versions),
            trials=None if self.prepared.observed.trials is None else self.prepared.observed.trials.text,
        )

    def _effective_n(self) -> float | None:
        """(sum w)^2 / sum w^2 of sampling weights: as many rows of equal weights have means that vary as much (Kish 1965)."""
        moments = self.prepared.moments
        return moments.weight**2 / moments.weight_square if self.prepared.observed.sampling else None

    def _model(self) -> Model:
        noise, levels, target = self.prepared.noise, self.prepared.levels, self.prepared.observed.target
        reference = {
            factor.column: factor.baseline
            for term in self.prepared.predictors.distinct for factor in term.factors
            if isinstance(factor, Levels) and factor.baseline is not None
        }
        if noise.response.takes_reference and levels:
            reference = {target: levels[0], **reference}
        return Model(
            noise=noise.name, loss=noise.loss_name, options=noise.stated, levels=levels or None,
            positive=levels[-1] if levels and noise.response.takes_positive else None, reference=reference,
            formula=self.prepared.roles.formula, scale_formula=self.prepared.roles.scale_formula,
            se=self.request.se, level=self.request.level,
            se_used=used(self.errors, noise, self.n), shape_cost=noise.shape_cost,
        )

    def _run(self) -> Run:
        import scipy

        return Run(
            seed=self.request.seed, threads=None, engine=None, python=platform.python_version(), numpy=np.__version__,
            scipy=scipy.__version__, machine=worked(self.source, self.prepared, self.request, self.threads),
        )
