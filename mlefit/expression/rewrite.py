"""Rewrite: the same function in a form that neither overflows nor cancels.

    log(cosh(u))              |u| + log1p(exp(-2|u|)) - log 2
    log(c + exp(u) + ...)     log-sum-exp;  log(1 + exp(u)) = softplus(u)
    log(1 + u), exp(u) - 1    log1p(u), expm1(u)
    sqrt(u^2 + v^2)           hypot(u, v);  hypot(u, c) - c = u * (u / (hypot(u, c) + c));  sqrt(u^2) = |u|
    x / (1 + exp(u))          x * logistic(-u);  exp(u) / (1 + exp(u)) = logistic(u)
    (1 + exp(u))^c            exp(c softplus(u))
    log(x * exp(u))           log(x) + u; and logit(logistic(u)), probit(normal_cdf(u)) and log(exp(u)) are u

u = 800 is a number to each of them, and to none of the forms on the left.
"""

import math

from mlefit.expression.tree import Column, Constant, Node, Operation

ONE, ZERO = Constant(1.0), Constant(0.0)


def rewritten(node: Node) -> Node:
    """An equal tree, which may hold `log_cosh`, `softplus`, `log_add_exp` and `hypot` too."""
    if isinstance(node, Column | Constant):
        return node
    arguments = tuple(rewritten(argument) for argument in node.arguments)
    match node.name, arguments:
        case "log", (Operation("cosh", inner),):
            return Operation("log_cosh", inner)
        case "log", (inner,):
            return _logarithm(inner)
        case ("logit", (Operation("logistic", (inner,)),)) | ("probit", (Operation("normal_cdf", (inner,)),)):
            return inner
        case "log1p", (Operation("exp", inner),):
            return Operation("softplus", inner)
        case "sqrt", (inner,):
            return _root(inner)
        case "-", (Operation("exp", inner), Constant(1.0)):
            return Operation("expm1", inner)
        case "-", (Constant(1.0), Operation("exp", inner)):
            return _negative(Operation("expm1", inner))
        case "-", (Operation("hypot", (u, Constant(c))) as root, Constant(d)) if c == d:
            return Operation("*", (u, Operation("/", (u, Operation("+", (root, Constant(c)))))))
        case "/", (above, below):
            return _quotient(above, below)
        case "**", (base, power) if (v := _one_plus_exp(base)) is not None:
            return Operation("exp", (_product(power, Operation("softplus", (v,))),))
    return Operation(node.name, arguments)


def _logarithm(inner: Node) -> Node:
    exponents = [_exponent(term) for term in _summed(inner)]
    known = [exponent for exponent in exponents if exponent is not None]
    if len(known) == len(exponents) > 1 and not all(isinstance(exponent, Constant) for exponent in known):
        known.sort(key=lambda exponent: exponent != ZERO)
        total = known[0]
        for exponent in known[1:]:
            total = Operation("softplus", (exponent,)) if total == ZERO else Operation("log_add_exp", (total, exponent))
        return total
    match inner:
        case Operation("exp", (u,)):
            return u
        case Operation("logistic", (u,)):
            return _negative(Operation("softplus", (_negative(u),)))
        case Operation("*", (Operation("exp" | "logistic") as e, x)) | Operation("*", (x, Operation("exp" | "logistic") as e)):
            return Operation("+", (_logarithm(x), _logarithm(e)))
        case Operation("/", (x, Operation("exp", (u,)))):
            return Operation("-", (_logarithm(x), u))
        case Operation("+", (Constant(1.0), u)) | Operation("+", (u, Constant(1.0))):
            return Operation("log1p", (u,))
        case Operation("-", (Constant(1.0), u)):
            return Operation("log1p", (_negative(u),))
    return Operation("log", (inner,))


def _exponent(term: Node) -> Node | None:
    """u of a term exp(u): of positive numbers, exp(u) and products and quotients of such; None of any other."""
    match term:
        case Constant(value) if value > 0.0:
            return Constant(math.log(value))
        case Operation("exp", (u,)):
            return u
        case Operation("sqrt", (Constant(value),)) if value > 0.0:
            return Constant(0.5 * math.log(value))
        case Operation("*" | "/", (left, right)):
            one, other = _exponent(left), _exponent(right)
            if one is None or other is None:
                return None
            if term.name == "/":
                other = _negative(other)
            if isinstance(one, Constant) and isinstance(other, Constant):
                return Constant(one.value + other.value)
            return Operation("+", (one, other))
    return None


def _summed(node: Node) -> list[Node]:
    """The terms of a sum."""
    if isinstance(node, Operation) and node.name == "+":
        return [term for argument in node.arguments for term in _summed(argument)]
    return [node]


def _root(inner: Node) -> Node:
    sides = [_side(term) for term in _summed(inner)]
    match sides:
        case [u] if u is not None and not isinstance(u, Constant):
            return Operation("abs", (u,))
        case [u, v] if u is not None and v is not None:
            return Operation("hypot", (v, u) if isinstance(u, Constant) else (u, v))
    return Operation("sqrt", (inner,))


def _side(term: Node) -> Node | None:
    """u of a term u^2: of squares and positive numbers; None of any other."""
    match term:
        case Constant(value) if value > 0.0:
            return Constant(math.sqrt(value))
        case Operation("**", (u, Constant(2.0))):
            return u
        case Operation("*", (u, v)) if u == v:
            return u
    return None


def _one_plus_exp(node: Node) -> Node | None:
    match node:
        case Operation("+", (Constant(1.0), Operation("exp", (u,)))) | Operation("+", (Operation("exp", (u,)), Constant(1.0))):
            return u
    return None


def _quotient(above: Node, below: Node) -> Node:
    u = _one_plus_exp(below)
    if u is not None:
        match above:
            case Operation("exp", (v,)) if v == u:
                return Operation("logistic", (u,))
            case Operation("*", (factor, Operation("exp", (v,)))) if v == u:
                return _product(factor, Operation("logistic", (u,)))
        return _product(above, Operation("logistic", (_negative(u),)))
    match below:
        case Operation("exp", (Operation("*", (power, Operation("softplus", (u,)))),)):      # above / (1 + exp(u))^power
            return _product(above, Operation("exp", (_negative(_product(power, Operation("softplus", (u,)))),)))
    return Operation("/", (above, below))


def _product(left: Node, right: Node) -> Node:
    return right if left == ONE else Operation("*", (left, right))


def _negative(node: Node) -> Node:
    match node:
        case Operation("negative", (inner,)):
            return inner
        case Constant(value):
            return Constant(-value)
    return Operation("negative", (node,))
