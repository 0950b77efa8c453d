"""Workers read a store by themselves: the same bytes as one process that reads files, with credentials of their own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from dask_cluster import BLOCK, local
from object_store import Store, running
from test_afar import ROWS, write

from mlefit.cli import main
from mlefit.source import cutting, text
from mlefit.source.places import file_system

pytestmark = [
    pytest.mark.slow,       # processes, and many fits
    pytest.mark.filterwarnings("default"),      # what Dask and its event loop warn of is not ours to mend
]

KEYS = {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "nothing-secret"}


class Place(NamedTuple):
    """A cluster, the folder of the tables, and the store that has them too."""

    address: str
    folder: Path
    store: Store


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("tables")
    write(folder)
    with running() as store, pytest.MonkeyPatch.context() as environment:
        for path in folder.rglob("*.*"):
            store.put(path.relative_to(folder).as_posix(), path.read_bytes())
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": store.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            environment.setenv(name, value)
        file_system.cache_clear()
        with local(tmp_path_factory.mktemp("certificates")) as cluster:
            yield Place(cluster.scheduler_address, folder, store)
    file_system.cache_clear()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", BLOCK)
    monkeypatch.setattr(text, "SAMPLE", BLOCK // 4)


LINES = {
    "text": "all.csv -t yes -x x1,x2,kind",
    "quoted line ends": "quoted.csv -t yes -x x1,x2",
    "several": "part*.csv -t count -x x1,x2,kind -m poisson",
    "one group": "one.parquet -t count -x x1,x2 -m poisson",
    "many groups": "many.parquet -t yes -x x1,x2,kind --se robust",
    "folders": "k=*/x.parquet -t y -x x1,k",
    "bad cell": "bad.csv -t yes -x x1,x2",
}


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, stdout without what differs between a file and an object, and stderr."""
    code = main(["fit", *words, "--draws", "0", "-o", "json"])
    out, err = capsys.readouterr()
    told = json.loads(out)
    if code == 0:
        del told["run"]["machine"]
        for key in ("source", "sha256", "etag", "size"):
            del told["data"][key]
    return code, json.dumps(told).replace("s3://tables/", ""), err.replace("s3://tables/", "")


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_workers_that_read_a_store_say_what_one_process_says_of_files(
    line: str, place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.folder)
    name, *options = line.split()
    here = said([name, *options], capsys)
    there = said([f"s3://tables/{name}", *options, "--engine", f"dask:{place.address}", "--partition", str(2 * BLOCK)], capsys)
    assert there == here
    assert here[0] == (3 if name == "bad.csv" else 0)


def test_what_a_store_refuses_a_worker_is_told_as_such(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ROWS > 1_000     # so that the first look, which is made here, is not all
    with pytest.MonkeyPatch.context() as environment:
        for name in KEYS:
            environment.delenv(name)
        environment.setenv("HOME", str(tmp_path))
        cluster = local(tmp_path)
        address = cluster.__enter__().scheduler_address
    try:
        assert os.environ["AWS_ACCESS_KEY_ID"] == "anyone"
        assert main(["fit", "s3://tables/all.csv", "-t", "yes", "-x", "x1", "-q", "--engine", f"dask:{address}",
                     "--partition", str(2 * BLOCK)]) == 3
        assert capsys.readouterr().err == (
            f"mlefit: --engine dask: on a worker, s3://tables/all.csv: expected credentials for {place.store.endpoint}, found none, and "
            "without them access is denied.\nSet AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.\n")
    finally:
        cluster.__exit__(None, None, None)
