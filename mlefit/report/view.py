"""View: what of a report the reader wants to see; it changes no figure."""

from typing import NamedTuple


class View(NamedTuple):
    """`detail`: everything below the first screen too. `sort`: what explains most comes first."""

    detail: bool = False
    sort: bool = False
