"""A store on this machine: a server that speaks S3 as Amazon's does, and servers that fail as stores do."""

import http.client
import http.server
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

BUCKET = "tables"
AZURITE = shutil.which("azurite-blob")


class Store(NamedTuple):
    """Its endpoint, and a client of the bucket `tables`."""

    endpoint: str
    client: Any

    def put(self, key: str, content: bytes, **more: str) -> str:
        """The address of a new object."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content, **more)
        return f"s3://{BUCKET}/{key}"


@contextmanager
def running() -> Iterator[Store]:
    """A moto server, on a port of its own."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        connection = http.client.HTTPConnection(host, port)
        connection.request("POST", "/moto-api/reset")       # one process has one set of buckets, whichever server they came by
        assert connection.getresponse().status == 200
        connection.close()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="anyone",
                              aws_secret_access_key="nothing-secret")     # noqa: S106 - it takes any
        client.create_bucket(Bucket=BUCKET)
        yield Store(endpoint, client)
    finally:
        server.stop()


@contextmanager
def google() -> Iterator[str]:
    """The endpoint of a stand-in of Google's store, with the bucket `tables`."""
    with _process([sys.executable, "-m", "gcp_storage_emulator", "start", "--host=127.0.0.1", "--in-memory",
                   f"--default-bucket={BUCKET}"], "--port={}") as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def azurite() -> Iterator[str]:
    """The connection string of Microsoft's stand-in of its store, which `npm install -g azurite` puts on the path."""
    with _process([AZURITE or "", "--inMemoryPersistence", "--silent", "--skipApiVersionCheck"], "--blobPort={}") as port:
        yield ("DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFs"
               f"uFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;")    # known to all


@contextmanager
def _process(command: list[str], option: str) -> Iterator[int]:
    """The port on which the server of a command listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    process = subprocess.Popen([*command, option.format(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(150):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The endpoint of a server that answers every request with one status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET       # noqa: N815 - as the library calls it

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def cutting(head: bytes, body: bytes) -> Iterator[str]:
    """The endpoint of a server that answers HEAD with `head`, and resets the connection after the `body` of every other answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            asked = connection.recv(1 << 16)
            while asked.startswith(b"HEAD") and head:
                connection.sendall(head)
                asked = connection.recv(1 << 16)
            if asked:
                connection.sendall(body)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))    # close is a reset

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
