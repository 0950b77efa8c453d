"""What is said when a store does not give a table: each failure in two lines, within seconds, with nothing secret in them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_store import Store, answering, cutting, running

from mlefit.cli import main
from mlefit.errors import DataError
from mlefit.source import places
from mlefit.source.object import ObjectStored, fetched
from mlefit.source.places import Place, address, azure, file_system, host
from mlefit.source.unreached import has_credentials, refusal

ROOT = Path(__file__).parents[1]
SET = "AWS_", "AZURE_", "GOOGLE_", "STORAGE_"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(SET)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing-secret")
    monkeypatch.setattr(places, "CONNECT", 1.0)
    monkeypatch.setattr(places, "ANSWER", 1.0)
    file_system.cache_clear()
    yield
    file_system.cache_clear()


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    with running() as store:
        store.put("a/cars.csv", b"y,x\n1,2\n3,5\n4,4\n")
        yield store


def said(arguments: list[str], capfd: pytest.CaptureFixture[str], code: int = 3) -> list[str]:
    """The lines of a refusal."""
    began = time.monotonic()
    assert main(["fit", *arguments]) == code
    assert time.monotonic() - began < 8.0
    out, err = capfd.readouterr()
    assert out == ""
    assert "nothing-secret" not in err
    return err.splitlines()


MISSING = {
    "s3://tables/a/trucks.csv": (
        's3://tables/a/trucks.csv: there is no such object in the bucket "tables".', "Check the path."),
    "s3://nobody/cars.csv": ('s3://nobody/cars.csv: there is no bucket "nobody" at ENDPOINT.',
                             "Check the name of the bucket, and the endpoint."),
    "s3://nobody/*.csv": ('s3://nobody/*.csv: there is no bucket "nobody" at ENDPOINT.',
                          "Check the name of the bucket, and the endpoint."),
    "s3://tables/*.parquet": ("s3://tables/*.parquet: no object matches the pattern.", "Check the pattern."),
    "s3://tables": ("s3://tables: expected an object, found a bucket.",
                    'Name the objects in it, such as "s3://tables/*.csv".'),
    "s3://tables/a/": ("s3://tables/a/: expected an object, found a folder.",
                       'Name the objects in it, such as "s3://tables/a/*.csv".'),
    "s3://tables//a.csv": ("s3://tables//a.csv: expected names between slashes, found none between two of them.", "Check the path."),
    "s3:///cars.csv": ("s3:///cars.csv: expected a bucket and a path, found no bucket.", "such as s3://bucket/table.csv"),
    "s3://KEY:SECRET@tables/cars.csv": (
        "s3://...: expected a bucket and a path, found a user, a password or a port before them.",
        "Leave them out; credentials and endpoints are taken from the environment."),
    "abfs://box/cars.csv": ("abfs://box/cars.csv: expected the storage account of the container, found none.",
                            "abfs://box@ACCOUNT.dfs.core.windows.net/cars.csv, or set AZURE_STORAGE_ACCOUNT."),
}


@pytest.mark.parametrize("typed", MISSING)
def test_what_is_not_there_is_told(
    typed: str, server: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    message, remedy = MISSING[typed]
    assert said([typed], capfd) == [f"mlefit: {message.replace('ENDPOINT', server.endpoint)}", remedy]


def test_an_object_named_twice_would_count_twice(
    server: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    assert said(["s3://tables/a/cars.csv", "s3://tables/a/*.csv"], capfd, 2) == [
        "mlefit: s3://tables/a/cars.csv: expected an object once, found it named twice; its rows would count twice", "name it once"]


@pytest.mark.parametrize(("status", "message", "remedy"), [
    (403, "expected to read it, found access denied by ENDPOINT with the credentials that are set.",
     "Check that they may read the object; who may not list its bucket is denied objects that are not there, too."),
    (400, "expected the object from ENDPOINT, found the answer HTTP status 400.",
     "Check the region, the endpoint, and whether the credentials are still valid."),
    (503, "expected an answer of ENDPOINT, found none: it answers HTTP status 503.",
     "Check the network and the endpoint, and run again."),
    (404, 'there is no bucket "tables" at ENDPOINT.', "Check the name of the bucket, and the endpoint."),
])
def test_what_a_store_answers_is_told(
    status: int, message: str, remedy: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(status) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")    # that of the service goes first
        assert said(["s3://tables/x.csv"], capfd) == [f"mlefit: s3://tables/x.csv: {message.replace('ENDPOINT', endpoint)}", remedy]


def test_without_credentials_these_are_asked_for(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with answering(403) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert main(["fit", "s3://tables/x.csv", "-o", "json"]) == 3
        error = json.loads(capfd.readouterr().out)
    assert (error["code"], error["message"], error["remedy"]) == (
        "no-credentials",
        f"s3://tables/x.csv: expected credentials for {endpoint}, found none, and without them access is denied.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.")


def test_a_public_object_needs_no_credentials(
    server: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    address = server.put("public.csv", b"y,x\n1,2\n3,5\n4,4\n", ACL="public-read")
    assert main(["fit", address, "-q", "--no-kl"]) == 0
    assert "3 of 3 rows used" in capfd.readouterr().out
    assert said(["s3://tables/a/cars.csv"], capfd) == [
        f"mlefit: s3://tables/a/cars.csv: expected credentials for {server.endpoint}, found none, and without them access is denied.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."]


HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 3000\r\nETag: "1"\r\nLast-Modified: Sat, 28 Nov 2026 08:04:03 GMT\r\n\r\n'
BODY = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3000\r\n\r\n" + b"y,x\n1,2\n" * 20


@pytest.mark.parametrize(("head", "body"), [(b"", b""), (HEAD, b""), (HEAD, BODY)])
def test_a_connection_that_is_reset_is_told(
    head: bytes, body: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with cutting(head, body) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert said(["s3://tables/x.csv"], capfd) == [
            f"mlefit: s3://tables/x.csv: expected an answer of {endpoint}, found none: the connection was cut.",
            "Check the network and the endpoint, and run again."]


def test_a_port_where_nobody_listens_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert said(["s3://tables/x.csv"], capfd) == [
        "mlefit: s3://tables/x.csv: expected an answer of http://127.0.0.1:9, found none: nothing accepts connections there.",
        "Check the network and the endpoint, and run again."]


@pytest.mark.slow
def test_silence_ends(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        assert said(["s3://tables/x.csv"], capfd) == [
            f"mlefit: s3://tables/x.csv: expected an answer of {endpoint}, found none: it did not answer in time.",
            "Check the network and the endpoint, and run again."]


def test_an_interrupt_does_not_wait_for_a_store() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "mlefit", "fit", "s3://tables/x.csv"], cwd=ROOT, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "AWS_ENDPOINT_URL": endpoint},
        )
        listener.settimeout(20.0)
        connection, _ = listener.accept()
        with connection:
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20.0)
    assert (process.returncode, told) == (130, "mlefit: interrupted\n")
    assert time.monotonic() - began < 2.0


def test_an_object_that_changes_between_two_looks_is_refused(server: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    stored = ObjectStored(server.put("changing.csv", b"y,x\n1,2\n"))
    server.put("changing.csv", b"y,x\n1,3\n")
    with stored.open() as stream, pytest.raises(DataError) as refused:
        stream.read()
    assert str(refused.value) == (
        "s3://tables/changing.csv: the object changed while it was being read.\nRun again when nothing writes to it.")


class Short:
    """A file of pyarrow of which each read gives one byte."""

    def read_at(self, length: int, start: int) -> bytes:
        assert (length, start) in ((10, 20), (9, 21), (8, 22))
        return b"a"


def test_fewer_bytes_than_were_asked_for_are_asked_for_again_and_never_taken_for_all() -> None:
    with pytest.raises(DataError) as refused:
        fetched(Short(), "gs://box/x.csv", GS, 20, 30)
    assert str(refused.value) == (
        "gs://box/x.csv: expected 10 bytes from byte 20 on, found the connection closed after 3, 3 times.\n"
        "Run again; if it stays so, copy the object here first.")


def test_a_pyarrow_without_a_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("pyarrow.fs.GcsFileSystem")
    with pytest.raises(DataError) as refused:
        file_system(Place("gs"))
    assert str(refused.value) == (
        "gs://: expected a pyarrow that reads from this kind of store, found one without.\n"
        "pip install -U pyarrow, or copy the table here.")


GS = address("gs://box/x.csv")
ANSWERS = {     # as pyarrow 26 tells them
    "google::cloud::Status(PERMISSION_DENIED: Permanent error, with a last message of {}": "denied",
    "google::cloud::Status(UNAUTHENTICATED: Permanent error, with a last message of {}": "denied",
    "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, with a last message of PerformWork() - CURL error [7]=Could not "
    "connect to server error_info": "unreachable",
    "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, with a last message of Could not create a OAuth2 access token to "
    "authenticate the request.": "no-credentials",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_google_answers_is_understood(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "key.json")
    told = refusal(OSError(answer), "gs://box/x.csv", GS)
    assert told is not None
    assert told.code == ANSWERS[answer]


AZURE = {
    "GetProperties failed for 'http://h/a/c/x.csv'. Azure Error: [] 403 Forbidden\n\nRequest ID: ": (
        "abfs://box/x.csv: expected to read it, found access denied by the Azure account mine with the credentials that are set."),
    "GetProperties failed for 'http://h/a/c/x.csv'. Azure Error: [] 503 Service Unavailable": (
        "abfs://box/x.csv: expected an answer of the Azure account mine, found none: it answers HTTP status 503."),
    "GetProperties failed for 'http://h/a/c/x.csv'. Azure Error: [] Fail to get a new connection for: http://h. Could not connect to "
    "server": "abfs://box/x.csv: expected an answer of the Azure account mine, found none: nothing accepts connections there.",
    "List failed. Azure Error: [InvalidQueryParameterValue] 400 Value": (
        "abfs://box/x.csv: expected the object from the Azure account mine, found the answer HTTP status 400."),
}


@pytest.mark.parametrize("answer", AZURE)
def test_what_azure_answers_is_understood(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=mine;AccountKey=c2VjcmV0;")
    told = refusal(OSError(answer), "abfs://box/x.csv", address("abfs://box/x.csv"))
    assert told is not None
    assert told.message == AZURE[answer]


def test_damage_is_no_answer_of_a_store() -> None:
    assert refusal(OSError("Couldn't deserialize thrift: no protocol"), "gs://box/x.csv", GS) is None


def test_the_forms_of_azures_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    full = address("abfss://box@mine.dfs.core.windows.net/a/x.csv")
    assert (full.place, full.path) == (Place("abfs", account="mine"), "box/a/x.csv")
    assert full.label("box/a/y.csv") == "abfss://box@mine.dfs.core.windows.net/a/y.csv"
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "mine")
    assert address("abfs://box/a/x.csv").place == full.place
    assert azure({"AZURE_STORAGE_CONNECTION_STRING": "AccountName=a;AccountKey=b==;BlobEndpoint=http://h:1/a"}) == {
        "AccountName": "a", "AccountKey": "b==", "BlobEndpoint": "http://h:1/a"}
    assert not has_credentials("abfs", {"AZURE_STORAGE_ACCOUNT": "a"})
    assert has_credentials("abfs", {"AZURE_STORAGE_KEY": "k"})


def test_an_endpoint_is_shown_without_its_password() -> None:
    assert host(Place("s3", "https://me:mine@store.example.org/path")) == "https://store.example.org"
