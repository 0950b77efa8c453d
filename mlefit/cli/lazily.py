"""Imports made cheaper: modules that come with others and are hardly ever used, and documentation that nobody reads.

scipy copies numpy name by name, which imports what numpy keeps back until asked: a Fortran wrapper, a test framework and
what these import. Others name a module of Python's for a rare need. All of these are loaded when something of theirs is asked for.

scipy also parses the documentation of its functions while it is imported, to write it anew with notes: a seventh of a small fit
(45 ms of 330 of the processor, medians of 15 in turn). In this process it finds none, which it is made for: under `python -OO`
there is none. What cannot be imported without is imported with it; should scipy look elsewhere for it, nothing is gained.

All is done by public means: `importlib.util.LazyLoader` is Python's own way to put an import off, `inspect.getdoc` is what finds
documentation.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import LazyLoader
from threading import Lock
from types import ModuleType
from typing import Any

# None of them is touched by two threads at once, which this loader does not guard against: numpy itself looks into
# masked arrays, polynomials and random numbers while it works, pyarrow into its types, and threads of others into what they
# share of Python's own, so these stay as they are.
LATER = frozenset({
    "cloudpickle", "ipaddress", "numpy.char", "numpy.core", "numpy.ctypeslib", "numpy.f2py", "numpy.matlib", "numpy.rec",
    "numpy.strings", "numpy.testing", "pydoc", "scipy.spatial",
})


class Undocumented(SourceFileLoader):
    """Loads a module, and all that it imports, while no documentation is found."""

    lock, depth = Lock(), 0
    asked: Any = None       # inspect.getdoc, where it is another

    def exec_module(self, module: ModuleType) -> None:
        """As ever; inspect.getdoc is itself again when the last such import of any thread is done."""
        import inspect

        with self.lock:
            if not Undocumented.depth:
                Undocumented.asked, inspect.getdoc = inspect.getdoc, nothing
            Undocumented.depth += 1
        try:
            super().exec_module(module)
            return
        except Exception:  # noqa: S110  whatever an import cannot do without documentation it does with it, or fails again
            pass
        finally:
            with self.lock:
                Undocumented.depth -= 1
                if not Undocumented.depth:
                    inspect.getdoc = Undocumented.asked
        super().exec_module(module)


def nothing(object: object) -> str | None:
    """The documentation of anything, meanwhile."""
    return None


class Later:
    """A finder of these modules: found as ever, and loaded at the first look into them, or without their documentation."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The specification of a module of LATER or of scipy; None of any other, which is then found by the next finder."""
        part_of_scipy = name.startswith("scipy.") and name.count(".") == 1
        found = PathFinder.find_spec(name, path, target) if part_of_scipy or name in LATER else None
        if found is not None and found.loader is not None:
            if name in LATER:
                found.loader = LazyLoader(found.loader)
            elif isinstance(found.loader, SourceFileLoader):
                found.loader = Undocumented(found.loader.name, found.loader.path)
        return found


def later() -> None:
    """Have it so in this process; without effect on modules that are there already."""
    if Later not in sys.meta_path:
        sys.meta_path.insert(0, Later)
