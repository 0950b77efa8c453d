"""`mlefit schema`: the JSON schemas of what `-o json` prints."""

from typing import Annotated

from mlefit.cli import output
from mlefit.options.declaration import Option
from mlefit.options.values import listed, refused


def schema(name: Annotated[str | None, Option("", metavar="NAME", help="One of them: fit or error. Default: all.")] = None) -> None:
    """Print the JSON schemas of the answers, one object."""
    from mlefit.report.json import dumps
    from mlefit.report.schema import schemas

    known = {key.removeprefix("mlefit.").partition("/")[0]: found for key, found in schemas().items()}
    if name is not None and name not in known:
        raise refused("schema", name, listed(list(known)), "such as `mlefit schema fit`")
    output.write(dumps({found["$id"]: found for found in known.values()} if name is None else known[name]))


