"""Version: what tells an object of a store, whose bytes nobody reads all in order, from others of its address."""

from collections.abc import Sequence
from typing import NamedTuple


class Version(NamedTuple):
    """The entity tag, empty where the store gives none, and the number of bytes."""

    etag: str
    size: int


def etags(versions: Sequence[Version | None]) -> tuple[str | None, ...]:
    """The tag of each, None where there is none."""
    return tuple(None if version is None else version.etag or None for version in versions)


def sizes(versions: Sequence[Version | None]) -> tuple[int | None, ...]:
    """The bytes of each, None where there is no version."""
    return tuple(None if version is None else version.size for version in versions)


def identity(digest: str | None, version: tuple[str | None, int | None] | None) -> str:
    """What tells an input from others: its SHA-256, or its version; empty where neither is known."""
    return digest or ("" if version is None or not version[0] else f"{version[0]} {version[1]}")
