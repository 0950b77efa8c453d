"""Clusters: every row keeps the index of its group, whatever the batches and the store."""

from pathlib import Path

import numpy as np
import pytest

from mlefit.design.encode import Columns
from mlefit.design.expression import Expression
from mlefit.design.predictors import Predictors
from mlefit.design.response import Observed
from mlefit.design.roles import choose_roles
from mlefit.design.scaling import Scaling
from mlefit.design.terms import Term
from mlefit.errors import UsageError
from mlefit.execution import Store
from mlefit.expression.tree import Column
from mlefit.noise.responses import NUMBERS
from mlefit.problem.gather import Gathered, Keeping, Told, gather
from mlefit.problem.split import Split
from mlefit.request import Request
from mlefit.rows.chunk import Chunk, choose, join
from mlefit.rows.piece import Ranks
from mlefit.source import ReadOptions, open_source
from mlefit.source.source import Source


def table(rows: int, groups: int) -> dict[str, object]:
    rng = np.random.default_rng(rows)
    school = [f"s{k}" for k in rng.integers(0, groups, rows)]
    school[3] = ""
    return {"x": rng.normal(size=rows), "school": school, "y": rng.normal(size=rows)}


def gathered(source: Source, budget: int | None) -> tuple[Gathered, Store]:
    predictors = Predictors((Term((Expression("x", Column("x")),)),), True)
    columns = Columns(predictors, Observed("y", "law", NUMBERS, located=True, scaled=True, compresses=True, cluster="school"))
    found, kept = gather(source, Told(columns, Scaling(np.zeros(2), np.ones(2)), Split(0), 50), Keeping(budget), threads=2)
    return found, kept.fitted.store(Ranks({}, {name: rank for rank, name in enumerate(found.clusters)}))


@pytest.mark.parametrize("budget", [None, 0])
def test_rows_keep_their_group_over_all_batches(budget: int | None) -> None:
    data = table(150_000, 300)      # three batches, in which the groups appear in different orders
    with open_source(data, ReadOptions()) as source:
        found, store = gathered(source, budget)
    names = list(found.clusters)
    codes = np.concatenate([part.load().cluster for part in store.parts])      # type: ignore[arg-type]
    used = [name for name in data["school"] if name]      # type: ignore[attr-defined]
    assert [names[int(code)] for code in codes] == used
    assert sum(found.clusters.values()) == len(used) == found.ledger.used
    assert found.ledger.dropped == {"school": 1}
    assert names == list(dict.fromkeys(used))
    store.close()


def test_parts_choices_and_joins_carry_the_groups() -> None:
    chunk = Chunk(np.arange(4.0), np.ones((4, 1)), None, np.arange(4.0), 7, np.array([0.0, 1.0, 0.0, 2.0]))
    part = chunk.part(1, 3)
    assert part.cluster is not None
    assert part.cluster.tolist() == [1.0, 0.0]
    chosen = choose(chunk, np.array([0, 3]))
    assert chosen.cluster is not None
    assert chosen.cluster.tolist() == [0.0, 2.0]
    both = join([part, chosen])
    assert both.cluster is not None
    assert both.cluster.tolist() == [1.0, 0.0, 0.0, 2.0]
    assert choose(Chunk(np.arange(4.0), np.ones((4, 1))), np.array([0])).cluster is None


def test_a_chunk_refuses_groups_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"cluster \(3,\) does not belong to a response \(4,\)"):
        Chunk(np.arange(4.0), np.ones((4, 1)), cluster=np.zeros(3))


def test_the_cluster_column_is_no_predictor_unless_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,school,y\n1,a,2\n2,b,3\n4,a,5\n")
    with open_source((str(path),), ReadOptions()) as source:
        chosen = choose_roles(source, Request((str(path),), target="y", se="cluster:school"))
        assert chosen.features == ("x",)
        assert chosen.columns.observed.cluster == "school"
        assert chosen.columns.categories == ("school",)
        named = choose_roles(source, Request((str(path),), target="y", features=("school",), se="cluster:school"))
        assert named.columns.categories == ("school",)
        everything = choose_roles(source, Request((str(path),), formula="y ~ .", se="cluster:school"))
        assert everything.features == ("x",)
        with pytest.raises(UsageError) as refused:
            choose_roles(source, Request((str(path),), target="y", se="cluster:scool"))
    assert refused.value.message == 'there is no column "scool"'
    assert refused.value.remedy == "did you mean school? the columns are x, school, y"
