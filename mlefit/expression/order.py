"""The order of tokens: what stands where something else is expected is refused with its place."""

from collections.abc import Sequence

from mlefit.errors import UsageError
from mlefit.expression.scan import Token, Typed, short

DEPTH = 50                                                # parentheses inside parentheses
ARITHMETIC = frozenset(("+", "-", "*", "/", "**", "<", "<=", ">", ">="))      # inside calls; formulas have no comparisons
WILKINSON = frozenset(("+", "-", "*", "/", ":", "**", "^"))
PRODUCTS = WILKINSON - {"+", "-"}
POWERS = frozenset(("**", "^"))
EXPONENTS = frozenset("123456789")


def check_order(typed: Typed, tokens: Sequence[Token], *, arithmetic: bool) -> None:
    """Checks operands, operators and parentheses. Raises UsageError.

    `arithmetic`: the whole text is a numeric expression, as the inside of a call always is; outside, operators are
    those of Wilkinson formulas, 0 and 1 are the only numbers, and exponents run from 1 to 9.
    """
    opened: list[Token] = []
    before: Token | None = None
    for token in tokens:
        inside = arithmetic or any(opener.kind == "function" for opener in opened)
        if _wants_operand(before):
            _check_operand(typed, token, before, inside)
        else:
            _check_operator(typed, token, before, opened, inside)
        if token.kind == "function" or _is(token, "("):
            opened.append(token)
        elif _is(token, ")"):
            opened.pop()
        if len(opened) > DEPTH:
            raise typed.refusal(token.place, f"more than {DEPTH} parentheses inside each other", "simplify the term")
        before = token
    if opened:
        raise typed.refusal(opened[-1].place, f'"{opened[-1].typed}" is not closed', 'add the missing ")"')
    if _wants_operand(before):
        raise typed.refusal(len(typed.text), "expected a column or a term, found the end", "complete or shorten it")


def _is(token: Token | None, operator: str) -> bool:
    return token is not None and token.kind == "operator" and token.text == operator


def _wants_operand(before: Token | None) -> bool:
    if before is None or before.kind in ("function", "keyword"):
        return True
    return before.kind == "operator" and before.text != ")"


def _misplaced(typed: Typed, token: Token, expected: str) -> UsageError:
    remedy = "write ** for a power" if token.text == "^" else "operators stand between columns or terms"
    return typed.refusal(token.place, f'expected {expected}, found "{short(token.typed)}"', remedy)


def _check_operand(typed: Typed, token: Token, before: Token | None, inside: bool) -> None:
    if not inside and before is not None and before.kind == "operator" and before.text in POWERS:
        _check_power(typed, token)
        return
    match token.kind:
        case "number" if not inside:
            _check_number(typed, token, before)
        case "dot" if inside:
            raise typed.refusal(token.place, '"." (all other columns) cannot stand in a call', "name the columns")
        case "keyword" if not (_is(before, ",") or (before is not None and before.kind == "function")):
            raise typed.refusal(token.place, f'"{token.typed}" is not allowed here', "options stand in poly() and bs()")
        case "operator" if token.text in ("+", "-"):
            if not (inside or before is None or before.text in ("(", "+", "-")):
                raise _misplaced(typed, token, "a column or a term")
        case "operator" if token.text != "(":
            raise _misplaced(typed, token, "a column or a term")


def _check_number(typed: Typed, token: Token, before: Token | None) -> None:
    if token.text not in ("0", "1") or (before is not None and before.text in PRODUCTS):
        raise _number_term(typed, token)


def _check_power(typed: Typed, token: Token) -> None:
    if token.kind != "number" or token.text not in EXPONENTS:
        raise typed.refusal(
            token.place, f'expected a power from 1 to 9, found "{short(token.typed)}"', "write I(x**k) for powers of x"
        )


def _number_term(typed: Typed, token: Token) -> UsageError:
    return typed.refusal(
        token.place, f"the number {short(token.text)} cannot be a term or a factor of one",
        "1 is the intercept, 0 none; arithmetic stands inside I(), such as I(2*x)",
    )


def _check_operator(
    typed: Typed, token: Token, before: Token | None, opened: Sequence[Token], inside: bool
) -> None:
    innermost = opened[-1] if opened else None
    if _is(token, ")"):
        if innermost is None:
            raise typed.refusal(token.place, '")" closes nothing', 'remove it, or add the missing "("')
    elif _is(token, ","):
        if innermost is None or innermost.kind != "function":
            raise _misplaced(typed, token, "an operator")
    elif token.kind != "operator" or token.text not in (ARITHMETIC if inside else WILKINSON):
        raise _misplaced(typed, token, "an operator")
    elif not inside and before is not None and before.kind == "number" and token.text in PRODUCTS:
        raise _number_term(typed, before)
