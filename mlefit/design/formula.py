"""Formula: `y ~ a + C(g) + a:b` becomes a target, terms and an intercept.

formulaic does the algebra of Wilkinson and Rogers (1973) on names of our own (f0, f1, ...), one per distinct factor,
and never sees what the user typed. How far an expansion can grow is bounded before it is made.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mlefit.design.learn import columns_to_terms
from mlefit.design.syntax import CODED, UNFIT, Call
from mlefit.design.terms import Factor, Offset, Term
from mlefit.design.transform import RULES
from mlefit.expression.order import check_order
from mlefit.expression.scan import Token, Typed, scan
from mlefit.options.values import listed
from mlefit.source.source import Kind

if TYPE_CHECKING:
    from formulaic.parser.types import ASTNode

LARGEST_EXPANSION = 20_000      # terms before equal ones are merged


class RightSide(NamedTuple):
    """Terms, whether there is an intercept, the text and all columns, in order of appearance."""

    terms: tuple[Term, ...]
    intercept: bool
    text: str
    columns: tuple[str, ...]


class Formula(NamedTuple):
    """`target` ~ `text_rhs`; `columns`: all predictors in order of appearance; `categorical`: those read as levels.

    Terms are sorted by their number of factors, as R does, and are to be learnt.
    """

    target: str
    terms: tuple[Term, ...]
    intercept: bool
    text_rhs: str
    columns: tuple[str, ...]
    categorical: frozenset[str]
    transform: str | None = None


@dataclass(slots=True)
class _Side:
    """The right-hand side while it is read: the text for formulaic, and what its names stand for."""

    typed: Typed
    kinds: Mapping[str, Kind]
    categorical: Collection[str]
    names: dict[Factor, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        coded = name in self.categorical or self.kinds.get(name) in CODED
        return self.name(columns_to_terms([name], [name] if coded else [], self.kinds)[0].factors[0])

    def name(self, factor: Factor) -> str:
        return self.names.setdefault(factor, f"f{len(self.names)}")

    def read(self, tokens: Sequence[Token]) -> str:
        """The tokens with a name for every factor."""
        parts, place = [], 0
        while place < len(tokens):
            token = tokens[place]
            end = _end(tokens, place)
            if token.kind == "column":
                parts.append(self.column(token.text))
            elif token.kind == "function":
                parts.append(self.name(Call(self.typed, tokens[place:end], self.kinds).factor()))
            else:
                parts.append(token.text)
            place = end
        return " ".join(parts)


def parse_formula(
    text: str, names: Sequence[str], kinds: Mapping[str, Kind], *,
    categorical: Collection[str] = (), exclude: Collection[str] = (),
) -> Formula:
    """The formula about the columns `names`.

    A column of text or booleans, one in `categorical` and C(g) are coded by levels. `.` stands for all columns but the
    target, those in `exclude`, and those of dates or without values. Raises UsageError with the place of whatever is not a
    formula.
    """
    typed = Typed("formula", text)
    tokens = scan(typed, names)
    target, transform, right = _split(typed, tokens)
    side = _read(typed, right, names, kinds, categorical, {target, *exclude})
    if target in side.columns:
        raise typed.refusal(
            right[0].place, f'the target "{target}" is also a predictor', "remove it from the right-hand side", [target]
        )
    coded = frozenset().union(*(term.categories for term in side.terms))
    return Formula(target, side.terms, side.intercept, side.text, side.columns, coded, transform)


def parse_side(
    subject: str, text: str, names: Sequence[str], kinds: Mapping[str, Kind], categorical: Collection[str],
    exclude: Collection[str],
) -> RightSide:
    """A formula without a target, such as `~ log(a)`, as `parse_formula` reads one with it; `subject`: for messages."""
    typed = Typed(subject, text)
    tokens = scan(typed, names)
    if tokens and tokens[0].kind == "operator" and tokens[0].text == "~":
        tokens = tokens[1:]
    tilde = next((token for token in tokens if token.kind == "operator" and token.text == "~"), None)
    if tilde is not None:
        raise typed.refusal(tilde.place, 'expected no target before "~"', 'write "~ x"')
    if not tokens:
        raise typed.refusal(len(text), "expected predictors, found the end", 'write "~ 1" for an intercept alone')
    return _read(typed, tokens, names, kinds, categorical, exclude)


def _read(
    typed: Typed, right: Sequence[Token], names: Sequence[str], kinds: Mapping[str, Kind], categorical: Collection[str],
    exclude: Collection[str],
) -> RightSide:
    """The tokens of a right-hand side. `exclude`: columns that `.` does not stand for."""
    check_order(typed, right, arithmetic=False)
    side = _Side(typed, kinds, categorical)
    source = side.read(right)
    available = []
    if any(token.kind == "dot" for token in right):
        available = [side.column(name) for name in names if name not in exclude and kinds.get(name) not in UNFIT]
    products, intercept = _expand(typed, right[0].place, source, available)
    factors = {name: factor for factor, name in side.names.items()}
    terms = tuple(Term(tuple(factors[name] for name in product)) for product in products)
    used = [name for term in terms for factor in term.factors for name in sorted(factor.numbers | factor.categories)]
    return RightSide(terms, intercept, _spaced(right), tuple(dict.fromkeys(used)))


def parse_offset(
    text: str, names: Sequence[str], kinds: Mapping[str, Kind] | None = None, option: str = "--offset"
) -> Offset:
    """A column whose whole name is `text`, or arithmetic on columns such as `log(holders)`. Raises UsageError."""
    typed = Typed(option, text)
    if text in names:
        tokens = [Token("column", text, text, 0)]
    else:
        tokens = scan(typed, names)
        check_order(typed, tokens, arithmetic=True)
    return Offset(Call(typed, tokens, kinds or {}).expression())


def _split(typed: Typed, tokens: Sequence[Token]) -> tuple[str, str | None, Sequence[Token]]:
    """The column of the target, the function of it that is modelled, if one is, and the tokens right of `~`."""
    middle = next((i for i, token in enumerate(tokens) if token.kind == "operator" and token.text == "~"), None)
    if middle is None:
        raise typed.refusal(len(typed.text), 'expected "~" between target and predictors, found none', "write y ~ x")
    left, right = tokens[:middle], tokens[middle + 1 :]
    if not left:
        raise typed.refusal(tokens[middle].place, 'expected the target before "~", found nothing', "write y ~ x")
    function = left[0].text if left[0].kind == "function" and left[0].text in RULES else None
    if function is not None and left[-1].text == ")":
        left = left[1:-1]
    if len(left) != 1 or left[0].kind != "column":
        raise typed.refusal(
            left[0].place if left else 0, f"the target must be one column, or {listed([f'{name}(column)' for name in RULES])}",
            "add other transformed values to the data as a column",
        )
    if not right:
        raise typed.refusal(
            len(typed.text), 'expected predictors after "~", found the end', "write y ~ 1 for an intercept alone"
        )
    return left[0].text, function, right


def _end(tokens: Sequence[Token], start: int) -> int:
    """Where the token at `start` ends, with its arguments if it is a function."""
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        depth += token.kind == "function" or (token.kind == "operator" and token.text == "(" and depth > 0)
        depth -= token.kind == "operator" and token.text == ")" and depth > 0
        if depth == 0:
            return place + 1
    raise AssertionError("parentheses were checked")


def _expand(typed: Typed, place: int, source: str, available: Sequence[str]) -> tuple[list[tuple[str, ...]], bool]:
    """The products of factor names, sorted by their number, and whether there is an intercept."""
    from formulaic.errors import FormulaicError
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser(feature_flags=set())
    context = {"__formulaic_variables_available__": list(available)}
    try:
        tree = parser.get_ast(source)
        _bound(typed, place, tree, len(available))
        expanded = parser.get_terms(source, context=context)
    except FormulaicError:
        raise typed.refusal(place, "the operators do not form a formula", "operators stand between terms") from None
    found = [tuple((factor.expr, factor.eval_method.value) for factor in term.factors) for term in expanded]
    if any(len(term) > 1 and any(how == "literal" for _, how in term) for term in found):
        raise typed.refusal(place, "0 or 1 cannot be a factor of a product", "write 0 or 1 as a term of its own")
    products = [tuple(name for name, _ in term) for term in found if term[0][1] != "literal"]
    return sorted(products, key=len), len(products) < len(found)


def _bound(typed: Typed, place: int, tree: "ASTNode", available: int) -> None:
    """Refuses what would expand into too many terms, and powers of a single one, which formulaic takes for the term."""
    sizes: dict[int, int] = {}
    for node in _children_first(tree):
        sizes_below = [sizes.get(id(argument), 1) for argument in node.args]
        symbol = node.operator.symbol
        if symbol in ("**", "^"):
            if sizes_below[0] == 1:
                raise typed.refusal(
                    place, "a power of one term is that term in a formula", "write I(a**2) for the square of a column"
                )
            size = sizes_below[0] ** int(str(node.args[1]))
        elif symbol == ".":
            size = available
        elif symbol == "*":
            size = sum(sizes_below) + sizes_below[0] * sizes_below[1]
        elif symbol == ":":
            size = sizes_below[0] * sizes_below[1]
        else:
            size = sum(sizes_below)
        if size > LARGEST_EXPANSION:
            raise typed.refusal(
                place, f"the formula expands into more than {LARGEST_EXPANSION} terms", "use fewer products"
            )
        sizes[id(node)] = size


def _children_first(tree: "ASTNode") -> Iterator["ASTNode"]:
    """The operations of the tree, arguments before what uses them, without recursion."""
    from formulaic.parser.types import ASTNode

    order: list[ASTNode] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ASTNode):
            order.append(node)
            waiting += node.args
    yield from reversed(order)


def _spaced(tokens: Sequence[Token]) -> str:
    """The right-hand side with one way of setting blanks: around + - * / outside calls."""
    text, place, sign = "", 0, True      # sign: what comes next is no operator between two terms
    while place < len(tokens):
        end = _end(tokens, place)
        part = "".join(token.typed for token in tokens[place:end])
        operator = tokens[place].kind == "operator" and part != ")"
        text += f" {part} " if operator and not sign and part in ("+", "-", "*", "/") else part
        place, sign = end, operator
    return text
