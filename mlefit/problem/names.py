"""Names: every coefficient has one of its own, by which messages, JSON and saved models know it; a shape has a kind beside."""

from collections import Counter
from collections.abc import Collection

from mlefit.design.roles import Roles
from mlefit.errors import UsageError
from mlefit.escapes import shown


def check_names(roles: Roles) -> None:
    """Raises UsageError where two columns of one design would be called the same. Terms are learnt."""
    predictors, all_labels = roles.columns.predictors, roles.columns.predictors.labels()
    sides = [Counter(all_labels[place] for place in side.places) for side in predictors.sides]
    name = next((name for counts in sides for name, count in counts.items() if count > 1), None)
    if name is None:
        return
    owners = ["the intercept"] if predictors.intercept and name == "(Intercept)" else []
    owners += [f'"{shown(term.text)}"' for term in predictors.distinct if name in term.labels()]
    raise UsageError(
        f'two parameters would be called "{shown(name)}": those of {" and ".join(owners)}',
        f"rename the column {shown(_column(roles, name))}, or name other predictors with -x", code="same-name",
        columns=[_column(roles, name)])


def shape_notes(roles: Roles) -> tuple[str, ...]:
    """What is said of shapes that are called like a coefficient: a column has any name. Terms are learnt."""
    named: Collection[str] = roles.columns.predictors.labels() if roles.curve is None else roles.curve.parameters
    return tuple(f"{shape.name} is a parameter of the mean, and the name of a shape of the noise, which stands after the mean's."
                 for shape in roles.model.shapes if shape.name in named)     # cuts are not known yet


def _column(roles: Roles, name: str) -> str:
    """The column that has the name, or else takes part in the first term that does."""
    terms = [term for term in roles.columns.predictors.distinct if name in term.labels()]
    columns = [column for term in terms for column in sorted(term.numbers | term.categories)]
    return name if name in columns else columns[0]
