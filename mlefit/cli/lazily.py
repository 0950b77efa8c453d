"""Modules of numpy and scipy that come with others and are hardly ever used: loaded when something of theirs is asked for.

scipy copies numpy name by name, which imports what numpy keeps back until asked: a Fortran wrapper, a test framework and
what these import. With scipy.spatial, which comes with scipy.optimize, that is a fifth of a small fit. All of them are public,
and `importlib.util.LazyLoader` is the library's own way to put an import off.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# None of them is touched by two threads at once, which this loader does not guard against: numpy itself looks into
# masked arrays, random numbers and polynomials while it works, so these stay as they are.
LATER = frozenset({
    "numpy.char", "numpy.core", "numpy.ctypeslib", "numpy.f2py", "numpy.matlib", "numpy.rec", "numpy.strings", "numpy.testing",
    "scipy.spatial",
})


class Later:
    """A finder of these modules: found as ever, and loaded at the first look into them."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The specification of a module of LATER; None of any other, which is then found by the next finder."""
        found = PathFinder.find_spec(name, path, target) if name in LATER else None
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


def later() -> None:
    """Put these imports off in this process; without effect on modules that are there already."""
    if Later not in sys.meta_path:
        sys.meta_path.insert(0, Later)
