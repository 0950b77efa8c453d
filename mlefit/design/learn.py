"""Learning: one pass over the complete rows fixes levels, contrasts, polynomials and knots of all terms."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from mlefit.arrays import Array, Mask
from mlefit.design.expression import Expression
from mlefit.design.levels import Levels
from mlefit.design.terms import Factor, Summary, Term
from mlefit.expression.tree import Column
from mlefit.records import record
from mlefit.source.batch import Batch
from mlefit.source.source import Kind


@record(frozen=True)
class Survey:
    """The summary of every factor that learns. Surveys of parts add up to that of the whole, in any grouping."""

    summaries: Mapping[Factor, Summary]

    def __add__(self, other: "Survey") -> "Survey":
        return Survey({factor: mine + other.summaries[factor] for factor, mine in self.summaries.items()})


def columns_to_terms(
    features: Sequence[str], categorical: Collection[str], kinds: Mapping[str, Kind] = MappingProxyType({}),
) -> tuple[Term, ...]:
    """One term per column, treatment-coded for the columns in `categorical`; dates of all others count days."""
    return tuple(Term((_factor(name, name in categorical, kinds.get(name)),)) for name in features)


def _factor(name: str, coded: bool, kind: Kind | None) -> Factor:
    if coded:
        return Levels(name)
    if kind is Kind.DATE:
        from mlefit.design.dates import Days

        return Days(name)
    return Expression(name, Column(name))


def needs_learning(terms: Sequence[Term]) -> bool:
    """Whether any term depends on the data beyond its row, so that a pass for `survey` is due."""
    return any(factor.learns for term in terms for factor in term.factors)


def survey(terms: Sequence[Term], batch: Batch, keep: Mask, weight: Array | None = None) -> Survey:
    """What the terms need to know of the rows in `keep`, where no cell is missing.

    With frequency weights (rows,) each row counts that many times, so that weight 2 is the row twice. Raises InBlockError
    where the argument of poly, bs, center or scale is not finite.
    """
    if weight is not None:
        keep = keep & (weight > 0)
    factors = dict.fromkeys(factor for term in terms for factor in term.factors if factor.learns)
    return Survey({factor: factor.survey(batch, keep, weight) for factor in factors})


def learn(
    terms: Sequence[Term], survey: Survey, *, intercept: bool, reference: Mapping[str, str],
    orders: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[Term, ...]:
    """The terms with their state. Raises UsageError for an unknown reference level, DataError for too few values.

    `orders`: of the levels of some columns, as the user has them; the first is the baseline.

    A factor with levels is coded by contrasts where the rest of its term is spanned by an earlier term (or is empty),
    else by indicators; without intercept the first term made of such factors alone has its first factor in indicators.
    This is R's rule (Chambers and Hastie 1992, section 2.4.1), except that levels that would only be collinear with
    earlier columns are not added for `0 + x + x:g`, nor contrasts that would miss a part of the span for `x:a + a:b`.
    """
    promoted = None if intercept else next((t for t in terms if all(factor.coded for factor in t.factors)), None)
    learnt = []
    for place, term in enumerate(terms):
        factors = []
        for position, factor in enumerate(term.factors):
            if factor.learns:
                full = factor.coded and (
                    (term is promoted and position == 0) or not _margin_present(term, factor, terms[:place])
                )
                factors.append(factor.ordered(orders).learnt(survey.summaries[factor], full, reference))
            else:
                factors.append(factor)
        learnt.append(Term(tuple(factors)))
    return tuple(learnt)


def _margin_present(term: Term, factor: Factor, earlier: Sequence[Term]) -> bool:
    """Whether the columns of `term` without `factor` are spanned by the intercept or an earlier term."""
    margin = set(term.factors) - {factor}
    return not margin or any(
        margin <= set(other.factors) and all(extra.coded for extra in set(other.factors) - margin) for other in earlier
    )
