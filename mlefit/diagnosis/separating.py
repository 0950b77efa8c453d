"""Separating: what the rows say, column by column, about a separation, so that a message can name what is true.

An indicator whose rows all have one outcome is a fact that the user can check, and so is a single predictor whose values
do not overlap between two classes; "the coefficient of g=B is infinite" is only its consequence.
"""


import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.design.levels import Levels
from mlefit.execution import Execution
from mlefit.problem.problem import Problem
from mlefit.records import record
from mlefit.rows.chunk import Chunk


@record(frozen=True)
class Outcomes:
    """Per column (p) and class (K): how many rows are at 1 and at 0, elsewhere, and the least and largest value."""

    at_one: Array       # (p, K)
    at_zero: Array      # (p, K)
    elsewhere: Array    # (p,)
    least: Array        # (p, K), infinite where the class has no row
    largest: Array      # (p, K)

    @classmethod
    def of(cls, chunk: Chunk, one: Array, zero: Array, observed: Mask) -> "Outcomes":
        """Those of one chunk; `one` and `zero` (p,) are the encoded values of 1 and 0, `observed` (n, K) what a row may have."""
        weighted = observed * (np.ones(chunk.rows) if chunk.weight is None else chunk.weight)[:, None]
        at_one, at_zero = chunk.x == one, chunk.x == zero
        by_class = [np.flatnonzero(observed[:, k]) for k in range(observed.shape[1])]
        none = np.full(len(one), np.inf)
        return cls(
            at_one.T @ weighted, at_zero.T @ weighted, (~(at_one | at_zero)).sum(axis=0).astype(np.float64),
            np.array([chunk.x[rows].min(axis=0) if rows.size else none for rows in by_class]).T,
            np.array([chunk.x[rows].max(axis=0) if rows.size else -none for rows in by_class]).T,
        )

    def __add__(self, other: "Outcomes") -> "Outcomes":
        return Outcomes(
            self.at_one + other.at_one, self.at_zero + other.at_zero, self.elsewhere + other.elsewhere,
            np.minimum(self.least, other.least), np.maximum(self.largest, other.largest),
        )


def outcomes(problem: Problem, execution: Execution) -> Outcomes:
    """One pass over the rows."""
    scaling, noise = problem.prepared.scaling, problem.prepared.noise
    one, zero = (1.0 - scaling.centre) / scaling.scale, (0.0 - scaling.centre) / scaling.scale
    if problem.prepared.predictors.intercept:      # the constant is encoded as it is
        one[0], zero[0] = 1.0, 0.0
    return execution.sum(lambda chunk: Outcomes.of(chunk, one, zero, noise.among(chunk.trials).outcomes(chunk.y).T))


def facts(problem: Problem, found: Outcomes, columns: list[int]) -> list[str]:
    """`every row with g=B has y=1`, for each indicator among `columns`, and for the baseline of its factor, if true."""
    told: list[str] = []
    labels = problem.labels
    for j in columns:
        if found.elsewhere[j] == 0.0 and (level := _only(problem, found.at_one[j])) is not None:
            told.append(_fact(problem, labels[j] if "=" in labels[j] else f"{labels[j]}=1", level))
        elif found.elsewhere[j] == 0.0 and "=" not in labels[j] and (level := _only(problem, found.at_zero[j])) is not None:
            told.append(_fact(problem, f"{labels[j]}=0", level))
    everything = found.at_one[0] + found.at_zero[0] if problem.prepared.predictors.intercept else None
    for factor, here in factors(problem):
        if everything is None or factor.baseline is None or not set(here) & set(columns):
            continue
        rest = everything - found.at_one[here].sum(axis=0)
        if (level := _only(problem, rest)) is not None:
            told.insert(0, _fact(problem, f"{factor.column}={factor.baseline}", level))
    return told


def alone(problem: Problem, found: Outcomes, columns: list[int]) -> list[int]:
    """Which of `columns` separate two classes completely without the help of others."""
    if len(problem.prepared.noise.outcome_names) != 2:
        return []
    return [j for j in columns if found.largest[j, 0] < found.least[j, 1] or found.largest[j, 1] < found.least[j, 0]]


def factors(problem: Problem) -> list[tuple[Levels, list[int]]]:
    """Categorical main effects with the places of their columns."""
    return [(factor, list(places)) for term, places in problem.prepared.predictors.sides[0].by_term()
            if len(term.factors) == 1 and isinstance(factor := term.factors[0], Levels)]


def _only(problem: Problem, counts: Array) -> str | None:
    """The class of all the rows counted, if they have one."""
    seen = np.flatnonzero(counts)
    return problem.prepared.noise.outcome_names[int(seen[0])] if seen.size == 1 else None


def _fact(problem: Problem, where: str, level: str) -> str:
    return f"every row with {where} has {problem.prepared.observed.target}={level}"
