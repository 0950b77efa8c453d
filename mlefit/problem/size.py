"""Size: whether so many parameters fit into the memory. It is asked as soon as they can be counted, before any work on them."""

from mlefit.errors import DataError
from mlefit.machine import half_of_memory

HESSIANS = 12           # matrices of all parameters by all parameters that exist at one time, with two threads


def fits(parameters: int, memory: int | None) -> bool:
    """Whether HESSIANS matrices of so many parameters are within `memory` bytes (None: half of what there is)."""
    return HESSIANS * 8 * parameters**2 <= (memory or half_of_memory())


def check_size(parameters: int, memory: int | None) -> None:
    """Raises DataError when HESSIANS matrices of so many parameters are beyond `memory` bytes (None: half of what there is)."""
    need, room = HESSIANS * 8 * parameters**2, memory or half_of_memory()
    if not fits(parameters, memory):
        raise DataError(
            f"too many parameters: the standard errors of {parameters:,} parameters need about {_size(need)} of memory, "
            f"and {_size(room)} may be used",
            "leave out predictors or merge levels, or give --memory more", code="too-many-parameters")


def _size(count: int) -> str:
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if count >= unit), (1e3, "kB"))
    return f"{count / unit:.1f} {name}"
