"""Formulas: their algebra, their names, and the full text of every refusal."""

import ast
import time
import warnings
from pathlib import Path

import pytest
from design_tables import batch, kinds
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.design.formula import parse_formula, parse_offset
from mlefit.errors import UsageError
from mlefit.expression.order import DEPTH
from mlefit.expression.parse import Arithmetic
from mlefit.expression.scan import ALLOWED, BASELINE, Token, Typed
from mlefit.expression.tree import Column
from mlefit.source.source import Kind

NAMES = ["y", "a", "b", "g", "h", "my col", "Sepal.Length", "1", "x²", "day", "flag"]
KINDS = {
    **kinds(["y", "a", "b", "my col", "Sepal.Length", "1", "x²"], ["g", "h"]), "day": Kind.DATE, "flag": Kind.BOOLEAN
}


def parsed(text: str) -> tuple[list[str], bool]:
    formula = parse_formula(text, NAMES, KINDS)
    return [term.text for term in formula.terms], formula.intercept


@pytest.mark.parametrize(
    ("text", "terms", "intercept"),
    [
        ("y ~ a + b", ["a", "b"], True),
        ("y ~ 1", [], True),
        ("y~0", [], False),
        ("y ~ 0 + a", ["a"], False),
        ("y ~ a - 1", ["a"], False),
        ("y ~ -1 + a", ["a"], False),
        ("y ~ a + -1", ["a"], False),
        ("y ~ a*b", ["a", "b", "a:b"], True),
        ("y ~ a:b + a", ["a", "a:b"], True),
        ("y ~ a*b*g - a:b:g", ["a", "b", "g", "a:b", "a:g", "b:g"], True),
        ("y ~ (a+b):g", ["a:g", "b:g"], True),
        ("y ~ (a+b+g)**2", ["a", "b", "g", "a:b", "a:g", "b:g"], True),
        ("y ~ (a+b)^2", ["a", "b", "a:b"], True),
        ("y ~ a/b", ["a", "a:b"], True),
        ("y ~ a + a + log(a) + log( a )", ["a", "log(a)"], True),
        ("y ~ g + C(g)", ["g"], True),
        ("y ~ .", [name for name in NAMES[1:] if name != "day"], True),
        ("y ~ . - a - `1`", ["b", "g", "h", "my col", "Sepal.Length", "x²", "flag"], True),
        ("y ~ I( a ** 2 ) + poly(a , 3)+bs( a, df = 5 )", ["I(a**2)", "poly(a,3)", "bs(a,df=5)"], True),
        ("y ~ `my col` + log(`my col`) + Sepal.Length + `1` + x²",
         ["my col", "log(`my col`)", "Sepal.Length", "1", "x²"], True),
    ],
)
def test_formula_expands_as_in_r(text, terms, intercept):
    assert parsed(text) == (terms, intercept)


def test_formula_says_target_columns_and_text():
    formula = parse_formula("y ~ b*C(a)+g - 1+ log( `my col` )", NAMES, KINDS)
    assert formula.target == "y"
    assert formula.columns == ("b", "a", "g", "my col")
    assert formula.categorical == {"a", "g"}
    assert formula.text_rhs == "b * C(a) + g - 1 + log(`my col`)"
    assert [term.numbers for term in formula.terms] == [{"b"}, set(), set(), {"my col"}, {"b"}]


def test_text_boolean_and_asked_columns_are_levels():
    formula = parse_formula("y ~ a + b + g + flag", NAMES, KINDS, categorical=["b"])
    assert formula.categorical == {"b", "g", "flag"}


def test_dates_count_days_unless_their_levels_are_asked_for():
    formula = parse_formula("y ~ day + year(day) + month(day) + weekday(day)", NAMES, KINDS)
    assert formula.categorical == frozenset()
    assert [factor.text for term in formula.terms for factor in term.factors] == ["day", "year(day)", "month(day)", "weekday(day)"]
    assert formula.terms[0].numbers == {"day"}
    assert parse_formula("y ~ C(day)", NAMES, KINDS).categorical == {"day"}
    assert parse_formula("y ~ day", NAMES, KINDS, categorical=["day"]).categorical == {"day"}


def test_dot_leaves_out_excluded_columns():
    formula = parse_formula("y ~ .", ["w", "y", "a", "k"], kinds(["w", "y", "a", "k"]), exclude=["w", "k"])
    assert formula.columns == ("a",)


@pytest.mark.parametrize(
    ("text", "place", "what", "remedy"),
    [
        ("", 1, 'expected "~" between target and predictors, found none', "write y ~ x"),
        ("~ a", 1, 'expected the target before "~", found nothing', "write y ~ x"),
        ("y ~", 4, 'expected predictors after "~", found the end', "write y ~ 1 for an intercept alone"),
        ("exp(y) ~ a", 1, "the target must be one column, or log(column), log10(column), log1p(column) or sqrt(column)",
         "add other transformed values to the data as a column"),
        ("y + a ~ b", 1, "the target must be one column, or log(column), log10(column), log1p(column) or sqrt(column)",
         "add other transformed values to the data as a column"),
        ("y ~ a + y", 5, 'the target "y" is also a predictor', "remove it from the right-hand side"),
        ("y ~ a**2", 5, "a power of one term is that term in a formula", "write I(a**2) for the square of a column"),
        ("y ~ (a)^2", 5, "a power of one term is that term in a formula", "write I(a**2) for the square of a column"),
        ("y ~ (a+b)**99", 12, 'expected a power from 1 to 9, found "99"', "write I(x**k) for powers of x"),
        ("y ~ (a+b)**a", 12, 'expected a power from 1 to 9, found "a"', "write I(x**k) for powers of x"),
        ("y ~ a +", 8, "expected a column or a term, found the end", "complete or shorten it"),
        ("y ~ a + * b", 9, 'expected a column or a term, found "*"', "operators stand between columns or terms"),
        ("y ~ a:-b", 7, 'expected a column or a term, found "-"', "operators stand between columns or terms"),
        ("y ~ a b", 7, 'expected an operator, found "b"', "operators stand between columns or terms"),
        ("y ~ a ~ b", 7, 'expected an operator, found "~"', "operators stand between columns or terms"),
        ("y ~ (a, b)", 7, 'expected an operator, found ","', "operators stand between columns or terms"),
        ("y ~ I(a:b)", 8, 'expected an operator, found ":"', "operators stand between columns or terms"),
        ("y ~ I(a^2)", 8, 'expected an operator, found "^"', "write ** for a power"),
        ("y ~ log()", 9, 'expected a column or a term, found ")"', "operators stand between columns or terms"),
        ("y ~ b + (a", 9, '"(" is not closed', 'add the missing ")"'),
        ("y ~ log(a", 5, '"log(" is not closed', 'add the missing ")"'),
        ("y ~ a)", 6, '")" closes nothing', 'remove it, or add the missing "("'),
        ("y ~ " + "(" * 60 + "a" + ")" * 60, 5 + DEPTH, "more than 50 parentheses inside each other",
         "simplify the term"),
        ("y ~ log(.)", 9, '"." (all other columns) cannot stand in a call', "name the columns"),
        ("y ~ df=3", 5, '"df=" is not allowed here', "options stand in poly() and bs()"),
        ("y ~ 2*a", 5, "the number 2 cannot be a term or a factor of one",
         "1 is the intercept, 0 none; arithmetic stands inside I(), such as I(2*x)"),
        ("y ~ a:0", 7, "the number 0 cannot be a term or a factor of one",
         "1 is the intercept, 0 none; arithmetic stands inside I(), such as I(2*x)"),
        ("y ~ (a+1):b", 5, "0 or 1 cannot be a factor of a product", "write 0 or 1 as a term of its own"),
        ("y ~ . ** 9", 5, "the formula expands into more than 20000 terms", "use fewer products"),
        ("y ~ " + "a+" * 20000 + "b", 20001, "expected at most 20000 characters, found 40005", "use -x"),
        ("y ~ aa", 5, 'there is no column "aa"', "nearest: a"),
        ("y ~ Sepal.Lenght", 5, 'there is no column "Sepal.Lenght"', "nearest: Sepal.Length"),
        ("y ~ `nope`", 5, 'there is no column "nope"',
         "columns: y, a, b, g, h, my col, Sepal.Length, 1 and 3 more; quote odd names as in `my column`"),
        ("y ~ I(1e400)", 7, "1e400 is beyond the largest number", "use a smaller number"),
        ("y ~ I(9**9**9 + a)", 5, "the power 3.8742e+08 is too large", "powers go up to 100"),
        ("y ~ I(a**1000)", 5, "the power 1000 is too large", "powers go up to 100"),
        ("y ~ I(1/0 + a)", 5, '"I(1/0+a)" holds a number that does not exist (inf)', "correct it"),
        ("y ~ I(" + "-" * 300 + "a)", 5, "expected at most 200 parts in a term, found 303", "shorten it"),
        ("y ~ I(2)", 5, '"I(2)" holds no column', "1 is the intercept"),
        ("y ~ log(a, b)", 5, "log() takes one expression", "write log(x)"),
        ("y ~ log(g)", 5, '"log(g)" needs numbers, column "g" holds text',
         "name the column alone: it is coded by its levels, and dates count days"),
        ("y ~ log(poly(a, 2))", 5, "poly() cannot stand inside arithmetic", "poly() is a term of its own"),
        ("y ~ poly(a)", 5, 'expected poly(x, degree), found "poly(a)"', "write poly(x, degree)"),
        ("y ~ poly(a, b)", 5, 'expected poly(x, degree), found "poly(a,b)"', "write poly(x, degree)"),
        ("y ~ poly(a, 2.5)", 5, '"poly(a,2.5)" needs a whole number from 1 to 20 as degree, found 2.5',
         "choose another degree"),
        ("y ~ poly(a, if=3)", 5, '"poly(a,if=3)" is not an expression', ALLOWED),
        ("y ~ bs(a, df=2)", 5, '"bs(a,df=2)" needs a whole number from 3 to 200 as df, found 2', "choose another df"),
        ("y ~ bs(a, 5, df=5)", 5, 'expected bs(x, df=5, degree=3), found "bs(a,5,df=5)"',
         "write bs(x, df=5, degree=3)"),
        ("y ~ C(a+b)", 5, 'expected C(column), found "C(a+b)"', "write C(column)"),
        ("y ~ center(a, 2)", 5, 'expected center(x), found "center(a,2)"', "write center(x)"),
        ("y ~ offset(a)", 5, 'unknown function "offset"', "use --offset"),
        ('y ~ __import__("os").system("touch x")', 5, 'unknown function "__import__"', ALLOWED),
        ("y ~ I((1).__class__)", 10, 'attribute access (".__class__") is not allowed', ALLOWED),
        ("y ~ a.__class__", 5, 'attribute access ("a.__class__") is not allowed', ALLOWED),
        ("y ~ np.log(a)", 5, 'unknown function "np.log"', "use log()"),
        ("y ~ as.factor(a)", 5, 'unknown function "as.factor"', "use C()"),
        ("y ~ C(g, Treatment('b'))", 10, 'unknown function "Treatment"', BASELINE),
        ("y ~ C(g, Sum)", 10, 'there is no column "Sum"', BASELINE),
        ("y ~ relevel(g, 'b')", 5, 'unknown function "relevel"', BASELINE),
        ('y ~ Q("my col")', 5, 'unknown function "Q"', "quote odd names as in `my column`"),
        ("y ~ A + Bb", 5, 'there is no column "A", nor "Bb"', "nearest: a, b"),
        ("y ~ lo + Bb", 5, 'there is no column "lo", nor "Bb"', "nearest: b"),
        ("y ~ eval(a)", 5, 'unknown function "eval"', ALLOWED),
        ("y ~ lambda: a", 5, '"lambda" is Python and not allowed', ALLOWED),
        ("y ~ [a for a in b]", 5, "a square bracket ([) is not allowed", ALLOWED),
        ("y ~ a[0]", 6, "a square bracket ([) is not allowed", ALLOWED),
        ("y ~ {a}", 5, "a brace ({) is not allowed", ALLOWED),
        ("y ~ I('a')", 7, "quoted text (') is not allowed", ALLOWED),
        ("y ~ I(a:=b)", 9, "a comparison or assignment (=) is not allowed", "add it to the data as a column"),
        ("y ~ I(a<b)", 8, "a comparison (<) is not allowed", "add it to the data as a column"),
        ("y ~ a + (1 | g)", 12, "a formula in several parts (|) is not allowed",
         "for rows of a group use --se cluster:COLUMN, or C(COLUMN)"),
        ("y ~ a %in% b", 7, "an operator between percent signs (%) is not allowed", "write a:b for the products of two columns"),
        ("y ~ a;b", 6, "this character (;) is not allowed", ALLOWED),
        ("y ~ `a", 5, "a backquote without its partner (`) is not allowed", ALLOWED),
    ],
)
def test_refusals_name_the_place_and_what_stands_there(text, place, what, remedy):
    start = time.perf_counter()
    with pytest.raises(UsageError) as caught:
        parse_formula(text, NAMES, KINDS)
    assert str(caught.value) == f"formula, character {place}: {what}\n{remedy}"
    assert caught.value.code == "formula"
    assert time.perf_counter() - start < 3      # the first one imports formulaic


PIECES = ["y", "a", "g", "~", "+", "-", "*", "/", ":", "**", "^", "(", ")", ",", "=", ".", "0", "1", "2", "9e9", "log(",
          "C(", "I(", "poly(", "bs(", "df=", "degree=", "__import__(", "`", "'", "[", "lambda ", "if ", "\\",
          "\x00", "%", ".x", "a.b", "é", "∞", "{", "1_0", "0x1", "#", "\n"]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_any_text_is_a_formula_or_is_refused_in_two_lines(pieces):
    refusal: UsageError | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            parse_formula("y ~ " + "".join(pieces), NAMES, KINDS)
        except UsageError as error:
            refusal = error
    assert refusal is None or (refusal.message.startswith("formula, character ") and refusal.remedy)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("c0.real", "attribute"), ("c0[0]", "subscript"), ("[c0]", "list"), ("(c0, c0)", "tuple"),
        ("{1.0: c0}", "dict"),
        ("[c0 for c0 in c0]", "list comp"), ("lambda: c0", "lambda"), ("(c0 := 1.0)", "named expr"),
        ("f'{c0}'", "joined str"),
        ("c0 if c0 else c0", "if exp"), ("c0 < c0", "compare"), ("c0 and c0", "bool op"), ("not c0", "unary op"),
        ("c0 % c0", "bin op"), ("c0 // c0", "bin op"), ("c0 @ c0", "bin op"), ("c0 << c0", "bin op"),
        ("'a'", "constant"),
        ("10", "constant"), ("True", "constant"), ("1j", "constant"), ("...", "constant"), ("eval(c0)", "call"),
        ("c0(c0)", "call"), ("log.x(c0)", "call"), ("{c0}", "set"), ("(yield)", "yield"),
    ],
)
def test_the_whitelist_of_syntax_stands_on_its_own(code, what):
    call = Arithmetic(Typed("formula", code), [Token("column", "a", "a", 0)], {})
    for around in ("{}", "log({})", "1.0 + ({})", "-({})"):
        with pytest.raises(UsageError) as caught:
            call.tree(ast.parse(around.format(code), mode="eval").body)
        assert str(caught.value) == f"formula, character 1: {what} is not allowed\n{ALLOWED}"


@pytest.mark.parametrize("name", ["c1", "c", "x", "open"])
def test_only_columns_of_the_call_have_names(name):
    call = Arithmetic(Typed("formula", name), [Token("column", "a", "a", 0)], {})
    assert call.tree(ast.parse("c0", mode="eval").body) == Column("a")
    with pytest.raises(UsageError) as caught:
        call.tree(ast.parse(name, mode="eval").body)
    assert str(caught.value) == f'formula, character 1: "{name}" is not allowed\n{ALLOWED}'


def test_nothing_in_a_formula_runs(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for code in ("open('x','w')", "__import__('os').system('touch x')", "C(open('x','w'))", "I(open(`x`))"):
        for text in (f"y ~ {code}", f"{code} ~ a", f"y ~ a + `{code}`"):
            with pytest.raises(UsageError):
                parse_formula(text, NAMES, KINDS)
    assert not list(tmp_path.iterdir())


def test_offset_is_a_column_or_arithmetic():
    table = batch({"my col": [1.0, 2.0], "a": [1.0, float("nan")]})
    whole = parse_offset("my col", NAMES)
    assert (whole.text, whole.numbers, whole.evaluate(table).tolist()) == ("my col", {"my col"}, [1.0, 2.0])
    term = parse_offset("2*`my col` - log( a )", NAMES)
    assert term.text == "2*`my col`-log(a)"
    assert term.evaluate(table)[0] == 2.0
    assert term.evaluate(table)[1] != term.evaluate(table)[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b:a", '--offset, character 2: expected an operator, found ":"\noperators stand between columns or terms'),
        ("log(", '--offset, character 1: "log(" is not closed\nadd the missing ")"'),
        ("", "--offset, character 1: expected a column or a term, found the end\ncomplete or shorten it"),
        ("poly(a,2)", "--offset, character 1: poly() cannot stand inside arithmetic\npoly() is a term of its own"),
        ("3", '--offset, character 1: "3" holds no column\n1 is the intercept'),
        ("g", '--offset, character 1: "g" needs numbers, column "g" holds text\n'
              "name the column alone: it is coded by its levels, and dates count days"),
    ],
)
def test_offset_refusals(text, message):
    with pytest.raises(UsageError) as caught:
        parse_offset(text, NAMES, KINDS)
    assert str(caught.value) == message
