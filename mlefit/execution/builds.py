"""Builds: what of a machine and its libraries reaches the last bits of a sum.

The kernels of BLAS and the vector instructions that numpy takes differ between kinds of processors, and round differently: the same
rows have the same bits on machines of one kind with the same builds (OpenBLAS has kernels for Haswell, SkylakeX and others).
"""

import platform
from collections.abc import Mapping, Sequence

SHOWN = 3       # different values of one library that a sentence names


def build() -> dict[str, str]:
    """Of this process: versions, the kernels of BLAS and the instructions of the processor, by name."""
    import numpy as np
    import scipy
    from threadpoolctl import threadpool_info

    from mlefit.version import __version__

    kernels = {str(one["architecture"]) for one in threadpool_info() if one.get("architecture")}
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return {
        "mlefit": __version__, "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
        "BLAS": "/".join(sorted(kernels)) or "unknown", "instructions": " ".join(found) or "the least",
    }


def differing(builds: Sequence[Mapping[str, str]]) -> str | None:
    """In what some builds differ, as a part of a sentence; None where they are one."""
    found = []
    for name in builds[0]:
        values = sorted({one[name] for one in builds})
        if len(values) > 1:
            more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
            found.append(name if name == "instructions" else f"{name} {', '.join(values[:SHOWN])}{more}")
    return "; ".join(found) or None
