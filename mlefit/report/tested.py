"""What is tested of a fit: its terms, and whether rows share more than the model says."""

from typing import Literal, NamedTuple


class TermTest(NamedTuple):
    """Whether all coefficients of a term are zero, with the covariance of the standard errors shown.

    `statistic` is chi-squared with `df` degrees of freedom, or F with `df` and `df2`, which is None where the law is not F's
    own but tabulated. `reason`: why there is no test, or how it was made. `class_`: that of the coefficients of a scale.
    """

    term: str
    kind: Literal["F", "chi2"]
    statistic: float | None
    df: int
    df2: float | None
    p_value: float | None
    reason: str | None = None
    class_: str | None = None


class Clusters(NamedTuple):
    """The groups of rows of `--se cluster:COLUMN`: `n` of them, and how many carry the coefficient that rests on the fewest.

    `dropped`: rows without a group.
    """

    column: str
    n: int
    smallest_effective: float | None
    dropped: int


class Group(NamedTuple):
    """One-way F of the residuals by the levels of a column that the model leaves out, adjusted for the fit.

    `design_effect`: the variance of what is constant within a level over what it is when rows are independent.
    """

    column: str
    levels: int
    statistic: float
    df: float
    df2: float
    p_value: float
    design_effect: float


class Dependence(NamedTuple):
    """What rows share that the model takes as independent.

    `correlation`: of the residuals of rows beside each other in the file, with its one-sided p; None for the `reason`
    given. `too_short`: coefficients whose model errors are too small for it, where it is large. `groups`: columns tested.
    """

    correlation: float | None
    p_value: float | None
    too_short: tuple[str, ...]
    reason: str | None
    groups: tuple[Group, ...] = ()
