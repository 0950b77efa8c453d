"""The commands that are built, each the function of that name in the module of that name."""

COMMANDS = (
    "fit", "predict", "simulate", "show", "check", "audit", "compare", "plot", "report", "models", "prove", "explain", "schema",
    "help", "completion",
)
