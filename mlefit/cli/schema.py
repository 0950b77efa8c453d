"""`mlefit schema`: the JSON schemas of what `-o json` prints and `--save` writes."""

from typing import Annotated, Any

from mlefit.cli import output
from mlefit.options.declaration import Option
from mlefit.options.values import listed, refused


def schema(
    name: Annotated[str | None, Option(
        "", metavar="NAME", help="One of them: fit, error, by, audit, check, compare, panels, model, models or proof. "
        "Default: all.")] = None,
) -> None:
    """Print the JSON schemas of the answers, one object."""
    from mlefit.report.json import dumps

    known = {key.removeprefix("mlefit.").partition("/")[0]: found for key, found in every().items()}
    if name is not None and name not in known:
        raise refused("schema", name, listed(list(known)), "such as `mlefit schema fit`")
    output.write(dumps({found["$id"]: found for found in known.values()} if name is None else known[name]))


def every() -> dict[str, dict[str, Any]]:
    """All schemas by their names."""
    from mlefit.auditing.record import audit_schema
    from mlefit.checking.record import check_schema
    from mlefit.picture.json import panels_schema
    from mlefit.proof.schema import proof_schema
    from mlefit.report.comparison_schema import comparison_schema
    from mlefit.report.groups_schema import groups_schema
    from mlefit.report.schema import schemas
    from mlefit.saved.schema import model_schema, models_schema

    others = (groups_schema(), audit_schema(), check_schema(), comparison_schema(), panels_schema(), model_schema(),
              models_schema(), proof_schema())
    return {**schemas(), **{found["$id"]: found for found in others}}
