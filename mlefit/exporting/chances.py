"""Chances: the mean of a curve where its predictor is a logit, a probit or a complementary log-log of it.

A law says p = logistic(eta), and of a curve eta = logit(f): then p is f, where that is a chance, and missing elsewhere.
"""

from mlefit.exporting.tree import ONE, ZERO, Call, Number, Tree

MISSING = Call("log", (Number(-1.0),))
TAKEN_BACK = (("negative", "negative"), ("expm1", "log1p"))
BACK = {"logistic": "logit", "normal_cdf": "probit"}


def undone(made: Call) -> Tree:
    """A call, or what it is where it takes back a link to a chance."""
    (inner, *more) = made.arguments
    if more or not isinstance(inner, Call):
        return made
    if (made.name, inner.name) in TAKEN_BACK:
        return inner.arguments[0]
    if made.name == "exp" and inner.name == "cloglog":       # -log(1 - p)
        return Call("negative", (Call("log1p", (Call("negative", (_chance(inner.arguments[0]),)),)),))
    if made.name not in BACK:
        return made
    link = BACK[made.name]
    if inner.name == link:
        return _chance(inner.arguments[0])
    within = inner.arguments[0]
    if inner.name == "negative" and isinstance(within, Call) and within.name == link:
        return Call("-", (ONE, _chance(within.arguments[0])))
    return made


def _chance(f: Tree) -> Call:
    """f where it is from 0 to 1."""
    return Call("where", (Call("<", (f, ZERO)), MISSING, Call("where", (Call(">", (f, ONE)), MISSING, f))))
