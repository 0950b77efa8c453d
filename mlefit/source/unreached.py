"""What a store answers when an object cannot be read, in words a user can act on, and without anything secret."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mlefit.errors import DataError
from mlefit.source.places import Address, azure, file_system, host
from mlefit.source.waiting import awaited

_CODE = re.compile(
    r"AWS Error (?P<s3>[A-Z_]+)|google::cloud::Status\((?P<gs>[A-Z_]+)|Azure Error: \[(?P<name>\w*)\] ?(?P<abfs>\d*)")
_CURL = re.compile(r"[Cc](?:url|URL)(?:Code: | error \[)(\d+)")
_HTTP = re.compile(r"HTTP status (\d+)")
_DENIED = {"ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID", "EXPIRED_TOKEN",
           "UNRECOGNIZED_CLIENT", "PERMISSION_DENIED", "UNAUTHENTICATED", "401", "403"}
_UNREACHED = {"NETWORK_CONNECTION", "REQUEST_TIMEOUT", "UNAVAILABLE", "SERVICE_UNAVAILABLE", "SLOW_DOWN", "INTERNAL_FAILURE",
              "DEADLINE_EXCEEDED", "THROTTLING", "500", "502", "503", "504"}
_CURL_WORDS = {"6": "its name is not known", "7": "nothing accepts connections there", "28": "it did not answer in time",
               "35": "no secure connection came about", "52": "it answered nothing", "55": "the connection was cut",
               "56": "the connection was cut", "60": "its certificate is not trusted"}
_LOGINS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
    "abfs": "AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or a login of Azure's",
}
NETWORK = "Check the network and the endpoint, and run again."


def refusal(error: Exception, label: str, place: Address) -> DataError | None:
    """What is said of a failure; None of one that is not of the store, such as a damaged file."""
    text = str(error)
    found = _CODE.search(text)
    if isinstance(error, FileNotFoundError):
        return _absent(label, place)
    if found is None:
        return _unreached(label, place, "it did not answer in time") if isinstance(error, TimeoutError) else None
    code = next((group for group in found.group("s3", "gs", "abfs", "name") if group), "")
    curl, status = _CURL.search(text), _HTTP.search(text)
    if status is not None:
        code = status[1]
    if "OAuth2 access token" in text:
        return without_credentials(label, place)
    if code in ("NO_SUCH_BUCKET", "NO_SUCH_KEY", "RESOURCE_NOT_FOUND", "NOT_FOUND", "404"):
        return _absent(label, place)
    if code in _DENIED:
        return _denied(label, place)
    if code in _UNREACHED or curl is not None or "connect" in text:
        known = f"it answers {_named(code)}" if code else "nothing accepts connections there"
        return _unreached(label, place, known if curl is None else _CURL_WORDS.get(curl[1], f"error {curl[1]} of curl"))
    return DataError(f"{label}: expected the object from {host(place.place)}, found the answer {_named(code)}.",
                     "Check the region, the endpoint, and whether the credentials are still valid.", code="store")


def _named(code: str) -> str:
    return f"HTTP status {code}" if code.isdigit() else code


def _absent(label: str, place: Address) -> DataError:
    """Of an object that is not there, or whose bucket is not."""
    try:
        refuse_bucket(label, place)
    except DataError as error:
        return error
    return DataError(f'{label}: there is no such object in the {_word(place)} "{place.bucket}".', "Check the path.", code="no-file")


def refuse_bucket(label: str, place: Address) -> None:
    """Raises DataError where the bucket is known not to be there."""
    from pyarrow import ArrowException, fs

    try:
        kind = awaited(lambda: file_system(place.place).get_file_info([place.bucket])[0].type)
    except (OSError, ArrowException):       # who may read an object need not see its bucket
        return
    if kind == fs.FileType.NotFound:
        raise DataError(f'{label}: there is no {_word(place)} "{place.bucket}" at {host(place.place)}.',
                        f"Check the name of the {_word(place)}, and the endpoint.", code="no-bucket")


def _word(place: Address) -> str:
    return "container" if place.place.kind == "abfs" else "bucket"


def _unreached(label: str, place: Address, why: str) -> DataError:
    return DataError(f"{label}: expected an answer of {host(place.place)}, found none: {why}.", NETWORK, code="unreachable")


def _denied(label: str, place: Address) -> DataError:
    if not has_credentials(place.place.kind, os.environ):
        return without_credentials(label, place)
    return DataError(
        f"{label}: expected to read it, found access denied by {host(place.place)} with the credentials that are set.",
        "Check that they may read the object; who may not list its bucket is denied objects that are not there, too.",
        code="denied",
    )


def without_credentials(label: str, place: Address) -> DataError:
    """Of what not everybody may read."""
    return DataError(f"{label}: expected credentials for {host(place.place)}, found none, and without them access is denied.",
                     f"Set {_LOGINS[place.place.kind]}.", code="no-credentials")


def has_credentials(kind: str, environment: Mapping[str, str]) -> bool:
    """Whether any are set, in variables or in files where they usually are. Those of a cloud's own machines are not looked up."""
    if kind == "s3":
        files = (environment.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
                 environment.get("AWS_CONFIG_FILE", "~/.aws/config"))
        return any(environment.get(name) for name in (
            "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        )) or any(Path(file).expanduser().is_file() for file in files)
    if kind == "gs":
        login = Path("~/.config/gcloud/application_default_credentials.json").expanduser()
        return bool(environment.get("GOOGLE_APPLICATION_CREDENTIALS")) or login.is_file()
    given = azure(environment)
    return bool({"AccountKey", "SharedAccessSignature"} & given.keys()) or bool(environment.get("AZURE_CLIENT_ID"))
