"""Hundreds of columns: what is made once, at once, or in another way for their sake gives what it gave."""

from dataclasses import replace

import numpy as np
import pytest
from information_cases import sample_of

from mlefit.existence.rank import MANY, NEARLY, Geometry, conditioning
from mlefit.inference.moves import SLAB, Projection
from mlefit.information import added
from mlefit.information.added import Bordered
from mlefit.information.arranged import Arranged
from mlefit.information.measure import measure
from mlefit.information.runs import Runs
from mlefit.information.working import Working
from mlefit.mean import Coordinates
from mlefit.mean.coordinates import MANY as KEPT
from mlefit.mean.jacobian import WIDE, weighted_square
from mlefit.noise.gaussian import Gaussian
from mlefit.prediction.design import MANY as TILED
from mlefit.prediction.design import TILE, Design
from mlefit.source import cutting
from mlefit.source.batch import MANY as STACKED
from mlefit.source.batch import Extent
from mlefit.sums import curvature
from mlefit.sums.curvature import Dense
from mlefit.sums.fringed import Fringed
from mlefit.sums.lapack import inverted


def test_the_extents_of_many_columns_are_those_of_each() -> None:
    columns = [*np.random.default_rng(1).normal(size=(2 * STACKED + 3, 7))]
    columns[5] = np.array([1.0, np.nan, *range(5)])
    columns[9] = np.full(7, -np.inf)
    assert [repr(one) for one in Extent.each(columns)] == [repr(Extent.of(values)) for values in columns]
    assert repr(Extent.each([np.empty(0)] * STACKED)[0]) == repr(Extent.of(np.empty(0)))


@pytest.mark.parametrize("shapes", [0, 1, 3])
def test_a_curvature_that_is_diagonal_but_for_shapes_is_that_of_its_matrix(shapes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An element beside the diagonal that is nothing but there has it factorised."""
    monkeypatch.setattr(curvature, "MANY", 1)
    rng = np.random.default_rng(2)
    matrix = np.diag(rng.uniform(0.5, 2.0, 6 + shapes))
    matrix[6:] = 0.1 * rng.normal(size=(shapes, 6 + shapes)) + matrix[6:]
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    other = matrix.copy()
    other[1, 0] = other[0, 1] = 1e-300
    one, factorised = Dense(matrix), Dense(other)
    assert Fringed.of(matrix) is not None
    assert Fringed.of(other) is None
    vector, columns = rng.normal(size=6 + shapes), rng.normal(size=(6 + shapes, 2))
    assert one.smallest == pytest.approx(factorised.smallest, rel=1e-14)
    assert one.solve(vector) == pytest.approx(factorised.solve(vector), rel=1e-13)
    assert one.solve(vector) == pytest.approx(np.linalg.solve(matrix, vector), rel=1e-13)
    inverse = np.linalg.inv(matrix)
    for width, first in ((6 + shapes, 0), (4, 1), (2, 4 + shapes)):
        rows = rng.normal(size=(3, width))
        variance = np.einsum("ki,ij,kj->k", rows, inverse[first : first + width, first : first + width], rows)
        assert one.lengths(rows, first) == pytest.approx(np.sqrt(variance), rel=1e-13)
        assert one.lengths(rows, first) == pytest.approx(factorised.lengths(rows, first), rel=1e-13)
    assert one.root(vector) @ one.root(vector) == pytest.approx(vector @ inverse @ vector, rel=1e-13)
    f = one.unsphered(np.eye(6 + shapes))
    assert f @ f.T == pytest.approx(inverse, rel=1e-12, abs=1e-13)
    assert one.unsphered(vector) == pytest.approx(f @ vector, rel=1e-13)
    assert one.unsphered(columns) == pytest.approx(f @ columns, rel=1e-13)
    assert one.unsphered(one.sphered(vector)) == pytest.approx(vector, rel=1e-12)
    for indefinite in (np.diag([1.0, 0.0]), np.array([[1.0, 2.0], [2.0, 1.0]])):
        assert Fringed.of(indefinite) is None
        with pytest.raises(np.linalg.LinAlgError):
            Dense(indefinite).solve(np.ones(2))


def test_the_square_of_rows_that_sums_stand_for_is_a_diagonal() -> None:
    x, weight = 1.5 * np.eye(WIDE + 1, WIDE), np.random.default_rng(3).uniform(size=WIDE + 1)
    assert np.array_equal(weighted_square(x, weight), np.diag(2.25 * weight[:WIDE]))
    full = np.random.default_rng(4).normal(size=(WIDE + 1, WIDE))
    assert weighted_square(full, weight) == pytest.approx(full.T @ (weight[:, None] * full), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("alike", [0.0, 0.9, 0.99999])
def test_near_dependencies_among_many_columns_are_found_as_singular_values_find_them(alike: float) -> None:
    x = np.random.default_rng(5).normal(size=(1000, MANY + 20))
    x[:, 3] = alike * x[:, 7] + np.sqrt(1.0 - alike**2) * x[:, 3]
    shape = Geometry(1000.0, np.linalg.qr(x, mode="r"), tuple(range(x.shape[1])), {}, None)
    found = conditioning(shape, False)
    number = np.linalg.cond(x / np.linalg.norm(x, axis=0))
    assert (found is None) == (number <= NEARLY) == (alike < 0.99)
    if found is not None:
        assert (found.number, found.columns) == (pytest.approx(number, rel=1e-9), (3, 7))


def test_leverages_are_the_diagonal_of_the_hat_matrix_whatever_the_threads() -> None:
    x = np.random.default_rng(6).normal(size=(2 * SLAB + 5, 3))
    r = np.linalg.qr(x, mode="r")
    hat = np.einsum("ij,ij->i", x @ np.linalg.inv(x.T @ x), x)
    one, three = Projection.of(r, x), Projection.of(r, x, 3)
    assert one.leverage == pytest.approx(hat, rel=1e-11)
    assert np.array_equal(one.leverage, three.leverage)


def test_added_columns_in_single_precision_have_the_same_test(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(900, 40))
    rows = Working.of(sample_of(Gaussian(), x[:, 0] + 0.1 * x[:, 1] ** 2 + rng.normal(size=900), x), 0)
    z, chosen = x**2 - 1.0, np.arange(40)
    double = Bordered(rows, [z])
    monkeypatch.setattr(added, "MANY", 10)
    single = Bordered(rows, [z])
    assert (double.new, single.new) == (added.NEW, added.SINGLE)
    assert single.test(chosen).df == double.test(chosen).df == 40
    assert single.test(chosen).p == pytest.approx(double.test(chosen).p, rel=1e-4)
    with np.errstate(all="ignore"):         # as a measurement has it
        huge = Bordered(rows, [z * 1e30])     # squares of which are beyond single precision
    assert huge.new == added.NEW
    assert huge.test(chosen).p == pytest.approx(double.test(chosen).p, rel=1e-9)


def test_what_is_known_of_the_rows_of_least_squares_says_what_is_made_anew() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(700, 12))
    sample = sample_of(Gaussian(), x[:, 0] + rng.normal(size=700), x)
    known = Projection.of(np.linalg.qr(sample.designs[0], mode="r"), sample.designs[0])
    one, other = Working.of(sample, 0), Working.of(replace(sample, projection=known), 0)
    assert other.known[0] == pytest.approx(one.known[0], rel=1e-9, abs=1e-9)
    assert other.leverage == pytest.approx(one.leverage, rel=1e-9)
    plain, with_it = (measure(each, seed=1, draws=None) for each in (sample, replace(sample, projection=known)))
    assert with_it.kl.raw == pytest.approx(plain.kl.raw, rel=1e-9)
    assert with_it.kl.part_p_values == pytest.approx(plain.kl.part_p_values, rel=1e-7)
    assert with_it == measure(replace(sample, projection=known), seed=1, draws=None, threads=3)


def test_runs_are_the_same_for_any_number_of_threads() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(300, 150))
    sample = sample_of(Gaussian(), x[:, 0] + rng.normal(size=300), x)
    every = [Arranged.of(column) for column in x.T]
    assert Runs(Working.of(sample, 0), 1).p(every) == Runs(Working.of(sample, 0, 3), 1).p(every)


def test_the_last_coefficients_of_many_columns_are_kept_and_not_to_be_changed() -> None:
    triangle = np.triu(np.random.default_rng(10).uniform(0.5, 1.0, (KEPT, KEPT))) + KEPT * np.eye(KEPT)
    coordinates, gamma = Coordinates(triangle, tuple(range(KEPT))), np.ones(KEPT)
    first = coordinates.encoded(gamma)
    assert coordinates.encoded(gamma.copy()) is first
    gamma += 1.0
    assert coordinates.encoded(gamma) == pytest.approx(2.0 * first, rel=1e-14)
    with pytest.raises(ValueError, match="read-only"):
        first += 1.0


def test_an_inverse_of_a_triangle() -> None:
    triangle = np.triu(np.random.default_rng(11).uniform(0.5, 1.0, (5, 5)))
    assert inverted(triangle) @ triangle == pytest.approx(np.eye(5), abs=1e-13)
    with pytest.raises(np.linalg.LinAlgError, match="singular matrix"):
        inverted(np.zeros((2, 2)))


def test_blocks_of_hundreds_of_columns_are_twice_as_large() -> None:
    assert cutting.block_size(cutting.MANY - 1) == cutting.BLOCK
    assert cutting.block_size(cutting.MANY) == 2 * cutting.BLOCK


@pytest.mark.parametrize("d", [KEPT, 3 * KEPT + 5])
def test_products_of_new_rows_do_not_depend_on_their_neighbours(d: int) -> None:
    """Whatever block a row is in, and whoever stands before it: the same bits, and those of a sum in the order of the columns but
    for rounding."""
    rng = np.random.default_rng(12)
    x, matrix = rng.normal(size=(2 * TILE + 77, TILED + 3)), rng.normal(size=(TILED + 3, d))
    places = range(x.shape[1])
    whole = Design(np.asfortranarray(x)).times(places, matrix)
    assert whole == pytest.approx(x @ matrix, rel=1e-12, abs=1e-12)
    for cuts in ([1], [TILE], [5, 391, 700], [*range(60, 800, 61)]):
        parts = [Design(np.asfortranarray(part)).times(places, matrix) for part in np.split(x, cuts)]
        assert np.array_equal(np.concatenate(parts), whole)
