"""Kinds of standard errors and models: which belong together, and what is used where the user leaves it open."""

import math

from mlefit.errors import UsageError
from mlefit.noise import MODELS
from mlefit.noise.model import NoiseModel
from mlefit.options.error_kind import HETEROSCEDASTIC, QUANTILE, ErrorKind, error_kind
from mlefit.options.weights_kind import WeightsKind

LAGS = 1.3      # times sqrt(n): fixed-b quantiles bear long lags, and the bias of short ones is gone (Lazarus et al. 2018)

DEFAULT = "nid"     # where a loss has corners: for residuals that are spread unevenly
KINDS = "--se nid, which is the default, iid, ker, bootstrap or cluster:COLUMN"


def kind_of(text: str, weights_kind: WeightsKind = "frequency") -> ErrorKind:
    """The kind that `--se` names; auto is `sampling` with such weights. Raises UsageError for any other text."""
    kind = error_kind("--se", text)
    return ErrorKind("sampling") if kind.name == "auto" and weights_kind == "sampling" else kind


def kind_for(text: str, intervals: str, noise: NoiseModel, weights_kind: WeightsKind = "frequency") -> ErrorKind:
    """The kind in force: nid where a loss has corners. An interval by likelihood ratio is that of t where sums of squares are
    all that counts."""
    kind = kind_of(text, weights_kind)
    if not noise.smooth and (kind.name == "auto" or text == "robust"):
        return ErrorKind(DEFAULT)
    return ErrorKind("auto") if intervals == "profile" and noise.compresses and kind.name == "model" else kind


def check_kind(
    text: str, intervals: str, noise: NoiseModel, weights: str | None, weights_kind: WeightsKind = "frequency",
) -> None:
    """Raises UsageError for a kind of standard error that the model, or weighted rows, do not have, or such intervals."""
    kind = kind_of(text, weights_kind)
    if weights_kind == "sampling" and kind.name not in ("sampling", "cluster"):
        raise UsageError(f"--se {text} takes weights for counts of rows, --weights-kind sampling says that they are none",
                         "leave out --se, or use --se cluster:COLUMN for rows that were drawn together",
                         code="options-contradict")
    if kind.sandwich and intervals == "profile":
        other = "--weights-kind sampling" if kind.name == "sampling" else f"--se {text}"
        raise UsageError(f"--intervals profile takes the likelihood at its word, {other} does not", "leave out one of them",
                         code="options-contradict")
    if not noise.smooth:
        _check_corners(text, kind, intervals, noise)
    elif kind.name in QUANTILE:
        only = MODELS.names(lambda model: not model.smooth)
        raise UsageError(f"--se {text} is for {only}, the model is {noise.name}", "use --se model or --se robust",
                         code="options-contradict")
    if intervals == "profile" and noise.corners:
        raise UsageError(f"--intervals profile is for losses without corners, the {noise.name} has some",
                         "leave it out: intervals are then those of the standard errors", code="options-contradict")
    if kind.name == "ols" and not noise.compresses:
        only = MODELS.names(lambda model: model.compresses)
        raise UsageError(f"--se ols is for {only}, the model is {noise.name}", "use --se model or --se robust",
                         code="options-contradict")
    if kind.name == "hac" and weights is not None:
        raise UsageError("--se hac takes every row as one moment in time, --weights says that a row is several rows",
                         "leave out one of them", code="options-contradict")


def suits(text: str, intervals: str, noise: NoiseModel, weights: str | None, weights_kind: WeightsKind = "frequency") -> bool:
    """Whether `check_kind` raises nothing."""
    try:
        check_kind(text, intervals, noise, weights, weights_kind)
    except UsageError:
        return False
    return True


def _check_corners(text: str, kind: ErrorKind, intervals: str, noise: NoiseModel) -> None:
    """Raises UsageError for what takes derivatives that a loss with corners has not, or a working law at its word."""
    if kind.name in ("ols", "hac") or (kind.name in HETEROSCEDASTIC and text != "robust"):
        raise UsageError(f"--se {text} is for losses without corners, the model is {noise.name}", f"use {KINDS}",
                         code="options-contradict")
    if kind.name == "model" and not noise.assumed:
        raise UsageError(f"--se model takes the law at its word, that of {noise.name} is a working law", f"use {KINDS}",
                         code="options-contradict")
    if intervals == "profile":
        raise UsageError(f"--intervals profile is for losses without corners, the model is {noise.name}",
                         f"leave --intervals out: wald goes with {KINDS}", code="options-contradict")


def needs_rows(text: str, weights_kind: WeightsKind = "frequency") -> bool:
    """Whether the covariance takes another pass over the rows."""
    return kind_of(text, weights_kind).sandwich


def used(kind: ErrorKind, noise: NoiseModel, n: float) -> str:
    """What a kind comes to for this law and n rows, as the report says it: `exact` is auto where the law of t is known."""
    if kind.name == "auto":
        return "exact" if noise.compresses else "model"
    if kind.name == "cluster":
        return f"cluster:{kind.column}"
    return f"hac:{lags(kind, n)}" if kind.name == "hac" else kind.name


def lags(kind: ErrorKind, n: float) -> int:
    """L, floor(1.3 sqrt(n)) unless it was given. Raises UsageError unless there are more rows."""
    found = math.floor(LAGS * math.sqrt(n)) if kind.lags is None else kind.lags
    if found >= n:
        raise UsageError(f"--se hac:{found} needs more rows than lags, found {round(n)} rows used", "use fewer lags",
                         code="bad-value")
    return found
