"""What a cluster costs: a fit by `--engine memory` and by two processes of Dask, in processor seconds and bytes of memory.

    python benchmarks/afar.py make rows.parquet 100000000
    python benchmarks/afar.py run rows.parquet --engine dask --memory-limit 2GB

`make` writes rows of a logistic regression with three predictors, as CSV or Parquet by the name. `run` fits them and prints one
JSON line: processor seconds of this process, of the scheduler and of the workers, the largest resident size of each, whether a
worker was started again, and what the report says of the run. Processor time, not wall time: the machine may be shared.
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STEP = 1_000_000    # rows of a group


def make(path: Path, rows: int) -> None:
    """Write the rows."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv, parquet

    first, writer = True, None
    for start in range(0, rows, STEP):
        rng = np.random.default_rng(start)
        x = rng.normal(size=(3, min(STEP, rows - start))).round(3)
        y = (rng.random(x.shape[1]) < 1.0 / (1.0 + np.exp(-(0.3 * x[0] - 0.5 * x[1] + 0.1)))).astype(np.int8)
        table = pa.table({"x1": x[0], "x2": x[1], "x3": x[2], "y": y})
        if first:
            writer = csv.CSVWriter(path, table.schema) if path.suffix == ".csv" else parquet.ParquetWriter(path, table.schema)
            first = False
        assert writer is not None
        writer.write_table(table)
    assert writer is not None
    writer.close()


@contextlib.contextmanager
def cluster(memory: str | None) -> Iterator[tuple[str, Any]]:
    """A scheduler and two workers of one thread, each a process of its own, and how they are asked after."""
    from distributed import Client
    from distributed.deploy.subprocess import SubprocessCluster

    limit = {} if memory is None else {"memory_limit": memory}
    with (
        SubprocessCluster(n_workers=2, threads_per_worker=1, worker_kwargs=limit, dashboard_address=":0") as local,
        Client(local, set_as_default=False) as client,
    ):
        client.wait_for_workers(2)
        yield local.scheduler_address, client


def usage() -> tuple[int, float, int]:
    """Process, processor seconds and largest resident bytes, of whoever calls it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return os.getpid(), used.ru_utime + used.ru_stime, used.ru_maxrss << 10


def spilled(client: Any) -> int:
    """The bytes that the workers have on disk."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return sum(int(one["metrics"].get("spilled_bytes", {}).get("disk", 0)) for one in workers)


def run(options: argparse.Namespace) -> None:
    """Fit and tell."""
    from mlefit.cli import main

    words = ["fit", str(options.path), "-t", "y", "-m", options.model, "-o", "json", "-q", "--draws", "0"]
    with contextlib.ExitStack() as stack:
        client, before, most = None, {}, [0]
        answer = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "answer.json"
        if options.engine == "dask":
            address, client = stack.enter_context(cluster(options.memory_limit))
            before, scheduling = client.run(usage), client.run_on_scheduler(usage)
            words += ["--engine", f"dask:{address}", *(["--partition", options.partition] if options.partition else [])]
            done = threading.Event()

            def watch() -> None:
                while not done.wait(2.0):
                    with contextlib.suppress(Exception):
                        most[0] = max(most[0], spilled(client))

            threading.Thread(target=watch, daemon=True).start()
            stack.callback(done.set)
        else:
            words += ["--engine", options.engine, "--threads", "2"]
        started, own = time.perf_counter(), usage()[1]
        code = main([*words, "--out", str(answer)])
        wall, mine = time.perf_counter() - started, usage()
        told = json.loads(answer.read_text())
        found: dict[str, Any] = {
            "engine": options.engine, "exit": code, "rows": told["data"]["rows_used"], "wall": round(wall, 1),
            "processor_here": round(mine[1] - own, 2), "resident_here": mine[2] >> 20, "loglik": told["criteria"]["loglik"],
            "iterations": told["routes"]["mle"]["iterations"], "machine": told["run"]["machine"],
        }
        if client is not None:
            after, scheduled = client.run(usage), client.run_on_scheduler(usage)
            found |= {
                "processor_scheduler": round(scheduled[1] - scheduling[1], 2), "resident_scheduler": scheduled[2] >> 20,
                "processor_workers": round(sum(after[one][1] for one in after) - sum(before[one][1] for one in before), 2),
                "resident_workers": [after[one][2] >> 20 for one in after], "spilled": most[0] >> 20,
                "started_again": {one: used[0] for one, used in before.items()} != {one: used[0] for one, used in after.items()},
            }
        print(json.dumps(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("path", type=Path)
    making.add_argument("rows", type=int)
    running = commands.add_parser("run")
    running.add_argument("path", type=Path)
    running.add_argument("--engine", default="memory")
    running.add_argument("--model", default="bernoulli")
    running.add_argument("--partition")
    running.add_argument("--memory-limit")
    asked = parser.parse_args(sys.argv[1:])
    if asked.command == "make":
        make(asked.path, asked.rows)
    else:
        run(asked)
