"""What the machine has: memory and processors. Neither reaches a result; they only decide what is kept where."""

import os

UNKNOWN = 4 << 30   # bytes assumed where the system does not say
THREADS = 2         # more bring little: parsing and memory are the bounds


def half_of_memory() -> int:
    """Half of the physical memory in bytes: what a run may use when it was given no bound."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def threads() -> int:
    """Worker threads by default: the processors that this process may use, at most THREADS."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(THREADS, usable)
