"""Arrow: the curvature of levels and columns does all that its dense form does; and sums within levels are those of columns."""

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.rows.chunk import ABSENT
from mlefit.sums.arrow import Arrow
from mlefit.sums.contrasts import Contrasts
from mlefit.sums.within import Within

ROUNDING = 1e-10
CASES = [(1, 3, 0, 5), (1, 2, 1, 4), (3, 2, 0, 6), (2, 0, 0, 5), (2, 3, 2, 4)]     # predictors, columns, shapes, levels
every_case = pytest.mark.parametrize(("m", "d", "shapes", "levels"), CASES)


def both(m: int, d: int, shapes: int, levels: int) -> tuple[Array, Arrow]:
    """A matrix (P, P) with nothing between two levels, and its arrow."""
    rng, size = np.random.default_rng(m), m * (levels + d) + shapes
    rows = rng.normal(size=(10 * size, size))
    h = rows.T @ rows + 10.0 * size * np.eye(size)
    own = np.array([[a * (levels + d) + g for a in range(m)] for g in range(levels)])
    rest = np.array([*(a * (levels + d) + levels + j for a in range(m) for j in range(d)), *range(size - shapes, size)], dtype=int)
    level_of = np.full(size, ABSENT)
    for g, places in enumerate(own):
        level_of[places] = g
    h[(level_of[:, None] != level_of) & (level_of[:, None] != ABSENT) & (level_of != ABSENT)] = 0.0
    arrow = Arrow(np.stack([h[np.ix_(i, i)] for i in own]), np.stack([h[np.ix_(i, rest)] for i in own]), h[np.ix_(rest, rest)], shapes)
    return h, arrow


@every_case
def test_an_arrow_does_what_its_matrix_does(m: int, d: int, shapes: int, levels: int) -> None:
    h, arrow = both(m, d, shapes, levels)
    rng, inverse = np.random.default_rng(0), np.linalg.inv(h)
    v, several = rng.normal(size=len(h)), rng.normal(size=(len(h), 4))
    assert arrow.size == len(h)
    assert np.allclose(arrow.times(v), h @ v, rtol=ROUNDING)
    assert np.allclose(arrow.times(several), h @ several, rtol=ROUNDING)
    assert np.allclose(((arrow + arrow) * 3.0 / 2.0).times(v), 3.0 * h @ v, rtol=ROUNDING)
    assert np.allclose(arrow.solve(v), inverse @ v, rtol=ROUNDING)
    assert np.allclose(arrow.unsphered(arrow.sphered(v)), v, rtol=ROUNDING)
    assert np.allclose(arrow.unsphered(arrow.root(several.T).T), inverse @ several, rtol=ROUNDING)
    assert np.square(arrow.root(v)).sum() == pytest.approx(v @ inverse @ v, rel=ROUNDING)
    assert np.allclose(arrow.lengths(several.T), np.sqrt(np.diag(several.T @ inverse @ several)), rtol=ROUNDING)
    assert np.allclose(arrow.within(several).whole(), several.T @ h @ several, rtol=ROUNDING)
    assert arrow.norm == pytest.approx(np.linalg.norm(h), rel=ROUNDING)
    assert arrow.smallest == pytest.approx(1.0 / np.trace(inverse), rel=ROUNDING)
    assert arrow.smallest <= np.linalg.eigvalsh(h)[0]
    count = len(h) - shapes
    assert np.allclose(arrow.leading(count).times(v[:count]), h[:count, :count] @ v[:count], rtol=ROUNDING)
    assert arrow.finite()
    assert not (arrow * np.inf).finite()


@every_case
def test_contrasts_have_the_errors_of_their_rows(m: int, d: int, shapes: int, levels: int) -> None:
    h, arrow = both(m, d, shapes, levels)
    rng, inverse, wide = np.random.default_rng(1), np.linalg.inv(h), levels + d
    found = Contrasts(np.array([1, 2, 3, ABSENT, 1]), rng.normal(size=5), np.array([0, 0, ABSENT, ABSENT, 2]), rng.normal(size=5),
                      rng.normal(size=(5, d)))
    v = rng.normal(size=len(h))
    for a in range(m):
        rows = np.zeros((5, len(h)))
        rows[:, a * wide : (a + 1) * wide] = found.whole(wide)
        assert np.allclose(arrow.lengths(found, a * wide), np.sqrt(np.diag(rows @ inverse @ rows.T)), rtol=ROUNDING)
        assert np.allclose(found.times(v[a * wide : (a + 1) * wide]), rows @ v, rtol=ROUNDING)


@every_case
def test_the_hat_matrix_of_a_row_is_that_of_its_columns(m: int, d: int, shapes: int, levels: int) -> None:
    h, arrow = both(m, d, shapes, levels)
    rng = np.random.default_rng(2)
    x, level, size = rng.normal(size=(7, d)), rng.integers(0, levels, 7), rng.uniform(0.5, 2.0, 7)
    rows, wide = np.zeros((7, m, len(h))), levels + d
    for a in range(m):
        rows[np.arange(7), a, a * wide + level] = size
        rows[:, a, a * wide + levels : (a + 1) * wide] = x
    expected = np.einsum("nap,pq,nbq->nab", rows, np.linalg.inv(h), rows)
    assert np.allclose(arrow.squares(level, size, x), expected, rtol=ROUNDING)


def test_an_arrow_without_an_inverse_says_so() -> None:
    _, arrow = both(1, 2, 0, 4)
    flat = Arrow(arrow.levels * np.array([1.0, 0.0, 1.0, 1.0])[:, None, None], arrow.border, arrow.rest, 0)
    assert flat.smallest == 0.0
    with pytest.raises(np.linalg.LinAlgError):
        flat.solve(np.ones(6))


def test_sums_within_levels_are_those_of_columns_of_zeros_and_ones() -> None:
    rng = np.random.default_rng(3)
    x, level = rng.normal(size=(400, 3)) + 5.0, rng.integers(0, 6, 400)
    weight = rng.integers(1, 4, 400).astype(np.float64)
    level[:100][level[:100] == 5] = 0       # of a level that the first part has not
    parts = [Within.of(x[rows], level[rows], 6, weight[rows]) for rows in (slice(0, 100), slice(100, 150), slice(150, 400))]
    design = np.column_stack([np.eye(6)[level], x]) * np.sqrt(weight)[:, None]
    r = np.linalg.qr(design, mode="r")
    r *= np.sign(np.diagonal(r))[:, None]
    for total in ((parts[0] + parts[1]) + parts[2], parts[0] + (parts[1] + parts[2]), Within.of(x, level, 6, weight)):
        assert np.allclose(total.weight, np.square(np.diagonal(r)[:6]), rtol=ROUNDING)
        assert np.allclose(total.mean, r[:6, 6:] / np.diagonal(r)[:6, None], rtol=ROUNDING)
        assert np.allclose(total.triangle.r, r[6:, 6:], rtol=ROUNDING, atol=ROUNDING)
        whole = np.linalg.qr(x * np.sqrt(weight)[:, None], mode="r")
        assert np.allclose(np.abs(total.total.r), np.abs(whole), rtol=ROUNDING, atol=ROUNDING)
        assert np.allclose(total.scaled(4.0).triangle.r, 2.0 * total.triangle.r, rtol=ROUNDING)


def test_a_column_far_from_zero_keeps_its_digits_within_levels() -> None:
    rng = np.random.default_rng(4)
    x, level = rng.normal(size=(300, 1)), rng.integers(0, 5, 300)
    near, far = Within.of(x, level, 5), Within.of(x + 1e6, level, 5)
    assert far.triangle.r[0, 0] == pytest.approx(near.triangle.r[0, 0], rel=1e-9)
