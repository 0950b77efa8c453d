"""Names that later versions will use: they exit 2 and say so, and nothing else can take them."""

from mlefit.errors import UsageError

COMMANDS = ("compare", "predict", "simulate", "plot", "report")
OPTIONS = (
    "--mean", "--start", "--scale-features", "--trials", "--by", "--firth", "--exponentiate", "--save",
)


def not_built(name: str) -> UsageError:
    """The refusal of a reserved name."""
    return UsageError(f"{name} is not built yet", "`mlefit --help` lists what there is", code="not-built")
