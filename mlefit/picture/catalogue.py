"""Catalogue: every kind of panel with what it shows in a line, and which of them are meant by what a user types."""

from collections.abc import Sequence

from mlefit.errors import UsageError
from mlefit.escapes import shown
from mlefit.options.near import did_you_mean

KINDS = {
    "density": "bars of the data, or of residuals, with the curve of the model",
    "rootogram": "counts as hanging roots beside those of the model",
    "qq": "quantiles of the residuals against those of the model",
    "fitted": "residuals along the prediction",
    "curve": "the data, the fitted curve and its band of 95 % of rows",
    "meanvar": "variance along the mean beside that of the model",
    "scale": "residuals along the fitted scale",
    "coverage": "the share of rows below a fitted quantile, along it",
    "predictor": "residuals along predictor:COLUMN, of classes share - probability",
    "order": "the same along the file",
    "calibration": "observed shares against predicted probabilities, of each class",
    "split": "predicted probabilities by outcome",
    "classes": "mean predicted probabilities by true class",
    "weights": "how much each row counts, along its residual",
    "kl": "the distance from the data beside what true models show",
    "slice": "the likelihood and the loss along one coefficient",
    "effect": "average predictions along a column, effect:COLUMN",
    "surprise": "the rows that cost most",
    "nats": "where the nats of a row go: predictors, misfit, noise",
    "compare": "of several models, how far each is behind the best",
}
ALL, LIST = "all", "list"


def listing() -> str:
    """The kinds, a line each."""
    return "".join(f"{name:<12}  {line}\n" for name, line in KINDS.items())


def typed(option: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The ids that were typed, with commas between. Raises UsageError for a kind that there is not, with the nearest.

    What follows a colon is a name of the file, which may have commas of its own.
    """
    found: list[str] = []
    for part in (part for text in texts for part in text.split(",")):
        if found and part.partition(":")[0] not in (*KINDS, ALL, LIST) and ":" in found[-1]:
            found[-1] = f"{found[-1]},{part}"
        else:
            found.append(part)
    for one in found:
        kind = one.partition(":")[0]
        if kind not in (*KINDS, ALL, LIST):
            raise UsageError(f'{option}: there is no panel "{shown(one)}"',
                             f"{did_you_mean(kind, (*KINDS, ALL))}`mlefit plot --panel list` lists them", code="unknown-panel")
    return tuple(found)


def meant(wanted: Sequence[str], have: Sequence[str]) -> tuple[str, ...]:
    """The panels of a model that are meant: `all`, a kind for all of it, or one. Raises UsageError naming those that there are."""
    found: list[str] = []
    for one in wanted:
        those = [id_ for id_ in have if one in (ALL, id_, id_.partition(":")[0])]
        if not those:
            near = "" if one in KINDS else did_you_mean(one, have)
            raise UsageError(f'--panel: this model has no panel "{shown(one)}"',
                             f"{near}it has {', '.join(shown(id_) for id_ in have)}", code="no-panel")
        found += those
    return tuple(dict.fromkeys(found))
