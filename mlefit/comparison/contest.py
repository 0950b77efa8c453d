"""Contest: every model fitted on the same rows, read once, with what each row costs under it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mlefit.comparison.admitted import admitted, fine, left_out, may_be_celled, moved, whole, without_location
from mlefit.comparison.celled import Celled, refitted
from mlefit.comparison.costs import natural, row_costs, weights
from mlefit.comparison.lattice import COUNTS, Steps, coarse, steps_of
from mlefit.comparison.paired import Judged
from mlefit.design.roles import choose_roles
from mlefit.errors import DataError, MlefitError, NoEstimateError, UsageError
from mlefit.inference.kinds import suits
from mlefit.noise import MODELS
from mlefit.noise.model import Measure, NoiseModel
from mlefit.pipeline.fitted import Fitted, fit, not_certified
from mlefit.pipeline.run import report_of
from mlefit.problem.indexing import ColumnsWanted, as_for
from mlefit.problem.prepare import Progress
from mlefit.problem.problem import Problem
from mlefit.problem.restated import alike, restated
from mlefit.problem.stated import stated
from mlefit.report.comparison import Cells, Entry
from mlefit.report.report import Report
from mlefit.request import Request
from mlefit.source.source import Source


class Fit(NamedTuple):
    """A model in the contest: its entry in the table, and where it was fitted what is known of it; `aic` as `criteria` has it, that
    of cells where these count, with the optimum of their masses, `celled`."""

    entry: Entry
    found: Fitted | None = None
    judged: Judged | None = None
    aic: float = np.inf
    celled: Celled | None = None

    @property
    def noise(self) -> NoiseModel:
        """The law."""
        assert self.found is not None
        return self.found.fit.noise


class Contest:
    """The rows of a source under many models. What is open stays so until the `stack` ends."""

    def __init__(self, request: Request, source: Source, stack: ExitStack, progress: Progress | None) -> None:
        self.request, self.source, self.progress = request, source, progress
        self._stack = stack
        self._open: list[Problem] = []
        self._columned: set[tuple[str | None, str]] = set()     # designs and models that levels of rows do not decide
        self._parameters: dict[str, int | None] = {}
        self.masses = False         # whether models of counts are among those compared
        self.mixed = False          # whether models with a probability at 0 beside a density are
        self.steps: Steps | None = None     # that count, of the responses of models that are all densities
        self.remarks: tuple[str, ...] = ()
        self.beyond: DataError | None = None        # the refusal of a model that the memory does not hold

    def fits(self, models: tuple[str, ...], formulas: tuple[str, ...]) -> Iterator[Fit]:
        """Each model with each design; where no model is named, all that the response admits."""
        self.masses = any(_known(name).response.whole for name in models)
        self.mixed = any(_known(name).measure is Measure.MIXED for name in models)
        designs = self._together([replace(self.request, formula=text) for text in formulas] or [self.request])
        unasked = not models
        if unasked:
            models = self._in_time([self._first(design) for design in designs])
            self.masses = any(_known(name).response.whole for name in models)
        models = tuple(sorted(models, key=lambda name: not _known(name).compresses))      # whose rows serve the others
        unsuited = self._unsuited(models)
        if all(_known(name).measure is Measure.DENSITY for name in models):
            self._look_for_steps([self._of(design, models[0], unsuited) for design in designs])
        for design in designs:
            for name in models:
                text = design.formula if len(designs) > 1 else None
                label = name if text is None else text if len(models) == 1 else f"{name}: {text}"
                found = self._fit(self._of(design, name, unsuited), Entry(label, name, text))
                if not (unasked and self._same(found)):
                    yield found

    def _in_time(self, problems: list[Problem]) -> tuple[str, ...]:
        """The models that the response admits, but for those that a design would make take too long, which a remark names."""
        models, left = admitted(problems[0]), dict[str, str]()
        for problem in problems:
            left = left_out(problem, models) | left
        left = left if len(left) < len(models) else {}
        for why in dict.fromkeys(left.values()):
            names = ", ".join(name for name in models if left.get(name) == why)
            remedy = "" if why.endswith("may be used") else "; -m MODEL,MODEL compares those that it names"
            self.remarks += (f"left out, as {why}: {names}{remedy}",)
        return tuple(name for name in models if name not in left)

    def _unsuited(self, models: tuple[str, ...]) -> frozenset[str]:
        """The models that do not have the errors or intervals asked for, which decide nothing; none where no model has them."""
        found = tuple(name for name in models if not suited(self.request, _known(name)))
        if not found or len(found) == len(models):
            return frozenset()
        asked = f"--se {self.request.se}" if self.request.se != "auto" else f"--intervals {self.request.intervals}"
        self.remarks += (f"errors of {', '.join(found)} are the default ones, as there is no {asked} for them",)
        return frozenset(found)

    def _of(self, design: Request, name: str, unsuited: frozenset[str]) -> Request:
        """The request of a model."""
        return replace(plain_errors(design) if name in unsuited else design, model=name)

    def _same(self, found: Fit) -> bool:
        """Whether a model is one that it contains, for want of predictors of its own."""
        self._parameters[found.entry.model] = None if found.judged is None else found.judged.parameters
        mine = self._parameters[found.entry.model]
        return mine is not None and any(self._parameters.get(name) == mine for name in _known(found.entry.model).contains)

    def _look_for_steps(self, designs: list[Request]) -> None:
        """The steps of the responses, where densities cannot stand for the masses of cells; a remark where they have to."""
        try:
            problems = [self._problem(design) for design in designs]
        except MlefitError:         # which is told where the model is fitted
            return
        plain = next((problem for problem in problems if not problem.prepared.observed.transform), None)
        steps = None if plain is None else steps_of(plain)
        if plain is None or steps is None or not coarse(plain, steps.step):
            return
        if all(may_be_celled(problem) for problem in problems):
            self.steps = steps
        else:
            self.remarks += (f"{plain.prepared.observed.target} comes in steps of {steps.step:g}, wide beside its errors; with a "
                            "transformation, precision weights or a curve it is compared as densities all the same, so that small "
                            "differences may be those of the steps",)

    def _together(self, designs: list[Request]) -> list[Request]:
        """The designs on the rows that are complete in the columns of all."""
        if len(designs) == 1:
            return designs
        columns = [choose_roles(self.source, design).columns for design in designs]
        numbers = tuple(dict.fromkeys(name for one in columns for name in one.numbers))
        categories = tuple(dict.fromkeys(name for one in columns for name in one.categories))
        return [replace(design, beside=(numbers, categories)) for design in designs]

    def _read(self, request: Request, *, index: bool) -> Problem:
        """The rows of a request; `index`: a factor of many levels does without columns if it may."""
        try:
            problem = self._stack.enter_context(
                stated(request, self.progress, keep_rows=True, source=self.source, index=index))
        except ColumnsWanted:
            self._columned.add((request.formula, str(request.model)))
            return self._problem(request)
        self._open.append(problem)
        return problem

    def _first(self, design: Request) -> Problem:
        """The rows as they tell what they are: an offset, which is taken off a location, is no part of that."""
        if design.offset is not None:
            for law in without_location():
                try:
                    return self._read(replace(design, model=law), index=True)
                except DataError as error:
                    if error.code not in ("bad-response", "target-not-numeric"):
                        raise
        return self._read(design, index=True)

    def _problem(self, request: Request) -> Problem:
        """The rows under the model of the request: those of a problem that encodes them alike, or read."""
        law, index = _known(str(request.model)), (request.formula, str(request.model)) not in self._columned
        for one in self._open:
            if one.request.formula == request.formula and alike(one, law) and self._as_read(one, request, law, index=index):
                return restated(one, request, law)
        return self._read(request, index=index)

    def _as_read(self, one: Problem, request: Request, law: NoiseModel, *, index: bool) -> bool:
        """Whether rows have levels in the place of columns just where the law would have them, which `index` allows."""
        mine = one.prepared.predictors
        own = as_for(one, request, law.of(one.prepared.levels)) if index else replace(mine, indexed=None, crossed=())
        return own.uncolumned == mine.uncolumned

    def _fit(self, request: Request, entry: Entry) -> Fit:
        if self.progress is not None:
            self.progress(f"fitting {entry.label}", None)
        try:
            problem = self._problem(request)
            density = problem.prepared.noise.measure is Measure.DENSITY
            beside_counts = self.masses and density and not (may_be_celled(problem) and (fine(problem) or not whole(problem)))
            if beside_counts and not may_be_celled(problem):
                return Fit(entry._replace(code="not-comparable", reason=(
                    "a density of whole numbers that an offset, a transformation or a weight has moved, or of a curve, is no mass "
                    "of them, and stands on another scale than those of counts")))
            if request.beside != ((), ()) and problem.prepared.observed.transform and moved(problem):
                return Fit(entry._replace(code="not-comparable", reason=(
                    "an offset has been taken off the transformed response, and what the transformation is worth in each row is "
                    "not known any more: as densities of the column itself, designs are compared without an offset")))
            if self.mixed and density:
                return Fit(entry._replace(code="not-comparable", reason=(
                    "a density has no probability of exactly 0, and stands on another scale than a law that has one")))
            steps = COUNTS if beside_counts else self.steps
            found = fit(problem, self.progress)
            if found.wants_columns:
                self._columned.add((request.formula, entry.model))
                return self._fit(request, entry)
            if not found.certified:
                raise not_certified(problem, found.fit)
        except NoEstimateError as error:
            return Fit(_unanswered(entry, error, error.partial))
        except DataError as error:
            if error.code == "too-many-parameters":     # by columns: other models may have levels
                self.beyond = error
            elif error.code != "bad-response":          # all others are of the table, not of the model
                raise
            return Fit(_unanswered(entry, error))
        entry = entry._replace(group=found.fit.noise.group or found.fit.noise.name)
        if steps is not None:
            return _celled(found, entry, steps, beside_counts=beside_counts)
        nll = natural(found, row_costs(found, found.objective, found.fit.mle.theta))
        judged = Judged(entry.label, nll, problem.n_params)
        aic = 2.0 * (problem.n_params + found.fit.nll[0] + problem.n * problem.log_density)
        return Fit(entry, found, judged, aic)


def _celled(found: Fitted, entry: Entry, steps: Steps, *, beside_counts: bool) -> Fit:
    """The fit of the masses of cells; `beside_counts` it says so of itself, as others are no masses of cells."""
    problem = found.problem
    lattice = steps.of(problem.units, found.fit.noise.response)
    theta, objective = refitted(found, lattice, found.fit.mle.theta, found.rows)
    label = f"{entry.label} (rounded to 1)" if beside_counts else entry.label
    judged = Judged(label, row_costs(found, objective, theta), problem.n_params)
    weight = weights(problem)
    cells = Cells(steps.step, judged.total(weight) / problem.n, judged.aic(weight))
    return Fit(entry._replace(label=label, cells=cells), found, judged, cells.aic, Celled(theta, lattice))


def told(fit: Fit) -> Fit:
    """With everything that is said of the model alone; without an answer where its routes disagree."""
    if fit.found is None:
        return fit
    try:
        return fit._replace(entry=fit.entry._replace(report=report_of(fit.found)))
    except NoEstimateError as error:
        return Fit(_unanswered(fit.entry, error, error.partial))


def suited(request: Request, noise: NoiseModel) -> bool:
    """Whether the law has the errors and intervals of the request."""
    return suits(request.se, request.intervals, noise, request.weights, request.weights_kind)


def plain_errors(request: Request) -> Request:
    """The request with errors and intervals that every law has."""
    return replace(request, se="auto", intervals="wald")


def _known(name: str) -> NoiseModel:
    return MODELS.find(name, "--model: ")


def _unanswered(entry: Entry, error: MlefitError, partial: object = None) -> Entry:
    return entry._replace(report=partial if isinstance(partial, Report) else None, code=error.code, reason=error.message)


def check(request: Request) -> None:
    """Raises UsageError for what has no likelihood to compare."""
    if request.weights is not None and request.weights_kind == "sampling":
        raise UsageError(
            "compare: with sampling weights the likelihood is not that of the rows, and models cannot be compared by it",
            "leave --weights and --weights-kind out, or compare intervals with `mlefit fit`", code="options-contradict")
