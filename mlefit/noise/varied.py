"""Varied: any law of location and scale with a predictor for its log scale, under the name of the law."""

from dataclasses import dataclass

from mlefit.noise.borrowed import Borrowed
from mlefit.noise.scaled import Scaled


@dataclass(frozen=True)
class Varied(Borrowed, Scaled):  # type: ignore[override]     # what is a constant of other laws is that of `law` here
    """The law whose scale depends on predictors."""
