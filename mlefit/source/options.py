"""ReadOptions: what the user said about the file. None means: detect it, and say so when it is unusual."""

from typing import NamedTuple


class ReadOptions(NamedTuple):
    """Overrides of detection; `na` are tokens that mean "missing" besides the usual ones.

    `digest`: whether the SHA-256 of the bytes will be asked for, and so is computed while they are read.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    na: tuple[str, ...] = ()
    header: bool = True
    memory: int | None = None     # bytes the run may use, None: no bound was given
    digest: bool = False
