"""All rows of least squares: what the mean lacks, from sums taken as the rows pass by."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mlefit
from mlefit.design.bends import Bends
from mlefit.information.everywhere import Everywhere
from mlefit.pipeline import knowledge
from mlefit.problem.stated import stated
from mlefit.request import Request

Table = Mapping[str, Any]


def table(n: int, bend: float = 0.0, seed: int = 24) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=(n, 2)), rng.integers(0, 3, n)
    y = x.sum(axis=1) + 0.5 * g + bend * x[:, 0] ** 2 + rng.normal(size=n)
    return {"a": x[:, 0], "b": x[:, 1], "g": np.array(list("uvw"))[g], "y": y}


def everywhere(data: Table, **options: Any) -> Everywhere:
    with stated(Request(data, target="y", **options)) as problem:
        found = knowledge._everywhere(problem)
        assert found is not None
        return found


@pytest.mark.parametrize(("weighted", "steep"), [(False, 0.0), (True, 0.0), (False, 1e5)])
def test_sums_give_the_f_of_the_regression_with_the_columns_added(weighted: bool, steep: float) -> None:
    """`steep`: a slope beside which the errors are small, of which sums in single precision would leave nothing."""
    data = table(30_000, 0.02)
    data["y"] += steep * data["b"]
    weight = np.random.default_rng(3).integers(1, 4, 30_000) if weighted else np.ones(30_000, int)
    found = everywhere({**data, "w": weight}, features=("a", "b", "g"), weights="w" if weighted else None)
    rows = np.repeat(np.arange(30_000), weight)
    a, b, g, y = (np.asarray(data[name])[rows] for name in ("a", "b", "g", "y"))
    x = np.column_stack([np.ones(rows.size), a, b, g == "v", g == "w"])
    looks = found.looks(np.zeros((0, 5)))
    assert [(look.kind, len(look.names)) for look in looks] == [("squares", 2), ("splines", 6), ("products", 5)]
    assert looks[2].names == ("a x b", "a x g", "a x g", "b x g", "b x g")
    added = [
        np.column_stack([a**2, b**2]), None,
        np.column_stack([a * b, a * (g == "v"), a * (g == "w"), b * (g == "v"), b * (g == "w")]),
    ]
    for look, z in zip(looks, added, strict=True):
        assert look.whole is not None
        tested = look.whole.test(np.arange(len(look.names)))
        assert tested.df == len(look.names)
        if z is None:
            continue
        left = [float(np.linalg.lstsq(columns, y, rcond=None)[1][0]) for columns in (x, np.hstack([x, z]))]
        rest = rows.size - 5 - tested.df
        f = (left[0] - left[1]) / tested.df / (left[1] / rest)
        assert tested.p == pytest.approx(stats.f.sf(f, tested.df, rest), rel=1e-5)
        assert look.whole.gain(tested) == pytest.approx((np.log(left[0] / left[1]) / 2, tested.df, rows.size), rel=1e-5)


@pytest.mark.slow
def test_a_bend_of_which_the_sample_knows_nothing_is_found_in_all_rows_and_named() -> None:
    """5,200,000 numbers: more than are kept. 0.01 x^2 is 0.0001 nats, z = 9 in all rows and 1.4 in 20,000."""
    data = {name: column for name, column in table(1_300_000, 0.01).items() if name != "g"}
    found = mlefit.fit({**data, "c": np.random.default_rng(5).normal(size=1_300_000)}, target="y").report.information
    assert found is not None
    kl = found.kl
    assert (kl.verdict, kl.part, kl.n_used) == ("misfit", "structure", 1_300_000)
    assert kl.advice == ('let the mean bend in a: -f "y ~ bs(a, df=5) + b + c"',)
    assert kl.ci_low is not None
    assert 0.00005 < kl.ci_low < 0.0001
    assert kl.looked_at == "mean (squares, splines, products of all rows; runs), spread, shape"
    assert found.entropy_method == "reference: a mean that bends, of all rows"
    assert found.cross_entropy == pytest.approx(found.entropy + kl.raw, abs=1e-12)


def test_threads_and_engines_change_no_byte(tmp_path: Any) -> None:
    rows = table(60_000, 0.01)
    path = tmp_path / "rows.csv"
    text = "\n".join(f"{a!r},{b!r},{g},{y!r}" for a, b, g, y in zip(*(rows[name].tolist() for name in "abgy"), strict=True))
    path.write_text(f"a,b,g,y\n{text}\n")
    said = {json.dumps([mlefit.fit(path, target="y", threads=threads, engine=engine).report.information.kl._asdict()], default=str)
            for threads, engine in ((1, "memory"), (2, "memory"), (2, "stream"))}
    assert len(said) == 1


def test_knots_of_first_rows_that_are_like_no_others_serve_for_nothing() -> None:
    data = table(60_000)
    order = np.argsort(data["a"])
    with stated(Request({name: column[order] for name, column in data.items()}, target="y", features=("a", "b"))) as problem:
        found = knowledge._everywhere(problem)
        assert found is not None
        assert [look.kind for look in found.looks(problem.prepared.sample.x)] == ["squares", "products"]


def test_few_rows_and_other_laws_take_no_sums() -> None:
    data = table(2_000)
    for options in ({}, {"model": "student-t"}, {"kl": False}):
        rows = data if not options else table(30_000)
        with stated(Request(rows, target="y", features=("a", "b"), **options)) as problem:
            assert problem.prepared.border is None
            assert knowledge._everywhere(problem) is None


def test_many_numbers_have_splines_and_products_of_those_that_matter() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(25_000, 12))
    y = x[:, 3:11].sum(axis=1) + rng.normal(size=25_000)
    found = everywhere({**{f"x{j}": x[:, j] for j in range(12)}, "y": y}).bends
    assert found.bent == (1, 2, 11, 12, *range(3, 11))        # in the order of their names
    assert sorted(found.curved) == list(range(4, 12))
    assert found.pairs.shape == (2, 28)
    assert isinstance(found, Bends)


def test_a_column_that_is_no_more_than_others_takes_no_part() -> None:
    data = table(30_000)
    found = everywhere({**data, "c": data["a"] + data["b"]}, features=("a", "b", "c"))
    assert next(look.names for look in found.looks(np.zeros((0, 3)))) == ("a", "b")
