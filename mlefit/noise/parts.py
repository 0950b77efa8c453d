"""Parts of a law: what its likelihood is a density of, the derivatives of rows, its predictors, its shapes and their limits."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mlefit.arrays import Array

if TYPE_CHECKING:
    from mlefit.noise.model import NoiseModel


class Measure(Enum):
    """What a likelihood is a density of: only models of one measure may be compared."""

    DENSITY = "density"
    MASS = "mass"
    MIXED = "mixed"     # a probability at 0, a density above

    @property
    def jumps(self) -> bool:
        """Whether some responses have a probability of their own, so that the distribution function jumps there."""
        return self is not Measure.DENSITY


class Derivatives(NamedTuple):
    """A criterion on n rows and its derivatives by the q = m + s predictors and free shapes of each row.

    `value` (n,) in nats for a likelihood, loss units for a loss. `d1` (n, q). `curvature(v)` maps v, (n, q) or (q,), to
    the second derivative times v, (n, q), without ever forming the (n, q, q) array, which many classes would not allow.
    `simplex` (n, q): where given, that second derivative is diag(p) - p p' with these p.
    """

    value: Array
    d1: Array | None = None
    curvature: Callable[[Array], Array] | None = None
    simplex: Array | None = None


def nowhere(n: int, q: int) -> Derivatives:
    """Of n rows where a shape is beyond its range; derivatives that nobody asked for do no harm."""
    return Derivatives(np.full(n, np.inf), np.zeros((n, q)), lambda v: np.zeros((n, q)))


class Predictor(NamedTuple):
    """One linear predictor. `class_`: what the report writes beside its coefficients, None where there is one mean alone.

    When the response is multiplied by s, its coefficients are multiplied by s ** `unit_power`, and its constant grows by
    `log_unit` log s: (1, 0) for a location, (0, 1) for the logarithm of a scale, (0, 0) for a logit. `inverse`: of a scale, the
    larger it is the narrower is the law.
    """

    name: str
    class_: str | None = None
    kind: Literal["mean", "scale", "zero"] = "mean"
    unit_power: int = 0
    log_unit: int = 0
    inverse: bool = False


class Shape(NamedTuple):
    """A positive shape parameter; the searches see its unconstrained ("free") form, free = log(shape).

    `unit_power`: the shape is multiplied by s ** unit_power when the response is multiplied by s.
    """

    name: str
    unit_power: int = 0

    def to_natural(self, free: float) -> float:
        """exp(free)."""
        return float(np.exp(free))


MEAN = (Predictor("mean"),)
LOCATION = (Predictor("mean", unit_power=1),)
LOG_MEAN = (Predictor("mean", log_unit=1),)


class Limit(NamedTuple):
    """Where shape number `shape` becomes `value`, 0 or infinite, a law is `law`, which lacks that shape.

    `code` and `message`: what is said where the best fit lies there.
    """

    shape: int
    value: float
    law: "NoiseModel"
    code: str
    message: str
