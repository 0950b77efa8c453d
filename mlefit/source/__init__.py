"""Where rows come from: files, standard input or a table in memory, read again and again in the same batches."""

from typing import TYPE_CHECKING

from mlefit.source.options import ReadOptions

if TYPE_CHECKING:       # numpy waits until there is something to open: the command line asks for the options alone
    from mlefit.source.source import Source

__all__ = ["ReadOptions", "open_source"]


def open_source(data: tuple[str, ...] | object, options: ReadOptions) -> "Source":
    """The table behind `data`: paths, globs, `("-",)` for standard input, or one table in memory.

    A table in memory is a pandas DataFrame, an Arrow table, anything with `__arrow_c_stream__`, or a dict of arrays.
    Reads no more than the first block of each file. Raises DataError for what is not a table and UsageError for options
    that cannot be meant.
    """
    from mlefit.source.opening import opened

    return opened(data, options)
