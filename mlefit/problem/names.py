"""Names: every parameter has one of its own, by which messages, JSON and saved models know it."""

from collections import Counter

from mlefit.design.roles import Roles
from mlefit.errors import UsageError
from mlefit.escapes import shown


def check_names(roles: Roles) -> None:
    """Raises UsageError where two design columns, or one and a shape, would be called the same. Terms are learnt."""
    predictors, all_labels = roles.columns.predictors, roles.columns.predictors.labels()
    labels = Counter(all_labels)
    sides = [Counter(all_labels[place] for place in side.places) for side in predictors.sides]
    twice = next((name for counts in sides for name, count in counts.items() if count > 1), None)
    shape = next((shape.name for shape in roles.model.shapes if shape.name in labels), None)     # cuts are not known yet
    name = twice or shape
    if name is None:
        return
    terms = ["the intercept"] if predictors.intercept and name == "(Intercept)" else []
    terms += [f'"{shown(term.text)}"' for term in predictors.distinct if name in term.labels()]
    owners = [*terms, *([f"the shape of {roles.model.name} noise"] if twice is None else [])]
    raise UsageError(
        f'two parameters would be called "{shown(name)}": those of {" and ".join(owners)}',
        f"rename the column {shown(_column(roles, name))}, or name other predictors with -x", code="same-name",
        columns=[_column(roles, name)])


def _column(roles: Roles, name: str) -> str:
    """The column that has the name, or else takes part in the first term that does."""
    terms = [term for term in roles.columns.predictors.distinct if name in term.labels()]
    columns = [column for term in terms for column in sorted(term.numbers | term.categories)]
    return name if name in columns else columns[0]
