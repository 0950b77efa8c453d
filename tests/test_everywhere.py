"""All rows of least squares: what the mean lacks, from sums taken as the rows pass by."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mlefit
from mlefit.design import bends
from mlefit.design.bends import Bends
from mlefit.information.added import Bordered
from mlefit.information.everywhere import Everywhere
from mlefit.information.scored import Scored
from mlefit.information.working import Working
from mlefit.pipeline import knowledge
from mlefit.pipeline.fitted import fit
from mlefit.problem import gather
from mlefit.problem.stated import stated
from mlefit.request import Request
from mlefit.rows.chunk import choose, join
from mlefit.source.batch import Place
from mlefit.sums.border import Border

Table = Mapping[str, Any]


def table(n: int, bend: float = 0.0, seed: int = 24) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=(n, 2)), rng.integers(0, 3, n)
    y = x.sum(axis=1) + 0.5 * g + bend * x[:, 0] ** 2 + rng.normal(size=n)
    return {"a": x[:, 0], "b": x[:, 1], "g": np.array(list("uvw"))[g], "y": y}


def everywhere(data: Table, **options: Any) -> Everywhere:
    with stated(Request(data, **{"target": "y", **options})) as problem:
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


def test_of_very_many_rows_those_of_some_blocks_are_looked_at() -> None:
    looked = [block for block in range(60) if gather.looked_at(Place(0, block), 50_000)]
    assert looked == [*range(30), 32, 36, 40, 44, 48, 52, 56]
    assert [file for file in range(28, 45) if gather.looked_at(Place(file, 1), 50_000)] == [28, 31, 35, 39, 43]
    assert all(gather.looked_at(Place(0, block), 1_000) for block in range(1_500))


@pytest.fixture
def thinned(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Of blocks of 65,536 rows the first, the third and so on are looked at: which of 450,000 these are."""
    monkeypatch.setattr(gather, "FIRST_ROWS", 60_000)
    monkeypatch.setattr(gather, "EACH_BLOCK", 2)
    return np.flatnonzero(np.arange(450_000) // 65_536 % 2 == 0)


@pytest.mark.parametrize("weighted", [False, True])
def test_in_some_blocks_the_f_is_that_of_a_regression_in_them(weighted: bool, thinned: np.ndarray) -> None:
    data = table(450_000, 0.01)
    weight = np.random.default_rng(3).integers(0, 4, 450_000) if weighted else np.ones(450_000, int)
    found = everywhere({**data, "w": weight}, features=("a", "b", "g"), weights="w" if weighted else None)
    rows = np.repeat(thinned, weight[thinned])
    a, b, g, y = (np.asarray(data[name])[rows] for name in ("a", "b", "g", "y"))
    x = np.column_stack([np.ones(rows.size), a, b, g == "v", g == "w"])
    look = found.looks(np.zeros((0, 5)))[0]
    assert look.kind == "squares"
    assert look.whole is not None
    assert look.whole.rows == rows.size
    left = [float(np.linalg.lstsq(columns, y, rcond=None)[1][0]) for columns in (x, np.column_stack([x, a**2, b**2]))]
    f = (left[0] - left[1]) / 2 / (left[1] / (rows.size - 7))
    assert look.whole.test(np.arange(2)).p == pytest.approx(stats.f.sf(f, 2, rows.size - 7), rel=1e-5)


@pytest.mark.slow
def test_rows_of_some_blocks_are_said_by_their_number(thinned: np.ndarray) -> None:
    assert thinned.size == 253_392
    known = mlefit.fit(table(450_000, 0.03), target="y", features=("a", "b")).report.information
    assert known is not None
    assert known.kl.looked_at == "mean (squares, splines, products of 253,392 rows; runs), spread, shape"
    assert known.entropy_method == "reference: a mean that bends, of 253,392 rows"
    assert known.kl.n_used == 253_392
    assert (known.kl.verdict, known.kl.part) == ("misfit", "structure")


def test_what_some_blocks_do_not_tell_is_looked_at_in_the_sample(thinned: np.ndarray) -> None:
    """A level that no block has which is looked at."""
    data = table(450_000, 0.03)
    data["g"] = np.where(np.isin(np.arange(450_000), thinned), "u", "v")
    with stated(Request(data, target="y", features=("a", "b", "g"))) as problem:
        assert problem.prepared.border is not None
        assert knowledge._everywhere(problem) is None


def test_several_columns_of_one_term_are_multiplied_with_those_of_others() -> None:
    found = everywhere(table(21_000), target=None, formula="y ~ poly(a, 2) * C(g) + bs(b, df=4)")
    products = {look.kind: look.names for look in found.looks(np.zeros((0, 13)))}["products"]
    assert {"bs(b,df=4) x bs(b,df=4)", "bs(b,df=4) x g", "bs(b,df=4) x poly(a,2)"} <= set(products)


@pytest.mark.parametrize("model", ["gaussian", "bernoulli"])
def test_threads_and_engines_change_no_byte(model: str, tmp_path: Any) -> None:
    rows = table(60_000, 0.01)
    if model == "bernoulli":
        rows["y"] = (rows["y"] > 0.5).astype(int)
    path = tmp_path / "rows.csv"
    text = "\n".join(f"{a!r},{b!r},{g},{y!r}" for a, b, g, y in zip(*(rows[name].tolist() for name in "abgy"), strict=True))
    path.write_text(f"a,b,g,y\n{text}\n")
    said = {json.dumps([mlefit.fit(path, target="y", model=model, threads=threads, engine=engine).report.information.kl._asdict()], default=str)
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


def test_a_guess_from_few_rows_gives_the_same_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    data, found = table(30_000, 0.02), []
    for wide in (200, 3):
        monkeypatch.setattr(bends, "WIDE", wide)
        looks = everywhere(data, features=("a", "b", "g")).looks(np.zeros((0, 5)))
        found.append([look.whole.test(np.arange(len(look.names))) for look in looks if look.whole is not None])
    for many, few in zip(*found, strict=True):
        assert (few.df, few.statistic) == (many.df, pytest.approx(many.statistic, rel=1e-4))


def counted(n: int, law: str, bend: float = 0.0, rare: float = 0.0) -> dict[str, np.ndarray]:
    data, rng = table(n), np.random.default_rng(4)
    eta = 0.3 * data["a"] - 0.2 * data["b"] + 0.2 * (data["g"] == "v") + bend * data["a"] ** 2 - rare
    y = {"bernoulli": lambda: rng.random(n) < 1 / (1 + np.exp(-eta)), "poisson": lambda: rng.poisson(np.exp(eta)),
         "gamma": lambda: rng.gamma(2.0, np.exp(eta)), "student-t": lambda: eta + rng.standard_t(4, n)}[law]()
    return {**data, "y": np.asarray(y, float if law in {"gamma", "student-t"} else int)}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("law", "near"), [("bernoulli", 1e-4), ("poisson", 1e-4), ("gamma", 0.02), ("student-t", 0.02)])
def test_scores_of_all_rows_are_those_of_a_table_that_is_all_rows(law: str, near: float, weighted: bool) -> None:
    """`near`: information between columns and shapes is estimated twice, from products of scores and from rows that are drawn."""
    data = counted(21_000, law, 0.03)
    weight = np.random.default_rng(3).integers(1, 3, 21_000) if weighted else np.ones(21_000, int)
    asked = Request({**data, "w": weight}, target="y", features=("a", "b", "g"), model=law, weights="w" if weighted else None)
    with stated(asked) as problem:
        found = fit(problem)
        all_rows = knowledge._scored(found)
        assert all_rows is not None
        chunks = [part.load() for part in problem.prepared.store.parts]
    rows = join([choose(chunk, np.repeat(np.arange(chunk.rows), 1 if chunk.weight is None else chunk.weight.astype(int)))
                 for chunk in chunks])
    rows = replace(rows, weight=None)
    size = found.mean.size
    theta, noise = found.fit.mle.theta, found.fit.noise
    working = Working(noise, rows.y, (rows.x,), found.mean.eta(theta[:size], rows), theta[size:], 0, 0)
    looks = all_rows.looks(rows.x)
    assert [look.kind for look in looks] == ["squares", "splines", "products"]
    for look in looks:
        assert look.whole is not None
        chosen = np.arange(len(look.names))
        whole, here = look.whole.test(chosen), Bordered(working, [look.columns]).test(chosen)
        assert (whole.df, whole.statistic) == (here.df, pytest.approx(here.statistic, rel=near))
        assert whole.p == pytest.approx(here.p, rel=0.3)


def test_a_bend_of_classes_of_which_the_sample_knows_nothing_is_found_in_all_rows() -> None:
    """z = 7 in 200,000 rows, 2.2 in 20,000."""
    found = mlefit.fit(counted(200_000, "bernoulli", 0.025), target="y", features=("a", "b", "g"), model="bernoulli").report.information
    assert found is not None
    kl = found.kl
    assert (kl.verdict_code, kl.part, kl.n_used) == ("misfit", "structure", 200_000)
    assert kl.looked_at == "mean (squares, splines, products of all rows; runs)"
    assert kl.advice == ('let the mean bend in a: -f "y ~ bs(a, df=5) + b + g"',)
    assert kl.upper == found.cross_entropy
    assert kl.ci_low is not None
    assert kl.ci_low > 0.0


def test_a_class_of_few_rows_is_looked_at_in_the_sample() -> None:
    """No more than 5 for each column of the largest look: 30."""
    with stated(Request(counted(25_000, "bernoulli", rare=7.0), target="y", features=("a", "b", "g"), model="bernoulli")) as problem:
        assert min(problem.prepared.level_weights.values()) < 30
        assert knowledge._scored(fit(problem)) is None


def test_laws_of_several_predictors_take_no_further_pass() -> None:
    data = table(25_000)
    with stated(Request(data, target="g", features=("a", "b"), model="categorical")) as problem:
        assert knowledge._scored(fit(problem)) is None


def test_columns_that_are_nearly_one_another_are_no_base_for_scores() -> None:
    own = np.array([[1.0, 1.0 - 1e-9, 0.0], [1.0 - 1e-9, 1.0, 0.0]])
    none = Border(np.empty((0, 3)), ())
    nothing = Bends((), (), np.empty((3, 0)), np.empty((2, 0), np.intp), np.zeros(2))
    assert Scored(none, own, np.zeros((0, 1)), 1.0).everywhere(nothing, (0, 1), ("a", "b")) is None
