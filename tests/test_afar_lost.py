"""A scheduler that is killed in the middle of a fit, and two fits on one scheduler at once: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from mlefit.cli import main

pytestmark = [
    pytest.mark.slow,       # processes that start and die
    pytest.mark.filterwarnings("default"),      # what Dask and its event loop warn of is not ours to mend
]

ROOT = Path(__file__).parents[1]
LINE = ["fit", "-t", "y", "-x", "a,b", "--draws", "0", "-q", "-o", "json"]
LONG = 60       # seconds within which a machine that is busy starts a process


def started(stack: ExitStack, *words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "dask", *words, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)

    def end() -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    stack.callback(end)
    return process


@contextmanager
def cluster(place: Path, workers: int) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """The file of a scheduler, and its process."""
    file = place / "scheduler.json"
    with ExitStack() as stack:
        scheduler = started(stack, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        end = time.monotonic() + LONG
        while not (file.exists() and file.read_text()):
            assert time.monotonic() < end
            time.sleep(0.1)
        for _ in range(workers):
            started(stack, "worker", "--scheduler-file", str(file), "--nthreads", "1")
        with Client(scheduler_file=str(file), set_as_default=False, timeout=LONG) as client:
            client.wait_for_workers(workers, timeout=LONG)
        yield file, scheduler


def table(folder: Path) -> Path:
    path, rng = folder / "t.csv", np.random.default_rng(1)
    x = rng.normal(size=(2_000, 2))
    y = (rng.random(2_000) < 1.0 / (1.0 + np.exp(-x @ [0.5, -0.3]))).astype(int)
    np.savetxt(path, np.column_stack([x, y]), fmt="%.17g", delimiter=",", header="a,b,y", comments="")
    return path


@pytest.mark.parametrize(("name", "number"), [("map", 1), ("get", 3)], ids=["read", "pass"])
def test_a_scheduler_that_is_killed_ends_the_fit_with_its_own_sentence(
    name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, calls, called = table(tmp_path), [0], getattr(Client, name)
    with cluster(tmp_path, 1) as (file, scheduler):
        def killing(self: Any, *arguments: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] == number:
                scheduler.kill()
            return called(self, *arguments, **named)

        monkeypatch.setattr(Client, name, killing)
        began = time.monotonic()
        assert main([*LINE, str(path), "-m", "bernoulli", "--engine", f"dask:{file}"]) == 3
        took = time.monotonic() - began
    told = json.loads(capsys.readouterr().out)
    assert told["code"] == "scheduler-lost"
    assert told["message"] == "the scheduler of the cluster is lost, and with it all work done so far"
    assert took < LONG


def test_two_fits_on_one_scheduler_at_once_are_those_of_one_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, models, expected = table(tmp_path), ("bernoulli", "poisson"), list[dict[str, Any]]()
    for model in models:
        assert main([*LINE, str(path), "-m", model, "--engine", "memory"]) == 0
        expected.append(json.loads(capsys.readouterr().out))
    with cluster(tmp_path, 2) as (file, _):
        both = [subprocess.Popen([sys.executable, "-m", "mlefit", *LINE, str(path), "-m", model, "--engine", f"dask:{file}"],
                                 stdout=subprocess.PIPE, cwd=ROOT) for model in models]
        found = [json.loads(one.communicate(timeout=2 * LONG)[0]) for one in both]
    for one, other in zip(found, expected, strict=True):
        del one["run"]["machine"], other["run"]["machine"]
    assert found == expected
