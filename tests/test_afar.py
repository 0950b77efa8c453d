"""A cluster says the same as one process: every byte of table, JSON and messages, and the exit code."""

import gzip
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from dask_cluster import BLOCK, local
from pyarrow import csv, parquet

from mlefit.cli import main
from mlefit.source import cutting, text

pytestmark = [
    pytest.mark.slow,       # processes, and many fits
    pytest.mark.filterwarnings("default"),      # what Dask and its event loop warn of is not ours to mend
]

ROWS = 1_500      # 100 kB of text


class Place(NamedTuple):
    """A cluster, and the folder of the tables."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("tables")
    write(folder)
    with local(tmp_path_factory.mktemp("certificates")) as cluster:
        yield Place(cluster.scheduler_address, folder)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", BLOCK)
    monkeypatch.setattr(text, "SAMPLE", BLOCK // 4)


def table(rows: int = ROWS) -> Any:
    rng = np.random.default_rng(rows)
    x1, x2, x3 = rng.normal(size=(3, rows))
    group = rng.choice([f"g{k}" for k in range(30)], rows)
    kind = rng.choice(["low", "mid", "high"], rows, p=[0.3, 0.4, 0.3])
    eta = 0.4 * x1 - 0.3 * x2 + 0.5 * (kind == "mid")
    return pa.table({
        "x1": x1, "x2": x2, "x3": x3.round(2), "kind": kind, "group": group, "w": rng.integers(1, 4, rows), "t": rng.uniform(1.0, 3.0, rows),
        "yes": rng.random(rows) < 1.0 / (1.0 + np.exp(-eta)), "count": rng.poisson(np.exp(eta)), "y": eta + rng.standard_t(5, rows),
        "class": np.array(["u", "v", "z"])[(eta[:, None] * [0.0, 1.0, 2.0] + rng.gumbel(size=(rows, 3))).argmax(axis=1)],
        "time": rng.exponential(np.exp(eta)),
    })


def write(folder: Path) -> None:
    """The table as one file and as several, as Parquet in one group and in many, and with what can be wrong."""
    whole = table()
    csv.write_csv(whole, folder / "all.csv")
    parquet.write_table(whole, folder / "one.parquet")
    parquet.write_table(whole, folder / "many.parquet", row_group_size=190)
    for at in range(3):
        csv.write_csv(whole.slice(at * 500, 500), folder / f"part{at}.csv")
    for at, key in enumerate("pq"):
        (folder / f"k={key}").mkdir()
        parquet.write_table(whole.slice(at * 700, 700), folder / f"k={key}" / "x.parquet", row_group_size=190)
    lines = (folder / "all.csv").read_text().splitlines(keepends=True)
    bad = [*lines[:1200], "oops" + lines[1200][lines[1200].index(","):], *lines[1201:]]
    (folder / "bad.csv").write_text("".join(bad))
    (folder / "ragged.csv").write_text("".join([*lines[:1300], "1,2\n", *lines[1300:]]))
    (folder / "open.csv").write_text("".join([*lines[:1300], '1,"2\n', *lines[1300:]]))
    missing = [line.replace(",", ",,", 1).replace(",,", ",", 1) if at % 7 else "," + line.split(",", 1)[1] for at, line in enumerate(lines)]
    (folder / "missing.csv").write_text("".join([lines[0], *missing[1:]]))
    noted = [lines[0].rstrip() + ",note\n", *(f'{line.rstrip()},"{"x" * (at % 50)}\n{"y" * (at % 70)}"\n' for at, line in enumerate(lines[1:]))]
    (folder / "quoted.csv").write_text("".join(noted))
    rng = np.random.default_rng(3)
    x = rng.normal(size=2_000)
    csv.write_csv(pa.table({"x": x, "z": rng.normal(size=2_000), "y": x > 0.3}), folder / "apart.csv")
    odd(whole, folder)
    late = ["a,y", *(f"{k},{k % 5}" for k in range(6_000)), *(f"v{k},1" for k in range(9_000))]
    (folder / "late.csv").write_text("\n".join(late) + "\n")


def odd(whole: Any, folder: Path) -> None:
    """Cuts of which some have no rows, no rows that can be used, one class, or one row."""
    csv.write_csv(whole.sort_by("yes"), folder / "sorted.csv")
    csv.write_csv(whole.slice(0, 0), folder / "header.csv")
    (folder / "all.csv.gz").write_bytes(gzip.compress((folder / "all.csv").read_bytes()))
    unknown = whole.set_column(0, "x1", pa.array([None if at < 900 else value for at, value in enumerate(whole["x1"].to_pylist())]))
    csv.write_csv(unknown, folder / "unknown.csv")
    parquet.write_table(whole.slice(0, 40), folder / "single.parquet", row_group_size=1)
    parquet.write_table(whole.slice(0, 0), folder / "none.parquet")
    with parquet.ParquetWriter(folder / "gaps.parquet", whole.schema) as writer:
        for start in range(0, ROWS, 300):
            writer.write_table(whole.slice(start, 300))
            writer.write_table(whole.slice(start, 0))
    for key, start, rows in (("a", 0, 800), ("b", 800, 0), ("c", 800, 700)):
        (folder / "hive" / f"h={key}").mkdir(parents=True)
        parquet.write_table(whole.slice(start, rows), folder / "hive" / f"h={key}" / "x.parquet")


LINES = {
    "plain": "fit all.csv -t yes -x x1,x2,kind",
    "table": "fit all.csv -t y -x x1,x2 -o table",
    "csv": "fit all.csv -t y -x x1,x2,kind -o csv",
    "many groups": "fit many.parquet -t yes -x x1,x2,kind",
    "one group": "fit one.parquet -t count -x x1,x2 -m poisson",
    "files": "fit part0.csv part1.csv part2.csv -t count -x x1,x2,kind -m poisson",
    "folders": "fit k=p/x.parquet k=q/x.parquet -t y -x x1,k",
    "quoted": "fit quoted.csv -t yes -x x1,x2",
    "weights": "fit all.csv -t yes -x x1,x2 --weights w",
    "precision": "fit all.csv -t y -x x1,x2 --weights w --weights-kind precision",
    "sampling": "fit all.csv -t yes -x x1,x2 --weights w --weights-kind sampling",
    "offset": "fit all.csv -t count -x x1,x2 -m poisson --offset 'log(t)'",
    "formula": "fit all.csv -f 'y ~ x1 * C(kind) + poly(x2, 2) + bs(x3, df=4)' --se hc3",
    "robust": "fit all.csv -t yes -x x1,x2 --se robust",
    "clusters": "fit all.csv -t y -x x1,x2 --se cluster:group",
    "serial": "fit all.csv -t yes -x x1,x2 --se hac:5",
    "holdout": "fit all.csv -t class -x x1,x2 --holdout 0.2",
    "missing": "fit missing.csv -t y -x x1,x2,kind",
    "apart": "fit apart.csv -t y -x x,z",
    "bad cell": "fit bad.csv -t yes -x x1,x2",
    "ragged": "fit ragged.csv -t yes -x x1,x2",
    "open quote": "fit open.csv -t yes -x x1,x2",
    "laplace": "fit all.csv -t y -x x1,x2 -m laplace",
    "huber": "fit all.csv -t y -x x1,x2 -m huber",
    "gamma": "fit all.csv -t time -x x1,x2 -m gamma",
    "scale": "fit all.csv -t y -x x1,x2 -m gaussian --scale-features x1",
    "ordinal": "fit all.csv -t kind -x x1,x2 -m ordinal --order low,mid,high",
    "loss": "fit all.csv -t y -x x1,x2 --loss 'log(cosh(r))'",
    "mean": "fit all.csv -t y --mean 'a + exp(b*x1)' --start b=0.3 --weights w",
    "mean of counts": "fit many.parquet -t count -m poisson --mean 'exp(a + b*x1 + c*x2**2)' --start a=0,b=0.1,c=0.1 --se robust --holdout 0.2",
    "density": "fit all.csv -t y -x x1,x2 --density '1/(2*cosh(pi*r/2))'",
    "alone": "fit all.csv -t y -x none -m gaussian --draws 19",
    "many levels": "fit all.csv -t y -x x1,group",
    "gzip": "fit all.csv.gz -t yes -x x1,x2,kind",
    "one class at a time": "fit sorted.csv -t yes -x x1,x2",
    "nothing to use at first": "fit unknown.csv -t yes -x x1,x2 --se robust",
    "a row each": "fit single.parquet -t y -x x1 --partition 1",
    "a row each, by levels": "fit single.parquet -t yes -x x1 --partition 1",
    "groups of no rows": "fit gaps.parquet -t yes -x x1,x2,kind --partition 1",
    "a file of no rows": "fit part0.csv header.csv part1.csv -t y -x x1,x2 --partition 1",
    "a folder of no rows": "fit hive -t y -x x1,h --partition 1",
    "no rows at all": "fit header.csv -t y -x x1,x2",
    "no groups at all": "fit none.parquet -t yes -x x1,x2",
    "late kinds": "fit late.csv -t y -x a -m poisson",
    "effects": "fit all.csv -t yes -x x1,x2,kind --effects --exponentiate --sort",
    "compare": "compare all.csv -t count -x x1,x2 -m poisson -m hurdle:poisson",
    "prove": "prove all.csv -t yes -x x1,x2",
    "no column": "fit all.csv -t absent",
}


EXITS = {LINES[name]: code for name, code in (
    ("apart", 4), ("bad cell", 3), ("ragged", 3), ("open quote", 3), ("no rows at all", 3), ("no groups at all", 3),
    ("a file of no rows", 3), ("a folder of no rows", 3), ("late kinds", 4), ("no column", 2),
)}


def said(line: str, capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, *engine: str) -> tuple[int, str, str]:
    """Exit code, stdout without what two runs need not share, and stderr."""
    monkeypatch.chdir(folder)
    words = shlex.split(line)
    draws = [] if "--draws" in words or words[0] == "prove" else ["--draws", "0"]
    output = [] if "-o" in words else ["-o", "json"]
    code = main([*words, *draws, *output, *engine])
    out, err = capsys.readouterr()
    if output and out:
        told = json.loads(out)
        for one in (told, told.get("fit") or {}, *told.get("models", ())):
            one.get("run", {}).pop("machine", None)
        out = json.dumps(told)
    return code, out, err


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_cluster_says_what_one_process_says(
    line: str, place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = said(line.partition(" --partition")[0], capsys, place.folder, monkeypatch, "--engine", "memory")
    size = [] if "--partition" in line else ["--partition", str(2 * BLOCK)]
    there = said(line, capsys, place.folder, monkeypatch, "--engine", f"dask:{place.address}", *size)
    assert there == here
    assert here[0] == EXITS.get(line, 0), here[2]
