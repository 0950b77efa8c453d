"""Names that later versions will use: they exit 2 and say so, and nothing else can take them."""

COMMANDS: tuple[str, ...] = ()
OPTIONS: tuple[str, ...] = ()
