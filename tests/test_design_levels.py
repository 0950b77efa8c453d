"""Levels: their order, contrasts and indicators by R's rule, references, and levels that were not learnt."""

import numpy as np
import pytest
from design_tables import batch, design, everything

from mlefit.design.learn import columns_to_terms, learn, survey
from mlefit.design.levels import in_order
from mlefit.errors import InBlockError, UsageError

A = ["a1", "a2", "a1", "a2", "a1", "a2", "a1", "a2", "a1", "a2", "a1", "a2"]
B = ["p", "p", "q", "q", "r", "r", "p", "p", "q", "q", "r", "r"]
X = [0.5, 1.0, -2.0, 3.0, 0.0, 4.0, 1.5, 2.5, -1.0, 6.0, 7.0, -3.0]


@pytest.mark.parametrize(
    ("levels", "ordered"),
    [
        (["10", "9", "-1", "2.5", "1e3"], ("-1", "2.5", "9", "10", "1e3")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["b", "B", "é", "a"], ("B", "a", "b", "é")),
        (["nan", "1"], ("1", "nan")),
        ([], ()),
    ],
)
def test_level_order_is_by_value_for_numbers_else_by_code_point(levels, ordered):
    assert in_order(levels) == ordered


@pytest.mark.parametrize(
    ("formula", "labels"),      # the columns of R's model.matrix, in our names
    [
        ("y ~ g", ["(Intercept)", "g=a2"]),
        ("y ~ 0 + g", ["g=a1", "g=a2"]),
        ("y ~ 0 + g + h", ["g=a1", "g=a2", "h=q", "h=r"]),
        ("y ~ 0 + x + g", ["x", "g=a1", "g=a2"]),
        ("y ~ g*h", ["(Intercept)", "g=a2", "h=q", "h=r", "g=a2:h=q", "g=a2:h=r"]),
        ("y ~ g + g:h", ["(Intercept)", "g=a2", "g=a1:h=q", "g=a2:h=q", "g=a1:h=r", "g=a2:h=r"]),
        ("y ~ 0 + g:h", ["g=a1:h=p", "g=a2:h=p", "g=a1:h=q", "g=a2:h=q", "g=a1:h=r", "g=a2:h=r"]),
        ("y ~ 0 + h + g:h", ["h=p", "h=q", "h=r", "g=a2:h=p", "g=a2:h=q", "g=a2:h=r"]),
        ("y ~ x + x:g", ["(Intercept)", "x", "x:g=a2"]),
        ("y ~ x:g", ["(Intercept)", "x:g=a1", "x:g=a2"]),
        ("y ~ 0 + x:g", ["x:g=a1", "x:g=a2"]),
        ("y ~ x*g", ["(Intercept)", "x", "g=a2", "x:g=a2"]),
        ("y ~ I(x**2):g", ["(Intercept)", "I(x**2):g=a1", "I(x**2):g=a2"]),
        ("y ~ poly(x,2):g - 1", [f"poly(x,2)[{j}]:g=a{k}" for k in (1, 2) for j in (1, 2)]),
    ],
)
def test_coding_follows_the_rule_of_margins(formula, labels):
    assert list(design(formula, {"x": X}, {"g": A, "h": B})[0]) == labels


def all_indicators(products: str, intercept: bool) -> np.ndarray:
    """The span that a formula means: every term with one indicator per level, redundant or not."""
    full = {name: np.array(cells)[:, None] == np.unique(cells) for name, cells in (("g", A), ("h", B))}
    full["x"] = np.array(X)[:, None]
    blocks = [np.ones((len(X), 1))] if intercept else []
    for product in products.split():
        columns = np.ones((len(X), 1))
        for name in product.split(":"):
            columns = (columns[:, :, None] * full[name][:, None, :]).reshape(len(X), -1)
        blocks.append(columns)
    return np.hstack(blocks)


@pytest.mark.parametrize(
    ("formula", "products", "redundant"),
    [
        ("y ~ g*h", "g h g:h", 0), ("y ~ g + g:h", "g g:h", 0), ("y ~ 0 + g:h", "g:h", 0),
        ("y ~ 0 + h + g:h", "h g:h", 0), ("y ~ 0 + g + h", "g h", 0), ("y ~ x*g*h - g:h", "x g h x:g x:h x:g:h", 0),
        ("y ~ x*g*h", "x g h x:g x:h g:h x:g:h", 0), ("y ~ 0 + x + x:g", "x x:g", 0),
        ("y ~ 0 + x + x:g + h", "x x:g h", 0), ("y ~ x:g + x:h", "x:g x:h", 0),
        ("y ~ g:h", "g:h", 1),              # as in R: the products of indicators contain the constant
        ("y ~ x:g + g:h", "x:g g:h", 1),
    ],
)
def test_coding_spans_what_all_indicators_span_without_redundancy(formula, products, redundant):
    columns = design(formula, {"x": X}, {"g": A, "h": B})[1]
    everything_meant = all_indicators(products, "0 +" not in formula)
    rank = np.linalg.matrix_rank(everything_meant)
    assert np.linalg.matrix_rank(columns) == rank
    assert np.linalg.matrix_rank(np.hstack([columns, everything_meant])) == rank
    assert columns.shape[1] == rank + redundant


def test_reference_is_the_baseline_and_makes_numbers_categorical():
    labels, columns = design("y ~ C(x) + g", {"x": [1, 10, 2, 2]}, {"g": ["u", "v", "u", "v"]}, {"x": "2", "g": "v"})
    assert labels == ("(Intercept)", "x=1", "x=10", "g=u")
    assert columns.tolist() == [[1, 1, 0, 1], [1, 0, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0]]


def test_unknown_reference_lists_the_levels():
    with pytest.raises(UsageError) as caught:
        design("y ~ g", {}, {"g": ["u", "v"]}, {"g": "w"})
    assert str(caught.value) == '--reference g=w: column "g" has no level "w"\nlevels: u, v'
    with pytest.raises(UsageError, match=r"levels: 0, 1, 2, .*, 18, 19 and 5 more$"):
        design("y ~ g", {}, {"g": [str(k) for k in range(25)]}, {"g": "w"})


def test_a_single_level_gives_no_column():
    assert design("y ~ g", {}, {"g": ["u", "u"]})[0] == ("(Intercept)",)
    assert design("y ~ 0 + g", {}, {"g": ["u", "u"]})[0] == ("g=u",)


def test_levels_of_rows_that_are_not_kept_do_not_exist():
    terms = columns_to_terms(["g"], ["g"])
    table = batch({}, {"g": ["u", "v", "w", None]})
    keep = np.array([True, True, False, False])
    learnt = learn(terms, survey(terms, table, keep), intercept=True, reference={})
    assert learnt[0].labels() == ("g=v",)
    values = learnt[0].evaluate(table, keep)
    assert values[:2, 0].tolist() == [0, 1]
    assert np.isnan(values[2:]).all()
    assert values.flags.f_contiguous
    with pytest.raises(InBlockError) as caught:
        learnt[0].evaluate(table)
    assert str(caught.value.told(10)) == (
        'column "g", row 13: level "w" was not among the rows from which the levels were learnt\nlevels: u, v'
    )


def test_hundreds_of_levels_are_indicators():
    rng = np.random.default_rng(7)
    cells = [f"k{code}" for code in rng.integers(0, 400, 5000)]
    terms = columns_to_terms(["g"], ["g"])
    table = batch({}, {"g": cells})
    learnt = learn(terms, survey(terms, table, everything(table)), intercept=False, reference={})
    values = learnt[0].evaluate(table)
    names = [label.removeprefix("g=") for label in learnt[0].labels()]
    assert names == sorted(set(cells))
    assert (values.sum(axis=1) == 1).all()
    assert [names[k] for k in values.argmax(axis=1)] == cells
