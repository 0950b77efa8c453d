"""main and process: what comes before and after a command, so that a short one need not wait for either."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from mlefit.blas import claim
from mlefit.cli.lazily import later

OBJECTS = 1_000_000    # start-up makes half a million objects, and all stay: to look through them costs 7 % of a short run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. A closed pipe is success: whoever read has what they wanted."""
    gc.set_threshold(OBJECTS)
    claim()
    later()
    from mlefit.cli.entry import answered  # and all that it imports, once imports are cheaper

    return answered(list(sys.argv[1:] if arguments is None else arguments))


def process() -> NoReturn:
    """`main` as a process, which ends at once (`end`).

    Nor does it wait for a store that still owes an answer, as the library that asked for it would.
    """
    codes: list[int] = []
    if sys.gettrace() is None and sys.getprofile() is None:     # who traces a process writes what it found at its very end
        atexit.register(end, codes)
    code = main()
    stores = sys.modules.get("mlefit.source.waiting")
    if stores is not None and stores.waiting():
        end([code])
    codes.append(code)
    raise SystemExit(code)


def end(codes: Sequence[int]) -> None:
    """End the process with the first of the codes, if there is one: what is called last at exit, behind all that others registered.

    Python would go through all modules and objects, whose memory the system takes anyway: a thirtieth of a small fit.
    """
    for code in codes:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
