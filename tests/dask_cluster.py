"""A cluster of two processes with encryption, whose blocks of text are so small that short files have several."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, Security, WorkerPlugin

from mlefit.source import cutting

BLOCK = 1 << 14


class SmallBlocks(WorkerPlugin):
    """Small blocks in every worker, those included that start after another has died."""

    name = "small-blocks"

    def setup(self, worker: Any) -> None:
        cutting.BLOCK = BLOCK


@contextmanager
def local(place: Path, configuration: dict[str, Any] | None = None, **options: Any) -> Iterator[LocalCluster]:
    """The cluster; in the meantime its certificates are those of Dask's configuration, as a user has them."""
    security = Security.temporary()
    settings = {"distributed.comm.tls.ca-file": security.tls_ca_file}
    for role in ("client", "worker", "scheduler"):
        settings |= {f"distributed.comm.tls.{role}.{kind}": getattr(security, f"tls_{role}_{kind}") for kind in ("cert", "key")}
    for name, content in settings.items():
        file = place / f"{name}.pem"
        file.write_text(content)
        settings[name] = str(file)
    with (
        dask.config.set({**settings, **(configuration or {})}),
        LocalCluster(n_workers=2, threads_per_worker=1, protocol="tls://", security=security, dashboard_address=":0",
                     silence_logs=50, host="127.0.0.1", **options) as cluster,
    ):
        with Client(cluster, set_as_default=False) as client:
            client.register_plugin(SmallBlocks())
            client.wait_for_workers(2)
        yield cluster
