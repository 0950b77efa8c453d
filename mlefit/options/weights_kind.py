"""Kinds of weights: what `--weights-kind` may be."""

from typing import Literal

WeightsKind = Literal["frequency", "precision", "sampling"]
