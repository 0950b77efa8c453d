"""Compare: a request and some models -> a Comparison, with the model to use and how sure that is."""

import shlex
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from mlefit.comparison.adequacy import DRAWS, adequacy
from mlefit.comparison.admitted import by_columns
from mlefit.comparison.contest import Contest, Fit, check, plain_errors, suited, told
from mlefit.comparison.costs import weights
from mlefit.comparison.nesting import nested
from mlefit.comparison.paired import difference
from mlefit.comparison.rule import REJECTED, Contestant, Decision, beaten, decide
from mlefit.comparison.scored import scored
from mlefit.comparison.words import because
from mlefit.errors import NoEstimateError
from mlefit.noise import MODELS
from mlefit.noise.model import Measure
from mlefit.options.spelling import arguments
from mlefit.pipeline.knowledge import information
from mlefit.problem.prepare import Progress
from mlefit.report.comparison import Adequacy, Comparison, Difference, Recommendation, Wild
from mlefit.report.digits import significant
from mlefit.request import Request
from mlefit.source import open_source
from mlefit.version import __version__

HOW = ("threads", "engine", "partition", "insecure")     # how rows are visited changes nothing that is said
LOOK = 19       # draws for the test of a model that is not recommended: its directions are told, its p-value decides nothing


def compare(
    request: Request, models: tuple[str, ...] = (), formulas: tuple[str, ...] = (), progress: Progress | None = None,
    folds: int | None = None,
) -> Comparison:
    """Fit the models, those that the response admits where none is named, with each design, and judge them; on new rows by so many
    `folds`, if asked for.

    Raises UsageError, DataError, and NoEstimateError only where every model ends without an answer.
    """
    check(request)
    request, formulas = one_design(request, formulas)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        contest = Contest(request, source, stack, progress)
        fits = [told(fit) for fit in contest.fits(models, formulas)]
        ranked = sorted((fit for fit in fits if fit.judged is not None), key=lambda fit: fit.aic)
        if folds is not None:
            ranked = scored(ranked, folds, request.seed, progress)
        others = [fit for fit in fits if fit.judged is None]
        if not ranked:
            if contest.beyond is not None and all(fit.entry.code == contest.beyond.code for fit in fits):
                raise contest.beyond
            which = "the only model has no" if len(fits) == 1 else f"none of the {len(fits)} models has an"
            raise NoEstimateError(f"{which} answer; {fits[0].entry.label}: {fits[0].entry.reason}",
                                  "see each alone with `mlefit fit -m MODEL`", code="no-answer")
        judge = _Judge(request, ranked)
        whole = judge.comparison(others)
        assert whole.recommendation is not None
        return whole._replace(remarks=(*judge.untested(whole.recommendation), *contest.remarks))


def decided(request: Request, models: tuple[str, ...] = (), formulas: tuple[str, ...] = ()) -> Decision | None:
    """The decision of `compare` alone, without the reports; None where no model has an answer."""
    request, formulas = one_design(request, formulas)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        fits = [fit for fit in Contest(request, source, stack, None).fits(models, formulas) if fit.judged is not None]
        return _Judge(request, sorted(fits, key=lambda fit: fit.aic)).decision() if fits else None


def one_design(request: Request, formulas: tuple[str, ...]) -> tuple[Request, tuple[str, ...]]:
    """A formula that is the only one is that of the request, so that whatever is told to be done next has it."""
    return (replace(request, formula=formulas[0]), ()) if len(formulas) == 1 else (request, formulas)


class _Judge:
    """The fitted models, the best first; differences and smooth tests, each made once, when it is asked for."""

    def __init__(self, request: Request, ranked: list[Fit]) -> None:
        self.request, self.ranked = request, ranked
        self.fits = {fit.entry.label: fit for fit in ranked}
        assert ranked[0].found is not None
        self.weight = weights(ranked[0].found.problem)
        self.differences: dict[tuple[str, str], Difference] = {}
        self.tests: dict[str, Adequacy | None] = {}

    def compared(self, behind: str, better: str) -> Difference:
        """How much one model is behind another."""
        if (behind, better) not in self.differences:
            a, b = self.fits[behind], self.fits[better]
            assert a.judged is not None
            assert b.judged is not None
            assert a.found is not None
            assert b.found is not None
            self.differences[behind, better] = difference(
                a.judged, b.judged, self.weight, self.request.level, nested(a.found, b.found), nested(b.found, a.found))
        return self.differences[behind, better]

    def adequacy(self, label: str, draws: int = DRAWS) -> Adequacy | None:
        """The smooth test of a model."""
        if label not in self.tests:
            fit, asked = self.fits[label], self.request.draws
            assert fit.found is not None
            self.tests[label] = adequacy(fit.found, label, self.request.seed, draws if asked is None else asked, fit.celled)
        return self.tests[label]

    def untested(self, chosen: Recommendation) -> tuple[str, ...]:
        """That residuals beside a factor of many levels are not judged where no draws tell what they would be."""
        fit = self.fits[chosen.label]
        assert fit.found is not None
        if not fit.found.problem.indexed or fit.noise.response.reads_levels or self.adequacy(chosen.label) is not None:
            return ()
        return (f"whether the residuals of {chosen.label} are those of its law is not tested: beside so many levels it takes draws "
                "from the model, of which there are too few, or too few with a maximum",)

    def p_values(self, label: str) -> tuple[float, ...]:
        """Of the verdict of its KL and of its smooth test, those that exist."""
        fit, own = self.fits[label], self.adequacy(label)
        assert fit.found is not None
        known = information(fit.found, None) if fit.entry.report is None else fit.entry.report.information
        verdict = None if known is None else known.kl.verdict_p_value
        return tuple(p for p in (verdict, None if own is None else own.p_value) if p is not None)

    def decision(self) -> Decision:
        """Which model, and how strongly."""
        contestants = [Contestant(fit.entry.label, self._group(fit), fit.aic) for fit in self.ranked]
        return decide(contestants, self._default(), self.compared, self.p_values)

    def comparison(self, others: list[Fit]) -> Comparison:
        """Everything that is said; `others` have no answer."""
        best, default = self.ranked[0].entry, self._default()
        for fit in self.ranked[1:]:
            self.compared(fit.entry.label, best.label)
        decision = self.decision()
        report = best.report
        assert report is not None
        told = self._recommendation(decision, default)
        return Comparison(
            __version__, report.data.target, report.data.rows_used, report.data.n, self.request.level, self.request.unit,
            (*(fit.entry for fit in self.ranked), *(fit.entry for fit in others)), tuple(self.differences.values()),
            tuple(one for one in self.tests.values() if one is not None), told, default, self._notes(), self._warnings(),
            0 if report.information is None or report.information.holdout is None else report.information.holdout.rows)

    def _notes(self) -> tuple[str, ...]:
        """What is noted of every fit, which is of the table; what one model's figures need stands with its own table."""
        return _of_all([fit.entry.report.notes for fit in self.ranked if fit.entry.report is not None])

    def _warnings(self) -> tuple[str, ...]:
        """What every fit is warned of, likewise."""
        return _of_all([tuple(warning.message for warning in fit.entry.report.warnings)
                        for fit in self.ranked if fit.entry.report is not None])

    def _recommendation(self, decision: Decision, default: str | None) -> Recommendation:
        chosen = self.fits[decision.model].entry
        behind = None if default is None or default == decision.model else self.compared(default, decision.model)
        of_default = None if default is None else self.adequacy(default, LOOK)
        assert chosen.report is not None
        entries = tuple(fit.entry for fit in self.ranked)
        own, alike = self.adequacy(decision.model), self._alike(decision.model)
        said = because(decision, entries, behind, default, own, of_default, alike)
        if decision.strength == "keep":
            said += self._seen_else(decision.model)
        return Recommendation(
            chosen.model, decision.strength, said, chosen.report.model.loss,
            None if default is None else 0.0 if behind is None else behind.nats, self._next(chosen.model, chosen.formula),
            chosen.label, *((self._summary(chosen.formula), self._wild()) if decision.strength == "none-fits" else ()))

    def _alike(self, label: str) -> list[Difference]:
        """The other models of its group that are neither beaten by it nor found wrong."""
        group = self._group(self.fits[label])
        others = [fit.entry.label for fit in self.ranked if fit.entry.label != label and self._group(fit) == group]
        return [d for d in (self.compared(other, label) for other in others) if not beaten(d) and not self._found_wrong(d.model)]

    def _found_wrong(self, label: str) -> bool:
        """Whether the verdict of its KL is a misfit."""
        report = self.fits[label].entry.report
        known = None if report is None or report.information is None else report.information.kl.verdict_p_value
        return known is not None and known <= REJECTED

    def _seen_else(self, label: str) -> str:
        """What would have been seen: how far the law that has the one that is kept at the end of a shape may still be from it."""
        kept, found = self.fits[label].noise, self.fits[label].found
        assert found is not None
        if found.problem.indexed and found.problem.n_params ** 2 > found.problem.n:
            return ""       # coefficients take along a share p / n of what rows vary, which the interval does not know
        for fit in self.ranked:
            assert fit.found is not None
            limit = fit.found.problem.prepared.noise.nested.get(kept.spelt)
            if limit is not None and fit.entry.report is not None:
                shape = fit.found.problem.prepared.noise.shapes[limit.shape].name
                known = next((p for p in fit.entry.report.parameters if p.kind == "shape" and p.name == shape), None)
                end = None if known is None else known.ci_low if np.isinf(limit.value) else known.ci_high
                if end is not None and np.isfinite(end):
                    side = "below" if np.isinf(limit.value) else "above"
                    return f"; {fit.entry.label} with {shape} {side} {significant(end, 2)} would have been seen"
        return ""

    def _default(self) -> str | None:
        """The model that is kept unless the data ask for more: of counts their own, else that of numbers; none among designs.

        Whole numbers of which a density needs no cells are amounts.
        """
        if len({fit.entry.formula for fit in self.ranked}) > 1:
            return None
        standard = [fit for fit in self.ranked if fit.noise.standard]
        masses = [fit for fit in standard if fit.noise.measure is Measure.MASS]
        amounts = [fit for fit in standard if fit.noise.measure is Measure.DENSITY and fit.celled is None]
        return (amounts or masses or standard)[0].entry.label if standard else None

    def _group(self, fit: Fit) -> str:
        """Of designs, each is a group of its own."""
        return fit.entry.group if fit.entry.formula is None else f"{fit.entry.group}: {fit.entry.formula}"

    def _wild(self) -> Wild | None:
        """The few rows without which a model fits."""
        from mlefit.comparison.wild import wild

        return wild(self.ranked, self.request.seed, DRAWS if self.request.draws is None else self.request.draws)

    def _summary(self, formula: str | None) -> str | None:
        """The command of a law that is meant by its location alone, of numbers that have one."""
        if self.request.mean is not None or not any(fit.noise.located for fit in self.ranked):
            return None     # a curve takes no law with a corner, and the others assume one
        name = next(law.name for law in MODELS.values() if law.located and not law.assumed)
        problem = next(fit.found.problem for fit in self.ranked if fit.found is not None and fit.entry.formula == formula)
        return None if problem.indexed and by_columns(problem, name) is not None else self._next(name, formula)

    def _next(self, model: str, formula: str | None) -> str:
        """The command that fits the model to these data."""
        law = MODELS.find(model, "--model: ")
        request = self.request if suited(self.request, law) else plain_errors(self.request)
        words = arguments(request, without=("model", "seed", "draws", *HOW))
        return shlex.join(["mlefit", "fit", *words, *(["-f", formula] if formula is not None else []), "-m", model])


def _of_all(each: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The sentences of the first that all others have."""
    return tuple(said for said in each[0] if all(said in others for others in each))
