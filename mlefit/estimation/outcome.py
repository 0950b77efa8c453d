"""Every way in which a search can end, with the sentence that the user reads."""

from enum import Enum


class Outcome(Enum):
    """How a search ended. Only CERTIFIED is an answer: the estimated distance to the optimum is proven small."""

    CERTIFIED = "certified: the estimated vertical distance to the optimum is at most 1e-10 nats"
    ITERATIONS = "the search stopped before the optimum was certified"
    NOT_FINITE = "the criterion or its derivatives stopped being finite numbers"
    FLAT = "the Hessian is not positive definite where the search ended, so no optimum is certified"
    UNDECIDED = "no proof was found that a maximum exists, nor that the classes are separated"
    INEXACT = "the search ended, but rounding errors keep the optimum from being certified to 1e-10 nats"
