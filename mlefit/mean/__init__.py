"""Mean functions: from coefficients to the predictors eta of each row, and back to what the user reads."""

from mlefit.mean.apart import Apart
from mlefit.mean.coordinates import Coordinates
from mlefit.mean.function import MeanFunction
from mlefit.mean.linear import LinearMean
from mlefit.mean.natural import Encoding, Natural, Units

__all__ = ["Apart", "Coordinates", "Encoding", "LinearMean", "MeanFunction", "Natural", "Units"]
