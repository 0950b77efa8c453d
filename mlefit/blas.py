"""BLAS on one thread: its own threads would split sums by the number of cores, and so change the last bits of a result.

mlefit's threads work on whole chunks instead. Told before numpy is loaded, BLAS never starts a thread; later, and from
the Python API, threadpoolctl holds it to one for the length of a run.
"""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _State:
    claimed = False


def claim() -> None:
    """Fix the number of threads before numpy is loaded; without effect when it is already."""
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        _State.claimed = True


def one_thread() -> AbstractContextManager[object]:
    """One BLAS thread inside the context."""
    if _State.claimed:
        return nullcontext()
    limits: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limits


@cache
def _controller() -> "ThreadpoolController":
    """Of the libraries that are loaded; to find them takes as long as a small fit."""
    import scipy.linalg  # noqa: F401  # brings a BLAS of its own, which must be there to be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
