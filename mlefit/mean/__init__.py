"""Mean functions: from coefficients to the predictors eta of each row, and back from row derivatives to coefficients."""

from mlefit.mean.linear import LinearMean, MeanFunction

__all__ = ["LinearMean", "MeanFunction"]
