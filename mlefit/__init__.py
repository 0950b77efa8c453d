"""mlefit: a noise model fitted twice, by maximum likelihood and by the loss it implies, with the proof that both agree."""

from typing import TYPE_CHECKING, Any

from mlefit.version import __version__

if TYPE_CHECKING:
    from mlefit.api import Compared, Fit, Fits, GroupModels, Model, compare, fit, load, load_groups
    from mlefit.errors import DataError, MlefitError, NoEstimateError, UsageError

__all__ = [
    "Compared", "DataError", "Fit", "Fits", "GroupModels", "MlefitError", "Model", "NoEstimateError", "UsageError", "__version__",
    "compare", "fit", "load", "load_groups",
]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are used: `import mlefit` costs milliseconds."""
    from importlib import import_module

    if name in __all__:
        room = "errors" if name.endswith("Error") else "api"
        return getattr(import_module(f"mlefit.{room}"), name)
    raise AttributeError(f"module 'mlefit' has no attribute {name!r}")
