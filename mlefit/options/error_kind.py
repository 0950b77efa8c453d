"""Kinds of standard errors: what `--se` may be, as text and taken apart."""

import re
from typing import NamedTuple

from mlefit.options.values import listed, refused

ROBUST = "hc3"      # what `robust` is: the one that keeps its promise with few rows (Long and Ervin 2000)
HETEROSCEDASTIC = ("hc0", "hc1", "hc2", "hc3")
QUANTILE = ("nid", "iid", "ker", "bootstrap")       # of losses with corners
PLAIN = ("auto", "model", "ols", "robust", *HETEROSCEDASTIC, *QUANTILE)
FORMS = (*PLAIN[:-4], "cluster:COLUMN", "hac[:LAGS]", *QUANTILE)


class ErrorKind(NamedTuple):
    """`name`: auto, model, ols, hc0 to hc3, cluster, hac, nid, iid, ker or bootstrap, and sampling, which is auto with weights of
    that kind.

    `column` of the clusters; `lags` where the user gave them."""

    name: str
    column: str | None = None
    lags: int | None = None

    @property
    def sandwich(self) -> bool:
        """Whether it does not take the law at its word, which takes passes over the rows."""
        return self.name not in ("auto", "model", "ols")


def error_kind(option: str, text: str) -> ErrorKind:
    """The kind that a text names. Raises UsageError for any other text."""
    name, colon, rest = text.partition(":")
    if text in PLAIN:
        return ErrorKind(ROBUST if text == "robust" else text)
    if name == "cluster" and rest:
        return ErrorKind(name, column=rest)
    if name == "hac" and (not colon or re.fullmatch("[0-9]{1,15}", rest)):
        return ErrorKind(name, lags=int(rest) if colon else None)
    raise refused(option, text, listed(FORMS), f"such as {option} robust")


def checked(option: str, text: str) -> str:
    """The text itself, if it names a kind."""
    error_kind(option, text)
    return text
