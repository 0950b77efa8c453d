"""Random expressions as losses: each is refused in words or is a law with finite numbers, within a second, without a traceback.

    python benchmarks/losses/random_losses.py [COUNT] [SEED]

A third are trees of the language in r, a third trees in y and f, a third are strings of its tokens, most of which are no
expression. Prints how many were what, the slowest, and every one that broke the rule; exit 1 if there was one.
"""

import random
import sys
import time
import warnings
from collections import Counter

import numpy as np

from mlefit.errors import MlefitError
from mlefit.noise import MODELS

FUNCTIONS = ("log", "log1p", "log2", "log10", "exp", "expm1", "sqrt", "abs", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh",
             "logistic", "normal_cdf", "arcsin", "arccos")
OPERATORS = ("+", "-", "*", "/", "**")
NUMBERS = ("0", "1", "2", "0.5", "3", "1e-9", "1e9", "1e300", "1e-300", "pi", "0.3", "4", "1.345", "10")
TOKENS = (*FUNCTIONS, *OPERATORS, *NUMBERS, "(", ")", "(", ")", ",", "<", ">=", "r", "r", "y", "f", "max(", "min(", "where(", "^",
          "x", "..", "'", "__import__", "lambda", "é", "\x00", "if", "[", "{")
SECOND = 1.0


def tree(rng: random.Random, names: tuple[str, ...], depth: int) -> str:
    """A random expression of the language."""
    kind = rng.random()
    if depth <= 0 or kind < 0.2:
        return rng.choice(names) if rng.random() < 0.65 else rng.choice(NUMBERS)
    if kind < 0.55:
        return f"({tree(rng, names, depth - 1)}{rng.choice(OPERATORS)}{tree(rng, names, depth - 1)})"
    if kind < 0.85:
        return f"{rng.choice(FUNCTIONS)}({tree(rng, names, depth - 1)})"
    if kind < 0.95:
        return f"{rng.choice(('max', 'min'))}({tree(rng, names, depth - 1)},{tree(rng, names, depth - 1)})"
    left, right, first, second = (tree(rng, names, depth - 1) for _ in range(4))
    return f"where({left}{rng.choice(('<', '<=', '>', '>='))}{right},{first},{second})"


def expression(rng: random.Random) -> str:
    """One of the three kinds."""
    kind = rng.randrange(3)
    if kind == 2:
        return "".join(rng.choice(TOKENS) for _ in range(rng.randrange(1, 40)))
    return tree(rng, ("r",) if kind == 0 else ("y", "f"), rng.randrange(1, 6))


def outcome(text: str) -> str:
    """What became of it. Raises whatever is no refusal, AssertionError for a law without finite numbers."""
    try:
        law = MODELS.find(f"loss:{text}", "")
    except MlefitError as error:
        if error.exit_code not in (2, 4) or len(str(error).splitlines()) > 2:
            raise AssertionError from error
        return error.code
    y = np.array([0.0, 1.0]) if law.response.values else np.array([0.3, 0.7])
    eta = np.full((2, 1), 0.5)
    free = law.starting_shapes(y, eta)[0]
    if not np.isfinite(free).all():
        return "exact"
    found = law.nll(y, eta, free, 2)
    assert not np.isnan(found.value).any(), found.value
    return "law"


def main() -> int:
    """The fuzz."""
    count, seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng, told, slowest, broken = random.Random(seed), Counter[str](), (0.0, ""), 0      # noqa: S311  no secret
    for _ in range(count):
        text = expression(rng)
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                what = outcome(text)
        except Exception as error:      # every kind is one that a user would see as a traceback
            what, broken = "broken", broken + 1
            print(f"{text!r}: {type(error).__name__}: {error}"[:300])
        took = time.process_time() - start
        if took > SECOND:
            broken += 1
            print(f"{text!r}: {took:.1f} s")
        told[what] += 1
        slowest = max(slowest, (took, text))
    print(f"{count} expressions: {dict(told.most_common())}; slowest {slowest[0]:.2f} s: {slowest[1]!r}")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
