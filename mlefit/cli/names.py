"""The commands that are built, each the function of that name in the module of that name."""

COMMANDS = (
    "fit", "predict", "simulate", "show", "check", "audit", "export", "compare", "plot", "report", "models", "prove", "explain",
    "schema", "help", "completion",
)
