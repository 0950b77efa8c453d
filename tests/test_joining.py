"""Which cluster is joined, which one is not, and what is said when it fails."""

import io
import json
import sys
from concurrent.futures import CancelledError
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pytest

from mlefit.cli import main
from mlefit.errors import DataError, UsageError
from mlefit.execution import joining
from mlefit.execution.afar import Afar, check, there
from mlefit.execution.cluster import Cluster
from mlefit.execution.joining import is_safe, joined
from mlefit.source import ReadOptions, open_source
from mlefit.source.reader import Reader
from mlefit.source.run import shared_out
from mlefit.version import __version__

pytestmark = pytest.mark.filterwarnings("default")      # those of Dask


def opened(data: object) -> Reader:
    source = open_source(data, ReadOptions())
    assert isinstance(source, Reader)
    return source


@pytest.mark.parametrize("address", ["tls://10.0.0.1:8786", "wss://example.org:443", "tcp://127.0.0.1:1", "tcp://localhost:8786", "tcp://[::1]:8786", "inproc://1/2/3"])
def test_what_others_cannot_reach_or_read_is_safe(address: str) -> None:
    assert is_safe(address)


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tcp://example.org:8786", "ws://10.0.0.1:80", "ucx://10.0.0.1:1", "tcp://0.0.0.0:8786", "tcp://localhost.example.org:1"])
def test_what_others_reach_is_not(address: str) -> None:
    assert not is_safe(address)


def test_the_address_of_a_scheduler_file_is_no_safer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n1,2\n2,4\n3,5\n")
    Path("s.json").write_text(json.dumps({"address": "tcp://10.1.1.1:8786"}))
    assert main(["fit", "t.csv", "--engine", "dask:s.json"]) == 2
    assert "tcp://10.1.1.1:8786 is not encrypted" in capsys.readouterr().err
    Path("s.json").write_text("[]")
    assert main(["fit", "t.csv", "--engine", "dask:s.json"]) == 3
    assert capsys.readouterr().err == (
        "mlefit: --engine dask:s.json: expected the file that a scheduler has written: it is no scheduler file\n"
        "start it with dask scheduler --scheduler-file FILE.json\n")


def test_without_dask_the_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as refused, joined("dask", 2, None):
        pass
    assert (refused.value.message, refused.value.remedy) == (
        "--engine dask: expected Dask, found it not installed", "pip install 'mlefit[dask]'")


def test_where_no_scheduler_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "WAIT", 0.3)
    with pytest.raises(DataError) as refused, joined("dask:tcp://127.0.0.1:9", 2, None):
        pass
    assert refused.value.message.startswith("--engine dask: no cluster at tcp://127.0.0.1:9: ")
    assert refused.value.remedy == "check that its scheduler and its workers run, and that both sides use the same certificates"


def test_all_who_want_a_cluster_at_the_same_time_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Client:
        loop = None

        def scheduler_info(self, n_workers: int) -> dict[str, Any]:
            return {"workers": {"a": {"nthreads": 2, "memory_limit": 10**9}, "b": {"nthreads": 1, "memory_limit": 2 * 10**9}}}

        def run(self, function: Any) -> dict[str, Any]:
            return {"a": function(), "b": function()}

    monkeypatch.setattr(joining, "_client", lambda engine, *_: (made.append(engine), Client())[1])
    with joined("dask", 2, None) as one, joined("dask", 2, None) as other:
        assert one is other
        assert (one.workers, one.slots, one.memory) == (2, 3, 10**9)
    with joined("dask", 2, None) as later:
        assert later is not one
    assert made == ["dask", "dask"]


def test_what_only_this_process_can_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"x": 1, "y": 2}\n{"x": 2, "y": 3}\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,y\n1,2\n2,3\n")))
    for data, what in (
        (pa.table({"x": [1.0, 2.0]}), "<Table> is a table in the memory of this process"), (("-",), "- is input that comes once"),
        ((str(tmp_path / "t.jsonl"),), f"{tmp_path / 't.jsonl'} is a table that is made here of something else"),
    ):
        with opened(data) as source, pytest.raises(UsageError) as refused:
            check(source)
        assert refused.value.message == f"--engine dask: {what}, and the workers cannot read it"
        assert refused.value.remedy == "write it as CSV or Parquet where all workers see it"


class Failing:
    """A client whose cluster fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {}}

    def run(self, _: object) -> dict[str, Any]:
        return {}

    def get(self, *_: object) -> NoReturn:
        raise self._error


class Mixed(Failing):
    """A client of workers that have these versions of what they have."""

    def __init__(self, *workers: dict[str, str]) -> None:
        super().__init__(ValueError())
        self._workers = workers

    def run(self, function: Any) -> dict[str, Any]:
        return {f"tls://10.0.0.{at}:1": {**function(), **worker} for at, worker in enumerate(self._workers)}


def test_workers_of_several_kinds_are_told_apart() -> None:
    assert Cluster(Mixed({}, {})).differing is None
    cluster = Cluster(Mixed({"BLAS": "Haswell", "numpy": "1.9"}, {"BLAS": "SkylakeX", "numpy": "1.9", "instructions": "SSE"}, {"numpy": "1.9", "BLAS": "SkylakeX"}))
    assert cluster.differing is not None
    assert "numpy 1.9, " in cluster.differing
    assert "; BLAS Haswell, SkylakeX" in cluster.differing
    assert cluster.differing.endswith("; instructions")
    (caution,) = Afar(cluster, 1, None).cautions
    assert caution.message == (
        f"the workers and this process are not of one kind ({cluster.differing}): the last digits depend on which of them reads what")
    assert Afar(Cluster(Mixed({})), 1, None).cautions == ()


def test_a_worker_with_another_mlefit_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        Cluster(Mixed({}, {"mlefit": "0.0.1"}))
    assert refused.value.message == f"--engine dask: the worker tls://10.0.0.1:1 has mlefit 0.0.1, and this is {__version__}"
    assert refused.value.remedy == "install the same version everywhere"


def test_workers_without_mlefit_are_refused() -> None:
    class Without(Failing):
        def run(self, _: object) -> NoReturn:
            raise ModuleNotFoundError("No module named 'mlefit'")

    with pytest.raises(DataError) as refused:
        Cluster(Without(ValueError()))
    assert refused.value.message == "--engine dask: the workers do not know this mlefit: No module named 'mlefit'"
    assert refused.value.remedy == f"install mlefit {__version__} where they run"


def test_a_partition_that_kills_its_workers_is_said() -> None:
    from distributed import KilledWorker
    from distributed.scheduler import WorkerState

    last = WorkerState(address="tls://10.0.0.7:1", status="running", pid=0, name="w", nthreads=1, memory_limit=1, local_directory="", nanny="", server_id="")
    cluster = Cluster(Failing(KilledWorker("mlefit-read-3", last, 3)))
    with pytest.raises(DataError) as refused:
        cluster.sum(len, [], [], None)      # type: ignore[arg-type]
    assert refused.value.code == "worker-killed"
    assert refused.value.message == (
        "the workers that took on one partition of the data died, the last of 4 at tls://10.0.0.7:1, as they do for want of memory")
    assert refused.value.remedy == "smaller partitions (--partition 100MB), more memory for each worker, or fewer threads in one"


@pytest.mark.parametrize("error", [CancelledError("mlefit-read-3"), TimeoutError("no answer")])
def test_a_lost_scheduler_is_said(error: BaseException) -> None:
    with pytest.raises(DataError) as refused:
        Cluster(Failing(error)).sum(len, [], [], None)      # type: ignore[arg-type]
    assert refused.value.code == "scheduler-lost"
    assert refused.value.message == "the scheduler of the cluster is lost, and with it all work done so far"
    assert refused.value.remedy == "start again when the cluster is whole; nothing was written"


def test_what_else_fails_is_as_it_was() -> None:
    error = DataError("so", "do", code="bad")
    with pytest.raises(DataError) as refused:
        Cluster(Failing(error)).sum(len, [], [], None)      # type: ignore[arg-type]
    assert refused.value is error


@pytest.mark.parametrize(("memory", "slots", "size", "expected"), [
    (0, 2, 10**6, 32 << 20), (0, 2, 8 * 10**9, 10**9), (0, 2, 10**12, 1 << 30), (2 * 10**9, 2, 10**12, 25 * 10**7), (0, 400, 10**12, 625 * 10**6),
])
def test_partitions_fit_the_data_and_the_workers(memory: int, slots: int, size: int, expected: int) -> None:
    cluster = Cluster(Failing(ValueError()))
    cluster.memory, cluster.slots = memory, slots
    assert Afar(cluster, 1, None).fitting(size) == expected


def test_a_file_that_a_worker_does_not_see_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,2\n" * 9)
    with opened((str(path),)) as source:
        (partition,) = shared_out(source.parts, ("x",), 1 << 20)
        path.rename(tmp_path / "elsewhere.csv")
        _, heard = partition[0].visited(source.wanted(("x",), ()), len, 1)      # type: ignore[arg-type]
    error = there(heard.broken)
    assert error.message == f"--engine dask: on a worker, {path}: cannot be read any more: No such file or directory."
    assert error.remedy == "put the file where every worker has it under the same path"
    other = DataError("so", code="open-quote")
    assert there(other) is other


def test_nothing_of_dask_is_left_where_it_was_not_asked_for() -> None:
    with ExitStack() as stack:
        from mlefit.problem.afar import reach
        from mlefit.request import Request

        source = stack.enter_context(opened(pa.table({"x": [1.0, 2.0]})))
        reach(source, Request(("t.csv",), engine="memory"), stack)
        assert source.elsewhere is None
