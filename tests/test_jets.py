"""Jets: exact derivatives of trees, against stencils in extended precision and against closed forms."""

import numpy as np
import pytest

from mlefit.errors import UsageError
from mlefit.expression.jets import jet
from mlefit.expression.rewrite import rewritten
from mlefit.expression.rules import RULES
from mlefit.expression.tree import Column, Constant, Node, Operation, evaluate
from mlefit.expression.written import LOSSES, MEANS, parse_written

NAMES = ("a", "b", "c")
STENCIL = ((1, 45.0 / 60.0), (2, -9.0 / 60.0), (3, 1.0 / 60.0))      # sixth order: h^6 / 140 f^(7)
STEP = 1e-3
POSITIVE = ("log", "log2", "log10", "sqrt")
SIGNED = ("exp", "expm1", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "logistic", "normal_cdf", "abs")
WITHIN = ("log1p", "arcsin", "arccos")


def read(text: str, language=LOSSES) -> Node:
    return parse_written("--mean", text, (*NAMES, "x", "u"), language)


def bounded(node: Node) -> Node:
    """Within (-0.9, 0.9), so that every function of it exists."""
    return Operation("*", (Constant(0.9), Operation("tanh", (node,))))


def positive(node: Node) -> Node:
    return Operation("+", (Constant(0.5), Operation("logistic", (node,))))


def drawn(rng: np.random.Generator, depth: int) -> Node:
    """A random tree whose values stay between -10 and 10 or so, and exist."""
    if depth == 0:
        return Constant(round(float(rng.uniform(-2, 2)), 2)) if rng.random() < 0.2 else Column(rng.choice([*NAMES, "x"]))
    left, right = drawn(rng, depth - 1), drawn(rng, depth - 1)
    match rng.integers(8):
        case 0:
            return Operation(rng.choice(["+", "-", "*"]), (bounded(left), right))
        case 1:
            return Operation("/", (left, positive(right)))
        case 2:
            return Operation("**", (positive(left), bounded(right)))
        case 3:
            return Operation("**", (bounded(left), Constant(float(rng.integers(0, 5)))))
        case 4:
            return Operation("negative", (left,))
        case 5:
            return Operation(rng.choice(POSITIVE), (positive(left),))
        case 6:
            return Operation(rng.choice(WITHIN), (bounded(left),))
        case _:
            return Operation(rng.choice(SIGNED), (bounded(left),))


def slope(node: Node, values: dict[str, np.ndarray], name: str, of=None) -> np.ndarray:
    """The derivative by one name of the value, or of a derivative by the jet, from a seven-point stencil."""
    total = np.zeros_like(values["x"])
    for k, weight in STENCIL:
        for sign in (1, -1):
            moved = values | {name: values[name] + sign * k * STEP}
            total = total + sign * weight * (jet(node, moved, NAMES, 0).value if of is None else of(moved))
    return total / STEP


def test_the_derivatives_of_200_random_expressions_are_those_of_a_stencil() -> None:
    rng, seen = np.random.default_rng(1), set()
    for _ in range(200):
        node = drawn(rng, 4)
        values = {name: rng.uniform(0.3, 1.5, 3) for name in (*NAMES, "x")}
        value, gradient, hessian = jet(node, values, NAMES).dense(3, 3)
        np.testing.assert_allclose(value, np.broadcast_to(evaluate(node, values), 3), rtol=1e-13, atol=1e-14)
        for i, name in enumerate(NAMES):
            size = 1.0 + np.abs(value)
            assert np.all(np.abs(gradient[:, i] - slope(node, values, name)) <= 1e-9 * size + 1e-8 * np.abs(gradient[:, i])), node
            for j in range(3):
                by_j = slope(node, values, name, lambda at, j=j, node=node: jet(node, at, NAMES, 1).dense(3, 3)[1][:, j])
                assert np.all(np.abs(hessian[:, i, j] - by_j) <= 1e-8 * (1.0 + np.abs(hessian[:, i, j]))), node
        seen |= {part.name for part in parts(node) if isinstance(part, Operation)}
    assert seen >= {*POSITIVE, *SIGNED, *WITHIN, "+", "-", "*", "/", "**", "negative"}


def parts(node: Node) -> list[Node]:
    return [node, *(part for child in node.arguments for part in parts(child))] if isinstance(node, Operation) else [node]


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_function_has_the_derivatives_of_its_values(name: str) -> None:
    u = np.array([0.1, 0.35, 0.8]).astype(np.longdouble)
    rule = RULES[name]
    value, first, second = rule(u.astype(np.float64))
    for exact, order in ((first, 0), (0.0 if second is None else second, 1)):
        stencil = sum(
            sign * weight * np.asarray(rule((u + sign * k * STEP).astype(np.float64))[order])
            for k, weight in STENCIL for sign in (1, -1)
        ) / STEP
        np.testing.assert_allclose(exact, stencil, rtol=1e-9, atol=1e-11)
    assert np.all(np.isfinite(value))


@pytest.mark.parametrize(
    ("text", "at", "value", "first", "second"),
    [
        ("log(cosh(u))", 800.0, 800.0 - np.log(2.0), 1.0, 0.0),
        ("log(exp(u) + exp(-u))", -800.0, 800.0, -1.0, 0.0),
        ("log(1 + exp(u))", 800.0, 800.0, 1.0, 0.0),
        ("log(1 + exp(u))", -40.0, np.exp(-40.0), np.exp(-40.0), np.exp(-40.0)),
        ("log(3*exp(u) + exp(2*u) + 5)", 700.0, 1400.0, 2.0, 0.0),
        ("log(1 + u**2)", 1e-9, 1e-18, 2e-9, 2.0),
        ("exp(u) - 1", 1e-12, 1e-12, 1.0, 1.0),
        ("1 - exp(-u)", 1e-12, 1e-12, 1.0, -1.0),
        ("sqrt(1 + u**2)", 1e200, 1e200, 1.0, 0.0),
        ("sqrt(1 + u**2) - 1", 1e-9, 5e-19, 1e-9, 1.0),
        ("sqrt(u*u)", -3.0, 3.0, -1.0, 0.0),
        ("1/(1 + exp(u))", 800.0, 0.0, 0.0, 0.0),
        ("1/(1 + exp(u))", -40.0, 1.0, -np.exp(-40.0), -np.exp(-40.0)),
        ("exp(u)/(1 + exp(u))", 800.0, 1.0, 0.0, 0.0),
        ("2*exp(u)/(1 + exp(u))", 800.0, 2.0, 0.0, 0.0),
        ("1/(1 + exp(u))**0.5", 800.0, np.exp(-400.0), -0.5 * np.exp(-400.0), 0.25 * np.exp(-400.0)),
        ("(1 + exp(u))**-2", 800.0, 0.0, 0.0, 0.0),
        ("tanh(u)", 20.0, 1.0, 4.0 * np.exp(-40.0), -8.0 * np.exp(-40.0)),
        ("normal_cdf(u)", -10.0, 7.619853024160527e-24, 7.69459862670642e-23, 7.69459862670642e-22),
        ("abs(u)", 0.0, 0.0, 0.0, 0.0),
        ("u**2", 0.0, 0.0, 0.0, 2.0),
        ("u**0", 0.0, 1.0, 0.0, 0.0),
        ("0**u", 2.0, 0.0, 0.0, 0.0),
        ("where(u < 1, u**2, log(u))", 0.0, 0.0, 0.0, 2.0),
        ("where(u >= 1, log(u), -u)", 2.0, np.log(2.0), 0.5, -0.25),
        ("max(u, u**2)", 3.0, 9.0, 6.0, 2.0),
        ("min(u, u**2)", 3.0, 3.0, 1.0, 0.0),
        ("sin(pi*u)", 0.5, 1.0, 0.0, -np.pi**2),
        ("atan(u) + asin(0*u) - acos(0*u)", 0.0, -np.pi / 2.0, 1.0, 0.0),
    ],
)
def test_nothing_overflows_or_cancels(text: str, at: float, value: float, first: float, second: float) -> None:
    found = jet(read(text), {"u": np.array([at])}, ["u"])
    got = [float(part[0]) for part in (found.dense(1, 1)[0], found.dense(1, 1)[1][:, 0], found.dense(1, 1)[2][:, 0, 0])]
    np.testing.assert_allclose(got, [value, first, second], rtol=1e-12, atol=2e-16)


def test_what_is_linear_by_the_form_of_the_tree_has_no_second_derivative() -> None:
    x = np.array([0.0, 1.0, 2.0])
    found = jet(read("a*exp(-b*x) + c"), {"x": x, "a": 2.0, "b": 0.5, "c": 1.0}, NAMES)
    assert set(found.gradient) == {0, 1, 2}
    assert set(found.hessian) == {(0, 1), (1, 1)}
    assert set(jet(read("a**1 + 0*b"), {"a": 2.0, "b": 0.5}, NAMES).hessian) == set()
    assert jet(read("x**b"), {"x": x, "b": 2.0}, NAMES).dense(3, 3)[1][:, 1].tolist() == [0.0, 0.0, 4.0 * np.log(2.0)]


def test_equal_parts_stand_once_and_names_may_be_numbers_or_columns() -> None:
    node = read("exp(a*x) + exp(a*x)**2")
    by_number = jet(node, {"a": 0.5, "x": np.arange(3.0)}, ["a"])
    by_column = jet(node, {"a": np.full(3, 0.5), "x": np.arange(3.0)}, ["a"])
    np.testing.assert_array_equal(by_number.dense(3, 1)[2], by_column.dense(3, 1)[2])
    assert jet(node, {"a": 0.5, "x": 2.0}, ["a"], 0).gradient == {}
    assert rewritten(read("log(a + exp(x))")) == read("log(a + exp(x))")      # a may be negative: no log-sum-exp


MEAN = (
    "a mean holds columns, parameters, numbers, pi, + - * / ** and the functions log, log1p, log2, log10, exp, expm1, sqrt, abs, "
    "sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh, logistic, normal_cdf"
)
LOSS = (
    "a loss holds its names, numbers, pi, + - * / **, comparisons in where, and the functions log, log1p, log2, log10, exp, "
    "expm1, sqrt, abs, sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh, logistic, normal_cdf, max, min, where"
)


@pytest.mark.parametrize(
    ("text", "language", "message", "remedy"),
    [
        ("a*exp(-b*x", MEANS, 'text, character 3: "exp(" is not closed', 'add the missing ")"'),
        ("a*gamma(x)", MEANS, 'text, character 3: unknown function "gamma"', MEAN),
        ("ln(x)", MEANS, 'text, character 1: unknown function "ln"', "use log()"),
        ("a*(x < 1)", MEANS, "text, character 6: a comparison (<) is not allowed", MEAN),
        ("a*x.real", MEANS, 'text, character 3: attribute access ("x.real") is not allowed', MEAN),
        ("a if x else b", MEANS, 'text, character 3: "if" is Python and not allowed', MEAN),
        ("x**2000", MEANS, "text, character 1: the power 2000 is too large", "powers go up to 1000"),
        ("x*log(-1)", MEANS, 'text, character 1: "x*log(-1)" holds a number that does not exist (nan)', "correct it"),
        ("x" + "+x" * 150, MEANS, "text, character 1: expected at most 300 parts in a term, found 301", "shorten it"),
        ("x" * 2001, MEANS, "text, character 2001: expected at most 2000 characters, found 2001", "shorten it"),
        ("r + z", LOSSES, 'text, character 5: there is no name "z"', "names: r; quote odd names as in `my name`"),
        ("gamma(r)", LOSSES, 'text, character 1: unknown function "gamma"', LOSS),
        ("(r < 1)*r", LOSSES, "text, character 1: compare is not allowed", LOSS),
        ("where(r, 1, 2)", LOSSES, "text, character 1: the first argument of where() is not one comparison",
         "write where(x < 0, a, b)"),
        ("where(0 < r < 1, 1, 2)", LOSSES, "text, character 1: the first argument of where() is not one comparison",
         "write where(x < 0, a, b)"),
        ("where(r < 1, 1)", LOSSES, "text, character 1: where() takes a comparison and two expressions",
         "write where(x < 0, a, b)"),
        ("max(r)", LOSSES, "text, character 1: max() takes two expressions", "write max(a, b)"),
        ("log(r, 2)", LOSSES, "text, character 1: log() takes one expression", "write log(x)"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_its_place(text: str, language, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_written("text", text, ["x"] if language is MEANS else ["r"], language)
    assert (str(refusal.value.message), refusal.value.remedy) == (message, remedy)
