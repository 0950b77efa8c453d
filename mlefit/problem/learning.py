"""Learning: levels, polynomials and knots are those of all rows, found in a pass of its own when any term needs one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from mlefit.design.encode import Columns
from mlefit.design.learn import Survey, learn, needs_learning, survey
from mlefit.design.ledger import Ledger
from mlefit.design.levels import LevelCounts, Levels
from mlefit.design.roles import MANY_LEVELS, Roles, without
from mlefit.machine import half_of_memory
from mlefit.problem.no_rows import no_rows
from mlefit.problem.split import Split
from mlefit.records import record
from mlefit.request import Request
from mlefit.source.batch import Batch
from mlefit.source.source import Source

KEPT = 256 << 20        # bytes of parsed rows, at most, that are not parsed again


@record(frozen=True)
class Seen:
    """What the terms need to know of some rows, their account, how many count, and the levels of the response in those."""

    survey: Survey
    ledger: Ledger
    rows: int
    levels: frozenset[str]

    @classmethod
    def of(cls, columns: Columns, split: Split, batch: Batch) -> "Seen":
        """That of a batch: terms learn from the rows fitted. Raises InBlockError where the argument of a term is not finite,
        and for unusable weights."""
        used, ledger = columns.used(batch)
        keep, observed = used.keep, columns.observed
        weight = None if observed.repeated is None else batch.numbers[observed.repeated]
        levels: frozenset[str] = frozenset()
        if observed.reads_levels:
            codes, names = batch.categories[observed.target]
            levels = frozenset(names[code] for code in np.unique(codes[keep]).tolist())
        aside = split.aside(batch)
        keep = keep if aside is None else keep & ~aside
        return cls(survey(columns.predictors.distinct, batch, keep, weight), ledger, used.rows.size, levels)

    def __add__(self, other: "Seen") -> "Seen":
        return Seen(self.survey + other.survey, self.ledger + other.ledger, self.rows + other.rows, self.levels | other.levels)

    def counts(self, name: str) -> Mapping[str, float]:
        """The levels of a predictor that is coded by levels, none for others."""
        summary = self.survey.summaries.get(Levels(name))
        return summary.counts if isinstance(summary, LevelCounts) else {}


class _Learning(NamedTuple):
    """The reading from which terms learn. There is a row, or the source would have none."""

    columns: Columns
    split: Split

    @property
    def zero(self) -> Seen:
        """What is seen of no rows."""
        return Seen(Survey({}), Ledger(), 0, frozenset())

    def begun(self) -> tuple[Callable[[Batch], Seen], tuple[()]]:
        """As Reading.begun."""
        return partial(Seen.of, self.columns, self.split), ()


class Learnt(NamedTuple):
    """The roles with levels, polynomials and knots fixed, the number of levels that the response is known to have, and how many
    rows there are (0: nobody has counted)."""

    roles: Roles
    levels: int
    rows: int


def learnt(source: Source, roles: Roles, request: Request, threads: int) -> Learnt:
    """What all rows say of the terms.

    Without a term that learns there is no pass, and the head of the source says what is known of the response.
    """
    columns, terms = roles.columns, roles.columns.predictors.distinct
    if not needs_learning(terms):
        return Learnt(roles, len(source.distinct.get(columns.observed.target, ())), 0)
    split = Split(request.seed, request.holdout)
    source.keep(min(KEPT, (request.read.memory or half_of_memory()) // 4))
    seen, _ = source.sum(columns.numbers, columns.categories, _Learning(columns, split), threads)
    if not seen.rows:
        raise no_rows(seen.ledger)
    counts = {name: len(seen.counts(name)) for name in roles.chosen}
    too_many = {
        name: f"text with {count} levels in {seen.rows} rows" + (", as an identifier has" if count == seen.rows else "")
        for name, count in counts.items() if count > max(MANY_LEVELS, seen.rows / 10)
    }
    if too_many:
        return learnt(source, without(roles, too_many, source, request), request, threads)
    orders = request.orders(columns.observed.target)
    predictors = columns.predictors.learnt(lambda terms, intercept: learn(
        terms, seen.survey, intercept=intercept, reference=request.reference, orders=orders))
    notes = tuple(dict.fromkeys(factor.remark for term in predictors.distinct for factor in term.factors if factor.remark))
    roles = replace(roles, columns=columns._replace(predictors=predictors), notes=roles.notes + notes)
    return Learnt(roles, len(seen.levels), seen.rows)
