"""Written: the text of a mean, a loss or a density becomes a tree.

The same scanner, order and whitelist as those of formulas, with more functions and no Wilkinson operators.
"""

from collections.abc import Collection

import numpy as np

from mlefit.expression.order import check_order
from mlefit.expression.parse import Arithmetic
from mlefit.expression.scan import Language, Typed, scan
from mlefit.expression.tree import FUNCTIONS, MORE_FUNCTIONS, SEVERAL, Node

LENGTH = 2_000          # characters
TOKENS = 300            # parts of an expression: bounds the depth of its tree
POWER = 1_000.0
ALIASES = {"atan": "arctan", "asin": "arcsin", "acos": "arccos"}
SMOOTH = (*FUNCTIONS, *MORE_FUNCTIONS)
HINTS = {"lambda": "give it another name, such as lam",
         "ln": "use log()", "pow": "write a**b", "sigmoid": "use logistic()", "expit": "use logistic()", "phi": "use normal_cdf()"}

OF_ALL_ROWS = ("a loss is of one row: RMSE and RMSLE are rising functions of a mean loss and have its minimiser; write the loss "
               "of a row, such as r**2")
OF_LOSSES = {**HINTS, "maximum": "use max()", "minimum": "use min()", "fabs": "use abs()",
             **dict.fromkeys(("mean", "sum", "median", "std", "var"), OF_ALL_ROWS)}

MEANS = Language(
    text="means", noun="column", functions=(*SMOOTH, *ALIASES), aliases=ALIASES, hints=HINTS, constants={"pi": float(np.pi)},
    allowed=f"a mean holds columns, parameters, numbers, pi, + - * / ** and the functions {', '.join(SMOOTH)}",
    tokens=TOKENS, power=POWER, free=True,
)
LOSSES = Language(
    text="losses", noun="name", functions=(*SMOOTH, *ALIASES, *SEVERAL), aliases=ALIASES, hints=OF_LOSSES,
    constants={"pi": float(np.pi)},
    allowed=f"a loss holds its names, numbers, pi, + - * / **, comparisons in where, and the functions "
            f"{', '.join((*SMOOTH, *SEVERAL))}",
    tokens=TOKENS, power=POWER, comparisons=True,
)


def parse_written(subject: str, text: str, names: Collection[str], language: Language) -> Node:
    """The tree of `text` over `names` (of a free language: over any name). `subject`: the option, for messages.

    Raises UsageError with the place of whatever is not in the language.
    """
    typed = Typed(subject, text)
    if len(text) > LENGTH:
        raise typed.refusal(LENGTH, f"expected at most {LENGTH} characters, found {len(text)}", "shorten it")
    tokens = scan(typed, names, language)
    check_order(typed, tokens, arithmetic=True)
    arithmetic = Arithmetic(typed, tokens, {}, language)
    return arithmetic.node(arithmetic.syntax())
