"""Compare: a request and some models -> a Comparison, with the model to use and how sure that is."""

import shlex
from contextlib import ExitStack

from mlefit.comparison.adequacy import adequacy
from mlefit.comparison.contest import Contest, Fit, check, weights
from mlefit.comparison.nesting import nested
from mlefit.comparison.paired import difference
from mlefit.comparison.rule import Contestant, Decision, decide
from mlefit.comparison.words import because
from mlefit.errors import NoEstimateError
from mlefit.noise.model import Measure
from mlefit.options.spelling import arguments
from mlefit.problem.prepare import Progress
from mlefit.report.comparison import Adequacy, Comparison, Difference, Recommendation
from mlefit.request import Request
from mlefit.source import open_source
from mlefit.version import __version__


def compare(
    request: Request, models: tuple[str, ...] = (), formulas: tuple[str, ...] = (), progress: Progress | None = None
) -> Comparison:
    """Fit the models, those that the response admits where none is named, with each design, and judge them.

    Raises UsageError, DataError, and NoEstimateError only where every model ends without an answer.
    """
    check(request)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(request.data, request.read))
        fits = list(Contest(request, source, stack, progress).fits(models, formulas))
        ranked = sorted((fit for fit in fits if fit.judged is not None), key=_aic)
        others = [fit for fit in fits if fit.judged is None]
        if not ranked:
            raise NoEstimateError(
                f"none of the {len(fits)} models has an answer; {fits[0].entry.label}: {fits[0].entry.reason}",
                "see each alone with `mlefit fit -m MODEL`", code="no-answer")
        return _Judge(request, ranked).comparison(others)


def _aic(fit: Fit) -> float:
    assert fit.entry.report is not None
    assert fit.entry.report.criteria is not None
    return fit.entry.report.criteria.aic or 0.0


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

    def adequacy(self, label: str) -> Adequacy | None:
        """The smooth test of a model."""
        if label not in self.tests:
            found = self.fits[label].found
            assert found is not None
            self.tests[label] = adequacy(found, label, self.request.seed, self.request.draws)
        return self.tests[label]

    def p_values(self, label: str) -> tuple[float, ...]:
        """Of the verdict of its KL and of its smooth test, those that exist."""
        report, own = self.fits[label].entry.report, self.adequacy(label)
        verdict = None if report is None or report.information is None else report.information.kl.verdict_p_value
        return tuple(p for p in (verdict, None if own is None else own.p_value) if p is not None)

    def comparison(self, others: list[Fit]) -> Comparison:
        """Everything that is said; `others` have no answer."""
        best, default = self.ranked[0].entry, self._default()
        for fit in self.ranked[1:]:
            self.compared(fit.entry.label, best.label)
        contestants = [Contestant(fit.entry.label, self._group(fit), _aic(fit)) for fit in self.ranked]
        decision = decide(contestants, default, self.compared, self.p_values)
        report = best.report
        assert report is not None
        told = self._recommendation(decision, default)
        return Comparison(
            __version__, report.data.target, report.data.rows_used, report.data.n, self.request.level, self.request.unit,
            (*(fit.entry for fit in self.ranked), *(fit.entry for fit in others)), tuple(self.differences.values()),
            tuple(one for one in self.tests.values() if one is not None), told, default, notes=self._notes())

    def _notes(self) -> tuple[str, ...]:
        """What is noted of every fit, which is of the table; what one model's figures need stands with its own table."""
        each = [fit.entry.report.notes for fit in self.ranked if fit.entry.report is not None]
        return tuple(note for note in each[0] if all(note in notes for notes in each))

    def _recommendation(self, decision: Decision, default: str | None) -> Recommendation:
        chosen = self.fits[decision.model].entry
        behind = None if default is None or default == decision.model else self.compared(default, decision.model)
        of_default = None if default is None else self.adequacy(default)
        assert chosen.report is not None
        entries = tuple(fit.entry for fit in self.ranked)
        return Recommendation(
            chosen.model, decision.strength,
            because(decision, entries, behind, default, self.adequacy(decision.model), of_default), chosen.report.model.loss,
            None if default is None else 0.0 if behind is None else behind.nats, self._next(chosen.model, chosen.formula),
            chosen.label)

    def _default(self) -> str | None:
        """The model that is kept unless the data ask for more: of counts their own, else that of numbers; none among designs."""
        if len({fit.entry.formula for fit in self.ranked}) > 1:
            return None
        standard = [fit for fit in self.ranked if fit.noise.standard]
        masses = [fit for fit in standard if fit.noise.measure is Measure.MASS]
        return (masses or standard)[0].entry.label if standard else None

    def _group(self, fit: Fit) -> str:
        """Of designs, each is a group of its own."""
        return fit.entry.group if fit.entry.formula is None else f"{fit.entry.group}: {fit.entry.formula}"

    def _next(self, model: str, formula: str | None) -> str:
        """The command that fits the model to these data."""
        words = arguments(self.request, without=("model", "seed", "draws", "threads"))
        return shlex.join(["mlefit", "fit", *words, *(["-f", formula] if formula is not None else []), "-m", model])
