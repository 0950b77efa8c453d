"""Terms: what they evaluate to, cut into pieces or whole, learnt from parts or from the whole."""

import warnings
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from design_tables import batch, category, kinds, surveyed
from hypothesis import given, settings
from hypothesis import strategies as st

from mlefit.design.formula import parse_formula
from mlefit.design.learn import columns_to_terms, learn, needs_learning
from mlefit.design.terms import not_finite
from mlefit.source.batch import Batch, Place

FORMULA = "y ~ a + log(b) + g*a + C(k) + poly(a, 3) + bs(b, df=5) + I(a**2 / b):g + scale(b) + h:g"


def table(rng: np.random.Generator, n: int) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    numbers = {"a": rng.normal(size=n), "b": rng.gamma(2.0, size=n) + 0.1}
    texts = {name: [f"{name}{k}" for k in rng.integers(0, 4, n)] for name in ("g", "h", "k")}
    return numbers, texts


def terms_of(formula: str):
    return parse_formula(formula, ["y", "a", "b", "g", "h", "k"], kinds(["y", "a", "b"], ["g", "h", "k"]))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 120), max_size=5))
def test_parts_learn_and_evaluate_as_the_whole(seed, cuts):
    n = 120
    numbers, texts = table(np.random.default_rng(seed), n)
    edges = [0, *sorted(cuts), n]
    parts = [batch(numbers, texts, start, stop) for start, stop in pairwise(edges)]
    whole = batch(numbers, texts)
    formula = terms_of(FORMULA)
    from_parts = learn(formula.terms, surveyed(formula.terms, parts), intercept=True, reference={"h": "h2"})
    from_whole = learn(formula.terms, surveyed(formula.terms, [whole]), intercept=True, reference={"h": "h2"})
    for one, other in zip(from_parts, from_whole, strict=True):
        assert one.labels() == other.labels()
        assert one.width == len(one.labels())
        values = other.evaluate(whole)
        assert values.shape == (n, len(other.labels()))
        assert np.array_equal(np.vstack([other.evaluate(part) for part in parts]), values)
        # Columns are of order one; the merge of powers loses a few units in the last place of their QR.
        assert np.abs(one.evaluate(whole) - values).max() <= 1e-11 * max(1.0, np.abs(values).max())


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("I(a + 2*b)", lambda a, b: a + 2 * b), ("I(-a**2)", lambda a, b: -(a * a)), ("I(+a)", lambda a, b: a),
        ("I(a / b - (a - b))", lambda a, b: a / b - (a - b)), ("log(b)", lambda a, b: np.log(b)),
        ("log1p(b)", lambda a, b: np.log1p(b)), ("log2(b)", lambda a, b: np.log2(b)),
        ("log10(b)", lambda a, b: np.log10(b)), ("exp(a)", lambda a, b: np.exp(a)),
        ("expm1(a)", lambda a, b: np.expm1(a)), ("sqrt(b)", lambda a, b: np.sqrt(b)), ("abs(a)", lambda a, b: abs(a)),
        ("sin(a)", lambda a, b: np.sin(a)), ("cos(a)", lambda a, b: np.cos(a)), ("tan(a)", lambda a, b: np.tan(a)),
        ("exp(-I(a*b)/2)", lambda a, b: np.exp(-(a * b) / 2)), ("I(2**a)", lambda a, b: np.power(2.0, a)),
        ("I(2**-3*a)", lambda a, b: a / 8), ("a:log(b)", lambda a, b: a * np.log(b)),
        ("a:b:sqrt(b)", lambda a, b: a * b * np.sqrt(b)),
    ],
)
def test_arithmetic(term, expected):
    numbers, texts = table(np.random.default_rng(3), 50)
    formula = terms_of(f"y ~ {term}")
    assert not needs_learning(formula.terms)
    (one,) = formula.terms
    values = one.evaluate(batch(numbers, texts))
    assert one.labels() == (term.replace(" ", ""),)
    assert values.shape == (50, 1)
    np.testing.assert_allclose(values[:, 0], expected(numbers["a"], numbers["b"]), rtol=4e-16, atol=0)


def test_powers_are_within_one_unit_of_the_exact_ones():
    x = np.concatenate([np.random.default_rng(5).normal(-6.0, 2.0, 300), [-8.781464495, -3.0]])
    for power in range(2, 11):      # Filip's range
        (term,) = terms_of(f"y ~ I(a**{power})").terms
        values = term.evaluate(batch({"a": x}))[:, 0]
        with localcontext() as context:
            context.prec = 400
            off = [
                abs(Decimal(float(value)) - Decimal(float(cell)) ** power) / Decimal(float(np.spacing(abs(value))))
                for cell, value in zip(x, values, strict=True)
            ]
        assert max(off) < 1


def test_missing_cells_give_nan_and_nothing_warns():
    nan, inf = float("nan"), float("inf")
    numbers = {"a": [nan, 1.0, 0.0, 2.0], "b": [1.0, nan, 0.0, inf]}
    columns: dict[str, list[float]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text in ("I(a**0)", "I(1**a)", "log(b)", "I(a/b)", "sqrt(-a)", "I(a*b):log(b)", "g:log(b)"):
            (term,) = terms_of(f"y ~ 0 + {text}").terms
            here = Batch(Place(0, 0), 4, batch(numbers).numbers, {"g": category(["u", "u", None, "u"])})
            learnt = learn([term], surveyed([term], [here]), intercept=False, reference={})
            columns[text] = learnt[0].evaluate(here)[:, 0].tolist()
    np.testing.assert_array_equal(columns["I(a**0)"], [nan, 1, 1, 1])
    np.testing.assert_array_equal(columns["I(1**a)"], [nan, 1, 1, 1])
    np.testing.assert_array_equal(columns["log(b)"], [0, nan, -inf, inf])
    np.testing.assert_array_equal(columns["I(a/b)"], [nan, nan, nan, 0])
    np.testing.assert_array_equal(columns["sqrt(-a)"], [nan, nan, 0, nan])
    np.testing.assert_array_equal(columns["I(a*b):log(b)"], [nan, nan, nan, inf])
    np.testing.assert_array_equal(columns["g:log(b)"], [0, nan, nan, inf])


def test_a_value_that_does_not_exist_is_refused_with_its_cells():
    here = Batch(Place(0, 0), 2, batch({"a": [1.0, 0.0], "b": [2.0, 3.0]}).numbers, start=400)
    error = not_finite("a:log(b)", here, frozenset("ab"), 1, float("-inf")).told(600)
    assert str(error) == (
        'term "a:log(b)", row 1002: expected a finite number, found -inf (a = 0, b = 3)\n'
        "use a term that exists in every row, or drop the row"
    )
    assert (error.columns, error.rows) == (("a", "b"), (1002,))


def test_listed_columns_are_terms_and_only_levels_are_learnt():
    terms = columns_to_terms(["a", "g", "b"], {"g"})
    assert [term.text for term in terms] == ["a", "g", "b"]
    assert [(set(term.numbers), set(term.categories)) for term in terms] == [({"a"}, set()), (set(), {"g"}),
                                                                             ({"b"}, set())]
    assert needs_learning(terms)
    assert not needs_learning(columns_to_terms(["a", "b"], ()))
    part = batch({"a": [1.0, 2.0]})
    assert np.shares_memory(terms[0].evaluate(part), part.numbers["a"])     # plain columns are not copied
