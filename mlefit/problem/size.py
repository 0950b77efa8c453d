"""Size: whether so many parameters fit into the memory. It is asked as soon as they can be counted, before any work on them."""

from typing import TYPE_CHECKING

from mlefit.design.predictors import Predictors
from mlefit.errors import DataError
from mlefit.machine import half_of_memory

if TYPE_CHECKING:
    from mlefit.problem.problem import Problem

HESSIANS = 12           # matrices of all parameters by all parameters that exist at one time, with two threads
BORDERS = 12            # of an arrow, likewise
WORK = 2e12             # multiplications of a Hessian of columns, some five minutes: beyond, no columns are tried


def fits(parameters: int, memory: int | None) -> bool:
    """Whether HESSIANS matrices of so many parameters are within `memory` bytes (None: half of what there is)."""
    return HESSIANS * 8 * parameters**2 <= (memory or half_of_memory())


def columns_fit(problem: "Problem") -> bool:
    """Whether factors of many levels may have columns: these and the Hessians are within the memory, and a Hessian within WORK."""
    rows, parameters, memory = problem.prepared.moments.rows, problem.n_params, problem.request.read.memory
    return room(rows, problem.prepared.predictors.width, parameters, memory) and rows * parameters**2 <= WORK


def room(rows: int, columns: int, parameters: int, memory: int | None) -> bool:
    """Whether a table of columns and the Hessians of so many parameters are within the memory."""
    return fits(parameters, memory) and 8 * rows * columns <= (memory or half_of_memory())


def check_border(design: Predictors, predictors: int, memory: int | None) -> None:
    """Raises DataError when the levels of a factor without columns, by all columns beside it, are beyond the memory."""
    if design.indexed is None:
        return
    levels, columns = len(design.indexed.levels or ()), design.width - design.indexed.width
    need, room = BORDERS * 8 * levels * columns * predictors**2, memory or half_of_memory()
    if need > room:
        raise DataError(
            f"too many levels: the standard errors of {levels:,} levels beside {columns:,} other coefficients need about "
            f"{_size(need)} of memory, and {_size(room)} may be used",
            "leave out predictors or merge levels, or allow more with --memory", code="too-many-parameters")


def check_size(parameters: int, memory: int | None) -> None:
    """Raises DataError when HESSIANS matrices of so many parameters are beyond `memory` bytes (None: half of what there is)."""
    need, room = HESSIANS * 8 * parameters**2, memory or half_of_memory()
    if not fits(parameters, memory):
        raise DataError(
            f"too many parameters: the standard errors of {parameters:,} parameters need about {_size(need)} of memory, "
            f"and {_size(room)} may be used",
            "leave out predictors or merge levels, or allow more with --memory", code="too-many-parameters")


def _size(count: int) -> str:
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if count >= unit), (1e3, "kB"))
    return f"{count / unit:.1f} {name}"
