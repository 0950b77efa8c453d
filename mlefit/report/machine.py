"""The record of a run: what is needed to repeat it, and apart from that who did the work."""

from typing import NamedTuple


class Machine(NamedTuple):
    """Who did the work, in which way: the one record in which two runs may differ that say the same."""

    threads: int
    engine: str
    workers: int | None = None
    partitions: int | None = None
    bytes_moved: int | None = None


class Run(NamedTuple):
    """What is needed to repeat the run. `threads` and `engine` are keys of the first release; `machine` has their values."""

    seed: int
    threads: None
    engine: None
    python: str
    numpy: str
    scipy: str
    machine: Machine
