"""Google's and Azure's stores, by stand-ins on this machine: the same bytes as from a file."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from object_store import AZURITE, azurite, google
from test_stores import FORMS, answer, as_parquet, plain, table

from mlefit.cli import main
from mlefit.errors import DataError
from mlefit.source import ReadOptions, open_source, places
from mlefit.source.places import Place, address, file_system


@pytest.fixture(scope="module", params=[
    "gs", pytest.param("abfs", marks=pytest.mark.skipif(AZURITE is None, reason="azurite-blob is not installed")),
])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The scheme, and what the environment is told."""
    with google() if request.param == "gs" else azurite() as told:
        if request.param == "abfs":
            with pytest.MonkeyPatch.context() as environment:
                environment.setenv("AZURE_STORAGE_CONNECTION_STRING", told)
                file_system(address("abfs://tables").place).create_dir("tables")
        yield request.param, told


@pytest.fixture
def root(server: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    scheme, told = server
    monkeypatch.setenv("STORAGE_EMULATOR_HOST" if scheme == "gs" else "AZURE_STORAGE_CONNECTION_STRING", told)
    monkeypatch.chdir(tmp_path)
    return f"{scheme}://tables"


def put(root: str, key: str, content: bytes) -> str:
    with file_system(address(root).place).open_output_stream(f"tables/{key}", compression=None) as stream:
        stream.write(content)
    folder = Path(key).parent
    folder.mkdir(parents=True, exist_ok=True)
    Path(key).write_bytes(content)
    return f"{root}/{key}"


@pytest.mark.parametrize("name", FORMS)
def test_the_answer_has_the_bytes_of_that_from_a_file(name: str, root: str, capfd: pytest.CaptureFixture[str]) -> None:
    typed = put(root, name, FORMS[name])
    code, there, told = answer(["fit", typed, "-t", "y"], capfd)
    assert (code, plain(there.replace(typed, name)), told) == (0, plain((here := answer(["fit", name, "-t", "y"], capfd))[1]), here[2])


@pytest.mark.parametrize("typed", ["hive", "hive/*/*.parquet", "hive/k=?/**"])
def test_keys_of_folders_are_columns(typed: str, root: str) -> None:
    for key, rows in (("a", 3), ("b", 4)):
        put(root, f"hive/k={key}/part-0.parquet", as_parquet(table(rows)))
    with open_source((f"{root}/{typed}",), ReadOptions()) as source:
        assert source.labels == (f"{root}/hive/k=a/part-0.parquet", f"{root}/hive/k=b/part-0.parquet")
        assert source.names == ("y", "x", "g", "k")
        assert all(version is not None and version.etag for version in source.versions)


@pytest.mark.parametrize("typed", ["no.csv", "*.txt", "many"])
def test_what_is_not_there_is_told(typed: str, root: str, capfd: pytest.CaptureFixture[str]) -> None:
    put(root, "many/a.csv", b"y,x\n1,2\n")
    word = "container" if root.startswith("abfs") else "bucket"
    assert main(["fit", f"{root}/{typed}"]) == 3
    assert capfd.readouterr().err.split("\n")[0] == "mlefit: " + {
        "no.csv": f'{root}/no.csv: there is no such object in the {word} "tables".',
        "*.txt": f"{root}/*.txt: no object matches the pattern.",
        "many": f"{root}/many: expected an object, found a folder.",
    }[typed]
    assert main(["fit", f"{root.replace('tables', 'nobody')}/x.csv"]) == 3
    assert f'there is no {word} "nobody" at http://127.0.0.1:' in capfd.readouterr().err


@pytest.mark.parametrize(("code", "accepted"), [(0, True), (1, True), (-6, False), (None, False)])
def test_azure_is_asked_for_a_token_where_an_abort_does_no_harm(
    code: int | None, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(arguments: list[str], timeout: float, **_: Any) -> subprocess.CompletedProcess[bytes]:
        assert arguments[-1] == "mine"
        if code is None:
            raise subprocess.TimeoutExpired(arguments, timeout)
        return subprocess.CompletedProcess(arguments, code)

    for name in ("AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(places.subprocess, "run", run)
    file_system.cache_clear()
    if accepted:
        assert file_system(Place("abfs", account="mine")).type_name == "abfs"
        return
    with pytest.raises(DataError) as refused:
        file_system(Place("abfs", account="mine"))
    assert str(refused.value) == (
        "abfs://: expected credentials for the Azure account mine, found none that it takes.\n"
        "Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or log in with `az login`.")
