"""What happens to a cluster changes no byte of an answer, and what ends a fit leaves nothing behind."""

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from dask_cluster import BLOCK, local
from distributed import Client

from mlefit.cli import main
from mlefit.execution.cluster import Cluster
from mlefit.source import cutting, text

pytestmark = [
    pytest.mark.slow,       # processes that die and start again
    pytest.mark.filterwarnings("default"),      # what Dask and its event loop warn of is not ours to mend
]

ROWS = 4_000
LINE = ["fit", "-t", "y", "-x", "a,b", "-m", "bernoulli", "--se", "robust", "--draws", "0", "-q", "-o", "json"]


class Place(NamedTuple):
    """A cluster, one who asks after it, and the table."""

    address: str
    client: Any
    path: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two workers, each of which may hold 20 kB, and has the rest on disk."""
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 2))
    y = rng.random(ROWS) < 1.0 / (1.0 + np.exp(-x @ [0.5, -0.3]))
    np.savetxt(path, np.column_stack([x, y]), fmt="%.17g", delimiter=",", header="a,b,y", comments="")
    limits = {"target": 2e-5, "spill": False, "pause": False, "terminate": False}
    with (
        local(tmp_path_factory.mktemp("certificates"), {f"distributed.worker.memory.{name}": limit for name, limit in limits.items()}, memory_limit=10**9) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield Place(cluster.scheduler_address, client, path)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK", BLOCK)
    monkeypatch.setattr(text, "SAMPLE", BLOCK // 4)


def said(place: Place, capsys: pytest.CaptureFixture[str], *engine: str) -> dict[str, Any]:
    assert main([*LINE, str(place.path), *engine]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    told["run"].pop("machine")
    return told


def there(place: Place) -> tuple[str, ...]:
    return "--engine", f"dask:{place.address}", "--partition", str(BLOCK)


def tasks(place: Place) -> int:
    """Those of mlefit that the scheduler still has."""
    def count(dask_scheduler: Any) -> int:
        return sum("mlefit-" in str(key) for key in dask_scheduler.tasks)

    found: int = place.client.run_on_scheduler(count)
    return found


def disk(place: Place) -> int:
    """Bytes that the workers have put on disk, in values."""
    return sum(place.client.run(lambda dask_worker: sum(dask_worker.data.spilled_total)).values())


def in_call(monkeypatch: pytest.MonkeyPatch, name: str, number: int, then: Callable[[], None]) -> None:
    """Do something in the middle of a call of the cluster, before its answer is waited for."""
    calls = [0]
    wait = Client.get if name == "get" else Client.map

    def counted(self: Any, *arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        found = wait(self, *arguments, **named) if name == "map" else None
        if calls[0] == number:
            then()
        return wait(self, *arguments, **named) if name == "get" else found

    monkeypatch.setattr(Client, name, counted)


@pytest.mark.parametrize(("name", "number"), [("map", 1), ("get", 1), ("get", 4)], ids=["read", "first sum", "pass"])
def test_a_worker_that_is_killed_changes_nothing(
    name: str, number: int, place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(place, capsys, "--engine", "memory")
    place.client.wait_for_workers(2)
    before = place.client.run(os.getpid)
    victim = next(iter(before.values()))
    in_call(monkeypatch, name, number, lambda: os.kill(victim, signal.SIGKILL))
    assert said(place, capsys, *there(place)) == expected
    place.client.wait_for_workers(2)
    assert victim not in place.client.run(os.getpid).values()


def test_a_worker_that_is_killed_in_a_compressed_file_changes_nothing(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = place._replace(path=tmp_path / "t.csv.gz")
    packed.path.write_bytes(gzip.compress(place.path.read_bytes()))
    expected = said(packed, capsys, "--engine", "memory")
    place.client.wait_for_workers(2)
    victims = list(place.client.run(os.getpid).values())        # one of both reads the file
    in_call(monkeypatch, "map", 1, lambda: [os.kill(victim, signal.SIGKILL) for victim in victims])
    assert said(packed, capsys, *there(packed)) == expected
    place.client.wait_for_workers(2)


def test_a_file_that_changes_while_workers_read_it_is_refused(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(place.path.read_bytes())
    place.client.wait_for_workers(2)

    def grown() -> None:
        with path.open("a") as file:
            file.write("0,0,1\n")

    in_call(monkeypatch, "map", 1, grown)
    assert main([*LINE, str(path), *there(place)]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["code"], told["message"]) == ("changed", f"--engine dask: on a worker, {path}: the file changed while it was being read.")
    assert told["remedy"] == "run again when nothing writes to it; copies on other machines need its time, too (cp -p)"


def test_rows_on_disk_are_the_same_rows(place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = said(place, capsys, "--engine", "memory")
    place.client.wait_for_workers(2)
    before, found = place.client.run(os.getpid), list[int]()
    in_call(monkeypatch, "get", 3, lambda: found.append(disk(place)))
    assert said(place, capsys, *there(place)) == expected
    assert found[0] > 50_000        # of 96,000 bytes of numbers
    assert place.client.run(os.getpid) == before


@pytest.mark.parametrize("number", [1, 9])
def test_an_interrupt_ends_at_once_and_leaves_no_task(
    number: int, place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, arrived = [0], Cluster._arrived

    def interrupted(self: Cluster, told: bytes) -> Any:
        calls[0] += 1
        if calls[0] == number:
            raise KeyboardInterrupt
        return arrived(self, told)

    place.client.wait_for_workers(2)
    monkeypatch.setattr(Cluster, "_arrived", interrupted)
    assert main([*LINE, str(place.path), *there(place)]) == 130
    assert json.loads(capsys.readouterr().out)["code"] == "interrupted"
    assert tasks(place) == 0


def test_nothing_is_left_after_an_answer(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.client.wait_for_workers(2)
    said(place, capsys, *there(place))
    assert tasks(place) == 0


@pytest.mark.parametrize("blocks", [2, 3])
def test_partitions_of_any_number_of_blocks_say_the_same(blocks: int, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    expected = said(place, capsys, "--engine", "memory")
    place.client.wait_for_workers(2)
    assert said(place, capsys, "--engine", f"dask:{place.address}", "--partition", str(blocks * BLOCK)) == expected
