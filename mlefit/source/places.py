"""Places where objects are kept: addresses of stores such as s3://bucket/key, and the file system of pyarrow that reads each.

    s3:// s3a://      Amazon's S3, and whatever answers as it does: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names it
    gs:// gcs://      Google Cloud Storage; STORAGE_EMULATOR_HOST names a stand-in
    abfs:// abfss://  Azure, as container@account.dfs.core.windows.net, or the container alone with AZURE_STORAGE_ACCOUNT

A place can be pickled and has no secret in it: whoever opens it, here or on another machine, takes credentials from an
environment or a configuration of its own.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mlefit.errors import DataError
from mlefit.source.waiting import awaited

SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "abfs": "abfs", "abfss": "abfs"}
CONNECT, ANSWER = 5.0, 10.0     # seconds for a connection, and without a byte of an answer
LOGIN = 60.0                    # seconds for a token of Azure's
ATTEMPTS = 3                    # of each request, as the AWS command line makes
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_ACCOUNT = re.compile(r"([^@/]+)@([a-z0-9]+)\.(?:dfs|blob)\.core\.windows\.net")


class Place(NamedTuple):
    """A store: its kind, and what tells it from others of the kind. `account` is Azure's; empty is what the maker of it says."""

    kind: str
    endpoint: str = ""
    region: str = ""
    account: str = ""


class Address(NamedTuple):
    """Where an object is, or a folder or pattern of some: `path` is bucket/key. `front`: the address of its bucket, as typed."""

    front: str
    place: Place
    path: str

    @property
    def bucket(self) -> str:
        """The bucket, or container."""
        return self.path.partition("/")[0]

    @property
    def key(self) -> str:
        """What the bucket calls it."""
        return self.path.partition("/")[2]

    def label(self, path: str) -> str:
        """How a user writes another path in this bucket."""
        return f"{self.front}/{path.partition('/')[2]}"


def is_address(label: str) -> bool:
    """Whether it is the address of an object, and no file of this name is here."""
    found = _ADDRESS.fullmatch(label)
    return found is not None and found[1].lower() in SCHEMES and not os.path.exists(label)


def address(label: str) -> Address:
    """The parts of an address. Raises DataError for one without a bucket, with credentials in it, or with an empty name."""
    found = _ADDRESS.fullmatch(label)
    assert found is not None, "is_address has been asked"
    kind = SCHEMES[found[1].lower()]
    bucket, _, key = found[2].partition("/")
    account, kept = "", bucket
    if kind == "abfs":
        of = _ACCOUNT.fullmatch(bucket)
        kept, account = (of[1], of[2]) if of else (bucket, azure(os.environ).get("AccountName", ""))
        if not account and "@" not in bucket:
            raise DataError(f"{label}: expected the storage account of the container, found none.",
                            f"abfs://{bucket or 'container'}@ACCOUNT.dfs.core.windows.net/{key}, or set AZURE_STORAGE_ACCOUNT.",
                            code="address")
    if "@" in kept or ":" in kept:
        raise DataError(f"{found[1]}://...: expected a bucket and a path, found a user, a password or a port before them.",
                        "Leave them out; credentials and endpoints are taken from the environment.", code="address")
    if "//" in f"/{key}":
        raise DataError(f"{label}: expected names between slashes, found none between two of them.", "Check the path.",
                        code="address")
    if not kept:
        raise DataError(f"{label}: expected a bucket and a path, found no bucket.", f"such as {found[1]}://bucket/table.csv",
                        code="address")
    return Address(f"{found[1]}://{bucket}", _place(kind, kept, account), f"{kept}/{key}".rstrip("/"))


def _place(kind: str, bucket: str, account: str) -> Place:
    environment = os.environ
    if kind == "gs":
        return Place(kind, environment.get("STORAGE_EMULATOR_HOST", ""))
    if kind == "abfs":
        return Place(kind, azure(environment).get("BlobEndpoint", ""), account=account)
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    return Place(kind, endpoint, region if endpoint or region else _region(bucket))


@cache
def _region(bucket: str) -> str:
    """Where Amazon keeps a bucket; empty where nobody says so, for which the first request will tell why."""
    from pyarrow import fs

    try:
        return str(awaited(lambda: fs.resolve_s3_region(bucket)))
    except OSError:
        return ""


@cache
def file_system(place: Place) -> Any:
    """The file system of pyarrow for a place. Raises DataError where this build of pyarrow has none."""
    from pyarrow import fs

    scheme, endpoint = split(place.endpoint)
    try:
        if place.kind == "s3":
            return fs.S3FileSystem(
                region=place.region or "us-east-1", scheme=scheme, endpoint_override=endpoint or None,
                connect_timeout=CONNECT, request_timeout=ANSWER,
                retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
            )
        if place.kind == "gs":
            return fs.GcsFileSystem(anonymous=bool(endpoint), scheme=scheme, endpoint_override=endpoint or None,
                                    retry_time_limit=timedelta(seconds=ANSWER))
        return _azure(fs, place, azure(os.environ))
    except AttributeError:
        raise DataError(f"{place.kind}://: expected a pyarrow that reads from this kind of store, found one without.",
                        "pip install -U pyarrow, or copy the table here.", code="not-installed") from None


def _azure(fs: Any, place: Place, given: Mapping[str, str]) -> Any:
    if not {"AccountKey", "SharedAccessSignature"} & given.keys() and not _logged_in(place.account):
        raise DataError(f"abfs://: expected credentials for the Azure account {place.account}, found none that it takes.",
                        "Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or log in with `az login`.", code="no-credentials")
    scheme, endpoint = split(place.endpoint)
    # What stands behind the host is the account, which pyarrow adds on its own.
    host = endpoint.partition("/")[0] or None
    token, key = given.get("SharedAccessSignature"), given.get("AccountKey")
    return fs.AzureFileSystem(
        place.account, account_key=None if token else key, sas_token=token, blob_storage_authority=host,
        dfs_storage_authority=host, blob_storage_scheme=scheme, dfs_storage_scheme=scheme,
    )


def _logged_in(account: str) -> bool:
    """Whether a login of Azure gives a token: asked in a process of its own, since the library aborts one where it does not."""
    asked = "import sys; from pyarrow import fs; fs.AzureFileSystem(sys.argv[1]).get_file_info(['mlefit'])"
    try:
        found = subprocess.run(     # noqa: S603 - the account is a word that nobody runs
            [sys.executable, "-c", asked, account], capture_output=True, timeout=LOGIN, check=False)
    except subprocess.TimeoutExpired:
        return False
    return found.returncode >= 0        # an error of Python comes with a token, or without a connection


def azure(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment says of an Azure account, under the names that a connection string has."""
    pairs = (part.partition("=") for part in environment.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";"))
    found = {name: value for name, _, value in pairs if value}
    for name, variables in (("AccountName", ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")),
                            ("AccountKey", ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY")),
                            ("SharedAccessSignature", ("AZURE_STORAGE_SAS_TOKEN",))):
        for variable in variables[::-1]:
            found |= {name: environment[variable]} if environment.get(variable) else {}
    return found


def split(endpoint: str) -> tuple[str, str]:
    """The scheme and the host of an endpoint; https where it has no scheme."""
    scheme, sign, rest = endpoint.rpartition("://")
    return (scheme if sign else "https"), rest.rstrip("/")


def host(place: Place) -> str:
    """What a user may read of an endpoint: without a name and a password, if it has any."""
    if not place.endpoint:
        return {"s3": f"Amazon S3 in {place.region or 'us-east-1'}", "gs": "Google Cloud Storage",
                "abfs": f"the Azure account {place.account}"}[place.kind]
    scheme, rest = split(place.endpoint)
    return f"{scheme}://{urlsplit(f'//{rest}').netloc.rpartition('@')[2]}"
