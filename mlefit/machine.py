"""What the machine has: memory and processors. Neither reaches a result; they only decide what is kept where."""

import os
import sys

TRIM, MAPPED = -1, -3       # what glibc's mallopt(3) calls M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
KEPT = 512 << 20            # bytes: free memory beyond this goes back to the system
OWN_MAPPING = 32 << 20      # bytes: blocks from this size on come from the system and go back at once
UNKNOWN = 4 << 30   # bytes assumed where the system does not say
THREADS = 2         # more bring little: parsing and memory are the bounds


def half_of_memory() -> int:
    """Half of the physical memory in bytes: what a run may use when it was given no bound."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def keep_freed_memory(kept: int = KEPT) -> None:
    """Have blocks of a few MB reused instead of given back: a process that is only a fit asks for the next one at once.

    The system clears memory that it gives, page by page, which is 7 % of a fit of 1e6 rows. A hint to glibc, nothing
    elsewhere. The price is a peak some 10 MB higher.
    """
    if sys.platform == "linux":
        import ctypes

        adjust = getattr(ctypes.CDLL(None), "mallopt", None)
        if adjust is not None:
            adjust(TRIM, kept)
            adjust(MAPPED, OWN_MAPPING)


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """Worker threads by default: as many as there are processors, at most THREADS."""
    return min(THREADS, processors())
