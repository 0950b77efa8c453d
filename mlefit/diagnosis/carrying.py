"""Carrying: on how few rows, or clusters, a robust standard error rests, and where it does not exist."""

from collections.abc import Sequence

from mlefit.inference.standard_errors import StandardErrors
from mlefit.problem.problem import Problem
from mlefit.report.report import Parameter, Warn
from mlefit.report.tested import Clusters

FEW = 10        # effective clusters: t with G* - 1 is cautious below, and no longer exact
SHOWN = 8       # coefficients named in a message


def clusters_of(problem: Problem, errors: StandardErrors) -> Clusters | None:
    """What there is to say about the clusters, if the errors are those of clusters."""
    if errors.groups is None or errors.kind.column is None:
        return None
    column = errors.kind.column
    with_error = errors.groups.effective[~errors.absent]
    smallest = float(with_error.min()) if with_error.size else None
    return Clusters(column, errors.groups.total, smallest, problem.prepared.ledger.dropped.get(column, 0))


def few(problem: Problem, errors: StandardErrors, known: Sequence[Parameter]) -> tuple[Warn, ...]:
    """Warnings: coefficients without a robust error, and too few clusters for the errors of the others."""
    found = []
    names = tuple(dict.fromkeys(p.name for p in known if p.state == "no-robust-error"))
    if names:
        listed = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
        other = ("--se auto gives one that trusts the model" if problem.prepared.noise.smooth else
                 "--se iid gives one that takes the errors of all rows for alike")
        unit = "cluster" if errors.groups is not None else "row"
        found.append(Warn(
            "leverage", f"{listed}: no robust standard error exists, as a single {unit} of leverage 1 determines the coefficient "
            f"and nothing is left of it to judge its error by; {other}", names))
    clusters = clusters_of(problem, errors)
    if clusters is not None and clusters.smallest_effective is not None and clusters.smallest_effective < FEW:
        found.append(Warn(
            "few-clusters", f"the standard errors rest on {clusters.n} clusters of {clusters.column}, of which as few as "
            f"{clusters.smallest_effective:.2g} carry a coefficient: below {FEW} their intervals are wide, and cautious",
            (clusters.column,)))
    return tuple(found)
