"""poly, center, scale and bs: R's values, and what independent routes give."""

import numpy as np
import pytest
from design_tables import batch, design, everything, kinds, surveyed
from scipy.interpolate import BSpline

from mlefit.design.formula import parse_formula
from mlefit.design.learn import learn, survey
from mlefit.design.powers import Powers
from mlefit.design.sample import BOUND, ValueSample
from mlefit.errors import DataError, InBlockError
from mlefit.rows.keys import Stream, keys

RNG = np.random.default_rng(20240607)


def exact_orthogonal(x: np.ndarray, degree: int) -> np.ndarray:
    """QR of the centred, scaled powers of all rows at once, signs of leading coefficients positive."""
    z = (x - x.mean()) / np.abs(x - x.mean()).max()
    q, r = np.linalg.qr(np.vander(z, degree + 1, increasing=True))
    return (q * np.sign(np.diag(r)))[:, 1:]


def test_poly_is_r_poly():
    labels, columns = design("y ~ 0 + poly(a, 2)", {"a": [1, 2, 3, 4, 5]})
    assert labels == ("poly(a,2)[1]", "poly(a,2)[2]")
    printed_by_r = [    # poly(1:5, 2)
        [-0.6324555, -0.3162278, 0, 0.3162278, 0.6324555], [0.5345225, -0.2672612, -0.5345225, -0.2672612, 0.5345225],
    ]
    assert np.abs(columns.T - printed_by_r).max() < 1e-7


@pytest.mark.parametrize("degree", [1, 3, 8])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_poly_is_orthonormal_and_equals_one_qr(degree, shift):
    x = RNG.gamma(2.0, size=500) + shift
    columns = design(f"y ~ 0 + poly(a, {degree})", {"a": x})[1]
    assert np.abs(columns.T @ columns - np.eye(degree)).max() < 1e-12
    assert np.abs(columns.sum(axis=0)).max() < 1e-11
    # The reference itself loses digits to the condition of its powers, up to 1e4 at degree 8.
    assert np.abs(columns - exact_orthogonal(x, degree)).max() < 1e-11


def test_poly_of_an_expression_at_huge_and_tiny_scales():
    x = np.arange(1.0, 30.0)
    for scale in (1e-300, 1e300):
        columns = design("y ~ 0 + poly(a, 3)", {"a": scale * x})[1]
        assert np.abs(columns - exact_orthogonal(x, 3)).max() < 1e-12
    label, columns = design("y ~ 0 + poly(log(a), 1)", {"a": x})
    assert label == ("poly(log(a),1)[1]",)
    assert np.abs(columns - exact_orthogonal(np.log(x), 1)).max() < 1e-14


def test_powers_of_sorted_parts_merge_into_those_of_the_whole():
    x = np.sort(RNG.normal(1e3, 1.0, 3000))     # parts with narrow, distant ranges; one empty, one constant
    parts = [x[:1], x[1:2], x[2:2], *np.array_split(x[2:], 40)]
    merged = sum((Powers.of(part, None, 6) for part in parts[1:]), Powers.of(parts[0], None, 6))
    whole = Powers.of(x, None, 6)
    assert (merged.low, merged.high) == (whole.low, whole.high)
    one, other = merged.recurrence(), whole.recurrence()
    assert np.abs(one.evaluate(x) - other.evaluate(x)).max() < 1e-13


def test_center_and_scale():
    x = RNG.normal(5.0, 3.0, 200)
    labels, columns = design("y ~ 0 + center(a) + scale(a)", {"a": x})
    assert labels == ("center(a)", "scale(a)")
    assert np.abs(columns[:, 0] - (x - x.mean())).max() < 1e-13
    assert np.abs(columns[:, 1] - (x - x.mean()) / x.std(ddof=1)).max() < 1e-13


def test_bs_is_r_bs():
    labels, columns = design("y ~ 0 + bs(a, df=5)", {"a": np.arange(58.0, 73.0)})
    assert labels == tuple(f"bs(a,df=5)[{j}]" for j in range(1, 6))
    printed_by_r = [    # bs(women$height, df = 5), first three rows
        [0, 0, 0, 0, 0], [4.534439e-01, 0.059857872, 0.001639942, 0, 0],
        [5.969388e-01, 0.203352770, 0.013119534, 0, 0],
    ]
    assert np.abs(columns[:3] - printed_by_r).max() < 1e-7
    assert columns[-1].tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(("df", "degree"), [(3, 3), (6, 3), (4, 2), (5, 1)])
def test_bs_equals_single_b_splines_on_quantile_knots(df, degree):
    x = RNG.exponential(size=301)
    columns = design(f"y ~ 0 + bs(a, {df}, {degree})", {"a": x})[1]
    inner = np.quantile(x, np.linspace(0, 1, df - degree + 2)[1:-1])
    knots = np.r_[[x.min()] * (degree + 1), inner, [x.max()] * (degree + 1)]
    for j in range(1, df + 1):
        assert np.abs(columns[:, j - 1] - BSpline(knots, np.eye(df + 1)[j], degree)(x)).max() < 1e-14


def test_bs_continues_its_outer_pieces_beyond_the_boundary():
    numbers = {"a": np.linspace(0, 1, 50)}
    formula = parse_formula("y ~ bs(a, df=5)", ["y", "a"], kinds(["y", "a"]))
    terms = learn(formula.terms, surveyed(formula.terms, [batch(numbers)]), intercept=True, reference={})
    outside = np.array([1.0, 1.1, 1.2, 1.3, 1.4, np.nan])
    values = terms[0].evaluate(batch({"a": outside}))
    assert np.isnan(values[-1]).all()
    assert np.abs(np.diff(values[:5], n=4, axis=0)).max() < 1e-12       # a cubic
    assert values.flags.f_contiguous


def test_frequency_weight_is_the_row_repeated():
    x, weight = RNG.normal(size=60), RNG.integers(0, 4, 60).astype(float)
    repeated = np.repeat(x, weight.astype(int))
    formula = parse_formula("y ~ poly(a,3) + bs(a,df=6) + scale(a)", ["y", "a"], kinds(["y", "a"]))
    light = batch({"a": x})
    heavy = batch({"a": repeated})
    weighted = learn(
        formula.terms, survey(formula.terms, light, everything(light), weight), intercept=True, reference={}
    )
    written = learn(formula.terms, surveyed(formula.terms, [heavy]), intercept=True, reference={})
    for one, other in zip(weighted, written, strict=True):
        assert np.abs(one.evaluate(heavy) - other.evaluate(heavy)).max() < 1e-13


def test_sample_is_bounded_uniform_and_the_same_for_any_parts():
    n = BOUND + 200_000
    x = np.arange(n, dtype=float)               # sorted: the worst case for a sample of the first rows
    chance = keys(0, Stream.QUANTILES, (0, 0), 0, n)
    whole = ValueSample.of(x, chance, None)
    parts = [ValueSample.of(x[cut], chance[cut], None) for cut in (slice(0, 300_000), slice(300_000, None))]
    merged = parts[1] + parts[0]
    assert merged.values.size == BOUND
    assert np.array_equal(merged.values, whole.values)
    assert (merged.low, merged.high) == (0.0, n - 1.0)
    off = merged.quantiles(np.linspace(0, 1, 11)) / (n - 1) - np.linspace(0, 1, 11)
    assert np.abs(off).max() < 0.002


@pytest.mark.parametrize(
    ("term", "cells", "message"),
    [
        ("poly(a,3)", [1, 2, 3, 3, 2, 1],
         'term "poly(a,3)": a has too few distinct values in the rows used for degree 3\nuse a lower degree'),
        ("bs(a)", [], 'term "bs(a)": a has too few distinct values in the rows used for knots\n'
                      "use rows without missing cells"),
        ("scale(a)", [7, 7, 7], 'term "scale(a)": a has too few distinct values in the rows used for a deviation\n'
                                "leave the term out: it is constant"),
        ("bs(a,df=6)", [0, 0, 0, 0, 1, 2], 'term "bs(a,df=6)": a has too few distinct values in the rows used for '
                                           "3 knots: some coincide\nuse a smaller df, not below 3"),
        ("poly(log(a),2)", [3, 2, 0, 5],
         'term "poly(log(a),2)", row 3: expected a finite number, found -inf (a = 0)\n'
         "use a term that exists in every row, or drop the row"),
    ],
)
def test_refusals(term, cells, message):
    with pytest.raises((DataError, InBlockError)) as caught:
        design(f"y ~ {term}", {"a": cells})
    error = caught.value.told(0) if isinstance(caught.value, InBlockError) else caught.value
    assert str(error) == message
